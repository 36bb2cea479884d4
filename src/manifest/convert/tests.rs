//! Tables and the extensions they mean.

use std::path::{Path, PathBuf};

use super::*;
use crate::domain::{Arch, BinName, Digest, ImagePath, Os, Platform, Reference, TargetTriple};
use crate::manifest::extension::{
    Base, BinRef, BuildSettings, Builder, Download, HostFile, HostSource, Marketplace, PlacedFile, UiBuild,
};
use crate::manifest::testing::{extension, facts, json, ordinary_table, origin, texts, told};

fn bin(package: &str, name: &str) -> BinRef {
    BinRef { package: package.to_owned(), name: BinName::new(name).expect(name) }
}

fn path(text: &str) -> ImagePath {
    ImagePath::new(text).expect(text)
}

fn host_file(text: &str, source: HostSource) -> HostFile {
    HostFile { path: path(text), value: text.to_owned(), source, arch: None, fallback: BTreeMap::new() }
}

#[test]
fn defaults_are_filled_in() {
    let extension = extension("vm.bin = 'disk-usage-backend'\nui = {}\n[[host]]\nbin = 'dutool'");
    assert_eq!((extension.name.as_str(), extension.version.to_string().as_str()), ("disk-usage", "1.2.3"));
    assert_eq!(extension.description, "See what fills your disk");
    assert_eq!((extension.icon, extension.image), (None, None));
    assert_eq!(extension.api_version, ">= 0.3.4");
    assert_eq!(extension.marketplace, Marketplace::default());
    assert_eq!(extension.build, BuildSettings::default());
    let ui = extension.ui.expect("a tab");
    assert_eq!((ui.title.as_str(), ui.path, ui.source, ui.build), ("Disk Usage", path("/ui"), None, None));
    let vm = extension.vm.expect("a backend");
    assert_eq!(vm.bin, Some((bin("disk-usage", "disk-usage-backend"), path("/disk-usage-backend"))));
    assert_eq!((vm.base, vm.args, vm.socket), (Base::Scratch, vec![], None));
    let files = &extension.host.expect("host files")[0].files;
    let expected = [
        (Os::Darwin, vec![host_file("/darwin/dutool", HostSource::Bin(bin("disk-usage", "dutool")))]),
        (Os::Windows, vec![host_file("/windows/dutool.exe", HostSource::Bin(bin("disk-usage", "dutool")))]),
        (Os::Linux, vec![host_file("/linux/dutool", HostSource::Bin(bin("disk-usage", "dutool")))]),
    ];
    assert_eq!(files.as_slice(), expected);
}

#[test]
fn binaries_come_from_the_package_that_is_meant() {
    for (toml, package) in [
        ("vm.bin = 'dutool2'", "disk-usage"),
        ("vm = { bin = 'dutool2', package = 'tools' }", "tools"),
        ("vm.bin = 'extra-tool'", "tools"),
        ("vm = { bin = 'twice', package = 'more-tools' }", "more-tools"),
    ] {
        let found = extension(toml).vm.and_then(|vm| vm.bin).map(|(bin, _)| bin.package);
        assert_eq!(found.as_deref(), Some(package), "{toml}");
    }
}

