//! R2, R3, R4, R15 of the trust figures: power cuts, faults, a failed fsync, a damaged database.
//! `CASELLA_TRUST=full` runs the long form.

use super::disk::{Dice, Disk, Fault};
use super::support::*;
use crate::model::*;
use crate::{Rows, Snapshot, Store, StoreError};
use std::panic::{AssertUnwindSafe, catch_unwind};

fn rounds(short: u64, full: u64) -> u64 {
    if std::env::var_os("CASELLA_TRUST").is_some_and(|v| v == "full") {
        full
    } else {
        short
    }
}

/// Writes mails in bursts until the disk fails; returns those that were acknowledged.
fn work(store: &Store, bursts: u32) -> Vec<(MessageId, String)> {
    let mut kept = Vec::new();
    for burst in 0..bursts {
        let callers: Vec<_> = (0..4)
            .map(|n| {
                let text = format!("burst {burst} mail {n} {}", "x".repeat(50 * n));
                let words = text.clone();
                (
                    words,
                    store.write(STAMP, move |tx| {
                        let to = open(tx)?;
                        mail(tx, to, 1, &text)
                    }),
                )
            })
            .collect();
        for (text, caller) in callers {
            let answer: Result<MessageId, StoreError> = caller.wait();
            match answer {
                Ok(id) => kept.push((id, text)),
                Err(_) => return kept,
            }
        }
    }
    kept
}

/// Everything acknowledged is there, whole; nothing is there by half.
fn prove(store: &Store, kept: &[(MessageId, String)], seed: u64) {
    let snapshot = store.read().unwrap();
    for (id, text) in kept {
        let message = snapshot
            .message(*id)
            .unwrap()
            .unwrap_or_else(|| panic!("seed {seed}: {id} is lost"));
        let raw = message.email.as_ref().and_then(|email| email.raw).unwrap();
        assert_eq!(
            store.blob(raw).unwrap(),
            text.as_bytes(),
            "seed {seed}: raw of {id}"
        );
    }
    prove_whole(store, &snapshot, seed);
}

fn prove_whole(store: &Store, snapshot: &Snapshot, seed: u64) {
    let messages = snapshot.all(&crate::tables::MESSAGES).unwrap();
    for (id, message) in &messages {
        let home = snapshot.conversation(message.conversation).unwrap();
        assert_eq!(
            home.map(|c| c.messages_count),
            Some(1),
            "seed {seed}: half of {id}"
        );
        assert_eq!(
            snapshot.thread(message.conversation, 0, 9).unwrap().len(),
            1,
            "seed {seed}"
        );
        store
            .blob(message.email.as_ref().and_then(|email| email.raw).unwrap())
            .unwrap();
    }
}

#[test]
fn trust_power_cuts_lose_nothing_acknowledged() {
    for seed in 1..=rounds(150, 10_000) {
        let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        let disk = Disk::default();
        let store = Store::open_on(disk.options()).unwrap();
        disk.cut(1 + dice.roll(400));
        let kept = work(&store, 12);
        drop(store);
        let mut found = disk.after_cut(&mut dice);
        if seed % 3 == 0 {
            // The power goes again while the first damage is being mended.
            found.cut(1 + dice.roll(40));
            drop(Store::open_on(found.options()));
            found = found.after_cut(&mut dice);
        }
        let store = Store::open_on(found.options()).unwrap_or_else(|e| panic!("seed {seed}: {e}"));
        prove(&store, &kept, seed);
        assert_eq!(work(&store, 1).len(), 4, "seed {seed}: it goes on");
    }
}

#[test]
fn trust_a_fault_at_any_operation_never_acknowledges_what_is_not_kept() {
    let clean = Disk::default();
    let before = {
        drop(Store::open_on(clean.options()).unwrap());
        clean.ops()
    };
    work(&Store::open_on(clean.options()).unwrap(), 6);
    let total = clean.ops() - before;
    for fault in [Fault::Io, Fault::Full, Fault::Short] {
        for k in 1..total {
            let disk = Disk::default();
            let store = Store::open_on(disk.options()).unwrap();
            disk.fail(k, fault);
            let mut kept = work(&store, 6);
            if store.stopped().is_none() {
                kept.extend(work(&store, 1));
            }
            drop(store);
            // How many operations a run takes depends on who shared a commit: the fault may be still to come.
            disk.heal();
            let store =
                Store::open_on(disk.options()).unwrap_or_else(|e| panic!("{fault:?} at {k}: {e}"));
            prove(&store, &kept, k);
        }
    }
}

#[test]
fn trust_after_a_failed_fsync_nothing_is_acknowledged_any_more() {
    for k in 1..200 {
        let disk = Disk::default();
        let store = Store::open_on(disk.options()).unwrap();
        disk.fail(k, Fault::Io);
        work(&store, 3);
        if let Some(why) = store.stopped() {
            assert!(why.contains("fsync"), "{why}");
            assert!(
                work(&store, 1).is_empty(),
                "fault at {k}: acknowledged after a failed fsync"
            );
        }
    }
}

#[test]
fn trust_after_a_passing_fault_the_same_process_goes_on() {
    let disk = Disk::default();
    let store = Store::open_on(disk.options()).unwrap();
    let mut recovered = 0;
    for _ in 0..40 {
        disk.fail(3, Fault::Full);
        work(&store, 2);
        if store.stopped().is_some() {
            return;
        }
        recovered += usize::from(work(&store, 1).len() == 4);
    }
    assert!(recovered > 0, "it never came back by itself");
}

#[test]
fn trust_a_damaged_database_gives_right_data_or_says_so() {
    for seed in 1..=rounds(60, 1_000) {
        let mut dice = Dice(seed.wrapping_mul(0xD6E8_FEB8_6659_FD93) | 1);
        let disk = Disk::default();
        let kept = { work(&Store::open_on(disk.options()).unwrap(), 4) };
        disk.damage(&mut dice);
        let opened = catch_unwind(AssertUnwindSafe(|| Store::open_on(disk.options())));
        match opened.unwrap_or_else(|_| panic!("seed {seed}: it panicked")) {
            Ok(store) => prove(&store, &kept, seed),
            Err(error) => assert!(
                error.to_string().contains("casella.redb"),
                "seed {seed}: {error}"
            ),
        }
    }
}
