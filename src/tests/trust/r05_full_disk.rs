//! R5: on a full disk nothing is acknowledged that is not kept, and with room again all goes on by
//! itself.

use super::super::world::World;
use super::super::world::clients::{self, Place};
use super::super::world::disk::Disk;
use super::Dice;
use serde_json::json;

/// A world whose data folder lies on `disk`.
fn world_on(disk: &Disk, min_free: &str) -> World {
    let mut world = World::asleep(&format!("[store]\nmin_free = \"{min_free}\"\n"));
    let folder = disk.path().join("data");
    std::fs::create_dir(&folder).unwrap();
    std::os::unix::fs::symlink(folder, world.data()).unwrap();
    world.start_again();
    world
}

/// 200 KB that do not pack well.
fn large(number: usize) -> String {
    let mut dice = Dice::new(number as u64 + 1);
    let words = format!("anna says {number:06}");
    let mut mail = format!(
        "From: anna@example.com\nTo: inbox@localhost\nSubject: Large\nMessage-ID: <{number}@example.com>\n\
         MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\n{words}\n\
         --b\nContent-Type: application/octet-stream\nContent-Disposition: attachment; filename=f\n\n"
    );
    for _ in 0..2_500 {
        let mut line = String::new();
        for _ in 0..5 {
            line.push_str(&format!("{:016x}", dice.roll(u64::MAX)));
        }
        mail.push_str(&line);
        mail.push('\n');
    }
    mail.push_str("--b--\n");
    mail
}

/// Sends large mails until one is not taken; what was taken, and the refusal.
fn fill(world: &World) -> (Vec<String>, String) {
    let mut taken = Vec::new();
    for number in 0..2_000 {
        let reply = world.mail("anna@example.com", "inbox@localhost", &large(number));
        if !reply.starts_with("250") {
            return (taken, reply);
        }
        taken.push(format!("anna says {number:06}"));
    }
    panic!("the disk was never full");
}

#[test]
fn trust_on_a_full_disk_mail_waits_and_nothing_acknowledged_is_lost() {
    let Some(disk) = Disk::of(48) else { return };
    let mut world = world_on(&disk, "0");
    let (mut taken, refusal) = fill(&world);
    assert!(
        ["421", "451", "452"]
            .iter()
            .any(|code| refusal.starts_with(code)),
        "{refusal}"
    );
    assert!(!taken.is_empty());
    disk.resize(256);
    let place = Place::of(&world);
    world.wait("mail to be taken again", || {
        clients::mail(&place, "bob says 000000").then_some(())
    });
    taken.push("bob says 000000".into());
    clients::prove(&world, &taken);
    world.start_again();
    clients::prove(&world, &taken);
}

#[test]
fn trust_before_the_disk_is_full_mail_and_uploads_are_put_off() {
    let Some(disk) = Disk::of(64) else { return };
    let mut world = world_on(&disk, "24 MiB");
    let (taken, refusal) = fill(&world);
    assert!(refusal.starts_with("452 4.3.1"), "{refusal}");
    let api = world.api();
    let path = "/conversations/1/messages";
    let file = json!([{"name": "a", "content": "aGVsbG8="}]);
    let words = json!({"channel": "email", "text": "Here it is.", "attachments": file});
    let upload = api.ask("POST", path, Some(words.clone()));
    assert_eq!(upload.status, 507, "{}", upload.text());
    let health = world.browser().get("/healthz").json();
    assert_eq!(health["status"], "disk_nearly_full");
    disk.resize(256);
    world.wait("mail to be taken again", || {
        let reply = world.mail("anna@example.com", "inbox@localhost", &large(5_000));
        reply.starts_with("250").then_some(())
    });
    assert_eq!(api.ask("POST", path, Some(words)).status, 201);
    clients::prove(&world, &taken);
    assert!(world.stop());
}
