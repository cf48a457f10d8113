//! Finding mail transactions among the 100,000 kept. Addresses, Message-IDs, decisions and kinds are looked up
//! in a book that is written from the rows when first asked, and carried on from there: receiving a mail costs
//! nothing more for it. Parts of words are looked for row by row, so many a page.

use crate::inbox::Done;
use crate::rules::contacts::key;
use casella_index::model::{Trace, TraceId};
use casella_index::tables::TRACES;
use casella_index::{Rows, Snapshot};
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, PoisonError};

/// Rows read at a time.
const STEP: usize = 500;
/// Rows looked through for a page.
const SCANNED: usize = 20_000;
/// Rows in the book; beyond, most of them are forgotten ones, and it is written anew.
const FULL: usize = 200_000;

/// The words below `trace.outcome.` that can be asked for.
pub const OUTCOMES: &[&str] = &[
    "began",
    "token",
    "reference",
    "subject",
    "contact",
    "bounce",
    "unbound",
    "duplicate",
    "came_back",
    "unknown_mailbox",
    "too_big",
    "no_room",
    "broke_off",
    "deferred",
    "refused",
];
/// The words below `trace.mark.` that can be asked for.
pub const MARKS: &[&str] = &[
    "loop",
    "bounce",
    "complaint",
    "receipt",
    "auto_reply",
    "list",
    "own_copy",
    "forwarding",
    "forwarded",
    "unreadable",
];

/// What an admin asks.
#[derive(Debug, Clone)]
pub struct Asked {
    /// An address or a Message-ID, or part of one; empty: any.
    pub text: String,
    /// `outcome:WORD` or `mark:WORD`; empty: any.
    pub kind: String,
    /// Only older ones.
    pub before: TraceId,
}

impl Asked {
    /// The same, further back.
    pub fn url(&self, before: TraceId) -> String {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("q", &self.text)
            .append_pair("kind", &self.kind)
            .append_pair("before", &before.to_string())
            .finish();
        format!("/settings/trace?{query}")
    }

    fn fits(&self, trace: &Trace) -> bool {
        names(trace, &self.text.to_lowercase()) && is_of(trace, &self.kind)
    }
}

/// Transactions that fit, newest first, and where to go on if there may be more.
#[derive(Debug, Default)]
pub struct Found {
    pub traces: Vec<Trace>,
    pub older: Option<TraceId>,
}

/// The book of transactions.
#[derive(Debug, Default)]
pub struct Traces(Mutex<Book>);

#[derive(Debug, Default)]
struct Book {
    /// The newest row in it.
    last: TraceId,
    rows: usize,
    /// Hash of a term -> rows, oldest first. What a hash confuses, reading the row tells apart.
    terms: HashMap<u64, Vec<TraceId>>,
}

impl Traces {
    /// At most so many.
    pub fn find(&self, rows: &Snapshot, asked: &Asked, most: usize) -> Done<Found> {
        let known = self.known(rows, asked)?;
        match known {
            Some(ids) => listed(rows, asked, &ids, most),
            None => scanned(rows, asked, most),
        }
    }

    /// The rows that a term leads to, newest first; `None` where it leads nowhere and words must be compared.
    fn known(&self, rows: &Snapshot, asked: &Asked) -> Done<Option<Vec<TraceId>>> {
        let terms = match (asked.text.is_empty(), asked.kind.is_empty()) {
            (false, _) => terms_of(&asked.text),
            (true, false) => vec![asked.kind.clone()],
            (true, true) => return Ok(None),
        };
        let mut book = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        book.carry_on(rows)?;
        let ids = terms
            .iter()
            .filter_map(|term| book.terms.get(&hashed(term)));
        let mut ids: Vec<TraceId> = ids.flatten().copied().collect();
        ids.sort_unstable_by(|a, b| b.cmp(a));
        ids.dedup();
        let whole = asked.text.is_empty() || key(&asked.text).is_some();
        Ok(Some(ids).filter(|ids| whole || !ids.is_empty()))
    }
}

impl Book {
    fn carry_on(&mut self, rows: &Snapshot) -> Done {
        if self.rows > FULL {
            *self = Book::default();
        }
        loop {
            let after = TraceId(self.last.0 + 1)..;
            let step = rows.range(&TRACES, after, STEP)?;
            for (id, trace) in &step {
                self.enter(*id, trace);
            }
            if step.len() < STEP {
                return Ok(());
            }
        }
    }

    fn enter(&mut self, id: TraceId, trace: &Trace) {
        let mut terms: Vec<u64> = terms(trace).iter().map(|term| hashed(term)).collect();
        terms.sort_unstable();
        terms.dedup();
        for term in terms {
            self.terms.entry(term).or_default().push(id);
        }
        self.last = id;
        self.rows += 1;
    }
}

fn hashed(term: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    term.hash(&mut hasher);
    hasher.finish()
}

/// A text as it was written, and as the address it is.
fn terms_of(text: &str) -> Vec<String> {
    let written = Some(text.to_lowercase()).filter(|text| !text.is_empty());
    written.into_iter().chain(key(text)).collect()
}

