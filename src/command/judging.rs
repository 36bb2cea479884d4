//! What `package`, `publish` and `validate` do alike with findings: tell of each once, and stop at an error.

use crate::command::Context;
use crate::domain::{Explain, Reference};
use crate::error::Error;
use crate::manifest::Extension;
use crate::report::Report;
use crate::validate::render::{message, summary};
use crate::validate::{Finding, Level, Profile, Settings, View, validate};

/// Who an image is for: the name it gets, and the profile that follows from it.
#[derive(Debug, Clone, Default)]
pub struct Audience {
    /// Where it goes, with a tag.
    pub reference: Option<Reference>,
    /// The profile, unless Cargo.toml names one.
    pub profile: Profile,
}

impl Audience {
    /// Somebody who packages only, and for whom what the Marketplace wants is no concern yet.
    #[must_use]
    pub fn nobody_yet() -> Self {
        Audience { reference: None, profile: Profile::Private }
    }

    /// Those who get an image from its repository. Of several tags the one that is a version counts.
    #[must_use]
    pub fn of(repository: &Reference, tags: &[String]) -> Self {
        let version = tags.iter().find(|tag| semver::Version::parse(tag).is_ok()).or(tags.first());
        let reference = version.map_or_else(|| repository.clone(), |tag| repository.with_tag(tag));
        Audience { profile: profile_for(Some(repository)), reference: Some(reference) }
    }
}

/// The profile of an image by its name: only Docker Hub leads to the Marketplace.
#[must_use]
pub fn profile_for(reference: Option<&Reference>) -> Profile {
    if reference.is_some_and(Reference::is_docker_hub) { Profile::Marketplace } else { Profile::Private }
}

/// Judges what a project is about to become.
///
/// # Errors
/// When a finding is an error; `undone` says what does not happen for it.
pub fn judge(
    mut view: View,
    extension: &Extension,
    audience: &Audience,
    undone: &str,
    context: &Context,
) -> Result<(), Error> {
    if let Some(reference) = &audience.reference {
        view.tag.clone_from(&reference.tag);
        view.reference = Some(reference.clone());
    }
    let settings = Settings::of_project(extension, audience.profile)?;
    let findings = validate(&view, &settings);
    findings.iter().for_each(|finding| tell(finding, context));
    stop(&findings, &settings, &extension.name, undone)
}

/// Ends with an error if one was found.
///
/// # Errors
/// When a finding is an error.
pub fn stop(findings: &[Finding], settings: &Settings, name: &str, undone: &str) -> Result<(), Error> {
    let Some(first) = findings.iter().find(|finding| finding.level == Level::Error) else { return Ok(()) };
    let id = first.rule.id;
    let explain = format!("`cargo dext validate --explain {id}` says more");
    let private = "`profile = \"private\"` in [package.metadata.extension.validate] if it is not for the Marketplace";
    let other = (settings.profile == Profile::Marketplace && !undone.is_empty()).then_some(private);
    let help = [Some(undone.to_owned()), Some(explain), other.map(str::to_owned)];
    let help = help.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ");
    Err(Error::Found { summary: summary(findings), name: name.to_owned(), help })
}

/// One finding among the messages of a run.
fn tell(finding: &Finding, context: &Context) {
    let shell = &context.shell;
    shell.message(message(finding));
    let text = format!("{} [{}]", finding.message, finding.rule.id);
    match finding.level {
        Level::Error => shell.error(&Told { finding, text }),
        Level::Warning => shell.warning(format!("{text} ({})", finding.place), Some(finding.help.clone())),
    }
}

#[derive(Debug, thiserror::Error)]
#[error("{text}")]
struct Told<'a> {
    finding: &'a Finding,
    text: String,
}

impl Explain for Told<'_> {
    fn place(&self) -> Option<String> {
        Some(self.finding.place.to_string())
    }

    fn help(&self) -> Option<String> {
        Some(self.finding.help.clone())
    }
}
