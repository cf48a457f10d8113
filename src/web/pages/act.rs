//! What the buttons of a thread do: each a verb, then back to the page.

use super::ask::Ask;
use super::guard::Viewer;
use crate::http::{Answer, Form, Refusal, Request, Response, respond};
use crate::inbox::reply::{self, House};
use crate::inbox::{self, Done, Refused, contact, tag, visitor};
use crate::render::Language;
use crate::web::App;
use casella_index::model::{AgentId, ConversationId, Visitor};
use casella_index::{Rows, Tx};

/// Bytes of these small forms.
pub const FORM: usize = 64 * 1024;

/// A button's form, and the conversation it stands on.
struct Pressed {
    app: App,
    viewer: Viewer,
    id: ConversationId,
    form: Form,
}

impl Pressed {
    async fn read(app: App, viewer: Viewer, mut request: Request) -> Result<Pressed, Refusal> {
        let id = request.param("id")?;
        let form = request.form(FORM).await?;
        Ok(Pressed {
            app,
            viewer,
            id,
            form,
        })
    }

    /// Does it, and goes back to the thread.
    async fn verb(
        &self,
        done: &str,
        verb: impl FnOnce(&mut Tx<'_>) -> Done + Send + 'static,
    ) -> Answer {
        let stamp = self.viewer.stamp(&self.app);
        let written = self.app.inbox.store.write(stamp, verb).await;
        written.map_err(|e| self.viewer.refuse(&self.app, e))?;
        Ok(back(&self.form, Some(self.id), done))
    }

    /// The same, with a way back.
    async fn undoable(
        &self,
        done: &str,
        verb: impl FnOnce(&mut Tx<'_>) -> Done + Send + 'static,
    ) -> Answer {
        let stamp = self.viewer.stamp(&self.app);
        let written = self.app.inbox.store.write(stamp, |tx| {
            let before = tx.seq();
            verb(tx)?;
            Ok::<_, Refused>(Some(tx.seq()).filter(|now| *now > before))
        });
        let seq = written
            .await
            .map_err(|e| self.viewer.refuse(&self.app, e))?;
        let url = Ask::from_list(self.form.get("list")).conversation_url(self.id);
        Ok(respond::redirect(&self::done(&url, done, seq)))
    }
}

/// An address that says what was done, and offers to take it back.
pub fn done(url: &str, done: &str, undo: Option<u64>) -> String {
    let mark = if url.contains('?') { '&' } else { '?' };
    match undo {
        Some(seq) => format!("{url}{mark}done={done}&undo={seq}"),
        None => format!("{url}{mark}done={done}"),
    }
}

/// To the conversation (or the list), with the list as it was, saying what was done.
pub fn back(form: &Form, id: Option<ConversationId>, done: &str) -> Response {
    let ask = Ask::from_list(form.get("list"));
    let url = match id {
        Some(id) => ask.conversation_url(id),
        None => ask.list_url(),
    };
    respond::redirect(&self::done(&url, done, None))
}

pub async fn complete(app: App, viewer: Viewer, request: Request) -> Answer {
    let pressed = Pressed::read(app, viewer, request).await?;
    let id = pressed.id;
    pressed
        .undoable("completed", move |tx| inbox::complete(tx, id))
        .await
}

pub async fn reopen(app: App, viewer: Viewer, request: Request) -> Answer {
    let pressed = Pressed::read(app, viewer, request).await?;
    let id = pressed.id;
    pressed
        .undoable("reopened", move |tx| inbox::reopen(tx, id))
        .await
}

/// "May belong to": moves its mail there, or keeps it here.
pub async fn suggestion(app: App, viewer: Viewer, request: Request) -> Answer {
    let pressed = Pressed::read(app, viewer, request).await?;
    let id = pressed.id;
    if pressed.form.get("follow") != "1" {
        return pressed
            .verb("saved", move |tx| inbox::leave_here(tx, id))
            .await;
    }
    let stamp = pressed.viewer.stamp(&pressed.app);
    let write = pressed
        .app
        .inbox
        .store
        .write(stamp, move |tx| inbox::follow_suggestion(tx, id));
    let (to, message, seq) = write
        .await
        .map_err(|e| pressed.viewer.refuse(&pressed.app, e))?;
    let url = done(&format!("/conversations/{to}"), "moved", seq);
    Ok(respond::redirect(&format!("{url}#m-{message}")))
}

/// Back to the list, as looking at it again would mark it read.
pub async fn unread(app: App, viewer: Viewer, request: Request) -> Answer {
    let pressed = Pressed::read(app, viewer, request).await?;
    let id = pressed.id;
    pressed
        .verb("unread", move |tx| inbox::read(tx, id, false))
        .await?;
    Ok(back(&pressed.form, None, "unread"))
}

pub async fn spam(app: App, viewer: Viewer, request: Request) -> Answer {
    let pressed = Pressed::read(app, viewer, request).await?;
    let (id, spam) = (pressed.id, pressed.form.get("spam") == "1");
    pressed
        .verb("saved", move |tx| tag::spam(tx, id, spam))
        .await
}

pub async fn assign(app: App, viewer: Viewer, request: Request) -> Answer {
    let pressed = Pressed::read(app, viewer, request).await?;
    let to: Option<AgentId> = match pressed.form.given("assignee") {
        Some(id) => Some(
            id.parse()
                .map_err(|_| Refusal::bad_request("`assignee` is no agent's number"))?,
        ),
        None => None,
    };
    let id = pressed.id;
    pressed
        .verb("saved", move |tx| inbox::assign(tx, id, to))
        .await
}

pub async fn tags(app: App, viewer: Viewer, request: Request) -> Answer {
    let pressed = Pressed::read(app, viewer, request).await?;
    let (id, tags) = (pressed.id, comma_separated(pressed.form.get("tags")));
    pressed
        .verb("saved", move |tx| tag::tag(tx, id, &tags))
        .await
}

pub async fn transcript(app: App, viewer: Viewer, request: Request) -> Answer {
    let pressed = Pressed::read(app, viewer, request).await?;
    let (id, house) = (pressed.id, House::of(&pressed.app.inbox));
    pressed
        .verb("sent", move |tx| {
            reply::transcript(tx, &house, id).map(|_| ())
        })
        .await
}

/// Asks the visitor for their address in the chat, in their own language if we speak it.
pub async fn ask_email(app: App, viewer: Viewer, request: Request) -> Answer {
    let pressed = Pressed::read(app, viewer, request).await?;
    let id = pressed.id;
    let visitor = visitor_of(&pressed.app, id)?;
    let language = visitor
        .and_then(|visitor| Language::accepted(&visitor.language))
        .unwrap_or(pressed.app.inbox.config.inbox.language);
    let text = pressed
        .app
        .templates
        .text(language, "chat.please_email", &[]);
    pressed
        .verb("asked", move |tx| {
            reply::ask_email(tx, id, &text).map(|_| ())
        })
        .await
}

fn visitor_of(app: &App, id: ConversationId) -> Result<Option<Visitor>, Refusal> {
    let rows = app.inbox.read().map_err(Refusal::internal)?;
    let conversation = rows.living(id).map_err(Refusal::internal)?;
    let Some(visitor) = conversation.and_then(|c| c.visitor) else {
        return Ok(None);
    };
    rows.visitor(visitor).map_err(Refusal::internal)
}

/// Blocks the visitor of the conversation, or lets them in again.
pub async fn block(app: App, viewer: Viewer, request: Request) -> Answer {
    let pressed = Pressed::read(app, viewer, request).await?;
    let (id, blocked) = (pressed.id, pressed.form.get("blocked") == "1");
    pressed
        .verb("saved", move |tx| {
            let conversation = inbox::line::conversation(tx, id)?;
            let visitor = conversation.visitor.map(|id| tx.visitor(id)).transpose()?;
            match visitor.flatten() {
                Some(visitor) => visitor::block(tx, visitor.id, blocked),
                None => Err(inbox::Refused::unknown("visitor of conversation", id)),
            }
        })
        .await
}

/// Shuts out the address of the thread's contact: its chat is refused, its mails lie under Spam.
pub async fn block_address(app: App, viewer: Viewer, request: Request) -> Answer {
    let pressed = Pressed::read(app, viewer, request).await?;
    let (id, blocked) = (pressed.id, pressed.form.get("blocked") == "1");
    pressed
        .verb("saved", move |tx| {
            let contact = inbox::line::conversation(tx, id)?.contact;
            let unknown = || inbox::Refused::unknown("contact of conversation", id);
            let edit = contact::Edit {
                blocked: Some(blocked),
                ..contact::Edit::default()
            };
            contact::change(tx, contact.ok_or_else(unknown)?, edit).map(|_| ())
        })
        .await
}

/// The parts between commas, trimmed, the empty ones left out.
pub fn comma_separated(text: &str) -> Vec<String> {
    text.split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}
