//! What the buttons of a thread do: each a verb, then back to the page.

use super::ask::Ask;
use super::guard::Viewer;
use crate::http::{Answer, Form, Refusal, Request, Response, respond};
use crate::inbox::reply::{self, House};
use crate::inbox::{self, Done, tag, visitor};
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
}

/// To the conversation (or the list), with the list as it was, saying what was done.
pub fn back(form: &Form, id: Option<ConversationId>, done: &str) -> Response {
    let ask = Ask::from_list(form.get("list"));
    let url = match id {
        Some(id) => ask.conversation_url(id),
        None => ask.list_url(),
    };
    let mark = if url.contains('?') { '&' } else { '?' };
    respond::redirect(&format!("{url}{mark}done={done}"))
}

pub async fn complete(app: App, viewer: Viewer, request: Request) -> Answer {
    let pressed = Pressed::read(app, viewer, request).await?;
    let id = pressed.id;
    pressed
        .verb("completed", move |tx| inbox::complete(tx, id))
        .await
}

pub async fn reopen(app: App, viewer: Viewer, request: Request) -> Answer {
    let pressed = Pressed::read(app, viewer, request).await?;
    let id = pressed.id;
    pressed
        .verb("reopened", move |tx| inbox::reopen(tx, id))
        .await
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

/// Blocks the visitor of the conversation, or lets them in again.
/// Asks the visitor for their address in the chat, in their own language if we speak it.
pub async fn ask_email(app: App, viewer: Viewer, request: Request) -> Answer {
    let pressed = Pressed::read(app, viewer, request).await?;
    let id = pressed.id;
    let visitor = visitor_of(&pressed.app, id)?;
    let usual = || Language::of(pressed.app.inbox.config.inbox.language.tag());
    let language = visitor
        .and_then(|visitor| Language::accepted(&visitor.language))
        .or_else(usual)
        .unwrap_or_default();
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

/// The parts between commas, trimmed, the empty ones left out.
pub fn comma_separated(text: &str) -> Vec<String> {
    text.split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}
