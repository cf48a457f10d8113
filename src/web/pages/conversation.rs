//! An open conversation.

mod composer;
mod details;
mod pictures;

use self::pictures::pictures;
use super::ask::Ask;
use super::guard::Viewer;
use super::rows::{Loader, people};
use super::shell::shell;
use super::{Words, inbox};
use crate::channel::email::parse;
use crate::channel::email::sanitise::unfolded;
use crate::http::{Answer, Form, Refusal, Request, respond};
use crate::inbox::line::UNDO;
use crate::inbox::live::Brief;
use crate::inbox::settings::{Messenger, MessengerHealth, Setting as _};
use crate::inbox::{Done, Refused, read, still_undoes};
use crate::rules::picture;
use crate::rules::threading::subject_key;
use crate::web::view::invite::InviteView;
use crate::web::view::list::InboxPage;
use crate::web::view::message::{MessageView, Pictures, Setting};
use crate::web::view::thread::{Item, Thread};
use crate::web::view::{ButtonForm, Field, Notice, person};
use crate::web::{App, content, meta};
use casella_index::model::*;
use casella_index::tables::{MIDS, SUPPRESSIONS};
use casella_index::{Rows, Snapshot};
use hyper::StatusCode;
use jiff::Timestamp;

/// Messages on a page of a thread.
const MESSAGES: usize = 50;
/// Other conversations of a person shown beside.
const OTHERS: usize = 5;
/// Bytes of a calendar file that is shown as an invitation; a whole calendar is not.
const LONGEST_CALENDAR: u64 = 256 * 1024;

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

/// The picture Meta gave of the person.
pub async fn picture(app: App, viewer: Viewer, request: Request) -> Answer {
    let id: ConversationId = request.param("id")?;
    let conversation = living(&app, id).map_err(|e| viewer.refuse(&app, e))?;
    let missing = || Refusal::not_found("a picture of this person");
    let blob = conversation.messenger.and_then(|person| person.picture);
    let content = app.inbox.store.blob(blob.ok_or_else(missing)?);
    let content = content.map_err(|e| viewer.refuse(&app, e.into()))?;
    let kind = picture::kind(&content).ok_or_else(missing)?;
    Ok(respond::picture("picture", kind, content))
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
        meta::seen(app, conversation);
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
            window: self.loader.window_tag(conversation),
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
        if let Some(key) = self.page_trouble()? {
            add("page", "warning", self.words.t(key));
        }
        if let Some(text) = self.suppressed()? {
            add("suppressed", "warning", text);
        }
        Ok(notices)
    }

    /// Why answers to this Messenger visitor wait.
    fn page_trouble(&self) -> Done<Option<&'static str>> {
        let Some(person) = &self.conversation.messenger else {
            return Ok(None);
        };
        let own = Messenger::get(self.rows)?.pages;
        let config = &self.app.inbox.config.messenger.pages;
        let mut known = config
            .iter()
            .map(|p| &p.id)
            .chain(own.iter().map(|p| &p.id));
        let health = MessengerHealth::get(self.rows)?;
        let broken = health.of(&person.page).is_some_and(|h| h.broken.is_some());
        Ok(match known.any(|id| *id == person.page) {
            false => Some("thread.page_gone"),
            true => broken.then_some("thread.page_broken"),
        })
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
        let hard = suppression.filter(|s| s.hard);
        Ok(hard.map(|s| person::suppressed(self.words, &first.address, &s)))
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
        let body = self.app.inbox.store.body(message)?;
        let pictures = pictures(self.rows, message, &body)?;
        let mut view = self.shown(message, body, pictures);
        view.answers = self.answered(message)?;
        let before = before.filter(|before| before.direction != Direction::Event);
        let before = before.map(|m| self.shown(m, StoredBody::default(), Pictures::Ask));
        view.follows = before.is_some_and(|before| view.goes_on(&before));
        view.subject = view.subject.filter(|_| subject);
        view.invites = self.invites(message)?;
        Ok(Item::Message(Box::new(view)))
    }

    fn shown(&self, message: &Message, body: StoredBody, pictures: Pictures) -> MessageView {
        let messenger = self.conversation.messenger.as_ref();
        let setting = Setting {
            can_write: self.viewer.can_write(),
            seen: self.visitor.as_ref().map(|v| v.seen),
            person: messenger.map(|person| person.name.as_str()),
            pictures,
            height: self.height(message.id, &body),
        };
        let mut view = MessageView::of(self.words, message, body, setting);
        let theirs = message.author.kind == AuthorKind::Visitor;
        view.picture = person::picture(&self.conversation).filter(|_| theirs);
        view
    }

    /// The first words of what a line of Messenger answers.
    fn answered(&self, message: &Message) -> Done<Option<String>> {
        let facts = message.messenger.as_ref();
        let Some((page, mid)) = facts.and_then(|f| Some((&f.page, f.reply_to_mid.as_ref()?)))
        else {
            return Ok(None);
        };
        let Some(id) = self.rows.get(&MIDS, &format!("{page}/{mid}"))? else {
            return Ok(None);
        };
        let answered = self.rows.message(id)?;
        Ok(answered
            .map(|m| m.snippet)
            .filter(|words| !words.is_empty()))
    }

    /// What its calendar files ask or answer.
    fn invites(&self, message: &Message) -> Done<Vec<InviteView>> {
        let mut invites = Vec::new();
        for (k, file) in message.attachments.iter().enumerate() {
            if file.content_type != "text/calendar" || file.size > LONGEST_CALENDAR {
                continue;
            }
            let content = content::attachment(self.app, message, k)?;
            let text = content.map(|(_, bytes)| String::from_utf8_lossy(&bytes).into_owned());
            let invite = text.and_then(|text| parse::invite(&text, ""));
            invites.extend(invite.map(|invite| InviteView::of(self.words, invite)));
        }
        // The same event is often there twice, to be read and to be saved.
        invites.dedup_by(|a, b| a.title == b.title && a.starts == b.starts && a.told == b.told);
        Ok(invites)
    }

    fn height(&self, id: MessageId, body: &StoredBody) -> (u8, u8) {
        let Some(html) = &body.html else {
            return (0, 0);
        };
        let shown = || unfolded(html, &body.text, &body.quoted_text);
        self.app.frame_heights.of(id, shown)
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
}
