//! Orders to the inbox, whether or not a server runs on the data folder.
//!
//! A command makes an [`Order`] and calls [`give`]. With a server there, the order goes over a
//! socket inside the folder and the server carries it out; without one, the folder is opened here
//! and the same code does the same. Whoever adds a command adds a variant and its arm in
//! [`House::obey`].

mod orders;
mod socket;
mod terminal;

pub use orders::Order;
pub use socket::listen;
pub use terminal::Terminal;

use super::Setting;
use crate::clock::Clock;
use crate::error::{Failure, Outcome};
use crate::inbox::Inbox;
use casella_index::search::Serving;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The socket's name within the data folder.
pub const SOCKET: &str = "casella.sock";
/// How long a folder may be locked while its server is only just starting or stopping.
const PATIENCE: Duration = Duration::from_secs(2);

/// Whom the outcome of an order is told to, bit by bit. An error means that nobody listens any
/// more: the order stops.
pub trait Tell: Sync {
    /// A line of the answer.
    fn line(&self, text: &str) -> Outcome;
    /// How far it is; `total` 0 where nobody knows.
    fn progress(&self, done: u64, total: u64) -> Outcome;
}

/// What orders are carried out on.
#[derive(Clone)]
pub struct House {
    pub inbox: Inbox,
    /// The server's search; `None` without a server.
    pub search: Option<Arc<Serving>>,
}

/// What the server says back, a line of JSON each.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    Line(String),
    Progress(u64, u64),
    Failed(Failure),
    Done,
}

/// Whether a server runs on the data folder.
pub fn is_served(folder: &std::path::Path) -> bool {
    socket::connect(folder).is_some()
}

/// Has an order carried out and tells `tell` of it.
pub fn give(setting: &Setting, order: &Order, tell: &dyn Tell) -> Outcome {
    let began = Instant::now();
    loop {
        if let Some(stream) = socket::connect(&setting.data) {
            return socket::ask(stream, order, tell);
        }
        match open(setting) {
            Ok(house) => return house.obey(order.clone(), tell),
            Err(locked) if is_locked(&locked) && began.elapsed() < PATIENCE => {
                std::thread::sleep(Duration::from_millis(100));
            }
            Err(failure) => return Err(failure),
        }
    }
}

fn open(setting: &Setting) -> Outcome<House> {
    let inbox = Inbox::open(setting.config()?, Clock::machine(), &setting.data)?;
    Ok(House {
        inbox,
        search: None,
    })
}

fn is_locked(failure: &Failure) -> bool {
    failure.what.contains("in use by another Casella")
}
