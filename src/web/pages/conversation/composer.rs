//! What an answer is written in.

use super::{Open, Unsent};
use crate::inbox::Done;
use crate::inbox::reply::{self, House};
use crate::rules::follow_up::{self, Line};
use crate::rules::reach::Reach;
use crate::rules::window::Window;
use crate::web::pages::Words;
use crate::web::view::composer::Composer;
use crate::web::view::{Choice, saved};
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
        let note = unsent.note;
        Ok(Composer {
            action: self.action("messages"),
            key: match unsent.key.is_empty() {
                true => key(),
                false => unsent.key,
            },
            draft: format!("draft-{}", conversation.id),
            list_query: self.ask.query(),
            notice: unsent.notice,
            channels: channels(words, &reach, preselected),
            reachable: preselected.is_some(),
            reach_hint: preselected
                .is_none()
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
            locked: self.locked(&reach),
            follow_up: self.follow_up(),
            human_agent: human.then(|| words.t("composer.human_agent")),
            note,
            limit: reply::LONGEST_MESSENGER,
            categories: saved::categories(words, replies),
        })
    }

    /// Why Messenger, the only way to such a person, leads nowhere now.
    fn locked(&self, reach: &Reach) -> Option<String> {
        self.conversation.messenger.as_ref()?;
        let reason = reach.refusal(Channel::Messenger)?;
        let (why, remedy) = (self.words.t(&reason.key()), self.words.t(&reason.remedy()));
        Some(format!("{why}. {remedy}"))
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
