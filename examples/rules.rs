//! Prints RULES.md; `cargo xtask rules` puts it where it belongs.
#![expect(clippy::print_stdout, reason = "this is all it does")]

fn main() {
    print!("{}", cargo_dext::validate::render::rules_md());
}
