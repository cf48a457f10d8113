//! What people see, made from templates.
//!
//! [`Templates`] holds every handlebars template (parsed once, at start), the text catalogue of each
//! language and the static assets. All of it is compiled into the binary; a folder on disk laid out
//! like `templates/` overrides single files. A template named `*.txt.hbs` is rendered without HTML
//! escaping, every other one with it.
//!
//! It knows no page, no store and no request: callers hand it a serialisable view and a [`Voice`].

mod assets;
mod built_in;
mod catalogue;
mod columns;
mod helpers;
mod moments;
mod text;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use casella_index::error::told;
use handlebars::{Context, Handlebars, Template};
use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::Value;

pub use crate::language::Language;
pub use assets::{Asset, Assets};
pub use catalogue::Catalogues;
pub use text::{escape, rich};

/// Milliseconds since 1970-01-01T00:00:00Z.
pub type Millis = i64;

/// Whom a text is for and when it is read: decides words, dates and ages.
#[derive(Debug, Clone)]
pub struct Voice {
    pub language: Language,
    pub zone: TimeZone,
    pub now: Millis,
}

impl Voice {
    /// A voice in UTC, for texts whose reader's zone is unknown.
    pub fn utc(language: Language, now: Millis) -> Voice {
        Voice {
            language,
            zone: TimeZone::UTC,
            now,
        }
    }
}

/// Why a template could not be read or rendered.
#[derive(Debug)]
pub enum Error {
    /// No template of that name.
    Missing(String),
    /// A template, catalogue or asset on disk cannot be read.
    Unreadable(PathBuf, std::io::Error),
    /// A template does not parse; the reason names the line.
    Malformed(String, String),
    /// A text catalogue does not parse.
    Catalogue(String, String),
    /// A template asked for what its view does not have, or a helper failed.
    Failed(String, String),
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Error::Missing(name) => write!(f, "template `{name}` is missing"),
            Error::Unreadable(path, why) => {
                write!(f, "cannot read `{}`: {}", path.display(), told(why))
            }
            Error::Malformed(name, why) => write!(f, "template `{name}` is malformed: {why}"),
            Error::Catalogue(name, why) => write!(f, "text catalogue `{name}`: {why}"),
            Error::Failed(name, why) => write!(f, "template `{name}` failed: {why}"),
        }
    }
}

impl std::error::Error for Error {}

/// Templates, texts and assets, ready to use; cheap to share behind an `Arc`.
pub struct Templates {
    html: Handlebars<'static>,
    plain: Handlebars<'static>,
    catalogues: Arc<Catalogues>,
    assets: Arc<Assets>,
}

impl Templates {
    /// Everything compiled in, with the files of `overrides` (a folder laid out like `templates/`)
    /// in place of those of the same name.
    ///
    /// # Errors
    /// Names the file that cannot be read or does not parse.
    pub fn load(overrides: Option<&Path>) -> Result<Templates, Error> {
        if let Some(folder) = overrides {
            // What it lacks is built in; but a folder that is not there is a slip of the pen.
            std::fs::read_dir(folder).map_err(|e| Error::Unreadable(folder.to_owned(), e))?;
        }
        let catalogues = Arc::new(Catalogues::load(overrides)?);
        let assets = Arc::new(Assets::load(overrides)?);
        let mut html = Handlebars::new();
        let mut plain = Handlebars::new();
        plain.register_escape_fn(handlebars::no_escape);
        for registry in [&mut html, &mut plain] {
            helpers::register(registry, &catalogues, &assets);
        }
        for (name, source) in built_in::TEMPLATES {
            let text = overridden(overrides, &format!("{name}.hbs"))?;
            let source = text.as_deref().unwrap_or(source);
            let parsed = Template::compile(source)
                .map_err(|e| Error::Malformed(name.to_string(), e.to_string()))?;
            let registry = if is_plain(name) {
                &mut plain
            } else {
                &mut html
            };
            registry.register_template(name, parsed);
        }
        Ok(Templates {
            html,
            plain,
            catalogues,
            assets,
        })
    }

    /// Renders the template `name` (its path under `templates/` without `.hbs`) over `view`.
    /// Besides the view's fields, templates and helpers see `lang`, `now` and `zone`.
    ///
    /// # Errors
    /// [`Error::Missing`] and [`Error::Failed`].
    pub fn render<T: Serialize>(
        &self,
        name: &str,
        voice: &Voice,
        view: &T,
    ) -> Result<String, Error> {
        let registry = if is_plain(name) {
            &self.plain
        } else {
            &self.html
        };
        if !registry.has_template(name) {
            return Err(Error::Missing(name.into()));
        }
        let failed = |e: String| Error::Failed(name.into(), e);
        let context = spoken(view, voice).map_err(|e| failed(e.to_string()))?;
        registry
            .render_with_context(name, &context)
            .map_err(|e| failed(e.to_string()))
    }

    /// One text of the catalogue, its parameters filled in; the key itself where there is no text.
    pub fn text(&self, language: Language, key: &str, parameters: &[(&str, &str)]) -> String {
        self.catalogues.text(language, key, |name| {
            let found = parameters.iter().find(|(n, _)| *n == name);
            found.map(|(_, value)| value.to_string())
        })
    }

    /// The static files served under `/assets/`.
    pub fn assets(&self) -> &Assets {
        &self.assets
    }
}

/// The view as the root context, with the voice beside its fields.
fn spoken<T: Serialize>(view: &T, voice: &Voice) -> Result<Context, serde_json::Error> {
    let mut root = match serde_json::to_value(view)? {
        Value::Object(fields) => fields,
        other => serde_json::Map::from_iter([("view".to_owned(), other)]),
    };
    root.insert("lang".into(), voice.language.tag().into());
    root.insert("now".into(), voice.now.into());
    root.insert(
        "zone".into(),
        voice.zone.iana_name().unwrap_or("UTC").into(),
    );
    Context::wraps(Value::Object(root)).map_err(|e| serde::ser::Error::custom(e.to_string()))
}

fn is_plain(name: &str) -> bool {
    name.ends_with(".txt")
}

/// The text of an overriding file, if the folder holds one.
fn overridden(folder: Option<&Path>, file: &str) -> Result<Option<String>, Error> {
    let Some(path) = folder.map(|f| f.join(file)) else {
        return Ok(None);
    };
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Some(text)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(Error::Unreadable(path, e)),
    }
}

#[cfg(test)]
mod tests;
