//! A [`Query`] made a question to tantivy.

use std::collections::BTreeMap;
use std::sync::Arc;

use tantivy::index::SegmentReader;
use tantivy::query::doc_predicate_query::{DocPredicateQuery, FunctionPredicate};
use tantivy::query::{
    AllQuery, BooleanQuery, FuzzyTermQuery, Occur, PhrasePrefixQuery, PhraseQuery,
    Query as TantivyQuery, RangeQuery, TermQuery,
};
use tantivy::schema::{Field, IndexRecordOption, Term};
use tantivy::{DocId, Searcher};

use super::Facts;
use super::query::{Atom, Expr, Fact, Place, Words};
use super::reading::{Reading, read};
use super::schema::{CONVERSATION, Fields, MESSAGE};

type Boxed = Box<dyn TantivyQuery>;

/// A beginning stands for at most so many words, the commonest ones.
const MOST_ENDINGS: usize = 50;
/// Words looked at, per segment, to find the commonest.
const ENDINGS_SEEN: usize = 2_000;

/// What turning a question into tantivy's terms needs to know.
pub struct Compiler<'a> {
    pub searcher: &'a Searcher,
    pub fields: &'a Fields,
    pub facts: &'a Arc<dyn Facts>,
    /// Also take spellings one letter off.
    pub near: bool,
}

impl Compiler<'_> {
    /// A question all of whose parts must hold.
    pub fn all(&self, parts: &[Expr]) -> tantivy::Result<Boxed> {
        let mut clauses = Vec::with_capacity(parts.len() + 1);
        for part in parts {
            clauses.push(match part {
                Expr::Not(atom) => (Occur::MustNot, self.atom(atom)?),
                other => (Occur::Must, self.expr(other)?),
            });
        }
        if clauses.iter().all(|(occur, _)| *occur == Occur::MustNot) {
            clauses.push((Occur::Must, Box::new(AllQuery)));
        }
        Ok(match clauses.len() {
            1 => clauses.remove(0).1,
            _ => Box::new(BooleanQuery::new(clauses)),
        })
    }

    fn expr(&self, expr: &Expr) -> tantivy::Result<Boxed> {
        match expr {
            Expr::Is(atom) => self.atom(atom),
            Expr::Not(_) => self.all(std::slice::from_ref(expr)),
            Expr::Any(parts) => {
                let parts: tantivy::Result<Vec<_>> = parts.iter().map(|p| self.expr(p)).collect();
                Ok(any(parts?))
            }
        }
    }

    fn atom(&self, atom: &Atom) -> tantivy::Result<Boxed> {
        Ok(match atom {
            Atom::Words(words) => self.words(words)?,
            Atom::Channel(name) => term(Term::from_field_text(self.fields.channel, name)),
            Atom::HasAttachment => term(Term::from_field_bool(self.fields.has_attachment, true)),
            Atom::Before(at) => {
                let end = Term::from_field_i64(self.fields.at, *at);
                Box::new(RangeQuery::new(
                    std::ops::Bound::Unbounded,
                    std::ops::Bound::Excluded(end),
                ))
            }
            Atom::After(at) => {
                let start = Term::from_field_i64(self.fields.at, *at);
                Box::new(RangeQuery::new(
                    std::ops::Bound::Included(start),
                    std::ops::Bound::Unbounded,
                ))
            }
            Atom::Fact(fact) => fact_query(fact.clone(), Arc::clone(self.facts)),
        })
    }

    fn words(&self, words: &Words) -> tantivy::Result<Boxed> {
        let field = match words.place {
            Place::Anywhere => self.fields.text,
            Place::From => self.fields.from,
            Place::To => self.fields.to,
            Place::Subject => self.fields.subject,
            Place::File => self.fields.file,
        };
        let reading = read(words);
        match reading.pieces.len() {
            0 => Ok(Box::new(AllQuery)),
            1 => self.word(field, &reading),
            _ => Ok(self.phrase(field, &reading)),
        }
    }

    fn word(&self, field: Field, reading: &Reading) -> tantivy::Result<Boxed> {
        let word = Term::from_field_text(field, &reading.pieces[0].text);
        let mut terms = vec![word.clone()];
        terms.extend(
            reading
                .variants
                .iter()
                .map(|v| Term::from_field_text(field, v)),
        );
        let stems = reading.stems.iter();
        terms.extend(stems.map(|s| Term::from_field_text(self.fields.stem, s)));
        if reading.prefix {
            terms.extend(self.endings(field, &reading.pieces[0].text)?);
        }
        terms.sort_unstable();
        terms.dedup();
        let mut forms: Vec<Boxed> = terms.into_iter().map(term).collect();
        if self.near && reading.near {
            forms.push(Box::new(FuzzyTermQuery::new(word, 1, true)));
        }
        Ok(any(forms))
    }

    fn phrase(&self, field: Field, reading: &Reading) -> Boxed {
        let first = reading.pieces[0].position;
        let pieces = reading.pieces.iter();
        let terms: Vec<_> = pieces
            .map(|p| (p.position - first, Term::from_field_text(field, &p.text)))
            .collect();
        if self.near && reading.near {
            let pairs = terms.into_iter().map(|(_, pair)| term(pair)).collect();
            return Box::new(BooleanQuery::intersection(pairs));
        }
        if reading.prefix {
            let mut query = PhrasePrefixQuery::new_with_offset(terms);
            query.set_max_expansions(MOST_ENDINGS as u32);
            return Box::new(query);
        }
        Box::new(PhraseQuery::new_with_offset(terms))
    }

    /// The commonest words that begin so.
    fn endings(&self, field: Field, start: &str) -> tantivy::Result<Vec<Term>> {
        let mut seen: BTreeMap<Vec<u8>, u64> = BTreeMap::new();
        for segment in self.searcher.segment_readers() {
            let index = segment.inverted_index(field)?;
            let mut words = index.terms().range().ge(start).into_stream()?;
            let mut left = ENDINGS_SEEN;
            while left > 0 && words.advance() && words.key().starts_with(start.as_bytes()) {
                left -= 1;
                *seen.entry(words.key().to_vec()).or_default() += u64::from(words.value().doc_freq);
            }
        }
        let mut common: Vec<_> = seen.into_iter().collect();
        common.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        common.truncate(MOST_ENDINGS);
        let words = common
            .into_iter()
            .filter_map(|(w, _)| String::from_utf8(w).ok());
        Ok(words.map(|w| Term::from_field_text(field, &w)).collect())
    }
}

fn term(term: Term) -> Boxed {
    Box::new(TermQuery::new(term, IndexRecordOption::Basic))
}

fn any(mut forms: Vec<Boxed>) -> Boxed {
    match forms.len() {
        1 => forms.remove(0),
        _ => Box::new(BooleanQuery::union(forms)),
    }
}

/// Asks the caller about each candidate's conversation.
fn fact_query(fact: Fact, facts: Arc<dyn Facts>) -> Boxed {
    let by_segment = move |segment: &SegmentReader| {
        let messages = segment.fast_fields().u64(MESSAGE)?;
        let conversations = segment.fast_fields().u64(CONVERSATION)?;
        let (fact, facts) = (fact.clone(), Arc::clone(&facts));
        Ok(move |doc: DocId| {
            let message = messages.first(doc).unwrap_or_default();
            let indexed = conversations.first(doc).unwrap_or_default();
            facts
                .conversation(message, indexed)
                .is_some_and(|conversation| facts.holds(conversation, &fact))
        })
    };
    let query: DocPredicateQuery = FunctionPredicate::from(by_segment).into();
    Box::new(query)
}
