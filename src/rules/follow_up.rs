//! Mails that follow a chat: which chat lines an answer by mail carries along, and when answers nobody
//! saw are mailed by themselves.

use super::mail::Millis;
use casella_index::model::{Channel, Direction, Message};

/// What a line of a thread is, as far as this rule cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// Said in the chat, by either side.
    Chat,
    /// A mail we sent.
    MailOut,
    /// A mail that came.
    MailIn,
    /// A note, an event, a line of another channel.
    Other,
}

impl Line {
    /// What a stored message is. A chat line that a mail has carried since bears the Email label too,
    /// and is still a chat line.
    pub fn of(message: &Message) -> Line {
        let chat = message.channels.contains(&Channel::Chat);
        let mail = message.channels.contains(&Channel::Email);
        match message.direction {
            Direction::In | Direction::Out if chat => Line::Chat,
            Direction::Out if mail => Line::MailOut,
            Direction::In if mail => Line::MailIn,
            _ => Line::Other,
        }
    }
}

/// Which of these lines, oldest first, a mail answered now carries: if the newest spoken line is a chat
/// line, every chat line since the last mail sent here (the first time: all). Otherwise none: the
/// mail answers a mail. Gives places in `lines`.
pub fn carried(lines: &[Line]) -> Vec<usize> {
    let newest = lines.iter().rev().find(|line| **line != Line::Other);
    if newest != Some(&Line::Chat) {
        return Vec::new();
    }
    chat_since_last_mail(lines)
}

/// Every chat line since the last mail sent here, whatever came after: what a transcript begins with.
pub fn chat_since_last_mail(lines: &[Line]) -> Vec<usize> {
    let start = lines
        .iter()
        .rposition(|line| *line == Line::MailOut)
        .map_or(0, |at| at + 1);
    (start..lines.len())
        .filter(|at| lines[*at] == Line::Chat)
        .collect()
}

/// What is known of answers a visitor has not seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unseen {
    /// When the oldest unseen answer in the chat was given; `None` if all were seen.
    pub oldest: Option<Millis>,
    /// When the newest one was given.
    pub newest: Option<Millis>,
    pub online: bool,
    /// A mail address of the visitor is known.
    pub address: bool,
    /// The visitor or the address is blocked, or mail there was refused for good.
    pub barred: bool,
    /// Our automations wrote there so lately that they are silent for now (`rules::loops`).
    pub quiet: bool,
}

/// When unseen answers are mailed by themselves: `after` milliseconds (a setting; `None` is never) past
/// the newest of them, so that an agent who is still typing is waited for, but at most three times as
/// long past the oldest. `None`: not at all, as things are.
pub fn due(unseen: &Unseen, after: Option<Millis>) -> Option<Millis> {
    let after = after.filter(|after| *after > 0)?;
    if unseen.online || !unseen.address || unseen.barred || unseen.quiet {
        return None;
    }
    let oldest = unseen.oldest?;
    let newest = unseen.newest.unwrap_or(oldest);
    Some(
        newest
            .saturating_add(after)
            .min(oldest.saturating_add(after.saturating_mul(3))),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use Line::{Chat as C, MailIn as I, MailOut as M, Other as O};

    #[test]
    #[rustfmt::skip] // a line per case
    fn what_a_mail_carries() {
        for (lines, expected, why) in [
            (&[][..], &[][..], "an empty thread"),
            (&[C], &[0], "the first line"),
            (&[C, C, C], &[0, 1, 2], "the first time, all"),
            (&[C, O, C, O], &[0, 2], "notes and events neither travel nor hide the chat"),
            (&[C, C, M], &[], "the newest is a mail"),
            (&[C, C, M, C], &[3], "since the last mail sent here"),
            (&[C, M, C, I], &[], "the newest is a mail that came"),
            (&[C, M, C, I, C], &[2, 4], "a mail that came in between cuts nothing"),
            (&[C, M, O], &[], "a note after a mail"),
            (&[I, M, I], &[], "mail only"),
            (&[O, O], &[], "notes only"),
        ] {
            assert_eq!(carried(lines), expected, "{why}");
        }
    }

    #[test]
    #[rustfmt::skip] // a line per case
    fn when_unseen_answers_are_mailed() {
        let unseen = Unseen { oldest: Some(1_000), newest: Some(1_000), online: false, address: true, barred: false, quiet: false };
        for (unseen, after, expected, why) in [
            (unseen, Some(600), Some(1_600), "N minutes after the answer"),
            (unseen, None, None, "the setting is off"),
            (unseen, Some(0), None, "and off"),
            (Unseen { newest: Some(1_500), ..unseen }, Some(600), Some(2_100), "the agent went on writing"),
            (Unseen { newest: Some(9_000), ..unseen }, Some(600), Some(2_800), "but not for ever"),
            (Unseen { online: true, ..unseen }, Some(600), None, "the visitor is there"),
            (Unseen { address: false, ..unseen }, Some(600), None, "no address"),
            (Unseen { barred: true, ..unseen }, Some(600), None, "barred"),
            (Unseen { quiet: true, ..unseen }, Some(600), None, "mailed there lately"),
            (Unseen { oldest: None, newest: None, ..unseen }, Some(600), None, "all was seen"),
            (unseen, Some(Millis::MAX), Some(Millis::MAX), "an absurd setting"),
        ] {
            assert_eq!(due(&unseen, after), expected, "{why}");
        }
    }
}
