//! The header of an outgoing mail, field by field.
//!
//! Every value passes one of the typed constructors here; each refuses CR, LF, NUL and whatever
//! else could end a field, since values come from strangers' mail and agents' forms (TRUST.md).

use casella_index::model::MailAddress;
use mail_builder::headers::HeaderType;
use mail_builder::headers::address::Address;
use mail_builder::headers::date::Date;
use mail_builder::headers::message_id::MessageId;
use mail_builder::headers::raw::Raw;
use mail_builder::headers::text::Text;

use super::{ComposeError, Outgoing};
use crate::rules::envelope;
use crate::rules::loops::LOOP_HEADER;

/// How many of the newest ids References keeps, besides the first (RFC 5322 section 3.6.4 sets no
/// limit; some servers refuse a header of many kilobytes).
const NEWEST_REFERENCES: usize = 20;

/// Name and value of each field, in order.
pub type Fields = Vec<(&'static str, HeaderType<'static>)>;

/// All fields but those that describe the body.
pub fn of(outgoing: &Outgoing) -> Result<Fields, ComposeError> {
    let mut fields = vec![
        (
            "From",
            people("From", std::slice::from_ref(&outgoing.from))?,
        ),
        ("To", people("To", &outgoing.to)?),
    ];
    if !outgoing.cc.is_empty() {
        fields.push(("Cc", people("Cc", &outgoing.cc)?));
    }
    if let Some(address) = &outgoing.reply_to {
        let ours = MailAddress {
            name: outgoing.company.clone(),
            address: address.clone(),
        };
        fields.push(("Reply-To", people("Reply-To", &[ours])?));
    }
    fields.push(("Subject", text("Subject", &outgoing.subject)?));
    fields.push(("Date", Date::new(outgoing.at.div_euclid(1000)).into()));
    let own = std::slice::from_ref(&outgoing.message_id);
    fields.push(("Message-ID", ids("Message-ID", own)?));
    if !outgoing.in_reply_to.is_empty() {
        fields.push(("In-Reply-To", ids("In-Reply-To", &outgoing.in_reply_to)?));
    }
    let references = first_and_newest(&outgoing.references);
    if !references.is_empty() {
        fields.push(("References", ids("References", &references)?));
    }
    if let Some(inbox) = &outgoing.automatic {
        fields.extend(automatic(inbox)?);
    }
    fields.push(("MIME-Version", Raw::new("1.0").into()));
    Ok(fields)
}

/// What keeps other machines from answering (RFC 3834 section 5, MS-OXCMAIL). The envelope keeps
/// its sender: a mail nobody pressed "Send" for may bounce as any other, and is then seen to.
fn automatic(inbox: &str) -> Result<Fields, ComposeError> {
    Ok(vec![
        ("Auto-Submitted", Raw::new("auto-generated").into()),
        ("X-Auto-Response-Suppress", Raw::new("All").into()),
        (LOOP_HEADER, text(LOOP_HEADER, inbox)?),
    ])
}

fn first_and_newest(references: &[String]) -> Vec<String> {
    let newest = references.len().saturating_sub(NEWEST_REFERENCES);
    let first = references.first().filter(|_| newest > 0);
    first
        .into_iter()
        .chain(&references[newest..])
        .cloned()
        .collect()
}

fn people(name: &'static str, people: &[MailAddress]) -> Result<HeaderType<'static>, ComposeError> {
    let list = people.iter().map(|person| {
        let shown = Some(person.name.trim()).filter(|shown| !shown.is_empty());
        let shown = shown.map(|shown| checked(name, shown)).transpose()?;
        Ok(Address::new_address(shown, address(name, &person.address)?))
    });
    Ok(Address::new_list(list.collect::<Result<_, ComposeError>>()?).into())
}

/// The address as it is sent; the local part may be beyond ASCII (RFC 6532).
fn address(name: &'static str, address: &str) -> Result<String, ComposeError> {
    envelope::address(address).ok_or_else(|| ComposeError::Header {
        name,
        value: address.to_owned(),
    })
}

fn text(name: &'static str, value: &str) -> Result<HeaderType<'static>, ComposeError> {
    Ok(Text::new(checked(name, value)?).into())
}

fn ids(name: &'static str, ids: &[String]) -> Result<HeaderType<'static>, ComposeError> {
    let checked = ids.iter().map(|id| {
        let sound = !id.is_empty()
            && id
                .chars()
                .all(|c| c.is_ascii_graphic() && !"<>".contains(c));
        match sound {
            true => Ok(id.clone()),
            false => Err(ComposeError::Header {
                name,
                value: id.clone(),
            }),
        }
    });
    Ok(MessageId::new_list(checked.collect::<Result<Vec<_>, _>>()?.into_iter()).into())
}

/// A value without control characters. What ends a line in Unicode goes too: some clients obey it.
pub fn checked(name: &'static str, value: &str) -> Result<String, ComposeError> {
    let ends_a_line = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    match value.contains(ends_a_line) {
        true => Err(ComposeError::Header {
            name,
            value: value.to_owned(),
        }),
        false => Ok(value.to_owned()),
    }
}
