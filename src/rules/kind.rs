//! What kind of mail it is, in separate flags (MAIL.md B1-B5): one flag for all would take most
//! people's mails to lists for a machine's.

mod vacation;

use super::bounce;
use super::contacts::is_service;
use super::loops::LOOP_HEADER;
use super::mail::{Kind, Mail};

/// Judges a mail. `mail_from` is the envelope sender: `Some("")` is the null path, `None` unknown
/// (then a Return-Path of `<>` stands in).
pub fn of(mail: &Mail, mail_from: Option<&str>) -> Kind {
    let null_path = is_null_path(mail, mail_from);
    let feedback =
        is_report(mail, "feedback-report") || content_is(mail, "message/feedback-report");
    let complaint = feedback && complains(mail);
    let bounce = !complaint && bounce::is_bounce(mail, null_path);
    let read_receipt = !complaint && !bounce && is_receipt(mail);
    let auto_reply = !complaint && !bounce && !read_receipt && is_auto_reply(mail, null_path);
    Kind {
        no_auto_answer: feedback
            || bounce
            || read_receipt
            || auto_reply
            || wants_no_machine(mail, null_path),
        auto_reply,
        bounce,
        complaint,
        read_receipt,
        list_id: list_id(mail),
    }
}

/// The kind of a mail that came to an address signed for reports alone (MAIL.md B1): from the null path
/// it is one in whatever words, unless a machine answers there.
pub fn at_report_address(kind: Kind, mail_from: Option<&str>) -> Kind {
    let known = kind.complaint || kind.read_receipt || kind.auto_reply;
    let bounce = kind.bounce || (mail_from == Some("") && !known);
    Kind {
        bounce,
        no_auto_answer: kind.no_auto_answer || bounce,
        ..kind
    }
}

/// Whether the mail answers something: such an automatic mail belongs to an earlier one, while a
/// machine's first word (an alert, an order) wants to be seen.
pub fn is_answer(mail: &Mail) -> bool {
    !mail.in_reply_to.is_empty() || !mail.references.is_empty() || vacation::subject(&mail.subject)
}

fn is_null_path(mail: &Mail, mail_from: Option<&str>) -> bool {
    let path = mail_from.or_else(|| mail.header("Return-Path"));
    path.is_some_and(|path| matches!(path.trim(), "" | "<>"))
}

/// RFC 6522: the report type, whether or not its part could be read.
fn is_report(mail: &Mail, kind: &str) -> bool {
    mail.report
        .as_ref()
        .is_some_and(|report| report.kind == kind)
}

/// Feedback is also given on mail that failed authentication (RFC 6591) and on mail that was wrongly
/// taken for spam (RFC 5965 section 7.3): nobody complains there.
fn complains(mail: &Mail) -> bool {
    let fields = mail.report.iter().flat_map(|report| &report.fields);
    let mut kinds = fields.filter(|field| field.name.eq_ignore_ascii_case("Feedback-Type"));
    !kinds.any(|kind| matches!(kind.value.trim(), "auth-failure" | "not-spam" | "dmarc"))
}

fn content_is(mail: &Mail, media_type: &str) -> bool {
    mail.content_type == media_type
}

/// B3: a disposition notification (RFC 8098), and the receipts of systems that never heard of it.
fn is_receipt(mail: &Mail) -> bool {
    is_report(mail, "disposition-notification")
        || content_is(mail, "message/disposition-notification")
}

/// B4. An Exchange rule that forwards a person's mail marks it as generated; that is no auto-reply.
fn is_auto_reply(mail: &Mail, null_path: bool) -> bool {
    if forwarded_by_exchange_rule(mail) {
        return false;
    }
    auto_submitted(mail)
        || marked_as_answer(mail)
        || (vacation::subject(&mail.subject) && corroborated(mail, null_path))
        || thanks_by_itself(mail, null_path)
}

/// A null path on a mail of low precedence that no list sent: an acknowledgement whose subject says
/// nothing ("Thank you for your mail").
fn thanks_by_itself(mail: &Mail, null_path: bool) -> bool {
    null_path && of_low_precedence(mail) && list_id(mail).is_none() && !has_list_header(mail)
}

fn forwarded_by_exchange_rule(mail: &Mail) -> bool {
    mail.header("X-MS-Exchange-Generated-Message-Source")
        .is_some_and(|source| source.contains("Mailbox Rules Agent"))
}