#[test]
fn sources_count_from_the_manifest() {
    let extension = extension(
        r#"
        icon = { source = "./art/icon.png", path = "img/icon.png" }
        ui = { source = "ui/dist", build = { run = "npm run build" } }
        vm = { composefile = "/vm/compose.yaml", image = "example/x@sha256:HASH" }
        files = [
            { source = "/shared/tree", path = "/data/" },
            { source = "run.sh", path = "run.sh", mode = "0755" },
            { source = "a", path = "b", mode = "file" },
        ]
        "#
        .replace("HASH", &"0".repeat(64))
        .as_str(),
    );
    let placed = |source: &str, at: &str, value: &str| PlacedFile {
        source: PathBuf::from(source),
        path: path(at),
        value: value.to_owned(),
    };
    assert_eq!(extension.icon, Some(placed("/ext/art/icon.png", "/img/icon.png", "img/icon.png")));
    let ui = extension.ui.expect("a tab");
    assert_eq!(ui.source.as_deref(), Some(Path::new("/ext/ui/dist")));
    assert_eq!(ui.build.as_ref().map(|build| build.run.as_slice()), Some(&["npm run build".to_owned()][..]));
    assert_eq!(ui.build.map(|UiBuild { dir, .. }| dir), Some(PathBuf::from("/ext/.")));
    let compose = extension.vm.and_then(|vm| vm.composefile);
    assert_eq!(compose, Some(placed("/ext/vm/compose.yaml", "/vm/compose.yaml", "/vm/compose.yaml")));
    let files: Vec<_> =
        extension.files.iter().map(|file| (file.source.as_path(), file.path.as_str(), file.mode)).collect();
    let expected = [
        (Path::new("/shared/tree"), "/data", None),
        (Path::new("/ext/run.sh"), "/run.sh", Some(FileMode::Executable)),
        (Path::new("/ext/a"), "/b", Some(FileMode::File)),
    ];
    assert_eq!(files, expected);
}

#[test]
fn bases_are_told_apart() {
    let alpine = Reference::parse("alpine:3.20").expect("a reference");
    for (toml, base) in [
        ("'scratch'", Base::Scratch),
        ("'alpine:3.20'", Base::Registry(alpine)),
        ("{ layout = 'base/oci' }", Base::Layout(PathBuf::from("/ext/base/oci"), None)),
        ("{ layout = '../oci', tag = 'v1' }", Base::Layout(PathBuf::from("/ext/../oci"), Some("v1".to_owned()))),
    ] {
        let toml = format!("vm = {{ bin = 'dutool', base = {toml} }}");
        assert_eq!(extension(&toml).vm.map(|vm| vm.base), Some(base), "{toml}");
    }
}

#[test]
fn programs_of_others_keep_their_placeholders() {
    let hash = |digit: &str| digit.repeat(64);
    let extension = extension(&format!(
        r#"
        [[host]]
        name = "kubectl"
        url = "http://localhost:8080/{{name}}/{{os}}/{{arch}}/kubectl{{exe}}"
        os = ["windows", "linux"]
        sha256 = {{ windows-amd64 = "{}", linux-amd64 = "sha256:{}", "linux/arm64" = "{}" }}
        fallback = {{ windows-arm64 = "windows-amd64" }}
        "#,
        hash("1"),
        hash("2"),
        hash("A"),
    ));
    let platform = |text: &str| text.parse::<Platform>().expect(text);
    let digest = |digit: &str| Digest::from_hex(&hash(digit)).expect("a digest");
    let download = HostSource::Download(Download {
        name: FileName::new("kubectl").expect("a name"),
        url: "http://localhost:8080/kubectl/{os}/{arch}/kubectl{exe}".to_owned(),
        sha256: BTreeMap::from([
            (platform("windows-amd64"), digest("1")),
            (platform("linux-amd64"), digest("2")),
            (platform("linux-arm64"), digest("a")),
        ]),
    });
    let windows = HostFile {
        fallback: BTreeMap::from([(platform("windows-arm64"), platform("windows-amd64"))]),
        ..host_file("/windows/kubectl.exe", download.clone())
    };
    let expected = [(Os::Windows, vec![windows]), (Os::Linux, vec![host_file("/linux/kubectl", download)])];
    assert_eq!(extension.host.expect("host files")[0].files.as_slice(), expected);
}

