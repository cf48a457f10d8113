//! The mails by which providers ask whether a mailbox may forward to us: an administrator needs
//! their code or link, a customer never.

use std::sync::LazyLock;

use regex::Regex;

use crate::rules::addresses::addresses_in;
use crate::rules::contacts::{is_freemail, is_service};
use crate::rules::mail::Mail;

/// What such a mail asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmation {
    /// "Gmail", "Yahoo Mail", …
    pub provider: &'static str,
    /// To be typed in at the provider's.
    pub code: Option<String>,
    /// To be opened by an administrator; never opened by us.
    pub link: Option<String>,
    /// The mailbox that wants to forward.
    pub address: Option<String>,
}

/// Provider, domain it writes from, and the local part if only one of its senders does.
const PROVIDERS: &[(&str, &str, &str)] = &[
    ("Gmail", "google.com", "forwarding-noreply"),
    ("Yahoo Mail", "yahoo.com", ""),
    ("Yahoo Mail", "yahoo-inc.com", ""),
    ("Yahoo Mail", "yahooinc.com", ""),
    ("AOL", "aol.com", ""),
    ("Zoho Mail", "zoho.com", ""),
    ("Zoho Mail", "zoho.eu", ""),
    ("Zoho Mail", "zohocorp.com", ""),
    ("Fastmail", "fastmail.com", ""),
    ("Proton Mail", "proton.me", ""),
    ("Proton Mail", "protonmail.com", ""),
    ("Yandex", "yandex.ru", ""),
    ("Yandex", "yandex.com", ""),
    ("Mail.ru", "mail.ru", ""),
    ("Mail.ru", "corp.mail.ru", ""),
    ("GMX", "gmx.net", ""),
    ("GMX", "gmx.com", ""),
    ("WEB.DE", "web.de", ""),
    ("IONOS", "ionos.com", ""),
    ("IONOS", "ionos.de", ""),
    ("Outlook.com", "microsoft.com", ""),
    ("iCloud", "apple.com", ""),
    ("mailbox.org", "mailbox.org", ""),
    ("Cloudflare", "cloudflare.com", ""),
    ("Cloudflare", "notify.cloudflare.com", ""),
    ("ImprovMX", "improvmx.com", ""),
    ("Namecheap", "namecheap.com", ""),
];

/// How "forwarding" begins, lower-case.
const FORWARDING: &[&str] = &[
    "forward",
    "email routing",
    "weiterleit",
    "inoltr",
    "transfert",
    "transfér",
    "redirection",
    "reenv",
    "desv",
    "encaminh",
    "reencaminh",
    "doorst",
    "vidarebefor",
    "videresend",
    "edelleen",
    "välit",
    "przekaz",
    "przekier",
    "přepos",
    "přesměr",
    "prepos",
    "továbbít",
    "redirec",
    "prosljeđ",
    "пересыл",
    "переадрес",
    "пересил",
    "препра",
    "προώθ",
    "yönlendir",
    "ilet",
    "転送",
    "转发",
    "轉寄",
    "전달",
    "توجيه",
    "העבר",
    "chuyển tiếp",
    "terus",
    "ส่งต่อ",
];

/// How "confirm" begins, lower-case; Gmail's own mails need none.
const CONFIRMING: &[&str] = &[
    "confirm",
    "verif",
    "bestätig",
    "conferma",
    "vérifi",
    "bevestig",
    "bekräft",
    "bekræft",
    "potwierd",
    "potvr",
    "подтвер",
    "підтвер",
    "onay",
    "確認",
    "确认",
    "確認",
    "확인",
];

static CODE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"\(#?(\d{6,12})\)|(?:code|Code|código|codice|Code de|код|コード|代码|코드|kod|kód)[^\d\n]{0,40}?(\d{4,12})\b").ok()
});
static LINK: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#"https://[^\s<>"']+"#).ok());

