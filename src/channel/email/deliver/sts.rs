//! MTA-STS (RFC 8461): a domain says, over https, that its mail servers are to be proved, and which
//! they are. Without it, whoever stands between us could take the mail by answering without TLS.
//!
//! Policies are kept in memory for as long as they say; after a restart they are asked for anew.
//! Mode `testing` changes nothing, as it asks for reports only, which we do not send.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::Failure;
use super::route::Lookup;
use super::session::Peer;
use crate::config::Security;
use crate::fetch::{Bounds, Call, Fetcher, Trust};

/// The longest a policy is believed (RFC 8461 section 3.2).
const LONGEST: Duration = Duration::from_secs(31_557_600);
/// After a policy could not be fetched, its server is left alone for so long (section 3.3).
const REST: Duration = Duration::from_secs(300);
/// Bounds of a policy file.
const BOUNDS: Bounds = Bounds {
    most: 64 * 1024,
    time: Duration::from_secs(15),
};
/// The most domains remembered.
const MOST: usize = 1_000;

/// The text of a policy file, or nothing.
pub type Text<'a> = Pin<Box<dyn Future<Output = Option<String>> + Send + 'a>>;

/// Where policy files come from.
pub trait Policies: Send + Sync {
    /// That of a domain, over proved TLS and without following redirects (section 3.3).
    fn fetch<'a>(&'a self, domain: &'a str) -> Text<'a>;
}

impl Policies for Fetcher {
    fn fetch<'a>(&'a self, domain: &'a str) -> Text<'a> {
        Box::pin(async move {
            let url = format!("https://mta-sts.{domain}/.well-known/mta-sts.txt");
            let call = Call::get(url::Url::parse(&url).ok()?);
            let reply = self.send_once(call, Trust::Stranger, BOUNDS).await.ok()?;
            let found = reply.status == hyper::StatusCode::OK;
            found.then(|| String::from_utf8_lossy(&reply.body).into_owned())
        })
    }
}

/// What a domain asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Policy {
    enforced: bool,
    /// Names, or `*.name` for anything one label below; lower-case.
    hosts: Vec<String>,
    lasts: Duration,
}

impl Policy {
    /// Reads a policy file (section 3.2). Unknown lines are passed over; of the same key the first counts.
    fn read(text: &str) -> Option<Self> {
        let lines = text.lines().filter_map(|line| line.split_once(':'));
        let pairs: Vec<_> = lines.map(|(k, v)| (k.trim(), v.trim())).collect();
        let value = |key| pairs.iter().find(|(k, _)| *k == key).map(|(_, v)| *v);
        let known = value("version") == Some("STSv1");
        let mode = value("mode").filter(|m| known && ["enforce", "testing", "none"].contains(m))?;
        let hosts = pairs.iter().filter(|(key, _)| *key == "mx");
        let policy = Self {
            enforced: mode == "enforce",
            hosts: hosts.map(|(_, host)| host.to_lowercase()).collect(),
            lasts: Duration::from_secs(value("max_age")?.parse().ok()?).min(LONGEST),
        };
        (mode == "none" || !policy.hosts.is_empty()).then_some(policy)
    }

    fn names(&self, host: &str) -> bool {
        self.hosts
            .iter()
            .any(|named| match named.strip_prefix("*.") {
                Some(above) => host.split_once('.').is_some_and(|(_, rest)| rest == above),
                None => named == host,
            })
    }
}

/// The id in a domain's TXT records: another id, another policy (section 3.1). More than one record
/// is none.
fn id(texts: &[String]) -> Option<String> {
    let mut records = texts.iter().filter(|text| text.starts_with("v=STSv1;"));
    let (record, None) = (records.next()?, records.next()) else {
        return None;
    };
    let fields = record.split(';').filter_map(|field| field.split_once('='));
    let mut ids = fields.filter(|(name, _)| name.trim() == "id");
    ids.next().map(|(_, id)| id.trim().to_owned())
}

