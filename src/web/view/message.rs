//! One message of a thread, ready for its template.

mod files;

pub use files::FileView;

use super::Words;
use super::invite::InviteView;
use crate::channel::email::sanitise::has_remote_images;
use crate::render::Millis;
use casella_index::model::*;
use files::files;
use serde::Serialize;
use serde_json::Value;

#[derive(Debug, Default, Serialize)]
pub struct MessageView {
    pub id: u64,
    pub at: Millis,
    pub direction: &'static str,
    pub author: String,
    pub picture: Option<String>,
    pub address: Option<String>,
    /// The one before is by the same person, moments ago: no second face.
    pub follows: bool,
    pub channels: Vec<&'static str>,
    /// Note, list, automatic reply …, in words.
    pub marks: Vec<String>,
    pub auth: Option<Badge>,
    pub forwarded_by: Option<String>,
    /// Where a POST gives the mail back to its forwarder.
    pub swap_undo: Option<String>,
    /// Whom the mail itself names as its sender, where another was taken for the author.
    pub named: Option<String>,
    /// Who becomes the author by it, where that is not the forwarder.
    pub swap_to: Option<String>,
    pub external: bool,
    pub recipients: Option<String>,
    pub subject: Option<String>,
    /// The first words of the message it answers.
    pub answers: Option<String>,
    /// The words that unfold it, for machines' mail.
    pub folded: Option<String>,
    pub unsent: bool,
    pub text: String,
    pub quoted: String,
    pub frame: Option<Frame>,
    /// The formatted form, where the text is shown first.
    pub folded_frame: Option<Frame>,
    pub invites: Vec<InviteView>,
    pub attachments: Vec<FileView>,
    pub reactions: Vec<String>,
    pub warnings: Vec<String>,
    pub delivery: Option<DeliveryView>,
    pub seen: Option<Seen>,
    pub why: Option<Why>,
    pub raw_url: Option<String>,
}

/// What the sender's domain proves.
#[derive(Debug, Serialize)]
pub struct Badge {
    pub tone: &'static str,
    pub symbol: &'static str,
    pub label: String,
    pub detail: String,
}

/// The sandboxed frame of a formatted mail.
#[derive(Debug, Serialize)]
pub struct Frame {
    pub url: String,
    /// Steps of height, wide and narrow: reckoned, as the frame cannot tell.
    pub wide: u8,
    pub narrow: u8,
    /// The same with pictures of the web, where there are any and they wait to be asked for.
    pub images: Option<String>,
    pub always: Option<Always>,
}

/// Whether pictures of this sender are shown without asking, and where a POST changes that.
#[derive(Debug, Serialize)]
pub struct Always {
    pub action: String,
    pub sender: String,
    pub on: bool,
}

#[derive(Debug, Serialize)]
pub struct DeliveryView {
    pub tone: &'static str,
    pub symbol: &'static str,
    pub text: String,
    pub problem: Option<String>,
    pub remedy: Option<String>,
    /// Where a POST sends it once more.
    pub again: Option<String>,
}

/// Whether the visitor's screen showed it.
#[derive(Debug, Serialize)]
pub struct Seen {
    pub symbol: &'static str,
    pub text: String,
}

/// Why the message stands in this conversation.
#[derive(Debug, Serialize)]
pub struct Why {
    pub text: String,
    pub facts: Vec<String>,
    pub can_change: bool,
}

/// What else is known when a message is shown.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    pub can_write: bool,
    /// The newest of our lines that the visitor has seen, if the thread has a visitor.
    pub seen: Option<u32>,
    /// What Messenger calls the person now, if it is their thread; empty where Meta keeps it to itself.
    pub person: Option<&'a str>,
    pub pictures: Pictures,
    /// The steps of its frame, wide and narrow, where it has a formatted form.
    pub height: (u8, u8),
}

/// What is to become of a mail's pictures of the web.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Pictures {
    /// They wait to be asked for, each time.
    #[default]
    Ask,
    /// The same, but their sender may be remembered.
    AskOrRemember,
    /// Their sender is remembered.
    Show,
}

