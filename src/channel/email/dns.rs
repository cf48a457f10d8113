//! Name resolution for mail: whose servers take it, and what senders publish about themselves.
//!
//! One resolver, with one cache that honours the records' lifetimes, serves judging incoming mail
//! and routing outgoing mail. It asks the servers of the machine, or the one configured.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig, ResolverOpts};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::{Name, RData, RecordType};
use hickory_resolver::system_conf::read_system_conf;
use hickory_resolver::{Resolver, TokioResolver};

use super::deliver::{Answer, DnsFault, Lookup};
use crate::config;
use crate::error::{Failure, Outcome};

#[cfg(test)]
pub(crate) mod fake;
mod pulse;

pub use pulse::Pulse;

/// How long one server may take to answer one question; it is asked twice.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long "there is no such name" is believed at least (RFC 2308, section 5, lets a server omit how
/// long): most senders publish nothing under most of the names asked for, mail after mail.
const NONE_AT_LEAST: Duration = Duration::from_secs(60);

/// A resolver; clones share its cache.
#[derive(Clone)]
pub struct Dns(TokioResolver);

/// A name that is not there has no records, which is an answer.
fn none_if_unknown<T>(answer: Result<Vec<T>, DnsFault>, name: &str) -> Outcome<Vec<T>> {
    match answer {
        Err(DnsFault::NoSuchName) => Ok(Vec::new()),
        answer => answer.map_err(|fault| {
            Failure::new(format!("the DNS does not answer: {fault:?}"))
                .at(name)
                .remedy("check the network, or name a resolver in `dns.server`")
        }),
    }
}

impl Dns {
    /// Asks the configured server, else those of the machine, else one on this machine.
    pub fn new(config: &config::Dns) -> Outcome<Self> {
        let (servers, mut options) = match config.server {
            Some(server) => (one_server(server), ResolverOpts::default()),
            None => of_the_machine(),
        };
        options.timeout = PATIENCE;
        options.attempts = 2;
        options.try_tcp_on_error = true;
        options.negative_min_ttl = Some(NONE_AT_LEAST);
        Resolver::builder_with_config(servers, TokioRuntimeProvider::default())
            .with_options(options)
            .with_tls_config(no_tls())
            .build()
            .map(Self)
            .map_err(|error| Failure::new(format!("no DNS resolver: {error}")).at("[dns] server"))
    }

    pub(super) fn resolver(&self) -> &TokioResolver {
        &self.0
    }

    /// The hosts that take a domain's mail, best first; none where it names none.
    ///
    /// # Errors
    /// The DNS does not answer.
    pub async fn mail_hosts(&self, domain: &str) -> Outcome<Vec<String>> {
        let mut hosts = none_if_unknown(self.exchanges(domain).await, domain)?;
        hosts.sort();
        Ok(hosts.into_iter().map(|(_, host)| host).collect())
    }

    /// The texts published under a name, each in one piece.
    ///
    /// # Errors
    /// The DNS does not answer.
    pub async fn texts(&self, name: &str) -> Outcome<Vec<String>> {
        none_if_unknown(self.texts_of(name).await, name)
    }

    async fn texts_of(&self, name: &str) -> Result<Vec<String>, DnsFault> {
        let records = self.ask(name, RecordType::TXT).await?;
        let text = |record: &RData| match record {
            RData::TXT(text) => Some(text.to_string()),
            _ => None,
        };
        Ok(records.iter().filter_map(text).collect())
    }

    /// The answers to one question; none when the name exists without such records.
    async fn ask(&self, name: &str, kind: RecordType) -> Result<Vec<RData>, DnsFault> {
        let name = fully_qualified(name).ok_or(DnsFault::NoSuchName)?;
        match self.0.lookup(name, kind).await {
            Ok(found) => {
                let answers = found.answers().iter();
                let wanted = answers.filter(|record| record.record_type() == kind);
                Ok(wanted.map(|record| record.data.clone()).collect())
            }
            Err(error) => fault(&error).map_or(Ok(Vec::new()), Err),
        }
    }

    async fn exchanges(&self, domain: &str) -> Result<Vec<(u16, String)>, DnsFault> {
        let records = self.ask(domain, RecordType::MX).await?;
        let exchange = |record| match record {
            RData::MX(mx) => Some((mx.preference, plain(&mx.exchange))),
            _ => None,
        };
        Ok(records.into_iter().filter_map(exchange).collect())
    }

    /// Both families; a fault of one is borne while the other has an answer.
    async fn addresses_of(&self, host: &str) -> Result<Vec<IpAddr>, DnsFault> {
        let (four, six) = tokio::join!(
            self.ask(host, RecordType::A),
            self.ask(host, RecordType::AAAA)
        );
        let (records, fault) = match (four, six) {
            (Ok(four), Ok(six)) => ([four, six].concat(), None),
            (Ok(records), Err(fault)) | (Err(fault), Ok(records)) => (records, Some(fault)),
            (Err(fault), Err(_)) => return Err(fault),
        };
        let address = |record: &RData| match record {
            RData::A(a) => Some(IpAddr::V4(a.0)),
            RData::AAAA(a) => Some(IpAddr::V6(a.0)),
            _ => None,
        };
        let found: Vec<_> = records.iter().filter_map(address).collect();
        match (found.is_empty(), fault) {
            (true, Some(fault)) => Err(fault),
            _ => Ok(found),
        }
    }
}