fn terms(trace: &Trace) -> Vec<String> {
    let own = [&trace.message_id, &trace.mail_from, &trace.header_from];
    let texts = own.into_iter().chain(&trace.recipients);
    let mut terms: Vec<String> = texts.flat_map(|text| terms_of(text)).collect();
    terms.push(format!("outcome:{}", trace.outcome));
    terms.extend(trace.marks.iter().map(|mark| format!("mark:{mark}")));
    terms
}

fn listed(rows: &Snapshot, asked: &Asked, ids: &[TraceId], most: usize) -> Done<Found> {
    let mut found = Found::default();
    for id in ids.iter().filter(|id| **id < asked.before) {
        let trace = rows.get(&TRACES, id)?.filter(|trace| asked.fits(trace));
        found.traces.extend(trace);
        if found.traces.len() > most {
            return Ok(cut(found, most));
        }
    }
    Ok(found)
}

fn cut(mut found: Found, most: usize) -> Found {
    found.traces.truncate(most);
    found.older = found.traces.last().map(|trace| trace.id);
    found
}

fn scanned(rows: &Snapshot, asked: &Asked, most: usize) -> Done<Found> {
    let mut found = Found::default();
    let mut end = asked.before;
    for _ in 0..SCANNED / STEP {
        let step = rows.range_back(&TRACES, TraceId(0)..end, STEP)?;
        let Some((lowest, _)) = step.last() else {
            return Ok(found);
        };
        end = *lowest;
        let traces = step.into_iter().map(|(_, trace)| trace);
        found
            .traces
            .extend(traces.filter(|trace| asked.fits(trace)));
        if found.traces.len() > most {
            return Ok(cut(found, most));
        }
    }
    found.older = Some(end);
    Ok(found)
}

fn is_of(trace: &Trace, kind: &str) -> bool {
    match kind.split_once(':') {
        Some(("outcome", word)) => trace.outcome == word,
        Some(("mark", word)) => trace.marks.iter().any(|mark| mark == word),
        _ => true,
    }
}

fn names(trace: &Trace, asked: &str) -> bool {
    let wanted = key(asked);
    let is =
        |text: &str| text.to_lowercase().contains(asked) || wanted.is_some() && key(text) == wanted;
    asked.is_empty()
        || is(&trace.message_id)
        || is(&trace.mail_from)
        || is(&trace.header_from)
        || trace.recipients.iter().any(|recipient| is(recipient))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inbox::Refused;
    use casella_index::{Actor, Stamp, Store};

    const NOBODY: Stamp = Stamp {
        at: 0,
        actor: Actor::System,
    };

    fn row(n: u64) -> Trace {
        Trace {
            message_id: format!("{n}@a.example"),
            mail_from: format!("Sender{}@a.example", n % 7),
            recipients: vec!["inbox@localhost".into()],
            outcome: if n.is_multiple_of(100) {
                "deferred"
            } else {
                "began"
            }
            .into(),
            marks: if n == 250 {
                vec!["complaint".into()]
            } else {
                Vec::new()
            },
            ..Trace::default()
        }
    }

    async fn noted(store: &Store, rows: std::ops::Range<u64>) {
        let all = move |tx: &mut casella_index::Tx<'_>| {
            rows.clone()
                .try_for_each(|n| tx.put_trace(row(n), 100_000).map(drop))?;
            Ok::<_, Refused>(())
        };
        store.write(NOBODY, all).await.unwrap();
    }

    fn asked(text: &str, kind: &str) -> Asked {
        Asked {
            text: text.into(),
            kind: kind.into(),
            before: TraceId(u64::MAX),
        }
    }

    #[tokio::test]
    async fn every_row_is_found_by_its_address_its_id_and_what_became_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        noted(&store, 0..1_200).await;
        let traces = Traces::default();
        let count = |asked: &Asked| {
            let mut asked = asked.clone();
            let mut ids = Vec::new();
            loop {
                let found = traces.find(&store.read().unwrap(), &asked, 50).unwrap();
                assert!(found.traces.len() <= 50);
                ids.extend(found.traces.iter().map(|trace| trace.id));
                match found.older {
                    Some(older) => asked.before = older,
                    None => break,
                }
            }
            assert!(ids.is_sorted_by(|a, b| a > b), "newest first, each once");
            ids.len()
        };
        assert_eq!(count(&asked("77@a.example", "")), 1);
        assert_eq!(count(&asked("sender3@A.example", "")), 171);
        assert_eq!(count(&asked("", "outcome:deferred")), 12);
        assert_eq!(count(&asked("", "mark:complaint")), 1);
        assert_eq!(count(&asked("sender2@a.example", "outcome:deferred")), 2);
        assert_eq!(count(&asked("never@seen.example", "")), 0);
        assert_eq!(count(&asked("a.exam", "")), 1_200, "part of a word");
        assert_eq!(count(&asked("", "")), 1_200);
        noted(&store, 1_200..1_300).await;
        assert_eq!(
            count(&asked("1250@a.example", "")),
            1,
            "the book is carried on"
        );
        assert_eq!(count(&asked("", "outcome:deferred")), 13);
    }
}
