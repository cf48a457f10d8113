//! What an answer is written in.

use super::{Open, Unsent};
use crate::inbox::Done;
use crate::inbox::reply::{self, House};
use crate::rules::follow_up::{self, Line};
use crate::rules::reach::{Reach, Reason};
use crate::rules::split;
use crate::rules::window::{Limits, Window};
use crate::web::pages::Words;
use crate::web::view::composer::{Composer, Lock};
use crate::web::view::{Choice, Link, saved};
use casella_index::Rows;
use casella_index::model::*;
use casella_index::tables::SAVED_REPLIES;
use ring::rand::{SecureRandom, SystemRandom};

impl Open<'_> {
    pub(super) fn composer(&self, unsent: Unsent) -> Done<Composer> {
        let conversation = &self.conversation;
        let words = self.words;
        let reach = reply::choices(&self.app.inbox, self.rows, conversation)?;
        let mail = reply::suggested(self.rows, &House::of(&self.app.inbox), conversation)?;
        let addresses = |all: &[MailAddress]| {
            let all: Vec<&str> = all.iter().map(|a| a.address.as_str()).collect();
            all.join(", ")
        };
        let chosen = Channel::named(&unsent.channel).filter(|c| reach.refusal(*c).is_none());
        let preselected = chosen.or(reach.preselected);
        let replies = self.rows.all(&SAVED_REPLIES)?;
        let replies = replies.into_iter().map(|(_, reply)| reply).collect();
        let human = matches!(
            self.loader.window(conversation),
            Some(Window::HumanAgent { .. })
        );
        let locked = self.locked(&reach).filter(|_| preselected.is_none());
        let note = unsent.note || locked.is_some();
        // Locked, the combobox shows why.
        let shown = locked.as_ref().map(|_| Channel::Messenger);
        let too_long = preselected == Some(Channel::Messenger)
            && split::length(&unsent.text) > reply::LONGEST_MESSENGER;
        Ok(Composer {
            action: self.action("messages"),
            key: match unsent.key.is_empty() {
                true => key(),
                false => unsent.key,
            },
            draft: format!("draft-{}", conversation.id),
            list_query: self.ask.query(),
            notice: unsent.notice,
            channels: channels(words, &reach, preselected.or(shown)),
            by_mail: conversation.messenger.is_none() || reach.refusal(Channel::Email).is_none(),
            reachable: preselected.is_some(),
            reach_hint: (preselected.is_none() && locked.is_none())
                .then(|| words.t("composer.unreachable")),
            to: Some(addresses(&mail.to)).filter(|to| !to.is_empty()),
            open_more: !unsent.bcc.is_empty() || unsent.cc.is_some() || unsent.subject.is_some(),
            subject: unsent.subject.unwrap_or_default(),
            cc: unsent.cc.unwrap_or_else(|| addresses(&mail.cc)),
            bcc: unsent.bcc,
            needs_address: mail.service || mail.to.is_empty() && conversation.messenger.is_none(),
            text: unsent.text,
            placeholder: words.t(match note {
                true => "composer.note_placeholder",
                false => "composer.placeholder",
            }),
            human_agent: (human && locked.is_none()).then(|| words.t("composer.human_agent")),
            note: unsent.note,
            locked,
            follow_up: self.follow_up(),
            too_long,
            limit: reply::LONGEST_MESSENGER,
            categories: saved::categories(words, replies),
        })
    }

    /// Why Messenger, the only way to such a person, leads nowhere now, and what can still be done.
    fn locked(&self, reach: &Reach) -> Option<Lock> {
        let person = self.conversation.messenger.as_ref()?;
        let reason = reach.refusal(Channel::Messenger)?;
        let closed = reason == Reason::WindowClosed;
        let refused = person.locked.is_some();
        let since = match self.loader.window(&self.conversation) {
            Some(Window::Closed { since }) if closed && !refused => Some(since),
            _ => None,
        };
        let approval = self.approval(person).filter(|_| closed);
        let link = approval.filter(|_| self.viewer.is_admin()).map(|_| Link {
            url: "/settings/messenger#human-agent".into(),
            text: self.words.t("nav.settings"),
        });
        Some(Lock {
            why: self.words.t(&reason.key()),
            since,
            remedy: self.words.t(&reason.remedy()),
            approval,
            link,
        })
    }

    /// Until when Meta's approval of Human Agent would let a person answer, where nobody said yet that
    /// it is given.
    fn approval(&self, person: &MessengerPerson) -> Option<Millis> {
        let given = reply::window_of(&self.app.inbox).human_agent.is_some();
        let longer = Limits::with_human_agent().human_agent?;
        let until = person.last_inbound + longer;
        (!given && until > self.app.inbox.clock.now()).then_some(until)
    }

    fn follow_up(&self) -> Option<String> {
        let lines: Vec<Line> = self.messages.iter().map(Line::of).collect();
        let carries = !follow_up::carried(&lines).is_empty();
        carries.then(|| self.words.t("composer.follow_up"))
    }
}

/// The combobox: all channels, the unreachable ones with their reason.
fn channels(words: Words<'_>, reach: &Reach, chosen: Option<Channel>) -> Vec<Choice> {
    let choice = |choice: &crate::rules::reach::Choice| {
        let name = choice.channel.as_str();
        let label = words.t(&format!("channel.{name}"));
        Choice {
            reason: choice.unreachable.map(|reason| words.t(&reason.key())),
            ..Choice::new(name, label, chosen == Some(choice.channel))
        }
    };
    reach.choices.iter().map(choice).collect()
}

/// A key for one answer.
fn key() -> String {
    let mut bytes = [0; 12];
    // Without random bytes two answers might count as one; an empty key counts as none.
    match SystemRandom::new().fill(&mut bytes) {
        Ok(()) => data_encoding::BASE32_NOPAD.encode(&bytes).to_lowercase(),
        Err(_) => String::new(),
    }
}
