//! Reading the file: unknown keys and bad values are refused with file, key and reason.

use super::values::{is_address, is_domain};
use super::{Config, Size, Via};
use crate::error::{Failure, Outcome};
use std::collections::BTreeSet;
use std::path::Path;

/// The file used when none is named and it is there.
const USUAL: &str = "config/casella.toml";

/// RFC 5321 section 4.5.3.1.7.
const LEAST_MESSAGE: Size = Size(64 << 10);

impl Config {
    /// Reads `file`; without one, `config/casella.toml` if present, else the defaults.
    pub fn load(file: Option<&Path>) -> Outcome<Self> {
        let path = match file {
            Some(path) => path,
            None if Path::new(USUAL).exists() => Path::new(USUAL),
            None => return Ok(Self::default()),
        };
        let text = std::fs::read_to_string(path).map_err(|e| {
            Failure::misuse(format!("cannot read the configuration: {e}"))
                .at(format!("`{}`", path.display()))
                .remedy("name another file with --config")
        })?;
        let mut config = Self::parse(&text, &path.display().to_string())?;
        config.file = Some(path.to_path_buf());
        Ok(config)
    }

    /// Reads `text`; `name` is the file's name in errors.
    pub fn parse(text: &str, name: &str) -> Outcome<Self> {
        let table: toml::Table = text.parse().map_err(|e: toml::de::Error| {
            refuse(name, &line_of(text, e.span()), e.message().to_owned())
        })?;
        let mut set = BTreeSet::new();
        keys("", &table, &mut set);
        let mut config: Self = serde_path_to_error::deserialize(table).map_err(|e| {
            let key = format!("`{}`", e.path());
            refuse(name, &key, e.inner().message().to_owned())
        })?;
        config.set = set;
        config
            .settle()
            .map_err(|(key, reason)| refuse(name, &format!("`{key}`"), reason))?;
        Ok(config)
    }

    /// Brings values into their one spelling and checks what a single value cannot know.
    fn settle(&mut self) -> Result<(), (&'static str, String)> {
        self.settle_inbox()?;
        self.settle_urls()?;
        if !is_domain(&self.smtp.hostname) {
            return Err(("smtp.hostname", not_domain(&self.smtp.hostname)));
        }
        if self.smtp.max_message < LEAST_MESSAGE {
            let reason = "write at least \"64 KiB\", which every mail server must take (RFC 5321)";
            return Err(("smtp.max_message", reason.into()));
        }
        if let Via::Smarthost(host) = &self.outbound.via
            && host.user.is_none()
            && self.outbound.password.is_some()
        {
            let reason = "there is a password but `outbound.via` names no user";
            return Err(("outbound.password", reason.into()));
        }
        Ok(())
    }

    fn settle_inbox(&mut self) -> Result<(), (&'static str, String)> {
        let inbox = &mut self.inbox;
        if inbox.addresses.is_empty() {
            let reason = "name at least one address we accept mail for";
            return Err(("inbox.addresses", reason.into()));
        }
        for address in &mut inbox.addresses {
            *address = address.trim().to_lowercase();
            let fits = match address.strip_prefix('@') {
                Some(domain) => is_domain(domain),
                None => is_address(address),
            };
            if !fits {
                let reason = format!("`{address}` is neither an address nor \"@domain\"");
                return Err(("inbox.addresses", reason));
            }
        }
        if let Some(domain) = &mut inbox.reply_domain {
            *domain = domain.trim().trim_start_matches('@').to_lowercase();
            if !is_domain(domain) {
                return Err(("inbox.reply_domain", not_domain(domain)));
            }
        }
        Ok(())
    }

    fn settle_messenger(&self) -> Result<(), (&'static str, String)> {
        let version = &self.messenger.graph_version;
        let numbers = version.strip_prefix('v').and_then(|v| v.split_once('.'));
        let is_number = |n: &str| n.parse::<u16>().is_ok();
        if !numbers.is_some_and(|(major, minor)| is_number(major) && is_number(minor)) {
            let reason =
                format!("`{version}` is no version of the Graph API; write one like \"v26.0\"");
            return Err(("messenger.graph_version", reason));
        }
        let names_host = |host: &&String| is_domain(host.strip_prefix("*.").unwrap_or(host));
        match self
            .messenger
            .media_hosts
            .iter()
            .find(|host| !names_host(host))
        {
            Some(host) => {
                let reason = format!("`{host}` is neither a host name nor \"*.domain\"");
                Err(("messenger.media_hosts", reason))
            }
            None => Ok(()),
        }
    }

    fn settle_urls(&mut self) -> Result<(), (&'static str, String)> {
        if let Some(url) = &mut self.http.public_url {
            *url = origin(url).map_err(|reason| ("http.public_url", reason))?;
        }
        let graph = self.messenger.graph_url.trim_end_matches('/').to_owned();
        web_url(&graph).map_err(|reason| ("messenger.graph_url", reason))?;
        self.messenger.graph_url = graph;
        self.settle_messenger()?;
        for source in &mut self.chat.origins {
            *source = source.trim().trim_end_matches('/').to_lowercase();
            if !is_source(source) {
                let reason = format!(
                    "`{source}` is no web site; write \"https://shop.example.com\" or \"*\""
                );
                return Err(("chat.origins", reason));
            }
        }
        Ok(())
    }
}

fn not_domain(text: &str) -> String {
    format!("`{text}` is not a host name")
}

fn web_url(text: &str) -> Result<url::Url, String> {
    url::Url::parse(text)
        .ok()
        .filter(|u| matches!(u.scheme(), "http" | "https") && u.has_host())
        .ok_or_else(|| format!("`{text}` is no http:// or https:// address"))
}

/// Scheme, host and port only: every link we make starts there.
fn origin(text: &str) -> Result<String, String> {
    let url = web_url(text.trim())?;
    if url.path() != "/" || url.query().is_some() || !url.username().is_empty() {
        return Err(format!(
            "`{text}` must be scheme and host only, like \"https://inbox.example.com\""
        ));
    }
    Ok(url.origin().ascii_serialization())
}

/// A host source of a Content-Security-Policy: it goes into a header, so nothing else may pass.
fn is_source(text: &str) -> bool {
    let Some((scheme, place)) = text.split_once("://") else {
        return text == "*";
    };
    let host = place.strip_prefix("*.").unwrap_or(place);
    let (host, port) = host.split_once(':').unwrap_or((host, "0"));
    matches!(scheme, "http" | "https")
        && is_domain(host)
        && host.is_ascii()
        && (port == "*" || port.parse::<u16>().is_ok())
}

fn refuse(file: &str, place: &str, reason: String) -> Failure {
    Failure::misuse(reason).at(format!("`{file}`: {place}"))
}

fn line_of(text: &str, span: Option<std::ops::Range<usize>>) -> String {
    let end = span.map_or(0, |s| s.start.min(text.len()));
    format!(
        "line {}",
        text.as_bytes()[..end]
            .iter()
            .filter(|b| **b == b'\n')
            .count()
            + 1
    )
}

fn keys(prefix: &str, table: &toml::Table, into: &mut BTreeSet<String>) {
    for (key, value) in table {
        let path = match prefix {
            "" => key.clone(),
            prefix => format!("{prefix}.{key}"),
        };
        if let toml::Value::Table(inner) = value {
            keys(&path, inner, into);
        }
        into.insert(path);
    }
}
