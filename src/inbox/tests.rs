//! The agents' verbs against a real store.

use super::receive::{Arrival, Incoming, Received, receive};
use super::*;
use crate::rules::mail::{Address, Mail, Reading};
use casella_index::model::*;
use casella_index::{Actor, Rows, Stamp, Store, Tx, journal};
use std::sync::atomic::{AtomicI64, Ordering};

/// A store of its own, whose time passes with every write.
struct Desk {
    store: Store,
    now: AtomicI64,
    _folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Desk {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        Desk {
            store,
            now: AtomicI64::new(1_767_000_000_000),
            _folder: folder,
        }
    }

    fn tried<T: Send + 'static>(
        &self,
        verb: impl FnOnce(&mut Tx<'_>) -> Done<T> + Send + 'static,
    ) -> Done<T> {
        let at = self.now.fetch_add(1_000, Ordering::SeqCst);
        self.store.write(Stamp::new(at, Actor::System), verb).wait()
    }

    fn does<T: Send + 'static>(
        &self,
        verb: impl FnOnce(&mut Tx<'_>) -> Done<T> + Send + 'static,
    ) -> T {
        self.tried(verb).unwrap()
    }

    fn mail(&self, from: &str, id: &str) -> Received {
        let mail = Mail {
            from: Address {
                name: String::new(),
                address: from.into(),
            },
            message_id: Some(id.into()),
            subject: id.into(),
            text: id.into(),
            ..Mail::default()
        };
        let incoming = Incoming::new(
            id.as_bytes(),
            Reading {
                mail,
                ..Reading::default()
            },
            Arrival::default(),
        );
        self.does(move |tx| receive(tx, incoming))
    }

    fn last_seq(&self) -> u64 {
        self.store.last_seq()
    }

    fn conversation(&self, id: ConversationId) -> Conversation {
        self.store
            .read()
            .unwrap()
            .conversation(id)
            .unwrap()
            .unwrap()
    }

    fn message(&self, id: MessageId) -> Message {
        self.store.read().unwrap().message(id).unwrap().unwrap()
    }

    fn owner(&self, id: ConversationId) -> String {
        let rows = self.store.read().unwrap();
        let contact = rows.conversation(id).unwrap().unwrap().contact.unwrap();
        rows.living_contact(contact).unwrap().unwrap().addresses[0]
            .key
            .clone()
    }

    /// The event lines of a thread.
    fn told(&self, id: ConversationId) -> Vec<String> {
        let thread = self.store.read().unwrap().thread(id, 0, 100).unwrap();
        thread
            .into_iter()
            .filter_map(|message| message.event)
            .map(|event| event.key)
            .collect()
    }
}

#[test]
fn completing_twice_is_completing_once() {
    let desk = Desk::new();
    let id = desk.mail("m@x.example", "a@x").conversation;
    desk.does(move |tx| complete(tx, id));
    let before = desk.last_seq();
    desk.does(move |tx| complete(tx, id));
    assert_eq!(
        (desk.conversation(id).status, desk.last_seq()),
        (Status::Complete, before)
    );
    desk.does(move |tx| reopen(tx, id));
    assert_eq!(desk.conversation(id).closure, None);
}

#[test]
fn a_message_moves_and_moves_back() {
    let desk = Desk::new();
    let (a, b) = (
        desk.mail("m@x.example", "a@x"),
        desk.mail("n@y.example", "b@y"),
    );
    desk.does(move |tx| move_message(tx, b.message, a.conversation));
    let moved = desk.message(b.message);
    assert_eq!(
        (moved.conversation, moved.matched_by.as_deref()),
        (a.conversation, Some("moved"))
    );
    assert_eq!(
        desk.conversation(a.conversation).subject,
        "b@y",
        "the newest subject"
    );
    assert_eq!(
        (desk.told(a.conversation), desk.told(b.conversation)),
        (vec!["moved_here".to_owned()], vec!["moved_away".to_owned()])
    );
    let rows = desk.store.read().unwrap();
    let seq = journal::since(&rows, 0, 1_000)
        .unwrap()
        .into_iter()
        .find(|(_, entry)| entry.event.name() == "MessageMoved")
        .unwrap()
        .0;
    drop(rows);
    desk.does(move |tx| undo(tx, seq));
    assert_eq!(desk.message(b.message).conversation, b.conversation);
    let again = desk.tried(move |tx| undo(tx, seq));
    assert!(
        matches!(
            again,
            Err(Refused::Conflict {
                reason: "moved_since",
                ..
            })
        ),
        "{again:?}"
    );
}

