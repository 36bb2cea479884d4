//! Cells in columns.

use super::page::{BAD, Page, QUIET};

/// Rows below their titles, each column as wide as its widest cell; the column `right` is set to the right. A
/// row with `true` is a bad one.
#[must_use]
pub fn text<const N: usize>(
    titles: [&str; N],
    rows: &[(bool, [String; N])],
    right: usize,
    indent: &str,
    page: &Page,
) -> String {
    let width = |at: usize| {
        let cells = rows.iter().map(|(_, cells)| cells[at].chars().count());
        cells.chain([titles[at].chars().count()]).max().unwrap_or(0)
    };
    let widths: [usize; N] = std::array::from_fn(width);
    let line = |cells: &dyn Fn(usize) -> String| {
        let mut line = String::new();
        for (at, width) in widths.iter().enumerate() {
            let cell = cells(at);
            let blanks = " ".repeat(width - cell.chars().count());
            line += &if at == right { format!("{blanks}{cell}  ") } else { format!("{cell}{blanks}  ") };
        }
        line.trim_end().to_owned()
    };
    let title = page.paint(QUIET, &line(&|at| titles[at].to_owned()));
    let mut out = format!("{indent}{title}\n");
    for (bad, cells) in rows {
        let row = line(&|at| cells[at].clone());
        out += &format!("{indent}{}\n", if *bad { page.paint(BAD, &row) } else { row });
    }
    out
}
