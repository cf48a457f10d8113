//! Static files: style sheets, scripts, icons. Each is served under `/assets/NAME?v=VERSION`, where the
//! version is a digest of the content, so that browsers may keep it for ever.

use std::collections::HashMap;
use std::path::Path;

use super::{Error, built_in, overridden};

/// One static file.
#[derive(Debug, Clone)]
pub struct Asset {
    pub content_type: &'static str,
    pub content: bytes::Bytes,
    /// Twelve hexadecimal digits of the content's SHA-256; also its entity tag.
    pub version: String,
}

/// All static files by name.
#[derive(Debug, Default)]
pub struct Assets(HashMap<&'static str, Asset>);

impl Assets {
    pub(super) fn load(overrides: Option<&Path>) -> Result<Assets, Error> {
        let mut assets = HashMap::new();
        for (name, built_in) in built_in::ASSETS {
            let text = overridden(overrides, &format!("assets/{name}"))?;
            let content = match text {
                Some(text) => bytes::Bytes::from(text),
                None => bytes::Bytes::from_static(built_in.as_bytes()),
            };
            assets.insert(*name, Asset::new(name, content));
        }
        Ok(Assets(assets))
    }

    /// The file of that name.
    pub fn get(&self, name: &str) -> Option<&Asset> {
        self.0.get(name)
    }

    /// Where a page finds the file: its path with its version.
    pub fn url(&self, name: &str) -> Option<String> {
        let version = &self.get(name)?.version;
        Some(format!("/assets/{name}?v={version}"))
    }
}

impl Asset {
    fn new(name: &str, content: bytes::Bytes) -> Asset {
        let digest = ring::digest::digest(&ring::digest::SHA256, &content);
        Asset {
            content_type: content_type(name),
            version: data_encoding::HEXLOWER.encode(&digest.as_ref()[..6]),
            content,
        }
    }
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("html") => "text/html; charset=utf-8",
        Some("webmanifest") => "application/manifest+json",
        _ => "text/plain; charset=utf-8",
    }
}
