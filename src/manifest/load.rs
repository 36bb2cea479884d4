//! Asks Cargo for the workspace and reads the extension's table.

use std::path::{Path, PathBuf};

use cargo_metadata::Metadata;

use super::convert::{Facts, convert, packages};
use super::error::{Error, Located};
use super::extension::{Extension, Origin};
use super::locate::Locator;
use super::mistake::Mistake;
use super::select::{Holder, dependencies, select};
use crate::sys::{self, Env, Invocation};

/// What the command line says of the workspace; the names are Cargo's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// `--manifest-path`
    pub manifest_path: Option<PathBuf>,
    /// `--package`: a member's name, or `name@version`.
    pub package: Option<String>,
    /// `--target-dir`
    pub target_dir: Option<PathBuf>,
    /// `--features`
    pub features: Vec<String>,
    /// `--all-features`
    pub all_features: bool,
    /// `--no-default-features`
    pub no_default_features: bool,
    /// `--locked`
    pub locked: bool,
    /// `--offline`
    pub offline: bool,
    /// `--frozen`
    pub frozen: bool,
}

/// Reads the extension that `request` asks for.
///
/// # Errors
/// When Cargo fails, when no table or more than one is in question, or when the table has mistakes: then all
/// of them are in the error.
pub fn load(request: &Request, env: &Env) -> Result<Extension, Error> {
    let metadata = invocation(request, env).read()?;
    from_metadata(&metadata, request.package.as_deref(), &env.cwd, &sys::fs::read_text)
}

/// The `cargo metadata` call.
#[must_use]
pub fn invocation(request: &Request, env: &Env) -> Invocation {
    let mut call = Invocation::new(env.cargo()).args(["metadata", "--format-version", "1"]);
    if let Some(path) = &request.manifest_path {
        call = call.arg("--manifest-path").arg(path);
    }
    if !request.features.is_empty() {
        call = call.arg("--features").arg(request.features.join(","));
    }
    let flags = [
        ("--all-features", request.all_features),
        ("--no-default-features", request.no_default_features),
        ("--locked", request.locked),
        ("--offline", request.offline),
        ("--frozen", request.frozen),
    ];
    call = call.args(flags.into_iter().filter(|(_, set)| *set).map(|(flag, _)| flag));
    // `cargo metadata` has no `--target-dir`; the variable is what Cargo's own flag overrides.
    if let Some(dir) = &request.target_dir {
        call = call.env("CARGO_TARGET_DIR", env.cwd.join(dir));
    }
    if env.cwd.as_os_str().is_empty() { call } else { call.cwd(&env.cwd) }
}

/// Reads the extension from what `cargo metadata` printed. `read` reads text files: the manifest, and those
/// that the table names.
///
/// # Errors
/// As [`load`].
pub fn from_metadata(
    printed: &str,
    package: Option<&str>,
    cwd: &Path,
    read: &dyn Fn(&Path) -> Result<String, sys::fs::Error>,
) -> Result<Extension, Error> {
    let metadata: Metadata = serde_json::from_str(printed)?;
    let holder = select(&metadata, package)?;
    let manifest = holder.manifest(&metadata);
    // Cargo has just read this file. Should it be gone, mistakes have no line, and that is all.
    let text = read(&manifest).unwrap_or_default();
    let origin = holder.origin(&metadata, &text);
    let facts = holder.facts(&metadata, &text);
    let mut extension = convert(holder.table(&metadata), &origin, &facts, read)
        .map_err(|mistakes| Error::Invalid(located(mistakes, &manifest, cwd, &text)))?;
    let members = packages(extension.vm.as_ref(), extension.host.as_ref());
    extension.origin.dependencies = dependencies(&metadata, &members);
    Ok(extension)
}

/// What Cargo says of a manifest that has no table yet, from what `cargo metadata` printed and the manifest's text.
///
/// # Errors
/// When the output cannot be understood.
pub fn place(printed: &str, manifest: &Path, text: &str) -> Result<(Origin, Facts), Error> {
    let metadata: Metadata = serde_json::from_str(printed)?;
    let holder = Holder::of(&metadata, manifest);
    Ok((holder.origin(&metadata, text), holder.facts(&metadata, text)))
}

fn located(mistakes: Vec<Mistake>, manifest: &Path, cwd: &Path, text: &str) -> Vec<Located> {
    let locator = Locator::new(text);
    let file = manifest.strip_prefix(cwd).unwrap_or(manifest).display();
    let mut mistakes: Vec<_> = mistakes.into_iter().map(|mistake| (locator.locate(&mistake.path), mistake)).collect();
    // In the order of the file, which is the order in which they are mended.
    mistakes.sort_by_key(|(location, _)| location.map(|location| (location.line, location.column)));
    let place = |location: Option<super::locate::Location>, mistake: &Mistake| match location {
        Some(location) => format!("{file}:{location} ({})", mistake.path),
        None => format!("{file} ({})", mistake.path),
    };
    mistakes.into_iter().map(|(location, mistake)| Located { place: place(location, &mistake), mistake }).collect()
}

#[cfg(test)]
mod tests {
    use snapbox::{assert_data_eq, str};

