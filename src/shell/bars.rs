//! The bars of long steps: one for the whole, and one for each of the things that are under way at once.

use std::collections::BTreeMap;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// The bars that are on the screen.
#[derive(Debug)]
pub(super) struct Bars {
    screen: MultiProgress,
    whole: Option<ProgressBar>,
    parts: BTreeMap<usize, ProgressBar>,
}

impl Bars {
    /// No bar yet, on the terminal of standard error.
    pub fn new() -> Self {
        let screen = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
        Bars { screen, whole: None, parts: BTreeMap::new() }
    }

    /// Moves the bar of the whole; it goes when it is full.
    pub fn whole(&mut self, verb: &'static str, done: u64, total: u64) {
        if done >= total {
            self.whole.take().iter().for_each(ProgressBar::finish_and_clear);
            return;
        }
        let screen = &self.screen;
        let bar = self.whole.get_or_insert_with(|| {
            // Below those of the parts.
            screen.add(bar("{prefix:>12.cyan.bold} [{bar:25}] {binary_bytes}/{binary_total_bytes}"))
        });
        bar.set_prefix(verb);
        bar.set_length(total);
        bar.set_position(done);
    }

    /// Moves the bar of a part; it goes when it is full.
    pub fn part(&mut self, id: usize, label: String, done: u64, total: u64) {
        if done >= total {
            self.parts.remove(&id).iter().for_each(ProgressBar::finish_and_clear);
            return;
        }
        let screen = &self.screen;
        let bar = self.parts.entry(id).or_insert_with(|| {
            screen.insert(0, bar("             [{bar:25}] {binary_bytes}/{binary_total_bytes} {wide_msg}"))
        });
        bar.set_message(label);
        bar.set_length(total);
        bar.set_position(done);
    }

    /// Prints while the bars are away.
    pub fn suspend(&self, print: impl FnOnce()) {
        self.screen.suspend(print);
    }
}

fn bar(template: &str) -> ProgressBar {
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(0).with_style(style.progress_chars("=> "))
}
