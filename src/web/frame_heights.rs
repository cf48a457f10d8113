//! How high the frames of formatted mails stand, remembered: what a mail looks like never changes, and laying
//! it out takes longer than the rest of its line.

use super::view::height::steps;
use casella_index::model::MessageId;
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Mails remembered; beyond, it begins anew.
const MOST: usize = 20_000;

/// Steps of height, wide and narrow, by message.
#[derive(Debug, Default)]
pub struct FrameHeights(Mutex<HashMap<MessageId, (u8, u8)>>);

impl FrameHeights {
    /// Those of a message that shows this sanitised HTML.
    pub fn of<'a>(&self, id: MessageId, html: impl FnOnce() -> Cow<'a, str>) -> (u8, u8) {
        let known = self.known(|known| known.get(&id).copied());
        known.unwrap_or_else(|| {
            let fresh = steps(&html());
            self.known(|known| {
                if known.len() >= MOST {
                    known.clear();
                }
                known.insert(id, fresh)
            });
            fresh
        })
    }

    fn known<T>(&self, look: impl FnOnce(&mut HashMap<MessageId, (u8, u8)>) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
