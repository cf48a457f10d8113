//! R8: with 256 descriptors and more callers than that, the server neither ends nor spins, and goes on
//! once they have left.

use super::super::world::World;
use super::super::world::clients::{self, Place};
use super::super::world::process::raise_own_limit;
use std::net::TcpStream;
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