#[test]
fn every_image_can_have_the_files_of_both_cpus() {
    let extension =
        extension("[[host]]\nbin = 'dutool'\nos = 'linux'\nall-arches = true\npath = '/{os}/{name}-{arch}{exe}'");
    let source = HostSource::Bin(bin("disk-usage", "dutool"));
    let of = |arch: Arch| HostFile { arch: Some(arch), ..host_file(&format!("/linux/dutool-{arch}"), source.clone()) };
    let expected = [(Os::Linux, vec![of(Arch::Amd64), of(Arch::Arm64)])];
    assert_eq!(extension.host.expect("host files")[0].files.as_slice(), expected);
}

#[test]
fn groups_mix_sources_in_a_fixed_order() {
    let extension = extension(
        r#"
        [[host]]
        linux = ["/elsewhere/listed"]
        file = ["scripts/run.sh"]
        bin = "dutool"
        os = ["linux"]
        path = "host/{os}/{file}"
        "#,
    );
    let expected = vec![
        host_file("host/linux/dutool", HostSource::Bin(bin("disk-usage", "dutool"))),
        host_file("host/linux/run.sh", HostSource::File(PathBuf::from("/ext/scripts/run.sh"))),
        host_file("/elsewhere/listed", HostSource::Listed),
    ];
    assert_eq!(extension.host.expect("host files")[0].files, [(Os::Linux, expected)]);
}

#[test]
fn build_settings_are_read() {
    let extension = extension(
        r#"
        vm = {}
        [build]
        profile = "dist"
        features = ["full", "tools/extra"]
        all-features = true
        no-default-features = true
        macos-minimum = "12.3"
        glibc = "2.28"
        builder = { windows-amd64 = "xwin", linux-arm64 = "cross" }
        triple = { windows-amd64 = "x86_64-pc-windows-msvc", linux-amd64 = "x86_64-unknown-linux-gnu" }
        "#,
    );
    let windows = "windows-amd64".parse().expect("a platform");
    let linux = |arch: Arch| arch.image_platform();
    let triple = |text: &str| TargetTriple::new(text).expect(text);
    let expected = BuildSettings {
        profile: Some("dist".to_owned()),
        features: vec!["full".to_owned(), "tools/extra".to_owned()],
        all_features: true,
        no_default_features: true,
        triple: BTreeMap::from([
            (windows, triple("x86_64-pc-windows-msvc")),
            (linux(Arch::Amd64), triple("x86_64-unknown-linux-gnu")),
        ]),
        builder: BTreeMap::from([(windows, Builder::Xwin), (linux(Arch::Arm64), Builder::Cross)]),
        macos_minimum: Some("12.3".to_owned()),
        glibc: Some("2.28".to_owned()),
    };
    assert_eq!(extension.build, expected);
    let everywhere = self::extension("vm = {}\nbuild.builder = 'zig'").build.builder;
    assert_eq!(everywhere, Platform::ALL.into_iter().map(|platform| (platform, Builder::Zig)).collect());
}

/// Converts a whole table, in a package or in the workspace itself.
fn convert_in(package: Option<&str>, facts: &Facts, toml: &str) -> Result<Extension, String> {
    let key = if package.is_some() { "package.metadata.extension" } else { "workspace.metadata.extension" };
    let origin = Origin { package: package.map(str::to_owned), key, ..origin() };
    convert(json(toml), &origin, facts, &texts).map_err(|mistakes| told(&mistakes))
}

#[test]
fn a_table_needs_its_words() {
    let facts = Facts { description: None, ..facts() };
    let missing = "title: `title` is missing\n  help: add `title = \"…\"`\n\
                   vendor: `vendor` is missing\n  help: add `vendor = \"…\"`\n\
                   description: `description` is missing\n  help: add `description = \"…\"` here or to the package\n";
    assert_eq!(convert_in(Some("disk-usage"), &facts, "vm = {}").expect_err("missing"), missing);
    let odd = convert_in(Some("disk-usage"), &facts, "title = ''\nvendor = ['x']\ndescription = 'x'\nvm = {}");
    assert_eq!(odd.expect_err("odd"), "vendor: expected a string, found a list\ntitle: the text is empty\n");
}

