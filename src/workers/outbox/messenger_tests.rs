//! Answers through Messenger, to a Graph that refuses, keeps silent or slows down, under a clock set by hand.

use std::time::Duration;

use casella_index::model::*;
use serde_json::{Value, json};

use super::*;
use crate::channel::messenger::deliver::Sender;
use crate::channel::messenger::graph::Graph as Client;
use crate::channel::messenger::receive::{self, Webhook};
use crate::clock::{Clock, DAY};
use crate::config::{Config, Page, Secret};
use crate::fetch::Fetcher;
use crate::inbox::reply::{House, NewFile, Reply, Way, reply, send_again};
use crate::render::Templates;
use casella_index::store::pack;
use graph::{Fate, Graph};

#[allow(dead_code, reason = "the world uses the rest of it")]
#[path = "../../tests/world/graph.rs"]
mod graph;

const NOON: Millis = 1_767_355_200_000;
const PAGE: &str = "1001";

struct World {
    inbox: Inbox,
    clock: Clock,
    graph: Graph,
    agent: AgentId,
    _outbox: Outbox,
    _folder: tempfile::TempDir,
}

impl World {
    async fn new() -> Self {
        Self::with(false).await
    }

    async fn with(human_agent: bool) -> Self {
        let graph = Graph::start();
        let mut config = Config::default();
        config.messenger.pages = vec![Page {
            id: PAGE.into(),
            token: Secret::new("token"),
        }];
        config.messenger.app_secret = Some(Secret::new("secret"));
        config.messenger.graph_url = graph.url();
        config.messenger.human_agent = human_agent;
        let client = Client::new(Fetcher::new(&[]), &graph.url(), "v26.0");
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::manual(NOON);
        let inbox = Inbox::open(config, clock.clone(), folder.path()).unwrap();
        let templates = Arc::new(Templates::load(None).unwrap());
        let sender = Arc::new(Sender::new(inbox.clone(), client, templates));
        let outbox = Outbox::start(inbox.clone(), vec![sender]).await.unwrap();
        let agent = Self::hire(&inbox).await;
        Self {
            inbox,
            clock,
            graph,
            agent,
            _outbox: outbox,
            _folder: folder,
        }
    }

    async fn hire(inbox: &Inbox) -> AgentId {
        let stamp = inbox.stamp(Actor::Operator);
        let write = inbox.store.write(stamp, |tx| {
            let agent = Agent {
                id: AgentId(1),
                email: "anna@shop.example".into(),
                name: "Anna".into(),
                role: Role::Agent,
                ..Agent::default()
            };
            tx.record(casella_index::Event::AgentChanged(agent))
        });
        write.await.unwrap();
        AgentId(1)
    }

    /// A webhook with these events.
    async fn happens(&self, events: Vec<Value>) {
        let body = json!({"object": "page", "entry": [{"id": PAGE, "messaging": events}]});
        let webhook = Webhook::read(body.to_string().as_bytes());
        let stamp = self.inbox.stamp(Actor::Stranger);
        let pages = [PAGE.to_owned()];
        let write = self
            .inbox
            .store
            .write(stamp, move |tx| receive::take(tx, &webhook, &pages));
        write.await.unwrap();
    }

    /// Somebody writes; gives their conversation.
    async fn says(&self, psid: &str, text: &str) -> ConversationId {
        let mid = format!("m_{psid}_{text}");
        self.happens(vec![
            json!({"sender": {"id": psid}, "recipient": {"id": PAGE}, "timestamp": self.clock.now(),
            "message": {"mid": mid, "text": text}}),
        ])
        .await;
        let key = format!("{PAGE}/{psid}");
        let rows = self.inbox.read().unwrap();
        rows.get(&casella_index::tables::MESSENGER_THREADS, &key)
            .unwrap()
            .unwrap()
    }

    /// The echo of the n-th message the Graph took.
    async fn echoes(&self, n: usize) {
        let sent = self.graph.sent().remove(n);
        let message = &sent.body["message"];
        self.happens(vec![json!({"sender": {"id": PAGE}, "recipient": sent.body["recipient"],
            "timestamp": self.clock.now(), "message": {"mid": sent.mid, "is_echo": true, "app_id": 9,
            "text": message["text"], "metadata": message["metadata"]}})])
            .await;
    }

