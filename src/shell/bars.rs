//! The bars of a long step: one for the whole, and below it one for each part that moves at the same time.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

/// The longest label of a part that is shown, in characters.
const LABEL: usize = 40;

/// All bars of a terminal.
#[derive(Debug, Default)]
pub(super) struct Bars(Mutex<Shown>);

#[derive(Debug, Default)]
struct Shown {
    terminal: MultiProgress,
    whole: Option<ProgressBar>,
    parts: BTreeMap<usize, ProgressBar>,
}

impl Bars {
    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets `print` have the terminal for itself.
    pub(super) fn aside(&self, print: impl FnOnce()) {
        let shown = self.shown();
        if shown.whole.is_none() && shown.parts.is_empty() {
            print();
        } else {
            shown.terminal.suspend(print);
        }
    }

    /// How far the whole has come; the end takes the parts with it.
    pub(super) fn whole(&self, verb: &'static str, done: u64, total: u64) {
        let mut guard = self.shown();
        let shown = &mut *guard;
        if done >= total {
            let parts = std::mem::take(&mut shown.parts).into_values();
            parts.chain(shown.whole.take()).for_each(|bar| bar.finish_and_clear());
            return;
        }
        let bar = shown.whole.get_or_insert_with(|| {
            let template = "{prefix:>12.cyan.bold} [{bar:25}] {binary_bytes}/{binary_total_bytes}";
            shown.terminal.insert(0, bar(total, template))
        });
        bar.set_prefix(verb);
        bar.set_length(total);
        bar.set_position(done);
    }

    /// How far a part has come.
    pub(super) fn part(&self, id: usize, label: &str, done: u64, total: u64) {
        let mut guard = self.shown();
        let shown = &mut *guard;
        if done >= total {
            shown.parts.remove(&id).into_iter().for_each(|bar| bar.finish_and_clear());
            return;
        }
        let bar = shown.parts.entry(id).or_insert_with(|| {
            let template = "             [{bar:25}] {binary_bytes}/{binary_total_bytes} {msg}";
            let bar = shown.terminal.add(bar(total, template));
            bar.set_message(label.chars().take(LABEL).collect::<String>());
            bar
        });
        bar.set_length(total);
        bar.set_position(done);
    }
}

/// A bar that is not on the terminal yet.
fn bar(total: u64, template: &str) -> ProgressBar {
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::hidden().with_style(style.progress_chars("=> "));
    bar.set_length(total);
    bar
}
