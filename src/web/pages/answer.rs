//! An agent answers, or notes something down.

use super::ask::Ask;
use super::conversation::{self, Unsent};
use super::guard::Viewer;
use crate::http::{Answer, File, Form, Refusal, Request, respond};
use crate::inbox::reply::{self, House, NewFile, Reply, Way};
use crate::inbox::{Done, Refused};
use crate::rules::addresses::parts;
use crate::rules::split;
use crate::web::App;
use crate::web::refuse;
use crate::web::view::Notice;
use casella_index::model::{Channel, ConversationId, MailAddress, Message, SavedReplyId};
use casella_index::store::pack;
use casella_index::tables::SAVED_REPLIES;
use casella_index::{Rows, Tx};
use hyper::StatusCode;

/// Bytes of an answer with its files.
const FORM: usize = 30 * 1024 * 1024;

pub async fn answer(app: App, viewer: Viewer, mut request: Request) -> Answer {
    let id: ConversationId = request.param("id")?;
    let form = request.form(FORM).await?;
    if !form.files.is_empty() && app.inbox.disk_is_nearly_full() {
        return Err(Refusal::disk_full());
    }
    let ask = Ask::from_list(form.get("list"));
    if let Some(saved) = form.given("insert") {
        let unsent = inserted(&app, &viewer, &form, saved)?;
        let query = Form::default();
        return conversation::page(
            &app,
            &viewer,
            &query,
            &ask,
            id,
            Some(unsent),
            StatusCode::OK,
        )
        .await;
    }
    let written = match read(&form) {
        Ok(reply) => {
            let replies = match form.get("do") {
                "split" => in_parts(reply),
                _ => vec![reply],
            };
            let house = House::of(&app.inbox);
            let verb = move |tx: &mut Tx<'_>| said(tx, &house, id, replies);
            app.inbox.store.write(viewer.stamp(&app), verb).await
        }
        Err(refused) => Err(refused),
    };
    match written {
        Ok(message) => {
            let url = ask.conversation_url(id);
            Ok(respond::redirect(&format!("{url}#m-{}", message.id)))
        }
        Err(refused) => refused_page(&app, &viewer, &ask, id, &form, refused).await,
    }
}

/// Says them one after the other; gives the last.
fn said(tx: &mut Tx<'_>, house: &House, id: ConversationId, replies: Vec<Reply>) -> Done<Message> {
    let mut last = None;
    for reply in replies {
        last = Some(reply::reply(tx, house, id, reply)?);
    }
    last.ok_or_else(|| Refused::invalid("text", "an answer needs some words or a file"))
}

/// A text too long for Messenger as several answers; the files go with the last.
fn in_parts(reply: Reply) -> Vec<Reply> {
    let mut parts = split::split(&reply.text, reply::LONGEST_MESSENGER);
    let last = parts.pop().unwrap_or_default();
    let first = parts.into_iter().enumerate().map(|(n, text)| Reply {
        text,
        files: Vec::new(),
        idempotency_key: reply
            .idempotency_key
            .as_ref()
            .map(|key| format!("{key}-{n}")),
        ..reply.clone()
    });
    let mut all: Vec<Reply> = first.collect();
    all.push(Reply {
        text: last,
        ..reply
    });
    all
}

/// The page again, with the reason beside the words, so that nothing written is lost.
async fn refused_page(
    app: &App,
    viewer: &Viewer,
    ask: &Ask,
    id: ConversationId,
    form: &Form,
    refused: Refused,
) -> Answer {
    if let Refused::Unknown(_) = refused {
        return Err(viewer.refuse(app, refused));
    }
    let mut notice = Notice::danger(reason(app, viewer, &refused));
    notice.remedy = Some(refused.remedy().to_owned()).filter(|r| !r.is_empty());
    let mut unsent = Unsent {
        notice: Some(notice),
        ..unsent(form)
    };
    if was_sent(&refused) {
        // Sent again, it is an answer of its own.
        unsent.key.clear();
    }
    let status = refuse(refused).status;
    conversation::page(app, viewer, &Form::default(), ask, id, Some(unsent), status).await
}

/// Its first version arrived, though the browser never heard so.
fn was_sent(refused: &Refused) -> bool {
    matches!(refused, Refused::Invalid { field, .. } if *field == reply::KEY)
}