#[test]
fn a_split_makes_a_conversation_of_its_authors_own() {
    let desk = Desk::new();
    let (a, b) = (
        desk.mail("m@x.example", "a@x"),
        desk.mail("n@y.example", "b@y"),
    );
    let alone = desk.tried(move |tx| split(tx, a.message));
    assert!(matches!(
        alone,
        Err(Refused::Conflict {
            reason: "only_message",
            ..
        })
    ));
    desk.does(move |tx| move_message(tx, b.message, a.conversation));
    let fresh = desk.does(move |tx| split(tx, b.message));
    assert_eq!(
        (
            desk.owner(fresh).as_str(),
            desk.conversation(fresh).subject.as_str()
        ),
        ("n@y.example", "b@y")
    );
    assert_eq!(desk.conversation(a.conversation).newest, Some(a.message));
}

#[test]
fn notes_do_not_move() {
    let desk = Desk::new();
    let a = desk.mail("m@x.example", "a@x");
    let b = desk.mail("n@y.example", "b@y");
    let written = desk.does(move |tx| note(tx, a.conversation, "call him", Vec::new()));
    assert!(
        desk.tried(move |tx| move_message(tx, written, b.conversation))
            .is_err()
    );
    assert!(
        desk.tried(move |tx| note(tx, a.conversation, "  ", Vec::new()))
            .is_err(),
        "a note needs words"
    );
}

#[test]
fn an_author_is_changed_and_changed_back() {
    let desk = Desk::new();
    let a = desk.mail("m@x.example", "a@x");
    desk.does(move |tx| change_author(tx, a.message, "real@z.example", "Real Customer"));
    assert_eq!(desk.owner(a.conversation), "real@z.example");
    assert_eq!(desk.message(a.message).author.name, "Real Customer");
    desk.does(move |tx| swap_back(tx, a.message));
    assert_eq!(
        (
            desk.owner(a.conversation).as_str(),
            desk.message(a.message).author.address.as_deref()
        ),
        ("m@x.example", Some("m@x.example"))
    );
    assert!(
        desk.tried(move |tx| change_author(tx, a.message, "nonsense", ""))
            .is_err()
    );
}

#[test]
fn merged_contacts_share_everything_and_can_be_parted() {
    let desk = Desk::new();
    let (a, b) = (
        desk.mail("m@x.example", "a@x"),
        desk.mail("n@y.example", "b@y"),
    );
    let (of_a, of_b) = (
        desk.conversation(a.conversation).contact.unwrap(),
        desk.conversation(b.conversation).contact.unwrap(),
    );
    let merged = desk.does(move |tx| merge_contacts(tx, of_b, of_a));
    assert_eq!(merged.addresses.len(), 2);
    assert_eq!(
        (
            desk.owner(b.conversation).as_str(),
            desk.mail("n@y.example", "c@y").conversation
        ),
        ("m@x.example", b.conversation)
    );
    assert!(
        desk.tried(move |tx| merge_contacts(tx, of_b, of_a))
            .is_err(),
        "they are one already"
    );
    let parted = desk.does(move |tx| split_contact(tx, of_a, &["n@y.example".into()]));
    assert_eq!(
        (
            desk.owner(a.conversation).as_str(),
            desk.owner(b.conversation).as_str()
        ),
        ("m@x.example", "n@y.example")
    );
    let only = desk.tried(move |tx| split_contact(tx, parted.id, &["n@y.example".into()]));
    assert!(matches!(
        only,
        Err(Refused::Invalid {
            field: "addresses",
            ..
        })
    ));
}

#[test]
fn a_merge_is_undone_whole() {
    let desk = Desk::new();
    let (a, b) = (
        desk.mail("m@x.example", "a@x"),
        desk.mail("n@y.example", "b@y"),
    );
    let (of_a, of_b) = (
        desk.conversation(a.conversation).contact.unwrap(),
        desk.conversation(b.conversation).contact.unwrap(),
    );
    desk.does(move |tx| merge_contacts(tx, of_b, of_a));
    let seq = desk.last_seq();
    assert!(still_undoes(&desk.store.read().unwrap(), seq).unwrap());
    desk.does(move |tx| undo(tx, seq));
    assert!(!still_undoes(&desk.store.read().unwrap(), seq).unwrap());
    assert_eq!(desk.conversation(b.conversation).contact, Some(of_b));
    assert_eq!(desk.conversation(a.conversation).contact, Some(of_a));
    assert_eq!(
        desk.mail("n@y.example", "c@y").conversation,
        b.conversation,
        "new mail finds the one taken out"
    );
}

