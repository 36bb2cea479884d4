//! The host tool. It runs on the user's own system, where the page starts it with
//! `ddClient.extension.host.cli.exec` and reads each line as it comes.

mod sizes;

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;

#[derive(Debug, Parser)]
#[command(version, about)]
struct Args {
    /// The folder to look at [default: your home folder]
    folder: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // One line, which the page shows.
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: Args) -> anyhow::Result<()> {
    let folder = match args.folder {
        Some(folder) => folder,
        None => std::env::home_dir().context("could not tell your home folder; name a folder")?,
    };
    match print(&folder, &mut std::io::stdout().lock()) {
        // Whoever reads has all it wanted, as `head` does.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        printed => printed.with_context(|| format!("could not look at {}", folder.display())),
    }
}

/// Prints one line for each entry of a folder as soon as it is known, and a last one for all.
fn print(folder: &Path, out: &mut impl Write) -> std::io::Result<()> {
    let mut total = sizes::Size::default();
    for entry in sizes::entries(folder)? {
        total += entry.size;
        line(out, &sizes::Line::Entry(entry))?;
    }
    line(out, &sizes::Line::Total(total))
}

fn line(out: &mut impl Write, line: &sizes::Line) -> std::io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn every_line_is_an_object() {
        let folder = tempfile::tempdir().expect("temporary folder");
        std::fs::create_dir(folder.path().join("pictures")).expect("folder");
        std::fs::write(folder.path().join("pictures").join("one"), [0; 300]).expect("written");
        std::fs::write(folder.path().join("größe 'x'"), [0; 7]).expect("written");
        let mut out = Vec::new();
        print(folder.path(), &mut out).expect("printed");
        let lines: Vec<serde_json::Value> = String::from_utf8(out)
            .expect("UTF-8")
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect();
        let told: Vec<_> = lines
            .iter()
            .map(|line| (line["type"].as_str(), line["bytes"].as_u64()))
            .collect();
        assert_eq!(
            told,
            [
                (Some("entry"), Some(7)),
                (Some("entry"), Some(300)),
                (Some("total"), Some(307))
            ]
        );
        assert_eq!(lines[0]["name"], "größe 'x'");
    }
}
