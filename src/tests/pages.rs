//! The agents' pages work by links and forms alone.

use super::world::World;
use super::world::http::Browser;
use serde_json::Value;

const MAIL: &str = "From: Mario Rossi <mario@cliente.example>\nTo: inbox@localhost\n\
    Subject: Where is my order?\nMessage-ID: <1@cliente.example>\n\nIt has not come yet.\n";

fn page(browser: &mut Browser, path: &str) -> String {
    let answer = browser.get(path);
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.text()
}

#[test]
fn a_stranger_is_led_to_the_login_and_back() {
    let world = World::start();
    let answer = world.browser().get("/conversations/1?status=all");
    assert_eq!(answer.status, 303);
    assert_eq!(
        answer.header("location"),
        Some("/login?next=%2Fconversations%2F1%3Fstatus%3Dall")
    );
}

#[test]
fn an_answer_changed_after_it_went_is_not_lost() {
    let world = World::start();
    let mut agent = world.logged_in("ada@shop.example", "agent");
    world.mail("mario@cliente.example", "inbox@localhost", MAIL);
    let mut send = |text: &str, key: &str| {
        let fields = [("channel", "email"), ("text", text), ("key", key)];
        agent.post("/conversations/1/messages", &fields)
    };
    assert_eq!(send("It left today.", "k").status, 303);
    // The browser never heard of it, and the agent wrote on.
    let told = send("It left today, by boat.", "k");
    assert_eq!(told.status, 422);
    let shown = told.text();
    for words in ["was sent already", ">It left today, by boat.</textarea>"] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    let fresh = shown.split("name=\"key\" value=\"").nth(1).unwrap();
    let fresh = fresh.split('"').next().unwrap();
    assert_eq!(send("It left today, by boat.", fresh).status, 303);
    let thread = world.api().get("/conversations/1")["messages"].clone();
    assert_eq!(thread.as_array().unwrap().len(), 3, "{thread}");
}

#[test]
fn a_mail_is_opened_answered_and_completed_without_scripts() {
    let world = World::start();
    let mut agent = world.logged_in("ada@shop.example", "agent");
    world.mail("mario@cliente.example", "inbox@localhost", MAIL);
    let list = page(&mut agent, "/inbox");
    for shown in ["href=\"/conversations/1\"", "Mario Rossi", "new messages"] {
        assert!(list.contains(shown), "{shown}: {list}");
    }
    let thread = page(&mut agent, "/conversations/1");
    assert!(thread.contains("It has not come yet."), "{thread}");
    assert!(!page(&mut agent, "/inbox").contains("new messages"));
    let fields = [
        ("channel", "email"),
        ("text", "Hello {{name}}"),
        ("key", "k"),
    ];
    for _ in ["sent", "sent again by a second click"] {
        let sent = agent.post("/conversations/1/messages", &fields);
        assert_eq!(sent.status, 303, "{}", sent.text());
    }
    let thread = page(&mut agent, "/conversations/1");
    assert_eq!(
        thread.matches("<div class=\"text\">Hello {{name}}").count(),
        1
    );
    assert_eq!(agent.post("/conversations/1/complete", &[]).status, 303);
    assert!(page(&mut agent, "/conversations/1").contains("Reopen"));
    assert!(!page(&mut agent, "/inbox").contains("href=\"/conversations/1\""));
    let done = page(&mut agent, "/inbox?status=complete");
    assert!(done.contains("Mario Rossi"), "{done}");
}

#[test]
fn a_viewer_reads_without_a_trace_and_changes_nothing() {
    let world = World::start();
    let mut viewer = world.logged_in("eva@shop.example", "viewer");
    world.mail("mario@cliente.example", "inbox@localhost", MAIL);
    assert!(page(&mut viewer, "/conversations/1").contains("Mario Rossi"));
    assert!(page(&mut viewer, "/inbox").contains("new messages"));
    for path in ["/conversations/1/complete", "/conversations/1/messages"] {
        assert_eq!(viewer.post(path, &[("text", "no")]).status, 403, "{path}");
    }
    assert_eq!(viewer.get("/settings/agents").status, 403);
}