#[test]
fn a_thread_left_empty_is_complete_and_opens_when_its_mail_comes_back() {
    let desk = Desk::new();
    let (a, b) = (
        desk.mail("m@x.example", "a@x"),
        desk.mail("n@y.example", "b@y"),
    );
    let seq = desk.does(move |tx| move_message(tx, b.message, a.conversation));
    assert_eq!(desk.conversation(b.conversation).status, Status::Complete);
    desk.does(move |tx| undo(tx, seq));
    assert_eq!(desk.conversation(b.conversation).status, Status::Open);
}

#[test]
fn each_change_of_author_is_undone_to_the_one_before_it() {
    let desk = Desk::new();
    let a = desk.mail("m@x.example", "a@x");
    let acts = || {
        let rows = desk.store.read().unwrap();
        let entries = journal::since(&rows, 0, 1_000).unwrap().into_iter();
        let acts = entries.filter(|(_, entry)| entry.event.name() == "MessageChanged");
        acts.map(|(seq, _)| seq).collect::<Vec<_>>()
    };
    let author = || desk.message(a.message).author.address.unwrap();
    desk.does(move |tx| change_author(tx, a.message, "one@z.example", ""));
    desk.does(move |tx| change_author(tx, a.message, "two@z.example", ""));
    let [first, second] = acts()[..] else {
        panic!("{:?}", acts());
    };
    desk.does(move |tx| undo(tx, second));
    assert_eq!(author(), "one@z.example");
    desk.does(move |tx| undo(tx, first));
    assert_eq!(author(), "m@x.example");
}

#[test]
fn a_suggestion_is_followed_with_one_click_or_left() {
    let desk = Desk::new();
    let (a, b) = (
        desk.mail("m@x.example", "a@x"),
        desk.mail("n@y.example", "b@y"),
    );
    let (from, to) = (b.conversation, a.conversation);
    let suggest = move |tx: &mut Tx<'_>| tag::change(tx, from, |c| c.suggestion = Some(to));
    desk.does(suggest);
    desk.does(move |tx| leave_here(tx, from));
    assert_eq!(desk.conversation(from).suggestion, None);
    assert!(desk.tried(move |tx| follow_suggestion(tx, from)).is_err());
    desk.does(suggest);
    let (now, mail, seq) = desk.does(move |tx| follow_suggestion(tx, from));
    assert_eq!((now, mail), (to, b.message));
    assert_eq!(desk.message(mail).conversation, to);
    desk.does(move |tx| undo(tx, seq.unwrap()));
    assert_eq!(desk.message(mail).conversation, from);
}

#[test]
fn an_address_belongs_to_one_contact() {
    let desk = Desk::new();
    desk.mail("m@x.example", "a@x");
    let with = |address: &str| contact::Edit {
        name: Some("N".into()),
        addresses: Some(vec![address.to_owned()]),
        ..contact::Edit::default()
    };
    let edit = with("M@x.example");
    assert!(matches!(
        desk.tried(move |tx| contact::create(tx, edit)),
        Err(Refused::Conflict {
            reason: "address_taken",
            ..
        })
    ));
    let edit = with("nonsense");
    assert!(matches!(
        desk.tried(move |tx| contact::create(tx, edit)),
        Err(Refused::Invalid { .. })
    ));
    assert!(
        desk.tried(|tx| contact::create(tx, contact::Edit::default()))
            .is_err(),
        "nobody at all"
    );
    let edit = with("m@x.example");
    let imported = desk.does(move |tx| contact::import(tx, edit, None));
    assert_eq!(
        (
            imported.name.as_str(),
            imported.addresses.len(),
            imported.addresses[0].verified
        ),
        ("N", 1, true),
        "an import completes who is known"
    );
}

