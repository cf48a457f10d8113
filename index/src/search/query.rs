//! The query language: what a person typed, read into a tree.
//!
//! Words (the last one also as a beginning, since people search while they type, until a space follows), `"phrases"`,
//! `from:` `to:` `subject:` `file:` `channel:` `is:open|complete|unread|spam` `has:attachment` `before:` `after:` `tag:`
//! `assignee:`, `-` in front of any of them, and `OR` between two. All parts must hold; `OR` binds
//! tighter than that. Reading never fails: what makes no sense is read as best it can, and a
//! [`Note`] says so. Pure; [`super::compile`] makes the tree a question to the index.

use std::fmt;

use super::analysis;
use super::date::start_of;

/// A question longer than this is a pasted text; the rest is left out. In characters.
const LONGEST: usize = 1_000;
/// More parts than this are left out, so that one question cannot hold the index up.
const MOST_PARTS: usize = 32;

/// A question as read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// All must hold. Empty: everything matches.
    pub parts: Vec<Expr>,
    /// What was odd about it, in order of appearance.
    pub notes: Vec<Note>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expr {
    Is(Atom),
    Not(Atom),
    Any(Vec<Expr>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Atom {
    Words(Words),
    /// `email`, `chat`, `messenger` or `note`.
    Channel(&'static str),
    HasAttachment,
    /// Milliseconds since 1970; the moment itself belongs to `After`.
    Before(i64),
    After(i64),
    Fact(Fact),
}

/// What changes while the message stays: asked of the caller at each search, never indexed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    Open,
    Complete,
    Unread,
    /// Left out of every answer that does not ask for it.
    Spam,
    /// Folded to lower case.
    Tag(String),
    /// `me`, `none`, or an agent's address or name, in lower case.
    Assignee(String),
}

/// Something that must stand in the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    pub place: Place,
    /// As typed, without quotes.
    pub text: String,
    /// Quoted: taken literally, not by its stem, nor by a near spelling.
    pub exact: bool,
    /// The last word may go on.
    pub prefix: bool,
}

/// Where words are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Anywhere,
    From,
    To,
    Subject,
    File,
}

/// What was odd about a question. `Display` is plain English; [`Note::code`] is for catalogues.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// A filter that does not exist; searched as words.
    UnknownFilter(String),
    /// A filter with a value it does not know; left out.
    UnknownValue { filter: String, value: String },
    /// A filter with nothing behind it; left out.
    NoValue(String),
    /// Not a date; left out.
    BadDate(String),
    /// A quote that is never closed; taken to reach the end.
    OpenQuote,
    /// Nothing but punctuation; left out.
    NothingIn(String),
    /// Longer or with more parts than are looked at.
    TooLong,
}

impl Note {
    /// A stable word for language catalogues.
    pub fn code(&self) -> &'static str {
        match self {
            Note::UnknownFilter(_) => "unknown-filter",
            Note::UnknownValue { .. } => "unknown-value",
            Note::NoValue(_) => "no-value",
            Note::BadDate(_) => "bad-date",
            Note::OpenQuote => "open-quote",
            Note::NothingIn(_) => "nothing-in",
            Note::TooLong => "too-long",
        }
    }

    /// The culprit, as typed; empty where the whole question is.
    pub fn culprit(&self) -> &str {
        match self {
            Note::UnknownFilter(s) | Note::NoValue(s) | Note::BadDate(s) | Note::NothingIn(s) => s,
            Note::UnknownValue { value, .. } => value,
            Note::OpenQuote | Note::TooLong => "",
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Note::UnknownFilter(name) => {
                write!(f, "`{name}:` is not a filter; searched as words")
            }
            Note::UnknownValue { filter, value } => {
                write!(f, "`{filter}:` does not know `{value}`; left out")
            }
            Note::NoValue(name) => write!(f, "`{name}:` has no value yet; left out"),
            Note::BadDate(text) => {
                write!(
                    f,
                    "`{text}` is not a date (2026-03-31, 2026-03 or 2026); left out"
                )
            }
            Note::OpenQuote => write!(f, "a quote was opened and not closed; it goes to the end"),
            Note::NothingIn(text) => write!(f, "`{text}` has no letter or digit; left out"),
            Note::TooLong => write!(f, "the query is too long; its end was left out"),
        }
    }
}

