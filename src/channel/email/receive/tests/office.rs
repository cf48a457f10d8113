//! A running inbox without its sockets.

use super::super::*;
use crate::channel::email::dns::fake::Zone;
use crate::clock::Clock;
use crate::config::Config;
use crate::inbox::{self, Done};
use crate::rules::token::{self, Token};
use casella_index::model::*;
use casella_index::tables::CONTACTS;
use casella_index::{Event, Rows};

/// A running inbox without its sockets.
pub struct Office {
    pub inbox: Inbox,
    pub reception: Reception,
    _folder: tempfile::TempDir,
}

impl Office {
    pub async fn open() -> Office {
        Office::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut Config)) -> Office {
        let mut config = Config::default();
        config.inbox.addresses = vec!["inbox@localhost".into(), "sales@localhost".into()];
        config.store.min_free = crate::config::Size::mib(0);
        change(&mut config);
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::manual(1_767_000_000_000);
        let inbox = Inbox::open(config, clock, folder.path()).unwrap();
        let authenticator = Authenticator::new(Zone::default().serve().await, "localhost", &[]);
        Office {
            reception: Reception::new(inbox.clone(), authenticator),
            inbox,
            _folder: folder,
        }
    }

    /// Delivers a mail to these recipients; its From is the envelope's sender too.
    pub async fn deliver_to(&self, recipients: &[&str], mail: &str) -> Received {
        self.deliver_from(None, recipients, mail).await
    }

    pub async fn deliver(&self, mail: &str) -> Received {
        self.deliver_to(&["inbox@localhost"], mail).await
    }

    pub async fn deliver_from(
        &self,
        mail_from: Option<&str>,
        recipients: &[&str],
        mail: &str,
    ) -> Received {
        self.inbox.clock.advance(60_000);
        let mail = mail.trim_start().replace('\n', "\r\n");
        let from = mail
            .split("From: ")
            .nth(1)
            .and_then(|rest| rest.split("\r\n").next())
            .unwrap_or_default();
        let from = from
            .rsplit('<')
            .next()
            .unwrap_or_default()
            .trim_end_matches('>');
        let envelope = Envelope {
            mail_from: mail_from.unwrap_or(from).to_owned(),
            recipients: recipients.iter().map(|to| to.to_string()).collect(),
            peer: peer(),
            eight_bit: true,
            smtputf8: false,
        };
        self.reception
            .take(envelope, Spooled::Memory(mail.into_bytes()))
            .await
            .unwrap()
    }

    pub fn write<T: Send + 'static>(
        &self,
        verb: impl FnOnce(&mut Tx<'_>) -> Done<T> + Send + 'static,
    ) -> T {
        self.inbox.clock.advance(1_000);
        self.inbox
            .store
            .write(self.inbox.stamp(Actor::System), verb)
            .wait()
            .unwrap()
    }

    /// An agent's mail to this address, as the outbox would have recorded it.
    pub fn answer(&self, conversation: ConversationId, to: &str) -> Message {
        let to = to.to_owned();
        let inbox = self.inbox.clone();
        self.write(move |tx| {
            let row = inbox::line::conversation(tx, conversation)?;
            let mut message = inbox::line::next(tx, &row)?;
            message.direction = Direction::Out;
            message.channels = vec![Channel::Email];
            message.delivery.state = DeliveryState::Sent;
            message.delivery.recipients = vec![RecipientDelivery {
                address: to.clone(),
                state: DeliveryState::Sent,
                detail: String::new(),
            }];
            message.email = Some(EmailFacts {
                message_id: token::message_id(&inbox.keys, message.id.0, "localhost"),
                from: MailAddress {
                    name: String::new(),
                    address: "inbox@localhost".into(),
                },
                to: vec![MailAddress {
                    name: String::new(),
                    address: to,
                }],
                ..EmailFacts::default()
            });
            tx.record(Event::ReplyQueued {
                message: Box::new(message.clone()),
                jobs: Vec::new(),
                carried: Vec::new(),
                idempotency_key: None,
            })?;
            Ok(message)
        })
    }

    pub fn agent(&self, email: &str) {
        let email = email.to_owned();
        self.write(move |tx| inbox::agent::put(tx, &email, inbox::agent::Edit::default()));
    }

    pub fn reply_address(&self, conversation: ConversationId) -> String {
        let token = Token::Reply {
            conversation: conversation.0,
            recipient: 0,
        };
        format!("{}@localhost", token::local_part(&self.inbox.keys, token))
    }

    pub fn bounce_address(&self, message: MessageId) -> String {
        let token = Token::Bounce {
            message: message.0,
            recipient: 0,
        };
        format!("{}@localhost", token::local_part(&self.inbox.keys, token))
    }

    pub fn conversation(&self, id: ConversationId) -> Conversation {
        self.inbox
            .read()
            .unwrap()
            .conversation(id)
            .unwrap()
            .unwrap()
    }

    pub fn message(&self, id: MessageId) -> Message {
        self.inbox.read().unwrap().message(id).unwrap().unwrap()
    }

    pub fn text(&self, id: MessageId) -> String {
        self.inbox.store.body(&self.message(id)).unwrap().text
    }

    pub fn contact(&self, id: ConversationId) -> Contact {
        let contact = self.conversation(id).contact.unwrap();
        self.inbox
            .read()
            .unwrap()
            .contact(contact)
            .unwrap()
            .unwrap()
    }

    pub fn contacts(&self) -> usize {
        self.inbox.read().unwrap().all(&CONTACTS).unwrap().len()
    }

    pub fn complete(&self, id: ConversationId) {
        self.write(move |tx| {
            inbox::read(tx, id, true)?;
            inbox::complete(tx, id)
        });
    }

    /// `open unread`, `complete read` …
    pub fn state(&self, id: ConversationId) -> String {
        let conversation = self.conversation(id);
        format!(
            "{} {}",
            conversation.status.as_str(),
            if conversation.read { "read" } else { "unread" }
        )
    }
}

pub fn peer() -> Peer {
    Peer {
        ip: [192, 0, 2, 1].into(),
        helo: "mail.x.example".into(),
        extended: true,
        tls: None,
    }
}

/// A mail of a customer with an id, perhaps an answer.
pub fn mail(from: &str, id: &str, more: &str) -> String {
    format!(
        "From: {from}\nTo: inbox@localhost\nSubject: Order 12\nMessage-ID: <{id}>\n{more}\nWhere is it? ({id})\n"
    )
}

pub const MARIO: &str = "Mario Rossi <mario@x.example>";