#[test]
fn a_forwarding_confirmation_is_shown_to_admins_until_dismissed() {
    let world = World::start();
    let mut admin = world.logged_in("ada@shop.example", "admin");
    let mut agent = world.logged_in("mario@shop.example", "agent");
    let mail = "From: Gmail Team <forwarding-noreply@google.com>\nTo: inbox@localhost\n\
        Subject: (#123456789) Gmail Forwarding Confirmation - Receive Mail from giulia@client.example\n\
        Message-ID: <vf@google.com>\n\ngiulia@client.example has requested to automatically forward mail.\n\
        Confirmation code: 123456789\n\nhttps://mail-settings.google.com/mail/vf-abc\n";
    world.mail("forwarding-noreply@google.com", "inbox@localhost", mail);
    let banner = page(&mut admin, "/contacts");
    for shown in [
        "giulia@client.example",
        "Code: 123456789",
        "href=\"https://mail-settings.google.com/mail/vf-abc\"",
    ] {
        assert!(banner.contains(shown), "{shown}: {banner}");
    }
    assert!(!page(&mut agent, "/contacts").contains("123456789"));
    let dismiss = between(&banner, "action=\"/settings/forwarding/", "\"");
    let path = format!("/settings/forwarding/{dismiss}");
    assert_eq!(agent.post(&path, &[]).status, 403);
    assert_eq!(admin.post(&path, &[]).status, 303);
    assert!(!page(&mut admin, "/contacts").contains("123456789"));
    let kept = page(&mut admin, "/search?q=giulia");
    assert_eq!(admin.get("/conversations/1").status, 200, "{kept}");
}

/// What stands between two marks, the first time.
fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let rest = text
        .split(start)
        .nth(1)
        .unwrap_or_else(|| panic!("no {start}: {text}"));
    rest.split(end).next().unwrap()
}

#[test]
fn a_mail_that_may_belong_elsewhere_goes_there_and_comes_back() {
    let world = World::start();
    let mut agent = world.logged_in("ada@shop.example", "agent");
    world.mail("mario@cliente.example", "inbox@localhost", MAIL);
    let other = "From: Other <other@else.example>\nTo: inbox@localhost\nSubject: Re: Where is my order?\n\
        In-Reply-To: <1@cliente.example>\nMessage-ID: <4@else.example>\n\nMine has not come either\n";
    world.mail("other@else.example", "inbox@localhost", other);
    let thread = page(&mut agent, "/conversations/2");
    assert!(thread.contains("may belong to conversation 1"), "{thread}");
    let moved = agent.post("/conversations/2/suggestion", &[("follow", "1")]);
    let place = moved.header("location").unwrap().to_owned();
    assert!(
        place.starts_with("/conversations/1?done=moved&undo="),
        "{place}"
    );
    let thread = page(&mut agent, &place);
    assert!(thread.contains("Mine has not come either"), "{thread}");
    let seq = between(&thread, "name=\"seq\" value=\"", "\"").to_owned();
    let undone = agent.post("/undo", &[("seq", &seq)]);
    let place = undone.header("location").unwrap();
    assert!(
        place.starts_with("/conversations/2?done=undone#m-"),
        "{place}"
    );
    let holds = |agent: &mut Browser, id: u32| {
        page(agent, &format!("/conversations/{id}/parts")).contains("Mine has not come either")
    };
    assert!(holds(&mut agent, 2) && !holds(&mut agent, 1));
    assert_eq!(
        agent.post("/undo", &[("seq", &seq)]).status,
        409,
        "not twice"
    );
}

