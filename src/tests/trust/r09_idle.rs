//! R9: idle SMTP connections cost little, and keep no mail waiting.

use super::super::world::World;
use super::super::world::clients::{self, Place};
use super::super::world::process::raise_own_limit;
use super::super::world::smtp::Smtp;
use super::rounds;

/// At most so much memory for each, in bytes.
const EACH: u64 = 20 * 1024;

#[test]
fn trust_idle_connections_cost_little_and_keep_no_mail_waiting() {
    let many = rounds(1_500, 10_000);
    let limit = raise_own_limit();
    if limit < many as u64 + 500 {
        eprintln!("skipped: {many} connections need more descriptors than {limit}");
        return;
    }
    let world = World::with(&clients::unlimited());
    let place = Place::of(&world);
    assert!(clients::mail(&place, "anna says 000000"));
    let before = world.process().memory();
    let idle: Vec<Smtp> = (0..many).map(|_| world.smtp()).collect();
    let each = world.process().memory().saturating_sub(before) / many as u64;
    assert!(each <= EACH, "{each} bytes for an idle connection");
    for number in 1..20 {
        assert!(clients::mail(&place, &format!("anna says {number:06}")));
    }
    drop(idle);
}
