use super::super::archives;
use super::*;
use crate::clock::Clock;
use crate::config::Config;
use casella_index::model::*;
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

struct World {
    folder: tempfile::TempDir,
    inbox: Inbox,
}

impl World {
    fn new() -> World {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let inbox = Inbox::open(Config::default(), Clock::machine(), &data).unwrap();
        World { folder, inbox }
    }

    fn put(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }

    fn import(&self, path: &Path) -> Report {
        let found = archives(&[path.to_owned()]).unwrap();
        let importer = Importer::new(&self.inbox, Stop::default());
        importer.run(&found, &mut |_| {}).unwrap()
    }

    fn dry_run(&self, path: &Path) -> Report {
        let found = archives(&[path.to_owned()]).unwrap();
        let importer = Importer::dry(&self.inbox, Stop::default()).unwrap();
        importer.run(&found, &mut |_| {}).unwrap()
    }

    fn messages(&self) -> Vec<Message> {
        let rows = self.inbox.read().unwrap();
        let all = rows.all(&casella_index::tables::MESSAGES).unwrap();
        all.into_iter().map(|(_, message)| message).collect()
    }
}

/// A mail of one of `people` people, answering the one before it every third time.
fn mail(number: usize, people: usize) -> String {
    let mut mail = format!(
        "From: Person {p} <p{p}@shop{p}.example>\nTo: inbox@localhost\nMessage-ID: <{number}@x.example>\n\
         Date: Thu, 01 Jan 2026 {h:02}:{m:02}:00 +0000\nSubject: Question {number}\n",
        p = number % people,
        h = number / 60 % 24,
        m = number % 60,
    );
    if number % 3 == 2 {
        writeln!(
            mail,
            "In-Reply-To: <{}@x.example>",
            number.saturating_sub(people)
        )
        .unwrap();
    }
    format!("{mail}\nWhat about number {number}?\n")
}

fn mbox(numbers: std::ops::Range<usize>, people: usize) -> String {
    numbers.fold(String::new(), |mut all, number| {
        let mail = mail(number, people);
        write!(all, "From x@x.example Thu Jan  1 00:00:00 2026\n{mail}\n").unwrap();
        all
    })
}

#[test]
fn an_mbox_that_only_begins_like_an_earlier_one_is_read_whole() {
    let world = World::new();
    let long = format!("{}{}", mbox(10..11, 7), "x".repeat(5_000));
    let path = world.put("archive", &format!("{long}\n\n{}", mbox(11..20, 7)));
    assert_eq!(world.import(&path).mails, 10);
    world.put("archive", &format!("{long}\n\n{}", mbox(30..60, 7)));
    let report = world.import(&path);
    assert_eq!(
        (report.mails, report.resumed, report.duplicates),
        (31, 0, 1)
    );
    assert_eq!(world.messages().len(), 40);
}

#[test]
fn an_mbox_is_taken_in_and_a_second_time_adds_nothing() {
    let world = World::new();
    let path = world.put("archive", &mbox(10..310, 7));
    let report = world.import(&path);
    assert_eq!((report.mails, report.threads, report.contacts), (300, 7, 7));
    assert_eq!(
        (report.joined, report.duplicates, report.failed),
        (293, 0, 0)
    );
    let messages = world.messages();
    assert_eq!(messages.len(), 300);
    assert!(
        messages.iter().all(|m| m.at < 1_767_312_000_000),
        "ordered by their own dates"
    );
    assert_eq!(
        world.inbox.store.board().unread(),
        0,
        "an archive is news to nobody"
    );

    let again = world.import(&path);
    assert_eq!((again.mails, again.resumed), (0, 1));
    let copy = world.put("copy-of-archive", &mbox(10..310, 7));
    assert_eq!(world.import(&copy).duplicates, 300);
    assert_eq!(world.messages().len(), 300);
}

#[test]
fn an_archive_that_grew_is_gone_on_with() {
    let world = World::new();
    let path = world.put("archive", &mbox(10..40, 5));
    world.import(&path);
    world.put("archive", &mbox(10..60, 5));
    let report = world.import(&path);
    assert_eq!(
        (report.mails, report.resumed, report.duplicates),
        (20, 1, 0)
    );
    // Another file of that name is read from its beginning.
    world.put("archive", &mbox(0..60, 5).replace("Question", "Answer"));
    assert_eq!(world.import(&path).mails, 60);
}

#[test]
fn a_stopped_import_goes_on() {
    let world = World::new();
    let path = world.put("archive", &mbox(10..2_010, 50));
    let stop = Stop::default();
    let importer = Importer::new(&world.inbox, stop.clone());
    let found = archives(std::slice::from_ref(&path)).unwrap();
    let report = importer
        .run(&found, &mut |_| stop.store(true, Ordering::Relaxed))
        .unwrap();
    assert!(report.stopped && report.mails < 2_000, "{report}");
    let rest = world.import(&path);
    assert_eq!(rest.failed, 0);
    assert_eq!(world.messages().len(), 2_000);
}

#[test]
fn a_dry_run_tells_what_would_be_and_writes_nothing() {
    let world = World::new();
    let path = world.put("archive", &mbox(10..110, 7));
    let told = world.dry_run(&path);
    assert_eq!(world.inbox.store.last_seq(), 0);
    let done = world.import(&path);
    assert_eq!(told, done);
    let more = world.put("more", &mbox(100..120, 7));
    assert_eq!(world.dry_run(&more).duplicates, 10);
}

#[test]
fn doubtful_mail_is_taken_in_and_named() {
    let world = World::new();
    let path = world.put(
        "odd",
        "From x 12:00\nSubject: no date, no sender\n\nx\n\nFrom x 12:00\nFrom: a@b.example\nDate: soon\n\ny\n",
    );
    let report = world.import(&path);
    assert_eq!((report.mails, report.doubtful), (2, 2));
    assert!(report.doubts[0].why.contains("no sender"), "{report}");
    assert_eq!(world.messages().len(), 2);
}

#[test]
fn an_archive_that_is_none_costs_only_itself() {
    let world = World::new();
    let good = world.put("good.eml", &mail(10, 5));
    let mut found = archives(&[good.clone(), good]).unwrap();
    found.insert(0, found[0].clone());
    found[0].path = world.folder.path().join("gone");
    let report = Importer::new(&world.inbox, Stop::default())
        .run(&found, &mut |_| {})
        .unwrap();
    assert_eq!((report.mails, report.doubtful), (1, 1));
}

#[test]
fn the_companys_own_answers_are_its_own() {
    let world = World::new();
    let own = "From: Support <inbox@localhost>\nTo: p0@shop0.example\nMessage-ID: <own@x>\nDate: Thu, 01 Jan 2026 00:30:00 +0000\nSubject: Re: Question\n\nHere it is.\n";
    world.import(&world.put("theirs.eml", &mail(10, 5)));
    world.import(&world.put("ours.eml", own));
    let messages = world.messages();
    assert_eq!(messages[0].conversation, messages[1].conversation);
    assert_eq!(messages[1].direction, Direction::Out);
}
