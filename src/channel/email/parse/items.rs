//! What is attached to a mail, whether it was a MIME part or packed inside one.

use super::charset::Hint;
use super::names;
use super::transfer::Transfer;
use super::tree::Part;
use std::borrow::Cow;

/// Something attached. Its number is its place in [`Gathered::items`], from 1.
#[derive(Debug)]
pub struct Item<'p> {
    pub name: String,
    /// The name is ours, not the sender's.
    pub invented: bool,
    pub content_type: String,
    pub content_id: Option<String>,
    content: Content<'p>,
}

#[derive(Debug)]
enum Content<'p> {
    Encoded(Transfer, Cow<'p, [u8]>),
    Bytes(Vec<u8>),
}

impl<'p> Item<'p> {
    /// A leaf of the tree.
    pub fn of_part(part: &'p Part<'p>, hint: &Hint) -> Self {
        let given = names::given(part);
        Self {
            invented: given.is_none(),
            name: given.unwrap_or_else(|| names::invented(part, &part.content(), hint)),
            content_type: part.media_type().to_owned(),
            content_id: part.content_id.clone(),
            content: Content::Encoded(part.transfer, Cow::Borrowed(part.raw.as_ref())),
        }
    }

    /// A file found inside a part, with the name and type given there, if any.
    pub fn unpacked(
        name: &str,
        content_type: Option<String>,
        content_id: Option<String>,
        bytes: Vec<u8>,
    ) -> Self {
        let name = names::clean(name);
        let content_type = content_type.filter(|t| t.contains('/'));
        let content_id = content_id.map(|id| id.trim_matches(['<', '>', ' ']).to_owned());
        Self {
            invented: name.is_empty(),
            content_type: content_type.unwrap_or_else(|| names::media_type(&name).to_owned()),
            name: if name.is_empty() {
                "attachment.bin".to_owned()
            } else {
                name
            },
            content_id: content_id.filter(|id| !id.is_empty()),
            content: Content::Bytes(bytes),
        }
    }

    pub fn bytes(&self) -> Cow<'_, [u8]> {
        match &self.content {
            Content::Encoded(transfer, raw) => transfer.decode(raw),
            Content::Bytes(bytes) => Cow::Borrowed(bytes),
        }
    }

    pub fn into_owned(self) -> Item<'static> {
        let content = match self.content {
            Content::Encoded(transfer, raw) => {
                Content::Encoded(transfer, Cow::Owned(raw.into_owned()))
            }
            Content::Bytes(bytes) => Content::Bytes(bytes),
        };
        Item {
            name: self.name,
            invented: self.invented,
            content_type: self.content_type,
            content_id: self.content_id,
            content,
        }
    }

    pub fn is_mail(&self) -> bool {
        let named = || self.name.to_ascii_lowercase().ends_with(".eml");
        match self.content_type.as_str() {
            "message/rfc822" | "message/global" | "message/news" => true,
            "text/rfc822-headers" | "message/rfc822-headers" | "message/global-headers" => true,
            "application/octet-stream" | "application/x-eml" | "application/eml" | "text/plain" => {
                named()
            }
            _ => false,
        }
    }

    pub fn is_calendar(&self) -> bool {
        matches!(
            self.content_type.as_str(),
            "text/calendar" | "application/ics" | "text/x-vcalendar"
        )
    }
}

/// The same invitation comes as an alternative and as a file; the file is enough.
pub fn drop_repeated_invites(items: &mut Vec<Item>) {
    let calendars = (0..items.len())
        .filter(|i| items[*i].is_calendar())
        .take(20);
    let mut kept: Vec<(usize, Vec<u8>)> = Vec::new();
    let mut dropped = Vec::new();
    for i in calendars {
        let bytes = items[i].bytes().trim_ascii().to_vec();
        match kept.iter_mut().find(|(_, held)| *held == bytes) {
            None => kept.push((i, bytes)),
            Some((held, _)) if items[*held].invented => dropped.push(std::mem::replace(held, i)),
            Some(_) => dropped.push(i),
        }
    }
    let mut at = 0..;
    items.retain(|_| at.next().is_none_or(|i| !dropped.contains(&i)));
}
