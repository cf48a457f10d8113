//! R8: with 256 descriptors and more callers than that, the server neither ends nor spins, and goes on
//! once they have left.

use super::super::world::World;
use super::super::world::clients::{self, Place};
use super::super::world::process::raise_own_limit;
use std::net::TcpStream;
use std::os::unix::fs::MetadataExt;
use std::thread;
use std::time::Duration;

#[test]
fn trust_without_descriptors_the_server_waits_and_goes_on() {
    raise_own_limit();
    let world = World::with(&clients::unlimited());
    let (place, process) = (Place::of(&world), world.process());
    process.limit_descriptors(256);
    let callers: Vec<_> = [place.smtp(), place.http()]
        .iter()
        .flat_map(|address| (0..140).filter_map(move |_| TcpStream::connect(address).ok()))
        .collect();
    assert!(callers.len() > 256);
    world.wait("the descriptors to run out", || {
        (process.descriptors() >= 250).then_some(())
    });
    let before = process.busy();
    thread::sleep(Duration::from_secs(2));
    let spent = process.busy() - before;
    assert!(spent < Duration::from_secs(1), "it spins: {spent:?} in 2 s");
    drop(callers);
    world.wait("mail to be taken again", || {
        clients::mail(&place, "anna says 000001").then_some(())
    });
    assert_eq!(world.browser().get("/healthz").status, 200);
    clients::prove(&world, &["anna says 000001".into()]);
}

#[test]
fn trust_a_want_of_descriptors_is_no_damage_to_the_index() {
    let world = World::start();
    let mail = |n: u32| {
        format!(
            "From: <anna@x.example>\nTo: inbox@localhost\nMessage-ID: <{n}@x.example>\n\nword{n}word\n"
        )
    };
    let api = world.api();
    let found = |n: u32| {
        let hits = api.get(&format!("/search?q=word{n}word"));
        (hits["total"] == 1).then_some(())
    };
    world.mail("anna@x.example", "inbox@localhost", &mail(1));
    world.wait("the first mail to be found", || found(1));
    let folder = || std::fs::metadata(world.data().join("index")).unwrap().ino();
    let (before, process) = (folder(), world.process());
    let mut session = world.smtp();
    let few = u64::try_from(process.descriptors()).unwrap() + 2;
    process.limit_descriptors(few);
    let reply = session.send("anna@x.example", &["inbox@localhost"], &mail(2));
    assert!(reply.starts_with("250"), "{reply}");
    // The indexer is at work within milliseconds, and cannot open its files.
    thread::sleep(Duration::from_secs(2));
    process.limit_descriptors(1_024);
    world.wait("the second mail to be found", || found(2));
    assert_eq!(folder(), before, "the index is the one it was");
}
