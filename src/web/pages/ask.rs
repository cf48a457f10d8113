//! What a list is asked for: filters, search words, place. Every link and form of the list carries
//! the same query, so that the list beside a thread stays as it was.

use crate::http::Form;
use casella_index::board::{Filter, Place};
use casella_index::model::{AgentId, Channel, ConversationId, Status};
use casella_index::search::{Atom, Fact};

/// The fields of the query, in the order links carry them.
const FIELDS: [&str; 8] = [
    "status", "channel", "assignee", "unread", "spam", "tag", "order", "q",
];

/// The filters, as their query has them; empty where unset.
#[derive(Debug, Clone, Default)]
pub struct Ask {
    fields: Vec<(&'static str, String)>,
    pub cursor: String,
}

impl Ask {
    pub fn of(query: &Form) -> Ask {
        let given = |name: &'static str| Some((name, query.given(name)?.to_owned()));
        Ask {
            fields: FIELDS.into_iter().filter_map(given).collect(),
            cursor: query.get("cursor").to_owned(),
        }
    }

    /// From what a form carried in its field `list`.
    pub fn from_list(text: &str) -> Ask {
        Ask::of(&Form::urlencoded(text.as_bytes()))
    }

    pub fn get(&self, name: &str) -> &str {
        let found = self.fields.iter().find(|(n, _)| *n == name);
        found.map_or("", |(_, value)| value)
    }

    /// The same with one field set; an empty value unsets it.
    pub fn with(&self, name: &'static str, value: &str) -> Ask {
        let mut fields = self.fields.clone();
        fields.retain(|(n, _)| *n != name);
        if !value.is_empty() {
            fields.push((name, value.to_owned()));
        }
        let cursor = String::new();
        Ask { fields, cursor }
    }

    /// The query without its question mark; empty for the plain inbox.
    pub fn query(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for name in FIELDS {
            let value = self.get(name);
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        query.finish()
    }

    /// The list's address.
    pub fn list_url(&self) -> String {
        with_query("/inbox", &self.query())
    }

    /// A conversation's address, with this list beside it.
    pub fn conversation_url(&self, id: ConversationId) -> String {
        with_query(&format!("/conversations/{id}"), &self.query())
    }

    /// The list's next page.
    pub fn next_url(&self, cursor: &str) -> String {
        let mut query = self.query();
        if !query.is_empty() {
            query.push('&');
        }
        let cursor = url::form_urlencoded::byte_serialize(cursor.as_bytes());
        query.push_str("cursor=");
        query.extend(cursor);
        with_query("/inbox", &query)
    }

    /// `None`: all.
    pub fn status(&self) -> Option<Status> {
        match self.get("status") {
            "complete" => Some(Status::Complete),
            "all" => None,
            // A search looks everywhere unless told otherwise.
            "" if !self.get("q").is_empty() => None,
            _ => Some(Status::Open),
        }
    }

    pub fn channel(&self) -> Option<Channel> {
        Channel::named(self.get("channel"))
    }

    fn assignee(&self, me: AgentId) -> Option<Option<AgentId>> {
        match self.get("assignee") {
            "me" => Some(Some(me)),
            "none" => Some(None),
            id => Some(Some(id.parse().ok()?)),
        }
    }

    /// Whether anything but the status and the words is set.
    pub fn is_filtered(&self) -> bool {
        let besides = |name: &str| !matches!(name, "status" | "q");
        self.fields.iter().any(|(name, _)| besides(name))
    }

    /// The filters for the board.
    pub fn filter(&self, me: AgentId) -> Filter {
        Filter {
            status: self.status(),
            channel: self.channel(),
            assignee: self.assignee(me),
            contact: None,
            unread: (self.get("unread") == "1").then_some(true),
            tag: Some(self.get("tag").to_owned()).filter(|t| !t.is_empty()),
            spam: (self.get("spam") == "1").then_some(true),
        }
    }

    /// The same filters for a search.
    pub fn narrowed(&self) -> Vec<Atom> {
        let status = self.status().map(|status| {
            Atom::Fact(match status {
                Status::Open => Fact::Open,
                Status::Complete => Fact::Complete,
            })
        });
        let channel = self.channel().map(|c| Atom::Channel(c.as_str()));
        let set = |name: &str| !self.get(name).is_empty();
        let text = |name: &str| self.get(name).to_lowercase();
        let fact = |is: bool, fact: Fact| is.then_some(Atom::Fact(fact));
        [
            status,
            channel,
            fact(set("assignee"), Fact::Assignee(text("assignee"))),
            fact(self.get("unread") == "1", Fact::Unread),
            fact(self.get("spam") == "1", Fact::Spam),
            fact(set("tag"), Fact::Tag(text("tag"))),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// Where the board's list goes on.
    pub fn place(&self) -> Option<Place> {
        let (at, id) = self.cursor.split_once('-')?;
        Some((at.parse().ok()?, id.parse().ok()?))
    }
}

/// How a place is written in an address.
pub fn cursor((at, id): Place) -> String {
    format!("{at}-{id}")
}

fn with_query(path: &str, query: &str) -> String {
    match query {
        "" => path.to_owned(),
        query => format!("{path}?{query}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(query: &str) -> Ask {
        Ask::of(&Form::urlencoded(query.as_bytes()))
    }

    #[test]
    fn links_carry_the_filters_and_nothing_else() {
        let ask = ask("q=a+b&evil=1&status=complete&channel=");
        assert_eq!(ask.query(), "status=complete&q=a+b");
        assert_eq!(
            ask.conversation_url(ConversationId(7)),
            "/conversations/7?status=complete&q=a+b"
        );
        assert_eq!(ask.with("status", "").list_url(), "/inbox?q=a+b");
        assert_eq!(Ask::default().next_url("5-2"), "/inbox?cursor=5-2");
    }

    #[test]
    fn a_list_is_of_open_conversations_unless_asked_otherwise() {
        let cases = [
            ("", Some(Status::Open)),
            ("status=open", Some(Status::Open)),
            ("status=nonsense", Some(Status::Open)),
            ("status=complete", Some(Status::Complete)),
            ("status=all", None),
            ("q=words", None),
            ("q=words&status=open", Some(Status::Open)),
        ];
        for (query, status) in cases {
            assert_eq!(ask(query).status(), status, "{query}");
        }
    }

    #[test]
    fn a_place_survives_its_way_through_an_address() {
        let place = (1_234, ConversationId(5));
        let ask = ask(&format!("cursor={}", cursor(place)));
        assert_eq!(ask.place(), Some(place));
        assert_eq!(super::Ask::default().place(), None);
    }
}
