//! What the DNS says of our domains: who takes their mail, and whether ours will be believed.

use super::Finding;
use crate::channel::email::dkim;
use crate::channel::email::dns::Dns;
use crate::cli::block_on;
use crate::config::{Config, Via};
use crate::error::{Failure, Outcome};
use std::collections::BTreeSet;
use std::path::Path;

/// A line or more for each domain we receive or send for; names of this machine are left out.
pub fn look(config: &Config, data: &Path) -> Vec<Finding> {
    let own = config.inbox.from.address.rsplit_once('@');
    let sender = own.map(|(_, domain)| domain.to_lowercase());
    let receiving = config.inbox.domains().map(str::to_owned);
    let domains: BTreeSet<String> = receiving
        .chain(sender)
        .filter(|d| d.contains('.'))
        .collect();
    let dns = match Dns::new(&config.dns) {
        Ok(dns) => dns,
        Err(failure) => return vec![Finding::Broken(failure)],
    };
    let questions = async {
        let mut findings = Vec::new();
        for domain in &domains {
            findings.extend(domain_findings(&dns, domain, data).await);
        }
        if matches!(config.outbound.via, Via::Mx) && config.smtp.hostname == "localhost" {
            findings.push(Finding::Doubtful(
                Failure::new("other servers refuse mail from a host called localhost")
                    .at("`smtp.hostname`")
                    .remedy("name this machine as the DNS does"),
            ));
        }
        findings
    };
    block_on(questions).unwrap_or_else(|failure| vec![Finding::Broken(failure)])
}

async fn domain_findings(dns: &Dns, domain: &str, data: &Path) -> Vec<Finding> {
    let policy = format!("_dmarc.{domain}");
    let mut findings = vec![
        mx(dns.mail_hosts(domain).await, domain),
        published(
            dns.texts(domain).await,
            "SPF",
            domain,
            "v=spf1",
            "add `v=spf1 mx -all`, or what your smarthost asks for",
        ),
        published(
            dns.texts(&policy).await,
            "DMARC",
            &policy,
            "v=DMARC1",
            "add `v=DMARC1; p=none; rua=mailto:…`",
        ),
    ];
    let selectors = dkim::selectors(data, domain);
    if selectors.is_empty() {
        findings.push(Finding::Doubtful(
            Failure::new("there is no DKIM key: our mail is not signed")
                .at(domain)
                .remedy(format!("run `casella dkim new {domain}`")),
        ));
    }
    for selector in selectors {
        let name = format!("{selector}._domainkey.{domain}");
        let remedy = format!("publish what `casella dkim new {domain}` prints");
        findings.push(published(
            dns.texts(&name).await,
            "DKIM",
            &name,
            "p=",
            &remedy,
        ));
    }
    findings
}

fn mx(answer: Outcome<Vec<String>>, domain: &str) -> Finding {
    match answer {
        Err(failure) => Finding::Doubtful(failure),
        Ok(hosts) if hosts.is_empty() => Finding::Doubtful(
            Failure::new("nobody takes this domain's mail: it has no MX record")
                .at(domain)
                .remedy("add an MX record that leads here, or forward your mail to this machine"),
        ),
        Ok(hosts) => Finding::Fine(format!(
            "{domain} has its mail taken by {}",
            hosts.join(", ")
        )),
    }
}

fn published(
    answer: Outcome<Vec<String>>,
    what: &str,
    name: &str,
    mark: &str,
    remedy: &str,
) -> Finding {
    match answer {
        Err(failure) => Finding::Doubtful(failure),
        Ok(texts) if texts.iter().any(|text| text.contains(mark)) => {
            Finding::Fine(format!("{name} has a {what} record"))
        }
        Ok(_) => Finding::Doubtful(
            Failure::new(format!("there is no {what} record"))
                .at(name)
                .remedy(remedy),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_record_comes_with_what_to_publish() {
        let there = published(
            Ok(vec!["v=spf1 -all".into()]),
            "SPF",
            "a.example",
            "v=spf1",
            "add it",
        );
        assert_eq!(there, Finding::Fine("a.example has a SPF record".into()));
        let missing = published(
            Ok(vec!["other".into()]),
            "SPF",
            "a.example",
            "v=spf1",
            "add it",
        );
        assert_eq!(
            missing.to_string(),
            "warning a.example: there is no SPF record; add it"
        );
        let nobody = mx(Ok(Vec::new()), "a.example").to_string();
        assert!(nobody.contains("a.example: nobody takes"), "{nobody}");
    }
}
