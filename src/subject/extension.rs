//! What Docker Desktop would take out of an image: metadata.json, the host programs it lists, the backend.

use serde_json::Value;

use super::model::{Layer, Platform};
use super::path::normal;
use super::{Error, FileFact, Found, Subject};
use crate::domain::Os;
use crate::domain::json::{self, Unread};

/// Where metadata.json lies (`extensions-sdk/architecture/metadata.md`).
const METADATA: &str = "/metadata.json";

/// How many host files are looked for. The longest list seen in a real extension has about 300.
const MAX_PROGRAMS: usize = 2_000;

/// One platform's image as an extension.
#[derive(Debug, Clone)]
pub struct Extension {
    /// metadata.json, or why there is none to read.
    pub metadata: Result<Metadata, String>,
    /// The files that metadata.json lists for users' machines, in its order.
    pub host: Vec<Program>,
    /// The program that a container of the image starts, if it says one.
    pub backend: Option<Program>,
}

/// metadata.json.
#[derive(Debug, Clone)]
pub struct Metadata {
    /// Its text, without a byte order mark.
    pub text: String,
    /// What it says.
    pub value: Value,
    /// Where it lies.
    pub file: FileFact,
}

/// A program of an image.
#[derive(Debug, Clone)]
pub struct Program {
    /// The operating system that metadata.json lists it for; none of a backend.
    pub os: Option<Os>,
    /// Its path as it is written.
    pub path: String,
    /// What is there.
    pub found: Found,
}

/// Whether a layer that `cargo dext package` made cannot hold a path: those of programs hold one file each, and
/// metadata.json lies in the lowest of all.
pub(super) fn cannot_hold(layer: &Layer, path: &str) -> bool {
    let program = |name: &str| name.starts_with("backend ") || name.starts_with("host ");
    layer.ours && layer.name.as_deref().is_some_and(program) && path == normal(METADATA)
}

impl Subject<'_> {
    /// Finds out what Docker Desktop would take out of a platform's image.
    ///
    /// # Errors
    /// When a layer that had to be read is damaged or hostile.
    pub fn extension(&self, platform: &Platform) -> Result<Extension, Error> {
        let metadata = self.metadata(platform)?;
        let listed = metadata.as_ref().map(|metadata| host_files(&metadata.value)).unwrap_or_default();
        let wanted: Vec<&str> = listed.iter().map(|(_, path)| path.as_str()).collect();
        let found = self.files(platform, &wanted)?;
        let host = listed.into_iter().filter_map(|(os, path)| {
            let found = found.get(&path)?.clone();
            Some(Program { os: Some(os), path, found })
        });
        Ok(Extension { host: host.collect(), backend: self.backend(platform)?, metadata })
    }

    /// The program that a container starts: the first one of its places that is there, else the first place.
    fn backend(&self, platform: &Platform) -> Result<Option<Program>, Error> {
        let mut started = None;
        for path in &self.backend_paths(platform) {
            let found = self.files(platform, &[path])?.remove(path);
            let Some(found) = found else { continue };
            let is_there = matches!(found, Found::File(_));
            if is_there || started.is_none() {
                started = Some(Program { os: None, path: path.clone(), found });
            }
            if is_there {
                break;
            }
        }
        Ok(started)
    }

    fn metadata(&self, platform: &Platform) -> Result<Result<Metadata, String>, Error> {
        let found = self.files(platform, &[METADATA])?.remove(METADATA);
        let Some(Found::File(file)) = found else { return Ok(Err("there is no /metadata.json".to_owned())) };
        let Some(looks) = file.looks.clone() else { return Ok(Err("/metadata.json is no regular file".to_owned())) };
        let Some(content) = &looks.content else {
            return Ok(Err(format!("/metadata.json has {} bytes, and is not read", file.size)));
        };
        let content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
        Ok(match json::read(content, json::MAX_VALUES) {
            Ok(value) => Ok(Metadata { text: String::from_utf8_lossy(content).into_owned(), value, file }),
            Err(Unread::Json(error)) => Err(format!("/metadata.json is no JSON: {error}")),
            Err(Unread::TooMany { found, .. }) => Err(format!("/metadata.json has {found} values, and is not read")),
        })
    }

    /// The places where the first program may be: its path, or as the shell would look, those on `PATH`.
    fn backend_paths(&self, platform: &Platform) -> Vec<String> {
        let execution = platform.execution();
        let words = execution.entrypoint.filter(|words| !words.is_empty()).or(execution.cmd).unwrap_or_default();
        let Some(program) = words.into_iter().next().filter(|word| !word.is_empty()) else { return Vec::new() };
        if program.contains('/') {
            let base = execution.working_dir.unwrap_or_default();
            return vec![if program.starts_with('/') { program } else { format!("{base}/{program}") }];
        }
        let env = execution.env.unwrap_or_default();
        let path = env.iter().find_map(|variable| variable.strip_prefix("PATH="));
        let folders = path.unwrap_or("/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin").split(':');
        folders.take(20).map(|folder| format!("{folder}/{program}")).collect()
    }
}

/// The files of `host.binaries`, in the one shape that is alive; anything else is passed over.
fn host_files(metadata: &Value) -> Vec<(Os, String)> {
    let groups = metadata["host"]["binaries"].as_array().into_iter().flatten();
    let files = groups.filter_map(Value::as_object).flatten().flat_map(|(os, files)| {
        let os: Option<Os> = os.parse().ok();
        let files = files.as_array().into_iter().flatten();
        files.filter_map(move |file| Some((os?, file["path"].as_str()?.to_owned())))
    });
    files.take(MAX_PROGRAMS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_files_are_found_in_the_shape_that_is_alive() {
        let metadata = serde_json::json!({ "host": { "binaries": [
            { "darwin": [{ "path": "/d/a" }, { "path": "/d/b" }], "plan9": [{ "path": "/x" }] },
            { "windows": [{ "path": 1 }, {}], "linux": { "path": "/dead" } },
            [], 1, null,
            { "linux": [{ "path": "/l" }] },
        ] } });
        let found: Vec<String> = host_files(&metadata).into_iter().map(|(os, path)| format!("{os} {path}")).collect();
        assert_eq!(found, ["darwin /d/a", "darwin /d/b", "linux /l"]);
        assert!(host_files(&serde_json::json!([])).is_empty());
    }
}
