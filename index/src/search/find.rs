//! A question answered: conversations, newest first, each by its newest message that fits.
//!
//! Every segment lies newest first, so its matches are walked in that order, the segments merged,
//! and the walk stops when the page is full: what a common word costs does not grow with the
//! mailbox. A page goes on from a moment in time; what lies before it is walked again, cheaply, to
//! know which conversations were shown.

use std::collections::{BinaryHeap, HashSet};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use tantivy::columnar::Column;
use tantivy::query::{EnableScoring, Scorer};
use tantivy::{DocSet, Searcher, TERMINATED};

use super::compile::Compiler;
use super::index::{Index, Unusable, guarded};
use super::query::{Atom, Expr, Fact, Place, Query};
use super::reading::read;
use super::schema::{AT, CONVERSATION, MESSAGE};

/// Matches walked only to say how many there are, once the page is full.
const COUNTED: usize = 20_000;
/// Matches looked at for one word, when words are sought across a conversation.
const SPREAD: usize = 50_000;
/// With fewer conversations than this, near spellings are tried too.
const FEW: usize = 5;

/// What the caller knows and the index does not: the state of things now. Called once or more for
/// every candidate, so it must be quick; it is never called while the store is locked.
pub trait Facts: Send + Sync {
    /// The conversation a message is in now; `indexed` is where it was when indexed. `None` hides it.
    fn conversation(&self, message: u64, indexed: u64) -> Option<u64>;
    /// Whether a conversation is as asked.
    fn holds(&self, conversation: u64, fact: &Fact) -> bool;
}

/// How a hit came about; better ones stand first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// Everything asked for stands in this message.
    Message,
    /// It stands in several messages of this conversation.
    Conversation,
    /// It stands there with a letter amiss.
    Near,
}

impl Fit {
    /// A number for programs that want one: 1, 0.5 or 0.25.
    pub fn score(self) -> f32 {
        match self {
            Fit::Message => 1.0,
            Fit::Conversation => 0.5,
            Fit::Near => 0.25,
        }
    }
}

/// One conversation found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hit {
    pub conversation: u64,
    /// Its newest message that fits.
    pub message: u64,
    pub at: i64,
    pub fit: Fit,
}

/// Where the next page begins: behind this message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    fit: Fit,
    at: i64,
    message: u64,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fit = if self.fit == Fit::Conversation {
            "c"
        } else {
            "m"
        };
        write!(f, "{fit}.{}.{}", self.at, self.message)
    }
}

impl FromStr for Cursor {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.split('.');
        let mut next = || parts.next().ok_or(());
        let fit = match next()? {
            "m" => Fit::Message,
            "c" => Fit::Conversation,
            _ => return Err(()),
        };
        let at = next()?.parse().map_err(|_| ())?;
        let message = next()?.parse().map_err(|_| ())?;
        let cursor = Cursor { fit, at, message };
        if parts.next().is_some() {
            Err(())
        } else {
            Ok(cursor)
        }
    }
}

/// One page of an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    pub hits: Vec<Hit>,
    /// How many conversations there are in all, or at least.
    pub total: usize,
    /// Whether `total` was counted to the end.
    pub total_exact: bool,
    pub next: Option<Cursor>,
}

impl Index {
    /// Answers a question: at most `limit` conversations, behind `after` if given.
    ///
    /// # Errors
    /// [`Unusable::Damaged`] if the index cannot be read; the caller then builds it anew.
    pub fn find(
        &self,
        query: &Query,
        facts: &Arc<dyn Facts>,
        limit: usize,
        after: Option<Cursor>,
    ) -> Result<Found, Unusable> {
        guarded(|| {
            let searcher = self.searcher();
            let (conditions, parts) = parted(query);
            let search = Search {
                index: self,
                searcher: &searcher,
                facts,
                conditions,
                parts,
                limit: limit.max(1),
                after,
            };
            Ok(search.run(has_near(query))?)
        })
    }
}

struct Search<'a> {
    index: &'a Index,
    searcher: &'a Searcher,
    facts: &'a Arc<dyn Facts>,
    /// Facts that must hold, or not. Asked of candidates as they are walked, never of the rest.
    conditions: Vec<(Fact, bool)>,
    /// What must hold besides.
    parts: Vec<Expr>,
    limit: usize,
    after: Option<Cursor>,
}

