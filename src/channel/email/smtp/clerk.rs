//! The clerk between the protocol core and the [`Gate`]: it is asked by the core, asks the gate,
//! and notes what was said.

use std::{
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use mailin::{Handler, Response};

use super::{
    Envelope, Gate, Peer,
    canonical::{Parameters, path_of_core},
    listen::House,
    reply::Reply,
};

/// What a session knows of its client; shared by the clerk inside the core and the connection
/// around it.
pub struct Notes {
    pub peer: Peer,
    /// What the MAIL now before the core declared.
    pub declared: Parameters,
    /// The reverse path, once MAIL was accepted and until the transaction ends.
    pub mail_from: Option<String>,
    pub recipients: Vec<String>,
    /// What the clerk wants said to the command now before the core.
    pub reply: Option<Reply>,
}

/// Notes as both sides hold them.
#[derive(Clone)]
pub struct SharedNotes(Arc<Mutex<Notes>>);

impl SharedNotes {
    pub fn new(peer: Peer) -> Self {
        Self(Arc::new(Mutex::new(Notes {
            peer,
            declared: Parameters::default(),
            mail_from: None,
            recipients: Vec::new(),
            reply: None,
        })))
    }

    pub fn lock(&self) -> MutexGuard<'_, Notes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Notes {
    /// Forgets the transaction, and hands it over if there was one.
    pub fn take_envelope(&mut self) -> Option<Envelope> {
        let recipients = std::mem::take(&mut self.recipients);
        let declared = std::mem::take(&mut self.declared);
        self.mail_from.take().map(|mail_from| Envelope {
            mail_from,
            recipients,
            peer: self.peer.clone(),
            eight_bit: declared.eight_bit,
            smtputf8: declared.smtputf8,
        })
    }
}

/// The core's handler.
pub struct Clerk<G: Gate> {
    pub house: Arc<House<G>>,
    pub notes: SharedNotes,
}

impl<G: Gate> Handler for Clerk<G> {
    fn helo(&mut self, _: IpAddr, domain: &str) -> Response {
        let mut notes = self.notes.lock();
        notes.take_envelope();
        notes.peer.helo = domain.to_owned();
        say(
            &mut notes,
            Reply::new(250, "", self.house.config.hostname.clone()),
        )
    }

    fn mail(&mut self, _: IpAddr, _: &str, path: &str) -> Response {
        let mut notes = self.notes.lock();
        let path = path_of_core(path);
        let reply = self.judge_sender(&notes, &path).map_or_else(
            |refused| refused,
            |()| Reply::new(250, "2.1.0", "Sender OK"),
        );
        match reply.code {
            250 => notes.mail_from = Some(path),
            _ => self.log(&notes, &path, &[], &reply),
        }
        say(&mut notes, reply)
    }

    fn rcpt(&mut self, path: &str) -> Response {
        let mut notes = self.notes.lock();
        let path = path_of_core(path);
        let reply = match self.judge_recipient(&notes, &path) {
            Err(refused) => {
                let sender = notes.mail_from.clone().unwrap_or_default();
                self.log(&notes, &sender, &[path], &refused);
                refused
            }
            Ok(()) => {
                notes.recipients.push(path);
                Reply::new(250, "2.1.5", "Recipient OK")
            }
        };
        say(&mut notes, reply)
    }
}

impl<G: Gate> Clerk<G> {
    fn log(&self, notes: &Notes, sender: &str, recipients: &[String], reply: &Reply) {
        let gate = &self.house.gate;
        gate.refused(&notes.peer, sender, recipients, &reply.refusal());
    }

    fn judge_sender(&self, notes: &Notes, path: &str) -> Result<(), Reply> {
        let declared = notes.declared;
        if declared
            .size
            .is_some_and(|size| size > self.house.config.max_message)
        {
            return Err(too_big());
        }
        needs_utf8(path, declared.smtputf8)?;
        Ok(self
            .house
            .gate
            .mail_from(&notes.peer, path, declared.size)?)
    }

    fn judge_recipient(&self, notes: &Notes, path: &str) -> Result<(), Reply> {
        let most = self.house.config.limits.recipients;
        if most > 0 && notes.recipients.len() >= most {
            return Err(Reply::new(452, "4.5.3", "Too many recipients"));
        }
        needs_utf8(path, notes.declared.smtputf8)?;
        let sender = notes.mail_from.as_deref().unwrap_or_default();
        Ok(self.house.gate.recipient(&notes.peer, sender, path)?)
    }
}

/// The reply to a message, or the announcement of one, beyond the limit.
pub fn too_big() -> Reply {
    Reply::new(552, "5.3.4", "Message too big")
}

fn needs_utf8(path: &str, declared: bool) -> Result<(), Reply> {
    match path.is_ascii() || declared {
        true => Ok(()),
        false => Err(Reply::new(553, "5.6.7", "Such an address needs SMTPUTF8")),
    }
}

/// Leaves the reply in the notes; the core gets the code alone, to move its state by.
fn say(notes: &mut Notes, reply: Reply) -> Response {
    let code = reply.code;
    notes.reply = Some(reply);
    Response::custom(code, String::new())
}
