use super::*;
use crate::rules::token::{self, Signed};
use casella_index::{Rows, Stamp, Store};

const NOON: Millis = 1_767_355_200_000;

/// A store with one conversation, spoken to by one agent.
struct Desk {
    store: Store,
    house: House,
    id: ConversationId,
    _folder: tempfile::TempDir,
}

fn address(text: &str) -> MailAddress {
    MailAddress {
        name: String::new(),
        address: text.into(),
    }
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let house = House {
            keys: Keys::new(&[[7; 32]]).unwrap(),
            from: "Shop <help@shop.example>".parse().unwrap(),
            reply_domain: "shop.example".into(),
            inboxes: vec!["help@shop.example".into()],
            window: window::Limits::default(),
        };
        let id = ConversationId(1);
        let desk = Self {
            store,
            house,
            id,
            _folder: folder,
        };
        desk.write(|tx| {
            tx.record(Event::AgentChanged(Agent {
                id: AgentId(1),
                email: "ada@corp.example".into(),
                name: "Ada".into(),
                role: Role::Agent,
                ..Agent::default()
            }))?;
            Ok(())
        });
        desk
    }

    fn write<T: Send + 'static>(
        &self,
        verb: impl FnOnce(&mut Tx<'_>) -> Done<T> + Send + 'static,
    ) -> T {
        self.try_write(verb).unwrap()
    }

    fn try_write<T: Send + 'static>(
        &self,
        verb: impl FnOnce(&mut Tx<'_>) -> Done<T> + Send + 'static,
    ) -> Done<T> {
        let stamp = Stamp::new(NOON, Actor::Agent(AgentId(1)));
        self.store.write(stamp, verb).wait()
    }

    /// A conversation of a contact with that address, from whom a mail came.
    fn mailed(from: &str, to: &[&str], cc: &[&str]) -> Self {
        let desk = Self::new();
        let from = from.to_owned();
        let all = |list: &[&str]| list.iter().map(|a| address(a)).collect::<Vec<_>>();
        let (to, cc, id) = (all(to), all(cc), desk.id);
        desk.write(move |tx| {
            let contact = contact("Anna", &from);
            tx.record(Event::ContactCreated(contact))?;
            tx.record(Event::ConversationOpened(Conversation {
                id,
                subject: "Order 12".into(),
                contact: Some(ContactId(1)),
                verified: true,
                next_seq: 1,
                ..Conversation::default()
            }))?;
            let facts = EmailFacts {
                message_id: "in@example.com".into(),
                references: vec!["root@example.com".into()],
                from: address(&from),
                to,
                cc,
                ..EmailFacts::default()
            };
            add(tx, id, Direction::In, Channel::Email, Some(facts))
        });
        desk
    }

    /// A conversation of a visitor who typed that address, or none.
    fn chatted(email: Option<&str>, lines: u32) -> Self {
        let desk = Self::new();
        let (email, id) = (email.map(str::to_owned), desk.id);
        desk.write(move |tx| {
            tx.record(Event::VisitorCreated {
                visitor: Visitor {
                    id: VisitorId(1),
                    email,
                    conversation: Some(id),
                    ..Visitor::default()
                },
                key_hash: [1; 32],
            })?;
            tx.record(Event::ConversationOpened(Conversation {
                id,
                channel: Channel::Chat,
                visitor: Some(VisitorId(1)),
                next_seq: 1,
                ..Conversation::default()
            }))?;
            for _ in 0..lines {
                add(tx, id, Direction::In, Channel::Chat, None)?;
            }
            Ok(())
        });
        desk
    }

    fn reply(&self, reply: Reply) -> Done<Message> {
        let (house, id) = (self.house.clone(), self.id);
        self.try_write(move |tx| super::reply(tx, &house, id, reply))
    }

    fn jobs(&self) -> Vec<Job> {
        self.store.read().unwrap().jobs().unwrap()
    }

    fn labels(&self) -> Vec<Vec<Channel>> {
        let thread = self.store.read().unwrap().thread(self.id, 0, 100).unwrap();
        thread.into_iter().map(|m| m.channels).collect()
    }
}

