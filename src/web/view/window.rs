//! How long Messenger still lets us answer, as a tag that a page left open counts down.

use super::{Words, person};
use crate::render::Millis;
use crate::rules::window::Window;
use casella_index::model::MessengerPerson;
use serde::Serialize;

const HOUR: Millis = 3_600_000;

#[derive(Debug, Clone, Serialize)]
pub struct WindowTag {
    pub text: String,
    pub tone: &'static str,
    /// When it closes, or another rule begins; `None` once it is closed.
    pub ends: Option<Millis>,
    /// The text with `{left}` still open.
    pub pattern: String,
}

impl WindowTag {
    /// What Meta last refused goes before what the clock says.
    pub fn of(words: Words<'_>, known: &MessengerPerson, window: Window) -> WindowTag {
        let (key, left) = match (known.locked.as_deref(), window) {
            (Some("window_closed"), _) => ("thread.window_closed", None),
            (Some(_), _) => ("thread.window_blocked", None),
            (None, Window::Open { left }) => ("thread.window", Some(left)),
            (None, Window::HumanAgent { left }) => ("thread.window_human", Some(left)),
            (None, Window::Closed { .. } | Window::NeverOpened) => ("thread.window_closed", None),
        };
        let told = left.map_or_else(String::new, |left| person::left(words, left));
        WindowTag {
            text: words.with(key, &[("left", &told)]),
            tone: tone(key, left),
            ends: left.map(|left| words.voice.now + left),
            pattern: words.with(key, &[("left", "{left}")]),
        }
    }
}

impl WindowTag {
    /// Where we spoke last nothing presses.
    pub fn calm(mut self, answered: bool) -> WindowTag {
        if answered && self.ends.is_some() {
            self.tone = "person";
        }
        self
    }
}

/// The less time, the louder; what is over shouts no more.
fn tone(key: &str, left: Option<Millis>) -> &'static str {
    match left {
        None => "closed",
        Some(..HOUR) => "danger",
        Some(left) if left < 4 * HOUR || key == "thread.window_human" => "warning",
        Some(_) => "person",
    }
}