#[test]
fn contacts_are_merged_taken_apart_and_split() {
    let world = World::start();
    let mut agent = world.logged_in("ada@shop.example", "agent");
    world.mail("mario@cliente.example", "inbox@localhost", MAIL);
    let work = MAIL
        .replace("mario@cliente", "mario@work")
        .replace("<1@", "<2@");
    world.mail("mario@work.example", "inbox@localhost", &work);
    let merged = agent.post("/contacts/2/merge", &[("into", "mario@cliente.example")]);
    let place = merged.header("location").unwrap().to_owned();
    assert!(
        place.starts_with("/contacts/1?done=merged&undo="),
        "{place}"
    );
    let contact = page(&mut agent, &place);
    for shown in [
        "mario@work.example",
        "Take apart",
        "href=\"/conversations/2\"",
    ] {
        assert!(contact.contains(shown), "{shown}: {contact}");
    }
    let apart = agent.post("/contacts/1/apart", &[("contact", "2")]);
    assert_eq!(apart.header("location"), Some("/contacts/2?done=apart"));
    assert!(page(&mut agent, "/contacts/2").contains("href=\"/conversations/2\""));
    agent.post("/contacts/2/merge", &[("into", "#1")]);
    let split = agent.post("/contacts/1/split", &[("address", "mario@work.example")]);
    let place = split.header("location").unwrap().to_owned();
    assert_eq!(place, "/contacts/3?from=1&done=split");
    assert!(page(&mut agent, &place).contains("href=\"/conversations/2\""));
}

#[test]
fn an_open_page_is_told_the_rows_and_lines_that_changed() {
    let world = World::start();
    let mut agent = world.logged_in("ada@shop.example", "agent");
    let mut stream = agent.follow("/live");
    world.mail("mario@cliente.example", "inbox@localhost", MAIL);
    let news = stream.find(|event| event.name == "news").unwrap();
    let told: Value = serde_json::from_str(&news.data).unwrap();
    let row = told["rows"][0].as_str().unwrap();
    assert!(
        row.contains("Mario Rossi") && row.contains("id=\"c-1\""),
        "{row}"
    );
    assert_eq!(told["unread"], 1);
    assert_eq!(told["wrote"][0]["name"], "Mario Rossi");
    let line = told["threads"]["1"][0].as_u64().unwrap();
    let parts = page(&mut agent, &format!("/conversations/1/parts?items={line}"));
    assert!(parts.contains("It has not come yet."), "{parts}");
    let others = page(&mut agent, "/conversations/1/parts?items=0");
    assert!(!others.contains("It has not come yet."), "{others}");
    assert!(
        others.contains(&format!("<li id=\"m-{line}\" data-same>")),
        "{others}"
    );
}

/// A report about a mail that we never sent.
const BACKSCATTER: &str = "From: MAILER-DAEMON@mx.example\nTo: inbox@localhost\nSubject: Undelivered Mail Returned to Sender\n\
    Message-ID: <back@mx.example>\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=B\n\n\
    --B\nContent-Type: text/plain\n\nIt failed.\n\n--B\nContent-Type: message/delivery-status\n\n\
    Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; nobody@x.example\nAction: failed\nStatus: 5.1.1\n\n--B--\n";

