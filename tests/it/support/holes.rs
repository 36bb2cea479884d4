//! Known holes in the npm packages of a page.
//!
//! The whole truth is the registry's, which `npm audit` asks; not every registry answers. retire.js judges without one,
//! by a database that comes as a package. That knows the libraries pages are made of, React among them, and little of
//! the tools that build them.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::judges;

/// What a judge found.
#[derive(Debug)]
pub struct Judged {
    /// Whether there is no hole of level high or worse.
    pub sound: bool,
    /// What the judge said, with the name and the version of everything that it knew.
    pub said: String,
}

/// retire.js and its database.
#[derive(Debug)]
pub struct Retire {
    node: PathBuf,
    modules: PathBuf,
}

impl Retire {
    /// Finds them; none where they are missing.
    #[track_caller]
    pub fn find() -> Option<Self> {
        Some(Retire { node: judges::judge("node")?, modules: judges::node_modules()? })
    }

    fn database(&self) -> PathBuf {
        self.modules.join("@salesforce/code-analyzer-retirejs-engine/vulnerabilities/RetireJsVulns.json")
    }

    /// Judges every package of a lock file, also those that only build the page.
    pub fn lock(&self, lock: &Path) -> Judged {
        let script = super::files::checkout().join("tests/it/support/holes_judge.cjs");
        let output = judges::run(&self.node, [&script, &self.modules, &self.database(), lock]);
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        Judged { sound: output.status.success(), said }
    }

    /// Judges the libraries that it recognizes in scripts, whatever the lock file says.
    pub fn scripts(&self, folder: &Path) -> Judged {
        let mut retire = Command::new(&self.node);
        retire.arg(self.modules.join("retire/lib/cli.js")).args(["--deep", "--verbose", "--nocache"]);
        retire.args(["--severity", "high", "--outputformat", "json", "--jsrepo"]).arg(self.database());
        let output = retire.arg("--path").arg(folder).output().expect("Node.js can be started");
        let report: Value = serde_json::from_slice(&output.stdout).expect("retire.js speaks JSON");
        assert_eq!(report["errors"], serde_json::json!([]));
        Judged { sound: output.status.success(), said: report["data"].to_string() }
    }
}

/// What `npm audit` says of holes of level high or worse; none where the registry does not answer that question.
pub fn npm_audit(folder: &Path) -> Option<Judged> {
    let mut npm = Command::new(judges::on_path("npm")?);
    let output = npm.args(["audit", "--audit-level=high"]).current_dir(folder).output().expect("npm can be started");
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    let answered = !said.contains("audit endpoint returned an error");
    answered.then_some(Judged { sound: output.status.success(), said })
}
