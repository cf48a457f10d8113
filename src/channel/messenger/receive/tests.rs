//! A set of events gives one thread, however often, in whatever order and in whatever batches it comes.

use super::*;
use crate::clock::Clock;
use crate::config::Config;
use crate::inbox::Inbox;
use casella_index::Actor;
use serde_json::{Value, json};

const PAGE: &str = "1001";
const NOW: Millis = 1_781_000_000_000;

struct House {
    inbox: Inbox,
    _folder: tempfile::TempDir,
}

impl House {
    fn new() -> House {
        let folder = tempfile::tempdir().unwrap();
        let inbox = Inbox::open(Config::default(), Clock::manual(NOW), folder.path()).unwrap();
        House {
            inbox,
            _folder: folder,
        }
    }

    async fn takes(&self, body: &[u8]) {
        let webhook = Webhook::read(body);
        let stamp = self.inbox.stamp(Actor::Stranger);
        let pages = [PAGE.to_owned()];
        let write = move |tx: &mut Tx<'_>| take(tx, &webhook, &pages);
        self.inbox.store.write(stamp, write).await.unwrap();
    }

    /// Each batch is an entry of its own, two entries a webhook.
    async fn hears(&self, batches: &[Vec<Value>]) {
        for entries in batches.chunks(2) {
            let entry = |events: &Vec<Value>| json!({"id": PAGE, "time": NOW, "messaging": events});
            let entries: Vec<Value> = entries.iter().map(entry).collect();
            let body = json!({"object": "page", "entry": entries}).to_string();
            self.takes(body.as_bytes()).await;
        }
    }

    /// All that agents see of it.
    fn shown(&self) -> Vec<String> {
        let rows = self.inbox.read().unwrap();
        let mut shown = Vec::new();
        for psid in ["anna", "bob"] {
            let key = format!("{PAGE}/{psid}");
            let id = rows.get(&MESSENGER_THREADS, &key).unwrap().unwrap();
            let it = rows.conversation(id).unwrap().unwrap();
            let person = it.messenger.unwrap();
            shown.push(format!(
                "{psid}: {} {:?} {} {} {} {} {:?} {} {}",
                it.read,
                it.status,
                it.snippet,
                it.updated_at,
                person.last_inbound,
                person.owned_elsewhere,
                person.locked,
                person.read_until,
                person.delivered_until,
            ));
            for message in rows.thread(id, 0, 1_000).unwrap() {
                if message.direction != Direction::Event {
                    shown.push(line(&self.inbox, message));
                }
            }
        }
        shown
    }
}

fn line(inbox: &Inbox, message: Message) -> String {
    let text = inbox.store.body(&message).unwrap().text;
    let facts = message.messenger.unwrap();
    let files: Vec<_> = message.attachments.iter().map(|file| &file.name).collect();
    format!(
        "{} {:?} {text} | {} {:?} {files:?} {:?} {:?} {} {} {:?} {} {:?} {}",
        message.at,
        message.direction,
        message.snippet,
        message.delivery.state,
        facts.mid,
        facts.reactions,
        facts.edits,
        facts.unsent,
        facts.reply_to_mid,
        facts.kind,
        facts.payload,
        facts.outside,
    )
}

fn event(psid: &str, at: Millis, what: &str, facts: Value) -> Value {
    let mut event =
        json!({"sender": {"id": psid}, "recipient": {"id": PAGE}, "timestamp": NOW - 60_000 + at});
    event[what] = facts;
    event
}

fn echo(psid: &str, at: Millis, mid: &str, text: &str) -> Value {
    json!({"sender": {"id": PAGE}, "recipient": {"id": psid}, "timestamp": NOW - 60_000 + at,
        "message": {"mid": mid, "text": text, "is_echo": true, "app_id": 9}})
}

