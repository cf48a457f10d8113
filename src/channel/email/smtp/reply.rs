//! What we say: a code, an enhanced status code, one line of our own words. Nothing a client sent
//! is ever repeated.

use std::borrow::Cow;

use super::Refusal;

/// One reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    pub code: u16,
    /// Lines before the last.
    head: Vec<String>,
    /// RFC 3463; empty where RFC 2034 wants none (greeting, HELO, 354).
    enhanced: &'static str,
    text: Cow<'static, str>,
}

impl Reply {
    pub fn new(code: u16, enhanced: &'static str, text: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            head: Vec::new(),
            enhanced,
            text: text.into(),
        }
    }

    /// The answer to EHLO (RFC 5321 section 4.1.1.1).
    pub fn extensions(hostname: &str, max_message: u64, starttls: bool) -> Self {
        let size = format!("SIZE {max_message}");
        let lines = [
            hostname,
            "PIPELINING",
            &size,
            "8BITMIME",
            "ENHANCEDSTATUSCODES",
        ];
        let starttls = starttls.then_some("STARTTLS");
        let head = lines
            .into_iter()
            .chain(starttls)
            .map(str::to_owned)
            .collect();
        Self {
            head,
            ..Self::new(250, "", "SMTPUTF8")
        }
    }

    /// The reply to a code of the protocol core that no handler of ours spoke for.
    pub fn of_core(code: u16) -> Self {
        match code {
            221 => Self::new(221, "2.0.0", "Bye"),
            250 => Self::new(250, "2.0.0", "OK"),
            354 => Self::new(354, "", "End data with <CR><LF>.<CR><LF>"),
            503 => Self::new(503, "5.5.1", "Bad sequence of commands"),
            421 => Self::new(421, "4.3.0", "Internal error, closing connection"),
            _ => Self::new(500, "5.5.2", "Syntax error"),
        }
    }

    pub fn is_permanent_error(&self) -> bool {
        self.code >= 500
    }

    /// 221 and 421 end the session.
    pub fn closes(&self) -> bool {
        matches!(self.code, 221 | 421)
    }

    /// Appends the reply as sent.
    pub fn write_to(&self, out: &mut Vec<u8>) {
        for line in &self.head {
            out.extend_from_slice(format!("{}-{line}\r\n", self.code).as_bytes());
        }
        let gap = if self.enhanced.is_empty() { "" } else { " " };
        let text: String = self.text.chars().filter(|c| !c.is_control()).collect();
        out.extend_from_slice(format!("{} {}{gap}{text}\r\n", self.code, self.enhanced).as_bytes());
    }
}

impl Reply {
    /// The same as a gate would say it.
    pub fn refusal(&self) -> Refusal {
        Refusal {
            code: self.code,
            enhanced: self.enhanced,
            text: self.text.clone().into_owned(),
        }
    }
}

impl From<Refusal> for Reply {
    fn from(refusal: Refusal) -> Self {
        Self::new(refusal.code, refusal.enhanced, refusal.text)
    }
}
