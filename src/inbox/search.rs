//! Finding conversations: one question, asked the same way by pages, programs and the command line.
//!
//! Holds what the index leaves to others: the state of conversations now, and the texts snippets are
//! cut from. Writes nothing.

use casella_index::model::{AgentId, Channel, ConversationId, Message, MessageId, Millis, Status};
use casella_index::rows::Rows;
use casella_index::search::{
    Atom, Cursor, Fact, Facts, Fit, Fragment, Note, Query, Serving, Snippets, State,
};
use casella_index::{Store, StoreError};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Instant;

/// Conversations on a page unless asked otherwise, and at most.
pub const USUAL_LIMIT: usize = 20;
pub const MOST_LIMIT: usize = 100;
/// About so many bytes of a message are shown.
const SNIPPET: usize = 180;

/// What is asked.
#[derive(Debug, Clone, Default)]
pub struct Question {
    /// In the query language; empty asks for everything.
    pub text: String,
    /// What must hold besides, e.g. the list's own filters.
    pub narrowed: Vec<Atom>,
    /// At most so many conversations, [`MOST_LIMIT`] at most; 0 is [`USUAL_LIMIT`].
    pub limit: usize,
    pub cursor: Option<Cursor>,
    /// Who asks: `assignee:me`.
    pub me: Option<AgentId>,
}

/// A conversation that was found, by its newest message that fits.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    pub conversation: ConversationId,
    pub message: MessageId,
    pub at: Millis,
    /// 1 for a message that holds all of it, less for looser fits.
    pub score: f32,
    pub snippet: Vec<Fragment>,
}

/// A page of what was found, newest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answer {
    pub hits: Vec<Hit>,
    pub total: usize,
    /// Whether `total` is exact, or there are at least so many.
    pub total_exact: bool,
    pub next: Option<Cursor>,
    /// What was odd about the question.
    pub notes: Vec<Note>,
    /// Milliseconds.
    pub took: u64,
}

/// Why nothing could be found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotNow {
    /// The index is being opened or built.
    Index(State),
    Store(StoreError),
}

impl std::fmt::Display for NotNow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            NotNow::Index(state) => write!(f, "{state}"),
            NotNow::Store(error) => write!(f, "{error}"),
        }
    }
}

impl From<StoreError> for NotNow {
    fn from(error: StoreError) -> Self {
        NotNow::Store(error)
    }
}

/// Answers a question. Takes some milliseconds of disk and processor: not for an async thread.
///
/// # Errors
/// [`NotNow`], which passes by itself.
pub fn search(store: &Store, serving: &Serving, question: &Question) -> Result<Answer, NotNow> {
    let began = Instant::now();
    let mut query = Query::parse(&question.text);
    for atom in &question.narrowed {
        query = query.and(atom.clone());
    }
    let query = query.without_spam();
    let facts: Arc<dyn Facts> = Arc::new(Now::of(store, question.me)?);
    let limit = match question.limit {
        0 => USUAL_LIMIT,
        limit => limit.min(MOST_LIMIT),
    };
    let found = serving
        .find(&query, &facts, limit, question.cursor)
        .map_err(NotNow::Index)?;
    let shown = Shown::of(store, &query);
    let hits: Result<Vec<_>, _> = found.hits.into_iter().map(|hit| shown.hit(hit)).collect();
    Ok(Answer {
        hits: hits?,
        total: found.total,
        total_exact: found.total_exact,
        next: found.next,
        notes: query.notes,
        took: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
    })
}

/// The state of conversations, from memory.
struct Now {
    store: Store,
    me: Option<AgentId>,
    /// Address and name of each agent, in lower case.
    agents: Vec<(AgentId, String, String)>,
}

impl Now {
    fn of(store: &Store, me: Option<AgentId>) -> Result<Now, StoreError> {
        let agents = store.read()?.agents()?.into_iter();
        Ok(Now {
            store: store.clone(),
            me,
            agents: agents
                .map(|a| (a.id, a.email.to_lowercase(), a.name.to_lowercase()))
                .collect(),
        })
    }

    fn is_called(&self, agent: AgentId, who: &str) -> bool {
        let same = |(id, email, name): &(AgentId, String, String)| {
            *id == agent && (email == who || name.split(' ').any(|n| n == who) || name == who)
        };
        self.agents.iter().any(same)
    }
}

impl Facts for Now {
    fn conversation(&self, _: u64, indexed: u64) -> Option<u64> {
        let board = self.store.board();
        board
            .is(ConversationId(indexed), |facet| !facet.merged)
            .then_some(indexed)
    }

