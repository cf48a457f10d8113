//! The mail trace: what became of a mail, whichever way it went. Every transaction of the receiver,
//! taken or refused; every mail we hold that came otherwise; every mail we sent, with its deliveries.

use super::frame;
use crate::http::{Answer, Request};
use crate::inbox::Done;
use crate::rules::contacts::{key, same};
use crate::web::App;
use crate::web::pages::guard::Viewer;
use crate::web::pages::show;
use crate::web::view::settings::{TracePage, TraceView};
use crate::web::view::{Fact, Words, person};
use casella_index::model::*;
use casella_index::search::State;
use casella_index::tables::TRACES;
use casella_index::{Rows, Snapshot};

/// Transactions read at a time.
const STEP: usize = 500;
/// Mails shown of each kind.
const SHOWN: usize = 50;
/// Conversations of a contact looked through for mails sent to it, newest first.
const CONVERSATIONS: usize = 20;

pub async fn trace(app: App, viewer: Viewer, request: Request) -> Answer {
    let query = request.query();
    let asked = query.get("q").trim().trim_matches(['<', '>']).to_owned();
    let traces = found(&app, viewer.words(&app), &asked);
    let view = TracePage {
        frame: frame(&app, &viewer, &query, "trace", None),
        q: asked,
        traces: traces.map_err(|e| viewer.refuse(&app, e))?,
    };
    show(&app, &viewer, "pages/settings_trace", &view)
}

/// What is known of the mails of this address or Message-ID, newest first; without either, of the newest.
fn found(app: &App, words: Words<'_>, asked: &str) -> Done<Vec<TraceView>> {
    let rows = app.inbox.read()?;
    let tracer = Tracer {
        app,
        words,
        rows: &rows,
    };
    let transactions = transactions(&rows, asked)?;
    let known: Vec<MessageId> = transactions.iter().filter_map(|t| t.message).collect();
    let mut views = Vec::new();
    for transaction in transactions {
        views.push(tracer.transaction(transaction)?);
    }
    for message in mails(&rows, asked)? {
        if message.direction == Direction::Out {
            views.push(tracer.sent(&message)?);
        } else if !known.contains(&message.id) {
            views.push(tracer.held(&message)?);
        }
    }
    views.sort_by_key(|view| std::cmp::Reverse(view.at));
    Ok(views)
}

fn transactions(rows: &Snapshot, asked: &str) -> Done<Vec<Trace>> {
    let asked = asked.to_lowercase();
    let mut found = Vec::new();
    let mut end = TraceId(u64::MAX);
    while found.len() < SHOWN {
        let step = rows.range_back(&TRACES, TraceId(0)..end, STEP)?;
        let Some((lowest, _)) = step.last() else {
            break;
        };
        end = *lowest;
        let traces = step.into_iter().map(|(_, trace)| trace);
        found.extend(traces.filter(|trace| names(trace, &asked)));
    }
    found.truncate(SHOWN);
    Ok(found)
}

fn names(trace: &Trace, asked: &str) -> bool {
    let wanted = key(asked);
    let is =
        |text: &str| text.to_lowercase().contains(asked) || wanted.is_some() && key(text) == wanted;
    asked.is_empty()
        || is(&trace.message_id)
        || is(&trace.mail_from)
        || is(&trace.header_from)
        || trace.recipients.iter().any(|recipient| is(recipient))
}

/// Mails we hold that bear this id, and mails we sent to this address.
fn mails(rows: &Snapshot, asked: &str) -> Done<Vec<Message>> {
    let mut found = Vec::new();
    for (id, own) in rows.mails_with_id(asked)? {
        found.extend(rows.message(id)?.filter(|_| own));
    }
    let contact = key(asked).map(|key| rows.contact_of(&key)).transpose()?;
    let Some(contact) = contact.flatten() else {
        return Ok(found);
    };
    let theirs = rows.conversations_of(contact.id)?.into_iter().rev();
    for conversation in theirs.take(CONVERSATIONS) {
        let newest = rows.thread_back(conversation, u32::MAX, SHOWN)?;
        found.extend(newest.into_iter().filter(|message| went_to(message, asked)));
    }
    found.truncate(SHOWN);
    Ok(found)
}

fn went_to(message: &Message, address: &str) -> bool {
    let copies = &message.delivery.recipients;
    message.direction == Direction::Out && copies.iter().any(|copy| same(&copy.address, address))
}

struct Tracer<'a> {
    app: &'a App,
    words: Words<'a>,
    rows: &'a Snapshot,
}

