//! Contacts: the list, one with its conversations, and what agents change about it.

mod candidates;

use super::act::{FORM, comma_separated, done};
use super::guard::{Viewer, page};
use super::rows::Loader;
use super::shell::shell;
use super::{Words, show};
use crate::http::{Answer, Form, Refusal, Request, Router, respond};
use crate::inbox::contact::{self, Edit};
use crate::inbox::{Done, Refused, merge_contacts, show_pictures, split_contact, unmerge};
use crate::rules::contacts::key;
use crate::web::App;
use crate::web::refuse;
use crate::web::view::contacts::{
    AbsorbedView, AddressView, ContactForm, ContactPage, ContactRow, ContactsPage,
};
use crate::web::view::{Fact, Notice, person};
use casella_index::model::{Contact, ContactAddress, ContactId, Role};
use casella_index::tables::{CONTACTS, SUPPRESSIONS};
use casella_index::{Rows, Snapshot};
use hyper::StatusCode;

/// Contacts on a page of the list.
const CONTACTS_SHOWN: usize = 100;
/// Contacts read at a time.
const STEP: usize = 500;
/// Conversations shown with a contact.
const THREADS: usize = 50;

pub fn routes() -> Router<App> {
    use Role::{Agent, Viewer};
    Router::new()
        .get("/contacts", page(Viewer, list))
        .post("/contacts", page(Agent, create))
        .get("/contacts/new", page(Agent, new))
        .get("/contacts/{id}", page(Viewer, one))
        .post("/contacts/{id}", page(Agent, change))
        .post("/contacts/{id}/merge", page(Agent, merge))
        .post("/contacts/{id}/split", page(Agent, split))
        .post("/contacts/{id}/apart", page(Agent, apart))
        .post("/contacts/{id}/block", page(Agent, block))
        .post("/contacts/{id}/pictures", page(Agent, ask_for_pictures))
}

async fn list(app: App, viewer: Viewer, request: Request) -> Answer {
    let query = request.query();
    let words = query.get("q").trim().to_lowercase();
    let before = query.get("before").parse().unwrap_or(u64::MAX);
    let unnamed = viewer.words(&app).t("contacts.unnamed");
    let found = matching(&app, &words, before).map_err(|e| viewer.refuse(&app, e))?;
    let more = found.len() > CONTACTS_SHOWN;
    let last = found.get(CONTACTS_SHOWN - 1).filter(|_| more);
    let next = last.map(|last| next_url(query.get("q"), last.id));
    let row = |contact: Contact| ContactRow {
        id: contact.id.0,
        name: named(&contact, &unnamed),
        addresses: addresses(&contact, ", "),
        phone: contact.phone.clone(),
        blocked: contact.blocked,
        at: contact.updated_at.max(contact.created_at),
        tags: contact.tags,
    };
    let view = ContactsPage {
        shell: shell(
            &app,
            &viewer,
            &query,
            "contacts",
            viewer.words(&app).t("contacts.title"),
        ),
        can_write: viewer.can_write(),
        q: query.get("q").to_owned(),
        contacts: found.into_iter().take(CONTACTS_SHOWN).map(row).collect(),
        next,
    };
    show(&app, &viewer, "pages/contacts", &view)
}

fn next_url(q: &str, last: ContactId) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("q", q)
        .append_pair("before", &last.to_string())
        .finish();
    format!("/contacts?{query}")
}

/// One more than a page of the newest contacts below `before` that hold all the words.
fn matching(app: &App, words: &str, before: u64) -> Done<Vec<Contact>> {
    let words: Vec<&str> = words.split_whitespace().collect();
    let rows = app.inbox.read()?;
    let mut found = Vec::new();
    let mut end = ContactId(before);
    while found.len() <= CONTACTS_SHOWN {
        let step = rows.range_back(&CONTACTS, ContactId(0)..end, STEP)?;
        let Some((lowest, _)) = step.last() else {
            break;
        };
        end = *lowest;
        let lives = |contact: &Contact| contact.merged_into.is_none() && !contact.erased;
        let contacts = step.into_iter().map(|(_, contact)| contact);
        found.extend(contacts.filter(|c| lives(c) && holds(c, &words)));
    }
    Ok(found)
}

