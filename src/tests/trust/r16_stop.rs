//! R16: told to stop under load, the server ends in time, and what it acknowledged is there.

use super::super::world::World;
use super::super::world::clients::{self, Place};
use super::rounds;
use std::thread;
use std::time::Duration;

#[test]
fn trust_told_to_stop_under_load_nothing_acknowledged_is_lost() {
    let mut world = World::with(&clients::unlimited());
    let mut kept = Vec::new();
    for round in 0..rounds(3, 50) {
        let place = Place::of(&world);
        let visitor = clients::visitor(&place);
        // One that is in the middle of a mail when it happens.
        let mut halfway = world.smtp();
        for command in [
            "EHLO x",
            "MAIL FROM:<a@x.example>",
            "RCPT TO:<inbox@localhost>",
            "DATA",
        ] {
            halfway.say(command);
        }
        let halfway_words = format!("halfway says {round:06}");
        thread::scope(|scope| {
            let senders: Vec<_> = (0..4)
                .map(|n| {
                    let who = format!("sender{n}r{round}");
                    let place = place.clone();
                    scope.spawn(move || place.keep_saying(&who, Duration::ZERO, clients::mail))
                })
                .collect();
            let (chatter, visitor) = (place.clone(), &visitor);
            let chat = scope.spawn(move || {
                let rest = Duration::from_millis(2);
                chatter.keep_saying(&format!("visitor{round}"), rest, |place, words| {
                    clients::chat(place, visitor, words)
                })
            });
            thread::sleep(Duration::from_millis(500));
            let finisher = scope.spawn(|| {
                thread::sleep(Duration::from_millis(300));
                let mail = format!("From: halfway@example.com\r\n\r\n{halfway_words}\r\n.");
                halfway.try_say(&mail)
            });
            assert!(world.stop(), "it did not end well, or not in time");
            place.close();
            for sender in senders {
                kept.extend(sender.join().unwrap());
            }
            kept.extend(chat.join().unwrap());
            let reply = finisher
                .join()
                .unwrap()
                .expect("finished or refused, but told");
            assert!(
                reply.starts_with("250") || reply.starts_with('4'),
                "{reply}"
            );
            if reply.starts_with("250") {
                kept.push(halfway_words.clone());
            }
        });
        world.start_again();
    }
    assert!(kept.len() > 30, "there was no load");
    clients::prove(&world, &kept);
}
