//! From what clients write to what the protocol core understands.
//!
//! The core knows neither the null path nor a space after the colon nor any parameter but BODY; it
//! refuses an argument to NOOP. So each line is read here, its parameters are judged, and the core
//! gets the plainest form of the same command. What no client may do at all is answered here. Pure:
//! bytes in, a [`Command`] out.

use super::reply::Reply;

/// The null path as the core sees it. Control bytes are refused in command lines, so no client can
/// send it.
const NULL_PATH: &str = "\u{1}";
/// Stand-ins for what a quoted local part may hold and the core's grammar may not; unsendable
/// likewise.
const STAND_INS: [(char, char); 3] = [(' ', '\u{2}'), ('<', '\u{3}'), ('>', '\u{4}')];
/// Octets of a path we bear. RFC 5321 section 4.5.3.1.3 says 256; VERP senders go beyond.
const MAX_PATH: usize = 512;

/// One command, ready for the core or already answered.
#[derive(Debug, PartialEq, Eq)]
pub enum Command {
    Hello {
        line: String,
        extended: bool,
    },
    Mail {
        line: String,
        parameters: Parameters,
    },
    Reset,
    StartTls,
    /// Anything else the core is to judge: RCPT, DATA, NOOP, QUIT.
    Core(String),
    /// Decided without the core.
    Answer(Reply),
}

/// What MAIL declared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Parameters {
    /// SIZE, in bytes (RFC 1870).
    pub size: Option<u64>,
    /// BODY=8BITMIME (RFC 6152).
    pub eight_bit: bool,
    /// SMTPUTF8 (RFC 6531).
    pub smtputf8: bool,
}

/// Reads one line, given without its CRLF.
pub fn read(line: &[u8]) -> Command {
    command(line).unwrap_or_else(Command::Answer)
}

/// The path of a [`Command`] as the client meant it: the null path is empty.
pub fn path_of_core(path: &str) -> String {
    if path == NULL_PATH {
        return String::new();
    }
    swap(path, |(real, stand_in)| (stand_in, real))
}

fn command(line: &[u8]) -> Result<Command, Reply> {
    if line.iter().any(|b| b.is_ascii_control()) {
        return Err(syntax(
            "Control characters are not allowed, and lines end in CRLF",
        ));
    }
    let line = std::str::from_utf8(line).map_err(|_| syntax("Not UTF-8"))?;
    let line = line.trim_end_matches(' ');
    let (verb, argument) = line.split_once(' ').unwrap_or((line, ""));
    dispatch(&verb.to_ascii_uppercase(), argument.trim_start_matches(' '))
}

fn dispatch(verb: &str, argument: &str) -> Result<Command, Reply> {
    match verb {
        "HELO" | "EHLO" => hello(verb, argument),
        "MAIL" => mail(argument),
        "RCPT" => rcpt(argument),
        "NOOP" => Ok(Command::Core("NOOP\r\n".into())),
        "DATA" | "QUIT" => bare(argument).map(|()| Command::Core(format!("{verb}\r\n"))),
        "RSET" => bare(argument).map(|()| Command::Reset),
        "STARTTLS" => bare(argument).map(|()| Command::StartTls),
        "VRFY" => Err(Reply::new(252, "2.5.0", "Send the message and see")),
        "HELP" => Err(Reply::new(214, "2.0.0", "See RFC 5321")),
        "AUTH" | "BDAT" | "EXPN" | "ETRN" | "TURN" => {
            Err(Reply::new(502, "5.5.1", "Command not implemented"))
        }
        // A web browser lured to a mail port (cross-protocol scripting) must not get a second line
        // in.
        "GET" | "POST" | "PUT" | "CONNECT" | "OPTIONS" => {
            Err(Reply::new(421, "4.7.0", "This is a mail server"))
        }
        _ => Err(Reply::new(500, "5.5.1", "Command not recognised")),
    }
}

fn hello(verb: &str, argument: &str) -> Result<Command, Reply> {
    let domain = argument.split(' ').next().unwrap_or_default();
    if domain.is_empty() || domain.len() > 255 {
        return Err(Reply::new(501, "5.5.4", "Say your host name"));
    }
    Ok(Command::Hello {
        line: format!("{verb} {domain}\r\n"),
        extended: verb == "EHLO",
    })
}

fn mail(argument: &str) -> Result<Command, Reply> {
    let bad = || Reply::new(501, "5.1.7", "Bad sender address syntax");
    let rest = after_keyword(argument, "FROM:").ok_or_else(|| syntax("Use MAIL FROM:<address>"))?;
    let (path, rest) = path(rest).ok_or_else(bad)?;
    let path = if path.is_empty() { NULL_PATH } else { path };
    Ok(Command::Mail {
        line: format!("MAIL FROM:<{}>\r\n", swap(path, |pair| pair)),
        parameters: parameters(rest)?,
    })
}

