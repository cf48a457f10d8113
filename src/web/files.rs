//! Files that were too large for a mail: their signed links need no login.

use super::{App, content, refuse};
use crate::http::{Answer, Refusal, Request, Router};
use crate::rules::file_link::{self, Flaw};
use casella_index::Rows;
use casella_index::model::MessageId;
use hyper::StatusCode;

pub fn routes() -> Router<App> {
    Router::new().get("/files/{link}", file)
}

async fn file(app: App, request: Request) -> Answer {
    let link: String = request.param("link")?;
    let missing = || Refusal::not_found("file");
    let now = app.inbox.clock.now();
    let link = file_link::read(&app.inbox.keys, &link, now).map_err(|flaw| match flaw {
        Flaw::Wrong => missing(),
        Flaw::Expired => Refusal::new(StatusCode::GONE, "expired", "this link has ended")
            .remedy("answer the mail and ask for the file again"),
    })?;
    let rows = app.inbox.read().map_err(Refusal::internal)?;
    let message = rows.message(MessageId(link.message));
    let message = message.map_err(Refusal::internal)?.ok_or_else(missing)?;
    drop(rows);
    let found = content::attachment(&app, &message, link.place as usize);
    let (file, bytes) = found.map_err(refuse)?.ok_or_else(missing)?;
    Ok(content::download(&file, bytes))
}
