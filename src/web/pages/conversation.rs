//! An open conversation.

use super::ask::Ask;
use super::guard::Viewer;
use super::rows::{Loader, people};
use super::shell::shell;
use super::{Words, inbox};
use crate::http::{Answer, Form, Refusal, Request, respond};
use crate::inbox::line::UNDO;
use crate::inbox::live::Brief;
use crate::inbox::reply::{self, House};
use crate::inbox::{Done, Refused, read, still_undoes};
use crate::rules::follow_up::{self, Line};
use crate::rules::reach::Reach;
use crate::rules::threading::subject_key;
use crate::rules::window::Window;
use crate::web::App;
use crate::web::view::composer::Composer;
use crate::web::view::list::InboxPage;
use crate::web::view::message::{MessageView, Setting};
use crate::web::view::thread::{Details, Item, Other, Thread};
use crate::web::view::{ButtonForm, Choice, Fact, Field, Notice, person, saved};
use casella_index::model::*;
use casella_index::tables::{SAVED_REPLIES, SUPPRESSIONS};
use casella_index::{Rows, Snapshot};
use hyper::StatusCode;
use jiff::Timestamp;
use ring::rand::{SecureRandom, SystemRandom};

/// Messages on a page of a thread.
const MESSAGES: usize = 50;
/// Other conversations of a person shown beside.
const OTHERS: usize = 5;

pub async fn open(app: App, viewer: Viewer, request: Request) -> Answer {
    let id: ConversationId = request.param("id")?;
    let query = request.query();
    let ask = Ask::of(&query);
    let living = living(&app, id).map_err(|e| viewer.refuse(&app, e))?;
    if living.id != id {
        return Ok(respond::redirect(&ask.conversation_url(living.id)));
    }
    if request.is_view() && viewer.can_write() {
        opened(&app, &viewer, &living).await?;
    }
    page(&app, &viewer, &query, &ask, id, None, StatusCode::OK).await
}

/// The thread alone, for the page that shows it already: with the lines named by `items`, the others
/// only by their place.
pub async fn parts(app: App, viewer: Viewer, request: Request) -> Answer {
    let id: ConversationId = request.param("id")?;
    let query = request.query();
    let living = living(&app, id).map_err(|e| viewer.refuse(&app, e))?;
    if living.id != id {
        return Err(Refusal::not_found("this conversation goes on elsewhere"));
    }
    if request.is_view() && viewer.can_write() {
        opened(&app, &viewer, &living).await?;
    }
    let thread = thread(&app, &viewer, &Ask::of(&query), id, &query, None);
    let thread = thread.map_err(|e| viewer.refuse(&app, e))?;
    super::show(&app, &viewer, "parts/thread", &thread)
}

fn living(app: &App, id: ConversationId) -> Done<Conversation> {
    let found = app.inbox.read()?.living(id)?;
    found.ok_or_else(|| Refused::unknown("conversation", id))
}

/// Opened is read, for all agents; and the others see who looks.
async fn opened(app: &App, viewer: &Viewer, conversation: &Conversation) -> Result<(), Refusal> {
    let id = conversation.id;
    if !conversation.read {
        let stamp = viewer.stamp(app);
        let write = app.inbox.store.write(stamp, move |tx| read(tx, id, true));
        write.await.map_err(|e| viewer.refuse(app, e))?;
    }
    app.inbox.live.say(Brief::AgentLooks {
        conversation: id,
        agent: viewer.agent.id,
        name: viewer.agent.display().to_owned(),
    });
    Ok(())
}

/// What an agent had written when something refused it.
#[derive(Debug, Clone, Default)]
pub struct Unsent {
    pub notice: Option<Notice>,
    pub text: String,
    pub channel: String,
    pub subject: Option<String>,
    pub cc: Option<String>,
    pub bcc: String,
    pub note: bool,
    pub key: String,
}