fn rcpt(argument: &str) -> Result<Command, Reply> {
    let bad = || Reply::new(501, "5.1.3", "Bad recipient address syntax");
    let rest = after_keyword(argument, "TO:").ok_or_else(|| syntax("Use RCPT TO:<address>"))?;
    let (path, rest) = path(rest).ok_or_else(bad)?;
    if path.is_empty() {
        return Err(bad());
    }
    if !rest.is_empty() {
        return Err(unknown_parameter());
    }
    Ok(Command::Core(format!(
        "RCPT TO:<{}>\r\n",
        swap(path, |pair| pair)
    )))
}

fn bare(argument: &str) -> Result<(), Reply> {
    match argument {
        "" => Ok(()),
        _ => Err(Reply::new(501, "5.5.4", "This command takes no argument")),
    }
}

fn after_keyword<'a>(argument: &'a str, keyword: &str) -> Option<&'a str> {
    let head = argument.get(..keyword.len())?;
    head.eq_ignore_ascii_case(keyword)
        .then(|| argument[keyword.len()..].trim_start_matches(' '))
}

/// A path and what follows it. Old devices leave the brackets out; nothing is lost by bearing that.
fn path(text: &str) -> Option<(&str, &str)> {
    let (path, rest) = match text.strip_prefix('<') {
        Some(inner) => {
            let end = unquoted(inner, |c| c == '>')?;
            (&inner[..end], &inner[end + 1..])
        }
        None if text.is_empty() => return None,
        None => text.split_at(unquoted(text, |c| c == ' ').unwrap_or(text.len())),
    };
    let follows = rest.is_empty() || rest.starts_with(' ');
    let path = without_route(path)?;
    (follows && is_path(path)).then(|| (path, rest.trim_matches(' ')))
}

/// Source routes are to be ignored (RFC 5321 appendix C).
fn without_route(path: &str) -> Option<&str> {
    match path.starts_with('@') {
        true => path.split_once(':').map(|(_, address)| address),
        false => Some(path),
    }
}

fn is_path(path: &str) -> bool {
    let stray = unquoted(path, |c| matches!(c, ' ' | '<' | '>')).is_some();
    let halves = path
        .rsplit_once('@')
        .is_none_or(|(local, domain)| !local.is_empty() && !domain.is_empty());
    !stray && halves && path.len() <= MAX_PATH
}

/// Where the first wanted character outside a quoted string stands.
fn unquoted(text: &str, wanted: impl Fn(char) -> bool) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            c if !quoted && wanted(c) => return Some(at),
            _ => (),
        }
    }
    None
}

fn parameters(text: &str) -> Result<Parameters, Reply> {
    let mut found = Parameters::default();
    let mut seen = Vec::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let (key, value) = match word.split_once('=') {
            Some((key, value)) => (key.to_ascii_uppercase(), Some(value)),
            None => (word.to_ascii_uppercase(), None),
        };
        if seen.contains(&key) {
            return Err(bad_parameter("A parameter is given twice"));
        }
        parameter(&mut found, &key, value)?;
        seen.push(key);
    }
    Ok(found)
}

fn parameter(found: &mut Parameters, key: &str, value: Option<&str>) -> Result<(), Reply> {
    match (key, value) {
        ("SIZE", Some(digits)) => found.size = Some(size(digits)?),
        ("BODY", Some(body)) if body.eq_ignore_ascii_case("8BITMIME") => found.eight_bit = true,
        ("BODY", Some(body)) if body.eq_ignore_ascii_case("7BIT") => (),
        ("SMTPUTF8", None) => found.smtputf8 = true,
        ("SIZE" | "BODY" | "SMTPUTF8", _) => return Err(bad_parameter("Bad parameter value")),
        _ => return Err(unknown_parameter()),
    }
    Ok(())
}

/// Up to 20 digits (RFC 1870 section 4); what does not fit 64 bits is certainly too big.
fn size(digits: &str) -> Result<u64, Reply> {
    let valid = matches!(digits.len(), 1..=20) && digits.bytes().all(|b| b.is_ascii_digit());
    match valid {
        true => Ok(digits.parse().unwrap_or(u64::MAX)),
        false => Err(bad_parameter("Bad SIZE")),
    }
}

