//! R18: whoever follows the journal across kills sees every event exactly once, in order.

use super::super::world::World;
use super::super::world::clients::{self, Place};
use super::super::world::http::try_follow;
use super::super::world::process::raise_own_limit;
use super::rounds;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

/// Follows from the beginning until event `last` (0: not known yet); gives the ids seen.
fn follow(place: &Place, token: &str, last: &AtomicU64) -> Vec<u64> {
    let bearer = format!("Bearer {token}");
    let mut seen: Vec<u64> = Vec::new();
    loop {
        let from = seen.last().copied().unwrap_or(0).to_string();
        let headers = [
            ("Authorization", bearer.as_str()),
            ("Last-Event-ID", from.as_str()),
        ];
        let stream = try_follow(place.http(), "/api/v1/events", &headers);
        for event in stream.into_iter().flatten() {
            seen.push(event.id);
            let last = last.load(Ordering::SeqCst);
            if last > 0 && event.id >= last {
                return seen;
            }
        }
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn trust_every_follower_sees_every_event_once_across_kills() {
    raise_own_limit();
    let mut world = World::with(&clients::unlimited());
    let place = Place::of(&world);
    let token = world.token();
    let last = AtomicU64::new(0);
    let followed = thread::scope(|scope| {
        let followers: Vec<_> = (0..rounds(60, 200))
            .map(|_| scope.spawn(|| follow(&place, &token, &last)))
            .collect();
        let writer = place.clone();
        let writer = scope
            .spawn(move || writer.keep_saying("anna", Duration::from_millis(20), clients::mail));
        for _ in 0..rounds(8, 20) {
            thread::sleep(Duration::from_millis(400));
            world.kill();
            world.start_again();
            place.moved(&world);
        }
        place.close();
        writer.join().unwrap();
        let newest = world.browser().get("/healthz").json()["journal"]
            .as_u64()
            .unwrap();
        last.store(newest, Ordering::SeqCst);
        // One more event wakes whoever has seen the newest already.
        clients::mail(&place, "bob says farewell");
        let followed: Vec<_> = followers.into_iter().map(|f| f.join().unwrap()).collect();
        (newest, followed)
    });
    let (newest, followed) = followed;
    for seen in followed {
        let expected: Vec<u64> = (1..=newest).collect();
        assert_eq!(seen[..newest as usize], expected, "each once, in order");
    }
}