impl MessageView {
    pub fn of(words: Words<'_>, message: &Message, body: StoredBody, setting: Setting<'_>) -> Self {
        let mail = message.email.as_ref();
        let page = message.messenger.as_ref();
        let fold = mail.and_then(|m| fold(words, m));
        let (frame, folded_frame) = formatted(message, &body, setting);
        MessageView {
            id: message.id.0,
            at: message.at,
            direction: direction(message.direction),
            author: person(words, message, setting.person)
                .unwrap_or_else(|| author(words, message)),
            picture: None,
            answers: None,
            address: shown_address(message),
            channels: channels(message),
            marks: marks(words, message),
            auth: mail.and_then(|m| badge(words, m)),
            forwarded_by: mail.and_then(|m| forwarder(message, m)).map(in_words),
            swap_undo: mail
                .filter(|m| swapped(message, m).is_some() || other_author(m).is_some())
                .filter(|_| setting.can_write)
                .map(|_| format!("/messages/{}/unswap", message.id)),
            named: mail
                .filter(|m| m.forwarded_by.is_none())
                .and_then(|m| swapped(message, m))
                .map(in_words),
            swap_to: mail.and_then(other_author),
            external: mail.is_some_and(|m| m.external),
            recipients: mail.and_then(|m| recipients(words, message, m)),
            subject: Some(message.subject.clone()).filter(|s| !s.is_empty()),
            folded: fold,
            unsent: page.is_some_and(|p| p.unsent),
            text: match is_unsupported(message) {
                true => words.t("message.unsupported_text"),
                false => body.text,
            },
            quoted: body.quoted_text,
            frame,
            folded_frame,
            invites: Vec::new(),
            attachments: files(words, message, setting.can_write),
            reactions: page.map_or_else(Vec::new, |p| p.reactions.values().cloned().collect()),
            warnings: warnings(words, message),
            delivery: delivery(words, message, setting.can_write),
            seen: seen(words, message, setting.seen),
            why: why(words, message, setting.can_write),
            raw_url: mail
                .and_then(|m| m.raw)
                .map(|_| format!("/messages/{}/raw", message.id)),
            follows: false,
        }
    }

    /// Whether `self` goes on where `before` stopped, so that one head serves both.
    pub fn goes_on(&self, before: &MessageView) -> bool {
        const MOMENTS: Millis = 5 * 60_000;
        self.author == before.author
            && self.direction == before.direction
            && self.channels == before.channels
            && self.at - before.at < MOMENTS
            && self.channels != ["email"]
    }
}

fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::In => "in",
        Direction::Out => "out",
        Direction::Note => "note",
        Direction::Event => "event",
    }
}

/// Whoever writes by Messenger is called as Meta calls them now, or by no name at all.
fn person(words: Words<'_>, message: &Message, name: Option<&str>) -> Option<String> {
    let theirs = message.author.kind == AuthorKind::Visitor && message.messenger.is_some();
    name.filter(|_| theirs).map(|name| match name {
        "" => words.t("row.facebook"),
        name => name.to_owned(),
    })
}

fn is_unsupported(message: &Message) -> bool {
    let facts = message.messenger.as_ref();
    facts.is_some_and(|facts| facts.kind == "unsupported")
}

/// Who wrote it, in words.
pub fn author(words: Words<'_>, message: &Message) -> String {
    let author = &message.author;
    if !author.name.is_empty() {
        return author.name.clone();
    }
    if let Some(address) = author.address.as_ref().filter(|a| !a.is_empty()) {
        return address.clone();
    }
    match (author.kind, &message.chat) {
        (AuthorKind::Visitor, Some(chat)) => {
            words.with("row.visitor", &[("number", &chat.visitor.to_string())])
        }
        (AuthorKind::Visitor, None) => words.t("row.facebook"),
        (AuthorKind::System | AuthorKind::Agent, _) if message.direction == Direction::Out => {
            words.t("message.program")
        }
        (AuthorKind::System, _) => words.t("message.system"),
        _ => words.t("row.somebody"),
    }
}

/// The address beside the name, where it tells something the name does not.
fn shown_address(message: &Message) -> Option<String> {
    let address = message.author.address.clone()?;
    let told = message.direction == Direction::In && address != message.author.name;
    Some(address).filter(|a| told && !a.is_empty())
}

fn channels(message: &Message) -> Vec<&'static str> {
    match message.direction {
        Direction::Note | Direction::Event => Vec::new(),
        _ => Channel::ALL
            .into_iter()
            .filter(|c| message.channels.contains(c))
            .map(Channel::as_str)
            .collect(),
    }
}

fn marks(words: Words<'_>, message: &Message) -> Vec<String> {
    let mail = message.email.as_ref();
    let page = message.messenger.as_ref();
    let kind = |name: &str| page.is_some_and(|p| p.kind == name);
    [
        (message.direction == Direction::Note, "message.note"),
        (mail.is_some_and(|m| m.auto_reply), "message.auto_reply"),
        (mail.is_some_and(|m| m.bounce), "message.bounce"),
        (mail.is_some_and(|m| m.complaint), "message.complaint"),
        (mail.is_some_and(|m| m.list_id.is_some()), "message.list"),
        (page.is_some_and(|p| p.outside), "message.outside"),
        (page.is_some_and(|p| p.edits > 0), "message.edited"),
        (page.is_some_and(|p| p.human_agent), "message.human_agent"),
        (kind("postback"), "message.postback"),
        (kind("unsupported"), "message.unsupported"),
    ]
    .into_iter()
    .filter(|(is, _)| *is)
    .map(|(_, key)| words.t(key))
    .collect()
}