impl Lookup for Dns {
    fn mx<'a>(&'a self, domain: &'a str) -> Answer<'a, (u16, String)> {
        Box::pin(self.exchanges(domain))
    }

    fn addresses<'a>(&'a self, host: &'a str) -> Answer<'a, IpAddr> {
        Box::pin(self.addresses_of(host))
    }

    fn texts<'a>(&'a self, name: &'a str) -> Answer<'a, String> {
        Box::pin(self.texts_of(name))
    }
}

/// As the root sees it, so that no search list of the machine is tried.
fn fully_qualified(name: &str) -> Option<Name> {
    let mut name = Name::from_str_relaxed(name).ok()?;
    name.set_fqdn(true);
    Some(name)
}

fn plain(name: &Name) -> String {
    let name = name.to_lowercase().to_ascii();
    name.trim_end_matches('.').to_owned()
}

/// What an error means to mail; `None` when it only says that there are no such records.
fn fault(error: &NetError) -> Option<DnsFault> {
    match error {
        _ if error.is_nx_domain() => Some(DnsFault::NoSuchName),
        _ if error.is_no_records_found() => None,
        other => Some(DnsFault::Unavailable(other.to_string())),
    }
}

/// The servers the machine uses, each taken at its word, as the C library takes them: a name that
/// the first does not know is not asked of the next.
fn of_the_machine() -> (ResolverConfig, ResolverOpts) {
    let (config, options) = read_system_conf().unwrap_or_else(|error| {
        tracing::warn!(%error, "the machine's resolver settings are unreadable");
        let local = SocketAddr::from((Ipv4Addr::LOCALHOST, 53));
        (one_server(local), ResolverOpts::default())
    });
    let mut servers = config.name_servers().to_vec();
    for server in &mut servers {
        server.trust_negative_responses = true;
    }
    (ResolverConfig::from_name_servers(servers), options)
}

fn one_server(server: SocketAddr) -> ResolverConfig {
    let mut connections = vec![ConnectionConfig::udp(), ConnectionConfig::tcp()];
    for connection in &mut connections {
        connection.port = server.port();
    }
    let server = NameServerConfig::new(server.ip(), true, connections);
    ResolverConfig::from_name_servers(vec![server])
}

/// We ask over UDP and TCP alone. Without this the resolver would read the machine's certificate
/// store at every start, and fail where there is none.
fn no_tls() -> rustls::ClientConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring has cipher suites for the default versions")
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth()
}

#[cfg(test)]
mod tests {
    use super::fake::Zone;
    use super::*;

    #[tokio::test]
    async fn what_outgoing_mail_asks_is_answered() {
        let dns = Zone::default()
            .mx("two.example", 20, "B.example")
            .mx("two.example", 10, "a.example")
            .mx("null.example", 0, ".")
            .a("a.example", [192, 0, 2, 1])
            .aaaa("a.example", "2001:db8::1")
            .txt("b.example", "nothing else")
            .serve()
            .await;
        let mut found = dns.mx("two.example").await.unwrap();
        found.sort();
        assert_eq!(found, [(10, "a.example".into()), (20, "b.example".into())]);
        assert_eq!(dns.mx("null.example").await, Ok(vec![(0, String::new())]));
        assert_eq!(dns.mx("a.example").await, Ok(vec![]));
        assert_eq!(dns.mx("gone.example").await, Err(DnsFault::NoSuchName));
        let found = dns.addresses("a.example").await.unwrap();
        let (four, six) = ("192.0.2.1", "2001:db8::1");
        assert_eq!(
            found,
            [four.parse::<IpAddr>().unwrap(), six.parse().unwrap()]
        );
        assert_eq!(dns.addresses("b.example").await, Ok(vec![]));
        assert_eq!(
            dns.addresses("not a name \u{0}").await,
            Err(DnsFault::NoSuchName)
        );
    }

    #[tokio::test]
    async fn a_server_that_fails_is_no_answer() {
        let dns = Zone::default().failing("slow.example").serve().await;
        let answer = dns.mx("slow.example").await;
        assert!(
            matches!(answer, Err(DnsFault::Unavailable(_))),
            "{answer:?}"
        );
    }

    #[tokio::test]
    async fn an_answer_is_asked_for_once() {
        let zone = Zone::default().mx("a.example", 10, "b.example");
        let asked = zone.asked.clone();
        let dns = zone.serve().await;
        for _ in 0..3 {
            dns.clone().mx("a.example").await.unwrap();
        }
        assert_eq!(asked.load(std::sync::atomic::Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn that_there_is_nothing_is_asked_for_once_too() {
        let zone = Zone::default().mx("a.example", 10, "b.example");
        let asked = zone.asked.clone();
        let dns = zone.serve().await;
        for _ in 0..3 {
            let nobody = dns.clone().mx("nobody.example").await;
            assert_eq!(nobody, Err(DnsFault::NoSuchName));
            assert_eq!(dns.clone().addresses("a.example").await, Ok(vec![]));
        }
        assert_eq!(asked.load(std::sync::atomic::Ordering::SeqCst), 3);
    }
}