impl Query {
    /// Reads what a person typed. Never fails.
    pub fn parse(text: &str) -> Query {
        let mut reader = Reader::default();
        let text = reader.bounded(text);
        let tokens = lex(&text, &mut reader.notes);
        // A space behind the last word says that it is finished.
        let open = !text.ends_with(char::is_whitespace);
        let last = tokens.len().saturating_sub(1);
        for (i, token) in tokens.into_iter().enumerate() {
            reader.take(token, open && i == last);
        }
        reader.finish()
    }

    /// Whether anything is looked for in the text itself.
    pub fn has_words(&self) -> bool {
        self.parts
            .iter()
            .any(|part| matches!(part, Expr::Is(Atom::Words(_)) | Expr::Any(_)))
    }

    /// The same question, narrowed by one more condition.
    #[must_use]
    pub fn and(mut self, atom: Atom) -> Query {
        self.parts.push(Expr::Is(atom));
        self
    }

    /// The same question without spam, unless it asks for spam itself.
    #[must_use]
    pub fn without_spam(mut self) -> Query {
        const SPAM: Atom = Atom::Fact(Fact::Spam);
        if !self.parts.iter().any(|part| part.mentions(&SPAM)) {
            self.parts.push(Expr::Not(SPAM));
        }
        self
    }

    /// Everything looked for in the text, without what is excluded: for highlighting.
    pub fn wanted(&self) -> Vec<&Words> {
        fn gather<'a>(expr: &'a Expr, into: &mut Vec<&'a Words>) {
            match expr {
                Expr::Is(Atom::Words(words)) => into.push(words),
                Expr::Any(parts) => parts.iter().for_each(|part| gather(part, into)),
                Expr::Is(_) | Expr::Not(_) => {}
            }
        }
        let mut into = Vec::new();
        self.parts.iter().for_each(|part| gather(part, &mut into));
        into
    }
}

impl Expr {
    fn mentions(&self, atom: &Atom) -> bool {
        match self {
            Expr::Is(own) | Expr::Not(own) => own == atom,
            Expr::Any(parts) => parts.iter().any(|part| part.mentions(atom)),
        }
    }
}

/// One thing between spaces, as written.
#[derive(Debug, Default)]
struct Lexeme {
    negated: bool,
    /// Before the colon, lower-case.
    filter: Option<String>,
    value: String,
    quoted: bool,
}

fn lex(text: &str, notes: &mut Vec<Note>) -> Vec<Lexeme> {
    let mut rest = text.trim_start();
    let mut all = Vec::new();
    while !rest.is_empty() {
        let mut lexeme = Lexeme::default();
        if let Some(behind) = rest.strip_prefix(['-', '−']) {
            lexeme.negated = !behind.is_empty() && !behind.starts_with(char::is_whitespace);
            rest = behind;
        }
        if let Some((name, behind)) = filter_name(rest) {
            lexeme.filter = Some(name.to_lowercase());
            rest = behind;
        }
        rest = value(rest, &mut lexeme, notes).trim_start();
        all.push(lexeme);
    }
    all
}

/// `name:` at the start. Not of a web address or a time of day.
fn filter_name(text: &str) -> Option<(&str, &str)> {
    let (name, behind) = text.split_once(':')?;
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphabetic());
    (is_name && !behind.starts_with("//")).then_some((name, behind))
}

