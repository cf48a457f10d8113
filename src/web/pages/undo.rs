//! Taking back what was done, from the line or the note that tells of it.

use super::act::{FORM, done};
use super::guard::Viewer;
use crate::http::{Answer, Refusal, Request, respond};
use crate::inbox::{self, Done};
use crate::web::App;
use casella_index::tables::JOURNAL;
use casella_index::{Event, Rows};

pub async fn undo(app: App, viewer: Viewer, mut request: Request) -> Answer {
    let form = request.form(FORM).await?;
    let seq = form.get("seq").parse();
    let seq: u64 = seq.map_err(|_| Refusal::bad_request("`seq` is no number"))?;
    let stamp = viewer.stamp(&app);
    let undone = app.inbox.store.write(stamp, move |tx| inbox::undo(tx, seq));
    undone.await.map_err(|e| viewer.refuse(&app, e))?;
    let place = place(&app, seq).map_err(|e| viewer.refuse(&app, e))?;
    let (path, anchor) = place.split_once('#').unwrap_or((place.as_str(), ""));
    let url = done(path, "undone", None);
    Ok(respond::redirect(&format!("{url}#{anchor}")))
}

/// Where what it was about is shown now.
fn place(app: &App, seq: u64) -> Done<String> {
    let rows = app.inbox.read()?;
    let event = rows.get(&JOURNAL, &seq)?.map(|entry| entry.event);
    if let Some(Event::ContactsMerged { from, .. }) = &event {
        return Ok(format!("/contacts/{}", from.id));
    }
    let message = event.as_ref().and_then(Event::message);
    if let Some(message) = message.map(|id| rows.message(id)).transpose()?.flatten() {
        let conversation = message.conversation;
        return Ok(format!("/conversations/{conversation}#m-{}", message.id));
    }
    let conversation = event.as_ref().and_then(Event::conversation);
    Ok(conversation.map_or("/inbox".into(), |id| format!("/conversations/{id}")))
}
