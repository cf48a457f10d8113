//! The release binary, on a folder of its own.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub struct Running {
    child: Child,
    data: PathBuf,
    pub smtp: String,
    pub http: String,
    /// From exec to "ready".
    pub start: Duration,
}

/// The binary beside this one (`target/release/casella`).
pub fn binary() -> PathBuf {
    let own = std::env::current_exe().expect("our own path");
    own.parent()
        .and_then(Path::parent)
        .expect("the target folder")
        .join("casella")
}

/// A command on a data folder, with no limits on senders.
pub fn command(data: &Path) -> Command {
    let config = data.with_extension("toml");
    if !config.exists() {
        configure(data, "");
    }
    let mut command = Command::new(binary());
    command.arg("--config").arg(config).arg("--data").arg(data);
    command
}

/// Writes the configuration of a data folder, with `more` below what every bench sets.
pub fn configure(data: &Path, more: &str) {
    let text = format!(
        "[http]\nlisten = \"127.0.0.1:0\"\n[smtp]\nlisten = \"127.0.0.1:0\"\n[outbound]\nvia = \"hold\"\n[limits]\nsmtp_per_address = 0\nvisitors_per_minute = 0\nchat_per_minute = 0\n{more}"
    );
    std::fs::write(data.with_extension("toml"), text).expect("a writable temp folder");
}

impl Running {
    pub fn start(data: &Path) -> Running {
        let begun = Instant::now();
        let mut child = command(data)
            .arg("serve")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the release binary");
        let mut smtp = String::new();
        let mut http = String::new();
        for line in BufReader::new(child.stdout.take().expect("piped"))
            .lines()
            .map_while(Result::ok)
        {
            match line
                .split_once("listening ")
                .map(|(_, rest)| rest.split_once(' ').unwrap_or_default())
            {
                Some(("smtp", address)) => smtp = address.to_owned(),
                Some(("http", address)) => http = address.to_owned(),
                _ if line == "ready" => break,
                _ => {}
            }
        }
        Running {
            child,
            data: data.to_owned(),
            smtp,
            http,
            start: begun.elapsed(),
        }
    }

    pub fn binary_mb(&self) -> f64 {
        std::fs::metadata(binary()).map_or(0.0, |m| m.len() as f64 / 1e6)
    }

    /// Resident memory.
    pub fn memory_mb(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))
            .unwrap_or_default();
        let line = status
            .lines()
            .find(|line| line.starts_with("VmRSS"))
            .unwrap_or_default();
        line.split_whitespace()
            .nth(1)
            .and_then(|kb| kb.parse::<f64>().ok())
            .unwrap_or(0.0)
            / 1e3
    }

    /// A fresh token for the API.
    pub fn token(&self) -> String {
        let out = command(&self.data)
            .args(["token", "add", "bench"])
            .output()
            .expect("a token");
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        text.split_whitespace()
            .last()
            .unwrap_or_default()
            .to_owned()
    }

    /// A logged-in agent's cookie.
    pub fn login(&self) -> String {
        let mut add = command(&self.data);
        add.args([
            "agent",
            "add",
            "bench@example.com",
            "--role",
            "admin",
            "--password-stdin",
        ]);
        let mut child = add
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("an agent");
        child
            .stdin
            .take()
            .expect("piped")
            .write_all(b"benchmark password\n")
            .expect("a password");
        let _ = child.wait();
        let form = "email=bench%40example.com&password=benchmark+password";
        let answer = super::web::request(
            &self.http,
            "POST",
            "/login",
            "Content-Type: application/x-www-form-urlencoded\r\nSec-Fetch-Site: same-origin\r\n",
            form,
        );
        let cookie = answer
            .lines()
            .find_map(|line| line.strip_prefix("set-cookie: "))
            .unwrap_or_default();
        cookie.split(';').next().unwrap_or_default().to_owned()
    }

    /// How long until a mail sent now is found.
    pub fn searchable_after(&self, most: Duration) -> Duration {
        let token = self.token();
        let word = format!("zebra{}", std::process::id());
        let begun = Instant::now();
        let _ = super::smtp::send(&self.smtp, "inbox@localhost", 100, 0, 0);
        mail(&self.smtp, &word).expect("a mail");
        while begun.elapsed() < most {
            let head = format!("Authorization: Bearer {token}\r\n");
            let answer = super::web::request(
                &self.http,
                "GET",
                &format!("/api/v1/search?q={word}"),
                &head,
                "",
            );
            if answer.contains("\"conversation\"") {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        begun.elapsed()
    }
}

fn mail(address: &str, word: &str) -> std::io::Result<()> {
    let mut out = std::net::TcpStream::connect(address)?;
    let text = "EHLO b.test\r\nMAIL FROM:<z@bench.test>\r\nRCPT TO:<inbox@localhost>\r\nDATA\r\n";
    let mut input = BufReader::new(out.try_clone()?);
    let mut line = String::new();
    input.read_line(&mut line)?;
    out.write_all(text.as_bytes())?;
    while !line.starts_with("354") {
        line.clear();
        input.read_line(&mut line)?;
    }
    out.write_all(
        format!("From: z@bench.test\r\nSubject: {word}\r\n\r\n{word}\r\n.\r\n").as_bytes(),
    )?;
    line.clear();
    input.read_line(&mut line)?;
    Ok(())
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = Command::new("kill")
            .arg(self.child.id().to_string())
            .status();
        let _ = self.child.wait();
    }
}
