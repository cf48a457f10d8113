//! The socket inside the data folder, by which commands reach a running server.
//!
//! One order per connection: a line of JSON in, lines of JSON out. Who may open the socket may do
//! everything, so its mode is 0600.

use super::{Answer, House, Order, SOCKET, Tell};
use crate::error::{Failure, Outcome};
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// The longest path a socket may have on every system (`sun_path`).
const LONGEST_PATH: usize = 100;

/// Listens for orders, on a thread per order. The socket is removed with the returned guard.
pub fn listen(house: House) -> Outcome<Listening> {
    let path = house.inbox.folder.join(SOCKET);
    let failed = |e: std::io::Error| {
        Failure::new(format!("cannot open the control socket: {e}"))
            .at(format!("`{}`", path.display()))
    };
    // The data folder is locked by us, so whoever left a socket here is gone.
    if path.exists() {
        fs::remove_file(&path).map_err(failed)?;
    }
    let listener = reachable(&path, |path| UnixListener::bind(path)).map_err(failed)?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).map_err(failed)?;
    std::thread::Builder::new()
        .name("control".into())
        .spawn(move || serve(&listener, &house))
        .map_err(failed)?;
    Ok(Listening { path })
}

/// Removes the socket at the end.
pub struct Listening {
    path: PathBuf,
}

impl Drop for Listening {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

fn serve(listener: &UnixListener, house: &House) {
    for stream in listener.incoming() {
        let house = house.clone();
        let obey = move |stream| {
            if let Err(error) = one(stream, &house) {
                tracing::debug!(%error, "an order ended early");
            }
        };
        let started = match stream {
            Ok(stream) => std::thread::Builder::new()
                .name("order".into())
                .spawn(move || obey(stream))
                .map(drop),
            Err(error) => Err(error),
        };
        if let Err(error) = started {
            tracing::warn!(%error, "an order could not be taken");
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
    }
}

fn one(stream: UnixStream, house: &House) -> std::io::Result<()> {
    let mut line = String::new();
    BufReader::new(stream.try_clone()?).read_line(&mut line)?;
    let asker = Asker(Mutex::new(stream));
    let order: Result<Order, _> = serde_json::from_str(&line);
    let outcome = match order {
        Ok(order) => house.obey(order, &asker),
        Err(error) => Err(
            Failure::misuse(format!("the order was not understood: {error}"))
                .remedy("use the same version of Casella as the server"),
        ),
    };
    let last = match outcome {
        Ok(()) => Answer::Done,
        Err(failure) => Answer::Failed(failure),
    };
    asker.send(&last)
}

/// The command at the other end.
struct Asker(Mutex<UnixStream>);

impl Asker {
    fn send(&self, answer: &Answer) -> std::io::Result<()> {
        let mut line = serde_json::to_vec(answer)?;
        line.push(b'\n');
        let mut stream = self
            .0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        stream.write_all(&line)
    }
}

impl Tell for Asker {
    fn line(&self, text: &str) -> Outcome {
        self.send(&Answer::Line(text.to_owned())).map_err(gone)
    }

    fn progress(&self, done: u64, total: u64) -> Outcome {
        self.send(&Answer::Progress(done, total)).map_err(gone)
    }
}

fn gone(error: std::io::Error) -> Failure {
    Failure::new(format!(
        "the other end of the control socket is gone: {error}"
    ))
}

/// A connection to the server on that data folder, if one is there.
pub(super) fn connect(folder: &Path) -> Option<UnixStream> {
    reachable(&folder.join(SOCKET), |path| UnixStream::connect(path)).ok()
}

/// Gives the order to the server and passes on what it says.
pub(super) fn ask(mut stream: UnixStream, order: &Order, tell: &dyn Tell) -> Outcome {
    let mut line = serde_json::to_vec(order).map_err(Failure::new)?;
    line.push(b'\n');
    stream.write_all(&line).map_err(gone)?;
    for line in BufReader::new(stream).lines() {
        let line = line.map_err(gone)?;
        match serde_json::from_str(&line).map_err(Failure::new)? {
            Answer::Line(text) => tell.line(&text)?,
            Answer::Progress(done, total) => tell.progress(done, total)?,
            Answer::Failed(failure) => return Err(failure),
            Answer::Done => return Ok(()),
        }
    }
    Err(Failure::new("the server went away before it was done")
        .remedy("see its log, and try again"))
}

/// Uses `path` even where it is longer than a socket's may be, by way of its open folder.
fn reachable<T>(path: &Path, with: impl FnOnce(&Path) -> std::io::Result<T>) -> std::io::Result<T> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return with(path);
    };
    if path.as_os_str().len() <= LONGEST_PATH {
        return with(path);
    }
    let open = File::open(folder)?;
    with(
        &Path::new("/proc/self/fd")
            .join(open.as_raw_fd().to_string())
            .join(name),
    )
}
