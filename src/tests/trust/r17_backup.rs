//! R17: a backup taken while everybody writes is whole: it holds all that was acknowledged before it
//! began, and nothing by half.

use super::super::world::clients::{self, Place};
use super::super::world::{World, same_when_replayed};
use super::rounds;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

#[test]
fn trust_a_backup_while_everybody_writes_restores_whole() {
    let world = World::with(&clients::unlimited());
    let place = Place::of(&world);
    let visitor = clients::visitor(&place);
    let acknowledged = Mutex::new(Vec::new());
    let mut backups = Vec::new();
    thread::scope(|scope| {
        let note = |said: bool, words: &str| {
            if said {
                acknowledged.lock().unwrap().push(words.to_owned());
            }
            said
        };
        for who in ["anna", "bob", "carla"] {
            let place = place.clone();
            scope.spawn(move || {
                place.keep_saying(who, Duration::ZERO, |place, words| {
                    note(clients::mail(place, words), words)
                })
            });
        }
        let (chatter, visitor) = (place.clone(), &visitor);
        scope.spawn(move || {
            chatter.keep_saying("visitor", Duration::from_millis(5), |place, words| {
                note(clients::chat(place, visitor, words), words)
            })
        });
        for number in 0..rounds(3, 20) {
            thread::sleep(Duration::from_millis(400));
            let before = acknowledged.lock().unwrap().clone();
            let file = world.folder.path().join(format!("backup{number}"));
            world.told(&["backup", file.to_str().unwrap()], "");
            backups.push((file, before));
        }
        place.close();
    });
    assert!(
        backups.iter().all(|(_, before)| before.len() > 3),
        "nobody wrote"
    );
    for (file, before) in backups {
        let mut copy = World::asleep("");
        copy.told(&["restore", file.to_str().unwrap()], "");
        same_when_replayed(&copy.data());
        copy.start_again();
        clients::prove(&copy, &before);
        every_mail_is_whole(&copy);
    }
}

/// Each mail's raw bytes are there to their end.
fn every_mail_is_whole(world: &World) {
    let api = world.api();
    for id in 1_u64.. {
        let message = api.ask("GET", &format!("/messages/{id}"), None);
        if message.status == 404 {
            break;
        }
        let message = message.json();
        if message["message_id"].is_string() {
            let raw = api.ask("GET", &format!("/messages/{id}/raw"), None);
            let words = message["text"].as_str().unwrap().trim().to_owned();
            assert!(
                raw.text().trim_end().ends_with(&words),
                "{id}: {}",
                raw.text()
            );
        }
    }
}