/// Two people's talk, with all that can happen in one.
fn talk() -> Vec<Value> {
    let watermark = |at: Millis| json!({"watermark": NOW - 60_000 + at});
    vec![
        event(
            "anna",
            10,
            "message",
            json!({"mid": "a1", "text": "Is it open?"}),
        ),
        event(
            "anna",
            10,
            "message",
            json!({"mid": "a2", "text": "At the same moment"}),
        ),
        event(
            "anna",
            20,
            "message_edit",
            json!({"mid": "a1", "text": "Is it open now?", "num_edit": 1}),
        ),
        event(
            "anna",
            25,
            "message_edit",
            json!({"mid": "a1", "text": "Is it open today?", "num_edit": "2"}),
        ),
        echo("anna", 30, "e1", "It is."),
        echo("anna", 90, "e2", "Until six."),
        event(
            "anna",
            35,
            "delivery",
            json!({"mids": ["e1"], "watermark": NOW - 60_000 + 31}),
        ),
        event("anna", 40, "read", watermark(36)),
        event("anna", 95, "delivery", json!({"mids": ["e2"]})),
        event(
            "anna",
            41,
            "reaction",
            json!({"mid": "e1", "action": "react", "emoji": "😮"}),
        ),
        event(
            "anna",
            42,
            "reaction",
            json!({"mid": "e1", "action": "unreact"}),
        ),
        event(
            "anna",
            43,
            "reaction",
            json!({"mid": "e1", "action": "react", "emoji": "❤"}),
        ),
        event(
            "anna",
            44,
            "reaction",
            json!({"mid": "e2", "action": "react", "emoji": "❤"}),
        ),
        event(
            "anna",
            46,
            "reaction",
            json!({"mid": "e2", "action": "unreact"}),
        ),
        event(
            "anna",
            50,
            "message",
            json!({"mid": "a3", "attachments":
            [{"type": "image", "payload": {"url": "https://x.fbcdn.net/photo.png"}}]}),
        ),
        event("anna", 55, "message", json!({"mid": "a4", "text": "Oh no"})),
        event(
            "anna",
            56,
            "message",
            json!({"mid": "a4", "is_deleted": true}),
        ),
        event(
            "anna",
            60,
            "postback",
            json!({"title": "Hours", "payload": "HOURS"}),
        ),
        event("anna", 61, "message", json!({"text": "without any mid"})),
        event("anna", 62, "message", json!({"text": "and another"})),
        event("anna", 63, "telepathy", json!({"x": 1})),
        event(
            "anna",
            70,
            "message",
            json!({"mid": "a5", "is_unsupported": true}),
        ),
        event(
            "bob",
            5,
            "message",
            json!({"mid": "b1", "text": "Hello", "reply_to": {"mid": "e0"}}),
        ),
        event(
            "bob",
            65,
            "take_thread_control",
            json!({"previous_owner_app_id": 1}),
        ),
        event(
            "bob",
            66,
            "pass_thread_control",
            json!({"new_owner_app_id": 1}),
        ),
        event(
            "bob",
            85,
            "take_thread_control",
            json!({"previous_owner_app_id": 1}),
        ),
        event(
            "bob",
            80,
            "message",
            json!({"mid": "b2", "text": "Size M", "quick_reply": {"payload": "M"}}),
        ),
    ]
}

/// Repeatable chance (an LCG of Knuth's).
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % most
    }

    fn shuffle<T>(&mut self, all: &mut [T]) {
        for n in (1..all.len()).rev() {
            all.swap(n, self.below(n + 1));
        }
    }

    /// Cuts them into batches of any size.
    fn batches(&mut self, all: &[Value]) -> Vec<Vec<Value>> {
        let mut batches = vec![Vec::new()];
        for event in all {
            if self.below(3) == 0 {
                batches.push(Vec::new());
            }
            batches.last_mut().unwrap().push(event.clone());
        }
        batches
    }
}

#[tokio::test]
async fn any_order_any_batches_and_any_repetition_give_the_same_thread() {
    let plain = House::new();
    plain.hears(&[talk()]).await;
    let expected = plain.shown();
    assert_eq!(expected.len(), 2 + 11 + 2, "{expected:#?}");
    let mut dice = Dice(26);
    for round in 0..60 {
        let mut events = talk();
        for _ in 0..dice.below(20) {
            events.push(talk().swap_remove(dice.below(talk().len())));
        }
        // The thread begins with a person's word; what comes before it has nowhere to stand.
        let first = events.split_off(1);
        let began = std::mem::replace(&mut events, first);
        dice.shuffle(&mut events);
        let house = House::new();
        house.hears(&[began, vec![talk()[22].clone()]]).await;
        house.hears(&dice.batches(&events)).await;
        assert_eq!(house.shown(), expected, "round {round}");
    }
}

#[tokio::test]
async fn a_time_nobody_can_believe_opens_no_endless_window() {
    for time in [json!(i64::MAX), json!(NOW * 5), json!("9e30"), json!(-7)] {
        let house = House::new();
        let mut event = event("anna", 0, "message", json!({"mid": "m", "text": "Hi"}));
        event["timestamp"] = time.clone();
        let bob = json!({"sender": {"id": "bob"}, "timestamp": NOW, "message": {"mid": "b", "text": "x"}});
        house.hears(&[vec![event, bob]]).await;
        let rows = house.inbox.read().unwrap();
        let id = rows
            .get(&MESSENGER_THREADS, &format!("{PAGE}/anna"))
            .unwrap()
            .unwrap();
        let person = rows.conversation(id).unwrap().unwrap().messenger.unwrap();
        assert_eq!(person.last_inbound, NOW, "{time}");
    }
}
