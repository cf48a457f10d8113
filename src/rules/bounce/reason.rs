//! Why a mail was not delivered, in the few words an agent needs.

use std::sync::LazyLock;

use super::words::REASONS;
use crate::rules::phrases::Phrases;

static SAID: LazyLock<Vec<(Reason, Phrases)>> = LazyLock::new(|| {
    let ready = |(reason, phrases): &(Reason, &[&str])| (*reason, Phrases::of(phrases));
    REASONS.iter().map(ready).collect()
});

/// What a report comes down to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    NoSuchUser,
    NoSuchHost,
    BadAddress,
    Moved,
    /// The domain takes no mail at all (RFC 7505).
    NoMail,
    Disabled,
    MailboxFull,
    TooBig,
    SystemFull,
    SystemFault,
    Unreachable,
    Loop,
    /// Tried for days, given up.
    Expired,
    Content,
    Spam,
    Blocked,
    /// SPF, DKIM or DMARC of our mail failed there.
    Unproven,
    Greylisted,
    TooMany,
    Unknown,
}

impl Reason {
    /// Its sentence in plain English, as it is kept with the delivery it explains.
    pub fn sentence(self) -> &'static str {
        match self {
            Reason::NoSuchUser => "there is no such mailbox",
            Reason::NoSuchHost => "there is no such domain, or it takes no mail",
            Reason::BadAddress => "the address is not well formed",
            Reason::Moved => "the mailbox has moved",
            Reason::NoMail => "this domain takes no mail",
            Reason::Disabled => "the mailbox is switched off",
            Reason::MailboxFull => "the mailbox is full",
            Reason::TooBig => "the mail is too big for the other side",
            Reason::SystemFull => "the other side's mail system is full",
            Reason::SystemFault => "the other side's mail system has a fault",
            Reason::Unreachable => "the other side's mail system could not be reached",
            Reason::Loop => "the mail goes round in circles at the other side",
            Reason::Expired => "it was tried for days and given up",
            Reason::Content => "the other side did not take the content",
            Reason::Spam => "the other side took it for spam",
            Reason::Blocked => "the other side does not take mail from us",
            Reason::Unproven => {
                "the other side could not verify that the mail is ours (SPF, DKIM, DMARC)"
            }
            Reason::Greylisted => "the other side asks to try again later",
            Reason::TooMany => "the other side says there were too many mails",
            Reason::Unknown => "the mail was not delivered",
        }
    }

    /// Whether writing there again is useless, so that the address is suppressed at once
    /// (MAIL.md C: 5.1.x, 5.2.1, 5.4.4).
    pub fn is_hard(self) -> bool {
        use Reason::*;
        matches!(
            self,
            NoSuchUser | NoSuchHost | BadAddress | Moved | NoMail | Disabled
        )
    }
}

/// Why, from an enhanced code and the other side's words. An exact code decides, except the policy
/// codes (x.7.0, x.7.1) and the vague ones (x.0.0), which hide anything, and 5.1.10, by which Exchange
/// means an unknown mailbox and RFC 7505 a domain without mail: there the words do.
pub fn reason(status: Option<&str>, diagnostic: Option<&str>) -> Reason {
    let coded = status.and_then(of_code);
    let vague = matches!(
        coded,
        None | Some(Reason::Blocked | Reason::SystemFault | Reason::NoMail)
    );
    let words = if vague {
        diagnostic.and_then(reason_in)
    } else {
        None
    };
    words.or(coded).unwrap_or(Reason::Unknown)
}

/// What an enhanced code means (RFC 3463, and the codes of the IANA registry met in practice).
fn of_code(code: &str) -> Option<Reason> {
    let (class, rest) = code.trim().split_once('.')?;
    let temporary = class == "4";
    Some(match rest {
        "1.1" | "1.0" | "1.4" => Reason::NoSuchUser,
        "1.2" | "4.4" => Reason::NoSuchHost,
        "1.3" => Reason::BadAddress,
        // Of the sender's address: ours.
        "1.7" | "1.8" => Reason::Blocked,
        "1.6" => Reason::Moved,
        "1.10" => Reason::NoMail,
        "2.1" => Reason::Disabled,
        "2.2" => Reason::MailboxFull,
        "2.3" | "3.4" => Reason::TooBig,
        "3.1" => Reason::SystemFull,
        "4.1" | "4.2" | "4.3" => Reason::Unreachable,
        "4.5" => Reason::TooMany,
        "4.6" => Reason::Loop,
        "4.7" => Reason::Expired,
        "7.20" | "7.21" | "7.22" | "7.23" | "7.24" | "7.25" | "7.26" | "7.27" | "7.30" | "7.9" => {
            Reason::Unproven
        }
        "7.28" => Reason::TooMany,
        "7.0" | "7.1" if temporary => Reason::Greylisted,
        _ if rest.starts_with("1.") => Reason::NoSuchUser,
        _ if rest.starts_with("2.") => return None,
        _ if rest.starts_with("3.") || rest.starts_with("4.") || rest.starts_with("5.") => {
            Reason::SystemFault
        }
        _ if rest.starts_with("6.") => Reason::Content,
        _ if rest.starts_with("7.") => Reason::Blocked,
        _ => return None,
    })
}

/// The reason a text gives, by the phrases of mail systems; the earlier group wins.
pub(super) fn reason_in(text: &str) -> Option<Reason> {
    let text = text.to_lowercase();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let found = SAID.iter().find(|(_, phrases)| phrases.stand_in(&text));
    found.map(|(reason, _)| *reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[rustfmt::skip] // a line per case
    fn reasons() {
        use Reason::*;
        for (status, words, expected) in [
            (Some("5.2.2"), None, MailboxFull),
            (Some("5.1.1"), Some("mailbox full"), NoSuchUser),
            (Some("5.0.0"), Some("mailbox is full"), MailboxFull),
            (Some("5.7.1"), Some("Relaying denied"), Blocked),
            (Some("5.7.1"), Some("message looks like spam"), Spam),
            (Some("5.7.1"), Some("User unknown"), NoSuchUser),
            (Some("5.7.26"), Some("unauthenticated"), Unproven),
            (Some("4.7.1"), None, Greylisted),
            (Some("4.4.7"), None, Expired),
            (Some("4.4.1"), None, Unreachable),
            (Some("5.4.4"), None, NoSuchHost),
            (Some("5.1.10"), None, NoMail),
            (Some("5.1.10"), Some("550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found"), NoSuchUser),
            (Some("4.1.8"), Some("Domain of sender address does not resolve: Name server timeout"), NoSuchHost),
            (Some("5.3.4"), None, TooBig),
            (None, Some("Sorry,\n  I couldn't find any host named foo"), NoSuchUser),
            (None, Some("El usuario no existe"), NoSuchUser),
            (None, Some("La casella di posta del destinatario è piena: casella piena"), MailboxFull),
            (None, Some("gibberish"), Unknown),
            (None, None, Unknown),
            (Some("x"), Some(""), Unknown),
        ] {
            assert_eq!(reason(status, words), expected, "{status:?} {words:?}");
        }
    }
}
