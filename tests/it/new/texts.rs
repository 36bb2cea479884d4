//! Whatever texts and names an extension is given, others read them back from its files.

use std::process::Command;

use super::new;
use crate::support::files;
use crate::support::judges;
use crate::support::sandbox::Sandbox;

/// Texts that mean something in one language or another.
const NASTY: [&str; 12] = [
    r#"Größe "x" & 'y' <b>\ z"#,
    "</title></script><script>alert(1)</script>",
    "{{name}} {{#rust}} {{/rust}}",
    "${HOME} $(id) `id` %PATH% ${{ secrets.X }}",
    "# a *b* _c_ ~~d~~ [e](https://example.com) ![f](g) | h",
    "&amp; &lt; &#65; &copy",
    "\\u0041 \\n \\\\ \\\"",
    "\"\"\" ''' \" '",
    "🦀 容量 e\u{301} \u{202e}txet\u{202c} \u{2028}x",
    "- 1. + > --- ===",
    "@someone #12 :smile: www.example.com a@example.com",
    "key: value # no comment",
];

/// Names that are words of Rust, of Cargo or of its standard crates, and names of every shape.
const NAMES: [&str; 12] =
    ["fn", "test", "core", "self", "crate", "async-std", "a1-2b", "disk_usage", "x", "super", "build", "deps"];

#[test]
fn other_readers_find_the_texts_as_they_were_said() {
    let Some(python) = judges::python() else { return };
    let sandbox = Sandbox::empty();
    let mut words = vec![files::checkout().join("tests/it/support/texts_judge.py").display().to_string()];
    let parts = [&[][..], &["--no-host"], &["--no-backend", "--no-host"]];
    for (index, (text, name)) in NASTY.into_iter().zip(NAMES).enumerate() {
        let texts = ["title", "vendor", "description"].map(|what| format!("--{what}={text}"));
        let texts = texts.each_ref().map(String::as_str);
        let flags = [&["--name", name, "--vcs", "none"][..], &texts, parts[index % parts.len()]].concat();
        new(&sandbox, &[&[index.to_string().as_str()], &flags[..]].concat()).success();
        words.extend([sandbox.path(index.to_string()).display().to_string(), text.to_owned()]);
        // Cargo takes the manifests: no package and no program has a name that it refuses.
        let mut cargo = Command::new("cargo");
        cargo.args(["metadata", "--format-version", "1", "--no-deps", "--offline"]).env("RUSTUP_AUTO_INSTALL", "0");
        let output = cargo.current_dir(sandbox.path(index.to_string())).output().expect("cargo can be started");
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        // And this program says the same title again.
        let said = sandbox.dext(["metadata", "--labels"]).cwd(sandbox.path(index.to_string())).run().success();
        let labels: serde_json::Value = serde_json::from_str(&said.stdout).expect("JSON");
        assert_eq!(labels["org.opencontainers.image.title"], text);
    }
    assert_eq!(judges::accept(&python, &words), "");
    // A judge that accepts everything would prove nothing.
    words.truncate(2);
    words.push("another text".to_owned());
    judges::refuse(&python, &words);
}