fn contact(name: &str, from: &str) -> Contact {
    Contact {
        id: ContactId(1),
        name: name.into(),
        addresses: vec![ContactAddress {
            address: from.into(),
            key: from.to_lowercase(),
            verified: true,
            ..ContactAddress::default()
        }],
        ..Contact::default()
    }
}

fn add(
    tx: &mut Tx<'_>,
    id: ConversationId,
    direction: Direction,
    channel: Channel,
    email: Option<EmailFacts>,
) -> Done {
    let conversation = line::conversation(tx, id)?;
    let message = Message {
        direction,
        channels: vec![channel],
        subject: email.iter().map(|_| "Order 12").collect(),
        body: Texts::plain("Hello").keep(tx)?,
        email,
        ..line::next(tx, &conversation)?
    };
    tx.record(Event::MessageAdded {
        message: Box::new(message),
        reopens: false,
        unread: false,
    })?;
    Ok(())
}

fn by(channel: Channel, text: &str) -> Reply {
    Reply {
        way: Way::By(channel),
        text: text.into(),
        ..Reply::default()
    }
}

fn reason<T: std::fmt::Debug>(done: Done<T>) -> &'static str {
    match done.unwrap_err() {
        Refused::Conflict { reason, .. } => reason,
        Refused::Invalid { field, .. } => field,
        other => panic!("{other}"),
    }
}

fn addresses(people: &[MailAddress]) -> Vec<&str> {
    people.iter().map(|p| p.address.as_str()).collect()
}

#[test]
fn an_answer_by_mail_names_answers_and_signs() {
    let desk = Desk::mailed("Anna@example.com", &["help@shop.example"], &[]);
    let message = desk.reply(by(Channel::Email, "Hi {{name}}")).unwrap();
    let mail = message.email.clone().unwrap();
    assert_eq!(mail.from.name, "Ada · Shop");
    assert_eq!(mail.from.address, "help@shop.example");
    assert_eq!(addresses(&mail.to), ["Anna@example.com"]);
    assert_eq!(message.subject, "Re: Order 12");
    assert_eq!(mail.in_reply_to, ["in@example.com"]);
    let own = mail.message_id.as_str();
    assert_eq!(mail.references, ["root@example.com", own, "in@example.com"]);
    assert_eq!(
        token::read_message_id(&desk.house.keys, own),
        Some(message.id.0)
    );
    assert_eq!(message.snippet, "Hi {{name}}");
    assert_eq!(message.delivery.state, DeliveryState::Queued);
    let jobs = desk.jobs();
    assert_eq!(jobs.len(), 1);
    assert_eq!(
        (jobs[0].message, jobs[0].recipient.as_str()),
        (message.id, "Anna@example.com")
    );
    let conversation = desk.store.read().unwrap().conversation(desk.id).unwrap();
    assert_eq!(conversation.unwrap().assignee, Some(AgentId(1)));
}

#[test]
fn who_was_in_copy_stays_in_copy_and_we_do_not() {
    let token = {
        let desk = Desk::new();
        let token = token::Token::Reply {
            conversation: 1,
            recipient: 0,
        };
        token::local_part(&desk.house.keys, token) + "@shop.example"
    };
    let desk = Desk::mailed(
        "anna@example.com",
        &["help+vip@shop.example", "bob@example.com", &token],
        &[
            "ada@corp.example",
            "Bob@Example.com",
            "eve@example.org",
            "anna@example.com",
        ],
    );
    let message = desk.reply(by(Channel::Email, "Hi")).unwrap();
    let mail = message.email.unwrap();
    assert_eq!(addresses(&mail.cc), ["bob@example.com", "eve@example.org"]);
    let recipients: Vec<_> = desk
        .jobs()
        .into_iter()
        .map(|j| (j.recipient_no, j.recipient))
        .collect();
    let expected = ["anna@example.com", "bob@example.com", "eve@example.org"];
    assert_eq!(
        recipients,
        (0..).zip(expected.map(String::from)).collect::<Vec<_>>()
    );
}

