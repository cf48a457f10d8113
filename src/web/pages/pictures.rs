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
use url::Url;

/// Pictures fetched for one mail; the rest stay blank.
const MOST: usize = 30;

/// The data URI of each picture of the web in this sanitised HTML that could be had.
pub async fn fetched(app: &App, sanitised: &str) -> HashMap<String, String> {
    let fetcher = Fetcher::new(&app.inbox.config.fetch.allow);
    let wanted = addresses(sanitised).into_iter().take(MOST);
    let found = join_all(wanted.map(|address| fetch(&fetcher, address))).await;
    found.into_iter().flatten().collect()
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
async fn fetch(fetcher: &Fetcher, address: String) -> Option<(String, String)> {
    let call = Call::get(Url::parse(&address).ok()?);
    let reply = fetcher
        .send(call, Trust::Stranger, Bounds::PICTURE)
        .await
        .ok()?;
    let kind = picture::kind(&reply.body).filter(|_| reply.status.is_success())?;
    let content = BASE64.encode(&reply.body);
    Some((address, format!("data:{kind};base64,{content}")))
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
