//! Pictures of the web in a mail, once an agent asked for them: fetched by us, so that the sender learns
//! neither who reads nor from where, and put into the document, as its frame may load nothing.

use crate::channel::email::sanitise::{Look, Remote, document};
use crate::fetch::{Bounds, Call, Fetcher, Trust};
use crate::rules::picture;
use crate::web::App;
use data_encoding::BASE64;
use futures_util::future::join_all;
use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};
use url::Url;

/// Pictures fetched for one mail; the rest stay blank.
const MOST: usize = 60;
/// Fetched at a time.
const AT_ONCE: usize = 8;
/// What has not come by then stays blank.
const PATIENCE: Duration = Duration::from_secs(20);
/// Bytes of all pictures of one mail, as they stand in the document; what comes later stays blank.
const ROOM: usize = 24 * 1024 * 1024;

/// The data URI of each picture of the web in this sanitised HTML that could be had.
pub async fn fetched(app: &App, sanitised: &str) -> HashMap<String, String> {
    let fetcher = Fetcher::new(&app.inbox.config.fetch.allow);
    let wanted: Vec<String> = addresses(sanitised).into_iter().take(MOST).collect();
    let (mut room, until) = (ROOM, Instant::now() + PATIENCE);
    let mut all = HashMap::new();
    for some in wanted.chunks(AT_ONCE) {
        let some = join_all(some.iter().map(|address| fetch(&fetcher, address)));
        let Ok(found) = timeout_at(until, some).await else {
            break;
        };
        for (address, picture) in found.into_iter().flatten() {
            if let Some(left) = room.checked_sub(picture.len()) {
                room = left;
                all.insert(address, picture);
            }
        }
    }
    all
}

/// The addresses, each once, as the document would ask for them.
fn addresses(sanitised: &str) -> Vec<String> {
    let found = RefCell::new(Vec::new());
    let note = |address: &str| {
        let mut found = found.borrow_mut();
        if !found.iter().any(|known| known == address) {
            found.push(address.to_owned());
        }
        String::new()
    };
    document(sanitised, |_| None, &Remote::Proxied(&note), Look::Light);
    found.into_inner()
}

/// Only what is a picture by its bytes.
async fn fetch(fetcher: &Fetcher, address: &str) -> Option<(String, String)> {
    let call = Call::get(Url::parse(address).ok()?);
    let reply = fetcher
        .send(call, Trust::Picture, Bounds::PICTURE)
        .await
        .ok()?;
    let kind = picture::kind(&reply.body).filter(|_| reply.status.is_success())?;
    let content = BASE64.encode(&reply.body);
    Some((address.to_owned(), format!("data:{kind};base64,{content}")))
}

#[cfg(test)]
mod tests {
    use super::addresses;

    #[test]
    fn each_picture_of_the_web_is_fetched_once() {
        let html = crate::channel::email::sanitise::html(
            "<img src=https://a.example/1?x=1&amp;y=2><img src=https://a.example/1?x=1&amp;y=2>\
             <img src=cid:own><img src=https://b.example/2>",
        );
        assert_eq!(
            addresses(&html),
            ["https://a.example/1?x=1&y=2", "https://b.example/2"]
        );
    }
}
