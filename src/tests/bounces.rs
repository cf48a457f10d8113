//! What becomes of reports about our mail: bounces, delays, complaints, machines' answers. The mails are
//! those of `mail/bounces`, made to be about ours.

use super::world::World;
use super::world::http::Api;
use super::world::sink::Sink;
use serde_json::{Value, json};
use std::path::Path;

/// A company whose mails go to a sink.
struct Company {
    sink: Sink,
    world: World,
    api: Api,
}

/// A customer's conversation, answered and completed.
struct Answered {
    conversation: u64,
    customer: String,
    message_id: String,
    /// Where reports about the answer go.
    sender: String,
}

impl Company {
    fn open() -> Self {
        let sink = Sink::open();
        let world = World::with(&format!(
            "[outbound]\nvia = \"smtp://{}\"\n[limits]\nsmtp_per_address = 0\n",
            sink.address
        ));
        let api = world.api();
        Self { sink, world, api }
    }

    fn answered(&self, customer: &str) -> Answered {
        let mail = format!(
            "From: {customer}\nTo: inbox@localhost\nSubject: Order 12\nMessage-ID: <1.{customer}>\n\nWhere is it?\n"
        );
        assert!(
            self.world
                .mail(customer, "inbox@localhost", &mail)
                .starts_with("250")
        );
        let open = self.api.get("/conversations?status=open&limit=1");
        let conversation = open["conversations"][0]["id"].as_u64().unwrap();
        let sent = self.sink.mails().len();
        let path = format!("/conversations/{conversation}");
        let answer = json!({"channel": "email", "text": "On its way."});
        self.api.post(&format!("{path}/messages"), answer);
        let senders = self.world.wait("the answer", || {
            let senders = self.sink.senders();
            (senders.len() > sent).then_some(senders)
        });
        self.api
            .patch(&path, json!({"status": "complete", "read": true}));
        Answered {
            conversation,
            customer: customer.to_owned(),
            message_id: self.thread(conversation)[1]["message_id"]
                .as_str()
                .unwrap()
                .to_owned(),
            sender: senders[sent].clone(),
        }
    }

    fn thread(&self, conversation: u64) -> Vec<Value> {
        let found = self.api.get(&format!("/conversations/{conversation}"));
        let messages = found["messages"].as_array().unwrap();
        let said = messages.iter().filter(|m| m["direction"] != "event");
        said.cloned().collect()
    }

    /// State of the answer, the conversation's status, whether it is read.
    fn state(&self, about: &Answered) -> String {
        let found = self
            .api
            .get(&format!("/conversations/{}", about.conversation));
        let row = match found["conversation"].is_null() {
            true => &found,
            false => &found["conversation"],
        };
        let answer = &self.thread(about.conversation)[1];
        let read = if row["read"] == true {
            "read"
        } else {
            "unread"
        };
        let status = row["status"].as_str().unwrap();
        format!(
            "{} {status} {read}",
            answer["delivery"]["state"].as_str().unwrap()
        )
    }

    /// Hands over a report from the null path.
    fn report(&self, to: &str, mail: &str) {
        let reply = self.world.mail("", to, mail);
        assert!(reply.starts_with("250"), "{reply}");
    }

    fn contacts(&self) -> usize {
        self.api.get("/contacts?q=")["contacts"]
            .as_array()
            .unwrap()
            .len()
    }
}

/// A report from its file, about this answer instead of the one it was written about.
fn report(name: &str, recipient: &str, about: &Answered) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tests/mail/bounces");
    let raw = std::fs::read_to_string(folder.join(format!("{name}.eml"))).unwrap();
    let ids = raw.replace("report@mx.example", &format!("{name}@mx.example"));
    let ids = ids.lines().map(|line| match line.split_once("<m.") {
        Some((head, tail)) => {
            let rest = tail.split_once('>').map_or("", |(_, rest)| rest);
            format!("{head}<{}>{rest}\n", about.message_id)
        }
        None => format!("{line}\n"),
    });
    ids.collect::<String>().replace(recipient, &about.customer)
}

/// Reports, whom they name, and the sentence they come down to.
const REPORTS: &[(&str, &str, &str)] = &[
    (
        "dsn-of-postfix-with-the-mail-enclosed",
        "mario@x.example",
        "circles",
    ),
    (
        "dsn-of-exchange-online-in-html-only",
        "mario@x.example",
        "no such mailbox",
    ),
    (
        "dsn-with-several-recipients-of-whom-one-failed",
        "mario@x.example",
        "switched off",
    ),
    ("gmail", "mario@x.example", "no such mailbox"),
    ("gmail-before-2016", "mario@x.example", "mailbox is full"),
    (
        "gmail-send-mail-as-with-an-empty-report",
        "mario@x.example",
        "not delivered",
    ),
    (
        "exchange-online-prose-only",
        "mario@x.example",
        "no such mailbox",
    ),
    ("exchange-italian", "mario@x.example", "no such mailbox"),
    (
        "exim-the-returned-mail-below",
        "mario@x.example",
        "no such mailbox",
    ),
    ("qmail", "mario@x.example", "mailbox is full"),
    ("yahoo", "mario@yahoo.com", "no such mailbox"),
    ("gmx", "mario@gmx.de", "no such mailbox"),
    ("icloud", "mario@icloud.com", "mailbox is full"),
    ("mail-ru-russian", "mario@mail.ru", "no such mailbox"),
    ("yandex", "mario@yandex.ru", "no such mailbox"),
    (
        "zoho-error-codes-in-a-row",
        "mario@x.example",
        "no such mailbox",
    ),
    ("amazon-ses", "mario@x.example", "no such domain"),
    ("aol", "mario@aol.com", "no such mailbox"),
    ("1-and-1-in-german", "mario@x.example", "no such mailbox"),
    ("mimecast", "mario@x.example", "no such mailbox"),
    (
        "phone-operator-by-no-reply-in-japanese",
        "mario@x.example",
        "mailbox is full",
    ),
];