fn value<'a>(text: &'a str, lexeme: &mut Lexeme, notes: &mut Vec<Note>) -> &'a str {
    const QUOTES: [char; 6] = ['"', '“', '”', '„', '«', '»'];
    if let Some(behind) = text.strip_prefix(QUOTES) {
        lexeme.quoted = true;
        let Some(end) = behind.find(QUOTES) else {
            notes.push(Note::OpenQuote);
            lexeme.value = behind.to_owned();
            return "";
        };
        lexeme.value = behind[..end].to_owned();
        return behind[end..].trim_start_matches(QUOTES);
    }
    let end = text
        .find(|c: char| c.is_whitespace() || QUOTES.contains(&c))
        .unwrap_or(text.len());
    lexeme.value = text[..end].to_owned();
    &text[end..]
}

/// Gathers lexemes into a [`Query`].
#[derive(Default)]
struct Reader {
    parts: Vec<Expr>,
    notes: Vec<Note>,
    /// `OR` was the last thing seen.
    or: bool,
    /// `NOT` was the last thing seen.
    not: bool,
    taken: usize,
}

impl Reader {
    fn bounded(&mut self, text: &str) -> String {
        let text = analysis::composed(text);
        match text.char_indices().nth(LONGEST) {
            Some((end, _)) => {
                self.notes.push(Note::TooLong);
                text[..end].to_owned()
            }
            None => text.into_owned(),
        }
    }

    fn take(&mut self, lexeme: Lexeme, last: bool) {
        if lexeme.filter.is_none() && !lexeme.quoted && !lexeme.negated {
            match lexeme.value.as_str() {
                "OR" | "||" => return self.or = true,
                "AND" | "&&" => return,
                "NOT" => return self.not = true,
                _ => {}
            }
        }
        let negated = lexeme.negated || std::mem::take(&mut self.not);
        let Some((atom, inverse)) = self.atom(lexeme, last) else {
            return;
        };
        if self.taken == MOST_PARTS {
            if !self.notes.contains(&Note::TooLong) {
                self.notes.push(Note::TooLong);
            }
            return;
        }
        self.taken += 1;
        self.add(if negated != inverse {
            Expr::Not(atom)
        } else {
            Expr::Is(atom)
        });
    }

    fn add(&mut self, expr: Expr) {
        let joined = std::mem::take(&mut self.or);
        match self.parts.last_mut().filter(|_| joined) {
            Some(Expr::Any(alternatives)) => alternatives.push(expr),
            Some(before) => {
                let first = before.clone();
                *before = Expr::Any(vec![first, expr]);
            }
            None => self.parts.push(expr),
        }
    }

    /// The condition a lexeme states, and whether it states its opposite (`is:read`).
    fn atom(&mut self, lexeme: Lexeme, last: bool) -> Option<(Atom, bool)> {
        let Some(filter) = lexeme.filter.clone() else {
            return self
                .words(Place::Anywhere, lexeme, last)
                .map(|a| (a, false));
        };
        let place = match filter.as_str() {
            "from" => Some(Place::From),
            "to" | "cc" => Some(Place::To),
            "subject" => Some(Place::Subject),
            "file" | "filename" => Some(Place::File),
            "channel" | "is" | "has" | "before" | "after" | "tag" | "label" | "assignee" => None,
            _ => return self.unknown(filter, lexeme, last),
        };
        if lexeme.value.trim().is_empty() {
            self.notes.push(Note::NoValue(filter));
            return None;
        }
        match place {
            Some(place) => self.words(place, lexeme, last).map(|a| (a, false)),
            None => self.condition(filter, &lexeme.value),
        }
    }

    /// An unknown filter is what `Re:` or `order:4711` are: words.
    fn unknown(&mut self, filter: String, mut lexeme: Lexeme, last: bool) -> Option<(Atom, bool)> {
        lexeme.value = format!("{filter}:{}", lexeme.value);
        self.notes.push(Note::UnknownFilter(filter));
        self.words(Place::Anywhere, lexeme, last)
            .map(|a| (a, false))
    }

