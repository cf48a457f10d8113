//! What every handler is given.

use super::door::Door;
use super::frame_heights::FrameHeights;
use super::live_rows::LiveRows;
use super::meta::Typing;
use super::pages::Traces;
use crate::channel::chat::Desk;
use crate::channel::messenger::connection::Known;
use crate::http::server::Counters;
use crate::inbox::Inbox;
use crate::inbox::access::Access;
use crate::render::Templates;
use casella_index::search::Serving;
use std::sync::{Arc, OnceLock};

/// The web's state; clones are the same.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// The parts of an [`App`].
pub struct Parts {
    pub inbox: Inbox,
    pub access: Access,
    pub templates: Arc<Templates>,
    /// The search index, as far as it serves now.
    pub serving: Arc<Serving>,
    pub chat: Desk,
    pub live_rows: LiveRows,
    /// Our pages at Facebook, secrets open.
    pub facebook: Known,
    /// What Meta last did at our door.
    pub door: Door,
    /// Where Messenger shows that somebody types.
    pub typing: Typing,
    pub frame_heights: FrameHeights,
    pub traces: Traces,
    /// Scheme and host that links begin with, without a trailing slash: configured, or as bound.
    pub public_url: String,
    /// What the HTTP server did so far, once it runs.
    pub counters: OnceLock<Arc<Counters>>,
}

impl std::ops::Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl App {
    pub fn new(
        inbox: Inbox,
        templates: Arc<Templates>,
        serving: Arc<Serving>,
        public_url: String,
    ) -> App {
        let language = inbox.config.inbox.language;
        let chat = Desk::new(
            inbox.clone(),
            &templates.text(language, "widget.answered_by_email", &[]),
        );
        App(Arc::new(Parts {
            access: Access::new(inbox.clone()),
            inbox,
            templates,
            serving,
            chat,
            live_rows: LiveRows::default(),
            facebook: Known::default(),
            door: Door::default(),
            typing: Typing::default(),
            frame_heights: FrameHeights::default(),
            traces: Traces::default(),
            public_url,
            counters: OnceLock::new(),
        }))
    }
}
