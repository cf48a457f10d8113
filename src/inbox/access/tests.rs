//! Logins as agents and strangers live them, on a real store and a clock that is set by hand.

use super::setup::FirstAdmin;
use super::*;
use crate::clock::Clock;
use crate::clock::{DAY, HOUR, MINUTE};
use crate::config::Config;
use crate::inbox::agent::{self, Edit};
use casella_index::model::Agent;
use casella_index::{Actor, Rows};

struct World {
    access: Access,
    clock: Clock,
    inbox: Inbox,
    _folder: tempfile::TempDir,
}

const NOON: i64 = 1_800_000_000_000;

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::manual(NOON);
        let inbox = Inbox::open(Config::default(), clock.clone(), folder.path()).unwrap();
        Self {
            access: Access::new(inbox.clone()),
            clock,
            inbox,
            _folder: folder,
        }
    }

    /// Started again, while the machine's clock says that it is `now`.
    fn again(self, now: i64) -> Self {
        let Self {
            access,
            inbox,
            _folder,
            ..
        } = self;
        drop((access, inbox));
        let clock = Clock::manual(now);
        let inbox = Inbox::open(Config::default(), clock.clone(), _folder.path()).unwrap();
        Self {
            access: Access::new(inbox.clone()),
            clock,
            inbox,
            _folder,
        }
    }

    async fn put(&self, email: &'static str, edit: Edit) -> Agent {
        let stamp = self.inbox.stamp(Actor::Operator);
        let write = self
            .inbox
            .store
            .write(stamp, move |tx| agent::put(tx, email, edit));
        write.await.unwrap()
    }

    async fn agent(&self, email: &'static str, role: Role) -> Agent {
        let edit = Edit {
            role: Some(role),
            password: Some(Passwords::hash_blocking("correct horse").unwrap()),
            ..Edit::default()
        };
        self.put(email, edit).await
    }

    async fn login(&self, email: &str, password: &str) -> Result<Came, Denied> {
        self.access
            .login(email, password.into(), &from())
            .await
            .unwrap()
    }

    async fn cookie(&self, email: &str) -> String {
        match self.login(email, "correct horse").await {
            Ok(Came::In { cookie, .. }) => cookie,
            other => panic!("{other:?}"),
        }
    }

    async fn is_in(&self, cookie: &str) -> bool {
        self.access.seen(cookie).await.unwrap().is_some()
    }
}

fn from() -> Visitor {
    Visitor {
        ip: "192.0.2.7".parse().unwrap(),
        user_agent: "Test".into(),
    }
}

#[tokio::test]
async fn the_right_password_opens_a_session_and_nothing_else_does() {
    let world = World::new();
    world.agent("mario@shop.example", Role::Agent).await;
    assert_eq!(
        world
            .login("mario@shop.example", "wrong")
            .await
            .unwrap_err(),
        Denied::Wrong
    );
    assert_eq!(
        world
            .login("luigi@shop.example", "correct horse")
            .await
            .unwrap_err(),
        Denied::Wrong
    );
    let cookie = world.cookie(" Mario@Shop.example ").await;
    assert!(world.is_in(&cookie).await);
    assert!(!world.is_in("guess").await);
    assert_ne!(cookie, world.cookie("mario@shop.example").await);
}

#[tokio::test]
async fn guessing_costs_time_and_never_locks() {
    let world = World::new();
    world.agent("mario@shop.example", Role::Agent).await;
    for _ in 0..3 {
        assert_eq!(
            world
                .login("mario@shop.example", "wrong")
                .await
                .unwrap_err(),
            Denied::Wrong
        );
    }
    let Err(Denied::Wait(wait)) = world.login("mario@shop.example", "correct horse").await else {
        panic!("the fourth guess waits");
    };
    world
        .clock
        .advance(i64::try_from(wait.as_millis()).unwrap());
    world.cookie("mario@shop.example").await;
}

