//! The demo's conversations: a small shop for lamps, a week of its mail.

use crate::clock::Millis;
use crate::inbox::reply::Way;
use casella_index::model::Channel;
use jiff::Timestamp;

/// Something that happened `ago` minutes before now, in the story named `key`.
pub enum Sample {
    Mail {
        key: &'static str,
        ago: i64,
        mail: Mail,
    },
    Chat {
        key: &'static str,
        ago: i64,
        line: &'static str,
    },
    /// The chat's visitor gives an address.
    Known {
        key: &'static str,
        ago: i64,
        name: &'static str,
        email: &'static str,
    },
    Messenger {
        ago: i64,
        text: &'static str,
    },
    Agent {
        key: &'static str,
        ago: i64,
        /// The first agent or the second.
        who: usize,
        act: Act,
    },
}

/// What an agent did.
pub enum Act {
    Reply(Way, &'static str),
    Note(&'static str),
    Tag(&'static str),
    Take,
    Complete,
}

/// A customer's mail.
pub struct Mail {
    pub name: &'static str,
    pub address: &'static str,
    pub subject: &'static str,
    /// The Message-ID of the mail it answers, if any.
    pub answers: Option<&'static str>,
    pub id: &'static str,
    pub content: Content,
}

/// What stands below a mail's headers.
pub enum Content {
    Plain(&'static str),
    /// With a file beside the text: its name, type and content.
    File(&'static str, &'static str, &'static str, &'static str),
    Html(&'static str, &'static str),
}

impl Sample {
    pub fn ago(&self) -> i64 {
        match self {
            Self::Mail { ago, .. }
            | Self::Chat { ago, .. }
            | Self::Known { ago, .. }
            | Self::Messenger { ago, .. }
            | Self::Agent { ago, .. } => *ago,
        }
    }
}

impl Mail {
    /// The mail as it comes over the wire, written at `at`.
    pub fn written(&self, at: Millis) -> String {
        let date = Timestamp::from_millisecond(at).unwrap_or_default();
        let date = date.strftime("%a, %d %b %Y %H:%M:%S +0000");
        let answers = match self.answers {
            Some(id) => format!("In-Reply-To: <{id}>\nReferences: <{id}>\n"),
            None => String::new(),
        };
        let Self {
            name,
            address,
            subject,
            id,
            ..
        } = self;
        format!(
            "From: {name} <{address}>\nTo: inbox@localhost\nSubject: {subject}\nDate: {date}\n\
             Message-ID: <{id}>\n{answers}MIME-Version: 1.0\n{}",
            self.body()
        )
        .replace('\n', "\r\n")
    }

    fn body(&self) -> String {
        const TEXT: &str = "Content-Type: text/plain; charset=utf-8\n\n";
        match &self.content {
            Content::Plain(text) => format!("{TEXT}{text}\n"),
            Content::File(text, name, kind, content) => format!(
                "Content-Type: multipart/mixed; boundary=\"demo\"\n\n--demo\n{TEXT}{text}\n\
                 --demo\nContent-Type: {kind}\n\
                 Content-Disposition: attachment; filename=\"{name}\"\n\n{content}\n--demo--\n"
            ),
            Content::Html(text, html) => format!(
                "Content-Type: multipart/alternative; boundary=\"demo\"\n\n--demo\n{TEXT}{text}\n\
                 --demo\nContent-Type: text/html; charset=utf-8\n\n{html}\n--demo--\n"
            ),
        }
    }
}

pub const SAVED_REPLIES: &[(&str, &str, &str)] = &[
    (
        "Shipping",
        "Where is my order",
        "Thank you for asking. Orders leave us within two working days; you get the tracking number by mail as soon as the parcel is on its way.",
    ),
    (
        "Shipping",
        "Delivered damaged",
        "I am sorry about that. Please send us a photo of the parcel and of the lamp, and we send a new one the same day.",
    ),
    (
        "Returns",
        "How to return",
        "You can return any lamp within 30 days. Put it back into its box, stick the label attached on it, and hand it to any parcel shop.",
    ),
    (
        "Billing",
        "Invoice copy",
        "Attached is the invoice once more. Is there anything that should stand differently on it?",
    ),
];

const HOUR: i64 = 60;
const DAY: i64 = 24 * HOUR;
const EMAIL: Way = Way::By(Channel::Email);
const CHAT: Way = Way::By(Channel::Chat);

fn agent(key: &'static str, ago: i64, who: usize, act: Act) -> Sample {
    Sample::Agent { key, ago, who, act }
}

/// Every sample, in no order.
pub fn all() -> Vec<Sample> {
    let mut all = done();
    all.extend(running());
    all.extend(fresh());
    all
}

/// Stories that have ended.
fn done() -> Vec<Sample> {
    vec![
        Sample::Mail {
            key: "return",
            ago: 5 * DAY,
            mail: Mail {
                name: "Hannah Weber",
                address: "hannah.weber@example.org",
                subject: "Returning the desk lamp",
                answers: None,
                id: "return-1@example.org",
                content: Content::Plain(
                    "Hello,\n\nthe desk lamp is lovely but too small for my table. Can I send it back?\n\nBest regards\nHannah",
                ),
            },
        },
        agent(
            "return",
            5 * DAY - 40,
            1,
            Act::Reply(
                EMAIL,
                "Hello Hannah,\n\nof course, you have 30 days. Put it back into its box and hand it to any parcel shop; the label is on its way to you.\n\nLuca",
            ),
        ),
        Sample::Mail {
            key: "return",
            ago: 4 * DAY,
            mail: Mail {
                name: "Hannah Weber",
                address: "hannah.weber@example.org",
                subject: "Re: Returning the desk lamp",
                answers: Some("return-1@example.org"),
                id: "return-2@example.org",
                content: Content::Plain(
                    "Perfect, the parcel is on its way. Thank you for being so quick!\n\nHannah",
                ),
            },
        },
        agent("return", 4 * DAY - 15, 1, Act::Complete),
        Sample::Mail {
            key: "invoice",
            ago: 3 * DAY,
            mail: Mail {
                name: "Northwind Accounting",
                address: "accounts@northwind.example.net",
                subject: "Copy of invoice INV-2026/0117",
                answers: None,
                id: "invoice-1@northwind.example.net",
                content: Content::File(
                    "Dear team,\n\nplease send us a copy of the invoices listed in the file attached. Our auditor asks for them.\n\nKind regards\nNorthwind Accounting",
                    "missing-invoices.csv",
                    "text/csv; charset=utf-8",
                    "invoice,date,amount\nINV-2026/0117,2026-01-17,249.00\nINV-2026/0142,2026-01-29,1180.50",
                ),
            },
        },
        agent("invoice", 3 * DAY - 90, 0, Act::Tag("billing")),
        agent(
            "invoice",
            3 * DAY - 85,
            0,
            Act::Reply(
                EMAIL,
                "Dear colleagues,\n\nboth invoices are on their way by separate mail.\n\nKind regards\nDana Rossi",
            ),
        ),
        agent("invoice", 3 * DAY - 84, 0, Act::Complete),
    ]
}

/// Stories that go on.
fn running() -> Vec<Sample> {
    vec![
        Sample::Mail {
            key: "damaged",
            ago: 26 * HOUR,
            mail: Mail {
                name: "Olivier Martin",
                address: "olivier.martin@example.org",
                subject: "Lamp arrived broken (order 10482)",
                answers: None,
                id: "damaged-1@example.org",
                content: Content::Html(
                    "Hi, the glass shade of my floor lamp arrived in three pieces. Order 10482. What now?\n\nOlivier",
                    "<p>Hi,</p><p>the glass shade of my <b>floor lamp</b> arrived in <i>three pieces</i>.</p><table border=\"1\"><tr><th>Order</th><th>Item</th></tr><tr><td>10482</td><td>Floor lamp, amber</td></tr></table><p>What now?<br>Olivier</p>",
                ),
            },
        },
        agent("damaged", 25 * HOUR, 0, Act::Take),
        agent(
            "damaged",
            25 * HOUR - 5,
            0,
            Act::Note(
                "The third broken shade from this warehouse this month. Ask them about the new boxes.",
            ),
        ),
        agent(
            "damaged",
            25 * HOUR - 9,
            0,
            Act::Reply(
                EMAIL,
                "Hello Olivier,\n\nI am sorry about that. A new shade leaves us today; keep the lamp's foot, and throw the pieces away carefully.\n\nDana",
            ),
        ),
        Sample::Chat {
            key: "giulia",
            ago: 3 * HOUR,
            line: "Hi! Is the Luna lamp back in stock soon?",
        },
        agent(
            "giulia",
            3 * HOUR - 2,
            1,
            Act::Reply(CHAT, "Hello! Yes, next Tuesday. Shall I keep one for you?"),
        ),
        Sample::Chat {
            key: "giulia",
            ago: 3 * HOUR - 4,
            line: "That would be great, in green please",
        },
        Sample::Known {
            key: "giulia",
            ago: 3 * HOUR - 5,
            name: "Giulia Conti",
            email: "giulia.conti@example.org",
        },
        agent(
            "giulia",
            3 * HOUR - 6,
            1,
            Act::Reply(CHAT, "Done. You get a mail as soon as it is here."),
        ),
        Sample::Mail {
            key: "wholesale",
            ago: 7 * HOUR,
            mail: Mail {
                name: "Priya Raman",
                address: "priya@brightrooms.example.net",
                subject: "Wholesale prices for 40 lamps",
                answers: None,
                id: "wholesale-1@brightrooms.example.net",
                content: Content::Plain(
                    "Good morning,\n\nwe furnish a hotel in Turin and need 40 bedside lamps by the end of next month.\n\n1. Do you have that many of the Stella?\n2. What is your price for 40?\n3. Can you deliver to two addresses?\n\nThank you\nPriya Raman\nBrightrooms\n\n-- \nBrightrooms Interiors, Via Po 12, Torino",
                ),
            },
        },
        agent("wholesale", 6 * HOUR, 0, Act::Tag("wholesale")),
        agent("wholesale", 6 * HOUR - 3, 0, Act::Take),
        agent(
            "wholesale",
            6 * HOUR - 8,
            0,
            Act::Note("Asked the warehouse: 36 in stock, 20 more on Friday."),
        ),
    ]
}

/// What nobody has opened yet.
fn fresh() -> Vec<Sample> {
    vec![
        Sample::Messenger {
            ago: 95,
            text: "Hey, do you ship to Switzerland?",
        },
        Sample::Mail {
            key: "address",
            ago: 52,
            mail: Mail {
                name: "Tom Okafor",
                address: "tom.okafor@example.org",
                subject: "Wrong delivery address on order 10517",
                answers: None,
                id: "address-1@example.org",
                content: Content::Plain(
                    "Hi,\n\nI just ordered and gave my old address. Please send it to 4 Mill Lane, Leeds instead. Is it too late?\n\nTom\n\nSent from my phone",
                ),
            },
        },
        Sample::Mail {
            key: "damaged",
            ago: 31,
            mail: Mail {
                name: "Olivier Martin",
                address: "olivier.martin@example.org",
                subject: "Re: Lamp arrived broken (order 10482)",
                answers: Some("damaged-1@example.org"),
                id: "damaged-2@example.org",
                content: Content::Plain(
                    "Dear Dana,\n\nthat was fast, the new shade is here and in one piece. One more thing: which bulb fits it?\n\nOlivier\n\n> A new shade leaves us today; keep the lamp's foot, and throw the\n> pieces away carefully.",
                ),
            },
        },
        Sample::Chat {
            key: "unnamed",
            ago: 6,
            line: "Hello, is anybody there? The discount code SPRING does not work",
        },
    ]
}