/// Why a channel leads nowhere stands under `reach.`; the rest under `refused.`.
fn reason(app: &App, viewer: &Viewer, refused: &Refused) -> String {
    if let Refused::Conflict { reason, .. } = refused {
        let key = format!("reach.{reason}");
        let text = viewer.words(app).t(&key);
        if text != key {
            return text;
        }
    }
    match was_sent(refused) {
        true => viewer.words(app).t("composer.sent_before"),
        false => viewer.sentence(app, refused),
    }
}

/// Ticked, or by the button that stands there while nothing can be sent.
fn is_note(form: &Form) -> bool {
    form.given("note").is_some() || form.get("do") == "note"
}

fn unsent(form: &Form) -> Unsent {
    let given = |name| form.given(name).map(str::to_owned);
    Unsent {
        notice: None,
        text: form.get("text").to_owned(),
        channel: form.get("channel").to_owned(),
        subject: given("subject"),
        cc: given("cc"),
        bcc: form.get("bcc").to_owned(),
        note: form.given("note").is_some(),
        key: form.get("key").to_owned(),
    }
}

/// The same words with a saved reply behind them, literally.
fn inserted(app: &App, viewer: &Viewer, form: &Form, saved: &str) -> Result<Unsent, Refusal> {
    let missing = || Refusal::not_found("the saved reply");
    let id: SavedReplyId = saved.parse().map_err(|_| missing())?;
    let rows = app.inbox.read().map_err(|e| viewer.refuse(app, e.into()))?;
    let found = rows.get(&SAVED_REPLIES, &id);
    let found = found.map_err(|e| viewer.refuse(app, e.into()))?;
    let mut unsent = unsent(form);
    if !unsent.text.is_empty() && !unsent.text.ends_with('\n') {
        unsent.text.push('\n');
    }
    unsent.text.push_str(&found.ok_or_else(missing)?.text);
    Ok(unsent)
}

fn read(form: &Form) -> Result<Reply, Refused> {
    let way = match is_note(form) {
        true => Way::Note,
        false => Way::By(
            Channel::named(form.get("channel"))
                .ok_or_else(|| Refused::invalid("channel", "choose a channel"))?,
        ),
    };
    let to = addresses("to", form.get("to"))?;
    let given = form.fields.iter().any(|(name, _)| name == "cc");
    Ok(Reply {
        way,
        // Browsers send CRLF; texts are kept with LF.
        text: form.get("text").replace("\r\n", "\n").trim_end().to_owned(),
        files: form.files.iter().map(packed).collect(),
        to: Some(to).filter(|to| !to.is_empty()),
        cc: given.then(|| addresses("cc", form.get("cc"))).transpose()?,
        bcc: addresses("bcc", form.get("bcc"))?,
        subject: form.given("subject").map(str::to_owned),
        idempotency_key: form.given("key").map(str::to_owned),
    })
}

fn packed(file: &File) -> NewFile {
    NewFile {
        name: file.name.clone(),
        content_type: file.content_type.clone(),
        bytes: pack(&file.content),
    }
}

/// Addresses between commas or semicolons: `a@b.c` or `Name <a@b.c>`.
fn addresses(field: &'static str, text: &str) -> Result<Vec<MailAddress>, Refused> {
    text.split([',', ';'])
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(|part| {
            let (name, address) = match part.strip_suffix('>').and_then(|p| p.split_once('<')) {
                Some((name, address)) => (name.trim().trim_matches('"'), address.trim()),
                None => ("", part),
            };
            let odd = |c: char| c.is_whitespace() || c.is_control() || "<>,\"".contains(c);
            let fine = parts(address).is_some() && !address.contains(odd);
            match fine {
                true => Ok(MailAddress {
                    name: name.to_owned(),
                    address: address.to_owned(),
                }),
                false => Err(Refused::invalid(field, format!("{part} is not an address"))),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_read_as_people_type_them() {
        let read = |text| {
            let found = addresses("cc", text).ok()?;
            Some(
                found
                    .iter()
                    .map(|a| format!("{}|{}", a.name, a.address))
                    .collect::<Vec<_>>()
                    .join(" "),
            )
        };
        for (text, expected) in [
            ("", Some("")),
            ("a@b.example", Some("|a@b.example")),
            (
                " a@b.example ; c@d.example,",
                Some("|a@b.example |c@d.example"),
            ),
            ("\"Anna B\" <a@b.example>", Some("Anna B|a@b.example")),
            ("a", None),
            ("a@b.example c@d.example", None),
            ("<a@b.example", None),
        ] {
            assert_eq!(read(text).as_deref(), expected, "{text}");
        }
    }
}