#[derive(Clone)]
struct Known {
    id: String,
    /// `None`: it could not be had.
    policy: Option<Policy>,
    until: Instant,
}

/// Asks for policies and remembers them.
pub struct Keeper {
    source: Arc<dyn Policies>,
    known: Mutex<HashMap<String, Known>>,
}

impl Keeper {
    pub fn new(source: Arc<dyn Policies>) -> Self {
        Self {
            source,
            known: Mutex::default(),
        }
    }

    /// The servers that the domain's policy leaves, to be proved where it says so.
    ///
    /// # Errors
    /// None of them is named by the policy: then nothing may be sent (section 5).
    pub async fn bind(
        &self,
        dns: &dyn Lookup,
        domain: &str,
        mut peers: Vec<Peer>,
    ) -> Result<Vec<Peer>, Failure> {
        let policy = self.policy(dns, domain).await;
        let Some(policy) = policy.filter(|policy| policy.enforced) else {
            return Ok(peers);
        };
        peers.retain(|peer| policy.names(&peer.name));
        for peer in &mut peers {
            peer.security = Security::StartTls;
        }
        match peers.is_empty() {
            true => Err(Failure::later(format!(
                "{domain} lets mail go to other servers only than its DNS names (MTA-STS)"
            ))),
            false => Ok(peers),
        }
    }

    /// A policy that is still good is kept even when its domain cannot be asked (section 5.1).
    async fn policy(&self, dns: &dyn Lookup, domain: &str) -> Option<Policy> {
        let name = format!("_mta-sts.{domain}");
        let texts = dns.texts(&name).await;
        let id = texts.ok().and_then(|texts| id(&texts));
        let known = self.recall(domain);
        let id = match (id, &known) {
            (Some(id), Some(known)) if known.id == id => return known.policy.clone(),
            (Some(id), _) => id,
            (None, _) => return known.and_then(|known| known.policy),
        };
        let text = self.source.fetch(domain).await;
        let fetched = text.and_then(|text| Policy::read(&text));
        let (policy, lasts) = match fetched {
            Some(policy) => (Some(policy.clone()), policy.lasts),
            None => (known.and_then(|known| known.policy), REST),
        };
        self.remember(domain, &id, policy.clone(), lasts);
        policy
    }

    fn recall(&self, domain: &str) -> Option<Known> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let found = known.get(domain);
        found.filter(|known| known.until > Instant::now()).cloned()
    }

    fn remember(&self, domain: &str, id: &str, policy: Option<Policy>, lasts: Duration) {
        let now = Instant::now();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.retain(|_, known| known.until > now);
        }
        if known.len() >= MOST {
            known.clear();
        }
        let fresh = Known {
            id: id.to_owned(),
            policy,
            until: now + lasts,
        };
        known.insert(domain.to_owned(), fresh);
    }
}

#[cfg(test)]
mod tests {
    use super::super::fake::Zone;
    use super::super::route::Direct;
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// One policy for all, and how often it was fetched.
    #[derive(Default)]
    struct Site {
        text: Mutex<Option<&'static str>>,
        fetched: AtomicUsize,
    }

    impl Policies for Site {
        fn fetch<'a>(&'a self, _: &'a str) -> Text<'a> {
            self.fetched.fetch_add(1, Ordering::SeqCst);
            let text = self.text.lock().unwrap().map(str::to_owned);
            Box::pin(async move { text })
        }
    }

    const ENFORCED: &str =
        "version: STSv1\r\nmode: enforce\r\nmx: a.example\r\nmx: *.b.example\r\nmax_age: 600\r\n";

    fn zone(id: &str) -> Zone {
        Zone::default()
            .mx(
                "shop.example",
                &[(1, "a.example"), (2, "x.b.example"), (3, "evil.example")],
            )
            .addresses("a.example", &["8.8.8.1"])
            .addresses("x.b.example", &["8.8.8.2"])
            .addresses("evil.example", &["8.8.8.3"])
            .texts("_mta-sts.shop.example", &[id])
    }

