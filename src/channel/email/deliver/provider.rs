//! What a relay's answer tells of the Message-ID it gives our mail.
//!
//! Some relays replace our Message-ID; the customer's answer then refers to an id we never made.
//! The answer to DATA is the only place where it is told (MAIL.md D, "Do not rely on ids alone").

/// The id without angle brackets, if the answer of `host` tells one.
pub fn message_id(host: &str, reply: &str) -> Option<String> {
    bracketed(reply).or_else(|| amazon(host, reply))
}

/// Exchange Online and others: `2.6.0 <abc@host> [InternalId=…] Queued mail for delivery`.
fn bracketed(reply: &str) -> Option<String> {
    let (_, rest) = reply.split_once('<')?;
    let (id, _) = rest.split_once('>')?;
    let (left, right) = id.split_once('@')?;
    let plain = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic());
    (plain(left) && plain(right) && !right.contains('@')).then(|| id.to_owned())
}

/// Amazon SES: `Ok 0102018b…-000000`; the id lives at the region's domain, in us-east-1 at `email.`
/// (Amazon SES developer guide, "Message-ID").
fn amazon(host: &str, reply: &str) -> Option<String> {
    let region = host
        .strip_prefix("email-smtp.")?
        .strip_suffix(".amazonaws.com")?;
    let id = reply.trim().split(' ').next_back()?;
    let shaped = id.len() >= 40 && id.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    let domain = match region {
        "us-east-1" => "email",
        other => other,
    };
    shaped.then(|| format!("{id}@{domain}.amazonses.com"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_that_tell_an_id_and_answers_that_do_not() {
        let ses = "0102018b2f3c4d5e-1a2b3c4d-5e6f-7a8b-9c0d-1e2f3a4b5c6d-000000";
        let cases = [
            (
                "smtp.office365.com",
                "2.0.0 OK <AM0PR01MB1@AM0PR01MB1.eurprd01.prod.exchangelabs.com> [Hostname=x]"
                    .into(),
                Some("AM0PR01MB1@AM0PR01MB1.eurprd01.prod.exchangelabs.com".into()),
            ),
            (
                "email-smtp.eu-west-1.amazonaws.com",
                format!("Ok {ses}"),
                Some(format!("{ses}@eu-west-1.amazonses.com")),
            ),
            (
                "email-smtp.us-east-1.amazonaws.com",
                format!("Ok {ses}"),
                Some(format!("{ses}@email.amazonses.com")),
            ),
            ("mail.example.com", format!("Ok {ses}"), None),
            (
                "mail.example.com",
                "2.0.0 Ok: queued as 4F3A21B".into(),
                None,
            ),
            ("mail.example.com", "ok <queued>".into(), None),
            ("mail.example.com", "ok <a b@c>".into(), None),
            ("mail.example.com", "ok <@>".into(), None),
            ("mail.example.com", "".into(), None),
        ];
        for (host, reply, expected) in cases {
            assert_eq!(message_id(host, &reply), expected, "{reply}");
        }
    }
}