#[test]
fn a_blocked_contacts_mail_is_kept_as_spam_and_lights_no_dot() {
    let desk = Desk::new();
    let first = desk.mail("m@x.example", "a@x").conversation;
    let contact = desk.conversation(first).contact.unwrap();
    desk.does(move |tx| {
        contact::change(
            tx,
            contact,
            contact::Edit {
                blocked: Some(true),
                ..contact::Edit::default()
            },
        )?;
        tag::spam(tx, first, true)?;
        read(tx, first, true)?;
        complete(tx, first)
    });
    let next = desk.mail("m@x.example", "b@x").conversation;
    let row = desk.conversation(next);
    assert!(
        row.spam && row.read && row.status == Status::Complete,
        "{row:?}"
    );
}

#[test]
fn the_last_admin_stays() {
    let desk = Desk::new();
    let admin = || agent::Edit {
        role: Some(Role::Admin),
        password: Some("$argon2id$".into()),
        ..agent::Edit::default()
    };
    let first = desk
        .does(move |tx| agent::put(tx, "a@x.example", admin()))
        .id;
    let demoted = move |tx: &mut Tx<'_>| {
        agent::change(
            tx,
            first,
            agent::Edit {
                role: Some(Role::Viewer),
                ..agent::Edit::default()
            },
        )
    };
    assert!(matches!(
        desk.tried(demoted),
        Err(Refused::Conflict {
            reason: "last_admin",
            ..
        })
    ));
    desk.does(move |tx| agent::put(tx, "b@x.example", admin()));
    assert_eq!(desk.does(demoted).role, Role::Viewer);
    assert!(
        desk.tried(|tx| agent::put(tx, "not an address", agent::Edit::default()))
            .is_err()
    );
}

#[test]
fn a_viewer_owns_no_conversation() {
    let desk = Desk::new();
    let id = desk.mail("m@x.example", "a@x").conversation;
    let make = |email: &'static str, role| {
        desk.does(move |tx| {
            agent::put(
                tx,
                email,
                agent::Edit {
                    role: Some(role),
                    ..agent::Edit::default()
                },
            )
        })
        .id
    };
    let (viewer, agent) = (
        make("v@x.example", Role::Viewer),
        make("a@x.example", Role::Agent),
    );
    assert!(desk.tried(move |tx| assign(tx, id, Some(viewer))).is_err());
    desk.does(move |tx| assign_if_free(tx, id, agent));
    let other = make("o@x.example", Role::Agent);
    desk.does(move |tx| assign_if_free(tx, id, other));
    assert_eq!(
        desk.conversation(id).assignee,
        Some(agent),
        "the first to answer owns it"
    );
}

#[test]
fn tags_are_tidy() {
    let tags =
        |list: &[&str]| tag::tidy_tags(&list.iter().map(|tag| tag.to_string()).collect::<Vec<_>>());
    assert_eq!(
        tags(&[" vip ", "VIP", "", "late  parcel"]).unwrap(),
        ["vip", "late parcel"]
    );
    assert!(tags(&[&"x".repeat(100)]).is_err());
}

#[test]
fn saved_replies_are_kept_literally() {
    let desk = Desk::new();
    let edit = |title: &str, text: &str| saved_reply::Edit {
        category: Some("Shipping".into()),
        title: Some(title.into()),
        text: Some(text.into()),
    };
    let given = edit("Late", "Dear {{name}}, %FIRSTNAME%\n");
    let kept = desk.does(move |tx| saved_reply::create(tx, given));
    assert_eq!(kept.text, "Dear {{name}}, %FIRSTNAME%\n");
    let nameless = edit(" ", "text");
    assert!(
        desk.tried(move |tx| saved_reply::create(tx, nameless))
            .is_err()
    );
    desk.does(move |tx| saved_reply::delete(tx, kept.id));
    assert!(matches!(
        desk.tried(move |tx| saved_reply::delete(tx, kept.id)),
        Err(Refused::Unknown(_))
    ));
}

#[test]
fn a_revoked_token_opens_nothing_and_its_name_is_free_again() {
    let desk = Desk::new();
    desk.does(|tx| token::add(tx, "shop", "hash"));
    assert!(
        token::by_hash(&desk.store.read().unwrap(), "hash")
            .unwrap()
            .is_some()
    );
    assert!(desk.tried(|tx| token::add(tx, "shop", "other")).is_err());
    desk.does(|tx| token::revoke(tx, "shop"));
    assert!(
        token::by_hash(&desk.store.read().unwrap(), "hash")
            .unwrap()
            .is_none()
    );
    desk.does(|tx| token::add(tx, "shop", "other"));
}
