//! `cargo xtask rules`: RULES.md is what the table of rules says, as `examples/rules.rs` prints it.

use crate::Result;
use crate::places::Places;
use crate::readme::difference;
use crate::setup::Tools;

/// Writes RULES.md, or checks that it is current.
///
/// # Errors
/// When the library does not build, or a check finds an old page.
pub fn run(places: &Places, tools: &Tools, check: bool) -> Result {
    let file = places.root.join("RULES.md");
    // The page may be missing, which is as old as it gets.
    let written = std::fs::read_to_string(&file).unwrap_or_default();
    let line = "cargo run --quiet --package cargo-dext --example rules";
    let current = format!("{}\n", tools.line(line).dir(&places.root).read()?.trim_end());
    if written == current {
        return Ok(());
    }
    if check {
        print!("{}", difference("RULES.md", &written, &current));
        return Err("RULES.md is not current; run `cargo xtask rules`".into());
    }
    std::fs::write(&file, current)?;
    println!("wrote {}", file.display());
    Ok(())
}
