//! What to call the other side of a conversation.

use super::Words;
use casella_index::model::{Contact, Conversation, Suppression, Visitor};

/// The name people see in lists: the contact's, the visitor's, Messenger's, or a number.
pub fn name(
    words: Words<'_>,
    conversation: &Conversation,
    contact: Option<&Contact>,
    visitor: Option<&Visitor>,
) -> String {
    let known = contact.map(Contact::display).filter(|n| !n.is_empty());
    if let Some(name) = known {
        return name.to_owned();
    }
    if let Some(person) = &conversation.messenger {
        return match person.name.is_empty() {
            true => words.t("row.facebook"),
            false => person.name.clone(),
        };
    }
    match visitor {
        Some(visitor) if !visitor.name.is_empty() => visitor.name.clone(),
        Some(visitor) => words.with("row.visitor", &[("number", &visitor.id.to_string())]),
        None => words.t("row.somebody"),
    }
}

/// The address of the picture Meta gave of a person.
pub fn picture(conversation: &Conversation) -> Option<String> {
    let blob = conversation.messenger.as_ref()?.picture?;
    Some(format!(
        "/conversations/{}/picture?v={blob}",
        conversation.id
    ))
}

/// The subject, or what stands in for it.
pub fn subject(words: Words<'_>, conversation: &Conversation) -> String {
    use casella_index::model::Channel;
    match (conversation.subject.is_empty(), conversation.channel) {
        (false, _) => conversation.subject.clone(),
        (true, Channel::Email) => words.t("row.no_subject"),
        (true, channel) => words.t(&format!("channel.{}", channel.as_str())),
    }
}

/// Time left, as short as a tag needs: minutes, hours or days, rounded down.
pub fn left(words: Words<'_>, millis: i64) -> String {
    let minutes = usize::try_from(millis / 60_000).unwrap_or(0);
    match minutes {
        0..60 => words.count("left.minutes", minutes),
        60..2_880 => words.count("left.hours", minutes / 60),
        _ => words.count("left.days", minutes / 1_440),
    }
}

/// Why our automations no longer write to an address.
pub fn suppressed(words: Words<'_>, address: &str, why: &Suppression) -> String {
    let told = [("address", address), ("detail", why.detail.as_str())];
    let key = match why.reason.as_str() {
        "complaint" => "thread.complained",
        _ => "thread.suppressed",
    };
    words.with(key, &told)
}
