//! Mail from the reply to a smarthost's answer, over a real socket, under a clock set by hand.

use std::time::Duration;

use casella_index::model::*;
use casella_index::{Event, Stamp};
use mail_parser::MessageParser;

use super::*;
use crate::channel::email::deliver::fake::{
    HANG_UP, Rule, Script, Server, Zone, always, no_policies, once,
};
use crate::channel::email::deliver::{Caller, Courier, Direct, Settings, Timeouts, Trust};
use crate::channel::email::post::Post;
use crate::clock::Clock;
use crate::config::Config;
use crate::inbox::line::{self, Texts};
use crate::inbox::reply::{House, Reply, Way, reply};
use crate::render::Templates;
use crate::rules::retry::{GIVE_UP_AFTER, NOTICE_AFTER};
use crate::rules::token;

const NOON: Millis = 1_767_355_200_000;

/// An inbox with one customer's mail in it, and an outbox at work.
struct World {
    inbox: Inbox,
    clock: Clock,
    outbox: Option<Outbox>,
    via: String,
    _folder: tempfile::TempDir,
}

fn via(server: &Server) -> String {
    format!("smtp://{}", server.address)
}

async fn server(rules: Vec<Rule>) -> Server {
    Server::start(Script {
        rules,
        ..Script::default()
    })
    .await
}

fn post(inbox: &Inbox, via: &str) -> Arc<dyn Deliver> {
    let settings = Settings {
        via: via.parse().unwrap(),
        password: None,
        direct: Direct {
            port: 25,
            allow: Vec::new(),
        },
        caller: Caller {
            hostname: "inbox.example".into(),
            trust: Trust::new(&[]).unwrap(),
            timeouts: Timeouts::default(),
        },
    };
    let courier = Courier::new(settings, Arc::new(Zone::default()), no_policies());
    let templates = Arc::new(Templates::load(None).unwrap());
    Arc::new(Post::new(
        inbox.clone(),
        templates,
        "https://inbox.example",
        courier,
    ))
}

impl World {
    async fn new(via: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::manual(NOON);
        let inbox = Inbox::open(Config::default(), clock.clone(), folder.path()).unwrap();
        let mut world = Self {
            inbox,
            clock,
            outbox: None,
            via: via.into(),
            _folder: folder,
        };
        world.customer().await;
        world.start().await;
        world
    }

    async fn start(&mut self) {
        let post = post(&self.inbox, &self.via);
        self.outbox = Some(Outbox::start(self.inbox.clone(), vec![post]).await.unwrap());
    }

    async fn customer(&self) {
        let stamp = Stamp::new(NOON - 60_000, Actor::Stranger);
        let write = self.inbox.store.write(stamp, |tx| {
            tx.record(Event::ContactCreated(Contact {
                id: ContactId(1),
                name: "Anna".into(),
                addresses: vec![ContactAddress {
                    address: "anna@example.com".into(),
                    key: "anna@example.com".into(),
                    verified: true,
                    ..ContactAddress::default()
                }],
                ..Contact::default()
            }))?;
            tx.record(Event::ConversationOpened(Conversation {
                id: ConversationId(1),
                contact: Some(ContactId(1)),
                verified: true,
                next_seq: 1,
                ..Conversation::default()
            }))?;
            let conversation = line::conversation(tx, ConversationId(1))?;
            let message = Message {
                author: Author {
                    kind: AuthorKind::Contact,
                    name: "Anna".into(),
                    ..Author::default()
                },
                channels: vec![Channel::Email],
                subject: "Where is it?".into(),
                body: Texts::plain("Where is order 12?").keep(tx)?,
                email: Some(EmailFacts {
                    message_id: "in@example.com".into(),
                    from: MailAddress {
                        name: "Anna".into(),
                        address: "anna@example.com".into(),
                    },
                    cc: vec![MailAddress {
                        name: String::new(),
                        address: "bob@example.org".into(),
                    }],
                    ..EmailFacts::default()
                }),
                ..line::next(tx, &conversation)?
            };
            tx.record(Event::MessageAdded {
                message: Box::new(message),
                reopens: false,
                unread: false,
            })?;
            Done::Ok(())
        });
        write.await.unwrap();
    }

