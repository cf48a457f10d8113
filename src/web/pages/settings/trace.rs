//! The mail trace: what became of a mail, whichever way it went. Every transaction of the receiver,
//! taken or refused; every mail we hold that came otherwise; every mail we sent, with its deliveries.

mod find;

pub use find::Traces;

use super::frame;
use crate::http::{Answer, Refusal, Request};
use crate::inbox::Done;
use crate::rules::contacts::{key, same};
use crate::web::App;
use crate::web::pages::guard::Viewer;
use crate::web::pages::show;
use crate::web::view::settings::{Frame, TracePage, TraceView};
use crate::web::view::{Choice, Fact, Words, person};
use casella_index::model::*;
use casella_index::search::State;
use casella_index::tables::SUPPRESSIONS;
use casella_index::{Rows, Snapshot};
use find::{Asked, MARKS, OUTCOMES};

/// Mails shown of each kind.
const SHOWN: usize = 50;
/// Conversations of a contact looked through for mails sent to it, newest first.
const CONVERSATIONS: usize = 20;

pub async fn trace(app: App, viewer: Viewer, request: Request) -> Answer {
    let query = request.query();
    let ask = Asked {
        text: query.get("q").trim().trim_matches(['<', '>']).to_owned(),
        kind: query.get("kind").to_owned(),
        before: query
            .get("before")
            .parse()
            .map(TraceId)
            .unwrap_or(TraceId(u64::MAX)),
    };
    let frame = frame(&app, &viewer, &query, "trace", None);
    let (ours, theirs) = (app.clone(), viewer.clone());
    // Rows by the thousand may be read.
    let work = move || page(&ours, &theirs, ask, frame);
    let view = tokio::task::spawn_blocking(work)
        .await
        .map_err(Refusal::internal)?;
    let view = view.map_err(|e| viewer.refuse(&app, e))?;
    show(&app, &viewer, "pages/settings_trace", &view)
}

fn page(app: &App, viewer: &Viewer, ask: Asked, frame: Frame) -> Done<TracePage> {
    let words = viewer.words(app);
    let rows = app.inbox.read()?;
    let tracer = Tracer {
        app,
        words,
        rows: &rows,
    };
    let found = app.traces.find(&rows, &ask, SHOWN)?;
    Ok(TracePage {
        frame,
        notices: tracer.notices(&ask.text)?,
        kinds: kinds(words, &ask.kind),
        older: found.older.map(|before| ask.url(before)),
        traces: tracer.all(&ask, found.traces)?,
        q: ask.text,
    })
}

/// The decisions and kinds of mail that can be asked for.
fn kinds(words: Words<'_>, asked: &str) -> Vec<Choice> {
    let choice = |group: &str, word: &str| {
        let value = format!("{group}:{word}");
        let label = words.t(&format!("trace.{group}.{word}"));
        let chosen = value == asked;
        Choice::new(value, label, chosen)
    };
    let all = Choice::new("", words.t("trace.all"), asked.is_empty());
    let outcomes = OUTCOMES.iter().map(|word| choice("outcome", word));
    let marks = MARKS.iter().map(|word| choice("mark", word));
    std::iter::once(all).chain(outcomes).chain(marks).collect()
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
    /// The transactions, and on the first page the mails that no transaction tells of, newest first.
    fn all(&self, ask: &Asked, transactions: Vec<Trace>) -> Done<Vec<TraceView>> {
        let known: Vec<MessageId> = transactions.iter().filter_map(|t| t.message).collect();
        let mut views = Vec::new();
        for transaction in transactions {
            views.push(self.transaction(transaction)?);
        }
        let first = ask.before == TraceId(u64::MAX) && ask.kind.is_empty();
        let mails = match first {
            true => mails(self.rows, &ask.text)?,
            false => Vec::new(),
        };
        for message in mails {
            if message.direction == Direction::Out {
                views.push(self.sent(&message)?);
            } else if !known.contains(&message.id) {
                views.push(self.held(&message)?);
            }
        }
        views.sort_by_key(|view| std::cmp::Reverse(view.at));
        Ok(views)
    }

    /// What holds for every mail from or to this address.
    fn notices(&self, address: &str) -> Done<Vec<String>> {
        let Some(key) = key(address) else {
            return Ok(Vec::new());
        };
        let suppressed = self.rows.get(&SUPPRESSIONS, &key)?.filter(|s| s.hard);
        let suppressed = suppressed.map(|s| {
            let told = [("address", address), ("detail", s.detail.as_str())];
            self.words.with("thread.suppressed", &told)
        });
        let contact = self.rows.contact_of(&key)?.filter(|c| c.blocked);
        let blocked = contact.map(|contact| {
            let told = [("who", contact.display())];
            self.words.with("thread.blocked_address", &told)
        });
        Ok(suppressed.into_iter().chain(blocked).collect())
    }

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
            self.fact("index", self.words.t(self.index(message.id))),
        ])
    }

    /// Whether this message can be found, and if not, why.
    fn index(&self, message: MessageId) -> &'static str {
        let serving = &self.app.serving;
        match serving.state() {
            _ if serving.holds(message) => "trace.indexed",
            State::Ready => "trace.indexing",
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
