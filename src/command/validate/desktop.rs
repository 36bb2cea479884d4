//! What Docker Desktop's own validator says, and which of our rules that is.

use super::ValidateArgs;
use super::subject::{Judged, is_metadata_json};
use crate::command::Context;
use crate::error::Error;
use crate::report::Report;
use crate::subject::{Lies, Place};
use crate::sys::Invocation;
use crate::validate::render::Summary;
use crate::validate::view::Subject;

/// Words of its messages and the rules that they are about, the first that fits counting.
///
/// Source: messages quoted in docker/extensions-submissions#40, #147 and #218, `test/validation_outputs/failed.txt`
/// there, loopDelicious/docker-extension#14, collabnix/redisinsight-docker-extension#3, docker/extensions-sdk#154,
/// lensapp/lens#5565 and Kafka-Sonar#43. The words about other keys of metadata.json than those of its root were not
/// seen; they are inferred from the form that the one about the root has.
const MESSAGES: [(&[&str], &str); 18] = [
    (&["additional-urls"], "E25"),
    (&["screenshots", "JSON"], "E24"),
    (&["image label"], "E20"),
    (&["for platform"], "E33"),
    (&["--platform="], "E33"),
    (&["multiplatform"], "E33"),
    (&["logo was required"], "E03"),
    (&["metadata.json", "(root)", "is not allowed"], "E02"),
    (&["metadata.json: icon"], "E03"),
    (&["metadata.json: ui"], "E05"),
    (&["metadata.json: vm"], "E06"),
    (&["metadata.json: host"], "E09"),
    (&["incompatible with current SDK version"], API_VERSION),
    (&["should not include \"extension\""], "W30"),
    (&["semver"], "E35"),
    (&["No such container:path"], "E10"),
    (&["symlink", "privilege is not held"], "E17"),
    (&["metadata.json"], "E01"),
];

/// The rule about an API version that is exact; one that is a bound above the SDK's is another's.
const API_VERSION: &str = "W22";

/// How lines begin that say what was done, and that it went well.
const PROGRESS: [&str; 8] =
    ["Checked ", "Checking ", "Pulled ", "Pulling ", "Installed ", "Removed ", "Tag not specified", "\u{1f389}"];

/// Asks `docker extension validate` about the image or metadata.json. Its failure is the result.
///
/// # Errors
/// When the program is there and cannot be run.
pub fn ask(args: &ValidateArgs, judged: &Judged, context: &Context) -> Result<Option<Error>, Error> {
    let shell = &context.shell;
    let docker = || Invocation::new("docker").arg("extension");
    if !docker().arg("version").output().is_ok_and(|said| said.status.success()) {
        let help = "start Docker Desktop, or leave `--docker` out; all else was looked for".to_owned();
        shell.warning("`docker extension version` does not work here".to_owned(), Some(help));
        return Ok(None);
    }
    let Some(target) = target(args, judged, context)? else {
        let help = "name an image in a registry or a metadata.json".to_owned();
        shell.warning("`docker extension validate` takes no layouts, archives and projects".to_owned(), Some(help));
        return Ok(None);
    };
    let said = docker().args(["validate", "--sdk-compatibility", &target]).output()?;
    let lines: Vec<&str> = said.stdout.lines().chain(said.stderr.lines()).filter_map(telling).collect();
    for line in &lines {
        let rule = rule(line).map_or_else(String::new, |id| format!(" [{id}]"));
        shell.status("Docker", format!("{line}{rule}"));
    }
    if said.status.success() {
        shell.status("Docker", "`docker extension validate` passes".to_owned());
        return Ok(None);
    }
    let errors = lines.iter().filter(|line| line.contains("(required)")).count().max(1);
    Ok(Some(Error::Found {
        summary: Summary { errors, warnings: 0 },
        name: format!("`docker extension validate {target}`"),
        help: "its own words stand above, each with the rule that it is about".to_owned(),
    }))
}

