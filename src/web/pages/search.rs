//! The search page: one question in the query language, hits by conversation.

use super::guard::Viewer;
use super::inbox::found;
use super::rows::people;
use super::shell::shell;
use super::show;
use crate::http::{Answer, Request};
use crate::inbox::Done;
use crate::inbox::search::{self as searching, Hit, Question};
use crate::web::App;
use crate::web::view::search::{HitView, SearchPage, marked};
use crate::web::view::{Notice, Words, person};
use casella_index::model::Status;
use casella_index::{Rows, Snapshot};

pub async fn search(app: App, viewer: Viewer, request: Request) -> Answer {
    let query = request.query();
    let words = viewer.words(&app);
    let q = query.get("q").trim().to_owned();
    let mut view = SearchPage {
        shell: shell(&app, &viewer, &query, "search", words.t("search.title")),
        q: q.clone(),
        ..SearchPage::default()
    };
    if !q.is_empty() {
        let question = Question {
            text: q.clone(),
            cursor: query.get("cursor").parse().ok(),
            me: Some(viewer.agent.id),
            ..Question::default()
        };
        match found(&app, question).await? {
            Ok(answer) => {
                view.summary = summary(words, &answer);
                view.next = answer.next.map(|cursor| next_url(&q, &cursor.to_string()));
                view.hits = hits(&app, words, answer.hits).map_err(|e| viewer.refuse(&app, e))?;
            }
            Err(not_now) => {
                tracing::debug!(%not_now, "a search found no index");
                let mut notice = Notice::new("warning", words.t("search.not_now"));
                notice.remedy = Some(words.t("search.wait"));
                view.notice = Some(notice);
            }
        }
    }
    show(&app, &viewer, "pages/search", &view)
}

fn summary(words: Words<'_>, answer: &searching::Answer) -> String {
    match answer.total_exact {
        true => words.count("search.found", answer.total),
        false => words.count("search.found_least", answer.total),
    }
}

fn next_url(q: &str, cursor: &str) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("q", q)
        .append_pair("cursor", cursor)
        .finish();
    format!("/search?{query}")
}

fn hits(app: &App, words: Words<'_>, hits: Vec<Hit>) -> Done<Vec<HitView>> {
    let rows = app.inbox.read()?;
    let view = |hit| view(words, &rows, hit).transpose();
    hits.into_iter().filter_map(view).collect()
}

fn view(words: Words<'_>, rows: &Snapshot, hit: Hit) -> Done<Option<HitView>> {
    let Some(conversation) = rows.living(hit.conversation)? else {
        return Ok(None);
    };
    let (contact, visitor) = people(rows, &conversation)?;
    Ok(Some(HitView {
        message: hit.message.0,
        url: format!(
            "/conversations/{}?status=all#m-{}",
            conversation.id, hit.message
        ),
        channel: conversation.channel.as_str(),
        who: person::name(words, &conversation, contact.as_ref(), visitor.as_ref()),
        subject: person::subject(words, &conversation),
        complete: conversation.status == Status::Complete,
        at: hit.at,
        snippet: marked(&hit.snippet),
    }))
}