fn fold(words: Words<'_>, mail: &EmailFacts) -> Option<String> {
    match mail {
        EmailFacts { bounce: true, .. } => Some(words.t("message.bounce_fold")),
        EmailFacts {
            auto_reply: true, ..
        } => Some(words.t("message.auto_fold")),
        _ => None,
    }
}

/// Mail that is more than words shows its form first; plain words are shown as text, with the form
/// one click away.
fn formatted(
    message: &Message,
    body: &StoredBody,
    setting: Setting,
) -> (Option<Frame>, Option<Frame>) {
    let Some(html) = &body.html else {
        return (None, None);
    };
    let url = format!("/messages/{}/html", message.id);
    let with_images = has_remote_images(html).then(|| format!("{url}?images=1"));
    let (url, images) = match (with_images, setting.pictures) {
        (Some(with_images), Pictures::Show) => (with_images, None),
        (with_images, _) => (url, with_images),
    };
    let (wide, narrow) = setting.height;
    let frame = Some(Frame {
        always: always(message, setting).filter(|a| a.on || images.is_some()),
        wide,
        narrow,
        url,
        images,
    });
    match is_rich(html) {
        true => (frame, None),
        false => (None, frame),
    }
}

fn always(message: &Message, setting: Setting) -> Option<Always> {
    let known = setting.can_write && setting.pictures != Pictures::Ask;
    let sender = message.author.address.clone().filter(|_| known)?;
    Some(Always {
        action: format!("/messages/{}/pictures", message.id),
        on: setting.pictures == Pictures::Show,
        sender,
    })
}

/// Whether the form carries meaning that its text does not.
fn is_rich(html: &str) -> bool {
    const MEANT: [&str; 10] = [
        "<table", "<img", "<h1", "<h2", "<h3", "<ul", "<ol", "<b>", "<strong", "<pre",
    ];
    MEANT.iter().any(|tag| html.contains(tag))
}

fn badge(words: Words<'_>, mail: &EmailFacts) -> Option<Badge> {
    let facts = mail.authentication.as_ref()?;
    let verdict = facts.get("verdict").and_then(Value::as_str)?;
    Some(match verdict {
        "verified" => Badge {
            tone: "good",
            symbol: "shield",
            label: words.t("auth.verified"),
            detail: words.t("auth.verified_detail"),
        },
        verdict => Badge {
            tone: if verdict == "failed" {
                "danger"
            } else {
                "warning"
            },
            symbol: "shield-off",
            label: words.t("auth.unverified"),
            detail: words.with("auth.unverified_detail", &[("detail", &checks(facts))]),
        },
    })
}

/// The single checks, as `spf=pass dkim=none …`.
fn checks(facts: &Value) -> String {
    let check = |name: &str| {
        let outcome = facts.get(name)?.get("outcome")?.as_str()?;
        Some(format!("{name}={outcome}"))
    };
    let found: Vec<_> = ["spf", "dkim", "dmarc", "arc"]
        .into_iter()
        .filter_map(check)
        .collect();
    found.join(" ")
}

/// Who passed it on, where that is not who wrote it.
fn forwarder<'a>(message: &Message, mail: &'a EmailFacts) -> Option<&'a MailAddress> {
    let author = message.author.address.as_deref().unwrap_or_default();
    let by = mail.forwarded_by.as_ref()?;
    let another = !by.address.eq_ignore_ascii_case(author) || mail.swapped_from.is_some();
    another.then_some(by)
}

/// The one it can be given back to: whoever the mail itself names, if that is not its author now.
fn swapped<'a>(message: &Message, mail: &'a EmailFacts) -> Option<&'a MailAddress> {
    let former = mail.swapped_from.as_ref()?;
    let author = message.author.address.as_deref().unwrap_or_default();
    let own = former.address.eq_ignore_ascii_case(&mail.from.address);
    (own && !former.address.eq_ignore_ascii_case(author)).then_some(former)
}

/// The person a forward was taken from when it was given back to who forwarded it.
fn other_author(mail: &EmailFacts) -> Option<String> {
    let former = mail.swapped_from.as_ref()?;
    let by = mail.forwarded_by.as_ref()?;
    let forwarder = former.address.eq_ignore_ascii_case(&by.address);
    (!forwarder).then(|| in_words(former))
}

