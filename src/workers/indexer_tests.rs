use super::*;
use crate::inbox::search::{Question, search as ask};
use casella_index::model::*;
use casella_index::{Actor, Event, Stamp};
use std::fs;
use std::time::Instant;

struct Place {
    folder: tempfile::TempDir,
    store: Store,
    serving: Arc<Serving>,
}

impl Place {
    fn new() -> Place {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        Place {
            folder,
            store,
            serving: Arc::default(),
        }
    }

    fn start(&self) -> Indexer {
        let index = index_folder(self.folder.path());
        Indexer::start(
            self.store.clone(),
            &index,
            Clock::machine(),
            self.serving.clone(),
        )
    }

    fn mail(&self, text: &str) {
        let text = text.to_owned();
        let verb = move |tx: &mut casella_index::Tx<'_>| -> Result<(), StoreError> {
            let conversation = Conversation {
                id: tx.new_conversation()?,
                next_seq: 1,
                ..Conversation::default()
            };
            let message = Message {
                id: tx.new_message()?,
                seq: 1,
                conversation: conversation.id,
                channels: vec![Channel::Email],
                body: Body::Inline(text),
                ..Message::default()
            };
            tx.record(Event::ConversationOpened(conversation))?;
            tx.record(Event::MessageAdded {
                message: Box::new(message),
                reopens: false,
                unread: true,
            })?;
            Ok(())
        };
        let stamp = Stamp::new(1, Actor::System);
        self.store.write(stamp, verb).wait().unwrap();
    }

    fn total(&self, text: &str) -> Option<usize> {
        let question = Question {
            text: text.into(),
            ..Question::default()
        };
        ask(&self.store, &self.serving, &question)
            .ok()
            .map(|answer| answer.total)
    }

    /// Waits until as much is found; a deadline only ends a test that would fail anyway.
    fn until_found(&self, text: &str, total: usize) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while self.total(text) != Some(total) {
            assert!(Instant::now() < deadline, "{text}: {:?}", self.total(text));
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

#[test]
fn mail_is_found_without_being_asked_for() {
    let place = Place::new();
    place.mail("before the first start");
    let indexer = place.start();
    place.until_found("first", 1);
    place.mail("while it runs");
    place.until_found("runs", 1);
    indexer.stop();
    place.mail("while it is stopped");
    let _again = place.start();
    place.until_found("while", 2);
}

#[test]
fn an_index_damaged_while_stopped_is_built_anew() {
    for damage in [
        "deleted",
        "emptied",
        "meta cut",
        "meta garbage",
        "files gone",
        "a bit flipped",
    ] {
        let place = Place::new();
        place.mail("words that must not be lost");
        let indexer = place.start();
        place.until_found("words", 1);
        indexer.stop();
        harm(&index_folder(place.folder.path()), damage);
        let serving = Arc::default();
        let place = Place { serving, ..place };
        let _indexer = place.start();
        place.mail("words of today");
        place.until_found("words", 2);
    }
}

fn harm(index: &Path, damage: &str) {
    let files = || {
        fs::read_dir(index)
            .unwrap()
            .map(|entry| entry.unwrap().path())
    };
    let meta = index.join("meta.json");
    match damage {
        "deleted" => fs::remove_dir_all(index).unwrap(),
        "emptied" => files()
            .filter(|f| f.is_file())
            .for_each(|f| fs::remove_file(f).unwrap()),
        "meta cut" => fs::write(&meta, &fs::read(&meta).unwrap()[..50]).unwrap(),
        "meta garbage" => fs::write(&meta, [0xee; 300]).unwrap(),
        "files gone" => files()
            .filter(|f| f.extension().is_some_and(|e| e == "term" || e == "fast"))
            .for_each(|f| fs::remove_file(f).unwrap()),
        _ => files()
            .filter(|f| f.extension().is_some_and(|e| e == "idx" || e == "pos"))
            .for_each(|f| {
                let mut bytes = fs::read(&f).unwrap();
                bytes[0] ^= 0x10;
                fs::write(f, bytes).unwrap();
            }),
    }
}

#[test]
fn a_rebuild_keeps_everything_findable() {
    let place = Place::new();
    place.mail("old words");
    let _indexer = place.start();
    place.until_found("words", 1);
    place.serving.want_new("a test asks for it");
    place.mail("new words");
    place.until_found("words", 2);
    let deadline = Instant::now() + Duration::from_secs(60);
    while place.serving.built() < 2 {
        assert!(Instant::now() < deadline, "no new index");
        std::thread::sleep(Duration::from_millis(10));
    }
    place.until_found("words", 2);
}
