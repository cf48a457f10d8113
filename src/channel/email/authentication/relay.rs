//! Authentication-Results (RFC 8601): what a relay says it found. Reading them is pure; whether
//! they are to be believed is decided where the session is known.

use super::Outcome;

/// Received fields that may stand above a header our relay wrote: its own, and that of a filter
/// behind it.
const MAX_RECEIVED: usize = 2;

/// A header field as it stands in the mail: name and value.
pub type Field<'a> = (&'a [u8], &'a [u8]);

/// One header, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Results {
    /// Lower-case.
    pub authserv_id: String,
    methods: Vec<Method>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Method {
    name: String,
    outcome: Outcome,
    /// `ptype.property` and value, lower-case.
    properties: Vec<(String, String)>,
}

impl Results {
    /// What a method said, and the domain in one of its properties: of several answers the one that
    /// passes, else the first.
    pub fn check(&self, method: &str, property: &str) -> (Outcome, String) {
        let mut said = self.methods.iter().filter(|m| m.name == method);
        let first = said.clone().next();
        let Some(best) = said.find(|m| m.outcome == Outcome::Pass).or(first) else {
            return (Outcome::None, String::new());
        };
        let value = best.properties.iter().find(|(name, _)| name == property);
        (
            best.outcome,
            value.map(|(_, value)| domain(value)).unwrap_or_default(),
        )
    }
}

/// Whether an authserv-id is one of ours.
pub fn is_trusted(authserv_id: &str, trusted: &[String]) -> bool {
    trusted
        .iter()
        .any(|id| id.eq_ignore_ascii_case(authserv_id))
}

/// The results of a trusted relay in a place where the relay, and not whoever wrote to it, would
/// have put them.
pub fn topmost(headers: &[Field<'_>], trusted: &[String]) -> Option<Results> {
    let mut received = 0;
    for (name, value) in headers {
        received += usize::from(name.eq_ignore_ascii_case(b"Received"));
        if received > MAX_RECEIVED {
            return None;
        }
        if name.eq_ignore_ascii_case(b"Authentication-Results") {
            let results = parse(&String::from_utf8_lossy(value));
            let ours = results.filter(|found| is_trusted(&found.authserv_id, trusted));
            if ours.is_some() {
                return ours;
            }
        }
    }
    None
}

/// Reads a header's value; `None` when it names no authserv-id.
pub fn parse(value: &str) -> Option<Results> {
    let plain = without_comments(value).to_lowercase();
    let mut parts = plain.split(';');
    let authserv_id = parts
        .next()?
        .split_whitespace()
        .next()?
        .trim_matches('"')
        .to_owned();
    let methods = parts.filter_map(method).collect();
    Some(Results {
        authserv_id,
        methods,
    })
}

/// `dkim=pass header.d=a.example`; `none` and what cannot be read are left out.
fn method(part: &str) -> Option<Method> {
    let mut words = part.split_whitespace();
    let (name, outcome) = words.next()?.split_once('=')?;
    let properties = words.filter_map(|word| word.split_once('='));
    let clean = |(name, value): (&str, &str)| (name.to_owned(), value.trim_matches('"').to_owned());
    Some(Method {
        // A version may follow the name.
        name: name.split('/').next()?.to_owned(),
        outcome: outcome_of(outcome),
        properties: properties.map(clean).collect(),
    })
}

fn outcome_of(word: &str) -> Outcome {
    match word {
        "pass" => Outcome::Pass,
        "fail" | "hardfail" => Outcome::Fail,
        "softfail" => Outcome::SoftFail,
        "neutral" | "policy" => Outcome::Neutral,
        "temperror" => Outcome::TempError,
        "permerror" => Outcome::PermError,
        _ => Outcome::None,
    }
}

fn domain(value: &str) -> String {
    value.rsplit('@').next().unwrap_or_default().to_owned()
}

/// Comments nest, may hide semicolons, and do not count inside quotes.
fn without_comments(value: &str) -> String {
    let (mut out, mut depth, mut quoted, mut escaped) = (String::new(), 0_u32, false, false);
    for c in value.chars() {
        let visible = depth == 0;
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' if visible => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => {
                depth = depth.saturating_sub(1);
                continue;
            }
            _ => (),
        }
        if visible && depth == 0 {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const GMAIL: &str = " mx.google.com;\r\n       dkim=pass header.i=@a.example header.s=x header.b=ab;\r\n       \
        spf=softfail (google.com: domain of b@c.example; does (not) designate) smtp.mailfrom=b@c.example;\r\n       \
        dmarc=pass (p=NONE sp=NONE dis=NONE) header.from=A.example";

    #[test]
    fn what_large_providers_write_is_read() {
        let results = parse(GMAIL).unwrap();
        assert_eq!(results.authserv_id, "mx.google.com");
        let said = |method, property| results.check(method, property);
        assert_eq!(
            said("dmarc", "header.from"),
            (Outcome::Pass, "a.example".into())
        );
        assert_eq!(
            said("spf", "smtp.mailfrom"),
            (Outcome::SoftFail, "c.example".into())
        );
        assert_eq!(
            said("dkim", "header.i"),
            (Outcome::Pass, "a.example".into())
        );
        assert_eq!(
            said("arc", "header.oldest-pass"),
            (Outcome::None, String::new())
        );
    }

    #[test]
    fn oddities_do_no_harm() {
        for (value, id, dkim) in [
            ("a.example 1; none", Some("a.example"), Outcome::None),
            (
                "\"a.example\"; dkim/1=pass",
                Some("a.example"),
                Outcome::Pass,
            ),
            (
                "a.example; dkim=fail; dkim=pass",
                Some("a.example"),
                Outcome::Pass,
            ),
            ("a.example (; dkim=pass)", Some("a.example"), Outcome::None),
            (
                "a.example; dkim=fail reason=\"(\" ; x",
                Some("a.example"),
                Outcome::Fail,
            ),
            ("(only a comment", None, Outcome::None),
            ("", None, Outcome::None),
        ] {
            let results = parse(value);
            assert_eq!(results.as_ref().map(|r| &*r.authserv_id), id, "{value}");
            let found = results.map_or(Outcome::None, |r| r.check("dkim", "header.d").0);
            assert_eq!(found, dkim, "{value}");
        }
    }

    #[test]
    fn only_what_stands_where_our_relay_writes_is_considered() {
        let trusted = ["mx.google.com".to_owned()];
        let results: Field = (b"Authentication-Results", GMAIL.as_bytes());
        let foreign: Field = (b"Authentication-Results", b"x.example; dmarc=pass");
        let received: Field = (b"Received", b"from x");
        let found = |headers: &[_]| topmost(headers, &trusted).is_some();
        assert!(found(&[results]));
        assert!(found(&[received, foreign, received, results]));
        assert!(!found(&[received, received, received, results]));
        assert!(!found(&[foreign]));
        assert!(topmost(&[results], &[]).is_none());
    }
}
