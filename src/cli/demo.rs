//! `casella serve --demo`: a throw-away inbox with sample conversations, on loopback only.
//!
//! The samples go the way of real mail and chat: read, matched, recorded. Nothing leaves: the outbox
//! only queues, and no Facebook page is connected.

mod samples;

use crate::channel::email::read;
use crate::channel::email::receive::{Way, prepare, team};
use crate::channel::messenger::receive::{Webhook, take};
use crate::clock::{Clock, MINUTE, Millis};
use crate::config::{Config, Via};
use crate::error::{Failure, Outcome};
use crate::inbox::access::Passwords;
use crate::inbox::agent::{self, Edit};
use crate::inbox::receive::receive;
use crate::inbox::reply::{self, House, Reply};
use crate::inbox::visitor::{self, Identity, Profile, Said};
use crate::inbox::{self, Done, Inbox, Refused, assign, complete, note, saved_reply};
use casella_index::model::*;
use casella_index::{Actor, Stamp, Tx};
use samples::{Act, Sample};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

/// Who logs in, and with what.
pub const LOGIN: (&str, &str) = ("demo@example.com", "demo");

/// A data folder that is gone when the demo ends.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Outcome<Self> {
        let name = data_encoding::HEXLOWER.encode(&inbox::keys::random::<8>()?);
        let path = std::env::temp_dir().join(format!("casella-demo-{name}"));
        std::fs::create_dir(&path)
            .map_err(|e| Failure::io(&e).at(format!("`{}`", path.display())))?;
        Ok(Self(path))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The configuration as given, except that nothing comes from afar and nothing leaves.
pub fn harmless(mut config: Config) -> Config {
    config.outbound.via = Via::Hold;
    config.messenger = Default::default();
    config.http.public_url = None;
    config.http.tls = None;
    for listen in [&mut config.http.listen, &mut config.smtp.listen] {
        if !listen.ip().is_loopback() {
            *listen = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), listen.port());
        }
    }
    config
}

/// Opens the folder and fills it.
pub fn open(config: Config, folder: &Folder) -> Outcome<Inbox> {
    let inbox = Inbox::open(harmless(config), Clock::machine(), folder.path())?;
    Filler {
        now: inbox.clock.now(),
        inbox: inbox.clone(),
    }
    .fill()?;
    Ok(inbox)
}

struct Filler {
    inbox: Inbox,
    now: Millis,
}

impl Filler {
    fn fill(&self) -> Outcome {
        let me = self.agent(LOGIN, "Dana Rossi", Role::Admin)?;
        let other = self.agent(("luca@example.com", "demo"), "Luca Ferri", Role::Agent)?;
        for (category, title, text) in samples::SAVED_REPLIES {
            let edit = saved_reply::Edit {
                category: Some(category.to_string()),
                title: Some(title.to_string()),
                text: Some(text.to_string()),
            };
            self.write(0, Actor::Operator, |tx| saved_reply::create(tx, edit))?;
        }
        let mut samples = samples::all();
        samples.sort_by_key(|sample| std::cmp::Reverse(sample.ago()));
        let mut threads = Threads::default();
        for sample in samples {
            self.play(sample, &mut threads, [me, other])?;
        }
        Ok(())
    }

    fn agent(&self, login: (&str, &str), name: &str, role: Role) -> Outcome<AgentId> {
        let edit = Edit {
            name: Some(name.into()),
            role: Some(role),
            password: Some(Passwords::hash_blocking(login.1)?),
            ..Edit::default()
        };
        let email = login.0.to_owned();
        let made = self.write(0, Actor::Operator, move |tx| agent::put(tx, &email, edit))?;
        Ok(made.id)
    }

    fn play(&self, sample: Sample, threads: &mut Threads, agents: [AgentId; 2]) -> Outcome {
        match sample {
            Sample::Mail { key, ago, mail } => {
                let id = self.mail(ago, &mail)?;
                threads.0.push((key, id));
            }
            Sample::Chat { key, ago, line } => {
                let id = self.chat(key, ago, line)?;
                threads.0.push((key, id));
            }
            Sample::Known {
                key,
                ago,
                name,
                email,
            } => self.identify(key, ago, name, email)?,
            Sample::Messenger { ago, text } => self.messenger(ago, text)?,
            Sample::Agent { key, ago, who, act } => {
                let Some(id) = threads.last(key) else {
                    return Ok(());
                };
                let agent = agents[who];
                let house = House::of(&self.inbox);
                self.write(ago, Actor::Agent(agent), move |tx| {
                    perform(tx, &house, id, agent, act)
                })?;
            }
        }
        Ok(())
    }

