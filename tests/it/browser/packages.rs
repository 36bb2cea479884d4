//! The npm packages of the page in React have no known hole of level high or worse.

use serde_json::{Value, json};

use crate::support::holes::{self, Retire};
use crate::support::{files, pages};

#[test]
fn no_package_of_the_page_has_a_serious_hole() {
    let (Some(retire), Some(project)) = (Retire::find(), pages::react()) else { return };
    // What was not recognized was not judged: the React of the lock file must be among it, and be what is shipped.
    let file = project.join("package-lock.json");
    let locked: Value = serde_json::from_slice(&files::read(&file)).expect("JSON");
    let version =
        |name: &str| locked["packages"][format!("node_modules/{name}")]["version"].as_str().expect("a version");
    let lock = retire.lock(&file);
    assert!(lock.sound, "{}", lock.said);
    for name in ["react", "react-dom", "scheduler"] {
        let known = format!("{name} {}", version(name));
        assert!(lock.said.lines().any(|line| line == known), "{known} in\n{}", lock.said);
    }
    let built = retire.scripts(&project.join("dist"));
    assert!(built.sound, "{}", built.said);
    let known = format!(r#""component":"react-dom","version":"{}"#, version("react-dom"));
    assert!(built.said.contains(&known), "{known} in {}", built.said);

    match holes::npm_audit(&project) {
        Some(audit) => assert!(audit.sound, "{}", audit.said),
        None => eprintln!("this registry does not answer `npm audit`: retire.js has judged alone"),
    }
}

#[test]
fn a_hole_would_be_found() {
    let Some(retire) = Retire::find() else { return };
    let temp = tempfile::tempdir().expect("a temporary folder can be made");
    let template = files::read(&files::checkout().join("template/ui-react/package-lock.json"));
    let template: Value = serde_json::from_slice(&template).expect("JSON");
    for (place, version) in [
        ("node_modules/react", "0.13.3"),
        ("node_modules/lodash", "4.17.20"),
        ("node_modules/vite/node_modules/axios", "0.21.1"),
        ("node_modules/moment", "2.29.1"),
    ] {
        let mut lock = template.clone();
        lock["packages"][place] = json!({ "version": version, "dev": true });
        let file = temp.path().join("package-lock.json");
        files::write(&file, lock.to_string().as_bytes());
        let judged = retire.lock(&file);
        assert!(!judged.sound && judged.said.contains("\n  hole: "), "{place} {version}\n{}", judged.said);
    }

    let script = temp.path().join("dist/assets/index-0a1b2c3d.js");
    for (version, sound) in [("0.21.1", false), ("1.99.0", true)] {
        files::write(&script, format!("\"use strict\";\n/*! Axios v{version} */\nconsole.log(1);\n").as_bytes());
        let judged = retire.scripts(&temp.path().join("dist"));
        assert_eq!(judged.sound, sound, "{}", judged.said);
        assert!(judged.said.contains(version), "{}", judged.said);
    }
}

#[test]
fn every_version_is_still_looked_after() {
    let lock = files::read(&files::checkout().join("template/ui-react/package-lock.json"));
    let lock: Value = serde_json::from_slice(&lock).expect("JSON");
    let packages = lock["packages"].as_object().expect("packages");
    // npm writes down what its maintainers have given up, which is often how a hole is answered.
    let given_up: Vec<&String> =
        packages.iter().filter(|(_, package)| package.get("deprecated").is_some()).map(|(place, _)| place).collect();
    assert!(packages.len() > 100 && given_up.is_empty(), "{given_up:?}");
}
