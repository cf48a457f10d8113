//! Whether a page's token works and Meta still sends its events: looked at when a page is saved and
//! every day after, because Meta unsubscribes a page silently when a webhook failed for an hour.

use super::connection::Connection;
use super::graph::{FIELDS, Failed, Graph, Page};
use crate::clock::{DAY, HOUR};
use crate::inbox::settings::{Messenger, MessengerHealth, PageHealth, Setting};
use crate::inbox::{Done, Inbox, delivery};
use casella_index::model::{Channel, Millis};
use casella_index::{Actor, Tx};
use std::time::Duration;

/// How often it is asked which pages are due.
const TICK: Duration = Duration::from_secs(600);

/// Looks after the pages.
#[derive(Clone)]
pub struct Health {
    inbox: Inbox,
    graph: Graph,
}

impl Health {
    pub fn new(inbox: Inbox, graph: Graph) -> Health {
        Health { inbox, graph }
    }

    /// Looks at every page at once, then at each when it is due; never ends.
    pub async fn watch(self) {
        let mut first = true;
        loop {
            if let Err(error) = self.round(first).await {
                tracing::warn!(%error, "the health of Messenger's pages could not be kept");
            }
            first = false;
            tokio::time::sleep(TICK).await;
        }
    }

    async fn round(&self, all: bool) -> Done {
        let known = MessengerHealth::get(&self.inbox.read()?)?;
        let now = self.inbox.clock.now();
        for page in Connection::of(&self.inbox)?.pages {
            let health = known.of(&page.id);
            if all || health.is_none_or(|health| is_due(health, now)) {
                self.look(&page, health.is_none()).await?;
            }
        }
        Ok(())
    }

    /// Subscribes one page and looks at it now; one that is not ours is passed over.
    ///
    /// # Errors
    /// The store's; what Meta says is kept as the page's health.
    pub async fn check(&self, id: &str) -> Done {
        match Connection::of(&self.inbox)?.page(id) {
            Some(page) => self.look(page, true).await,
            None => Ok(()),
        }
    }

    /// Asks what the page is subscribed to, and subscribes it to what is missing; a page that is `new` in
    /// any case, as what we see may be another app's.
    async fn look(&self, page: &Page, new: bool) -> Done {
        let app = Messenger::get(&self.inbox.read()?)?.app_id;
        let mut found = match new {
            true => Ok(Vec::new()),
            false => self.graph.subscriptions(page, &app).await,
        };
        if found
            .as_ref()
            .is_ok_and(|fields| !missing(fields).is_empty())
        {
            found = match self.graph.subscribe(page).await {
                Ok(()) => self.graph.subscriptions(page, &app).await,
                Err(failed) => Err(failed),
            };
        }
        // Saved anew meanwhile: this was said of another token.
        match Connection::of(&self.inbox)?.page(&page.id) {
            Some(now) if now.token == page.token => self.keep(page, found).await,
            _ => Ok(()),
        }
    }

    /// Meta not reached says nothing about the page: that it could not be asked is kept beside what is known.
    async fn keep(&self, page: &Page, found: Result<Vec<String>, Failed>) -> Done {
        let mut health = PageHealth {
            page: page.id.clone(),
            at: self.inbox.clock.now(),
            ..PageHealth::default()
        };
        match found {
            Ok(fields) => health.missing = missing(&fields),
            Err(Failed::Refused(trouble)) if trouble.is_passing() => {
                health.unreached = Some(trouble.words);
            }
            Err(Failed::Refused(trouble)) => health.broken = Some(trouble.key.to_owned()),
            Err(Failed::Unreachable(why)) => health.unreached = Some(why),
            Err(Failed::Unknown) => health.unreached = Some(String::new()),
        }
        note(&self.inbox, health).await
    }
}

/// Meta refused to speak with the page's token; `key` is the trouble's.
///
/// # Errors
/// The store's.
pub async fn broken(inbox: &Inbox, page: &str, key: &str) -> Done {
    let health = PageHealth {
        page: page.to_owned(),
        at: inbox.clock.now(),
        broken: Some(key.to_owned()),
        ..PageHealth::default()
    };
    note(inbox, health).await
}

async fn note(inbox: &Inbox, health: PageHealth) -> Done {
    let stamp = inbox.stamp(Actor::System);
    let written = inbox.store.write(stamp, move |tx| replace(tx, health));
    written.await
}

/// A page that speaks again lets go what waited for it.
fn replace(tx: &mut Tx<'_>, mut health: PageHealth) -> Done {
    let mut all = MessengerHealth::get(&*tx)?;
    let before = all.of(&health.page).cloned();
    if health.unreached.is_some() {
        let before = before.clone().unwrap_or_default();
        (health.broken, health.missing) = (before.broken, before.missing);
    }
    let was_broken = before.is_some_and(|before| before.broken.is_some());
    let healed = was_broken && health.broken.is_none();
    all.forget(&health.page);
    all.pages.push(health);
    all.set(tx)?;
    if healed {
        delivery::release_held(tx, Channel::Messenger)?;
    }
    Ok(())
}

/// Daily; one that is broken or could not be asked, hourly: it may have been put right meanwhile.
fn is_due(health: &PageHealth, now: Millis) -> bool {
    let unwell = health.broken.is_some() || health.unreached.is_some();
    now.saturating_sub(health.at) >= if unwell { HOUR } else { DAY }
}

/// What we read and Meta does not send.
fn missing(subscribed: &[String]) -> Vec<String> {
    let has = |field: &&str| subscribed.iter().any(|s| s == field);
    let wanted = FIELDS.split(',');
    wanted
        .filter(|field| !has(field))
        .map(str::to_owned)
        .collect()
}