#[test]
fn a_workspaces_version_is_found() {
    let table = "title = 'x'\nvendor = 'y'\n";
    let unknown = Facts { version: None, ..facts() };
    let told = "version: the version, which is the image's tag, is not known\n  \
                help: add `version = \"…\"` here or to `[workspace.package]`\n";
    for (facts, toml, expected) in [
        (&facts(), "vm = {}", Ok("1.2.3")),
        (&facts(), "vm = {}\nversion = '2.0.0-rc.1'", Ok("2.0.0-rc.1")),
        (&unknown, "vm.bin = 'extra-tool'", Ok("0.4.0")),
        (&unknown, "vm.bin = 'extra-tool'\n[[host]]\nbin = 'twice'\npackage = 'tools'", Ok("0.4.0")),
        (&unknown, "vm.bin = 'extra-tool'\n[[host]]\nbin = 'twice'\npackage = 'more-tools'", Err(told)),
        (&unknown, "vm = {}", Err(told)),
        (
            &unknown,
            "vm = {}\nversion = '1.0'",
            Err("version: `1.0` is no semantic version: unexpected end of input while parsing minor version number\n"),
        ),
    ] {
        let version = convert_in(None, facts, &format!("{table}{toml}")).map(|found| found.version.to_string());
        assert_eq!(version.as_deref().map_err(String::as_str), expected, "{toml}");
    }
}

#[test]
fn a_version_must_be_a_tag_and_a_name_a_folder() {
    let table = "title = 'x'\nvendor = 'y'\nvm = {}\n";
    let odd = Facts { version: Some("1.0.0+build".parse().expect("a version")), name: "a:b".to_owned(), ..facts() };
    let name = "name: `a:b` is no bare file name: it has a character that Windows refuses (one of < > : \" | ? *)\n  \
                help: set `name`\n";
    let version = "package.version: the version `1.0.0+build` cannot be the tag of an image\n  \
                   help: a tag is at most 128 letters, digits, `_`, `.` and `-`; leave out what follows the `+`\n";
    assert_eq!(convert_in(Some("disk-usage"), &odd, table).expect_err("odd"), format!("{name}{version}"));
    let named = convert_in(None, &odd, &format!("{table}name = 'x'\nversion = '1.0.0'")).expect("named");
    assert_eq!((named.name.as_str(), named.version.to_string().as_str()), ("x", "1.0.0"));
}

/// Every value below `value`, as JSON pointers.
fn pointers(value: &serde_json::Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        serde_json::Value::Array(list) => {
            list.iter().enumerate().for_each(|(index, item)| pointers(item, &format!("{at}/{index}"), found));
        }
        serde_json::Value::Object(map) => {
            map.iter().for_each(|(key, item)| pointers(item, &format!("{at}/{key}"), found));
        }
        _ => {}
    }
}

#[test]
fn no_value_of_another_kind_is_too_much() {
    let table = json(&format!("title = 'x'\nvendor = 'y'\n{}", ordinary_table()));
    assert!(convert(table.clone(), &origin(), &facts(), &texts).is_ok());
    let mut places = Vec::new();
    pointers(&table, "", &mut places);
    let mut refused = 0;
    for place in &places {
        for strange in
            [json("x = []"), json("x = {}"), json("x = ''"), json("x = '{'"), json("x = -1.5"), json("x = true")]
        {
            let mut table = table.clone();
            *table.pointer_mut(place).expect("the place exists") = strange["x"].clone();
            match convert(table, &origin(), &facts(), &texts) {
                Ok(_) => {}
                Err(mistakes) => {
                    assert!(!mistakes.is_empty(), "{place}: refused without a word");
                    refused += 1;
                }
            }
        }
    }
    // Most strange values are mistakes; texts, paths and `extra` take some of them.
    assert!(refused > places.len() * 4, "only {refused} of {} were refused", places.len() * 6);
}