#[test]
fn a_bounce_of_every_large_provider_turns_the_answer_and_makes_no_contact() {
    let company = Company::open();
    for (n, (name, recipient, sentence)) in REPORTS.iter().enumerate() {
        let about = company.answered(&recipient.replace("mario@", &format!("mario{n}@")));
        company.report("inbox@localhost", &report(name, recipient, &about));
        assert_eq!(company.state(&about), "bounced complete unread", "{name}");
        let thread = company.thread(about.conversation);
        assert_eq!(
            thread.len(),
            3,
            "{name}: the report stands below the answer"
        );
        let copy = &thread[1]["delivery"]["recipients"][0];
        assert_eq!(copy["address"], about.customer.as_str(), "{name}");
        let detail = copy["detail"].as_str().unwrap();
        assert!(detail.contains(sentence), "{name}: {detail}");
    }
    assert_eq!(company.contacts(), REPORTS.len(), "customers alone");
}

#[test]
fn a_delay_is_shown_as_one_and_disturbs_nobody() {
    let company = Company::open();
    let about = company.answered("mario@x.example");
    company.report(
        "inbox@localhost",
        &report("dsn-delayed", "mario@x.example", &about),
    );
    assert_eq!(company.state(&about), "delayed complete read");
}

#[test]
fn a_report_at_the_signed_address_needs_no_word_we_know() {
    let company = Company::open();
    let about = company.answered("mario@x.example");
    assert!(about.sender.starts_with("b+"), "{}", about.sender);
    let mail =
        "From: Posta <sistema@x.example>\nSubject: Xyzzy\nMessage-ID: <x@x.example>\n\nPlugh.\n";
    company.report(&about.sender, mail);
    assert_eq!(company.state(&about), "bounced complete unread");
    let forged = about.sender.replacen("b+", "b+2", 1);
    let reply = company.world.mail("", &forged, mail);
    assert!(reply.starts_with("550"), "{reply}");
}

#[test]
fn a_complaint_is_labelled_and_stops_automatic_mail_but_no_agent() {
    let company = Company::open();
    let about = company.answered("mario@x.example");
    company.report(
        "inbox@localhost",
        &report("complaint-of-a-reader", "mario@x.example", &about),
    );
    let mut agent = company.world.logged_in("ada@shop.example", "agent");
    let path = format!("/conversations/{}", about.conversation);
    let page = agent.get(&path).text();
    for shown in [
        "Complaint",
        "was reported as spam",
        "what you write still goes",
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    assert_eq!(company.contacts(), 1);
    let fields = [
        ("channel", "email"),
        ("text", "We are sorry."),
        ("key", "k"),
    ];
    let sent = company.sink.mails().len();
    assert_eq!(agent.post(&format!("{path}/messages"), &fields).status, 303);
    company.world.wait("the agent's words", || {
        company
            .sink
            .mails()
            .get(sent)
            .filter(|mail| mail.contains("We are sorry."))
            .map(|_| ())
    });
}

#[test]
fn feedback_on_authentication_stops_no_mail() {
    let company = Company::open();
    let about = company.answered("mario@x.example");
    let mail = report(
        "report-of-a-failed-authentication",
        "mario@x.example",
        &about,
    );
    company.report("inbox@localhost", &mail);
    let mut agent = company.world.logged_in("ada@shop.example", "agent");
    let page = agent
        .get(&format!("/conversations/{}", about.conversation))
        .text();
    assert!(!page.contains("was reported as spam"), "{page}");
}

#[test]
fn a_vacation_note_is_folded_and_wakes_nobody() {
    let company = Company::open();
    let about = company.answered("mario@x.example");
    let note = format!(
        "From: Mario <mario@x.example>\nTo: inbox@localhost\nSubject: Out of office: Re: Order 12\n\
         Message-ID: <v@x.example>\nIn-Reply-To: <{}>\nAuto-Submitted: auto-replied\n\nI am on an island.\n",
        about.message_id
    );
    company.report("inbox@localhost", &note);
    assert_eq!(company.state(&about), "sent complete read");
    let mut agent = company.world.logged_in("ada@shop.example", "agent");
    let page = agent
        .get(&format!("/conversations/{}", about.conversation))
        .text();
    assert!(page.contains("Show the automatic reply"), "{page}");
}

#[test]
fn two_machines_answering_each_other_stop_at_one_mail() {
    let company = Company::open();
    let about = company.answered("mario@x.example");
    let sent = company.sink.mails().len();
    let bounce = report(
        "dsn-of-postfix-with-the-mail-enclosed",
        "mario@x.example",
        &about,
    );
    for n in 0..4 {
        let again = bounce.replace("Message-ID: <dsn", &format!("Message-ID: <{n}.dsn"));
        company.report(&about.sender, &again);
        let echo = format!(
            "From: robot@x.example\nTo: inbox@localhost\nSubject: Re: Undelivered Mail Returned to Sender\n\
             Message-ID: <{n}@x.example>\nIn-Reply-To: <{}>\nAuto-Submitted: auto-replied\n\nThank you, number {n}.\n",
            about.message_id
        );
        company.report("inbox@localhost", &echo);
    }
    let asked = company.answered("carla@y.example");
    assert_eq!(
        company.sink.mails().len(),
        sent + 1,
        "the answer to Carla alone"
    );
    assert_eq!(asked.customer, "carla@y.example");
}
