//! `casella check`: what would keep this configuration from working, one line per finding.

mod dns;

use super::{Setting, control, say};
use crate::clock::{Clock, DAY, Millis};
use crate::config::{Config, Tls};
use crate::error::{Failure, Outcome};
use crate::tls;
use casella_index::Store;
use std::fmt;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;

#[derive(Debug, clap::Args)]
pub struct Options {}

/// One thing looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    Fine(String),
    /// Works, but not as one would want.
    Doubtful(Failure),
    Broken(Failure),
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fine(what) => write!(f, "ok      {what}"),
            Self::Doubtful(what) => write!(f, "warning {what}"),
            Self::Broken(what) => write!(f, "broken  {what}"),
        }
    }
}

/// Says every finding; fails if something is broken.
pub fn run(setting: &Setting, _: Options) -> Outcome {
    let findings = match setting.config() {
        Err(failure) => vec![Finding::Broken(failure)],
        Ok(config) => look(&config, &setting.data, Clock::machine().now()),
    };
    for finding in &findings {
        say(finding)?;
    }
    match findings
        .iter()
        .filter(|f| matches!(f, Finding::Broken(_)))
        .count()
    {
        0 => Ok(()),
        count => Err(Failure::new(format!(
            "broken: {count} of {}",
            findings.len()
        ))),
    }
}

fn look(config: &Config, data: &Path, now: Millis) -> Vec<Finding> {
    let mut findings = vec![configuration(config)];
    if control::is_served(data) {
        findings.push(Finding::Fine(format!(
            "a server runs on `{}`: it has the ports and the store",
            data.display()
        )));
    } else {
        findings.push(port("smtp.listen", config.smtp.listen));
        findings.push(port("http.listen", config.http.listen));
        findings.push(store(data));
    }
    if let Some(tls) = &config.smtp.tls {
        findings.push(certificate("smtp.tls", tls, &config.smtp.hostname, now));
    }
    if let Some(tls) = &config.http.tls {
        findings.push(certificate("http.tls", tls, &public_host(config), now));
    }
    findings.extend(dns::look(config, data));
    findings
}

fn configuration(config: &Config) -> Finding {
    Finding::Fine(match &config.file {
        Some(path) => format!("`{}` is well-formed", path.display()),
        None => "no configuration file: the built-in defaults".into(),
    })
}

/// Opens the store as a start would, unless there is none yet.
fn store(data: &Path) -> Finding {
    let place = data.display();
    if !data.join("casella.redb").exists() {
        return Finding::Fine(format!("`{place}` will be made at the first start"));
    }
    match Store::open(data) {
        Ok(store) => Finding::Fine(format!("`{place}` opens; {} events", store.last_seq())),
        Err(error) => Finding::Broken(Failure::new(error).at(format!("`{place}`"))),
    }
}

fn port(key: &str, address: SocketAddr) -> Finding {
    match TcpListener::bind(address) {
        Ok(_) => Finding::Fine(format!("`{key}` {address} is free")),
        Err(error) => Finding::Broken(cannot_listen(key, address, &error)),
    }
}

/// Why a listener could not be opened, with what to do about it.
pub fn cannot_listen(key: &str, address: SocketAddr, error: &std::io::Error) -> Failure {
    let remedy = match error.kind() {
        std::io::ErrorKind::AddrInUse => "stop what listens there, or choose another port",
        std::io::ErrorKind::PermissionDenied => {
            "choose a port above 1023, or grant CAP_NET_BIND_SERVICE"
        }
        std::io::ErrorKind::AddrNotAvailable => "choose an address of this machine",
        _ => "choose another address",
    };
    Failure::new(format!("cannot listen: {error}"))
        .at(format!("`{key}` {address}"))
        .remedy(remedy)
}

fn public_host(config: &Config) -> String {
    let url = config
        .http
        .public_url
        .as_deref()
        .and_then(|u| url::Url::parse(u).ok());
    match url.as_ref().and_then(url::Url::host_str) {
        Some(host) => host.to_owned(),
        None => config.http.listen.ip().to_string(),
    }
}

fn certificate(key: &str, paths: &Tls, host: &str, now: Millis) -> Finding {
    let promise =
        match tls::Certificate::load(paths, &[]).and_then(|_| tls::promise(&paths.cert, host)) {
            Ok(promise) => promise,
            Err(failure) => return Finding::Broken(failure),
        };
    let complaint = |what: String| Failure::new(what).at(format!("`{key}`"));
    let days = (promise.until - now) / DAY;
    if promise.until <= now {
        Finding::Broken(complaint("the certificate has expired".into()).remedy("renew it"))
    } else if !promise.fits {
        Finding::Doubtful(
            complaint(format!("the certificate is not for `{host}`"))
                .remedy("get one that names it"),
        )
    } else if days < 14 {
        Finding::Doubtful(
            complaint(format!("the certificate expires in {days} days")).remedy("renew it"),
        )
    } else {
        Finding::Fine(format!(
            "`{key}` certificate for {host}, good for {days} days"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixture() -> Tls {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tests/tls");
        Tls {
            cert: folder.join("cert.pem"),
            key: folder.join("key.pem"),
        }
    }

    #[test]
    fn an_occupied_port_is_named_with_its_remedy() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap();
        let Finding::Broken(failure) = port("smtp.listen", address) else {
            panic!("the port is taken");
        };
        let said = failure.to_string();
        assert!(
            said.starts_with(&format!("`smtp.listen` {address}: cannot listen")),
            "{said}"
        );
        assert!(said.ends_with("choose another port"), "{said}");
    }

    #[test]
    fn certificates_are_judged_by_date_and_name() {
        let now = 1_800_000_000_000;
        let judge = |host, now| certificate("http.tls", &fixture(), host, now);
        assert!(matches!(judge("localhost", now), Finding::Fine(_)));
        assert!(matches!(
            judge("elsewhere.example", now),
            Finding::Doubtful(_)
        ));
        assert!(matches!(judge("localhost", now * 10), Finding::Broken(_)));
    }
}
