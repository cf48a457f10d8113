//! `casella search QUERY`: searches as the web page does.

use super::control::{self, House, Order, Tell, Terminal};
use super::{Setting, misuse};
use crate::clock::SECOND;
use crate::error::{Failure, Outcome};
use crate::inbox::search::{Answer, NotNow, Question, as_text, search};
use crate::workers::indexer::{index_folder, open_now};
use casella_index::Rows;
use casella_index::search::{Serving, State};
use jiff::Timestamp;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long to wait for a server that is only just opening its index.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Debug, clap::Args)]
pub struct Options {
    /// Words, "phrases", from: to: subject: channel: is:open is:unread has:attachment before: after:
    /// tag: -not OR; put -- before a query that begins with -
    #[arg(required = true)]
    query: Vec<String>,
    /// Answers as the API does
    #[arg(long)]
    json: bool,
    /// At most so many conversations
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,
}

/// Runs the command.
pub fn run(setting: &Setting, options: Options) -> Outcome {
    if options.limit == 0 {
        return Err(misuse("`--limit` must be at least 1"));
    }
    let order = Order::Search {
        query: options.query.join(" "),
        limit: options.limit,
        json: options.json,
    };
    control::give(setting, &order, &Terminal::default())
}

/// Searches, and tells of each conversation found.
pub fn find(house: &House, query: String, limit: usize, json: bool, tell: &dyn Tell) -> Outcome {
    let question = Question {
        text: query,
        limit,
        ..Question::default()
    };
    let serving = serving(house, tell)?;
    let answer = answer(house, &serving, &question)?;
    if json {
        return tell.line(&answer.to_json().to_string());
    }
    for note in &answer.notes {
        tell.line(&format!("note: {note}"))?;
    }
    list(house, &answer, tell)
}

/// The server's search, or one opened for this question alone.
fn serving(house: &House, tell: &dyn Tell) -> Outcome<Arc<Serving>> {
    if let Some(serving) = &house.search {
        return Ok(serving.clone());
    }
    let inbox = &house.inbox;
    let mut told = Ok(());
    let progress = |done, total| told = tell.progress(done, total);
    let index = open_now(
        &inbox.store,
        &index_folder(&inbox.folder),
        inbox.clock.now(),
        progress,
    )?;
    told?;
    let serving = Serving::default();
    serving.serve(index);
    Ok(Arc::new(serving))
}

fn answer(house: &House, serving: &Serving, question: &Question) -> Outcome<Answer> {
    let began = Instant::now();
    loop {
        match search(&house.inbox.store, serving, question) {
            Ok(answer) => return Ok(answer),
            Err(NotNow::Index(State::Starting | State::Building { .. }))
                if began.elapsed() < PATIENCE =>
            {
                std::thread::sleep(Duration::from_millis(50));
            }
            Err(not_now) => return Err(Failure::new(not_now).remedy("try again in a moment")),
        }
    }
}

/// Two lines a conversation: number, day, person and subject; then where it was found.
fn list(house: &House, answer: &Answer, tell: &dyn Tell) -> Outcome {
    for hit in &answer.hits {
        let rows = house.inbox.read().map_err(Failure::new)?;
        let message = rows
            .message(hit.message)
            .map_err(Failure::new)?
            .unwrap_or_default();
        drop(rows);
        let day = Timestamp::from_second(hit.at / SECOND).unwrap_or_default();
        let author = &message.author;
        let who = match &author.address {
            Some(address) if author.name.is_empty() => address,
            _ => &author.name,
        };
        tell.line(&format!(
            "#{}  {}  {who}  {}",
            hit.conversation,
            day.strftime("%F"),
            message.subject
        ))?;
        tell.line(&format!("    {}", as_text(&hit.snippet)))?;
    }
    let least = if answer.total_exact { "" } else { "at least " };
    tell.line(&format!("found: {least}{}", answer.total))
}