/// Conditions on the conversation alone, and the other parts.
fn parted(query: &Query) -> (Vec<(Fact, bool)>, Vec<Expr>) {
    let (mut conditions, mut parts) = (Vec::new(), Vec::new());
    for part in &query.parts {
        match part {
            Expr::Is(Atom::Fact(fact)) => conditions.push((fact.clone(), true)),
            Expr::Not(Atom::Fact(fact)) => conditions.push((fact.clone(), false)),
            other => parts.push(other.clone()),
        }
    }
    (conditions, parts)
}

impl Search<'_> {
    fn run(&self, has_near: bool) -> tantivy::Result<Found> {
        let spread_before = self.after.is_some_and(|c| c.fit == Fit::Conversation);
        let mut found = Found::default();
        let mut seen = HashSet::new();
        if !spread_before {
            let walk = self.walk(&self.parts, false)?;
            found = self.page(walk, Fit::Message, None, &mut seen);
        }
        if spread_before || (self.after.is_none() && found.total == 0) {
            found = self.spread(&mut seen)?;
        }
        if self.after.is_none() && found.total < FEW && has_near {
            self.add_near(&mut found, &mut seen)?;
        }
        Ok(found)
    }

    fn walk(&self, parts: &[Expr], near: bool) -> tantivy::Result<Walk> {
        let compiler = Compiler {
            searcher: self.searcher,
            fields: &self.index.fields,
            facts: self.facts,
            near,
        };
        let query = compiler.all(parts)?;
        let weight = query.weight(EnableScoring::disabled_from_searcher(self.searcher))?;
        let mut walk = Walk::default();
        for segment in self.searcher.segment_readers() {
            walk.add(Segment {
                scorer: weight.scorer(segment, 1.0)?,
                deleted: segment.alive_bitset().cloned(),
                at: segment.fast_fields().i64(AT)?,
                message: segment.fast_fields().u64(MESSAGE)?,
                conversation: segment.fast_fields().u64(CONVERSATION)?,
            });
        }
        Ok(walk)
    }

    /// Walks until the page is full, then a little on to count.
    fn page(
        &self,
        walk: Walk,
        fit: Fit,
        among: Option<&HashSet<u64>>,
        seen: &mut HashSet<u64>,
    ) -> Found {
        let mut found = Found {
            total_exact: true,
            ..Found::default()
        };
        for (walked, candidate) in walk.enumerate() {
            let full = found.hits.len() == self.limit;
            if full && found.next.is_some() && walked > COUNTED {
                found.total_exact = false;
                break;
            }
            let Some(conversation) = self.conversation(&candidate, among) else {
                continue;
            };
            if !seen.insert(conversation) {
                continue;
            }
            found.total += 1;
            if self.after.is_some_and(|after| !candidate.is_behind(&after)) {
                continue;
            }
            if full {
                found.next = found.hits.last().map(Hit::cursor);
            } else {
                found.hits.push(candidate.hit(conversation, fit));
            }
        }
        found
    }

    fn conversation(&self, candidate: &Candidate, among: Option<&HashSet<u64>>) -> Option<u64> {
        self.facts
            .conversation(candidate.message, candidate.conversation)
            .filter(|conversation| among.is_none_or(|set| set.contains(conversation)))
            .filter(|conversation| {
                let as_asked =
                    |(fact, is): &(Fact, bool)| self.facts.holds(*conversation, fact) == *is;
                self.conditions.iter().all(as_asked)
            })
    }

    /// Words that no single message holds may stand in several of one conversation.
    fn spread(&self, seen: &mut HashSet<u64>) -> tantivy::Result<Found> {
        let (words, rest): (Vec<_>, Vec<_>) = self.parts.iter().cloned().partition(is_sought);
        let nothing = Found {
            total_exact: true,
            ..Found::default()
        };
        if words.len() < 2 {
            return Ok(nothing);
        }
        let mut among: Option<HashSet<u64>> = None;
        for word in &words {
            let with_all: HashSet<u64> = self
                .walk(
                    &[rest.as_slice(), std::slice::from_ref(word)].concat(),
                    false,
                )?
                .take(SPREAD)
                .filter_map(|candidate| self.conversation(&candidate, among.as_ref()))
                .collect();
            if with_all.is_empty() {
                return Ok(nothing);
            }
            among = Some(with_all);
        }
        let mut parts = rest;
        parts.push(Expr::Any(words));
        let walk = self.walk(&parts, false)?;
        Ok(self.page(walk, Fit::Conversation, among.as_ref(), seen))
    }

    /// Fills a short answer up with near spellings, on its first page only.
    fn add_near(&self, found: &mut Found, seen: &mut HashSet<u64>) -> tantivy::Result<()> {
        let walk = self.walk(&self.parts, true)?;
        let near = self.page(walk, Fit::Near, None, seen);
        let room = self.limit - found.hits.len();
        found.hits.extend(near.hits.into_iter().take(room));
        found.total += near.total;
        found.total_exact &= near.total_exact;
        Ok(())
    }
}