/// The page of a conversation, with the list beside it.
pub async fn page(
    app: &App,
    viewer: &Viewer,
    query: &Form,
    ask: &Ask,
    id: ConversationId,
    unsent: Option<Unsent>,
    status: StatusCode,
) -> Answer {
    let list = inbox::load(app, viewer, ask, Some(id)).await?;
    let thread = thread(app, viewer, ask, id, query, unsent);
    let thread = thread.map_err(|e| viewer.refuse(app, e))?;
    let title = format!("{} · {}", thread.who, thread.subject);
    let view = InboxPage {
        shell: shell(app, viewer, query, "inbox", title),
        list,
        thread: Some(thread),
    };
    super::shell::show(app, &viewer.voice, status, "pages/inbox", &view)
}

/// Everything that is known of the thread while its view is made.
struct Open<'a> {
    app: &'a App,
    viewer: &'a Viewer,
    words: Words<'a>,
    ask: &'a Ask,
    rows: &'a Snapshot,
    loader: Loader<'a>,
    conversation: Conversation,
    contact: Option<Contact>,
    visitor: Option<Visitor>,
    messages: Vec<Message>,
    wanted: Wanted,
}

/// Which lines of a thread are rendered; the others stand on the page already.
enum Wanted {
    All,
    Only(Vec<MessageId>),
}

impl Wanted {
    fn of(query: &Form) -> Wanted {
        match query.given("items") {
            None | Some("all") => Wanted::All,
            Some(ids) => Wanted::Only(ids.split(',').filter_map(|id| id.parse().ok()).collect()),
        }
    }

    fn holds(&self, id: MessageId) -> bool {
        match self {
            Wanted::All => true,
            Wanted::Only(ids) => ids.contains(&id),
        }
    }
}

fn thread(
    app: &App,
    viewer: &Viewer,
    ask: &Ask,
    id: ConversationId,
    query: &Form,
    unsent: Option<Unsent>,
) -> Done<Thread> {
    let rows = app.inbox.read()?;
    let found = rows.conversation(id)?;
    let conversation = found.ok_or_else(|| Refused::unknown("conversation", id))?;
    let words = viewer.words(app);
    let (contact, visitor) = people(&rows, &conversation)?;
    let before = query.get("before").parse().unwrap_or(u32::MAX);
    let mut messages = rows.thread_back(id, before, MESSAGES)?;
    messages.reverse();
    Open {
        app,
        viewer,
        words,
        ask,
        rows: &rows,
        loader: Loader::new(app, words, &rows)?,
        conversation,
        contact,
        visitor,
        messages,
        wanted: Wanted::of(query),
    }
    .view(unsent)
}

