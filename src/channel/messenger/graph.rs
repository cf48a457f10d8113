//! Meta's Graph: sending, profiles, subscriptions. Origin and version are configured; every call carries
//! `appsecret_proof`. No token ever stands in a log, nor in a URL, which proxies keep: a POST brings it in
//! its body (documented), a GET as `Authorization: Bearer`.

use super::signature;
use super::trouble::{self, Trouble};
use crate::clock::{MINUTE, Millis};
use crate::fetch::{Bounds, Call, Fetcher, Problem, Reply, Trust};
use bytes::Bytes;
use hyper::Method;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

/// What the page must be subscribed to (MESSENGER.md, "Connecting a page").
pub const FIELDS: &str = "messages,message_echoes,message_edits,message_reactions,message_deliveries,\
message_reads,messaging_postbacks,messaging_referrals,messaging_handovers,standby,messaging_policy_enforcement";

/// One page and what is needed to speak for it.
#[derive(Clone)]
pub struct Page {
    pub id: String,
    pub token: String,
    pub app_secret: String,
}

impl Page {
    fn proof(&self) -> String {
        signature::proof(&self.app_secret, &self.token)
    }
}

/// Never shows the token or the secret.
impl std::fmt::Debug for Page {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Page({})", self.id)
    }
}

/// A message to one person.
#[derive(Debug, Clone)]
pub struct Letter {
    pub psid: String,
    pub content: Content,
    /// Outside 24 hours, written by a person, with Meta's approval.
    pub human_agent: bool,
    /// Ours; comes back in the echo. Under 1,000 characters.
    pub metadata: String,
}

/// Text or one file: Meta takes no both.
#[derive(Debug, Clone)]
pub enum Content {
    Text(String),
    File {
        kind: &'static str,
        name: String,
        content_type: String,
        content: Bytes,
    },
}

/// Why a call came to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failed {
    /// Meta said why.
    Refused(Trouble),
    /// Not reached: nothing was sent.
    Unreachable(String),
    /// Sent, and no answer: it may or may not have been taken.
    Unknown,
}

/// The header in which Meta says how long a page is slowed down ("Rate Limits › Headers").
const USAGE: HeaderName = HeaderName::from_static("x-business-use-case-usage");

/// The client of one Graph.
#[derive(Clone)]
pub struct Graph {
    fetcher: Fetcher,
    /// `https://graph.facebook.com/v26.0`, without a trailing slash.
    base: String,
}

#[derive(Debug, Deserialize)]
struct Sent {
    message_id: Option<String>,
}

/// What Meta tells of a person; empty without the permission.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Profile {
    pub name: String,
    pub profile_pic: Option<String>,
}

impl Graph {
    pub fn new(fetcher: Fetcher, url: &str, version: &str) -> Graph {
        Graph {
            fetcher,
            base: format!("{}/{version}", url.trim_end_matches('/')),
        }
    }

    /// Sends a message; returns its mid.
    ///
    /// # Errors
    /// [`Failed`]; only [`Failed::Unreachable`] and some troubles may be tried again at once.
    pub async fn send(&self, page: &Page, letter: &Letter) -> Result<String, Failed> {
        let answer = match &letter.content {
            Content::Text(text) => self.post(page, "messages", as_json(letter, text)).await?,
            Content::File {
                kind,
                name,
                content_type,
                content,
            } => {
                let form = as_form(page, letter, kind, name, content_type, content);
                let url = self.url(&[&page.id, "messages"])?;
                self.call(posted(url, &form.0, form.1)?, Bounds::UPLOAD)
                    .await?
            }
        };
        let sent: Sent = serde_json::from_value(answer).map_err(|_| Failed::Unknown)?;
        sent.message_id.ok_or(Failed::Unknown)
    }

    /// `typing_on`, `typing_off` or `mark_seen`. A courtesy: its failure matters to nobody.
    ///
    /// # Errors
    /// [`Failed`].
    pub async fn act(&self, page: &Page, psid: &str, action: &str) -> Result<(), Failed> {
        let body = json!({"recipient": {"id": psid}, "sender_action": action});
        self.post(page, "messages", body).await.map(|_| ())
    }

    /// Name and picture, where Meta gives them.
    ///
    /// # Errors
    /// [`Failed`].
    pub async fn profile(&self, page: &Page, psid: &str) -> Result<Profile, Failed> {
        let answer = self.get(page, &[psid], "name,profile_pic").await?;
        Ok(serde_json::from_value(answer).unwrap_or_default())
    }

    /// Subscribes the app to the page's events.
    ///
    /// # Errors
    /// [`Failed`].
    pub async fn subscribe(&self, page: &Page) -> Result<(), Failed> {
        let body = json!({"subscribed_fields": FIELDS});
        self.post(page, "subscribed_apps", body).await.map(|_| ())
    }

    /// The fields the app is subscribed to on the page: proves token and subscription at once. Meta tells of
    /// every app of the page; without the number of ours, any of them counts.
    ///
    /// # Errors
    /// [`Failed`].
    pub async fn subscriptions(&self, page: &Page, app_id: &str) -> Result<Vec<String>, Failed> {
        let edge = [page.id.as_str(), "subscribed_apps"];
        let answer = self.get(page, &edge, "subscribed_fields").await?;
        let apps = answer["data"].as_array().cloned().unwrap_or_default();
        let ours = |app: &&Value| app_id.is_empty() || app["id"] == app_id;
        let fields = apps.iter().filter(ours).flat_map(|app| {
            app["subscribed_fields"]
                .as_array()
                .cloned()
                .unwrap_or_default()
        });
        Ok(fields
            .filter_map(|field| field.as_str().map(str::to_owned))
            .collect())
    }

