//! The size picture in text: a bar for each layer and each sum, to be read at a glance.

use super::page::{OWN, Page, SHARED};
use super::picture::{Group, Picture, Total};
use super::text::{heading, quiet};
use crate::command::words::bytes;

/// The widest page that is filled.
const WIDEST: usize = 100;

/// What a size and the blanks around it take.
const SIZE: usize = 11;

/// The picture.
#[must_use]
pub fn text(picture: &Picture, page: &Page) -> String {
    let width = page.width.unwrap_or(WIDEST).clamp(50, WIDEST);
    let labels = picture.groups.iter().flat_map(|group| &group.bars).map(|bar| bar.label.chars().count() + 2);
    let totals = picture.totals.iter().map(|total| total.label.chars().count());
    let label = labels.chain(totals).max().unwrap_or(0).min(width / 3);
    let draw = Draw { page, label, bar: width - label - SIZE - 4 };
    let mut out = format!("{}\n", heading("Sizes", page));
    for group in &picture.groups {
        out += &draw.group(group, picture.heaviest());
    }
    out += &format!("  {}\n", quiet("to download", page));
    for total in &picture.totals {
        out += &draw.total(total, picture.greatest());
    }
    out
}

struct Draw<'a> {
    page: &'a Page,
    /// Columns of a label.
    label: usize,
    /// Columns of the longest bar.
    bar: usize,
}

impl Draw<'_> {
    fn group(&self, group: &Group, heaviest: u64) -> String {
        let title = if group.shared { format!("{}, shared", group.title) } else { group.title.clone() };
        let mut out = format!("  {}\n", quiet(&self.page.line(&title, 80), self.page));
        for bar in &group.bars {
            let (style, fill) = if group.shared { (SHARED, '=') } else { (OWN, '#') };
            let (mut drawn, columns) = self.draw(bar.size, heaviest, fill);
            if group.shared && self.page.unicode {
                drawn = "▒".repeat(columns);
            }
            out += &self.row(&format!("  {}", bar.label), &self.page.paint(style, &drawn), columns, bar.size);
        }
        out
    }

    fn total(&self, total: &Total, greatest: u64) -> String {
        // Both parts together end where their sum ends; the first one fills whole columns.
        let (whole, columns) = self.draw(total.shared + total.own, greatest, '#');
        let (_, shared_columns) = self.draw(total.shared, greatest, '=');
        let shared_columns = shared_columns.min(columns);
        let fill = if self.page.unicode { '▒' } else { '=' };
        let shared: String = std::iter::repeat_n(fill, shared_columns).collect();
        let own: String = whole.chars().skip(shared_columns).collect();
        let drawn = self.page.paint(SHARED, &shared) + &self.page.paint(OWN, &own);
        self.row(&total.label, &drawn, columns, total.shared + total.own)
    }

    fn row(&self, label: &str, drawn: &str, columns: usize, size: u64) -> String {
        let label = self.page.line(label, self.label);
        let blanks = " ".repeat(self.bar.saturating_sub(columns));
        format!("  {label:<width$} {drawn}{blanks} {:>SIZE$}\n", bytes(size), width = self.label)
    }

    /// A bar, and its columns. Whatever has bytes can be seen.
    fn draw(&self, size: u64, full: u64, fill: char) -> (String, usize) {
        const EIGHTHS: [char; 8] = ['█', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
        if size == 0 || full == 0 {
            return (String::new(), 0);
        }
        let steps = if self.page.unicode { 8 } else { 1 };
        let length = (u128::from(size) * (self.bar * steps) as u128).div_ceil(u128::from(full));
        let length = usize::try_from(length).unwrap_or(usize::MAX).min(self.bar * steps);
        let (whole, part) = (length / steps, length % steps);
        let mut bar: String = std::iter::repeat_n(if self.page.unicode { '█' } else { fill }, whole).collect();
        if part > 0 {
            bar.push(EIGHTHS[part]);
        }
        (bar, whole + usize::from(part > 0))
    }
}
