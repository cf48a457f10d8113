//! Saved replies: read by all, kept in order by agents.

use super::guard::{Viewer, page};
use super::shell::shell;
use super::show;
use crate::http::{Answer, Form, Refusal, Request, Router, respond};
use crate::inbox::Refused;
use crate::inbox::saved_reply::{self, Edit};
use crate::web::App;
use crate::web::refuse;
use crate::web::view::Notice;
use crate::web::view::saved::{SavedReplies, SavedReplyForm, categories};
use casella_index::Rows;
use casella_index::model::{Role, SavedReply, SavedReplyId};
use casella_index::tables::SAVED_REPLIES;
use hyper::StatusCode;

/// Bytes of a reply's form.
const FORM: usize = 512 * 1024;

pub fn routes() -> Router<App> {
    use Role::{Agent, Viewer};
    Router::new()
        .get("/saved-replies", page(Viewer, list))
        .post("/saved-replies", page(Agent, create))
        .get("/saved-replies/new", page(Agent, new))
        .get("/saved-replies/{id}", page(Agent, one))
        .post("/saved-replies/{id}", page(Agent, change))
        .post("/saved-replies/{id}/delete", page(Agent, delete))
}

fn all(app: &App, viewer: &Viewer) -> Result<Vec<SavedReply>, Refusal> {
    let rows = app.inbox.read().and_then(|rows| rows.all(&SAVED_REPLIES));
    let rows = rows.map_err(|e| viewer.refuse(app, e.into()))?;
    Ok(rows.into_iter().map(|(_, reply)| reply).collect())
}

async fn list(app: App, viewer: Viewer, request: Request) -> Answer {
    let words = viewer.words(&app);
    let view = SavedReplies {
        shell: shell(
            &app,
            &viewer,
            &request.query(),
            "saved",
            words.t("nav.saved"),
        ),
        can_write: viewer.can_write(),
        categories: categories(words, all(&app, &viewer)?),
    };
    show(&app, &viewer, "pages/saved_replies", &view)
}

async fn new(app: App, viewer: Viewer, _: Request) -> Answer {
    form_page(&app, &viewer, None, &Form::default(), None, StatusCode::OK)
}

async fn one(app: App, viewer: Viewer, request: Request) -> Answer {
    let id: SavedReplyId = request.param("id")?;
    let found = all(&app, &viewer)?.into_iter().find(|reply| reply.id == id);
    let reply = found.ok_or_else(|| Refusal::not_found("the saved reply"))?;
    let fields = [
        ("category", reply.category),
        ("title", reply.title),
        ("text", reply.text),
    ];
    let form = Form {
        fields: fields.map(|(name, value)| (name.to_owned(), value)).into(),
        files: Vec::new(),
    };
    form_page(&app, &viewer, Some(id), &form, None, StatusCode::OK)
}

fn form_page(
    app: &App,
    viewer: &Viewer,
    id: Option<SavedReplyId>,
    form: &Form,
    notice: Option<Notice>,
    status: StatusCode,
) -> Answer {
    let words = viewer.words(app);
    let title = words.t(match id {
        Some(_) => "saved.edit",
        None => "saved.new",
    });
    let used = categories(words, all(app, viewer)?);
    let view = SavedReplyForm {
        shell: shell(app, viewer, &Form::default(), "saved", title),
        notice,
        id: id.map(|id| id.0),
        action: id.map_or("/saved-replies".into(), |id| format!("/saved-replies/{id}")),
        category: form.get("category").to_owned(),
        title: form.get("title").to_owned(),
        text: form.get("text").to_owned(),
        categories: used
            .into_iter()
            .map(|category| category.name)
            .filter(|name| !name.is_empty())
            .collect(),
    };
    super::shell::show(app, &viewer.voice, status, "pages/saved_reply", &view)
}

fn edit(form: &Form) -> Edit {
    Edit {
        category: Some(form.get("category").to_owned()),
        title: Some(form.get("title").to_owned()),
        text: Some(form.get("text").replace("\r\n", "\n")),
    }
}

async fn create(app: App, viewer: Viewer, mut request: Request) -> Answer {
    let form = request.form(FORM).await?;
    let edit = edit(&form);
    let write = app
        .inbox
        .store
        .write(viewer.stamp(&app), move |tx| saved_reply::create(tx, edit));
    saved(&app, &viewer, None, &form, write.await)
}

async fn change(app: App, viewer: Viewer, mut request: Request) -> Answer {
    let id: SavedReplyId = request.param("id")?;
    let form = request.form(FORM).await?;
    let edit = edit(&form);
    let write = app.inbox.store.write(viewer.stamp(&app), move |tx| {
        saved_reply::change(tx, id, edit)
    });
    saved(&app, &viewer, Some(id), &form, write.await)
}

fn saved(
    app: &App,
    viewer: &Viewer,
    id: Option<SavedReplyId>,
    form: &Form,
    written: Result<SavedReply, Refused>,
) -> Answer {
    match written {
        Ok(_) => Ok(respond::redirect("/saved-replies?done=saved")),
        Err(refused @ Refused::Unknown(_)) => Err(viewer.refuse(app, refused)),
        Err(refused) => {
            let notice = Notice::danger(viewer.sentence(app, &refused));
            let status = refuse(refused).status;
            form_page(app, viewer, id, form, Some(notice), status)
        }
    }
}

async fn delete(app: App, viewer: Viewer, request: Request) -> Answer {
    let id: SavedReplyId = request.param("id")?;
    let write = app
        .inbox
        .store
        .write(viewer.stamp(&app), move |tx| saved_reply::delete(tx, id));
    write.await.map_err(|e| viewer.refuse(&app, e))?;
    Ok(respond::redirect("/saved-replies?done=deleted"))
}
