//! When a conversation opens, closes and counts as unread.
//!
//! Complete is a fact an agent made; only a person's new message unmakes it. Conversations are never
//! deleted, so there is no other end.

use casella_index::model::Status;

/// What a new inbound message does to its conversation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Effect {
    pub reopens: bool,
    /// Unread for every agent, with the red dot.
    pub unread: bool,
}

/// A message joins an existing conversation. `silent`: a machine's answer, a receipt or a report, which
/// changes nothing. What was marked as spam stays where agents put it.
pub fn joins(status: Status, spam: bool, silent: bool) -> Effect {
    let counts = !silent && !spam;
    Effect {
        reopens: counts && status == Status::Complete,
        unread: counts,
    }
}

/// A message begins a conversation, which is open. `answers`: it is a reaction to some earlier mail.
/// A machine's first word (an alert, an order) wants to be seen; its answer to who knows what does not.
pub fn begins(silent: bool, answers: bool) -> Effect {
    Effect {
        reopens: false,
        unread: !silent || !answers,
    }
}

/// Where a Messenger visitor's message goes: each new approach has its own thread, so what was
/// completed stays so (DESIGN.md, decision 2). True: into the person's newest conversation.
pub fn messenger_joins(newest: Option<Status>) -> bool {
    newest == Some(Status::Open)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_person_reopens() {
        for (status, spam, silent, reopens, unread) in [
            (Status::Open, false, false, false, true),
            (Status::Complete, false, false, true, true),
            (Status::Complete, false, true, false, false),
            (Status::Open, false, true, false, false),
            (Status::Complete, true, false, false, false),
            (Status::Open, true, false, false, false),
        ] {
            assert_eq!(
                joins(status, spam, silent),
                Effect { reopens, unread },
                "{status:?}, spam {spam}, silent {silent}"
            );
        }
    }

    #[test]
    fn a_machines_first_word_is_seen_and_its_answers_are_not() {
        assert!(begins(false, false).unread, "a person writes");
        assert!(
            begins(false, true).unread,
            "a person answers a mail we never saw"
        );
        assert!(begins(true, false).unread, "an alert");
        assert!(
            !begins(true, true).unread,
            "a vacation note about a mail we never sent"
        );
    }

    #[test]
    fn each_new_approach_has_its_own_messenger_thread() {
        assert!(messenger_joins(Some(Status::Open)));
        assert!(!messenger_joins(Some(Status::Complete)));
        assert!(!messenger_joins(None));
    }
}