    fn holds(&self, conversation: u64, fact: &Fact) -> bool {
        let board = self.store.board();
        board.is(ConversationId(conversation), |facet| match fact {
            Fact::Open => facet.status == Status::Open,
            Fact::Complete => facet.status == Status::Complete,
            Fact::Unread => !facet.read,
            Fact::Spam => facet.spam,
            Fact::Tag(tag) => facet.tags.iter().any(|own| own.to_lowercase() == *tag),
            Fact::Assignee(who) => match (facet.assignee, who.as_str()) {
                (assignee, "none") => assignee.is_none(),
                (Some(agent), "me") => self.me == Some(agent),
                (Some(agent), who) => self.is_called(agent, who),
                (None, _) => false,
            },
        })
    }
}

/// Cuts the snippets of one question's hits.
struct Shown<'a> {
    store: &'a Store,
    strict: Snippets,
    near: Snippets,
}

impl<'a> Shown<'a> {
    fn of(store: &'a Store, query: &Query) -> Shown<'a> {
        Shown {
            store,
            strict: Snippets::new(query, false),
            near: Snippets::new(query, true),
        }
    }

    fn hit(&self, hit: casella_index::search::Hit) -> Result<Hit, StoreError> {
        let message = self.store.read()?.message(MessageId(hit.message))?;
        let cutter = match hit.fit {
            Fit::Near => &self.near,
            Fit::Message | Fit::Conversation => &self.strict,
        };
        Ok(Hit {
            conversation: ConversationId(hit.conversation),
            message: MessageId(hit.message),
            at: hit.at,
            score: hit.fit.score(),
            snippet: message.map_or_else(Vec::new, |message| self.snippet(cutter, &message)),
        })
    }

    fn snippet(&self, cutter: &Snippets, message: &Message) -> Vec<Fragment> {
        let body = self.store.body(message).unwrap_or_default();
        let author = &message.author;
        let address = author.address.as_deref().unwrap_or_default();
        let from = format!("{} {address}", author.name);
        let files: Vec<_> = message
            .attachments
            .iter()
            .map(|a| a.name.as_str())
            .collect();
        let to: Vec<_> = message
            .email
            .iter()
            .flat_map(|email| email.to.iter().chain(&email.cc))
            .map(|to| format!("{} {}", to.name, to.address))
            .collect();
        let texts = [
            body.text.as_str(),
            &body.quoted_text,
            &message.subject,
            &files.join(", "),
            &from,
            &to.join(", "),
        ];
        cutter.of(&texts, SNIPPET)
    }
}

/// The condition that a conversation has this status.
pub fn status_atom(status: Status) -> Atom {
    Atom::Fact(match status {
        Status::Open => Fact::Open,
        Status::Complete => Fact::Complete,
    })
}

/// The condition that a message bears this channel.
pub fn channel_atom(channel: Channel) -> Atom {
    Atom::Channel(channel.as_str())
}

impl Answer {
    /// As programs get it: `snippet` is HTML that is safe to put in a page.
    pub fn to_json(&self) -> Value {
        let hit = |hit: &Hit| {
            json!({
                "conversation": hit.conversation,
                "message": hit.message,
                "score": hit.score,
                "snippet": as_html(&hit.snippet),
            })
        };
        json!({
            "hits": self.hits.iter().map(hit).collect::<Vec<_>>(),
            "total": self.total,
            "total_exact": self.total_exact,
            "next_cursor": self.next.map(|cursor| cursor.to_string()),
            "took_ms": self.took,
            "notes": self.notes.iter().map(Note::to_string).collect::<Vec<_>>(),
        })
    }
}

/// A snippet as plain text.
pub fn as_text(snippet: &[Fragment]) -> String {
    snippet
        .iter()
        .map(|fragment| fragment.text.as_str())
        .collect()
}

/// A snippet as HTML: escaped, what was asked for in `<mark>`.
pub fn as_html(snippet: &[Fragment]) -> String {
    let mut html = String::new();
    for fragment in snippet {
        let text = escaped(&fragment.text);
        match fragment.hit {
            true => html.extend(["<mark>", &text, "</mark>"]),
            false => html.push_str(&text),
        }
    }
    html
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snippet_is_safe_to_put_in_a_page() {
        let fragment = |text: &str, hit| Fragment {
            text: text.into(),
            hit,
        };
        let snippet = [fragment("a <b> & ", false), fragment("<i>'\"", true)];
        assert_eq!(
            as_html(&snippet),
            "a &lt;b&gt; &amp; <mark>&lt;i&gt;&#39;&quot;</mark>"
        );
    }
}
