//! Who a mail is from: the key that makes an address one contact's, the author after the forwarding
//! and Reply-To rules, where to answer, and which names only look alike (MAIL.md E1-E9).

mod author;
mod likeness;
mod lookalike;

pub use author::{Attribution, attribute, author, is_foreign_list};
pub use likeness::{Known, Likeness, likeness};
pub use lookalike::{Resemblance, resemblance};

use super::addresses::{self, parts};
use super::mail::{Address, Mail, Team};

/// What makes an address unique: lower-case and IDNA; only Gmail's own domains also drop dots and
/// `+tag`, for there they name the same mailbox. `None` for what is no address.
pub fn key(address: &str) -> Option<String> {
    let (local, domain) = parts(address)?;
    if !matches!(domain.as_str(), "gmail.com" | "googlemail.com") {
        return Some(format!("{local}@{domain}"));
    }
    let mailbox = local.split('+').next().unwrap_or_default().replace('.', "");
    Some(if mailbox.is_empty() {
        format!("{local}@{domain}")
    } else {
        format!("{mailbox}@gmail.com")
    })
}

/// Whether both are the same mailbox.
pub fn same(a: &str, b: &str) -> bool {
    key(a).is_some_and(|a| Some(a) == key(b))
}

/// Whether an address is one of our people or inboxes.
pub fn is_team(team: &Team, address: &str) -> bool {
    team.addresses.iter().any(|own| same(own, address))
        || addresses::is_ours(&team.inboxes, address)
}

/// Senders that read no answers: no-reply addresses and mail systems, in several languages (MAIL.md E9).
pub fn is_service(address: &str) -> bool {
    const EXACT: &[&str] = &[
        "mailer-daemon",
        "postmaster",
        "bounce",
        "bounces",
        "daemon",
        "nobody",
        "www-data",
        "wordpress",
        "apache",
    ];
    const WORDS: &[&str] = &[
        "noreply",
        "donotreply",
        "noresponse",
        "norespond",
        "noanswer",
        "nepasrepondre",
        "nonrispondere",
        "noresponder",
        "naoresponda",
        "nichtantworten",
        "neantworten",
        "nietbeantwoorden",
        "nieodpowiadaj",
        "unmonitored",
    ];
    let Some((local, _)) = parts(address) else {
        return false;
    };
    let squeezed: String = local.chars().filter(|c| c.is_alphanumeric()).collect();
    let head = local.split(['+', '=']).next().unwrap_or_default();
    EXACT.contains(&head) || WORDS.iter().any(|word| squeezed.contains(word))
}

/// Providers where anybody may have a mailbox: a shared domain says nothing there (MAIL.md D2).
pub fn is_freemail(domain: &str) -> bool {
    const EXACT: &[&str] = &[
        "gmail.com",
        "googlemail.com",
        "icloud.com",
        "me.com",
        "mac.com",
        "aol.com",
        "aim.com",
        "gmx.de",
        "gmx.net",
        "gmx.at",
        "gmx.ch",
        "gmx.com",
        "web.de",
        "t-online.de",
        "freenet.de",
        "mail.ru",
        "inbox.ru",
        "list.ru",
        "bk.ru",
        "internet.ru",
        "rambler.ru",
        "proton.me",
        "protonmail.com",
        "pm.me",
        "tutanota.com",
        "tuta.io",
        "tuta.com",
        "zoho.com",
        "fastmail.com",
        "fastmail.fm",
        "hey.com",
        "libero.it",
        "virgilio.it",
        "tiscali.it",
        "alice.it",
        "tin.it",
        "tim.it",
        "iol.it",
        "inwind.it",
        "email.it",
        "orange.fr",
        "wanadoo.fr",
        "free.fr",
        "laposte.net",
        "sfr.fr",
        "neuf.fr",
        "bbox.fr",
        "qq.com",
        "163.com",
        "126.com",
        "yeah.net",
        "sina.com",
        "sina.cn",
        "sohu.com",
        "naver.com",
        "daum.net",
        "hanmail.net",
        "kakao.com",
        "seznam.cz",
        "centrum.cz",
        "wp.pl",
        "o2.pl",
        "onet.pl",
        "interia.pl",
        "op.pl",
        "ukr.net",
        "i.ua",
        "abv.bg",
        "uol.com.br",
        "bol.com.br",
        "terra.com.br",
        "ig.com.br",
        "rediffmail.com",
        "comcast.net",
        "verizon.net",
        "att.net",
        "sbcglobal.net",
        "bellsouth.net",
        "cox.net",
        "charter.net",
        "btinternet.com",
        "sky.com",
        "talktalk.net",
        "ntlworld.com",
        "bluewin.ch",
        "telenet.be",
        "skynet.be",
        "ziggo.nl",
        "kpnmail.nl",
        "xs4all.nl",
        "mail.com",
        "email.com",
    ];
    const FAMILIES: &[&str] = &[
        "yahoo",
        "ymail",
        "rocketmail",
        "hotmail",
        "live",
        "outlook",
        "msn",
        "yandex",
        "ya",
    ];
    let domain = addresses::domain(domain);
    let family = domain.split('.').next().unwrap_or_default();
    EXACT.contains(&domain.as_str())
        || (domain.matches('.').count() <= 2 && FAMILIES.contains(&family))
}

/// Whether two addresses lie in the same organisation's domain: the same, or one below the other.
/// Freemail domains are nobody's.
pub fn same_organisation(a: &str, b: &str) -> bool {
    let (Some((_, a)), Some((_, b))) = (parts(a), parts(b)) else {
        return false;
    };
    let below = |child: &str, parent: &str| {
        child
            .strip_suffix(parent)
            .is_some_and(|head| head.ends_with('.'))
            && parent.contains('.')
    };
    !is_freemail(&a) && (a == b || below(&a, &b) || below(&b, &a))
}

/// Where to answer a mail, and whether an agent must be warned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// `None`: take the contact's known address.
    pub reply_to: Option<Address>,
    /// The mail asks for answers to somewhere it could not prove to own: show a banner, take over no new Cc.
    pub suspicious: bool,
}

/// Where this mail wants to be answered (MAIL.md E3). `dmarc_pass`: its From was proven by DMARC.
/// A Reply-To counts only then, or within the sender's own organisation; one that is a list, an inbox
/// of ours, malformed or `@unknown` is ignored.
pub fn answer_address(mail: &Mail, author: &Address, team: &Team, dmarc_pass: bool) -> Answer {
    let none = Answer {
        reply_to: None,
        suspicious: false,
    };
    let Some(wanted) = mail
        .reply_to
        .iter()
        .find(|to| usable_reply_to(mail, team, to))
    else {
        return none;
    };
    if same(&wanted.address, &author.address) {
        return none;
    }
    if dmarc_pass || same_organisation(&wanted.address, &mail.from.address) {
        return Answer {
            reply_to: Some(wanted.clone()),
            suspicious: false,
        };
    }
    Answer {
        reply_to: None,
        suspicious: true,
    }
}

fn usable_reply_to(mail: &Mail, team: &Team, to: &Address) -> bool {
    let Some((_, domain)) = parts(&to.address) else {
        return false;
    };
    domain != "unknown"
        && !is_team(team, &to.address)
        && !author::is_list_address(mail, &to.address)
}

#[cfg(test)]
mod tests;
