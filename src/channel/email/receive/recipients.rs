//! Who may have mail here, and what a signed recipient names (MAIL.md A2, A3, D1).

use crate::inbox::Inbox;
use crate::inbox::receive::Tokens;
use crate::rules::addresses::{self, parts, recipients_named};
use crate::rules::mail::Mail;
use crate::rules::token::{Signed, Token, read_local_part};
use casella_index::model::{ConversationId, MessageId};

/// What a recipient is to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recipient {
    /// An inbox, or a postmaster of ours.
    Inbox,
    /// A reply or bounce address that we signed.
    Signed(Token),
    Unknown,
}

/// Judges one recipient. A signed address with a wrong signature is unknown, whatever inbox it
/// resembles.
pub fn judge(inbox: &Inbox, recipient: &str) -> Recipient {
    match signed(inbox, recipient) {
        Signed::Right(token) => Recipient::Signed(token),
        Signed::Wrong => Recipient::Unknown,
        Signed::No if addresses::accepts(&inbox.config.inbox.addresses, recipient) => {
            Recipient::Inbox
        }
        Signed::No => Recipient::Unknown,
    }
}

/// The tokens a mail came with: in any envelope recipient, else in a header that names recipients.
pub fn tokens(inbox: &Inbox, recipients: &[String], mail: &Mail) -> Tokens {
    let enveloped = among(inbox, recipients.iter().map(String::as_str));
    if enveloped != Tokens::default() {
        return enveloped;
    }
    let named: Vec<String> = recipients_named(mail).collect();
    among(inbox, named.iter().map(String::as_str))
}

fn among<'a>(inbox: &Inbox, recipients: impl Iterator<Item = &'a str>) -> Tokens {
    let mut found = Tokens::default();
    for recipient in recipients {
        match signed(inbox, recipient) {
            Signed::Right(Token::Reply { conversation, .. }) => {
                found.reply.get_or_insert(ConversationId(conversation));
            }
            Signed::Right(Token::Bounce { message, recipient }) => {
                found.bounce.get_or_insert((MessageId(message), recipient));
            }
            Signed::Wrong | Signed::No => {}
        }
    }
    found
}

/// Reads a local part, in the domains where our signed addresses may live: today's reply domain, or that
/// of any inbox.
fn signed(inbox: &Inbox, recipient: &str) -> Signed {
    let config = &inbox.config.inbox;
    let Some((_, host)) = parts(recipient) else {
        return Signed::No;
    };
    let ours = config
        .domains()
        .chain([config.reply_domain()])
        .any(|own| addresses::domain(own) == host);
    match recipient.trim_matches(['<', '>', ' ']).rsplit_once('@') {
        Some((local, _)) if ours => read_local_part(&inbox.keys, local),
        _ => Signed::No,
    }
}
