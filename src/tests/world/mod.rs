//! The running Casella that promises are tried on.

pub mod browser;
pub mod clients;
pub mod disk;
pub mod facebook;
#[allow(dead_code, reason = "the outbox's own tests use the rest of it")]
pub mod graph;
pub mod http;
pub mod process;
pub mod shop;
pub mod sink;
pub mod smtp;
pub mod visitor;

use casella_index::Store;
use casella_index::backup::replay_differs;
use http::{Api, Browser};
use process::Process;
use smtp::Smtp;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long anything may take before a test gives up.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A server on a folder of its own, stopped and examined at the end.
pub struct World {
    pub folder: TempDir,
    server: Option<Server>,
    /// Everything the server says goes to a file.
    listens: bool,
}

struct Server {
    child: Child,
    smtp: SocketAddr,
    http: SocketAddr,
    setup: Option<String>,
}

impl World {
    /// Starts on free ports, with nothing leaving it.
    pub fn start() -> Self {
        Self::with("")
    }

    /// Starts with more configuration. Sections `[http]` and `[smtp]` have their `listen` already,
    /// `[outbound]` its `via`: say `{http}`, `{smtp}` and `{outbound}` where you want them.
    pub fn with(more: &str) -> Self {
        let mut world = Self::asleep(more);
        world.run();
        world
    }

    /// The same, with every word of the server's log, down to the least, kept for [`log`](Self::log).
    pub fn overheard(more: &str) -> Self {
        let mut world = Self::asleep(more);
        world.listens = true;
        world.run();
        world
    }