fn holds(contact: &Contact, words: &[&str]) -> bool {
    if words.is_empty() {
        return true;
    }
    let mut text = format!("{} {}", contact.name, contact.phone);
    for part in contact
        .addresses
        .iter()
        .map(|a| &a.address)
        .chain(&contact.tags)
    {
        text.push(' ');
        text.push_str(part);
    }
    let text = text.to_lowercase();
    words.iter().all(|word| text.contains(word))
}

fn named(contact: &Contact, unnamed: &str) -> String {
    match contact.display() {
        "" => unnamed.to_owned(),
        name => name.to_owned(),
    }
}

fn addresses(contact: &Contact, between: &str) -> String {
    let all: Vec<&str> = contact
        .addresses
        .iter()
        .map(|a| a.address.as_str())
        .collect();
    all.join(between)
}

async fn new(app: App, viewer: Viewer, request: Request) -> Answer {
    let title = viewer.words(&app).t("contacts.new");
    let view = ContactPage {
        shell: shell(&app, &viewer, &request.query(), "contacts", title.clone()),
        action: "/contacts".into(),
        name: title,
        can_write: true,
        ..ContactPage::default()
    };
    show(&app, &viewer, "pages/contact", &view)
}

async fn one(app: App, viewer: Viewer, request: Request) -> Answer {
    let id: ContactId = request.param("id")?;
    let living = app.inbox.read().and_then(|rows| rows.living_contact(id));
    let living = living.map_err(|e| viewer.refuse(&app, e.into()))?;
    if let Some(other) = living.filter(|c| c.id != id) {
        return Ok(respond::redirect(&format!("/contacts/{}", other.id)));
    }
    let mut view = view(&app, &viewer, &request.query(), id).map_err(|e| viewer.refuse(&app, e))?;
    view.candidates = candidates::of(&app, &viewer, id).await?;
    show(&app, &viewer, "pages/contact", &view)
}

fn view(app: &App, viewer: &Viewer, query: &Form, id: ContactId) -> Done<ContactPage> {
    let words = viewer.words(app);
    let rows = app.inbox.read()?;
    let contact = rows
        .living_contact(id)?
        .ok_or_else(|| Refused::unknown("contact", id))?;
    let name = named(&contact, &words.t("contacts.unnamed"));
    let loader = Loader::new(app, words, &rows)?;
    let mut threads = Vec::new();
    for id in rows.conversations_of(contact.id)?.into_iter().rev() {
        let row = loader.row(id, format!("/conversations/{id}"))?;
        let merged = app.inbox.store.board().is(id, |facet| facet.merged);
        threads.extend(row.filter(|_| !merged));
    }
    threads.sort_by_key(|row| std::cmp::Reverse(row.at));
    threads.truncate(THREADS);
    Ok(ContactPage {
        shell: shell(app, viewer, query, "contacts", name.clone()),
        notice: None,
        id: Some(contact.id.0),
        action: format!("/contacts/{}", contact.id),
        name,
        blocked: contact.blocked,
        can_write: viewer.can_write(),
        form: ContactForm {
            name: contact.name.clone(),
            addresses: addresses(&contact, "\n"),
            phone: contact.phone.clone(),
            tags: contact.tags.join(", "),
        },
        several: contact.addresses.len() > 1,
        addresses: proofs(words, &rows, &contact)?,
        absorbed: absorbed(words, &rows, &contact)?,
        merge_into: query.get("from").to_owned(),
        candidates: Vec::new(),
        namesakes: namesakes(&contact),
        fields: contact
            .fields
            .iter()
            .map(|(name, value)| Fact::new(name, value))
            .collect(),
        rows: threads,
    })
}

