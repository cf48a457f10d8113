//! Every error of Meta: what the agent is told, and what Casella does.

use super::world::World;
use super::world::facebook::{self, Thread, answer, delivered};
use super::world::graph::{Fate, Graph};
use super::world::http::{Api, Browser};
use Does::{Elsewhere, GivesUp, Holds, Locks, Pauses, Retries};
use serde_json::Value;

/// What follows an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Does {
    /// Never tried again; the next answer may be.
    GivesUp,
    /// Never tried again, and nothing more until the person writes.
    Locks,
    /// Never tried again; the thread says that another app holds it.
    Elsewhere,
    /// Tried again later.
    Retries,
    /// Tried again later, and the whole page keeps silent until then.
    Pauses,
    /// Waits for an admin, under a banner.
    Holds,
}

/// Code, subcode, what follows, and what the sentence says in English and Italian.
#[rustfmt::skip]
const TABLE: [(i64, i64, Does, &str, &str); 34] = [
    (10, 2_018_278, Locks, "24 hours", "24 ore"),
    (100, 2_018_065, Locks, "24 hours", "24 ore"),
    (100, 2_534_022, Locks, "24 hours", "24 ore"),
    (100, 1_893_061, GivesUp, "Update Casella", "Aggiorna Casella"),
    (551, 0, Locks, "may have blocked", "forse ha bloccato"),
    (551, 1_545_041, Locks, "may have blocked", "forse ha bloccato"),
    (200, 1_545_041, Locks, "may have blocked", "forse ha bloccato"),
    (10, 2_018_108, Locks, "may have blocked", "forse ha bloccato"),
    (100, 2_018_001, GivesUp, "not known to the page's token", "non è nota al token"),
    (100, 33, GivesUp, "not known to the page's token", "non è nota al token"),
    (100, 2_018_008, GivesUp, "could not read the file", "leggere il file"),
    (100, 2_018_047, GivesUp, "this kind of file", "tipo di file"),
    (100, 2_018_109, GivesUp, "too big", "troppo grande"),
    (100, 2_018_294, GivesUp, "too long over the video", "troppo tempo con il video"),
    (100, 2_018_074, Retries, "it is sent again", "viene inviato di nuovo"),
    (190, 0, Holds, "must be connected again", "va ricollegata"),
    (190, 460, Holds, "must be connected again", "va ricollegata"),
    (190, 463, Holds, "must be connected again", "va ricollegata"),
    (200, 0, Holds, "App Review", "App Review"),
    (200, 2_018_028, Holds, "App Review", "App Review"),
    (230, 0, Holds, "App Review", "App Review"),
    (10, 1_893_063, Holds, "restricts this page", "limita questa pagina"),
    (10, 2_018_300, Elsewhere, "holds this conversation", "gestisce questa conversazione"),
    (100, 2_018_321, Elsewhere, "holds this conversation", "gestisce questa conversazione"),
    (4, 0, Pauses, "slow down", "rallentare"),
    (613, 0, Pauses, "slow down", "rallentare"),
    (613, 2_018_338, Pauses, "too many messages", "troppi messaggi"),
    (1, 0, Retries, "passing problem", "problema passeggero"),
    (2, 0, Retries, "passing problem", "problema passeggero"),
    (1200, 0, Retries, "passing problem", "problema passeggero"),
    // A gateway's page, without an error of Meta's in it.
    (500, -1, Retries, "passing problem", "problema passeggero"),
    (503, -1, Retries, "passing problem", "problema passeggero"),
    // What nobody wrote down says at least Meta's own words.
    (99_999, 7, GivesUp, "(#10) refused", "(#10) refused"),
    (100, 0, GivesUp, "(#10) refused", "(#10) refused"),
];

#[test]
fn every_error_is_said_plainly_and_does_what_it_should() {
    all_errors("en", |row| row.3);
}

#[test]
fn and_in_italian() {
    all_errors("it", |row| row.4);
}

fn all_errors(
    language: &str,
    sentence: fn(&(i64, i64, Does, &'static str, &'static str)) -> &'static str,
) {
    let graph = Graph::start();
    let names: Vec<String> = (0..TABLE.len()).map(|n| format!("{}", 3_000 + n)).collect();
    let pages: Vec<&str> = names.iter().map(String::as_str).collect();
    let config = facebook::config(&graph, &pages);
    let world = World::with(&format!("{config}\n[inbox]\nlanguage = \"{language}\"\n"));
    let mut trial = Trial {
        api: world.api(),
        agent: world.logged_in("anna@shop.example", "agent"),
        world: &world,
        graph: &graph,
    };
    for (row, page) in TABLE.iter().zip(&pages) {
        trial.row(page, row.0, row.1, row.2, sentence(row));
    }
}

