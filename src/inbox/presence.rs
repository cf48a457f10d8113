//! Who is looking right now. Memory only: being connected is what "online" means.

use casella_index::model::{AgentId, VisitorId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Counts the live connections of visitors and agents. Clones are the same.
#[derive(Debug, Clone, Default)]
pub struct Presence(Arc<Mutex<Seen>>);

#[derive(Debug, Default)]
struct Seen {
    visitors: HashMap<VisitorId, Looking>,
    agents: HashMap<AgentId, u32>,
}

#[derive(Debug, Default)]
struct Looking {
    connections: u32,
    page: String,
    /// When they last answered a beat.
    answered: Option<Instant>,
}

/// Who a [`Stay`] is of.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Who {
    Visitor(VisitorId),
    Agent(AgentId),
}

/// One live connection: dropping it is leaving.
#[derive(Debug)]
pub struct Stay {
    presence: Presence,
    who: Who,
    /// Called with "has now left altogether" when it ends.
    left: Option<Box<dyn FnOnceSend>>,
}

trait FnOnceSend: FnOnce() + Send + Sync {}
impl<F: FnOnce() + Send + Sync> FnOnceSend for F {}
impl std::fmt::Debug for dyn FnOnceSend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a farewell")
    }
}

impl Presence {
    /// A visitor's stream opened. `None` when they already have `most` (0 = any number). `left` is called
    /// once this was their last connection and it has ended.
    pub fn visitor(
        &self,
        id: VisitorId,
        most: u32,
        left: impl FnOnce() + Send + Sync + 'static,
    ) -> Option<(Stay, bool)> {
        let mut seen = self.seen();
        let looking = seen.visitors.entry(id).or_default();
        if most != 0 && looking.connections >= most {
            return None;
        }
        looking.connections += 1;
        let came = looking.connections == 1;
        let stay = Stay {
            presence: self.clone(),
            who: Who::Visitor(id),
            left: Some(Box::new(left)),
        };
        Some((stay, came))
    }

    /// An agent's page is open.
    pub fn agent(&self, id: AgentId) -> Stay {
        *self.seen().agents.entry(id).or_default() += 1;
        Stay {
            presence: self.clone(),
            who: Who::Agent(id),
            left: None,
        }
    }

    pub fn is_online(&self, visitor: VisitorId) -> bool {
        self.seen().visitors.contains_key(&visitor)
    }

    /// Whether any agent has a page open.
    pub fn any_agent(&self) -> bool {
        !self.seen().agents.is_empty()
    }

    /// The page a visitor looks at, while online.
    pub fn page(&self, visitor: VisitorId) -> Option<String> {
        let seen = self.seen();
        seen.visitors
            .get(&visitor)
            .map(|looking| looking.page.clone())
            .filter(|page| !page.is_empty())
    }

    /// Notes the page; true if it is another than before.
    pub fn looks_at(&self, visitor: VisitorId, page: &str) -> bool {
        match self.seen().visitors.get_mut(&visitor) {
            Some(looking) if looking.page != page => {
                page.clone_into(&mut looking.page);
                true
            }
            _ => false,
        }
    }

    /// Notes that a visitor answered their stream's beat.
    pub fn answers(&self, visitor: VisitorId) {
        if let Some(looking) = self.seen().visitors.get_mut(&visitor) {
            looking.answered = Some(Instant::now());
        }
    }

    /// For how long a visitor has answered no beat; `None` if they never did, as clients may.
    pub fn silent_for(&self, visitor: VisitorId) -> Option<Duration> {
        let seen = self.seen();
        Some(seen.visitors.get(&visitor)?.answered?.elapsed())
    }

    /// How many visitors are connected.
    pub fn visitors_online(&self) -> usize {
        self.seen().visitors.len()
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        // Counting cannot be left half-done, so a poisoned lock is as good as any.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Stay {
    fn drop(&mut self) {
        let mut seen = self.presence.seen();
        let gone = match self.who {
            Who::Visitor(id) => leave(&mut seen.visitors, id, |looking| &mut looking.connections),
            Who::Agent(id) => leave(&mut seen.agents, id, |connections| connections),
        };
        drop(seen);
        if let (true, Some(left)) = (gone, self.left.take()) {
            left();
        }
    }
}

/// Counts one connection less; true when it was the last.
fn leave<K: std::hash::Hash + Eq, V>(
    all: &mut HashMap<K, V>,
    key: K,
    count: impl FnOnce(&mut V) -> &mut u32,
) -> bool {
    let Some(entry) = all.get_mut(&key) else {
        return false;
    };
    let left = count(entry);
    *left = left.saturating_sub(1);
    if *left > 0 {
        return false;
    }
    all.remove(&key);
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[test]
    fn a_visitor_is_online_until_the_last_tab_is_closed() {
        let presence = Presence::default();
        let farewells = Arc::new(AtomicU32::new(0));
        let come = || {
            let farewells = farewells.clone();
            let left = move || {
                farewells.fetch_add(1, Ordering::SeqCst);
            };
            presence.visitor(VisitorId(1), 2, left)
        };
        let (first, came) = come().unwrap();
        let (second, again) = come().unwrap();
        assert!(
            (came, again) == (true, false) && come().is_none(),
            "two connections at most"
        );
        drop(first);
        assert!(presence.is_online(VisitorId(1)));
        drop(second);
        assert!(!presence.is_online(VisitorId(1)));
        assert_eq!(farewells.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn a_page_is_told_once() {
        let presence = Presence::default();
        assert!(!presence.looks_at(VisitorId(1), "/a"), "nobody is there");
        let _stay = presence.visitor(VisitorId(1), 0, || ()).unwrap();
        assert!(presence.looks_at(VisitorId(1), "/a"));
        assert!(!presence.looks_at(VisitorId(1), "/a"));
        assert_eq!(presence.page(VisitorId(1)).as_deref(), Some("/a"));
    }
}