    /// What an overheard server logged so far.
    pub fn log(&self) -> String {
        let bytes = std::fs::read(self.log_file()).unwrap();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn log_file(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// The same, not yet started: [`start_again`](Self::start_again) does.
    pub fn asleep(more: &str) -> Self {
        let world = Self {
            folder: tempfile::tempdir().unwrap(),
            server: None,
            listens: false,
        };
        world.configure(more);
        world
    }

    /// Writes the configuration for the next start.
    pub fn configure(&self, more: &str) {
        let sections = [
            ("{http}", "[http]\nlisten = \"127.0.0.1:0\"\n"),
            ("{smtp}", "[smtp]\nlisten = \"127.0.0.1:0\"\n"),
            ("{outbound}", "[outbound]\nvia = \"hold\"\n"),
        ];
        let mut text = more.to_owned();
        for (mark, section) in sections {
            match text.contains(mark) {
                true => text = text.replace(mark, section),
                // Said in full by the test.
                false if text.contains(section.lines().next().unwrap_or_default()) => {}
                false => writeln!(text, "\n{section}").unwrap(),
            }
        }
        std::fs::write(self.config(), text).unwrap();
    }

    fn config(&self) -> PathBuf {
        self.folder.path().join("casella.toml")
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn run(&mut self) {
        let mut command = self.command(&["serve"]);
        if self.listens {
            let log = std::fs::File::create(self.log_file()).unwrap();
            command.env("CASELLA_LOG", "trace").stderr(log);
        }
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (mut smtp, mut http, mut setup) = (None, None, None);
        for line in lines.map_while(Result::ok) {
            let word = line.rsplit(' ').next().unwrap_or_default();
            match line.as_str() {
                "ready" => break,
                l if l.starts_with("listening smtp ") => smtp = word.parse().ok(),
                l if l.starts_with("listening http ") => http = word.parse().ok(),
                l if l.contains("/setup/") => setup = Some(word.to_owned()),
                _ => {}
            }
        }
        self.server = Some(Server {
            child,
            smtp: smtp.expect("a line `listening smtp …`"),
            http: http.expect("a line `listening http …`"),
            setup,
        });
    }

    /// A command on this folder, not yet run.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_casella"));
        command
            .args(arguments)
            .arg("--config")
            .arg(self.config())
            .arg("--data")
            .arg(self.data())
            .env_remove("CASELLA_CONFIG")
            .env_remove("CASELLA_DATA")
            .env("CASELLA_LOG", "warn")
            .current_dir(self.folder.path());
        command
    }

    /// Runs a command to its end.
    pub fn casella(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs a command that must succeed, with something on its standard input; gives what it said.
    pub fn told(&self, arguments: &[&str], input: &str) -> String {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(input.as_bytes())
            .unwrap();
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {said}{errors}");
        said
    }

    fn server(&self) -> &Server {
        self.server.as_ref().expect("the server runs")
    }

    pub fn smtp_address(&self) -> SocketAddr {
        self.server().smtp
    }

    pub fn http_address(&self) -> SocketAddr {
        self.server().http
    }

    /// The one-time link that makes the first admin, if one was printed.
    pub fn setup_link(&self) -> Option<String> {
        self.server().setup.clone()
    }

    /// An SMTP session, greeted.
    pub fn smtp(&self) -> Smtp {
        Smtp::open(self.smtp_address())
    }

    /// Hands over a mail; its lines may end in LF alone. Gives the reply to it.
    pub fn mail(&self, from: &str, to: &str, mail: &str) -> String {
        self.smtp().send(from, &[to], mail)
    }

    /// A browser without cookies.
    pub fn browser(&self) -> Browser {
        Browser::new(self.http_address())
    }

    /// The server's process.
    pub fn process(&self) -> Process {
        Process(self.server().child.id())
    }

    /// A program with a fresh API token.
    pub fn api(&self) -> Api {
        Api::new(self.http_address(), &self.token())
    }

    /// A fresh API token.
    pub fn token(&self) -> String {
        static MADE: AtomicUsize = AtomicUsize::new(0);
        let name = format!("test {}", MADE.fetch_add(1, Ordering::Relaxed));
        let said = self.told(&["token", "add", &name], "");
        said.split_whitespace().last().unwrap().to_owned()
    }

    /// Makes an agent of that role; the password is `correct horse`.
    pub fn agent(&self, email: &str, role: &str) {
        let arguments = ["agent", "add", email, "--role", role, "--password-stdin"];
        self.told(&arguments, "correct horse\n");
    }

    /// A browser logged in as a new agent.
    pub fn logged_in(&self, email: &str, role: &str) -> Browser {
        self.agent(email, role);
        let mut browser = self.browser();
        let answer = browser.post("/login", &[("email", email), ("password", "correct horse")]);
        assert_eq!(answer.status, 303, "{}", answer.text());
        browser
    }

    /// Asks again and again until `question` has an answer.
    pub fn wait<T>(&self, what: &str, mut question: impl FnMut() -> Option<T>) -> T {
        let began = Instant::now();
        loop {
            if let Some(answer) = question() {
                return answer;
            }
            assert!(began.elapsed() < PATIENCE, "waited in vain for {what}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Kills the server on the spot.
    pub fn kill(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.child.kill().unwrap();
            server.child.wait().unwrap();
        }
    }

    /// Tells the server to stop and waits for it; gives whether it ended well.
    pub fn stop(&mut self) -> bool {
        let Some(mut server) = self.server.take() else {
            return true;
        };
        signal(&server.child, "TERM");
        let began = Instant::now();
        loop {
            if let Some(status) = server.child.try_wait().unwrap() {
                return status.success();
            }
            if began.elapsed() > PATIENCE {
                server.child.kill().unwrap();
                server.child.wait().unwrap();
                return false;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Starts again on the same folder.
    pub fn start_again(&mut self) {
        self.stop();
        self.run();
    }
}

/// Sends a signal by name.
pub fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill")
        .args([format!("-{name}"), child.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
}

impl Drop for World {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.kill();
            return;
        }
        assert!(self.stop(), "the server did not end well");
        same_when_replayed(&self.data());
    }
}

/// Replaying the journal into an empty store gives the same tables.
pub fn same_when_replayed(data: &Path) {
    let store = Store::open(data).unwrap();
    let differs = replay_differs(&store).unwrap();
    assert_eq!(differs, None);
}
