//! The inbox: the list of conversations, alone or beside a thread.

use super::ask::{Ask, cursor};
use super::guard::Viewer;
use super::rows::Loader;
use super::shell::shell;
use super::{Words, show};
use crate::http::{Answer, Refusal, Request};
use crate::inbox::reply;
use crate::inbox::search::{NotNow, Question, search};
use crate::inbox::{Done, Refused};
use crate::web::App;
use crate::web::view::Field;
use crate::web::view::list::{FilterGroup, InboxPage, List, Row, Way};
use crate::web::view::search::plain;
use casella_index::board::{Board, Filter};
use casella_index::model::{AgentId, Channel, ConversationId, Millis};

/// Rows on a page of the list.
const ROWS: usize = 40;

pub async fn inbox(app: App, viewer: Viewer, request: Request) -> Answer {
    let query = request.query();
    let mut list = load(&app, &viewer, &Ask::of(&query), None).await?;
    list.page_title = true;
    let title = viewer.words(&app).t("nav.inbox");
    let view = InboxPage {
        shell: shell(&app, &viewer, &query, "inbox", title),
        list,
        thread: None,
    };
    show(&app, &viewer, "pages/inbox", &view)
}

/// The list as asked for, with `current` marked.
pub async fn load(
    app: &App,
    viewer: &Viewer,
    ask: &Ask,
    current: Option<ConversationId>,
) -> Result<List, Refusal> {
    let found = match ask.get("q") {
        "" => listed(app, viewer, ask),
        words => searched(app, viewer, ask, words).await?,
    };
    let words = viewer.words(app);
    let mut rows = rows(app, words, ask, &found).map_err(|e| viewer.refuse(app, e))?;
    for row in &mut rows {
        row.current = current.is_some_and(|id| id.0 == row.id);
    }
    let (symbol, text, hint) = empty(words, ask);
    Ok(List {
        page_title: false,
        tabs: tabs(words, ask),
        filters: filters(words, ask),
        filtered: ask.is_filtered(),
        chips: chips(words, ask),
        hidden: hidden(ask),
        q: ask.get("q").to_owned(),
        rows,
        next: found.next.map(|cursor| ask.next_url(&cursor)),
        empty_symbol: symbol,
        empty_text: text,
        empty_hint: hint,
    })
}

/// Conversations in order, and what an address says to go on behind them.
struct Found {
    /// With the words that were found, if words were looked for.
    hits: Vec<(ConversationId, Option<String>)>,
    next: Option<String>,
}

fn listed(app: &App, viewer: &Viewer, ask: &Ask) -> Found {
    let board = app.inbox.store.board();
    let filter = ask.filter(viewer.agent.id);
    let runs = (ask.get("order") == "expiring").then(|| opened_after(app));
    let (mut hits, next) = match runs {
        Some(since) => expiring(board, &filter, since, &ask.cursor),
        None => (Vec::new(), None),
    };
    if next.is_some() {
        return Found { hits, next };
    }
    let mut places = board.list(&filter, ask.place(), ROWS + 1);
    let more = places.len() > ROWS;
    places.truncate(ROWS);
    let next = places.last().filter(|_| more).map(|place| cursor(*place));
    let runs_still = |id| runs.is_some_and(|since| board.is(id, |f| f.last_inbound > since));
    let others = places.into_iter().filter(|(_, id)| !runs_still(*id));
    hits.extend(others.map(|(_, id)| (id, None)));
    Found { hits, next }
}

/// Those whose time runs, the shortest first, a page at a time: cursors of this part are `eN`, behind
/// the first N. Without a next cursor all were shown, and the others follow.
fn expiring(
    board: &Board,
    filter: &Filter,
    since: Millis,
    cursor: &str,
) -> (Vec<(ConversationId, Option<String>)>, Option<String>) {
    let from: usize = match cursor.strip_prefix('e') {
        Some(n) => n.parse().unwrap_or(0),
        None if cursor.is_empty() => 0,
        None => return (Vec::new(), None),
    };
    let soon = board.expiring(filter, since, from + ROWS + 1);
    let more = soon.len() > from + ROWS;
    let page = soon.into_iter().skip(from).take(ROWS);
    let hits = page.map(|id| (id, None)).collect();
    (hits, more.then(|| format!("e{}", from + ROWS)))
}

/// Messenger threads whose visitor wrote after this can still be answered.
fn opened_after(app: &App) -> Millis {
    let limits = reply::window_of(&app.inbox);
    app.inbox.clock.now() - limits.human_agent.unwrap_or(limits.standard)
}

async fn searched(app: &App, viewer: &Viewer, ask: &Ask, words: &str) -> Result<Found, Refusal> {
    let question = Question {
        text: words.to_owned(),
        narrowed: ask.narrowed(),
        limit: ROWS,
        cursor: ask.cursor.parse().ok(),
        me: Some(viewer.agent.id),
    };
    let answer = found(app, question).await?;
    Ok(match answer {
        Ok(answer) => Found {
            hits: answer
                .hits
                .into_iter()
                .map(|hit| (hit.conversation, Some(plain(&hit.snippet))))
                .collect(),
            next: answer.next.map(|cursor| cursor.to_string()),
        },
        // The banner says that the index is being built.
        Err(_) => Found {
            hits: Vec::new(),
            next: None,
        },
    })
}

