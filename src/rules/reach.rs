//! Which channels lead to a person now, which one is preselected, and why the others do not.
//!
//! An agent may always choose another possible channel. A line to a visitor who is away is possible:
//! it waits for them.

use super::window::Window;
use casella_index::model::Channel;

/// What is known of the other side.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The conversation has a chat visitor.
    pub visitor: bool,
    /// The visitor's widget is connected.
    pub online: bool,
    /// An address to write to is known.
    pub address: bool,
    /// Mail there was refused for good.
    pub suppressed: bool,
    /// The other side reads no answers (a no-reply sender): an address must be given.
    pub service: bool,
    pub messenger: Option<Messenger>,
}

/// A Messenger thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Messenger {
    pub window: Window,
    /// Meta said that this person cannot be written to.
    pub blocked: bool,
    /// The page is no longer connected.
    pub disconnected: bool,
}

/// Why a channel leads nowhere. [`Reason::key`] and [`Reason::remedy`] name the sentences.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    NoVisitor,
    NoAddress,
    NoAnswerAddress,
    NoMessenger,
    WindowClosed,
    WindowNeverOpened,
    Blocked,
    Disconnected,
}

impl Reason {
    /// One word for programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Reason::NoVisitor => "no_visitor",
            Reason::NoAddress => "no_address",
            Reason::NoAnswerAddress => "no_answer_address",
            Reason::NoMessenger => "no_messenger",
            Reason::WindowClosed => "window_closed",
            Reason::WindowNeverOpened => "window_never_opened",
            Reason::Blocked => "blocked",
            Reason::Disconnected => "disconnected",
        }
    }

    /// The catalogue key of why.
    pub fn key(self) -> String {
        format!("reach.{}", self.as_str())
    }

    /// The catalogue key of what to do about it.
    pub fn remedy(self) -> String {
        format!("reach.{}.remedy", self.as_str())
    }
}

/// The answer for one channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    pub channel: Channel,
    /// `None`: it leads there.
    pub unreachable: Option<Reason>,
}

/// The answer for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// Web chat, mail, Messenger: always all three, in this order.
    pub choices: [Choice; 3],
    /// The one preselected; `None` where nothing leads there.
    pub preselected: Option<Channel>,
}

impl Reach {
    /// Why `channel` leads nowhere; `None` if it does lead there.
    pub fn refusal(&self, channel: Channel) -> Option<Reason> {
        self.choices
            .iter()
            .find(|choice| choice.channel == channel)
            .and_then(|choice| choice.unreachable)
    }
}

/// Judges all channels. Preselected: Messenger where the person writes by it; web chat while the
/// visitor is there; mail where an address is known; else web chat, to wait for the visitor.
pub fn of(facts: &Facts) -> Reach {
    let choices = Channel::ALL.map(|channel| Choice {
        channel,
        unreachable: refusal(facts, channel),
    });
    let open = |channel: &Channel| {
        choices
            .iter()
            .any(|c| c.channel == *channel && c.unreachable.is_none())
    };
    let (first, second) = if facts.online && facts.visitor {
        (Channel::Chat, Channel::Email)
    } else {
        (Channel::Email, Channel::Chat)
    };
    let first = if facts.suppressed && facts.visitor {
        Channel::Chat
    } else {
        first
    };
    let preselected = [Channel::Messenger, first, second].into_iter().find(open);
    Reach {
        choices,
        preselected,
    }
}

fn refusal(facts: &Facts, channel: Channel) -> Option<Reason> {
    match channel {
        Channel::Chat => (!facts.visitor).then_some(Reason::NoVisitor),
        Channel::Email if !facts.address => Some(Reason::NoAddress),
        Channel::Email => facts.service.then_some(Reason::NoAnswerAddress),
        Channel::Messenger => facts.messenger.map_or(Some(Reason::NoMessenger), messenger),
    }
}

fn messenger(thread: Messenger) -> Option<Reason> {
    match thread {
        Messenger { blocked: true, .. } => Some(Reason::Blocked),
        Messenger {
            disconnected: true, ..
        } => Some(Reason::Disconnected),
        Messenger {
            window: Window::Closed { .. },
            ..
        } => Some(Reason::WindowClosed),
        Messenger {
            window: Window::NeverOpened,
            ..
        } => Some(Reason::WindowNeverOpened),
        Messenger {
            window: Window::Open { .. } | Window::HumanAgent { .. },
            ..
        } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPEN: Messenger = Messenger {
        window: Window::Open { left: 1 },
        blocked: false,
        disconnected: false,
    };

    fn told(facts: &Facts) -> String {
        let reach = of(facts);
        let choice = |c: &Choice| {
            format!(
                "{}: {}",
                c.channel.as_str(),
                c.unreachable.map_or("ok", Reason::as_str)
            )
        };
        let choices: Vec<_> = reach.choices.iter().map(choice).collect();
        format!(
            "{} -> {}",
            choices.join(", "),
            reach.preselected.map_or("none", Channel::as_str)
        )
    }

    #[test]
    #[rustfmt::skip] // a line per case
    fn reaches() {
        let facts = Facts::default;
        let chat = || Facts { visitor: true, ..Facts::default() };
        let page = |messenger| Facts { messenger: Some(messenger), ..Facts::default() };
        for (facts, expected) in [
            (facts(), "chat: no_visitor, email: no_address, messenger: no_messenger -> none"),
            (Facts { address: true, ..facts() }, "chat: no_visitor, email: ok, messenger: no_messenger -> email"),
            (Facts { address: true, service: true, ..facts() }, "chat: no_visitor, email: no_answer_address, messenger: no_messenger -> none"),
            (Facts { online: true, ..chat() }, "chat: ok, email: no_address, messenger: no_messenger -> chat"),
            (Facts { online: true, address: true, ..chat() }, "chat: ok, email: ok, messenger: no_messenger -> chat"),
            (Facts { address: true, ..chat() }, "chat: ok, email: ok, messenger: no_messenger -> email"),
            (chat(), "chat: ok, email: no_address, messenger: no_messenger -> chat"),
            (Facts { address: true, suppressed: true, ..chat() }, "chat: ok, email: ok, messenger: no_messenger -> chat"),
            (Facts { address: true, suppressed: true, ..facts() }, "chat: no_visitor, email: ok, messenger: no_messenger -> email"),
            (page(OPEN), "chat: no_visitor, email: no_address, messenger: ok -> messenger"),
            (page(Messenger { window: Window::HumanAgent { left: 1 }, ..OPEN }), "chat: no_visitor, email: no_address, messenger: ok -> messenger"),
            (page(Messenger { window: Window::Closed { since: 1 }, ..OPEN }), "chat: no_visitor, email: no_address, messenger: window_closed -> none"),
            (page(Messenger { window: Window::NeverOpened, ..OPEN }), "chat: no_visitor, email: no_address, messenger: window_never_opened -> none"),
            (page(Messenger { blocked: true, ..OPEN }), "chat: no_visitor, email: no_address, messenger: blocked -> none"),
            (page(Messenger { disconnected: true, ..OPEN }), "chat: no_visitor, email: no_address, messenger: disconnected -> none"),
        ] {
            assert_eq!(told(&facts), expected, "{facts:?}");
        }
    }
}