    async fn post(&self, page: &Page, edge: &str, mut body: Value) -> Result<Value, Failed> {
        body["access_token"] = json!(page.token);
        body["appsecret_proof"] = json!(page.proof());
        let url = self.url(&[&page.id, edge])?;
        let call = posted(url, "application/json", body.to_string().into())?;
        self.call(call, Bounds::CALL).await
    }

    async fn get(&self, page: &Page, path: &[&str], fields: &str) -> Result<Value, Failed> {
        let mut url = self.url(path)?;
        url.query_pairs_mut()
            .append_pair("fields", fields)
            .append_pair("appsecret_proof", &page.proof());
        let mut call = Call::get(url);
        let token = HeaderValue::from_str(&format!("Bearer {}", page.token));
        call.headers
            .push((AUTHORIZATION, token.map_err(unsayable)?));
        self.call(call, Bounds::CALL).await
    }

    /// Ids are strangers' words: each stays one piece of the path.
    fn url(&self, path: &[&str]) -> Result<Url, Failed> {
        let mut url = Url::parse(&self.base).map_err(unsayable)?;
        if let Ok(mut pieces) = url.path_segments_mut() {
            pieces.extend(path);
        }
        Ok(url)
    }

    async fn call(&self, call: Call, bounds: Bounds) -> Result<Value, Failed> {
        let reply = self
            .fetcher
            .send(call, Trust::Operator, bounds)
            .await
            .map_err(|problem| match problem {
                Problem::TimedOut | Problem::BrokenOff(_) | Problem::TooLarge => Failed::Unknown,
                other => Failed::Unreachable(other.to_string()),
            })?;
        let answer: Value = serde_json::from_slice(&reply.body).unwrap_or(Value::Null);
        if reply.status.is_success() && answer.get("error").is_none() {
            return Ok(answer);
        }
        let mut trouble = trouble::read(reply.status.as_u16(), &answer);
        trouble.regain = regain(&reply);
        Err(Failed::Refused(trouble))
    }
}

fn posted(url: Url, kind: &str, body: Bytes) -> Result<Call, Failed> {
    let kind = HeaderValue::from_str(kind).map_err(unsayable)?;
    Ok(Call {
        method: Method::POST,
        url,
        headers: vec![(CONTENT_TYPE, kind)],
        body,
    })
}

/// What cannot be put in a request was not sent.
fn unsayable(why: impl std::fmt::Display) -> Failed {
    Failed::Unreachable(why.to_string())
}

/// `{"PAGE": [{"estimated_time_to_regain_access": minutes, …}]}`; the longest counts.
fn regain(reply: &Reply) -> Option<Millis> {
    let header = reply.headers.get(USAGE)?.to_str().ok()?;
    let usage: Value = serde_json::from_str(header).ok()?;
    let uses = usage.as_object()?.values().filter_map(Value::as_array);
    let minutes = uses
        .flatten()
        .filter_map(|one| one["estimated_time_to_regain_access"].as_i64());
    let longest = minutes.max().filter(|minutes| *minutes > 0)?;
    Some(longest.saturating_mul(MINUTE))
}

fn envelope(letter: &Letter) -> Value {
    let mut body = json!({"recipient": {"id": letter.psid}, "messaging_type": "RESPONSE"});
    if letter.human_agent {
        body["messaging_type"] = json!("MESSAGE_TAG");
        body["tag"] = json!("HUMAN_AGENT");
    }
    body
}

fn as_json(letter: &Letter, text: &str) -> Value {
    let mut body = envelope(letter);
    body["message"] = json!({"text": text, "metadata": letter.metadata});
    body
}

/// `multipart/form-data` (RFC 7578) with the file as `filedata`, which works behind NAT.
fn as_form(
    page: &Page,
    letter: &Letter,
    kind: &str,
    name: &str,
    content_type: &str,
    content: &Bytes,
) -> (String, Bytes) {
    let boundary = boundary(content);
    let body = envelope(letter);
    let message = json!({"attachment": {"type": kind, "payload": {}}, "metadata": letter.metadata});
    let mut fields = vec![
        ("recipient", body["recipient"].to_string()),
        (
            "messaging_type",
            body["messaging_type"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
        ),
        ("message", message.to_string()),
        ("access_token", page.token.clone()),
        ("appsecret_proof", page.proof()),
    ];
    if letter.human_agent {
        fields.push(("tag", "HUMAN_AGENT".to_owned()));
    }
    let mut form = Vec::with_capacity(content.len() + 1024);
    for (field, value) in fields {
        let part = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n"
        );
        form.extend_from_slice(part.as_bytes());
    }
    let (name, content_type) = (header_safe(name), header_safe(content_type));
    let head = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"filedata\"; filename=\"{name}\"\r\n\
         Content-Type: {content_type}\r\n\r\n"
    );
    form.extend_from_slice(head.as_bytes());
    form.extend_from_slice(content);
    form.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    (
        format!("multipart/form-data; boundary={boundary}"),
        form.into(),
    )
}

/// A boundary the content does not hold: its own hash cannot well stand in it.
fn boundary(content: &[u8]) -> String {
    format!(
        "casella-{}",
        data_encoding::HEXLOWER.encode(&casella_index::segment::hash16(content))
    )
}

fn header_safe(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_control() || c == '"' || c == '\\' {
                '_'
            } else {
                c
            }
        })
        .collect()
}