impl Tracer<'_> {
    fn fact(&self, key: &str, value: impl Into<String>) -> Fact {
        Fact::new(self.words.t(&format!("trace.{key}")), value)
    }

    fn transaction(&self, trace: Trace) -> Done<TraceView> {
        let tls = trace.tls.as_deref().unwrap_or("–");
        let mut facts = vec![
            self.fact("from", format!("<{}>", trace.mail_from)),
            self.fact("to", trace.recipients.join(", ")),
            self.fact("header_from", trace.header_from.as_str()),
            self.fact("subject", trace.subject.as_str()),
            self.fact("id", trace.message_id.as_str()),
            self.fact("session", format!("{} {} {tls}", trace.ip, trace.helo)),
        ];
        if trace.size > 0 {
            facts.push(self.fact("size", format!("{} B", trace.size)));
        }
        facts.retain(|fact| !fact.value.is_empty());
        let message = trace.message.map(|id| self.rows.message(id)).transpose()?;
        let message = message.flatten();
        if let Some(message) = &message {
            facts.extend(self.whereabouts(message)?);
        }
        Ok(TraceView {
            tone: match trace.reply.as_bytes().first() {
                Some(b'2') => "done",
                Some(b'4') => "warning",
                _ => "danger",
            },
            decision: self.decision(&trace),
            marks: self.marks(&trace.marks),
            reply: trace.reply,
            at: trace.at,
            facts,
        })
    }

    fn decision(&self, trace: &Trace) -> String {
        let key = format!("trace.outcome.{}", trace.outcome);
        match self.words.t(&key) {
            unknown if unknown == key => trace.decision.clone(),
            told => told,
        }
    }

    fn marks(&self, marks: &[String]) -> Vec<String> {
        let told = |mark: &String| self.words.t(&format!("trace.mark.{mark}"));
        marks.iter().map(told).collect()
    }

    /// The conversation it is in now, and whether it can be found.
    fn whereabouts(&self, message: &Message) -> Done<Vec<Fact>> {
        let id = message.conversation;
        let conversation = self.rows.living(id)?.unwrap_or_default();
        let subject = person::subject(self.words, &conversation);
        let state = match conversation.status {
            Status::Open => "inbox.open",
            Status::Complete => "row.complete",
        };
        Ok(vec![
            Fact {
                url: Some(format!("/messages/{}", message.id)),
                note: Some(self.words.t(state)),
                ..self.fact("conversation", format!("{id}: {subject}"))
            },
            self.fact("index", self.words.t(self.index())),
        ])
    }

    /// Whether the index has reached what was journalled last.
    fn index(&self) -> &'static str {
        let serving = &self.app.serving;
        let behind = serving.reached() < self.app.inbox.store.last_seq();
        match (serving.state(), behind) {
            (State::Ready, false) => "trace.indexed",
            (State::Ready, true) => "trace.indexing",
            _ => "trace.not_indexed",
        }
    }

    /// A mail that left us: what became of each copy.
    fn sent(&self, message: &Message) -> Done<TraceView> {
        let delivery = &message.delivery;
        let state = delivery.state.as_str();
        let mut facts = self.mail_facts(message);
        for copy in &delivery.recipients {
            let state = self.words.t(&format!("delivery.{}", copy.state.as_str()));
            let told = [state.as_str(), copy.detail.as_str()];
            let told: Vec<&str> = told.into_iter().filter(|part| !part.is_empty()).collect();
            facts.push(self.fact(
                "delivery",
                format!("{}: {}", copy.address, told.join(" · ")),
            ));
        }
        facts.extend(self.whereabouts(message)?);
        Ok(TraceView {
            tone: match delivery.state {
                DeliveryState::Failed | DeliveryState::Bounced => "danger",
                DeliveryState::Delayed | DeliveryState::Queued => "warning",
                _ => "done",
            },
            reply: self.words.t(&format!("delivery.{state}")),
            decision: self.words.t("trace.outcome.sent"),
            marks: Vec::new(),
            at: message.at,
            facts,
        })
    }

    /// A mail that came by another way than the receiver, or too long ago for its transaction to be kept.
    fn held(&self, message: &Message) -> Done<TraceView> {
        let mut facts = self.mail_facts(message);
        facts.extend(self.whereabouts(message)?);
        let matched = message.matched_by.as_deref().unwrap_or("new");
        let via = message.email.iter().flat_map(|mail| &mail.paths);
        let via: Vec<&str> = via.map(|path| path.via.as_str()).collect();
        Ok(TraceView {
            tone: "done",
            reply: via.join(", "),
            decision: self.words.t(&format!("trace.outcome.{matched}")),
            marks: Vec::new(),
            at: message.at,
            facts,
        })
    }

    fn mail_facts(&self, message: &Message) -> Vec<Fact> {
        let mail = message.email.clone().unwrap_or_default();
        let to: Vec<&str> = mail.to.iter().map(|to| to.address.as_str()).collect();
        let mut facts = vec![
            self.fact("header_from", mail.from.address.as_str()),
            self.fact("to", to.join(", ")),
            self.fact("subject", message.subject.as_str()),
            self.fact("id", mail.message_id.as_str()),
        ];
        facts.retain(|fact| !fact.value.is_empty());
        facts
    }
}