    fn mail(&self, ago: i64, mail: &samples::Mail) -> Outcome<ConversationId> {
        let at = self.now - ago * MINUTE;
        let raw = mail.written(at).into_bytes();
        let team = team(&self.inbox).map_err(Failure::new)?;
        let way = Way {
            authentication: None,
            path: MailPath {
                at,
                via: "smtp".into(),
                mail_from: Some(mail.address.into()),
                recipients: self.inbox.config.inbox.addresses.clone(),
                ..MailPath::default()
            },
            team: team.clone(),
            imported: false,
        };
        let reading = read::guarded(raw.clone(), Some(mail.address), &team);
        let incoming = prepare(&self.inbox, &raw, reading, way);
        let received = self.write(ago, Actor::Stranger, move |tx| receive(tx, incoming))?;
        Ok(received.conversation)
    }

    fn chat(&self, key: &'static str, ago: i64, line: &'static str) -> Outcome<ConversationId> {
        let hash = key_hash(key);
        let message = self.write(ago, Actor::Stranger, move |tx| {
            let id = match visitor::by_key(tx, hash) {
                Ok(known) => known.id,
                Err(Refused::Unknown(_)) => visitor::come(tx, hash, Profile::default())?,
                Err(refused) => return Err(refused),
            };
            let said = Said {
                text: line.into(),
                client_id: line.into(),
                page: Some("/demo/".into()),
                ..Said::default()
            };
            Ok(visitor::say(tx, id, said)?.0)
        })?;
        Ok(message.conversation)
    }

    fn identify(&self, key: &str, ago: i64, name: &str, email: &str) -> Outcome {
        let hash = key_hash(key);
        let identity = Identity {
            email: email.into(),
            name: name.into(),
            vouched: None,
        };
        self.write(ago, Actor::Stranger, move |tx| {
            let id = visitor::by_key(tx, hash)?.id;
            visitor::identify(tx, id, hash, identity)
        })?;
        Ok(())
    }

    fn messenger(&self, ago: i64, text: &str) -> Outcome {
        let at = self.now - ago * MINUTE;
        let page = "100200300";
        let body = serde_json::json!({"object": "page", "entry": [{"id": page, "time": at,
            "messaging": [{"sender": {"id": "7001"}, "recipient": {"id": page}, "timestamp": at,
                "message": {"mid": format!("demo-{ago}"), "text": text}}]}]});
        let webhook = Webhook::read(body.to_string().as_bytes());
        let pages = vec![page.to_owned()];
        self.write(ago, Actor::Stranger, move |tx| take(tx, &webhook, &pages))
    }

    /// Writes as if `ago` minutes had not passed yet.
    fn write<T: Send + 'static>(
        &self,
        ago: i64,
        actor: Actor,
        verb: impl FnOnce(&mut Tx<'_>) -> Done<T> + Send + 'static,
    ) -> Outcome<T> {
        let stamp = Stamp::new(self.now - ago * MINUTE, actor);
        Ok(self.inbox.store.write(stamp, verb).wait()?)
    }
}

/// Which conversation a sample's story went to.
#[derive(Default)]
struct Threads(Vec<(&'static str, ConversationId)>);

impl Threads {
    fn last(&self, key: &str) -> Option<ConversationId> {
        let found = self.0.iter().rev().find(|(known, _)| *known == key);
        found.map(|(_, id)| *id)
    }
}

/// Nobody holds these visitors' keys: their devices are made up.
fn key_hash(key: &str) -> [u8; 32] {
    let mut hash = [0; 32];
    let digest = ring::digest::digest(&ring::digest::SHA256, key.as_bytes());
    hash.copy_from_slice(digest.as_ref());
    hash
}

fn perform(tx: &mut Tx<'_>, house: &House, id: ConversationId, agent: AgentId, act: Act) -> Done {
    inbox::read(tx, id, true)?;
    match act {
        Act::Reply(way, text) => {
            let answer = Reply {
                way,
                text: text.into(),
                ..Reply::default()
            };
            reply::reply(tx, house, id, answer).map(drop)
        }
        Act::Note(text) => note(tx, id, text, Vec::new()).map(drop),
        Act::Tag(tag) => inbox::tag::tag(tx, id, &[tag.to_owned()]),
        Act::Take => assign(tx, id, Some(agent)),
        Act::Complete => complete(tx, id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use casella_index::board::Filter;

    #[test]
    fn the_demo_is_filled_and_nothing_leaves_it() {
        let text = "[http]\nlisten = \"0.0.0.0:0\"\n[outbound]\nvia = \"mx\"";
        let config = Config::parse(text, "test.toml").unwrap();
        let folder = Folder::new().unwrap();
        let inbox = open(config, &folder).unwrap();
        assert!(inbox.config.http.listen.ip().is_loopback());
        assert_eq!(inbox.config.outbound.via, Via::Hold);
        let board = inbox.store.board();
        assert!(board.count(&Filter::default()) >= 8);
        assert!(board.unread() > 0);
        for channel in Channel::ALL {
            let filter = Filter {
                channel: Some(channel),
                ..Filter::default()
            };
            assert!(board.count(&filter) > 0, "{channel:?}");
        }
        let path = folder.path().to_owned();
        drop(inbox);
        drop(folder);
        assert!(!path.exists());
    }
}