/// The addresses, whether their owner proved them, and which we no longer write to.
fn proofs(words: Words<'_>, rows: &Snapshot, contact: &Contact) -> Done<Vec<AddressView>> {
    let view = |address: &ContactAddress| {
        let (note, tone) = match address.verified {
            true => ("details.verified", "done"),
            false => ("details.unverified", "warning"),
        };
        let suppression = rows.get(&SUPPRESSIONS, &address.key)?;
        let hard = suppression.filter(|s| s.hard);
        let suppressed = hard.map(|s| person::suppressed(words, &address.address, &s));
        Ok(AddressView {
            address: address.address.clone(),
            tone,
            note: words.t(note),
            suppressed,
            pictures: address.pictures,
        })
    };
    contact.addresses.iter().map(view).collect()
}

fn absorbed(words: Words<'_>, rows: &Snapshot, contact: &Contact) -> Done<Vec<AbsorbedView>> {
    let mut found = Vec::new();
    for id in contact.absorbed.iter().rev() {
        let merged = rows.contact(*id)?;
        let merged = merged.filter(|m| m.merged_into == Some(contact.id));
        found.extend(merged.map(|merged| AbsorbedView {
            id: merged.id.0,
            name: named(&merged, &words.t("contacts.unnamed")),
            at: merged.updated_at,
        }));
    }
    Ok(found)
}

/// Whoever bears the same name may be the same person, or want to be taken for them.
fn namesakes(contact: &Contact) -> Option<String> {
    let name = Some(contact.name.trim()).filter(|name| name.contains(' '))?;
    let query = url::form_urlencoded::byte_serialize(name.as_bytes());
    Some(format!("/contacts?q={}", query.collect::<String>()))
}

fn edit(form: &Form) -> Edit {
    let lines = form.get("addresses").lines().flat_map(comma_separated);
    Edit {
        name: Some(form.get("name").to_owned()),
        addresses: Some(lines.collect()),
        phone: Some(form.get("phone").to_owned()),
        tags: Some(comma_separated(form.get("tags"))),
        ..Edit::default()
    }
}

async fn create(app: App, viewer: Viewer, mut request: Request) -> Answer {
    let form = request.form(FORM).await?;
    let edit = edit(&form);
    let write = app
        .inbox
        .store
        .write(viewer.stamp(&app), move |tx| contact::create(tx, edit));
    match write.await {
        Ok(contact) => Ok(respond::redirect(&format!(
            "/contacts/{}?done=added",
            contact.id
        ))),
        Err(refused) => {
            let title = viewer.words(&app).t("contacts.new");
            let fresh = ContactPage {
                shell: shell(&app, &viewer, &Form::default(), "contacts", title.clone()),
                action: "/contacts".into(),
                name: title,
                can_write: true,
                ..ContactPage::default()
            };
            again(&app, &viewer, fresh, &form, refused)
        }
    }
}

async fn change(app: App, viewer: Viewer, mut request: Request) -> Answer {
    let id: ContactId = request.param("id")?;
    let form = request.form(FORM).await?;
    let edit = edit(&form);
    let write = app
        .inbox
        .store
        .write(viewer.stamp(&app), move |tx| contact::change(tx, id, edit));
    match write.await {
        Ok(contact) => Ok(respond::redirect(&format!(
            "/contacts/{}?done=saved",
            contact.id
        ))),
        Err(refused @ Refused::Unknown(_)) => Err(viewer.refuse(&app, refused)),
        Err(refused) => {
            let page = view(&app, &viewer, &Form::default(), id);
            let page = page.map_err(|e| viewer.refuse(&app, e))?;
            again(&app, &viewer, page, &form, refused)
        }
    }
}

/// The page again, with what was typed and why it was refused.
fn again(app: &App, viewer: &Viewer, page: ContactPage, form: &Form, refused: Refused) -> Answer {
    let view = ContactPage {
        notice: Some(Notice::danger(viewer.sentence(app, &refused))),
        form: ContactForm {
            name: form.get("name").to_owned(),
            addresses: form.get("addresses").to_owned(),
            phone: form.get("phone").to_owned(),
            tags: form.get("tags").to_owned(),
        },
        ..page
    };
    let status: StatusCode = refuse(refused).status;
    super::shell::show(app, &viewer.voice, status, "pages/contact", &view)
}

