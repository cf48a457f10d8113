//! Search, in the query language that pages and the command line share.

use super::caller::Caller;
use super::paging::{limit, parsed};
use crate::http::{Answer, Form, Refusal, Request, respond};
use crate::inbox::search::{self, NotNow, Question};
use crate::web::{App, refuse};
use casella_index::board::Filter;
use casella_index::model::ConversationId;
use casella_index::search::Cursor;
use hyper::StatusCode;

pub async fn search(app: App, _: Caller, request: Request) -> Answer {
    let query = request.query();
    let question = Question {
        text: query.get("q").to_owned(),
        limit: limit(&query)?,
        cursor: cursor(&query)?,
        ..Question::default()
    };
    let found = ask(app, question).await?;
    Ok(respond::json(StatusCode::OK, &found.to_json()))
}

fn cursor(query: &Form) -> Result<Option<Cursor>, Refusal> {
    parsed(query, "cursor")
}

async fn ask(app: App, question: Question) -> Result<search::Answer, Refusal> {
    let work = move || search::search(&app.inbox.store, &app.serving, &question);
    let found = tokio::task::spawn_blocking(work).await;
    found.map_err(Refusal::internal)?.map_err(|why| match why {
        NotNow::Store(error) => refuse(error.into()),
        NotNow::Index(state) => {
            Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "index_not_ready", state)
                .remedy("try again in a moment")
        }
    })
}

/// The conversations that a search finds and `filter` admits, and where to go on.
pub async fn conversations(
    app: &App,
    text: String,
    filter: Filter,
    query: &Form,
    limit: usize,
) -> Result<(Vec<ConversationId>, Option<String>), Refusal> {
    let mut cursor = cursor(query)?;
    let mut ids = Vec::new();
    loop {
        let question = Question {
            text: text.clone(),
            limit: limit - ids.len(),
            cursor,
            ..Question::default()
        };
        let found = ask(app.clone(), question).await?;
        let board = app.inbox.store.board();
        let hits = found.hits.into_iter().map(|hit| hit.conversation);
        ids.extend(hits.filter(|id| board.is(*id, |facet| filter.admits(facet))));
        cursor = found.next;
        if cursor.is_none() || ids.len() >= limit {
            return Ok((ids, cursor.map(|cursor| cursor.to_string())));
        }
    }
}