/// The confirmation this mail asks for, if it does.
pub fn recognise(mail: &Mail) -> Option<Confirmation> {
    let provider = provider_of(&mail.from.address).filter(|_| is_machine(&mail.from.address))?;
    let gmail = provider == "Gmail";
    let words = format!("{}\n{}", mail.subject, mail.text).to_lowercase();
    let about = |stems: &[&str]| stems.iter().any(|stem| words.contains(stem));
    let asks = gmail || (about(FORWARDING) && about(CONFIRMING));
    if !asks {
        return None;
    }
    let code = code_in(&mail.subject).or_else(|| code_in(&mail.text));
    let link = link_in(&mail.text, provider).or_else(|| link_in(mail.html.as_deref()?, provider));
    if code.is_none() && link.is_none() {
        return None;
    }
    let own = |address: &String| {
        !provider_of(address).is_some_and(|p| p == provider && address.contains("noreply"))
    };
    let to_us = |address: &String| {
        mail.to
            .iter()
            .any(|to| to.address.eq_ignore_ascii_case(address))
    };
    let address = addresses_in(&mail.subject)
        .chain(addresses_in(&mail.text))
        .map(|address| address.trim_end_matches('.').to_owned())
        .find(|address| own(address) && !to_us(address));
    Some(Confirmation {
        provider,
        code,
        link,
        address,
    })
}

fn provider_of(address: &str) -> Option<&'static str> {
    let (local, domain) = address.rsplit_once('@')?;
    let (local, domain) = (local.to_lowercase(), domain.to_lowercase());
    PROVIDERS
        .iter()
        .find(|(_, host, sender)| {
            let same = domain == *host || domain.ends_with(&format!(".{host}"));
            same && (sender.is_empty() || local == *sender)
        })
        .map(|(name, _, _)| *name)
}

fn code_in(text: &str) -> Option<String> {
    let found = CODE.as_ref()?.captures(text)?;
    let code = found.get(1).or_else(|| found.get(2))?;
    Some(code.as_str().to_owned())
}

/// Where anybody can have a mailbox, only the provider's own senders speak for it.
fn is_machine(address: &str) -> bool {
    const OWN: &[&str] = &[
        "support", "forward", "verif", "confirm", "mailer", "account", "service", "team", "info",
    ];
    let (local, domain) = address.rsplit_once('@').unwrap_or_default();
    let local = local.to_lowercase();
    !is_freemail(&domain.to_lowercase())
        || is_service(address)
        || OWN.iter().any(|word| local.contains(word))
}

/// Whether a link leads to the provider: an administrator is asked to open it, so no other may.
fn leads_to(provider: &str, link: &str) -> bool {
    let url = url::Url::parse(link).ok();
    let host = url
        .as_ref()
        .and_then(|url| url.host_str())
        .unwrap_or_default();
    let mut own = PROVIDERS.iter().filter(|(name, _, _)| *name == provider);
    own.any(|(_, domain, _)| host == *domain || host.ends_with(&format!(".{domain}")))
}

/// The link that confirms. Gmail's begins `/mail/vf-`; `/mail/uf-` would cancel it.
fn link_in(text: &str, provider: &str) -> Option<String> {
    let gmail = provider == "Gmail";
    let text = text.replace("&amp;", "&");
    let mut links = LINK
        .as_ref()?
        .find_iter(&text)
        .map(|link| link.as_str().trim_end_matches(['.', ')', ',', ']']));
    let confirms = |link: &&str| {
        if !leads_to(provider, link) {
            return false;
        }
        if gmail {
            return link.contains("google.com/mail/vf-")
                || link.contains("google.com/mail/u/0/vf-");
        }
        let link = link.to_lowercase();
        [
            "confirm", "verif", "forward", "validate", "activat", "token", "code=",
        ]
        .iter()
        .any(|word| link.contains(word))
    };
    links.find(confirms).map(str::to_owned)
}
