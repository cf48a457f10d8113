//! Telling the person at the terminal: lines on standard output, progress on standard error.

use super::Tell;
use crate::cli::say;
use crate::error::Outcome;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::sync::Mutex;

/// Bars appear only where standard error is a terminal.
#[derive(Default)]
pub struct Terminal {
    bar: Mutex<Option<ProgressBar>>,
}

impl Tell for Terminal {
    fn line(&self, text: &str) -> Outcome {
        match self.bar() {
            Some(bar) => bar.suspend(|| say(text)),
            None => say(text),
        }
    }

    fn progress(&self, done: u64, total: u64) -> Outcome {
        let mut slot = self
            .bar
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let bar = slot.get_or_insert_with(new_bar);
        if total > 0 {
            bar.set_length(total);
        }
        bar.set_position(done);
        if done == total && total > 0 {
            bar.finish_and_clear();
            *slot = None;
        }
        Ok(())
    }
}

impl Terminal {
    fn bar(&self) -> Option<ProgressBar> {
        let slot = self
            .bar
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        slot.clone()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if let Some(bar) = self.bar() {
            bar.finish_and_clear();
        }
    }
}

fn new_bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(5));
    let shape = "{wide_bar} {human_pos} of {human_len} ({per_sec}, {eta} left)";
    if let Ok(style) = ProgressStyle::with_template(shape) {
        bar.set_style(style);
    }
    bar
}
