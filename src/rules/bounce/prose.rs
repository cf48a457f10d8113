//! What a mail system says in words: that it failed, for whom, and why.
//!
//! Systems differ in wording but not in form: a notice, then the mail returned below some separator.
//! In the notice the failed address stands on a line of its own, after a label, or before a colon.
//! Each address is weighed by such signs, and the heaviest is the recipient.

use std::sync::LazyLock;

use crate::rules::addresses::{addresses_in, parts};
use crate::rules::contacts::same;
use crate::rules::mail::Mail;
use crate::rules::phrases::Phrases;
use crate::rules::subject::is_answer;

use super::words::{
    ANNOUNCES, DAEMON_NAMES, DAEMONS, HEADERS, LABELS, OTHERS, SEPARATORS, STILL_TRYING, SUBJECTS,
    YOUR_MESSAGE,
};

static ANNOUNCING: LazyLock<Phrases> = LazyLock::new(|| Phrases::of(ANNOUNCES));
static LABELLING: LazyLock<Phrases> = LazyLock::new(|| Phrases::of(LABELS));
static OF_OTHERS: LazyLock<Phrases> = LazyLock::new(|| Phrases::of(OTHERS));
static SUBJECT: LazyLock<Phrases> = LazyLock::new(|| Phrases::of(SUBJECTS));
static SEPARATING: LazyLock<Phrases> = LazyLock::new(|| Phrases::of(SEPARATORS));
static TRYING: LazyLock<Phrases> = LazyLock::new(|| Phrases::of(STILL_TRYING));
static SMTP: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::of(&[
        "rcpt to",
        "remote host said",
        "smtp error",
        "smtp code",
        "said: 5",
        "[smtp:",
    ])
});

/// Enough for any notice; what lies beyond is the returned mail.
const MOST_LINES: usize = 200;
/// The same in bytes: some systems fold nothing, and every word known for a reason is looked for here.
const MOST_TEXT: usize = 16 * 1024;

/// Whether a mail without a machine-readable part is a report all the same. A mail system's own
/// address needs little more. A null path or a name alone could be a vacation note or a parcel
/// service, so there the subject, the text and an address must all agree; of anybody else the text
/// must also return a mail, speak SMTP or have a report's form, for a customer's complaint must
/// never be taken for a report.
pub(super) fn is_report(mail: &Mail, null_path: bool) -> bool {
    let local = mail
        .from
        .address
        .split('@')
        .next()
        .unwrap_or_default()
        .to_lowercase();
    let name = mail.from.name.to_lowercase();
    let by_address = DAEMONS.contains(&local.as_str())
        || ["microsoftexchange", "postmaster", "\"system administrator"]
            .iter()
            .any(|known| local.starts_with(known));
    let by_name = DAEMON_NAMES.iter().any(|known| name.starts_with(known));
    let notice = Notice::of(mail);
    let subject = contains(&mail.subject, &SUBJECT);
    let announced = notice.announces_failure();
    let answer = is_answer(&mail.subject) || !mail.in_reply_to.is_empty();
    let machine = notice.is_technical || notice.is_formal();
    (by_address && (subject || announced))
        || ((by_name || null_path || (machine && !answer))
            && subject
            && announced
            && notice.recipient().is_some())
}

/// The part of a report written by the mail system itself.
pub(super) struct Notice<'a> {
    lines: Vec<&'a str>,
    text: &'a str,
    /// Whom the report was sent to and from: hardly the address that failed.
    ours: Vec<&'a str>,
    from: &'a str,
    /// It returns a mail, or cites an SMTP dialogue.
    is_technical: bool,
}

impl<'a> Notice<'a> {
    pub(super) fn of(mail: &'a Mail) -> Self {
        let end = returned_mail_starts(&mail.text);
        let text = &mail.text[..mail.text.floor_char_boundary(end.min(MOST_TEXT))];
        let ours = mail
            .to
            .iter()
            .map(|to| to.address.as_str())
            .chain([mail.from.address.as_str()])
            .collect();
        Notice {
            lines: text.lines().take(MOST_LINES).map(str::trim).collect(),
            is_technical: end < mail.text.len() || returns_mail(mail) || speaks_smtp(text),
            text,
            ours,
            from: &mail.from.address,
        }
    }