struct Trial<'a> {
    world: &'a World,
    graph: &'a Graph,
    api: Api,
    agent: Browser,
}

impl Trial<'_> {
    fn row(&mut self, page: &str, code: i64, subcode: i64, does: Does, words: &str) {
        let row = format!("{code}/{subcode}");
        let conversation = self.answered(page, "Anna");
        let state = match does {
            GivesUp | Locks | Elsewhere => "failed",
            Retries | Pauses => "delayed",
            Holds => "queued",
        };
        self.graph.page_is(page, Some(fate(code, subcode)));
        let message = answer(&self.api, &conversation, "Hello Anna").json()["id"].clone();
        let delivery = delivered(self.world, &self.api, &message, state);
        let detail = delivery["detail"].as_str().unwrap();
        assert!(detail.contains(words), "{row}: {detail}");
        assert_eq!(self.graph.calls(page), 2, "{row}: one call, and no hurry");
        self.graph.page_is(page, None);
        self.follows(&row, does, page, &conversation);
    }

    /// A person who wrote and was answered once.
    fn answered(&self, page: &str, name: &str) -> Value {
        let psid = format!("{page}-{name}");
        let hello = format!("Hello from {psid}");
        let thread = Thread { page, psid: &psid };
        thread.says(self.world.http_address(), &hello);
        let conversation = thread.conversation(&self.api, &hello);
        let first = answer(&self.api, &conversation, "First");
        assert_eq!(first.status, 201, "{}", first.text());
        let message = first.json()["id"].clone();
        delivered(self.world, &self.api, &message, "sent");
        conversation
    }

    fn follows(&mut self, row: &str, does: Does, page: &str, conversation: &Value) {
        let thread = format!("/conversations/{conversation}");
        let next = answer(&self.api, conversation, "And again");
        match does {
            GivesUp => {
                assert_eq!(next.status, 201, "{row}");
                delivered(self.world, &self.api, &next.json()["id"], "sent");
            }
            Locks => {
                assert_eq!(next.status, 409, "{row}");
                for field in ["error", "reason", "remedy"] {
                    assert!(next.json()[field].is_string(), "{row}: {}", next.text());
                }
                let psid = format!("{page}-Anna");
                let person = Thread { page, psid: &psid };
                person.says(self.world.http_address(), "Still there?");
                let next = answer(&self.api, conversation, "Yes");
                assert_eq!(next.status, 201, "{row}: a new message opens it again");
            }
            Elsewhere => {
                let shown = self.agent.get(&thread).text();
                let said = ["Another app holds", "Un’altra app"];
                assert!(said.iter().any(|said| shown.contains(said)), "{row}");
            }
            Retries => assert_eq!(next.status, 201, "{row}"),
            Pauses => {
                let other = self.waits(page);
                let delivery = delivered(self.world, &self.api, &other, "delayed");
                assert!(delivery["detail"].as_str().unwrap().len() > 10, "{row}");
                assert_eq!(self.graph.calls(page), 2, "{row}: the page keeps silent");
                let banner = format!("messenger-pause-{page}");
                assert!(self.agent.get("/inbox").text().contains(&banner), "{row}");
            }
            Holds => {
                let banner = format!("messenger-{page}");
                assert!(self.agent.get("/inbox").text().contains(&banner), "{row}");
            }
        }
    }

    /// Another person of the page is answered; gives the message.
    fn waits(&self, page: &str) -> Value {
        let psid = format!("{page}-Bob");
        let hello = format!("Hello from {psid}");
        let thread = Thread { page, psid: &psid };
        thread.says(self.world.http_address(), &hello);
        let conversation = thread.conversation(&self.api, &hello);
        answer(&self.api, &conversation, "Hello Bob").json()["id"].clone()
    }
}

/// Subcode -1: the code is an HTTP status without an answer of Meta's.
fn fate(code: i64, subcode: i64) -> Fate {
    match subcode {
        -1 => Fate::Status(u16::try_from(code).unwrap()),
        _ => Fate::Refused(code, subcode),
    }
}