#[test]
fn the_mail_trace_tells_what_became_of_every_mail() {
    let world = World::start();
    let mut admin = world.logged_in("ada@shop.example", "admin");
    world.mail("mario@cliente.example", "inbox@localhost", MAIL);
    world.mail("mario@cliente.example", "inbox@localhost", MAIL);
    world.mail("probe@else.example", "nobody@localhost", MAIL);
    world.mail("", "inbox@localhost", BACKSCATTER);
    let circle =
        "Received: from a.example by b.example; Fri, 2 Jan 2026 03:04:05 +0000\n".repeat(30);
    let circle = circle + &MAIL.replace("<1@", "<round@").replace("mario@", "round@");
    world.mail("round@cliente.example", "inbox@localhost", &circle);
    let mut session = world.smtp();
    session.say("EHLO sender.example");
    let reply = session.say("MAIL FROM:<huge@else.example> SIZE=999999999");
    assert!(reply.starts_with("552"), "{reply}");
    let fields = [("channel", "email"), ("text", "On its way"), ("key", "k")];
    admin.post("/conversations/1/messages", &fields);
    let mut trace = |asked: &str| page(&mut admin, &format!("/settings/trace?q={asked}"));
    for (asked, told) in [
        ("1@cliente.example", "Began a conversation"),
        ("1@cliente.example", "A copy of a mail we hold"),
        ("probe@else.example", "no such mailbox here"),
        ("back@mx.example", "Reports on no mail of ours"),
        ("round@cliente.example", "in a loop"),
        ("huge@else.example", "larger than"),
        ("mario@cliente.example", "Sent by us"),
        (
            "mario@cliente.example",
            "mario@cliente.example: Waiting to be sent",
        ),
        ("never@seen.example", "No mail of that kind was seen"),
    ] {
        let shown = trace(asked);
        assert!(shown.contains(told), "{asked}: {told}: {shown}");
    }
}

#[test]
fn a_day_may_have_several_office_hours() {
    let world = World::start();
    let mut admin = world.logged_in("ada@shop.example", "admin");
    let fields = [
        ("on", "1"),
        ("time_zone", "Europe/Rome"),
        ("from-0", "14:00"),
        ("to-0", "18:00"),
        ("from-0", "09:00"),
        ("to-0", "12:30"),
        ("from-0", ""),
        ("to-0", ""),
    ];
    assert_eq!(admin.post("/settings/hours", &fields).status, 303);
    let hours = page(&mut admin, "/settings/hours");
    let times = |name: &str| -> Vec<String> {
        let mark = format!("name=\"{name}\" value=\"");
        let fields = hours.split(&mark).skip(1);
        fields
            .map(|rest| rest.split('"').next().unwrap().to_owned())
            .collect()
    };
    assert_eq!(times("from-0"), ["09:00", "14:00", ""], "and one to add");
    assert_eq!(times("to-0"), ["12:30", "18:00", ""]);
    // A widget that stays open knows when the office opens and closes next.
    let widget = page(&mut admin, "/widget/frame").replace("&quot;", "\"");
    let (_, coming) = widget.split_once("\"coming\":[").expect("what comes");
    let coming = coming.split(']').next().unwrap();
    let states: Vec<_> = coming.matches("\"open\":true").collect();
    assert_eq!(
        (coming.matches("\"in\":").count(), states.len()),
        (4, 2),
        "{coming}"
    );
}

#[test]
fn what_a_formatted_mail_quotes_is_folded_in_its_frame() {
    let world = World::start();
    let mut agent = world.logged_in("ada@shop.example", "agent");
    let mail = "From: Anna <anna@client.example>\nTo: inbox@localhost\nSubject: Re: Order\n\
        Content-Type: multipart/alternative; boundary=b\n\n--b\n\n\
        Thanks, it came!\n\nOn Mon, 23 Nov 2026 at 10:11, Support <inbox@localhost> wrote:\n> It leaves today.\n\n\
        --b\nContent-Type: text/html\n\n<p>Thanks, <b>it came!</b></p><div class=gmail_quote>\
        On Mon, 23 Nov 2026 at 10:11, Support &lt;inbox@localhost&gt; wrote:<blockquote>It leaves today.</blockquote></div>\n--b--\n";
    world.mail("anna@client.example", "inbox@localhost", mail);
    let frame = page(&mut agent, "/messages/1/html");
    let (new, old) = frame
        .split_once("<details class=\"quotes\"><summary>Show quoted text</summary></details>")
        .expect("a fold");
    assert!(new.contains("<b>it came!</b>") && !new.contains("It leaves"));
    assert!(old.starts_with("<div data-old>"), "{old}");
    assert!(old.contains("It leaves today."), "nothing is cut");
}