#[tokio::test]
async fn sessions_end_when_idle_and_after_a_week() {
    let world = World::new();
    world.agent("mario@shop.example", Role::Agent).await;
    let cookie = world.cookie("mario@shop.example").await;
    for _ in 0..23 {
        world.clock.advance(7 * HOUR);
        assert!(world.is_in(&cookie).await);
    }
    world.clock.advance(7 * HOUR + MINUTE);
    assert!(!world.is_in(&cookie).await, "a week is over");
    let cookie = world.cookie("mario@shop.example").await;
    world.clock.advance(8 * HOUR);
    assert!(!world.is_in(&cookie).await, "eight idle hours");
}

#[tokio::test]
async fn sessions_are_listed_and_ended_by_their_owner() {
    let world = World::new();
    let mario = world.agent("mario@shop.example", Role::Agent).await;
    let luigi = world.agent("luigi@shop.example", Role::Agent).await;
    let cookie = world.cookie("mario@shop.example").await;
    let listed = world.access.sessions(mario.id).unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].session.ip, "192.0.2.7");
    assert!(
        !world
            .access
            .end_session(luigi.id, &listed[0].id)
            .await
            .unwrap()
    );
    assert!(
        world
            .access
            .end_session(mario.id, &listed[0].id)
            .await
            .unwrap()
    );
    assert!(!world.is_in(&cookie).await);
}

#[tokio::test]
async fn a_disabled_agent_is_out_at_once() {
    let world = World::new();
    world.agent("ada@shop.example", Role::Admin).await;
    world.agent("mario@shop.example", Role::Agent).await;
    let cookie = world.cookie("mario@shop.example").await;
    let edit = Edit {
        disabled: Some(true),
        ..Edit::default()
    };
    world.put("mario@shop.example", edit).await;
    assert!(!world.is_in(&cookie).await);
    assert_eq!(
        world
            .login("mario@shop.example", "correct horse")
            .await
            .unwrap_err(),
        Denied::Wrong
    );
}

#[tokio::test]
async fn a_new_password_ends_the_other_sessions() {
    let world = World::new();
    let mario = world.agent("mario@shop.example", Role::Agent).await;
    let here = world.cookie("mario@shop.example").await;
    let elsewhere = world.cookie("mario@shop.example").await;
    let seen = world.access.seen(&here).await.unwrap().unwrap();
    let change = |old: &str, new: &str| {
        let (access, mario, keep) = (world.access.clone(), mario.clone(), seen.session.clone());
        let (old, new) = (old.to_owned(), new.to_owned());
        async move { access.change_password(&mario, old, new, &keep).await }
    };
    assert_eq!(
        change("wrong", "battery staple").await,
        Ok(Err(Denied::Wrong))
    );
    assert!(change("correct horse", "short").await.is_err());
    assert_eq!(change("correct horse", "battery staple").await, Ok(Ok(())));
    assert!(world.is_in(&here).await);
    assert!(!world.is_in(&elsewhere).await);
}

#[tokio::test]
async fn a_second_factor_is_asked_for_and_its_code_works_once() {
    let world = World::new();
    let mario = world.agent("mario@shop.example", Role::Agent).await;
    let secret = totp::fresh_secret().unwrap();
    let code = |now: i64| totp::shown(&secret, now);
    let wrong = world
        .access
        .enrol(mario.id, &secret, "nonsense")
        .await
        .unwrap();
    assert_eq!(wrong, Err(Denied::WrongCode));
    world
        .access
        .enrol(mario.id, &secret, &code(NOON))
        .await
        .unwrap()
        .unwrap();
    let started_again = Access::new(world.inbox.clone());
    let used = started_again.enrol(mario.id, &secret, &code(NOON)).await;
    assert_eq!(
        used.unwrap(),
        Err(Denied::WrongCode),
        "used before the restart"
    );
    let Ok(Came::Half { ticket }) = world.login("mario@shop.example", "correct horse").await else {
        panic!("a code is wanted");
    };
    let confirm = |code: String| {
        let (access, ticket) = (world.access.clone(), ticket.clone());
        async move { access.confirm(&ticket, &code, &from()).await.unwrap() }
    };
    assert_eq!(
        confirm(code(NOON)).await.unwrap_err(),
        Denied::WrongCode,
        "used to enrol"
    );
    world.clock.advance(MINUTE);
    let Ok(Came::In { cookie, .. }) = confirm(code(NOON + MINUTE)).await else {
        panic!("the code is right");
    };
    assert!(world.is_in(&cookie).await);
    assert_eq!(
        confirm(code(NOON + MINUTE)).await.unwrap_err(),
        Denied::Wrong,
        "the ticket is spent"
    );
    let stored = world
        .inbox
        .read()
        .unwrap()
        .agent(mario.id)
        .unwrap()
        .unwrap();
    assert!(!stored.totp.unwrap().contains(&secret));
}

