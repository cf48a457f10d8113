use casella_index::model::*;
use casella_index::{Rows, Tx};

use super::*;
use crate::clock::Clock;
use crate::config::Config;
use crate::inbox::reply::{Reply, Way};
use crate::inbox::visitor::{self, Identity, Profile, Said};

const NOON: Millis = 1_767_355_200_000;

/// A visitor's chat, a clock set by hand, and the worker.
struct World {
    inbox: Inbox,
    clock: Clock,
    worker: Option<FollowUp>,
    visitor: VisitorId,
    conversation: ConversationId,
    _folder: tempfile::TempDir,
}

impl World {
    /// The setting in minutes; 0 is off.
    async fn new(mail_after: u32, email: Option<&str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::manual(NOON);
        let inbox = Inbox::open(Config::default(), clock.clone(), folder.path()).unwrap();
        let mut world = Self {
            worker: Some(FollowUp::start(inbox.clone()).unwrap()),
            inbox,
            clock,
            visitor: VisitorId(0),
            conversation: ConversationId(0),
            _folder: folder,
        };
        world.set(mail_after).await;
        let said = Said {
            text: "Hello?".into(),
            client_id: "1".into(),
            ..Said::default()
        };
        (world.visitor, world.conversation) = world
            .write(move |tx| {
                let id = visitor::come(tx, [1; 32], Profile::default())?;
                let (message, _) = visitor::say(tx, id, said)?;
                Ok((id, message.conversation))
            })
            .await;
        if let Some(email) = email {
            world.identify(email).await;
        }
        world
    }

    async fn write<T: Send + 'static>(
        &self,
        verb: impl FnOnce(&mut Tx<'_>) -> Done<T> + Send + 'static,
    ) -> T {
        let stamp = self.inbox.stamp(Actor::Operator);
        self.inbox.store.write(stamp, verb).await.unwrap()
    }

    async fn set(&self, mail_after: u32) {
        let settings = ChatSettings {
            mail_after,
            ..ChatSettings::default()
        };
        self.write(move |tx| settings.set(tx)).await;
        // The worker reads the setting when a commit wakes it.
        tokio::time::sleep(Duration::from_millis(100)).await;
    }

    async fn identify(&self, email: &str) {
        let (visitor, email) = (self.visitor, email.to_owned());
        let identity = Identity {
            email,
            ..Identity::default()
        };
        self.write(move |tx| visitor::identify(tx, visitor, [1; 32], identity))
            .await;
    }

    async fn answer(&self, text: &str) -> Message {
        let (house, id) = (House::of(&self.inbox), self.conversation);
        let wanted = Reply {
            way: Way::By(Channel::Chat),
            text: text.into(),
            ..Reply::default()
        };
        self.write(move |tx| reply::reply(tx, &house, id, wanted))
            .await
    }

    fn mails(&self) -> Vec<Message> {
        let rows = self.inbox.read().unwrap();
        let thread = rows.thread(self.conversation, 0, 100).unwrap();
        thread.into_iter().filter(|m| m.email.is_some()).collect()
    }

    async fn mailed(&self, count: usize) -> Vec<Message> {
        for _ in 0..1_000 {
            let mails = self.mails();
            if mails.len() >= count {
                return mails;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("nothing was mailed");
    }

    /// Gives the worker time to do what it should not.
    async fn nothing_more_than(&self, count: usize) {
        tokio::time::sleep(LONGEST_SLEEP + Duration::from_millis(300)).await;
        assert_eq!(self.mails().len(), count);
    }
}

#[tokio::test]
async fn an_answer_nobody_saw_is_mailed_once_with_the_chat() {
    let world = World::new(10, Some("anna@example.com")).await;
    world.answer("Here I am").await;
    world.clock.advance(9 * MINUTE);
    world.nothing_more_than(0).await;
    world.clock.advance(MINUTE);
    let mail = world.mailed(1).await.pop().unwrap();
    let facts = mail.email.unwrap();
    assert_eq!(facts.to[0].address, "anna@example.com");
    assert_eq!(facts.carried.len(), 2);
    assert_eq!(mail.event.unwrap().key, "unseen_mailed");
    world.clock.advance(60 * MINUTE);
    world.nothing_more_than(1).await;
}

#[tokio::test]
async fn within_the_hour_of_one_mail_the_next_unseen_answer_waits() {
    let world = World::new(10, Some("anna@example.com")).await;
    world.answer("First").await;
    world.clock.advance(10 * MINUTE);
    world.mailed(1).await;
    world.answer("Second").await;
    world.clock.advance(15 * MINUTE);
    world.nothing_more_than(1).await;
    world.clock.advance(45 * MINUTE);
    let mails = world.mailed(2).await;
    assert_eq!(mails[1].email.as_ref().unwrap().carried.len(), 1);
}

#[tokio::test]
async fn what_was_seen_is_not_mailed() {
    let world = World::new(10, Some("anna@example.com")).await;
    let message = world.answer("Here I am").await;
    let visitor = world.visitor;
    world
        .write(move |tx| visitor::see(tx, visitor, message.seq))
        .await;
    world.clock.advance(60 * MINUTE);
    world.nothing_more_than(0).await;
}

#[tokio::test]
async fn who_is_still_there_is_left_in_peace_until_they_go() {
    let world = World::new(10, Some("anna@example.com")).await;
    let stay = world.inbox.presence.visitor(world.visitor, 0, || ());
    world.answer("Here I am").await;
    world.clock.advance(20 * MINUTE);
    world.nothing_more_than(0).await;
    drop(stay);
    world.clock.advance(2 * MINUTE);
    world.mailed(1).await;
}

#[tokio::test]
async fn an_address_that_comes_later_is_used() {
    let world = World::new(10, None).await;
    world.answer("Here I am").await;
    world.clock.advance(11 * MINUTE);
    world.nothing_more_than(0).await;
    world.identify("anna@example.com").await;
    world.clock.advance(11 * MINUTE);
    world.mailed(1).await;
}

#[tokio::test]
async fn switched_off_means_never_even_for_what_came_before() {
    let world = World::new(0, Some("anna@example.com")).await;
    world.answer("Here I am").await;
    world.clock.advance(60 * MINUTE);
    world.nothing_more_than(0).await;
    world.set(10).await;
    world.clock.advance(60 * MINUTE);
    world.nothing_more_than(0).await;
}

#[tokio::test]
async fn a_restart_forgets_nobody() {
    let mut world = World::new(10, Some("anna@example.com")).await;
    world.answer("Here I am").await;
    // Time passes, so that the cursor is put down with somebody waiting.
    world.clock.advance(5 * MINUTE);
    world.nothing_more_than(0).await;
    world.worker.take().unwrap().stop().await;
    world.clock.advance(5 * MINUTE);
    world.worker = Some(FollowUp::start(world.inbox.clone()).unwrap());
    world.mailed(1).await;
}