#[test]
fn an_agent_may_say_who_gets_it() {
    let desk = Desk::mailed(
        "anna@example.com",
        &["help@shop.example"],
        &["bob@example.com"],
    );
    let message = desk
        .reply(Reply {
            cc: Some(vec![]),
            bcc: vec![address("boss@corp.example")],
            ..by(Channel::Email, "Hi")
        })
        .unwrap();
    let mail = message.email.unwrap();
    assert!(mail.cc.is_empty());
    assert_eq!(addresses(&mail.bcc), ["boss@corp.example"]);
    assert_eq!(desk.jobs().len(), 2);
}

#[test]
fn a_forward_to_others_takes_nobody_and_no_chat_along() {
    let desk = Desk::chatted(Some("anna@example.com"), 2);
    let message = desk
        .reply(Reply {
            to: Some(vec![address("carrier@example.net")]),
            ..by(Channel::Email, "Please look")
        })
        .unwrap();
    let mail = message.email.unwrap();
    assert_eq!(addresses(&mail.to), ["carrier@example.net"]);
    assert!(mail.cc.is_empty() && mail.carried.is_empty());
}

#[test]
fn addresses_that_cannot_be_meant_are_refused() {
    let desk = Desk::mailed("anna@example.com", &[], &[]);
    for bad in [
        "",
        "anna",
        "help@shop.example",
        "help+x@shop.example",
        "a@b\r\nBcc: c@d",
    ] {
        let reply = Reply {
            to: Some(vec![address(bad)]),
            ..by(Channel::Email, "Hi")
        };
        assert_eq!(reason(desk.reply(reply)), "to", "{bad}");
    }
    assert!(desk.jobs().is_empty());
}

#[test]
fn each_channel_that_leads_nowhere_says_why() {
    let mailed = Desk::mailed("anna@example.com", &[], &[]);
    let chatted = Desk::chatted(None, 1);
    let service = Desk::mailed("no-reply@example.com", &[], &[]);
    let cases = [
        (&mailed, Channel::Chat, "no_visitor"),
        (&mailed, Channel::Messenger, "no_messenger"),
        (&chatted, Channel::Email, "no_address"),
        (&chatted, Channel::Messenger, "no_messenger"),
        (&service, Channel::Email, "no_answer_address"),
    ];
    for (desk, channel, expected) in cases {
        assert_eq!(reason(desk.reply(by(channel, "Hi"))), expected);
        assert!(desk.jobs().is_empty());
    }
}

#[test]
fn a_chat_line_waits_for_the_visitor_without_a_job() {
    let desk = Desk::chatted(None, 1);
    let message = desk.reply(by(Channel::Chat, "Hello!")).unwrap();
    assert_eq!(message.channels, [Channel::Chat]);
    assert_eq!(message.delivery.state, DeliveryState::Queued);
    assert!(desk.jobs().is_empty());
}

#[test]
fn the_mail_after_a_chat_carries_it_and_labels_it() {
    let desk = Desk::chatted(Some("anna@example.com"), 2);
    desk.reply(by(Channel::Chat, "Hello!")).unwrap();
    let note = Reply {
        way: Way::Note,
        text: "she is nice".into(),
        ..Reply::default()
    };
    desk.reply(note).unwrap();
    let message = desk.reply(by(Channel::Email, "As promised")).unwrap();
    let (chat, mail) = (Channel::Chat, Channel::Email);
    assert_eq!(message.email.unwrap().carried.len(), 3);
    let both = vec![chat, mail];
    let expected = [both.clone(), both.clone(), both.clone(), vec![], vec![mail]];
    assert_eq!(desk.labels(), expected);
    // The next mail answers a mail: nothing is carried twice.
    let again = desk.reply(by(mail, "And one more")).unwrap();
    assert!(again.email.unwrap().carried.is_empty());
}