async fn merge(app: App, viewer: Viewer, mut request: Request) -> Answer {
    let id: ContactId = request.param("id")?;
    let form = request.form(FORM).await?;
    let into = into(&app, form.get("into")).map_err(|e| viewer.refuse(&app, e))?;
    let write = app.inbox.store.write(viewer.stamp(&app), move |tx| {
        let kept = merge_contacts(tx, id, into)?;
        Ok::<_, Refused>((kept, tx.seq()))
    });
    let (kept, seq) = write.await.map_err(|e| viewer.refuse(&app, e))?;
    let url = format!("/contacts/{}", kept.id);
    Ok(respond::redirect(&done(&url, "merged", Some(seq))))
}

/// The addresses ticked become a contact of their own.
async fn split(app: App, viewer: Viewer, mut request: Request) -> Answer {
    let id: ContactId = request.param("id")?;
    let form = request.form(FORM).await?;
    let ticked = form
        .fields
        .into_iter()
        .filter(|(name, _)| name == "address");
    let addresses: Vec<String> = ticked.map(|(_, address)| address).collect();
    let write = app.inbox.store.write(viewer.stamp(&app), move |tx| {
        split_contact(tx, id, &addresses)
    });
    let fresh = write.await.map_err(|e| viewer.refuse(&app, e))?;
    let url = format!("/contacts/{}?from={id}&done=split", fresh.id);
    Ok(respond::redirect(&url))
}

/// A merged contact is taken out again.
async fn apart(app: App, viewer: Viewer, mut request: Request) -> Answer {
    let form = request.form(FORM).await?;
    let merged = form.get("contact").parse();
    let merged: ContactId = merged.map_err(|_| Refusal::bad_request("`contact` is no number"))?;
    let write = app
        .inbox
        .store
        .write(viewer.stamp(&app), move |tx| unmerge(tx, merged));
    let out = write.await.map_err(|e| viewer.refuse(&app, e))?;
    let url = format!("/contacts/{}", out.id);
    Ok(respond::redirect(&done(&url, "apart", None)))
}

/// Pictures in the mails of one of its addresses wait to be asked for again.
async fn ask_for_pictures(app: App, viewer: Viewer, mut request: Request) -> Answer {
    let id: ContactId = request.param("id")?;
    let address = request.form(FORM).await?.get("ask").to_owned();
    let write = app.inbox.store.write(viewer.stamp(&app), move |tx| {
        show_pictures(tx, &address, false)
    });
    write.await.map_err(|e| viewer.refuse(&app, e))?;
    let url = format!("/contacts/{id}");
    Ok(respond::redirect(&done(&url, "saved", None)))
}

/// The contact meant: by its number or one of its addresses.
fn into(app: &App, text: &str) -> Done<ContactId> {
    let text = text.trim().trim_start_matches('#');
    let rows = app.inbox.read()?;
    let found = match (text.parse(), key(text)) {
        (Ok(id), _) => rows.living_contact(id)?,
        (_, Some(key)) => rows.contact_of(&key)?,
        _ => None,
    };
    found
        .map(|contact| contact.id)
        .ok_or_else(|| Refused::unknown("contact", text))
}

async fn block(app: App, viewer: Viewer, mut request: Request) -> Answer {
    let id: ContactId = request.param("id")?;
    let blocked = request.form(FORM).await?.get("blocked") == "1";
    let edit = Edit {
        blocked: Some(blocked),
        ..Edit::default()
    };
    let write = app
        .inbox
        .store
        .write(viewer.stamp(&app), move |tx| contact::change(tx, id, edit));
    let contact = write
        .await
        .map_err(|e: Refused| -> Refusal { viewer.refuse(&app, e) })?;
    Ok(respond::redirect(&format!(
        "/contacts/{}?done=saved",
        contact.id
    )))
}
