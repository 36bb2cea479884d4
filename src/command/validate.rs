//! `cargo dext validate`: every reason for which Docker or a user's machine would reject an extension.

mod desktop;
mod format;
mod online;
mod subject;

use clap::{Args, ValueEnum};

use self::format::Format;
use super::Context;
use super::judging::{profile_for, stop};
use super::options::{ManifestArgs, RegistryArgs};
use crate::error::Error;
use crate::report::Report;
use crate::validate::render::{explain, explain_all, summary};
use crate::validate::settings::Misnamed;
use crate::validate::{Profile, Settings, validate};

/// Find every reason for which Docker or a user's machine would reject an extension
///
/// Without IMAGE, judges what the Cargo.toml in this folder says, without building anything. `package` and `publish`
/// judge what they build by themselves.
#[derive(Debug, Args)]
pub struct ValidateArgs {
    /// OCI layout, OCI or docker archive, image in a registry, `docker-daemon:NAME`, or a metadata.json [default: the
    /// project's Cargo.toml]
    #[arg(value_name = "IMAGE")]
    image: Option<String>,
    /// What the extension is for [default: the table's, or else `marketplace` for an image on Docker Hub and `private`
    /// for others]
    #[arg(long, value_enum)]
    profile: Option<ProfileArg>,
    /// Take warnings for errors
    #[arg(long, value_name = "WHAT", value_enum)]
    deny: Option<Deny>,
    /// Pass over a rule, may be repeated
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    allow: Vec<String>,
    /// Say all that is known of a rule, or with `all` list them, and do nothing else
    #[arg(long, value_name = "ID", conflicts_with_all = ["image", "allow", "deny", "online", "docker", "format"])]
    explain: Option<String>,
    /// How to show what is found
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
    /// Also look whether icon and screenshots answer, and whether the tag is the greatest version of the repository
    #[arg(long, conflicts_with_all = ["offline", "frozen"])]
    online: bool,
    /// Also run `docker extension validate` of Docker Desktop
    ///
    /// Its words are known from what others quote; it has not been tried with a real Docker Desktop.
    #[arg(long)]
    docker: bool,
    #[command(flatten)]
    manifest: ManifestArgs,
    #[command(flatten)]
    registry: RegistryArgs,
}

/// The values of `--profile`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ProfileArg {
    /// Docker's Marketplace: everything its validator and its reviewers ask for
    Marketplace,
    /// One's own machines: what makes it work there
    Private,
}

/// The values of `--deny`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Deny {
    /// All of them
    Warnings,
}

/// Judges.
///
/// # Errors
/// When the subject cannot be read, or something in it is an error.
pub fn run(args: &ValidateArgs, context: &Context) -> Result<(), Error> {
    let shell = &context.shell;
    if let Some(id) = &args.explain {
        let text = if id == "all" { explain_all() } else { explain(id).map_err(Misnamed::from)? };
        shell.print(&text);
        return Ok(());
    }
    let mut judged = subject::read(args, context)?;
    let otherwise = profile_for(judged.view.reference.as_ref());
    let mut settings = match &judged.project {
        Some(extension) => Settings::of_project(extension, otherwise)?,
        None => Settings::of(otherwise),
    };
    settings.profile = args.profile.map_or(settings.profile, Profile::from);
    settings.deny_warnings |= args.deny.is_some();
    for id in &args.allow {
        settings.allow(id, None).map_err(Misnamed::from)?;
    }
    if args.online {
        judged.view.online = Some(online::ask(&judged.view, &args.registry, context)?);
    }
    let mut findings = validate(&judged.view, &settings);
    subject::find_lines(&mut findings, &judged, context)?;
    format::show(args.format, &findings, &settings, &judged, context);
    format::tell_allowed(&settings, &judged, context);
    let desktop = if args.docker { desktop::ask(args, &judged, context)? } else { None };
    let summary = summary(&findings);
    shell.status("Validated", format!("{} for {}: {summary}", judged.name, audience(settings.profile)));
    stop(&findings, &settings, &judged.name, "")?;
    desktop.map_or(Ok(()), Err)
}

/// A profile as the end of a sentence.
const fn audience(profile: Profile) -> &'static str {
    match profile {
        Profile::Marketplace => "the Marketplace",
        Profile::Private => "private use",
    }
}

impl From<ProfileArg> for Profile {
    fn from(arg: ProfileArg) -> Self {
        match arg {
            ProfileArg::Marketplace => Profile::Marketplace,
            ProfileArg::Private => Profile::Private,
        }
    }
}