    use super::*;
    use crate::domain::Explain;

    /// `cargo metadata` as recorded in made-up workspaces, their folder renamed to `/ext`.
    fn recorded(name: &str) -> (&'static str, &'static str) {
        match name {
            "package" => (include_str!("../../tests/fixtures/metadata/package.json"), ""),
            "member" => (include_str!("../../tests/fixtures/metadata/member.json"), ""),
            "workspace" => (
                include_str!("../../tests/fixtures/metadata/workspace.json"),
                include_str!("../../tests/fixtures/metadata/workspace.toml"),
            ),
            "several" => (include_str!("../../tests/fixtures/metadata/several.json"), ""),
            "none" => (include_str!("../../tests/fixtures/metadata/none.json"), ""),
            "mistakes" => (
                include_str!("../../tests/fixtures/metadata/mistakes.json"),
                include_str!("../../tests/fixtures/metadata/mistakes.toml"),
            ),
            other => panic!("{other} is not recorded"),
        }
    }

    fn read(name: &str, package: Option<&str>) -> Result<Extension, Error> {
        let (metadata, manifest) = recorded(name);
        from_metadata(metadata, package, Path::new("/ext"), &|path| {
            assert!(path.ends_with("Cargo.toml"), "{}", path.display());
            Ok(manifest.to_owned())
        })
    }

    fn refused(name: &str, package: Option<&str>) -> String {
        shown(&read(name, package).expect_err(name))
    }

    /// What the terminal shows.
    fn shown(error: &Error) -> String {
        let line = |label: &str, text: Option<String>| text.map(|text| format!("{label}{text}\n")).unwrap_or_default();
        format!("{error}\n{}{}", line("--> ", error.place()), line("help: ", error.help()))
    }

    #[test]
    fn a_package_is_read() {
        let extension = read("package", None).expect("read");
        let origin = &extension.origin;
        assert_eq!((extension.name.as_str(), extension.version.to_string().as_str()), ("disk-usage", "0.1.0"));
        assert_eq!(extension.description, "What disk-usage does");
        assert_eq!(origin.key, "package.metadata.extension");
        assert_eq!(origin.package.as_deref(), Some("disk-usage"));
        assert_eq!((origin.dir.as_path(), origin.target_dir.as_path()), (Path::new("/ext"), Path::new("/ext/target")));
        assert_eq!(origin.license.as_deref(), Some("MIT"));
        assert_eq!(origin.repository.as_deref(), Some("https://example.com/disk-usage"));
        // The crate that only tests use is no part of a binary; the one for Windows only is.
        assert_eq!(origin.dependencies, ["builder-sys", "leaf", "win-sys"]);
        let bins: Vec<_> = origin.bins.iter().map(|bin| (bin.name.as_str(), bin.required_features.join(","))).collect();
        assert_eq!(bins, [("backend", String::new()), ("dutool", "full".to_owned())]);
        assert_eq!(extension, read("package", Some("disk-usage@0.1.0")).expect("read"));
    }

