//! The command line: parse, dispatch, render the error.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use crate::command::{
    Context, doctor, import, init, inspect, metadata, new, package, packaging, publish, update, validate,
};
use crate::shell::{Shell, Verbosity};
use crate::sys::{Env, interrupt};

/// Build Docker Desktop extensions written in Rust
#[derive(Debug, Parser)]
#[command(name = "cargo", bin_name = "cargo", disable_help_subcommand = true, version)]
struct Cargo {
    #[command(subcommand)]
    dext: Dext,
}

#[derive(Debug, Subcommand)]
enum Dext {
    /// Build Docker Desktop extensions written in Rust
    #[command(version, styles = clap_cargo_style(), arg_required_else_help = true)]
    Dext(DextArgs),
}

#[derive(Debug, Args)]
struct DextArgs {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Create a new extension
    New(new::NewArgs),
    /// Make an existing package or workspace an extension
    Init(init::InitArgs),
    /// Take over an extension that has a Dockerfile, or its image
    Import(import::ImportArgs),
    /// Build an extension for six platforms into one multi-arch image
    Package(package::PackageArgs),
    /// Show what an image is and holds: platforms, labels, metadata.json, programs, layers and their sizes
    Inspect(inspect::InspectArgs),
    /// Find every reason for which Docker or a user's machine would reject an extension
    Validate(validate::ValidateArgs),
    /// Package an extension and publish it to a registry
    Publish(publish::PublishArgs),
    /// Update base images as recorded in `Dext.lock`
    Update(update::UpdateArgs),
    /// Print the generated metadata.json or the image labels
    Metadata(metadata::MetadataArgs),
    /// Show every tool that building needs, found or missing
    Doctor(doctor::DoctorArgs),
}

/// What all commands share; the order puts it behind each command's own flags.
#[derive(Debug, Clone, Args)]
struct OutputArgs {
    /// Use verbose output (-vv for Cargo's very verbose)
    #[arg(short, long, global = true, display_order = 901, action = clap::ArgAction::Count)]
    verbose: u8,
    /// Do not print status messages
    #[arg(short, long, global = true, display_order = 902, conflicts_with = "verbose")]
    quiet: bool,
    /// Coloring
    #[arg(long, global = true, display_order = 903, value_name = "WHEN", value_enum)]
    color: Option<Color>,
    /// Messages on standard output: for people, or one JSON object a line
    #[arg(
        long,
        global = true,
        display_order = 904,
        value_name = "FMT",
        value_enum,
        default_value = "human",
        hide_default_value = true
    )]
    message_format: MessageFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum MessageFormat {
    Human,
    Json,
}

/// The colours of Cargo's own help.
fn clap_cargo_style() -> clap::builder::Styles {
    use anstyle::AnsiColor::{BrightCyan, BrightGreen, BrightRed, BrightYellow, Cyan};
    clap::builder::Styles::styled()
        .header(BrightGreen.on_default().bold())
        .usage(BrightGreen.on_default().bold())
        .literal(BrightCyan.on_default().bold())
        .placeholder(Cyan.on_default())
        .error(BrightRed.on_default().bold())
        .valid(BrightCyan.on_default().bold())
        .invalid(BrightYellow.on_default().bold())
}

/// Runs the program.
#[must_use]
pub fn main(args: Vec<OsString>) -> ExitCode {
    let matches = match Cargo::command().try_get_matches_from(with_dext(args)) {
        Ok(matches) => matches,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS };
        }
    };
    let Cargo { dext: Dext::Dext(args) } = match Cargo::from_arg_matches(&matches) {
        Ok(cargo) => cargo,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(2);
        }
    };
    let shell = shell(&args.output);
    let env = match Env::snapshot() {
        Ok(env) => env,
        Err(error) => {
            shell.error(&crate::sys::fs::Error::new("tell", std::path::Path::new("the current folder"), error));
            return ExitCode::FAILURE;
        }
    };
    interrupt::install();
    run(args, Context { shell, env })
}

fn run(args: DextArgs, context: Context) -> ExitCode {
    let cargo = packaging::CargoOutput {
        verbose: args.output.verbose.saturating_sub(1),
        quiet: args.output.quiet,
        color: args
            .output
            .color
            .map(|color| color.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())),
    };
    let result = match args.command {
        Command::New(args) => new::run(&args, &context),
        Command::Init(args) => init::run(&args, &context),
        Command::Import(args) => import::run(&args, &context),
        Command::Package(args) => package::run(&args, cargo, &context),
        Command::Inspect(args) => inspect::run(&args, &context),
        Command::Validate(args) => validate::run(&args, &context),
        Command::Publish(args) => publish::run(&args, cargo, &context),
        Command::Update(args) => update::run(&args, &context),
        Command::Metadata(args) => metadata::run(&args, &context),
        Command::Doctor(args) => doctor::run(&args, &context),
    };
    match result {
        Ok(()) => match context.shell.lost() {
            None => ExitCode::SUCCESS,
            Some(lost) => {
                context.shell.error(&lost);
                ExitCode::FAILURE
            }
        },
        // Whoever pressed Ctrl-C knows why it ended.
        Err(_) if interrupt::asked() => ExitCode::from(interrupt::EXIT_CODE),
        Err(error) => {
            context.shell.error(&error);
            ExitCode::from(error.exit_code())
        }
    }
}

/// Cargo starts a subcommand as `cargo-dext dext …`; a person may start it without the word.
fn with_dext(mut args: Vec<OsString>) -> Vec<OsString> {
    if args.get(1).is_none_or(|first| first != "dext") {
        args.insert(args.len().min(1), "dext".into());
    }
    args
}

fn shell(output: &OutputArgs) -> Shell {
    let verbosity = match (output.quiet, output.verbose) {
        (true, _) => Verbosity::Quiet,
        (false, 0) => Verbosity::Normal,
        (false, _) => Verbosity::Verbose,
    };
    let color = |auto: anstream::ColorChoice| match output.color {
        None | Some(Color::Auto) => auto,
        Some(Color::Always) => anstream::ColorChoice::Always,
        Some(Color::Never) => anstream::ColorChoice::Never,
    };
    let (messages, answers) = (std::io::stderr(), std::io::stdout());
    Shell::new(verbosity, color(anstream::AutoStream::choice(&messages)), output.message_format == MessageFormat::Json)
        .with_color_of_answers(color(anstream::AutoStream::choice(&answers)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_tree_is_sound() {
        Cargo::command().debug_assert();
    }

    #[test]
    fn the_word_dext_may_be_left_out() {
        let os = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
        assert_eq!(with_dext(os(&["cargo-dext", "package"])), os(&["cargo-dext", "dext", "package"]));
        assert_eq!(with_dext(os(&["cargo-dext", "dext", "package"])), os(&["cargo-dext", "dext", "package"]));
        assert_eq!(with_dext(os(&["cargo-dext"])), os(&["cargo-dext", "dext"]));
    }
}
