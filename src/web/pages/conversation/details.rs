//! What stands beside a thread: who it is with, whose it is, what else there is of them.

use super::{OTHERS, Open};
use crate::inbox::Done;
use crate::inbox::settings::{Messenger, Setting};
use crate::web::pages::inbox;
use crate::web::view::thread::{Details, Other};
use crate::web::view::{Choice, Fact, person};
use casella_index::Rows;
use casella_index::model::*;

impl Open<'_> {
    pub(super) fn details(&self) -> Done<Details> {
        let conversation = &self.conversation;
        let assignee = self.loader.agent(conversation.assignee);
        let kind = match (&self.contact, &conversation.messenger, &self.visitor) {
            (Some(_), ..) => Some("details.contact"),
            (_, Some(_), _) => Some("details.facebook"),
            (.., Some(_)) => Some("details.visitor"),
            _ => None,
        };
        Ok(Details {
            who: self.who(),
            picture: person::picture(conversation),
            contact_url: self.contact.as_ref().map(|c| format!("/contacts/{}", c.id)),
            kind: kind.map(|key| self.words.t(key)),
            facts: self.facts(),
            can_write: self.viewer.can_write(),
            action: format!("/conversations/{}", conversation.id),
            list_query: self.ask.query(),
            assignees: self.assignees()?,
            assignee: assignee.unwrap_or_else(|| self.words.t("details.nobody")),
            tags: conversation.tags.join(", "),
            others: self.others()?,
        })
    }

    fn facts(&self) -> Vec<Fact> {
        let mut facts = Vec::new();
        let mut add = |key: &str, value: &str| {
            if !value.is_empty() {
                facts.push(Fact::new(self.words.t(key), value));
            }
        };
        if let Some(contact) = &self.contact {
            add("details.phone", &contact.phone);
        }
        if let Some(visitor) = &self.visitor {
            add("details.page", &visitor.page);
            add("details.browser", &visitor.user_agent);
            add("details.language", &visitor.language);
        }
        if let Some(person) = &self.conversation.messenger {
            add("details.facebook_page", &self.page_name(&person.page));
        }
        add("details.number", &self.conversation.id.to_string());
        let addresses = self.contact.iter().flat_map(|c| &c.addresses);
        let mut all: Vec<Fact> = addresses.map(|a| self.address_fact(a)).collect();
        all.extend(facts);
        all
    }

    /// The name an admin gave the Facebook page, else its number.
    fn page_name(&self, id: &str) -> String {
        let pages = Messenger::get(self.rows).unwrap_or_default().pages;
        let named = pages
            .into_iter()
            .find(|page| page.id == id)
            .map(|page| page.name);
        named
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| id.to_owned())
    }

    fn address_fact(&self, address: &ContactAddress) -> Fact {
        let (key, tone) = match address.verified {
            true => ("details.verified", "done"),
            false => ("details.unverified", "warning"),
        };
        Fact {
            note: Some(self.words.t(key)),
            tone,
            ..Fact::new(self.words.t("details.address"), &address.address)
        }
    }

    fn assignees(&self) -> Done<Vec<Choice>> {
        let current = self.conversation.assignee;
        let nobody = Choice::new("", self.words.t("details.nobody"), current.is_none());
        let able = |agent: &Agent| {
            let works = !agent.disabled && agent.role != Role::Viewer;
            works || Some(agent.id) == current
        };
        let agents = self.rows.agents()?.into_iter().filter(able);
        let choice = |agent: Agent| {
            let name = match agent.name.is_empty() {
                true => &agent.email,
                false => &agent.name,
            };
            Choice::new(
                inbox::agent_value(Some(agent.id)),
                name,
                Some(agent.id) == current,
            )
        };
        Ok(std::iter::once(nobody).chain(agents.map(choice)).collect())
    }

    fn others(&self) -> Done<Vec<Other>> {
        let Some(contact) = &self.contact else {
            return Ok(Vec::new());
        };
        let mut others = Vec::new();
        for id in self.rows.conversations_of(contact.id)? {
            let found = self.rows.conversation(id)?;
            let other = found.filter(|c| id != self.conversation.id && c.merged_into.is_none());
            others.extend(other.map(|c| Other {
                number: c.id.0,
                url: format!("/conversations/{}", c.id),
                subject: person::subject(self.words, &c),
                at: c.updated_at,
            }));
        }
        others.sort_by_key(|other| std::cmp::Reverse(other.at));
        others.truncate(OTHERS);
        Ok(others)
    }
}
