//! Which servers take mail for a domain (RFC 5321 section 5), and for the smarthost.

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;

use super::Failure;
use super::session::{Peer, REMEDY};
use crate::config::{Network, Security, Smarthost};
use crate::rules::public_address::is_public;

/// The most servers and addresses that are tried for one letter.
const MAX_PEERS: usize = 6;

/// Why a name has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DnsFault {
    /// The name does not exist.
    NoSuchName,
    /// No server could tell; asking later may help.
    Unavailable(String),
}

/// An answer that comes later.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<Vec<T>, DnsFault>> + Send + 'a>>;

/// What direct delivery asks of the DNS. An existing name without such records is an empty list.
pub trait Lookup: Send + Sync {
    /// Preference and name of each exchange, lower-case, without the final dot; the null MX
    /// (RFC 7505) has an empty name.
    fn mx<'a>(&'a self, domain: &'a str) -> Answer<'a, (u16, String)>;
    /// IPv4 and IPv6 addresses.
    fn addresses<'a>(&'a self, host: &'a str) -> Answer<'a, IpAddr>;
    /// TXT records, each in one piece.
    fn texts<'a>(&'a self, name: &'a str) -> Answer<'a, String>;
}

/// Direct delivery: which port, and which networks may be written to although they are not public.
#[derive(Debug, Clone)]
pub struct Direct {
    pub port: u16,
    pub allow: Vec<Network>,
}

impl Direct {
    /// The servers of a domain in the order in which they are to be tried.
    pub async fn peers(&self, dns: &dyn Lookup, domain: &str) -> Result<Vec<Peer>, Failure> {
        if let Some(literal) = address_literal(domain) {
            let peers = self.peers_at(domain, &[literal]);
            return match peers.is_empty() {
                true => Err(not_public(domain)),
                false => Ok(peers),
            };
        }
        let hosts = exchanges(dns, domain).await?;
        let (mut peers, mut late, mut hidden) = (Vec::new(), None, false);
        for host in hosts {
            match dns.addresses(&host).await {
                Ok(found) => {
                    let reachable = self.peers_at(&host, &found);
                    hidden |= reachable.is_empty() && !found.is_empty();
                    peers.extend(reachable);
                }
                Err(DnsFault::NoSuchName) => {}
                Err(DnsFault::Unavailable(reason)) => late = Some(reason),
            }
        }
        peers.truncate(MAX_PEERS);
        match (peers.is_empty(), late, hidden) {
            (false, ..) => Ok(peers),
            (true, Some(reason), _) => Err(unavailable(domain, &reason)),
            (true, None, true) => Err(not_public(domain)),
            (true, None, false) => Err(Failure::refused(format!(
                "no mail server of {domain} has an address"
            ))),
        }
    }

    fn peers_at(&self, host: &str, addresses: &[IpAddr]) -> Vec<Peer> {
        let may = |ip: &&IpAddr| is_public(**ip) || self.allow.iter().any(|n| n.contains(**ip));
        let peer = |ip: &IpAddr| Peer {
            name: host.to_owned(),
            address: SocketAddr::new(*ip, self.port),
            security: Security::Plain,
            login: None,
            ours: false,
        };
        addresses.iter().filter(may).take(2).map(peer).collect()
    }
}

/// The names of a domain's mail servers, best first.
async fn exchanges(dns: &dyn Lookup, domain: &str) -> Result<Vec<String>, Failure> {
    let mut records = match dns.mx(domain).await {
        Ok(records) => records,
        Err(DnsFault::NoSuchName) => {
            return Err(Failure::refused(format!(
                "the domain {domain} does not exist"
            )));
        }
        Err(DnsFault::Unavailable(reason)) => return Err(unavailable(domain, &reason)),
    };
    records.sort_by_key(|(preference, _)| *preference);
    let named: Vec<_> = records
        .iter()
        .filter(|(_, host)| !host.is_empty())
        .collect();
    match (records.is_empty(), named.is_empty()) {
        // The domain itself stands in (RFC 5321 section 5.1).
        (true, _) => Ok(vec![domain.to_owned()]),
        (false, true) => Err(Failure::refused(format!(
            "the domain {domain} says that it takes no mail"
        ))),
        (false, false) => Ok(named.into_iter().map(|(_, host)| host.clone()).collect()),
    }
}

