//! Orders as given without a server; the socket has tests of its own.

use super::*;
use crate::clock::Clock;
use crate::config::Config;
use crate::inbox::Inbox;
use std::fs;
use std::sync::Mutex;

#[derive(Default)]
struct Heard(Mutex<Vec<String>>);

impl Tell for Heard {
    fn line(&self, text: &str) -> Outcome {
        self.0.lock().unwrap().push(text.to_owned());
        Ok(())
    }

    fn progress(&self, _: u64, _: u64) -> Outcome {
        Ok(())
    }
}

struct Place {
    folder: tempfile::TempDir,
    house: House,
}

impl Place {
    fn new() -> Place {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let inbox = Inbox::open(Config::default(), Clock::machine(), &data).unwrap();
        Place {
            folder,
            house: House {
                inbox,
                search: None,
            },
        }
    }

    fn put(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }

    fn try_order(&self, order: Order) -> (Outcome, String) {
        let heard = Heard::default();
        let outcome = self.house.obey(order, &heard);
        (outcome, heard.0.into_inner().unwrap().join("\n"))
    }

    fn order(&self, order: Order) -> String {
        let (outcome, heard) = self.try_order(order);
        outcome.unwrap();
        heard
    }

    fn search(&self, query: &str, json: bool) -> String {
        self.order(Order::Search {
            query: query.into(),
            limit: 20,
            json,
        })
    }
}

const MAIL: &str = "From: Anna Rossi <anna@shop.example>\nTo: inbox@localhost\nMessage-ID: <1@x>\nDate: Thu, 01 Jan 2026 10:00:00 +0000\nSubject: Invoice INV-2024/0031\n\nWhere is <my> parcel?\n";

#[test]
fn what_was_imported_is_found_exported_and_found_again() {
    let place = Place::new();
    let paths = vec![place.put("mail.eml", MAIL)];
    let dry_run = Order::Import {
        paths: paths.clone(),
        dry_run: true,
    };
    assert!(place.order(dry_run).contains("threads: 1 new"));
    assert!(place.search("parcel", false).ends_with("found: 0"));

    let told = place.order(Order::Import {
        paths,
        dry_run: false,
    });
    assert!(
        told.contains("mails: 1") && told.contains("contacts: 1 new"),
        "{told}"
    );
    let found = place.search("from:anna INV-2024/0031", false);
    assert!(
        found.starts_with("#1  2026-01-01  Anna Rossi  Invoice INV-2024/0031"),
        "{found}"
    );
    assert!(found.ends_with("found: 1"), "{found}");

    let json: serde_json::Value = serde_json::from_str(&place.search("parc", true)).unwrap();
    assert_eq!(json["total"], 1);
    assert_eq!(json["hits"][0]["conversation"], 1);
    let snippet = json["hits"][0]["snippet"].as_str().unwrap();
    assert_eq!(snippet, "Where is &lt;my&gt; <mark>parcel</mark>?");

    let file = place.folder.path().join("out.mbox");
    place.order(Order::Export { file: file.clone() });
    assert!(
        fs::read_to_string(file)
            .unwrap()
            .contains("Where is <my> parcel?")
    );
    place.order(Order::Reindex);
    assert!(place.search("parcel", false).ends_with("found: 1"));
}

#[test]
fn an_odd_query_is_answered_with_a_note() {
    let place = Place::new();
    let told = place.search("is:purple", false);
    assert!(
        told.contains("note: `is:` does not know `purple`"),
        "{told}"
    );
}

#[test]
fn contacts_go_in_and_come_out() {
    let place = Place::new();
    let csv = "email,name,phone,tags,VAT\nanna@x.example,\"Rossi, Anna\",051,vip;late,IT1\nanna@x.example,,,new,\nnot an address,,,,\n";
    let file = place.put("contacts.csv", csv);
    let (outcome, told) = place.try_order(Order::ContactsImport { file });
    assert!(
        outcome
            .unwrap_err()
            .to_string()
            .contains("1 rows were left out")
    );
    assert!(
        told.contains("contacts.csv:4:") && told.contains("contacts: 2"),
        "{told}"
    );
    let out = place.order(Order::ContactsExport);
    assert_eq!(
        out,
        "email,name,phone,tags,VAT\nanna@x.example,\"Rossi, Anna\",051,vip;late;new,IT1"
    );
    let again = place.put("again.csv", &format!("{out}\n"));
    place.order(Order::ContactsImport { file: again });
    assert_eq!(place.order(Order::ContactsExport), out);
}

#[test]
fn a_file_that_is_no_table_of_contacts_is_named() {
    let place = Place::new();
    let file = place.put("shopping.csv", "milk,eggs\n1,2\n");
    let (outcome, _) = place.try_order(Order::ContactsImport { file });
    let failure = outcome.unwrap_err().to_string();
    assert!(
        failure.contains("shopping.csv") && failure.contains("email,name"),
        "{failure}"
    );
}