#[test]
fn a_transcript_is_the_whole_chat_and_unseen_answers_are_mailed_once() {
    let desk = Desk::chatted(Some("anna@example.com"), 2);
    let unseen = |desk: &Desk| {
        let (house, id) = (desk.house.clone(), desk.id);
        desk.write(move |tx| mail_unseen(tx, &house, id))
    };
    assert_eq!(unseen(&desk), None, "nobody answered yet");
    desk.reply(by(Channel::Chat, "Hello!")).unwrap();
    let mailed = unseen(&desk).unwrap().email.unwrap();
    assert_eq!(mailed.carried.len(), 3);
    assert_eq!(unseen(&desk), None, "mailed already");
    let (house, id) = (desk.house.clone(), desk.id);
    let record = desk.write(move |tx| transcript(tx, &house, id));
    assert_eq!(record.email.unwrap().carried.len(), 3);
}

#[test]
fn a_transcript_needs_a_chat_and_an_address() {
    for (desk, expected) in [
        (Desk::chatted(None, 1), "no_address"),
        (Desk::mailed("anna@example.com", &[], &[]), "conversation"),
    ] {
        let (house, id) = (desk.house.clone(), desk.id);
        let done = desk.try_write(move |tx| transcript(tx, &house, id));
        assert_eq!(reason(done), expected);
    }
}

#[test]
fn the_same_key_is_the_same_message() {
    let desk = Desk::mailed("anna@example.com", &[], &[]);
    for way in [Way::By(Channel::Email), Way::Note] {
        let reply = || Reply {
            way,
            text: "Hi".into(),
            idempotency_key: Some(format!("{way:?}")),
            ..Reply::default()
        };
        let first = desk.reply(reply()).unwrap();
        let second = desk.reply(reply()).unwrap();
        assert_eq!(first.id, second.id);
    }
    assert_eq!(desk.jobs().len(), 1);
}

#[test]
fn notes_stay_inside() {
    let desk = Desk::mailed("anna@example.com", &[], &[]);
    let note = Reply {
        way: Way::Note,
        text: "call her".into(),
        ..Reply::default()
    };
    let message = desk.reply(note).unwrap();
    assert_eq!(message.direction, Direction::Note);
    assert!(desk.jobs().is_empty());
}

#[test]
fn an_empty_answer_is_none_but_a_file_alone_is() {
    let desk = Desk::mailed("anna@example.com", &[], &[]);
    assert_eq!(reason(desk.reply(by(Channel::Email, " \n "))), "text");
    let file = NewFile {
        name: "C:\\docs\\a\r\nb.pdf".into(),
        content_type: "application/pdf".into(),
        bytes: casella_index::store::pack(b"%PDF"),
    };
    let message = desk
        .reply(Reply {
            files: vec![file],
            ..by(Channel::Email, "")
        })
        .unwrap();
    assert_eq!(message.attachments[0].name, "ab.pdf");
    assert_eq!(message.snippet, "ab.pdf");
}

#[test]
fn messenger_is_answered_inside_its_window_only() {
    for (hours, expected) in [(23, None), (25, Some("window_closed"))] {
        let desk = Desk::new();
        let id = desk.id;
        desk.write(move |tx| {
            tx.record(Event::ConversationOpened(Conversation {
                id,
                channel: Channel::Messenger,
                messenger: Some(MessengerPerson {
                    page: "P".into(),
                    psid: "42".into(),
                    last_inbound: NOON - hours * 3_600_000,
                    ..MessengerPerson::default()
                }),
                next_seq: 1,
                ..Conversation::default()
            }))?;
            Ok(())
        });
        let done = desk.reply(by(Channel::Messenger, "Hi"));
        match expected {
            Some(expected) => assert_eq!(reason(done), expected),
            None => assert_eq!(
                desk.jobs()[0].recipient,
                done.unwrap().messenger.unwrap().psid
            ),
        }
    }
}

#[test]
fn signed_addresses_of_ours_are_recognised() {
    let desk = Desk::new();
    let local = token::local_part(
        &desk.house.keys,
        token::Token::Bounce {
            message: 1,
            recipient: 0,
        },
    );
    assert!(matches!(
        token::read_local_part(&desk.house.keys, &local),
        Signed::Right(_)
    ));
    assert!(recipients::is_ours(
        &desk.house,
        &format!("{local}@Shop.Example")
    ));
    assert!(!recipients::is_ours(&desk.house, "r+x@example.com"));
}