fn admin(password: &str) -> FirstAdmin {
    FirstAdmin {
        email: "ada@shop.example".into(),
        name: "Ada".into(),
        password: password.into(),
    }
}

#[tokio::test]
async fn the_setup_link_makes_one_admin_and_no_second() {
    let world = World::new();
    let path = world
        .access
        .offer_setup()
        .unwrap()
        .expect("nobody is there yet");
    let secret = path.strip_prefix("/setup/").unwrap().to_owned();
    assert!(!world.access.setup_is_open("guess").unwrap());
    let set_up = |password: &str| {
        let (access, secret, password) =
            (world.access.clone(), secret.clone(), password.to_owned());
        async move { access.set_up(&secret, admin(&password), &from()).await }
    };
    assert!(set_up("short").await.is_err());
    let (agent, cookie) = set_up("correct horse")
        .await
        .unwrap()
        .expect("the link is good");
    assert_eq!(agent.role, Role::Admin);
    assert!(world.is_in(&cookie).await);
    assert!(
        set_up("correct horse").await.unwrap().is_none(),
        "the link is spent"
    );
    assert!(world.access.offer_setup().unwrap().is_none());
}

#[tokio::test]
async fn a_token_opens_until_it_is_revoked_and_is_never_stored() {
    let world = World::new();
    let token = world
        .access
        .add_token(Actor::Operator, "shop".into(), "operator".into())
        .await
        .unwrap();
    let found = world
        .access
        .token(&token)
        .unwrap()
        .expect("it was just made");
    assert_eq!(found.name, "shop");
    assert!(!found.hash.contains(&token));
    assert_eq!(world.access.token("casella_guess").unwrap(), None);
    let stamp = world.inbox.stamp(Actor::Operator);
    let revoked = world
        .inbox
        .store
        .write(stamp, |tx| crate::inbox::token::revoke(tx, "shop"));
    revoked.await.unwrap();
    assert_eq!(world.access.token(&token).unwrap(), None);
}

#[tokio::test]
async fn ended_sessions_are_swept_out() {
    let world = World::new();
    world.agent("mario@shop.example", Role::Agent).await;
    world.cookie("mario@shop.example").await;
    assert_eq!(world.access.sweep_sessions().await.unwrap(), 0);
    world.clock.advance(DAY);
    assert_eq!(world.access.sweep_sessions().await.unwrap(), 1);
}

#[test]
fn roles_grow_in_power() {
    assert!(may(Role::Admin, Role::Agent) && may(Role::Agent, Role::Viewer));
    assert!(!may(Role::Viewer, Role::Agent) && !may(Role::Agent, Role::Admin));
}

/// R13.
#[tokio::test]
async fn trust_a_clock_set_back_between_two_starts_prolongs_no_session_and_keeps_the_order() {
    for back in [HOUR, DAY] {
        let world = World::new();
        world.agent("mario@shop.example", Role::Agent).await;
        let cookie = world.cookie("mario@shop.example").await;
        world.clock.advance(7 * HOUR);
        world.agent("luigi@shop.example", Role::Agent).await;
        let then = world.clock.now();
        let world = world.again(then - back);
        assert!(world.clock.now() >= then, "what comes now comes later");
        world.clock.advance(HOUR + MINUTE);
        assert!(!world.is_in(&cookie).await, "eight hours are eight hours");
    }
}

/// R13.
#[tokio::test]
async fn trust_a_clock_that_jumps_ahead_ends_sessions_and_none_comes_back() {
    let world = World::new();
    world.agent("mario@shop.example", Role::Agent).await;
    let cookie = world.cookie("mario@shop.example").await;
    world.clock.advance(DAY);
    assert!(!world.is_in(&cookie).await);
    let now = world.clock.now();
    let world = world.again(now - DAY);
    assert!(!world.is_in(&cookie).await);
}