    pub(super) fn text(&self) -> &'a str {
        self.text
    }

    pub(super) fn announces_failure(&self) -> bool {
        self.lines.iter().any(|line| contains(line, &ANNOUNCING))
    }

    /// Whether it has a report's form: no greeting but a sentence on "your message" that announces the
    /// failure, and then the address on a line of its own.
    fn is_formal(&self) -> bool {
        let lines = self.lines.iter().filter(|line| !line.is_empty());
        let mut lines = lines.skip_while(|line| !line.contains(char::is_alphanumeric));
        let opens = lines.next().is_some_and(|line| {
            let line = line.to_lowercase();
            YOUR_MESSAGE.iter().any(|says| line.starts_with(says))
        });
        let announced = |at: &usize| contains(self.lines[*at], &ANNOUNCING);
        let Some(at) = (0..self.lines.len().min(6))
            .find(announced)
            .filter(|_| opens)
        else {
            return false;
        };
        let next = self.lines[at + 1..].iter().find(|line| !line.is_empty());
        next.is_some_and(|line| {
            addresses_in(line)
                .next()
                .is_some_and(|a| tidy(&a).len() == line.len())
        })
    }

    /// A mailbox named without its domain on the line below the announcement, as AOL does: it is at the
    /// reporter's own.
    fn local_recipient(&self) -> Option<String> {
        let domain = self.from.split_once('@')?.1.to_lowercase();
        let at = self
            .lines
            .iter()
            .position(|line| contains(line, &ANNOUNCING) && line.ends_with(':'))?;
        let name = self.lines[at + 1..].iter().find(|line| !line.is_empty())?;
        let is_name = name.len() <= 64
            && name.starts_with(|c: char| c.is_ascii_alphanumeric())
            && name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "._-+".contains(c));
        is_name.then(|| format!("{name}@{domain}"))
    }

    /// Whether the system still tries.
    pub(super) fn is_delay(&self) -> bool {
        let text = self.lines.join(" ").to_lowercase();
        TRYING.stand_in(&text)
    }

    /// The failed address, by its weight; of equals the first.
    pub(super) fn recipient(&self) -> Option<String> {
        self.local_recipient().or_else(|| self.weighed())
    }

    fn weighed(&self) -> Option<String> {
        let mut best: Option<(i32, String)> = None;
        let mut announced = 0;
        for line in &self.lines {
            announced = if contains(line, &ANNOUNCING) {
                8
            } else {
                announced - i32::from(!line.is_empty())
            };
            let mut addresses = addresses_in(line).peekable();
            if addresses.peek().is_none() {
                continue;
            }
            let labels = contains(line, &LABELLING);
            let others = contains(line, &OF_OTHERS);
            for address in addresses {
                let address = tidy(&address);
                let weight = self.weight(line, &address, labels, others)
                    + if announced > 0 { 25 } else { 0 };
                if weight > best.as_ref().map_or(0, |(best, _)| *best) && parts(&address).is_some()
                {
                    best = Some((weight, address));
                }
            }
        }
        best.map(|(_, address)| address)
    }

    /// How much speaks for an address on its line, which `labels` failed addresses or tells of
    /// `others`.
    fn weight(&self, line: &str, address: &str, labels: bool, others: bool) -> i32 {
        let alone = line.trim_matches(|c: char| !c.is_alphanumeric()).len()
            <= address.trim_matches(|c: char| !c.is_alphanumeric()).len() + 2;
        let leads = line
            .trim_start_matches(['<', '*', '-', '>', ' ', '"', '\'', '['])
            .starts_with(address);
        let mut weight = 5;
        weight += if alone {
            40
        } else if leads {
            35
        } else {
            0
        };
        weight += if labels { 45 } else { 0 };
        weight -= if !alone && others { 40 } else { 0 };
        weight -= if self.ours.iter().any(|own| same(own, address)) || is_postmaster(address) {
            60
        } else {
            0
        };
        weight
    }

    /// What is said of an address: from its first line to the end of that paragraph, at least three lines.
    pub(super) fn around(&self, recipient: &str) -> String {
        let wanted = recipient.to_lowercase();
        let names = |at: &usize| self.lines[*at].to_lowercase().contains(&wanted);
        let announced = |line: &&str| contains(line, &ANNOUNCING);
        let from = self.lines.iter().position(announced).unwrap_or(0);
        let below = (from..self.lines.len()).find(names);
        let Some(start) = below.or_else(|| (0..from).find(names)) else {
            return String::new();
        };
        let told = self.lines[start..]
            .iter()
            .enumerate()
            .take(12)
            .take_while(|(n, line)| *n < 3 || !line.is_empty());
        told.map(|(_, line)| *line)
            .filter(|line| !line.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
    }
}

/// Whether it encloses a mail that whom it is addressed to once wrote.
fn returns_mail(mail: &Mail) -> bool {
    let ours = |author: &str| mail.to.iter().any(|to| same(&to.address, author));
    let mut enclosed = mail.attached.iter().map(|(_, inner)| &inner.from.address);
    enclosed.any(|author| ours(author))
}

fn speaks_smtp(text: &str) -> bool {
    let mut lines = text.lines().take(MOST_LINES);
    lines.any(|line| contains(line, &SMTP))
}

fn is_postmaster(address: &str) -> bool {
    let local = address.split('@').next().unwrap_or_default().to_lowercase();
    matches!(
        local.as_str(),
        "postmaster" | "mailer-daemon" | "abuse" | "hostmaster" | "support" | "helpdesk"
    )
}

/// An address without what stood around it: quotes, brackets, `SMTP:`, `dda:SMTP=`, `mailto:`.
fn tidy(address: &str) -> String {
    let mut address = address.trim_matches(|c: char| !(c.is_alphanumeric() || "_=+".contains(c)));
    for prefix in ["dda:", "smtp=", "smtp:", "rfc822:", "mailto:", "to:"] {
        let head = address.get(..prefix.len());
        if head.is_some_and(|head| head.eq_ignore_ascii_case(prefix)) {
            address = &address[prefix.len()..];
        }
    }
    address.to_owned()
}

fn contains(line: &str, phrases: &Phrases) -> bool {
    phrases.stand_in(&line.to_lowercase())
}

/// Where the returned mail begins: at a separator that says so, or where header lines pile up.
fn returned_mail_starts(text: &str) -> usize {
    let mut at = 0;
    let mut headers = 0;
    for line in text.split_inclusive('\n') {
        let lower = line.trim().to_lowercase();
        let rule = lower.starts_with(['-', '*', '=', '_', '#'])
            || (lower.len() < 60 && (lower.contains("follow") || lower.ends_with(':')));
        if at > 0 && rule && SEPARATING.stand_in(&lower) {
            return at;
        }
        headers = if is_header(line) {
            headers + 1
        } else if line.starts_with([' ', '\t']) && headers > 0 {
            headers
        } else {
            0
        };
        if headers == 3 {
            return at;
        }
        at += line.len();
    }
    text.len()
}

fn is_header(line: &str) -> bool {
    line.split_once(':')
        .is_some_and(|(name, _)| HEADERS.contains(&name.to_lowercase().as_str()))
}