fn is_sought(part: &Expr) -> bool {
    match part {
        Expr::Is(Atom::Words(words)) => words.place == Place::Anywhere,
        Expr::Any(parts) => parts.iter().all(is_sought),
        _ => false,
    }
}

fn has_near(query: &Query) -> bool {
    query.wanted().into_iter().any(|words| read(words).near)
}

/// A message that fits.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    at: i64,
    message: u64,
    conversation: u64,
}

impl Candidate {
    fn is_behind(&self, cursor: &Cursor) -> bool {
        (self.at, self.message) < (cursor.at, cursor.message)
    }

    fn hit(&self, conversation: u64, fit: Fit) -> Hit {
        Hit {
            conversation,
            message: self.message,
            at: self.at,
            fit,
        }
    }
}

impl Hit {
    fn cursor(&self) -> Cursor {
        Cursor {
            fit: self.fit,
            at: self.at,
            message: self.message,
        }
    }
}

/// The matches of one segment.
struct Segment {
    scorer: Box<dyn Scorer>,
    deleted: Option<tantivy::fastfield::AliveBitSet>,
    at: Column<i64>,
    message: Column<u64>,
    conversation: Column<u64>,
}

impl Segment {
    /// The moment of the match it stands on; `None` at its end. Skips what was deleted.
    fn moment(&mut self) -> Option<i64> {
        let mut doc = self.scorer.doc();
        if let Some(alive) = &self.deleted {
            while doc != TERMINATED && alive.is_deleted(doc) {
                doc = self.scorer.advance();
            }
        }
        (doc != TERMINATED).then(|| self.at.first(doc).unwrap_or_default())
    }

    fn candidate(&self, at: i64) -> Candidate {
        let doc = self.scorer.doc();
        Candidate {
            at,
            message: self.message.first(doc).unwrap_or_default(),
            conversation: self.conversation.first(doc).unwrap_or_default(),
        }
    }
}

/// All matches, newest first, messages of one moment by descending id: an order that merges of
/// segments do not change.
#[derive(Default)]
struct Walk {
    segments: Vec<Segment>,
    /// The moment each segment stands at.
    heads: BinaryHeap<(i64, usize)>,
    /// Matches of the present moment, the next one last.
    together: Vec<Candidate>,
}

impl Walk {
    fn add(&mut self, mut segment: Segment) {
        if let Some(at) = segment.moment() {
            self.heads.push((at, self.segments.len()));
            self.segments.push(segment);
        }
    }
}

impl Iterator for Walk {
    type Item = Candidate;

    fn next(&mut self) -> Option<Candidate> {
        if self.together.is_empty() {
            let (now, _) = *self.heads.peek()?;
            while let Some((at, i)) = self.heads.peek().copied().filter(|(at, _)| *at == now) {
                self.heads.pop();
                let segment = &mut self.segments[i];
                self.together.push(segment.candidate(at));
                segment.scorer.advance();
                if let Some(at) = segment.moment() {
                    self.heads.push((at, i));
                }
            }
            self.together.sort_unstable_by_key(|c| c.message);
        }
        self.together.pop()
    }
}

#[cfg(test)]
#[path = "find_tests.rs"]
mod tests;