/// RFC 3834 section 5: any keyword but `no`, whatever parameters follow.
fn auto_submitted(mail: &Mail) -> bool {
    mail.headers_named("Auto-Submitted").any(|value| {
        let keyword = value
            .split([';', '(', ' '])
            .next()
            .unwrap_or_default()
            .trim();
        !keyword.is_empty() && !keyword.eq_ignore_ascii_case("no")
    })
}

fn marked_as_answer(mail: &Mail) -> bool {
    const NAMES: &[&str] = &[
        "X-Autoreply",
        "X-Auto-Reply",
        "X-AutoReply-From",
        "X-Auto-Reply-From",
        "X-Mail-Autoreply",
        "X-Autorespond",
        "X-Autoresponder",
        "X-Autoresponse",
        "X-Auto-Response",
    ];
    let named = |name: &&str| {
        mail.header(name)
            .is_some_and(|value| !value.trim().eq_ignore_ascii_case("no"))
    };
    let precedence = ["Precedence", "X-Precedence", "Preference"]
        .iter()
        .flat_map(|name| mail.headers_named(name));
    let mut precedence =
        precedence.map(|value| value.trim().to_ascii_lowercase().replace('-', "_"));
    NAMES.iter().any(named)
        || precedence.any(|value| value == "auto_reply")
        || mail
            .header("X-POST-MessageClass")
            .is_some_and(|class| class.to_lowercase().contains("autoresponder"))
        || mail
            .headers_named("Delivered-To")
            .any(|to| to.trim().eq_ignore_ascii_case("autoresponder"))
}

/// A vacation subject alone proves nothing: people write "Out of office" too. A machine's other traces must agree.
fn corroborated(mail: &Mail, null_path: bool) -> bool {
    null_path
        || of_low_precedence(mail)
        || suppresses(mail)
        || vacation::says_so(&mail.text)
        || !mail.in_reply_to.is_empty()
        || !mail.references.is_empty()
}

fn of_low_precedence(mail: &Mail) -> bool {
    mail.headers_named("Precedence")
        .any(|p| matches!(p.trim().to_ascii_lowercase().as_str(), "junk" | "bulk"))
}

fn has_list_header(mail: &Mail) -> bool {
    let is_list = |name: &str| {
        name.get(..5)
            .is_some_and(|start| start.eq_ignore_ascii_case("List-"))
    };
    mail.headers.iter().any(|header| is_list(&header.name))
}

/// B5: still a person's mail perhaps, but our automations stay silent.
fn wants_no_machine(mail: &Mail, null_path: bool) -> bool {
    let mut precedence = mail
        .headers_named("Precedence")
        .map(|value| value.trim().to_ascii_lowercase());
    null_path
        || precedence.any(|value| matches!(value.as_str(), "bulk" | "junk" | "list"))
        || has_list_header(mail)
        || auto_submitted(mail)
        || suppresses(mail)
        || [
            "X-Loop",
            LOOP_HEADER,
            "X-BeenThere",
            "X-Mailing-List",
            "Mailing-List",
            "Feedback-ID",
        ]
        .iter()
        .any(|name| mail.header(name).is_some())
        || is_service(&mail.from.address)
}

fn suppresses(mail: &Mail) -> bool {
    mail.headers_named("X-Auto-Response-Suppress")
        .any(|value| !value.trim().eq_ignore_ascii_case("none"))
}

/// The list's identifier (RFC 2919), without brackets and in lower case; older lists are named by
/// their address.
fn list_id(mail: &Mail) -> Option<String> {
    let id = mail
        .header("List-Id")
        .or_else(|| mail.header("X-List-Id"))
        .map(|value| match value.rsplit_once('<') {
            Some((_, rest)) => rest.split('>').next().unwrap_or(rest).trim().to_lowercase(),
            None => value.trim().to_lowercase(),
        });
    id.filter(|id| !id.is_empty()).or_else(|| {
        let posting = ["List-Post", "X-Mailing-List", "X-BeenThere", "Mailing-List"];
        let value = posting
            .iter()
            .find_map(|name| mail.header(name))?
            .replace("mailto:", "");
        super::addresses::addresses_in(&value)
            .next()
            .map(|address| address.to_lowercase())
    })
}

#[cfg(test)]
mod tests;
