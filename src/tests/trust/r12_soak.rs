//! R12: a day's work over and over: once warm, memory and descriptors stay where they are.

use super::super::world::World;
use super::super::world::clients::{self, Place};
use super::rounds;
use std::thread;
use std::time::Duration;

/// What may come and go: caches that fill, connections just ending.
const MEMORY: u64 = 48 << 20;
const DESCRIPTORS: usize = 40;

#[test]
fn trust_a_days_work_leaves_memory_and_descriptors_flat() {
    let world = World::with(&clients::unlimited());
    let place = Place::of(&world);
    let token = world.token();
    assert!(clients::mail(&place, "anna says hello"));
    let visitor = clients::visitor(&place);
    let mut browser = world.logged_in("mario@shop.example", "agent");
    let span = Duration::from_secs(rounds(12, 1_800) as u64);
    let (kept, warm, late) = thread::scope(|scope| {
        let (token, visitor) = (&token, &visitor);
        let rest = Duration::from_millis(20);
        let says = |who: &'static str, say| {
            let place = place.clone();
            scope.spawn(move || place.keep_saying(who, rest, say))
        };
        let clients = [
            says("anna", clients::say(clients::mail)),
            says("meta", clients::say(clients::webhook)),
            says(
                "visitor",
                clients::say(move |p, words| clients::chat(p, visitor, words)),
            ),
            says(
                "agent",
                clients::say(move |p, words| clients::answer(p, token, 1, words)),
            ),
        ];
        let reader = scope.spawn(|| {
            while !place.is_closed() {
                for path in ["/inbox", "/conversations/1", "/search?q=says", "/contacts"] {
                    assert_eq!(browser.get(path).status, 200, "{path}");
                }
                thread::sleep(Duration::from_millis(50));
            }
        });
        let process = world.process();
        thread::sleep(span);
        let warm = (process.memory(), process.descriptors());
        thread::sleep(span);
        let late = (process.memory(), process.descriptors());
        place.close();
        reader.join().unwrap();
        (clients.map(|client| client.join().unwrap()), warm, late)
    });
    assert!(
        late.0 <= warm.0 * 6 / 5 + MEMORY,
        "memory: {warm:?} then {late:?}"
    );
    assert!(
        late.1 <= warm.1 + DESCRIPTORS,
        "descriptors: {warm:?} then {late:?}"
    );
    clients::prove(&world, &kept.concat());
}