    /// Answers Anna, and Bob only if asked to.
    async fn answer(&self, text: &str, with_bob: bool) -> MessageId {
        let house = House::of(&self.inbox);
        let wanted = Reply {
            way: Way::By(Channel::Email),
            text: text.into(),
            cc: (!with_bob).then(Vec::new),
            ..Reply::default()
        };
        let stamp = self.inbox.stamp(Actor::Operator);
        let write = self.inbox.store.write(stamp, move |tx| {
            reply(tx, &house, ConversationId(1), wanted)
        });
        write.await.unwrap().id
    }

    fn message(&self, id: MessageId) -> Message {
        self.inbox.read().unwrap().message(id).unwrap().unwrap()
    }

    fn jobs(&self) -> Vec<Job> {
        self.inbox.read().unwrap().jobs().unwrap()
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

    /// The keys of the event lines in the thread.
    fn told(&self) -> Vec<String> {
        let rows = self.inbox.read().unwrap();
        let thread = rows.thread(ConversationId(1), 0, 100).unwrap();
        thread
            .into_iter()
            .filter_map(|m| Some(m.event?.key))
            .collect()
    }
}

#[tokio::test]
async fn an_answer_reaches_the_smarthost_with_token_record_and_ids() {
    let server = server(vec![]).await;
    let world = World::new(&via(&server)).await;
    let id = world.answer("It is on {{its}} way.", false).await;
    let delivery = world.until_state(id, DeliveryState::Sent).await;
    assert_eq!(delivery.detail, "127.0.0.1: 250 2.0.0 taken");
    assert_eq!(delivery.attempts, 1);
    assert!(world.jobs().is_empty());

    let sent = &server.mails()[0];
    assert_eq!(sent.to, "anna@example.com");
    let local = sent.from.strip_suffix("@localhost").unwrap();
    let bounce = token::Token::Bounce {
        message: id.0,
        recipient: 0,
    };
    let keys = &world.inbox.keys;
    assert_eq!(
        token::read_local_part(keys, local),
        token::Signed::Right(bounce)
    );

    let mail = MessageParser::new().parse(&sent.data).unwrap();
    let text = mail.body_text(0).unwrap();
    assert!(text.starts_with("It is on {{its}} way."), "{text}");
    assert!(
        text.contains("Anna wrote:\r\n> Where is order 12?"),
        "{text}"
    );
    let reply_to = mail.reply_to().unwrap().first().unwrap().address().unwrap();
    let local = reply_to.strip_suffix("@localhost").unwrap();
    let answer = token::Token::Reply {
        conversation: 1,
        recipient: 0,
    };
    assert_eq!(
        token::read_local_part(keys, local),
        token::Signed::Right(answer)
    );
    assert_eq!(
        token::read_message_id(keys, mail.message_id().unwrap()),
        Some(id.0)
    );
    let marker = token::find_marker(keys, &mail.body_html(0).unwrap());
    assert_eq!(marker.map(|(_, message)| message), Some(id.0));

    let raw = world.message(id).email.unwrap().raw.unwrap();
    assert_eq!(world.inbox.store.blob(raw).unwrap(), sent.data);
}

#[tokio::test]
async fn each_recipient_has_a_result_of_their_own() {
    let server = server(vec![always("RCPT TO:<bob@", "550 5.1.1 no such user")]).await;
    let world = World::new(&via(&server)).await;
    let id = world.answer("Hi", true).await;
    let done = |delivery: &Delivery| {
        delivery
            .recipients
            .iter()
            .all(|copy| copy.state != DeliveryState::Queued)
    };
    let delivery = world.until(id, done).await;
    let states: Vec<_> = delivery
        .recipients
        .iter()
        .map(|copy| (copy.address.as_str(), copy.state))
        .collect();
    assert_eq!(
        states,
        [
            ("anna@example.com", DeliveryState::Sent),
            ("bob@example.org", DeliveryState::Failed)
        ]
    );
    assert_eq!(delivery.state, DeliveryState::Failed);
    assert!(delivery.detail.contains("550 5.1.1 no such user"));
    assert_eq!(world.told(), ["delivery_failed"]);
    let conversation = world.inbox.read().unwrap().conversation(ConversationId(1));
    assert!(!conversation.unwrap().unwrap().read);
}

#[tokio::test]
async fn a_missing_smarthost_says_so_at_the_first_try_with_the_setting() {
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let via = format!("smtp://{}", gone.local_addr().unwrap());
    drop(gone);
    let world = World::new(&via).await;
    let id = world.answer("Hi", false).await;
    let delivery = world.until_state(id, DeliveryState::Delayed).await;
    assert!(
        delivery.detail.contains("nothing listens there"),
        "{}",
        delivery.detail
    );
    assert!(
        delivery.detail.contains("`outbound.via`"),
        "{}",
        delivery.detail
    );
    assert!(world.told().is_empty(), "nobody is alarmed yet");
}

#[tokio::test]
async fn what_was_put_off_is_tried_again_on_schedule_with_the_same_bytes() {
    let rules = vec![once("RCPT", "450 greylisted"), once("END", HANG_UP)];
    let server = server(rules).await;
    let world = World::new(&via(&server)).await;
    let id = world.answer("Hi", false).await;
    let first = world.until(id, |d| d.attempts == 1).await;
    assert_eq!(first.state, DeliveryState::Delayed);
    let wait = world.jobs()[0].next_at - NOON;
    assert!((60_000..=66_000).contains(&wait), "{wait}");

    // The second ends ambiguously, the third arrives.
    world.clock.advance(2 * 60_000);
    world.until(id, |d| d.attempts == 2).await;
    assert_eq!(world.jobs()[0].ambiguous, 1);
    world.clock.advance(5 * 60_000);
    world.until_state(id, DeliveryState::Sent).await;
    let mails = server.mails();
    assert_eq!(mails.len(), 2);
    assert_eq!(mails[0], mails[1]);
}

#[tokio::test]
async fn people_hear_of_it_after_four_hours_and_at_the_end() {
    let server = server(vec![always("MAIL", "451 not now")]).await;
    let world = World::new(&via(&server)).await;
    let id = world.answer("Hi", false).await;
    world.until(id, |d| d.attempts == 1).await;
    world.clock.advance(NOTICE_AFTER);
    world.until(id, |d| d.attempts == 2).await;
    assert_eq!(world.told(), ["delivery_late"]);
    world.clock.advance(GIVE_UP_AFTER);
    world.until_state(id, DeliveryState::Failed).await;
    assert_eq!(world.told(), ["delivery_late", "delivery_failed"]);
    assert!(world.jobs().is_empty());
}

#[tokio::test]
async fn held_mail_goes_out_when_the_setting_changes() {
    let server = server(vec![]).await;
    let mut world = World::new("hold").await;
    let id = world.answer("Hi", false).await;
    let delivery = world.until(id, |d| !d.detail.is_empty()).await;
    assert_eq!(delivery.state, DeliveryState::Queued);
    assert!(delivery.detail.contains("\"hold\""), "{}", delivery.detail);

    // Long after mail that cannot be delivered would have failed.
    world.clock.advance(2 * GIVE_UP_AFTER);
    world
        .outbox
        .take()
        .unwrap()
        .stop(Duration::from_secs(5))
        .await;
    world.via = via(&server);
    world.start().await;
    world.until_state(id, DeliveryState::Sent).await;
    assert_eq!(server.mails().len(), 1);
}

#[tokio::test]
async fn a_restart_goes_on_where_it_was() {
    let server = server(vec![]).await;
    let mut world = World::new(&via(&server)).await;
    world
        .outbox
        .take()
        .unwrap()
        .stop(Duration::from_secs(5))
        .await;
    let id = world.answer("Hi", true).await;
    assert_eq!(world.jobs().len(), 2);
    world.start().await;
    world.until_state(id, DeliveryState::Sent).await;
    assert_eq!(server.mails().len(), 2);
}

#[tokio::test]
async fn a_full_outbox_empties() {
    let server = server(vec![]).await;
    let world = World::new(&via(&server)).await;
    let mut ids = Vec::new();
    for n in 0..50 {
        ids.push(world.answer(&format!("Answer {n}"), true).await);
    }
    for id in ids {
        world.until_state(id, DeliveryState::Sent).await;
    }
    assert_eq!(server.mails().len(), 100);
    assert!(world.jobs().is_empty());
}

/// R13.
#[tokio::test]
async fn trust_a_clock_that_jumps_makes_no_storm_of_retries() {
    let server = server(vec![always("MAIL", "451 not now")]).await;
    let world = World::new(&via(&server)).await;
    let id = world.answer("Hi", false).await;
    world.until(id, |d| d.attempts == 1).await;
    for (jump, attempts) in [(3_600_000, 2), (86_400_000, 3)] {
        world.clock.advance(jump);
        world.until(id, |d| d.attempts == attempts).await;
        let next = world.jobs()[0].next_at;
        assert!(
            next - world.clock.now() >= 60_000,
            "the next try is a while off"
        );
    }
}
