//! A thread as its visitor may see it: chat lines of this device only. Never a note, never a mail; that
//! an answer went by mail stands as a line of its own.

use crate::inbox::line;
use casella_index::model::*;
use serde::Serialize;

/// A line of the widget. `id` counts within the conversation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Line {
    pub id: u32,
    pub at: String,
    /// `visitor` or `agent`.
    pub from: &'static str,
    pub name: String,
    pub text: String,
    pub attachments: Vec<File>,
    /// `email` for "answered by email", `ask_email` for an answer that asks for the address, else
    /// `chat`.
    pub kind: &'static str,
    /// The widget's own id of a visitor's line, to recognise its optimistic twin.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub client_id: String,
    /// The visitor has seen it (agents' lines) .
    pub seen: bool,
}

/// A file of a line; `url` is relative to Casella and needs the visitor's key.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct File {
    pub name: String,
    pub content_type: String,
    pub size: u64,
    pub url: String,
}

/// Who looks: their own lines, and whether the site vouches that they are who they say.
#[derive(Debug, Clone, Copy)]
pub struct Viewer {
    pub visitor: VisitorId,
    pub vouched: bool,
    pub seen: u32,
}

/// How a message stands in the widget, if it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// As said.
    Chat,
    /// Only that there was an answer by mail.
    ByEmail,
    No,
}

/// What a visitor may see of a message.
pub fn shown(message: &Message, viewer: Viewer) -> Shown {
    let chat = message.channels.contains(&Channel::Chat);
    match message.direction {
        Direction::In
            if chat
                && message
                    .chat
                    .as_ref()
                    .is_some_and(|c| c.visitor == viewer.visitor) =>
        {
            Shown::Chat
        }
        Direction::Out if chat => Shown::Chat,
        Direction::In | Direction::Out
            if viewer.vouched && message.channels.contains(&Channel::Email) =>
        {
            Shown::Chat
        }
        Direction::Out if message.channels.contains(&Channel::Email) => Shown::ByEmail,
        _ => Shown::No,
    }
}

/// The widget's line of a message with its text; `None` if it is not the visitor's to see.
pub fn line(message: &Message, text: String, by_email: &str, viewer: Viewer) -> Option<Line> {
    let shown = shown(message, viewer);
    let (text, attachments) = match shown {
        Shown::No => return None,
        Shown::ByEmail => (by_email.to_owned(), Vec::new()),
        Shown::Chat => (text, files(message)),
    };
    let ours = message.direction == Direction::Out;
    Some(Line {
        id: message.seq,
        at: jiff::Timestamp::from_millisecond(message.at)
            .unwrap_or_default()
            .to_string(),
        from: if ours { "agent" } else { "visitor" },
        name: line::outward_name(&message.author).to_owned(),
        text,
        attachments,
        kind: match shown {
            Shown::ByEmail => "email",
            _ if message.chat.as_ref().is_some_and(|c| c.asks_email) => "ask_email",
            _ => "chat",
        },
        client_id: message
            .chat
            .as_ref()
            .map(|c| c.client_id.clone())
            .unwrap_or_default(),
        seen: ours && message.seq <= viewer.seen,
    })
}

fn files(message: &Message) -> Vec<File> {
    let named = |(k, file): (usize, &Attachment)| File {
        name: file.name.clone(),
        content_type: file.content_type.clone(),
        size: file.size,
        url: format!("/chat/v1/files/{}/{k}", message.id),
    };
    message.attachments.iter().enumerate().map(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const VIEWER: Viewer = Viewer {
        visitor: VisitorId(7),
        vouched: false,
        seen: 0,
    };

    fn message(direction: Direction, channels: &[Channel], visitor: Option<u64>) -> Message {
        let chat = visitor.map(|v| ChatFacts {
            visitor: VisitorId(v),
            ..ChatFacts::default()
        });
        Message {
            direction,
            channels: channels.to_vec(),
            chat,
            ..Message::default()
        }
    }

    #[test]
    fn a_visitor_sees_chat_lines_of_this_device_and_nothing_else() {
        use Channel::{Chat, Email};
        use Direction::{Event, In, Note, Out};
        let cases = [
            (message(In, &[Chat], Some(7)), Shown::Chat, "their own line"),
            (
                message(In, &[Chat], Some(8)),
                Shown::No,
                "another device's line, after a merge",
            ),
            (message(Out, &[Chat], None), Shown::Chat, "an answer"),
            (
                message(Out, &[Chat, Email], None),
                Shown::Chat,
                "an answer a mail has carried since",
            ),
            (
                message(Out, &[Email], None),
                Shown::ByEmail,
                "an answer by mail",
            ),
            (
                message(In, &[Email], None),
                Shown::No,
                "a mail of whoever knows the address",
            ),
            (message(Note, &[Chat], None), Shown::No, "an agent's note"),
            (message(Event, &[], None), Shown::No, "an event"),
        ];
        for (message, expected, why) in cases {
            assert_eq!(shown(&message, VIEWER), expected, "{why}");
        }
    }

    #[test]
    fn a_vouched_user_also_sees_their_mails() {
        let vouched = Viewer {
            vouched: true,
            ..VIEWER
        };
        assert_eq!(
            shown(&message(Direction::In, &[Channel::Email], None), vouched),
            Shown::Chat
        );
        assert_eq!(
            shown(&message(Direction::Note, &[Channel::Email], None), vouched),
            Shown::No
        );
    }

    #[test]
    fn an_answer_by_mail_never_shows_its_words() {
        let mail = message(Direction::Out, &[Channel::Email], None);
        let line = line(&mail, "secret".into(), "Answered by email", VIEWER).unwrap();
        assert_eq!(
            (line.text.as_str(), line.kind),
            ("Answered by email", "email")
        );
    }
}