fn swap(path: &str, pair: impl Fn((char, char)) -> (char, char)) -> String {
    let replace = |c| {
        let found = STAND_INS
            .into_iter()
            .map(&pair)
            .find(|(from, _)| *from == c);
        found.map_or(c, |(_, to)| to)
    };
    path.chars().map(replace).collect()
}

fn syntax(text: &'static str) -> Reply {
    Reply::new(500, "5.5.2", text)
}

fn bad_parameter(text: &'static str) -> Reply {
    Reply::new(501, "5.5.4", text)
}

fn unknown_parameter() -> Reply {
    Reply::new(555, "5.5.4", "Parameter not recognised")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the core would be given, or the code of the answer.
    fn seen(line: &str) -> String {
        match read(line.as_bytes()) {
            Command::Hello { line, .. } | Command::Mail { line, .. } | Command::Core(line) => line,
            Command::Reset => "RSET".into(),
            Command::StartTls => "STARTTLS".into(),
            Command::Answer(reply) => reply.code.to_string(),
        }
    }

    #[test]
    fn every_way_to_write_a_command_becomes_the_plain_one() {
        for (written, plain) in [
            ("MAIL FROM:<a@b.example>", "MAIL FROM:<a@b.example>\r\n"),
            (
                "mail from: <a@b.example>  SIZE=10",
                "MAIL FROM:<a@b.example>\r\n",
            ),
            (
                "MAIL FROM:a@b.example BODY=8bitmime",
                "MAIL FROM:<a@b.example>\r\n",
            ),
            ("MAIL FROM:<>", "MAIL FROM:<\u{1}>\r\n"),
            (
                "MAIL FROM:<@x,@y:a@b.example>",
                "MAIL FROM:<a@b.example>\r\n",
            ),
            (
                "RCPT TO:<\"a >b\"@c.example>",
                "RCPT TO:<\"a\u{2}\u{4}b\"@c.example>\r\n",
            ),
            (
                "RCPT TO:<\"a\\\">\"@c.example>",
                "RCPT TO:<\"a\\\"\u{4}\"@c.example>\r\n",
            ),
            ("Rcpt  To: <postmaster>", "RCPT TO:<postmaster>\r\n"),
            ("NOOP anything at all", "NOOP\r\n"),
            ("EHLO my printer", "EHLO my\r\n"),
            ("data  ", "DATA\r\n"),
            ("rset", "RSET"),
            ("StartTLS", "STARTTLS"),
        ] {
            assert_eq!(seen(written), plain, "{written}");
        }
    }

    #[test]
    fn what_no_client_may_say_is_answered_at_once() {
        for (written, code) in [
            ("", "500"),
            ("XYZZY", "500"),
            ("NO\u{0}OP", "500"),
            ("NOOP\nQUIT", "500"),
            ("MAIL FROM:<\u{1}>", "500"),
            ("MAIL", "500"),
            ("MAIL FROM:", "501"),
            ("MAIL FROM:<a@b", "501"),
            ("MAIL FROM:<a@>", "501"),
            ("MAIL FROM:<a b@c.example>", "501"),
            ("MAIL FROM:<a@b.example>SIZE=1", "501"),
            ("MAIL FROM:<a@b.example> SIZE=1 size=1", "501"),
            ("MAIL FROM:<a@b.example> SIZE=x", "501"),
            ("MAIL FROM:<a@b.example> BODY=BINARYMIME", "501"),
            ("MAIL FROM:<a@b.example> RET=HDRS", "555"),
            ("RCPT TO:<>", "501"),
            ("RCPT TO:<a@b.example> NOTIFY=NEVER", "555"),
            ("DATA now", "501"),
            ("EHLO", "501"),
            ("AUTH PLAIN AGEAYg==", "502"),
            ("VRFY inbox", "252"),
            ("GET / HTTP/1.1", "421"),
        ] {
            assert_eq!(seen(written), code, "{written}");
        }
    }

    #[test]
    fn parameters_are_read_whatever_their_case_and_order() {
        let Command::Mail { parameters, .. } =
            read(b"MAIL FROM:<a@b.example> smtputf8 body=8bitmime Size=99999999999999999999")
        else {
            panic!("not understood as MAIL");
        };
        let (size, eight_bit, smtputf8) = (Some(u64::MAX), true, true);
        assert_eq!(
            parameters,
            Parameters {
                size,
                eight_bit,
                smtputf8
            }
        );
    }

    #[test]
    fn a_path_comes_back_from_the_core_as_it_was_meant() {
        for path in ["a@b.example", "\"a <b> c\"@d.example", "grün@example.org"] {
            assert_eq!(path_of_core(&swap(path, |pair| pair)), path);
        }
        assert_eq!(path_of_core(NULL_PATH), "");
    }
}
