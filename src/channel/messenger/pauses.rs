//! Which pages keep silent for a while, because Meta asked them to slow down. Kept in the store: a
//! restart does not speak up earlier, and the pages tell everybody why answers wait.

use super::trouble::Trouble;
use crate::inbox::settings::{MessengerPauses, PagePause, Setting};
use crate::inbox::{Done, Inbox, audit};
use crate::rules::pause::{self, Pause};
use casella_index::model::Millis;
use casella_index::{Actor, Rows, Tx};

/// The pause a page is in.
///
/// # Errors
/// The store's.
pub fn of(rows: &impl Rows, page: &str, now: Millis) -> Done<Option<PagePause>> {
    let all = MessengerPauses::get(rows)?;
    Ok(all.of(page).filter(|pause| now < pause.until).cloned())
}

/// Meta asked the page to slow down: all its answers wait. Gives until when.
///
/// # Errors
/// The store's.
pub async fn begin(inbox: &Inbox, page: &str, trouble: &Trouble) -> Done<Millis> {
    let (page, key, asked) = (page.to_owned(), trouble.key, trouble.regain);
    let stamp = inbox.stamp(Actor::System);
    let write = move |tx: &mut Tx<'_>| put(tx, page, key, asked);
    inbox.store.write(stamp, write).await
}

fn put(tx: &mut Tx<'_>, page: String, key: &str, asked: Option<Millis>) -> Done<Millis> {
    let mut all = MessengerPauses::get(&*tx)?;
    let before = all.of(&page);
    let warned = before.is_some_and(|pause| pause.key == key && tx.now() < pause.until);
    let last = before.map(|pause| Pause {
        until: pause.until,
        length: pause.length,
    });
    let next = pause::after(last, tx.now(), asked);
    if key == "abuse_warning" && !warned {
        audit(tx, "messenger", "messenger_abuse_warning", &page, "")?;
    }
    all.pages.retain(|known| known.page != page);
    all.pages.push(PagePause {
        page,
        until: next.until,
        length: next.length,
        key: key.to_owned(),
    });
    all.set(tx)?;
    Ok(next.until)
}