/// Asks the index, on a thread that may wait for the disk.
pub async fn found(
    app: &App,
    question: Question,
) -> Result<Result<crate::inbox::search::Answer, NotNow>, Refusal> {
    let (store, serving) = (app.inbox.store.clone(), app.serving.clone());
    tokio::task::spawn_blocking(move || search(&store, &serving, &question))
        .await
        .map_err(Refusal::internal)
}

fn rows(app: &App, words: Words<'_>, ask: &Ask, found: &Found) -> Done<Vec<Row>> {
    let snapshot = app.inbox.read()?;
    let loader = Loader::new(app, words, &snapshot)?;
    let row = |(id, snippet): &(ConversationId, Option<String>)| -> Result<_, Refused> {
        let row = loader.row(*id, ask.conversation_url(*id))?;
        Ok(row.map(|row| Row {
            snippet: snippet.clone().unwrap_or(row.snippet),
            ours: row.ours && snippet.is_none(),
            ..row
        }))
    };
    found
        .hits
        .iter()
        .filter_map(|hit| row(hit).transpose())
        .collect()
}

fn tabs(words: Words<'_>, ask: &Ask) -> Vec<Way> {
    let current = match ask.get("status") {
        "" if !ask.get("q").is_empty() => "all",
        "" => "open",
        status => status,
    };
    ["open", "complete", "all"]
        .into_iter()
        .map(|status| Way {
            url: ask.with("status", status).list_url(),
            label: words.t(&format!("inbox.{status}")),
            symbol: None,
            selected: status == current,
        })
        .collect()
}

fn filters(words: Words<'_>, ask: &Ask) -> Vec<FilterGroup> {
    let way = |name: &'static str, value: &str, label: String, symbol| Way {
        url: ask.with(name, value).list_url(),
        selected: ask.get(name) == value,
        label,
        symbol,
    };
    let mut sources = vec![way("channel", "", words.t("inbox.any_source"), None)];
    sources.extend(Channel::ALL.into_iter().map(|c| {
        let name = c.as_str();
        way(
            "channel",
            name,
            words.t(&format!("channel.{name}")),
            Some(name),
        )
    }));
    let group = |title: &str, options| FilterGroup {
        title: words.t(title),
        options,
    };
    vec![
        group("inbox.by_source", sources),
        group(
            "inbox.by_assignee",
            vec![
                way("assignee", "", words.t("inbox.any_assignee"), None),
                way("assignee", "me", words.t("inbox.mine"), None),
                way("assignee", "none", words.t("inbox.nobody"), None),
            ],
        ),
        group(
            "inbox.by_mark",
            vec![
                way("unread", "1", words.t("inbox.unread"), None),
                way("spam", "1", words.t("inbox.spam"), None),
            ],
        ),
        group(
            "inbox.order",
            vec![
                way("order", "", words.t("inbox.newest"), None),
                way("order", "expiring", words.t("inbox.expiring"), None),
            ],
        ),
    ]
}

fn chips(words: Words<'_>, ask: &Ask) -> Vec<Way> {
    let label = |name: &str, value: &str| match (name, value) {
        ("channel", channel) => words.t(&format!("channel.{channel}")),
        ("assignee", "me") => words.t("inbox.mine"),
        ("assignee", "none") => words.t("inbox.nobody"),
        ("assignee", other) => other.to_owned(),
        ("tag", tag) => words.with("inbox.tagged", &[("tag", tag)]),
        ("order", _) => words.t("inbox.expiring"),
        (mark, _) => words.t(&format!("inbox.{mark}")),
    };
    ["channel", "assignee", "unread", "spam", "tag", "order"]
        .into_iter()
        .filter(|name| !ask.get(name).is_empty())
        .map(|name| Way {
            url: ask.with(name, "").list_url(),
            label: label(name, ask.get(name)),
            ..Way::default()
        })
        .collect()
}

fn hidden(ask: &Ask) -> Vec<Field> {
    ["status", "channel", "assignee", "unread", "spam", "tag"]
        .into_iter()
        .filter(|name| !ask.get(name).is_empty())
        .map(|name| Field::new(name, ask.get(name)))
        .collect()
}

fn empty(words: Words<'_>, ask: &Ask) -> (&'static str, String, Option<String>) {
    match (ask.get("q"), ask.get("status")) {
        ("", _) if ask.is_filtered() => ("filter", words.t("inbox.empty_filtered"), None),
        ("", "complete") => ("check", words.t("inbox.empty_complete"), None),
        ("", "all") => ("inbox", words.t("inbox.empty_all"), None),
        ("", _) => {
            let hint = words.t("inbox.empty_open_hint");
            ("check", words.t("inbox.empty_open"), Some(hint))
        }
        _ => ("search", words.t("inbox.empty_search"), None),
    }
}

/// What to call an agent in a choice of assignees.
pub fn agent_value(id: Option<AgentId>) -> String {
    id.map_or_else(String::new, |id| id.to_string())
}