/// What Docker's validator is told: it takes images by their names, and bare metadata.json files.
fn target(args: &ValidateArgs, judged: &Judged, context: &Context) -> Result<Option<String>, Error> {
    let Some(text) = &args.image else { return Ok(None) };
    if matches!(judged.view.subject, Subject::Metadata(_)) && is_metadata_json(text, context) {
        return Ok(Some(context.env.cwd.join(text).display().to_string()));
    }
    Ok(match Place::find(text, &context.env.cwd)?.lies {
        Lies::Registry(reference) => Some(reference.familiar()),
        Lies::Engine(name) => Some(name),
        Lies::Layout { .. } | Lies::Archive { .. } => None,
    })
}

/// A line without its decoration, if it is more than progress.
fn telling(line: &str) -> Option<&str> {
    let line = line.trim().trim_start_matches(['\u{2713}', '\u{2714}', '\u{2717}', '\u{2718}', '-', '*', ' ']);
    let progress = PROGRESS.iter().any(|start| line.starts_with(start));
    (!line.is_empty() && !progress).then_some(line)
}

/// The rule that a message is about.
fn rule(line: &str) -> Option<&'static str> {
    let fits = |words: &[&str]| words.iter().all(|word| line.contains(word));
    let (_, id) = MESSAGES.into_iter().find(|(words, _)| fits(words))?;
    // It quotes the label's value first of all.
    let open = id == API_VERSION && line.split('"').nth(1).is_some_and(|label| label.starts_with(['>', '<', '^', '~']));
    Some(if open { "W23" } else { id })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::rules;

    #[test]
    fn messages_are_known_by_their_words() {
        for (line, id) in [
            (r#"(required) image label "com.docker.extension.categories" is missing"#, Some("E20")),
            (
                r#"(required) image label "com.docker.extension.changelog" is set to empty string in the Dockerfile"#,
                Some("E20"),
            ),
            (r#"label "com.docker.extension.additional-urls" is not specified. You can provide a list"#, Some("E25")),
            (r#"the image for platform "linux/arm64" is not pushed to DockerHub"#, Some("E33")),
            (r#"Use "--platform=linux/amd64,linux/arm64" when building and pushing"#, Some("E33")),
            ("metadata.json: (root): Additional property name is not allowed", Some("E02")),
            (
                r#"("0.3.0") is incompatible with current SDK version "0.3.3". Consider changing it to ">=0.3.3""#,
                Some("W22"),
            ),
            (
                r#"(">= 9.0.0") is incompatible with current SDK version "0.3.3". Consider changing it to ">=0.3.3""#,
                Some("W23"),
            ),
            (r#"(required) image label "com.docker.extension.screenshots" is missing"#, Some("E20")),
            ("logo was required on metadata.json and must be local (on the Docker image)", Some("E03")),
            ("metadata.json: ui.dashboard-tab: src is required", Some("E05")),
            ("metadata.json: host.binaries.0: Additional property name is not allowed", Some("E09")),
            ("metadata.json: invalid character '}' looking for beginning of object key string", Some("E01")),
            ("image tag \"latest\" is not semver", Some("E35")),
            ("Error: No such container:path: 0123:/binaries/tool", Some("E10")),
            (r"symlink ..\tool\bin C:\x: A required privilege is not held by the client.", Some("E17")),
            (r#"title "Redis extension" should not include "extension""#, Some("W30")),
            ("something new", None),
        ] {
            assert_eq!(rule(line), id, "{line}");
        }
        assert!(MESSAGES.iter().all(|(_, id)| rules::find(id).is_ok()));
    }

    #[test]
    fn progress_is_passed_over() {
        // Every step in the order in which it tells of them.
        for line in [
            "Tag not specified, greatest semver tag resolved: 1.2.3",
            "  Pulled image",
            "\u{2713} Checked image labels",
            "\u{2713} Checked metadata.json",
            "\u{2713} Checked image tag is semver",
            "\u{2713} Checked image is multiplatform",
            "\u{2713} Checked extension is compatible with current SDK version",
            "Installed extension",
            "Removed extension",
            "",
            "\u{1f389} The extension \"x\" passes the validation checks.",
        ] {
            assert_eq!(telling(line), None, "{line}");
        }
        assert_eq!(telling("- (required) x"), Some("(required) x"));
    }
}
