//! The trace headers of a message: what would stand above it in a mailbox file (RFC 5321 section
//! 4.4). They are kept beside the DATA, which stays as it came.

use super::{Envelope, Peer};

/// `Return-Path` and `Received`, each folded and ended by CRLF. `now` is in milliseconds since
/// 1970.
///
/// The recipient is named only when there is one, so that nobody learns who else was written to.
pub fn trace_headers(envelope: &Envelope, hostname: &str, now: i64) -> String {
    let peer = &envelope.peer;
    let recipient = match &envelope.recipients[..] {
        [only] => format!("\r\n\tfor <{only}>"),
        _ => String::new(),
    };
    format!(
        "Return-Path: <{}>\r\nReceived: from {} ({})\r\n\tby {hostname} with {}{}{recipient};\r\n\t{}\r\n",
        envelope.mail_from,
        client_name(&peer.helo),
        ip_literal(peer),
        protocol(envelope),
        peer.tls
            .as_ref()
            .map(|tls| format!(" ({tls})"))
            .unwrap_or_default(),
        date(now),
    )
}

/// A client's name for itself, with everything that could mean something in a header taken out.
fn client_name(helo: &str) -> String {
    let harmless = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
    match helo {
        "" => "unknown".to_owned(),
        helo => helo
            .chars()
            .map(|c| if harmless(c) { c } else { '?' })
            .collect(),
    }
}

fn ip_literal(peer: &Peer) -> String {
    match peer.ip {
        std::net::IpAddr::V4(ip) => format!("[{ip}]"),
        std::net::IpAddr::V6(ip) => format!("[IPv6:{ip}]"),
    }
}

/// The "with" of a Received field (RFC 3848, RFC 6531 section 4.3).
fn protocol(envelope: &Envelope) -> &'static str {
    match (
        envelope.smtputf8,
        envelope.peer.extended,
        envelope.peer.tls.is_some(),
    ) {
        (true, _, true) => "UTF8SMTPS",
        (true, _, false) => "UTF8SMTP",
        (_, true, true) => "ESMTPS",
        (_, true, false) => "ESMTP",
        // RFC 3848 has no word for HELO under TLS; ESMTPS is what others write.
        (_, false, true) => "ESMTPS",
        (_, false, false) => "SMTP",
    }
}

fn date(now: i64) -> String {
    jiff::Timestamp::from_millisecond(now)
        .unwrap_or_default()
        .strftime("%a, %d %b %Y %H:%M:%S +0000")
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn envelope(recipients: &[&str], helo: &str, tls: Option<&str>) -> Envelope {
        Envelope {
            mail_from: "a@b.example".into(),
            recipients: recipients.iter().map(|r| r.to_string()).collect(),
            peer: Peer {
                ip: [192, 0, 2, 1].into(),
                helo: helo.into(),
                extended: true,
                tls: tls.map(str::to_owned),
            },
            eight_bit: false,
            smtputf8: false,
        }
    }

    #[test]
    fn trace_headers_say_from_whom_how_and_when() {
        let one = envelope(&["inbox@c.example"], "mail.b.example", Some("TLSv1.3 X"));
        assert_eq!(
            trace_headers(&one, "mx.c.example", 1_767_323_045_000),
            "Return-Path: <a@b.example>\r\n\
             Received: from mail.b.example ([192.0.2.1])\r\n\
             \tby mx.c.example with ESMTPS (TLSv1.3 X)\r\n\
             \tfor <inbox@c.example>;\r\n\
             \tFri, 02 Jan 2026 03:04:05 +0000\r\n"
        );
    }

    #[test]
    fn a_hostile_greeting_stays_one_harmless_word_and_no_recipient_learns_of_another() {
        let two = envelope(&["x@c.example", "y@c.example"], "a;(b)\"<c>", None);
        assert_eq!(
            trace_headers(&two, "mx.c.example", 0),
            "Return-Path: <a@b.example>\r\n\
             Received: from a??b???c? ([192.0.2.1])\r\n\
             \tby mx.c.example with ESMTP;\r\n\
             \tThu, 01 Jan 1970 00:00:00 +0000\r\n"
        );
    }
}