    /// The servers that are left, with what is demanded of them.
    async fn bound(keeper: &Keeper, zone: &Zone) -> Result<Vec<(String, Security)>, Failure> {
        let direct = Direct {
            port: 25,
            allow: Vec::new(),
        };
        let peers = direct.peers(zone, "shop.example").await?;
        let bound = keeper.bind(zone, "shop.example", peers).await?;
        Ok(bound.into_iter().map(|p| (p.name, p.security)).collect())
    }

    fn keeper(text: Option<&'static str>) -> (Keeper, Arc<Site>) {
        let site = Arc::new(Site {
            text: Mutex::new(text),
            ..Site::default()
        });
        (Keeper::new(site.clone()), site)
    }

    #[tokio::test]
    async fn an_enforced_policy_leaves_its_own_servers_and_has_them_proved() {
        let (keeper, site) = keeper(Some(ENFORCED));
        for _ in 0..2 {
            let bound = bound(&keeper, &zone("v=STSv1; id=1;")).await.unwrap();
            let expected = ["a.example", "x.b.example"].map(|n| (n.into(), Security::StartTls));
            assert_eq!(bound, expected);
        }
        assert_eq!(site.fetched.load(Ordering::SeqCst), 1, "fetched once");
    }

    #[tokio::test]
    async fn without_a_policy_mail_goes_as_it_can() {
        for (record, text) in [
            ("v=spf1 -all", Some(ENFORCED)),
            ("v=STSv1; id=1;", None),
            ("v=STSv1; id=1;", Some("<html>not found</html>")),
            (
                "v=STSv1; id=1;",
                Some("version: STSv1\nmode: testing\nmx: a.example\nmax_age: 9"),
            ),
            (
                "v=STSv1; id=1;",
                Some("version: STSv1\nmode: none\nmax_age: 9"),
            ),
            (
                "v=STSv1; id=1;",
                Some("version: STSv1\nmode: enforce\nmax_age: 9"),
            ),
        ] {
            let (keeper, _) = keeper(text);
            let bound = bound(&keeper, &zone(record)).await.unwrap();
            assert_eq!(bound.len(), 3, "{record} {text:?}");
            assert!(bound.iter().all(|(_, s)| *s == Security::Plain));
        }
    }

    #[tokio::test]
    async fn a_policy_outlives_its_record_and_its_site_until_its_time_is_over() {
        let (keeper, site) = keeper(Some(ENFORCED));
        bound(&keeper, &zone("v=STSv1; id=1;")).await.unwrap();
        *site.text.lock().unwrap() = None;
        for record in ["gone", "v=STSv1; id=2;"] {
            let bound = bound(&keeper, &zone(record)).await.unwrap();
            assert_eq!(bound.len(), 2, "{record}");
        }
        for known in keeper.known.lock().unwrap().values_mut() {
            known.until = Instant::now();
        }
        assert_eq!(bound(&keeper, &zone("gone")).await.unwrap().len(), 3);
    }

    #[tokio::test]
    async fn where_the_policy_names_no_server_of_the_dns_nothing_is_sent() {
        let other = "version: STSv1\nmode: enforce\nmx: other.example\nmax_age: 600\n";
        let (keeper, _) = keeper(Some(other));
        let failure = bound(&keeper, &zone("v=STSv1; id=1;")).await.unwrap_err();
        assert_eq!(failure.end, super::super::End::TryLater);
        assert!(failure.reason.contains("MTA-STS"), "{}", failure.reason);
    }

    #[test]
    fn a_star_stands_for_one_label() {
        let policy = Policy::read(ENFORCED).unwrap();
        for (host, named) in [
            ("a.example", true),
            ("x.b.example", true),
            ("b.example", false),
            ("y.x.b.example", false),
        ] {
            assert_eq!(policy.names(host), named, "{host}");
        }
    }
}