impl Open<'_> {
    fn view(&self, unsent: Option<Unsent>) -> Done<Thread> {
        let conversation = &self.conversation;
        let can_write = self.viewer.can_write();
        let window = self.loader.window(conversation);
        let (window, window_tone) = self.window(window);
        let visitor = conversation.visitor;
        let page = visitor.and_then(|v| self.app.inbox.presence.page(v));
        let composer = match can_write {
            true => Some(self.composer(unsent.unwrap_or_default())?),
            false => None,
        };
        Ok(Thread {
            id: conversation.id.0,
            subject: person::subject(self.words, conversation),
            who: self.who(),
            who_url: self.contact.as_ref().map(|c| format!("/contacts/{}", c.id)),
            address: self.address(),
            online: self.loader.is_online(conversation),
            looking_at: page.map(|p| self.words.with("thread.looking_at", &[("page", &p)])),
            complete: conversation.status == Status::Complete,
            spam: conversation.spam,
            window,
            window_tone,
            back: self.ask.list_url(),
            list_query: self.ask.query(),
            can_write,
            actions: self.actions(),
            notices: self.notices()?,
            earlier: self.earlier(),
            items: self.items()?,
            composer,
            details: self.details()?,
        })
    }

    fn who(&self) -> String {
        let (contact, visitor) = (self.contact.as_ref(), self.visitor.as_ref());
        person::name(self.words, &self.conversation, contact, visitor)
    }

    fn address(&self) -> Option<String> {
        let contact = self.contact.as_ref()?;
        let address = contact.address()?;
        (address != contact.display()).then(|| address.to_owned())
    }

    fn window(&self, window: Option<Window>) -> (Option<String>, &'static str) {
        let left = |key: &str, left| {
            let left = person::left(self.words, left);
            Some(self.words.with(key, &[("left", &left)]))
        };
        match window {
            None => (None, ""),
            Some(Window::Open { left: millis }) => (left("thread.window", millis), "person"),
            Some(Window::HumanAgent { left: millis }) => {
                (left("thread.window_human", millis), "warning")
            }
            Some(Window::Closed { .. } | Window::NeverOpened) => {
                (Some(self.words.t("thread.window_closed")), "danger")
            }
        }
    }

    fn action(&self, verb: &str) -> String {
        format!("/conversations/{}/{verb}", self.conversation.id)
    }

    fn button(
        &self,
        verb: &str,
        key: &str,
        symbol: &'static str,
        fields: &[(&str, &str)],
    ) -> ButtonForm {
        let mut hidden = vec![Field::new("list", self.ask.query())];
        hidden.extend(fields.iter().map(|(name, value)| Field::new(name, *value)));
        ButtonForm {
            action: self.action(verb),
            hidden,
            label: self.words.t(key),
            symbol,
        }
    }

    /// The menu of the thread.
    fn actions(&self) -> Vec<ButtonForm> {
        let conversation = &self.conversation;
        let me = self.viewer.agent.id.to_string();
        let mut actions = vec![self.button("unread", "do.unread", "unread", &[])];
        if conversation.assignee != Some(self.viewer.agent.id) {
            actions.push(self.button("assign", "do.take", "person", &[("assignee", &me)]));
        }
        if conversation.visitor.is_some() {
            actions.push(self.button("transcript", "do.transcript", "email", &[]));
        }
        if let Some(visitor) = &self.visitor {
            if visitor.email.is_none() {
                actions.push(self.button("ask-email", "do.ask_email", "email", &[]));
            }
            actions.push(match visitor.blocked {
                true => self.button("block", "do.unblock", "block", &[("blocked", "0")]),
                false => self.button("block", "do.block", "block", &[("blocked", "1")]),
            });
        }
        if let Some(contact) = &self.contact {
            let verb = "block-address";
            actions.push(match contact.blocked {
                true => self.button(verb, "do.unblock_address", "block", &[("blocked", "0")]),
                false => self.button(verb, "do.block_address", "block", &[("blocked", "1")]),
            });
        }
        actions.push(match conversation.spam {
            true => self.button("spam", "do.not_spam", "spam", &[("spam", "0")]),
            false => self.button("spam", "do.spam", "spam", &[("spam", "1")]),
        });
        actions
    }

    fn notices(&self) -> Done<Vec<Notice>> {
        let conversation = &self.conversation;
        let mut notices: Vec<Notice> = self.suggestion()?.into_iter().collect();
        let mut add = |id: &str, tone, text: String| {
            let mut notice = Notice::new(tone, text);
            id.clone_into(&mut notice.id);
            notices.push(notice);
        };
        if conversation.contact.is_some()
            && !conversation.verified
            && conversation.visitor.is_some()
        {
            add("unverified", "info", self.words.t("thread.unverified"));
        }
        if self.visitor.as_ref().is_some_and(|v| v.blocked) {
            add("blocked", "warning", self.words.t("thread.blocked"));
        }
        if let Some(contact) = self.contact.as_ref().filter(|c| c.blocked) {
            let text = [("who", contact.display())];
            let text = self.words.with("thread.blocked_address", &text);
            add("blocked-address", "warning", text);
        }
        let page = conversation.messenger.as_ref();
        if page.is_some_and(|p| p.owned_elsewhere) {
            add("elsewhere", "warning", self.words.t("thread.elsewhere"));
        }
        if let Some(text) = self.suppressed()? {
            add("suppressed", "warning", text);
        }
        Ok(notices)
    }

    /// "May belong to number 7", with one click to move it there and one to leave it.
    fn suggestion(&self) -> Done<Option<Notice>> {
        let other = self.conversation.suggestion.map(|id| self.rows.living(id));
        let Some(other) = other.transpose()?.flatten() else {
            return Ok(None);
        };
        let (number, subject) = (other.id.to_string(), person::subject(self.words, &other));
        let told = [("number", number.as_str()), ("subject", subject.as_str())];
        let mut notice = Notice::new("info", self.words.with("thread.suggestion", &told));
        notice.id = "suggestion".into();
        if self.viewer.can_write() {
            let button =
                |key, symbol, follow| self.button("suggestion", key, symbol, &[("follow", follow)]);
            notice.forms = vec![
                button("do.move_there", "move", "1"),
                button("do.leave_here", "check", "0"),
            ];
        }
        Ok(Some(notice))
    }

    fn suppressed(&self) -> Done<Option<String>> {
        let Some(first) = self.contact.as_ref().and_then(|c| c.addresses.first()) else {
            return Ok(None);
        };
        let suppression = self.rows.get(&SUPPRESSIONS, &first.key)?;
        Ok(suppression.filter(|s| s.hard).map(|s| {
            let told = [("address", first.address.as_str()), ("detail", &s.detail)];
            self.words.with("thread.suppressed", &told)
        }))
    }

    fn earlier(&self) -> Option<String> {
        let first = self.messages.first().filter(|m| m.seq > 1)?;
        let full = self.messages.len() >= MESSAGES;
        let url = self.ask.conversation_url(self.conversation.id);
        let mark = if url.contains('?') { '&' } else { '?' };
        full.then(|| format!("{url}{mark}before={}", first.seq))
    }

    fn items(&self) -> Done<Vec<Item>> {
        let mut items: Vec<Item> = Vec::new();
        let mut day = None;
        let mut before: Option<&Message> = None;
        let mut subject = subject_key(&self.conversation.subject);
        for message in &self.messages {
            let today = self.day(message.at);
            if day != Some(today) {
                day = Some(today);
                before = None;
                let (id, at) = (today.to_string(), message.at);
                items.push(Item::Day { id, at });
            }
            let known = subject_key(&message.subject);
            let fresh = known.is_some() && known != subject;
            items.push(match message.direction {
                _ if !self.wanted.holds(message.id) => Item::Same { id: message.id.0 },
                Direction::Event => self.event(message)?,
                _ => self.line(message, before, fresh)?,
            });
            subject = known.or(subject);
            before = Some(message);
        }
        Ok(items)
    }

    /// A message; its subject stands on it only where another begins.
    fn line(&self, message: &Message, before: Option<&Message>, subject: bool) -> Done<Item> {
        let setting = Setting {
            can_write: self.viewer.can_write(),
            seen: self.visitor.as_ref().map(|v| v.seen),
        };
        let body = self.app.inbox.store.body(message)?;
        let mut view = MessageView::of(self.words, message, body, setting);
        let before = before.filter(|before| before.direction != Direction::Event);
        let before = before.map(|m| MessageView::of(self.words, m, StoredBody::default(), setting));
        view.follows = before.is_some_and(|before| view.goes_on(&before));
        view.subject = view.subject.filter(|_| subject);
        Ok(Item::Message(Box::new(view)))
    }

    fn day(&self, at: Millis) -> jiff::civil::Date {
        let zone = self.viewer.voice.zone.clone();
        let moment = Timestamp::from_millisecond(at).unwrap_or_default();
        moment.to_zoned(zone).date()
    }

    fn event(&self, message: &Message) -> Done<Item> {
        let line = message.event.clone().unwrap_or_default();
        let params: Vec<(&str, &str)> = line
            .params
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let act = line.params.get(UNDO).and_then(|seq| seq.parse().ok());
        let undo = match act.filter(|_| self.viewer.can_write()) {
            Some(seq) => still_undoes(self.rows, seq)?.then_some(seq),
            None => None,
        };
        Ok(Item::Event {
            undo,
            id: message.id.0,
            text: self.words.with(&format!("event.{}", line.key), &params),
            symbol: match line.key.as_str() {
                "completed" => "check",
                "reopened" => "reopen",
                "assigned" | "unassigned" => "person",
                "merged" => "merge",
                "moved_away" | "moved_here" | "moved_back" => "move",
                "author_changed" => "person",
                _ => "notice-info",
            },
            at: message.at,
        })
    }

    fn composer(&self, unsent: Unsent) -> Done<Composer> {
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

    fn details(&self) -> Done<Details> {
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
        add("details.number", &self.conversation.id.to_string());
        let addresses = self.contact.iter().flat_map(|c| &c.addresses);
        let mut all: Vec<Fact> = addresses.map(|a| self.address_fact(a)).collect();
        all.extend(facts);
        all
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