    async fn answer(&self, to: ConversationId, text: &str) -> MessageId {
        self.try_answer(Actor::Agent(self.agent), to, text, vec![])
            .await
            .unwrap()
    }

    async fn try_answer(
        &self,
        by: Actor,
        to: ConversationId,
        text: &str,
        files: Vec<NewFile>,
    ) -> Done<MessageId> {
        let house = House::of(&self.inbox);
        let wanted = Reply {
            way: Way::By(Channel::Messenger),
            text: text.into(),
            files,
            ..Reply::default()
        };
        let stamp = self.inbox.stamp(by);
        let write = move |tx: &mut casella_index::Tx<'_>| reply(tx, &house, to, wanted);
        Ok(self.inbox.store.write(stamp, write).await?.id)
    }

    fn message(&self, id: MessageId) -> Message {
        self.inbox.read().unwrap().message(id).unwrap().unwrap()
    }

    /// Waits until the delivery is as wanted.
    async fn until(&self, id: MessageId, wanted: impl Fn(&Delivery) -> bool) -> Delivery {
        for _ in 0..1_000 {
            let delivery = self.message(id).delivery;
            if wanted(&delivery) {
                return delivery;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("never so: {:?}", self.message(id).delivery);
    }

    async fn until_state(&self, id: MessageId, state: DeliveryState) -> Delivery {
        self.until(id, |delivery| delivery.state == state).await
    }

    /// Waits until the page called that often.
    async fn until_calls(&self, calls: usize) {
        for _ in 0..1_000 {
            if self.graph.calls(PAGE) == calls {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{} calls, not {calls}", self.graph.calls(PAGE));
    }

    /// Long enough for a try that should not be made.
    async fn nothing_more(&self, calls: usize) {
        tokio::time::sleep(Duration::from_millis(1_300)).await;
        assert_eq!(self.graph.calls(PAGE), calls);
    }

    /// The keys of the event lines in a thread.
    fn told(&self, id: ConversationId) -> Vec<String> {
        let thread = self.inbox.read().unwrap().thread(id, 0, 100).unwrap();
        let key = |m: Message| Some(m.event?.key);
        thread.into_iter().filter_map(key).collect()
    }

    fn sent(&self) -> Vec<String> {
        let text = |sent: graph::Sent| match sent.body["message"]["text"].as_str() {
            Some(text) => text.to_owned(),
            None => "a file".into(),
        };
        self.graph.sent().into_iter().map(text).collect()
    }
}

fn plan() -> Vec<NewFile> {
    vec![NewFile {
        name: "plan.txt".into(),
        content_type: "text/plain".into(),
        bytes: pack(b"A plan"),
    }]
}

#[tokio::test]
async fn an_answer_nobody_confirms_goes_twice_at_most_and_then_a_person_decides() {
    let world = World::new().await;
    let anna = world.says("anna", "Hi").await;
    world.graph.page_is(PAGE, Some(Fate::Lost));
    let id = world.answer(anna, "Hello").await;
    let waiting = world.until_state(id, DeliveryState::Delayed).await;
    assert!(waiting.detail.contains("no answer"), "{}", waiting.detail);
    world.clock.advance(MINUTE);
    world.nothing_more(1).await;
    world.clock.advance(MINUTE);
    world.until_calls(2).await;
    world.until(id, |delivery| delivery.attempts == 2).await;
    world.clock.advance(2 * MINUTE);
    let over = world.until_state(id, DeliveryState::Failed).await;
    assert!(
        over.detail.contains("perhaps it arrived"),
        "{}",
        over.detail
    );
    assert_eq!(world.told(anna), ["delivery_unsure"]);
    world.clock.advance(DAY);
    world.nothing_more(2).await;

    world.graph.page_is(PAGE, None);
    world.says("anna", "Still there?").await;
    let house = House::of(&world.inbox);
    let stamp = world.inbox.stamp(Actor::Agent(world.agent));
    let write = world
        .inbox
        .store
        .write(stamp, move |tx| send_again(tx, &house, id));
    write.await.unwrap();
    world.until_state(id, DeliveryState::Sent).await;
    assert_eq!(world.sent(), ["Hello"]);
}

#[tokio::test]
async fn the_echo_of_an_answer_without_an_answer_ends_the_waiting() {
    let world = World::new().await;
    let anna = world.says("anna", "Hi").await;
    world.graph.page_is(PAGE, Some(Fate::Silence));
    let id = world.answer(anna, "Hello").await;
    world.until_state(id, DeliveryState::Delayed).await;
    world.echoes(0).await;
    world.until_state(id, DeliveryState::Sent).await;
    world.clock.advance(DAY);
    world.nothing_more(1).await;
}

#[tokio::test]
async fn the_echo_of_the_text_lets_the_file_go_at_once() {
    let world = World::new().await;
    let anna = world.says("anna", "Hi").await;
    world.graph.page_is(PAGE, Some(Fate::Silence));
    let by = Actor::Agent(world.agent);
    let id = world.try_answer(by, anna, "The plan", plan()).await;
    let id = id.unwrap();
    world.until_state(id, DeliveryState::Delayed).await;
    world.graph.page_is(PAGE, None);
    world.echoes(0).await;
    world.until_state(id, DeliveryState::Sent).await;
    assert_eq!(world.sent(), ["The plan", "a file"]);
}

#[tokio::test]
async fn a_late_echo_puts_right_what_was_given_up() {
    let world = World::new().await;
    let anna = world.says("anna", "Hi").await;
    world.graph.page_is(PAGE, Some(Fate::Silence));
    let id = world.answer(anna, "Hello").await;
    for attempts in 1..=2 {
        world
            .until(id, |delivery| delivery.attempts == attempts)
            .await;
        world.clock.advance(2 * MINUTE);
    }
    world.until_state(id, DeliveryState::Failed).await;
    world.echoes(1).await;
    let late = world.until_state(id, DeliveryState::Sent).await;
    assert_eq!(late.detail, "");
}

#[tokio::test]
async fn one_persons_answers_go_in_order_whatever_happens_to_the_first() {
    let world = World::new().await;
    let anna = world.says("anna", "Hi").await;
    let bob = world.says("bob", "Hi").await;
    world.graph.page_is(PAGE, Some(Fate::Refused(2, 0)));
    let first = world.answer(anna, "First").await;
    world.until_state(first, DeliveryState::Delayed).await;
    world.graph.page_is(PAGE, None);
    let second = world.answer(anna, "Second").await;
    let other = world.answer(bob, "To Bob").await;
    world.until_state(other, DeliveryState::Sent).await;
    assert_eq!(world.message(second).delivery.state, DeliveryState::Queued);
    world.clock.advance(3 * MINUTE);
    world.until_state(second, DeliveryState::Sent).await;
    assert_eq!(world.sent(), ["To Bob", "First", "Second"]);
}

#[tokio::test]
async fn a_page_that_is_slowed_down_keeps_silent_as_long_as_meta_says() {
    for (asked, minutes) in [(None, 5), (Some(19), 19)] {
        let world = World::new().await;
        let anna = world.says("anna", "Hi").await;
        let bob = world.says("bob", "Hi").await;
        world.graph.page_is(PAGE, Some(Fate::Refused(613, 0)));
        if let Some(asked) = asked {
            world.graph.regain_after(asked);
        }
        let first = world.answer(anna, "To Anna").await;
        world.until_state(first, DeliveryState::Delayed).await;
        world.graph.page_is(PAGE, None);
        let second = world.answer(bob, "To Bob").await;
        world.until_state(second, DeliveryState::Delayed).await;
        world.clock.advance((minutes - 1) * MINUTE);
        world.nothing_more(1).await;
        world.clock.advance(2 * MINUTE);
        for id in [first, second] {
            world.until_state(id, DeliveryState::Sent).await;
        }
    }
}

#[tokio::test]
async fn a_late_answer_goes_as_what_it_is_when_it_goes() {
    let world = World::with(true).await;
    let anna = world.says("anna", "Hi").await;
    let tag = |n: usize| world.graph.sent()[n].body["tag"].clone();
    let inside = world.answer(anna, "Today").await;
    world.until_state(inside, DeliveryState::Sent).await;
    assert_eq!(tag(0), Value::Null);
    world.graph.page_is(PAGE, Some(Fate::Refused(2, 0)));
    let late = world.answer(anna, "Just in time").await;
    world.until_state(late, DeliveryState::Delayed).await;
    world.graph.page_is(PAGE, None);
    world.clock.advance(DAY);
    world.until_state(late, DeliveryState::Sent).await;
    assert_eq!(tag(1), "HUMAN_AGENT");
    assert!(world.message(late).messenger.unwrap().human_agent);
}