    fn words(&mut self, place: Place, lexeme: Lexeme, last: bool) -> Option<Atom> {
        let starred = !lexeme.quoted && lexeme.value.ends_with('*');
        if analysis::asked(&lexeme.value).is_empty() {
            if !lexeme.value.trim().is_empty() {
                self.notes.push(Note::NothingIn(lexeme.value));
            }
            return None;
        }
        Some(Atom::Words(Words {
            place,
            text: lexeme.value,
            exact: lexeme.quoted,
            prefix: starred || (last && !lexeme.quoted),
        }))
    }

    fn condition(&mut self, filter: String, value: &str) -> Option<(Atom, bool)> {
        let value = value.trim().to_lowercase();
        let atom = match (filter.as_str(), value.as_str()) {
            ("is", "open") => Atom::Fact(Fact::Open),
            ("is", "complete" | "completed" | "closed" | "done") => Atom::Fact(Fact::Complete),
            ("is", "unread") => Atom::Fact(Fact::Unread),
            ("is", "spam") => Atom::Fact(Fact::Spam),
            ("is", "read") => return Some((Atom::Fact(Fact::Unread), true)),
            ("has", "attachment" | "attachments" | "file") => Atom::HasAttachment,
            ("channel", "email" | "mail" | "e-mail") => Atom::Channel("email"),
            ("channel", "chat" | "web" | "webchat" | "web chat") => Atom::Channel("chat"),
            ("channel", "messenger" | "facebook") => Atom::Channel("messenger"),
            ("channel", "note" | "notes") => Atom::Channel("note"),
            ("tag" | "label", _) => Atom::Fact(Fact::Tag(value)),
            ("assignee", _) => Atom::Fact(Fact::Assignee(value)),
            ("before", _) => Atom::Before(self.date(&value)?),
            ("after", _) => Atom::After(self.date(&value)?),
            _ => {
                self.notes.push(Note::UnknownValue { filter, value });
                return None;
            }
        };
        Some((atom, false))
    }

    fn date(&mut self, text: &str) -> Option<i64> {
        let start = start_of(text);
        if start.is_none() {
            self.notes.push(Note::BadDate(text.to_owned()));
        }
        start
    }

    fn finish(self) -> Query {
        Query {
            parts: self.parts,
            notes: self.notes,
        }
    }
}

/// The question written out again, in one form for each meaning.
impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<_> = self.parts.iter().map(Expr::to_string).collect();
        f.write_str(&parts.join(" "))
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expr::Is(atom) => write!(f, "{atom}"),
            Expr::Not(atom) => write!(f, "-{atom}"),
            Expr::Any(parts) => {
                let parts: Vec<_> = parts.iter().map(Expr::to_string).collect();
                f.write_str(&parts.join(" OR "))
            }
        }
    }
}

impl fmt::Display for Atom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Atom::Words(words) => write!(f, "{words}"),
            Atom::Channel(name) => write!(f, "channel:{name}"),
            Atom::HasAttachment => write!(f, "has:attachment"),
            Atom::Before(at) => write!(f, "before:{at}"),
            Atom::After(at) => write!(f, "after:{at}"),
            Atom::Fact(Fact::Open) => write!(f, "is:open"),
            Atom::Fact(Fact::Complete) => write!(f, "is:complete"),
            Atom::Fact(Fact::Unread) => write!(f, "is:unread"),
            Atom::Fact(Fact::Spam) => write!(f, "is:spam"),
            Atom::Fact(Fact::Tag(tag)) => write!(f, "tag:{tag}"),
            Atom::Fact(Fact::Assignee(who)) => write!(f, "assignee:{who}"),
        }
    }
}

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.place {
            Place::Anywhere => "",
            Place::From => "from:",
            Place::To => "to:",
            Place::Subject => "subject:",
            Place::File => "file:",
        })?;
        let text = self.text.trim_end_matches('*');
        match (self.exact, self.prefix) {
            (true, _) => write!(f, "\"{text}\""),
            (false, true) => write!(f, "{text}*"),
            (false, false) => write!(f, "{text}"),
        }
    }
}

#[cfg(test)]
#[path = "query_tests.rs"]
mod tests;
