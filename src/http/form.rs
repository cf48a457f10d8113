//! What forms send: URL-encoded pairs, or multipart with files.

use super::refusal::Refusal;
use bytes::Bytes;
use futures_util::Stream;
use std::convert::Infallible;

/// A file chosen in a form.
#[derive(Debug, Clone)]
pub struct File {
    /// The field it was chosen in.
    pub field: String,
    /// As the browser named it, without any path.
    pub name: String,
    /// As the browser typed it; believe nothing.
    pub content_type: String,
    pub content: Bytes,
}

/// The fields of a form in order, and its files.
#[derive(Debug, Clone, Default)]
pub struct Form {
    pub fields: Vec<(String, String)>,
    pub files: Vec<File>,
}

impl Form {
    /// Reads `name=value&…`.
    pub fn urlencoded(text: &[u8]) -> Self {
        Self {
            fields: url::form_urlencoded::parse(text).into_owned().collect(),
            files: Vec::new(),
        }
    }

    /// The first value of `name`, or "".
    pub fn get(&self, name: &str) -> &str {
        self.all(name).next().unwrap_or_default()
    }

    /// The first value of `name` that holds more than white space, trimmed.
    pub fn given(&self, name: &str) -> Option<&str> {
        self.all(name).map(str::trim).find(|v| !v.is_empty())
    }

    /// Every value of `name`.
    pub fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.fields
            .iter()
            .filter(move |(n, _)| n == name)
            .map(|(_, v)| v.as_str())
    }

    /// Reads `multipart/form-data` (RFC 7578). The whole is already in memory and capped.
    pub(super) async fn multipart(content: Bytes, boundary: &str) -> Result<Self, Refusal> {
        let mut parts = multer::Multipart::new(one(content), boundary);
        let mut form = Self::default();
        while let Some(part) = parts.next_field().await.map_err(malformed)? {
            form.take(part).await?;
        }
        Ok(form)
    }

    async fn take(&mut self, part: multer::Field<'_>) -> Result<(), Refusal> {
        let field = part.name().unwrap_or_default().to_owned();
        let Some(name) = part.file_name().map(base_name) else {
            let value = part.text().await.map_err(malformed)?;
            self.fields.push((field, value));
            return Ok(());
        };
        let content_type = part
            .content_type()
            .map_or("application/octet-stream", |m| m.as_ref())
            .to_owned();
        let content = part.bytes().await.map_err(malformed)?;
        // An empty file field is how browsers say "no file chosen".
        if !(name.is_empty() && content.is_empty()) {
            self.files.push(File {
                field,
                name,
                content_type,
                content,
            });
        }
        Ok(())
    }
}

fn one(content: Bytes) -> impl Stream<Item = Result<Bytes, Infallible>> + Send {
    futures_util::stream::iter([Ok(content)])
}

fn base_name(name: &str) -> String {
    name.rsplit(['/', '\\'])
        .next()
        .unwrap_or_default()
        .to_owned()
}

fn malformed(error: multer::Error) -> Refusal {
    Refusal::bad_request(format!("the form could not be read: {error}"))
}
