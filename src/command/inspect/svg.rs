//! The size picture as SVG: one document without scripts, fonts or links, in light and dark.

use std::fmt::Write;

use super::picture::{Bar, Picture, Total};
use crate::command::words::bytes;
use crate::domain::printable;

/// All lengths are in CSS pixels.
const WIDTH: u32 = 860;
const MARGIN: u32 = 32;
const LABELS: u32 = 200;
const SIZES: u32 = 88;
const ROW: u32 = 26;
const BAR: u32 = 14;

/// The colours, for a light and for a dark page. The blues are told from the greens by those who do not see
/// red or green, and both from their page.
const STYLE: &str = "\
svg{--page:#fff;--ink:#1b1f24;--quiet:#656d76;--line:#e6e9ed;--own:#0969da;--shared:#2da882}\
@media(prefers-color-scheme:dark){svg{--page:#0d1117;--ink:#e6edf3;--quiet:#8d96a0;--line:#262c36;--own:#4493f8;--shared:#3fb98f}}\
text{font:13px system-ui,-apple-system,'Segoe UI',sans-serif;fill:var(--ink)}\
.title{font-size:17px;font-weight:600}.group{font-weight:600}.quiet{fill:var(--quiet)}\
.size{text-anchor:end;font-variant-numeric:tabular-nums}.track{fill:var(--line)}.own{fill:var(--own)}.shared{fill:var(--shared)}";

/// The picture as a document of its own.
#[must_use]
pub fn svg(name: &str, picture: &Picture) -> String {
    let mut drawing = Drawing { out: String::new(), y: MARGIN + 12 };
    drawing.text("title", MARGIN, &cut(name, 80));
    drawing.y += ROW;
    drawing.legend(picture);
    for group in &picture.groups {
        drawing.heading(&group.title);
        let kind = if group.shared { "shared" } else { "own" };
        group.bars.iter().for_each(|bar| drawing.bar(bar, kind, picture.heaviest()));
    }
    drawing.rule();
    drawing.heading("To download");
    picture.totals.iter().for_each(|total| drawing.total(total, picture.greatest()));
    let height = drawing.y + MARGIN - ROW / 2;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\" \
         role=\"img\" aria-labelledby=\"title desc\">\n\
         <title id=\"title\">Layers of {name}</title>\n<desc id=\"desc\">{desc}</desc>\n<style>{STYLE}</style>\n\
         <rect width=\"{WIDTH}\" height=\"{height}\" rx=\"12\" fill=\"var(--page)\"/>\n{}</svg>\n",
        drawing.out,
        name = escape(&cut(name, 200)),
        desc = escape(&description(picture)),
    )
}

/// The picture in words, for those who cannot see it.
fn description(picture: &Picture) -> String {
    let groups = picture.groups.iter().map(|group| {
        let bars: Vec<String> = group.bars.iter().map(|bar| format!("{} {}", bar.label, bytes(bar.size))).collect();
        format!("{}: {}.", group.title, bars.join(", "))
    });
    let totals =
        picture.totals.iter().map(|total| format!("{}: {} to download.", total.label, bytes(total.shared + total.own)));
    groups.chain(totals).collect::<Vec<_>>().join(" ")
}

struct Drawing {
    out: String,
    /// The base line of the next text.
    y: u32,
}

impl Drawing {
    fn text(&mut self, class: &str, x: u32, text: &str) {
        let y = self.y;
        self.put(format_args!("<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{}</text>\n", escape(text)));
    }

    fn put(&mut self, element: std::fmt::Arguments<'_>) {
        self.out.write_fmt(element).expect("writing to a String does not fail");
    }

    fn legend(&mut self, picture: &Picture) {
        let mut x = MARGIN;
        for (class, text) in [("shared", "in several platforms, sent once"), ("own", "in one platform")] {
            if picture.groups.iter().any(|group| group.shared == (class == "shared")) {
                let y = self.y - 10;
                self.put(format_args!(
                    "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"12\" height=\"12\" rx=\"3\"/>\n"
                ));
                self.text("quiet", x + 18, text);
                x += 230;
            }
        }
        self.y += ROW;
    }