    #[test]
    fn the_only_member_with_a_table_is_found() {
        let extension = read("member", None).expect("read");
        assert_eq!(extension.name, "backend");
        assert_eq!(extension.origin.dir, Path::new("/ext/backend"));
        assert_eq!(extension.origin.workspace_root, Path::new("/ext"));
        let host = extension.host.expect("host files");
        assert!(format!("{:?}", host[0].files).contains(r#"package: "tools""#));
    }

    #[test]
    fn a_workspace_has_a_table_of_its_own() {
        let extension = read("workspace", None).expect("read");
        assert_eq!(extension.name, "ext");
        assert_eq!(extension.version.to_string(), "2.0.0-rc.1");
        assert_eq!(extension.description, "See what fills your disk");
        assert_eq!(extension.origin.key, "workspace.metadata.extension");
        assert_eq!(extension.origin.manifest_path, Path::new("/ext/Cargo.toml"));
        assert_eq!((extension.origin.package, extension.origin.license.as_deref()), (None, Some("Apache-2.0")));
    }

    #[test]
    fn the_bases_of_all_tables_are_known() {
        let metadata: serde_json::Value = serde_json::from_str(recorded("several").0).expect("JSON");
        let with = |bases: [&str; 3]| {
            let mut metadata = metadata.clone();
            let [members, workspace] = [&bases[..2], &bases[2..]];
            let tables = metadata["packages"].as_array_mut().expect("packages").iter_mut();
            for (package, base) in tables.filter(|p| p["metadata"]["extension"].is_object()).zip(members) {
                package["metadata"]["extension"]["vm"]["base"] = (*base).into();
            }
            metadata["metadata"]["extension"]["vm"]["base"] = workspace[0].into();
            let metadata: Metadata = serde_json::from_value(metadata).expect("metadata");
            let origin = select(&metadata, Some("two")).expect("there").origin(&metadata, "");
            origin.bases.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        let alpine = "docker.io/library/alpine:3.20";
        assert_eq!(with(["alpine:3.20", "ghcr.io/a/b", "alpine:3.20"]), [alpine, "ghcr.io/a/b"]);
        assert_eq!(with(["scratch", "./no/reference", "alpine:3.20"]), [alpine]);
    }

    #[test]
    fn several_tables_need_a_choice() {
        assert_eq!(read("several", Some("two")).expect("read").name, "two");
        assert_eq!(read("several", None).expect("the one at hand").name, "all");
        let three = recorded("several").0.replace("\"root\": null", "\"root\": \"path+file:///ext/three#0.1.0\"");
        let error = from_metadata(&three, None, Path::new("/ext"), &|_| Ok(String::new())).expect_err("none at hand");
        assert_data_eq!(
            shown(&error),
            str![[r#"
there are several extensions in this workspace: `one`, `two` and the workspace's own
help: choose one, as with `-p one`; the workspace's: `--manifest-path /ext/Cargo.toml`

"#]]
        );
        assert_data_eq!(
            refused("several", Some("three")),
            str![[r#"
the package `three` is no extension: its Cargo.toml has no `[package.metadata.extension]`
--> /ext/three/Cargo.toml
help: extensions are `one`, `two`

"#]]
        );
        assert_data_eq!(
            refused("several", Some("tow")),
            str![[r#"
there is no package `tow` in this workspace
help: did you mean `two`?

"#]]
        );
        assert_data_eq!(
            refused("several", Some("zebra")),
            str![[r#"
there is no package `zebra` in this workspace
help: packages are `one`, `three`, `two`

"#]]
        );
    }

    #[test]
    fn without_a_table_there_is_no_extension() {
        assert_data_eq!(
            refused("none", None),
            str![[r#"
there is no extension in this workspace: no Cargo.toml has the table for it
--> /ext/Cargo.toml
help: add `[package.metadata.extension]` with `title` and `vendor` to the extension's package

"#]]
        );
        assert_data_eq!(
            refused("none", Some("none")),
            str![[r#"
the package `none` is no extension: its Cargo.toml has no `[package.metadata.extension]`
--> /ext/Cargo.toml
help: add `[package.metadata.extension]` with `title` and `vendor`

"#]]
        );
        assert!(from_metadata("{", None, Path::new(""), &sys::fs::read_text).is_err());
    }

    #[test]
    fn mistakes_name_their_lines() {
        assert_data_eq!(
            refused("mistakes", None),
            str![[r#"
the extension's table has 2 mistakes
  unknown key `titel`
    --> Cargo.toml:13:1 (package.metadata.extension.titel)
    help: did you mean `title`?
  unknown key `sorce`
    --> Cargo.toml:17:1 (package.metadata.extension.ui.sorce)
    help: did you mean `source`?

"#]]
        );
    }

    #[test]
    fn the_call_has_what_the_command_line_says() {
        let request = Request {
            manifest_path: Some(PathBuf::from("a b/Cargo.toml")),
            target_dir: Some(PathBuf::from("out")),
            features: vec!["x".to_owned(), "y/z".to_owned()],
            all_features: true,
            no_default_features: true,
            locked: true,
            offline: true,
            frozen: true,
            package: Some("not for cargo".to_owned()),
        };
        let mut env = Env::of(&[("CARGO", "/bin/cargo")]);
        env.cwd = PathBuf::from("/ext");
        assert_eq!(
            invocation(&request, &env).to_string(),
            "CARGO_TARGET_DIR=/ext/out /bin/cargo metadata --format-version 1 --manifest-path 'a b/Cargo.toml' \
             --features x,y/z --all-features --no-default-features --locked --offline --frozen"
        );
        let bare = invocation(&Request::default(), &Env::of(&[]));
        assert_eq!((bare.to_string().as_str(), bare.cwd), ("cargo metadata --format-version 1", None));
    }

    /// The one test of this floor that runs Cargo.
    #[test]
    fn cargo_itself_is_asked() {
        let dir = tempfile::tempdir().expect("temp");
        let root = sys::fs::canonical(dir.path()).expect("canonical");
        let manifest = "[package]\nname = \"x\"\nversion = \"1.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
                        [package.metadata.extension]\ntitle = \"X\"\nvendor = \"Y\"\ndescription = \"Z\"\nui = {}\n\
                        marketplace.changelog = { file = \"changes.txt\" }\n";
        for (file, text) in [("Cargo.toml", manifest), ("src/main.rs", "fn main() {}"), ("changes.txt", "new\r\n")] {
            sys::fs::write_atomic(&root.join(file), text.as_bytes()).expect(file);
        }
        let mut env = Env::snapshot().expect("an environment");
        env.cwd = root.clone();
        let request = Request { offline: true, target_dir: Some(PathBuf::from("out")), ..Request::default() };
        let extension = load(&request, &env).expect("read");
        assert_eq!(extension.origin.target_dir, root.join("out"));
        assert_eq!(extension.marketplace.changelog.as_deref(), Some("new"));

        sys::fs::write_atomic(&root.join("Cargo.toml"), b"[package").expect("written");
        let error = load(&request, &env).expect_err("broken");
        assert!(error.to_string().starts_with("`cargo` failed"), "{error}");
        assert!(error.to_string().contains("Cargo.toml:1:9"), "{error}");
    }
}