fn in_words(address: &MailAddress) -> String {
    match address.name.is_empty() {
        true => address.address.clone(),
        false => format!("{} <{}>", address.name, address.address),
    }
}

fn recipients(words: Words<'_>, message: &Message, mail: &EmailFacts) -> Option<String> {
    let list = |all: &[MailAddress]| all.iter().map(in_words).collect::<Vec<_>>().join(", ");
    let ours = message.direction == Direction::Out;
    let to = Some(list(&mail.to)).filter(|l| ours && !l.is_empty());
    let cc = Some(list(&mail.cc)).filter(|l| !l.is_empty());
    let bcc = Some(list(&mail.bcc)).filter(|l| !l.is_empty());
    let parts: Vec<_> = [
        to.map(|to| words.with("message.to", &[("to", &to)])),
        cc.map(|cc| words.with("message.cc", &[("cc", &cc)])),
        bcc.map(|bcc| words.with("message.bcc", &[("bcc", &bcc)])),
    ]
    .into_iter()
    .flatten()
    .collect();
    Some(parts.join(" · ")).filter(|line| !line.is_empty())
}

fn warnings(words: Words<'_>, message: &Message) -> Vec<String> {
    let Some(mail) = &message.email else {
        return Vec::new();
    };
    let unreadable = mail.unreadable.then(|| words.t("message.unreadable"));
    let resembles = mail.resembles.as_ref().map(|other| {
        let key = format!("resembles.{}", other.how);
        words.with(&key, &[("address", &other.address)])
    });
    unreadable.into_iter().chain(resembles).collect()
}

fn delivery(words: Words<'_>, message: &Message, can_write: bool) -> Option<DeliveryView> {
    let delivery = &message.delivery;
    let (tone, symbol) = match delivery.state {
        DeliveryState::None => return None,
        DeliveryState::Queued => ("muted", "clock"),
        DeliveryState::Delayed => ("warning", "clock"),
        DeliveryState::Sent | DeliveryState::Delivered => ("muted", "sent"),
        DeliveryState::Seen => ("good", "seen"),
        DeliveryState::Failed | DeliveryState::Bounced => ("danger", "notice-danger"),
    };
    let chat_only = message.channels == [Channel::Chat];
    if chat_only && matches!(delivery.state, DeliveryState::Sent | DeliveryState::Queued) {
        return None;
    }
    let trouble = matches!(tone, "danger" | "warning") || delivery.state == DeliveryState::Queued;
    let over = tone == "danger";
    // Messenger's errors name their own remedies.
    let by_messenger = message.messenger.is_some();
    Some(DeliveryView {
        tone,
        symbol,
        text: words.t(&format!("delivery.{}", delivery.state.as_str())),
        problem: Some(delivery.detail.clone()).filter(|d| trouble && !d.is_empty()),
        remedy: (over && !by_messenger).then(|| words.t("delivery.remedy")),
        again: (over && by_messenger && can_write)
            .then(|| format!("/messages/{}/again", message.id)),
    })
}

/// Whether the visitor's screen showed our chat line.
fn seen(words: Words<'_>, message: &Message, seen: Option<u32>) -> Option<Seen> {
    let ours = message.direction == Direction::Out && message.channels.contains(&Channel::Chat);
    let unknown = message.delivery.state != DeliveryState::Seen;
    let seen = seen.filter(|_| ours && unknown)?;
    let (symbol, key) = match message.seq <= seen {
        true => ("seen", "message.seen"),
        false => ("sent", "message.not_seen"),
    };
    Some(Seen {
        symbol,
        text: words.t(key),
    })
}

fn why(words: Words<'_>, message: &Message, can_write: bool) -> Option<Why> {
    let mail = message.email.as_ref()?;
    let matched = message.matched_by.as_deref()?;
    let path = |path: &MailPath| {
        words.with(
            "why.path",
            &[
                ("via", &path.via),
                ("ip", &path.ip),
                ("from", path.mail_from.as_deref().unwrap_or("<>")),
                ("to", &path.recipients.join(", ")),
            ],
        )
    };
    let mut facts: Vec<String> = mail.paths.iter().map(path).collect();
    if mail.paths.len() > 1 {
        facts.insert(0, words.count("why.paths", mail.paths.len()));
    }
    if let Some(proof) = badge(words, mail) {
        facts.push(proof.detail);
    }
    facts.extend(mail.warnings.iter().cloned());
    Some(Why {
        text: words.t(&format!("why.{matched}")),
        facts,
        can_change: can_write,
    })
}