    fn heading(&mut self, text: &str) {
        self.y += 8;
        self.text("group", MARGIN, &cut(text, 90));
        self.y += ROW;
    }

    fn rule(&mut self) {
        let (y, width) = (self.y - 10, WIDTH - 2 * MARGIN);
        self.put(format_args!("<rect class=\"track\" x=\"{MARGIN}\" y=\"{y}\" width=\"{width}\" height=\"1\"/>\n"));
        self.y += 16;
    }

    fn bar(&mut self, bar: &Bar, class: &str, heaviest: u64) {
        let width = span(bar.size, heaviest);
        self.row(&bar.label, bar.size, &[(class, 0, width)]);
    }

    fn total(&mut self, total: &Total, greatest: u64) {
        let (shared, all) = (span(total.shared, greatest), span(total.shared + total.own, greatest));
        self.row(
            &total.label,
            total.shared + total.own,
            &[("shared", 0, shared), ("own", shared, all.saturating_sub(shared))],
        );
    }

    /// A label, a bar of some parts, and a size.
    fn row(&mut self, label: &str, size: u64, parts: &[(&str, u32, u32)]) {
        let (x, top) = (MARGIN + LABELS, self.y - 12);
        self.text("quiet", MARGIN, &cut(label, 30));
        let full = span(1, 1);
        self.put(format_args!(
            "<rect class=\"track\" x=\"{x}\" y=\"{top}\" width=\"{full}\" height=\"{BAR}\" rx=\"4\" opacity=\".5\"/>\n"
        ));
        for (class, start, width) in parts.iter().filter(|(.., width)| *width > 0) {
            let x = x + start;
            self.put(format_args!(
                "<rect class=\"{class}\" x=\"{x}\" y=\"{top}\" width=\"{width}\" height=\"{BAR}\" rx=\"4\"/>\n"
            ));
        }
        self.text("size", WIDTH - MARGIN, &bytes(size));
        self.y += ROW;
    }
}

/// The length of a bar. Whatever has bytes can be seen.
fn span(size: u64, full: u64) -> u32 {
    let room = WIDTH - 2 * MARGIN - LABELS - SIZES;
    if size == 0 || full == 0 {
        return 0;
    }
    let length = u128::from(size) * u128::from(room) / u128::from(full);
    u32::try_from(length).unwrap_or(room).clamp(3, room)
}

/// At most so many characters, none of which steers anything.
fn cut(text: &str, most: usize) -> String {
    let text = printable(text);
    if text.chars().count() <= most {
        return text.into_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in printable(text).chars() {
        match c {
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '&' => out += "&amp;",
            '"' => out += "&quot;",
            // No XML document may hold these, not even escaped.
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::picture::Group;
    use super::*;

    #[test]
    fn foreign_text_stays_text() {
        let bar = Bar { label: "</text><script>alert(1)</script>\u{0}\u{ffff}&\"".to_owned(), size: u64::MAX };
        let groups = vec![Group { title: "]]>".to_owned(), shared: false, bars: vec![bar] }];
        let totals = vec![Total { label: "a".repeat(5_000), shared: 0, own: u64::MAX }];
        let svg = svg("<x>", &Picture { groups, totals });
        assert!(
            !svg.contains("<script") && !svg.contains("<x>") && !svg.contains('\u{0}') && !svg.contains('\u{ffff}')
        );
        assert_eq!(svg.matches("<svg").count(), 1);
    }

    #[test]
    fn bars_are_as_long_as_their_share() {
        assert_eq!((span(0, 9), span(9, 9), span(1, 1 << 40)), (0, span(1, 1), 3));
        assert_eq!(span(1, 2), span(1, 1) / 2);
        assert_eq!(span(u64::MAX, u64::MAX), span(1, 1));
    }
}
