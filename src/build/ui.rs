//! The UI's own build: run when its inputs changed, skipped otherwise.

use std::path::Path;

use super::Error;
use crate::domain::Digest;
use crate::plan::UiBuildPlan;
use crate::report::Report;
use crate::sys::{Env, Invocation, fs};

/// Folders that are made by the build or by its tools, and so are no inputs.
const NOT_INPUTS: [&str; 4] = ["node_modules", ".git", "target", ".vite"];

/// Runs the commands, unless inputs and output are as the last run left them.
///
/// # Errors
/// When a command fails or leaves no output folder.
pub fn build(plan: &UiBuildPlan, cache: &Path, env: &Env, report: &dyn Report) -> Result<(), Error> {
    let stamp = cache.join(format!("ui-{}", Digest::of(plan.dir.as_os_str().as_encoded_bytes()).hex()));
    let before = inputs(plan)?;
    if fs::exists(&plan.output) && fs::read_text(&stamp).is_ok_and(|kept| kept == format!("{before} {}", output(plan)))
    {
        report.status("Fresh", format!("UI ({})", plan.dir.display()));
        return Ok(());
    }
    for line in &plan.run {
        report.status("Running", format!("`{line}` in {}", plan.dir.display()));
        shell(line).cwd(&plan.dir).env("CARGO_DEXT", env.current_exe.as_os_str()).run().map_err(Error::Ui)?;
    }
    if !fs::exists(&plan.output) {
        return Err(Error::NoUi(plan.output.clone()));
    }
    // A build that writes among its own inputs, such as a lock file, counts as it is after the build.
    let after = inputs(plan)?;
    Ok(fs::write_atomic(&stamp, format!("{after} {}", output(plan)).as_bytes())?)
}

/// The user's line, run the way the user would type it.
fn shell(line: &str) -> Invocation {
    if cfg!(windows) { Invocation::new("cmd").args(["/C", line]) } else { Invocation::new("sh").args(["-c", line]) }
}

/// A digest of the commands and of every input file's name and content.
fn inputs(plan: &UiBuildPlan) -> Result<Digest, Error> {
    let mut listing = plan.run.join("\n").into_bytes();
    for found in fs::walk_without(&plan.dir, &|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        plan.dir.join(path) == plan.output || NOT_INPUTS.contains(&name.as_ref())
    })? {
        if let fs::Kind::File(_) = found.kind {
            listing.extend_from_slice(found.relative.as_os_str().as_encoded_bytes());
            listing.extend_from_slice(fs::digest(&plan.dir.join(&found.relative))?.to_string().as_bytes());
        }
    }
    Ok(Digest::of(&listing))
}

/// A digest of the output's file names and sizes, so that a removed or emptied output is built again.
fn output(plan: &UiBuildPlan) -> Digest {
    let found = fs::walk(&plan.output).unwrap_or_default();
    Digest::of(format!("{found:?}").as_bytes())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::report::Recorder;

    fn runs(plan: &UiBuildPlan, cache: &Path) -> usize {
        let report = Recorder::default();
        build(plan, cache, &Env::default(), &report).expect("built");
        report
            .events()
            .iter()
            .filter(|event| matches!(event, crate::report::Event::Status { verb: "Running", .. }))
            .count()
    }

    #[test]
    fn it_runs_only_when_something_changed() {
        let dir = tempfile::tempdir().expect("temp");
        let (ui, cache) = (dir.path().join("ui"), dir.path().join("cache"));
        fs::write_atomic(&ui.join("index.in"), b"1").expect("written");
        let run = vec!["mkdir -p dist".to_owned(), "cp index.in dist/index.html".to_owned()];
        let plan = UiBuildPlan { dir: ui.clone(), run, output: ui.join("dist") };
        assert_eq!((runs(&plan, &cache), runs(&plan, &cache)), (2, 0));
        fs::write_atomic(&ui.join("index.in"), b"2").expect("written");
        assert_eq!((runs(&plan, &cache), runs(&plan, &cache)), (2, 0));
        fs::remove_file(&ui.join("dist/index.html")).expect("removed");
        assert_eq!(runs(&plan, &cache), 2);
    }

    #[test]
    fn a_failing_command_is_an_error() {
        let dir = tempfile::tempdir().expect("temp");
        let plan =
            UiBuildPlan { dir: dir.path().to_owned(), run: vec!["exit 3".to_owned()], output: dir.path().join("dist") };
        let error = build(&plan, dir.path(), &Env::default(), &Recorder::default()).expect_err("exit 3");
        assert!(error.to_string().contains("exit status: 3"), "{error}");
    }
}