/// `[192.0.2.1]` or `[IPv6:2001:db8::1]` (RFC 5321 section 4.1.3).
fn address_literal(domain: &str) -> Option<IpAddr> {
    let inner = domain.strip_prefix('[')?.strip_suffix(']')?;
    let bare = inner
        .split_at_checked(5)
        .filter(|(tag, _)| tag.eq_ignore_ascii_case("IPv6:"));
    bare.map_or(inner, |(_, rest)| rest).parse().ok()
}

fn unavailable(domain: &str, reason: &str) -> Failure {
    Failure::later(format!(
        "the DNS does not tell the mail servers of {domain}: {reason}"
    ))
}

fn not_public(domain: &str) -> Failure {
    Failure::refused(format!(
        "the mail servers of {domain} are not on the public internet"
    ))
}

/// The smarthost's addresses, as the machine itself resolves names.
pub async fn smarthost(host: &Smarthost, login: Login) -> Result<Vec<Peer>, Failure> {
    let addresses = tokio::net::lookup_host((host.host.as_str(), host.port)).await;
    let addresses = addresses.map_err(|error| {
        Failure::later(format!(
            "the smarthost {} has no address: {error}; {REMEDY}",
            host.host
        ))
    })?;
    let peer = |address| Peer {
        name: host.host.clone(),
        address,
        security: host.security,
        login: login.clone(),
        ours: true,
    };
    Ok(addresses.take(MAX_PEERS).map(peer).collect())
}

/// User name and password.
pub type Login = Option<(String, crate::config::Secret)>;

#[cfg(test)]
mod tests {
    use super::super::End;
    use super::super::fake::Zone;
    use super::*;

    async fn route(zone: &Zone, domain: &str) -> Result<Vec<String>, End> {
        let direct = Direct {
            port: 25,
            allow: vec!["10.9.0.0/16".parse().unwrap()],
        };
        let peers = direct.peers(zone, domain).await.map_err(|f| f.end)?;
        Ok(peers
            .iter()
            .map(|peer| format!("{} {}", peer.name, peer.address.ip()))
            .collect())
    }

    #[tokio::test]
    async fn every_way_a_domain_can_be_set_up() {
        let zone = Zone::default()
            .mx("two.example", &[(20, "b.example"), (10, "a.example")])
            .addresses("a.example", &["8.8.8.1", "2a00::1", "8.8.8.3"])
            .addresses("b.example", &["8.8.8.2"])
            .mx("implicit.example", &[])
            .addresses("implicit.example", &["8.8.4.4"])
            .mx("null.example", &[(0, "")])
            .mx("empty.example", &[])
            .addresses("empty.example", &[])
            .mx("dangling.example", &[(10, "gone.example")])
            .mx("half.example", &[(10, "gone.example"), (20, "b.example")])
            .mx("inside.example", &[(10, "inside.example")])
            .addresses("inside.example", &["127.0.0.1", "192.168.0.1", "::1"])
            .mx("allowed.example", &[(10, "allowed.example")])
            .addresses("allowed.example", &["10.9.1.1"])
            .unavailable("slow.example")
            .mx("later.example", &[(10, "slow.example")]);
        let ok = |hosts: &[&str]| Ok(hosts.iter().map(|h| h.to_string()).collect());
        let cases = [
            // Preference decides; two addresses of each.
            (
                "two.example",
                ok(&[
                    "a.example 8.8.8.1",
                    "a.example 2a00::1",
                    "b.example 8.8.8.2",
                ]),
            ),
            ("implicit.example", ok(&["implicit.example 8.8.4.4"])),
            ("half.example", ok(&["b.example 8.8.8.2"])),
            ("allowed.example", ok(&["allowed.example 10.9.1.1"])),
            ("[8.8.8.8]", ok(&["[8.8.8.8] 8.8.8.8"])),
            ("[IPv6:2a00::1]", ok(&["[IPv6:2a00::1] 2a00::1"])),
            ("null.example", Err(End::Refused)),
            ("empty.example", Err(End::Refused)),
            ("dangling.example", Err(End::Refused)),
            ("inside.example", Err(End::Refused)),
            ("[127.0.0.1]", Err(End::Refused)),
            ("nowhere.example", Err(End::Refused)),
            ("slow.example", Err(End::TryLater)),
            ("later.example", Err(End::TryLater)),
        ];
        for (domain, expected) in cases {
            assert_eq!(route(&zone, domain).await, expected, "{domain}");
        }
    }
}
