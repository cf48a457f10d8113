//! R1: killed at any moment under mail, chat, Messenger and answers, nothing acknowledged is lost and
//! nothing is shown twice.

use super::super::world::World;
use super::super::world::clients::{self, Place};
use super::{Dice, rounds};
use std::thread;
use std::time::Duration;

const REST: Duration = Duration::from_millis(15);

#[test]
fn trust_killed_at_any_moment_nothing_acknowledged_is_lost_or_doubled() {
    let mut world = World::with(&clients::unlimited());
    let place = Place::of(&world);
    let token = world.token();
    assert!(clients::mail(&place, "anna says hello"));
    let visitor = clients::visitor(&place);
    let kept = thread::scope(|scope| {
        let (token, visitor) = (&token, &visitor);
        let says = |who: &'static str, say| {
            let place = place.clone();
            scope.spawn(move || place.keep_saying(who, REST, say))
        };
        let clients = [
            says("anna", clients::say(clients::mail)),
            says("bob", clients::say(clients::mail)),
            says("meta", clients::say(clients::webhook)),
            says(
                "visitor",
                clients::say(move |place, words| clients::chat(place, visitor, words)),
            ),
            says(
                "agent",
                clients::say(move |place, words| clients::answer(place, token, 1, words)),
            ),
        ];
        let mut dice = Dice::new(1);
        for _ in 0..rounds(50, 1_000) {
            thread::sleep(Duration::from_millis(20 + dice.roll(300)));
            world.kill();
            world.start_again();
            place.moved(&world);
        }
        // Whoever was cut off may have the last word.
        thread::sleep(Duration::from_millis(500));
        place.close();
        clients.map(|client| client.join().unwrap())
    });
    for said in &kept {
        assert!(said.len() > 20, "a client was hardly heard: {said:?}");
    }
    clients::prove(&world, &kept.concat());
}
