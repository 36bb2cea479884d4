//! `cargo dext import`: a folder with a Dockerfile, or an image, becomes a table, and the report says what became of
//! each part. Every shape of metadata.json and every spelling of a Dockerfile is tested beside the code; here the
//! command is.

mod hostile;
mod images;
mod made;
mod rust;

use serde_json::{Value, json};
use snapbox::{IntoData, assert_data_eq, str};

use crate::support::judges::{self, accept, judge};
use crate::support::sandbox::Sandbox;

/// A package without a table in `new`, and the extension of `tests/fixtures/imported` in `old`.
fn project() -> Sandbox {
    let sandbox = Sandbox::of_named("imported", "old");
    let new = sandbox.root().join("new");
    std::fs::create_dir_all(new.join("src")).expect("a folder");
    std::fs::write(new.join("src/main.rs"), "fn main() {}\n").expect("written");
    std::fs::write(new.join("Cargo.toml"), MANIFEST).expect("written");
    sandbox
}

const MANIFEST: &str = "# A package.\n[package]\nname = \"boxes\" # its name\nversion = \"1.2.0\"\nedition = \"2024\"\n\n\
                        [dependencies]\n# none yet\n";

fn import(sandbox: &Sandbox, words: &[&str]) -> crate::support::sandbox::Outcome {
    sandbox.dext(["import"].iter().chain(words)).cwd(sandbox.root().join("new")).run()
}

fn dext(sandbox: &Sandbox, words: &[&str]) -> String {
    sandbox.dext(words).cwd(sandbox.root().join("new")).run().success().stdout
}

fn files(sandbox: &Sandbox) -> Vec<String> {
    let new = sandbox.root().join("new");
    crate::support::files::fingerprint(&new).into_keys().map(|path| path.to_string_lossy().into_owned()).collect()
}

fn read(sandbox: &Sandbox, path: &str) -> String {
    std::fs::read_to_string(sandbox.root().join(path)).expect(path)
}

#[test]
fn the_report_says_what_became_of_each_part() {
    let sandbox = project();
    let outcome = import(&sandbox, &["../old"]).success();
    assert_data_eq!(outcome.told(), str![[r#"
  Taken over title, vendor, description, icon, api-version, ui.title, ui.source, ui.root, ui.src, ui.backend-socket, vm.composefile, vm.socket, vm.base, host (3), marketplace.publisher-url, marketplace.screenshots, marketplace.detailed-description
  Kept as is extra.provider: no key of the table says it
  Kept as is ui.extra.backend: no key of the table says it
  Kept as is host[2].extra.linux: no key of the table says it
  Kept as is labels."com.docker.desktop.extension.icon": `box.svg` is no web address
  Kept as is labels."com.docker.extension.additional-urls": `marketplace.additional-urls` cannot say it
  Kept as is labels."com.docker.extension.categories": the category ` database` has blanks around it
  Kept as is labels."com.docker.extension.changelog": the text is empty
         New label org.opencontainers.image.version: `1.2.0`, from Cargo.toml
warning: not taken over: the labels of the base image `alpine:3.20`: they are not read
  help: write those that count under `labels`
warning: not taken over: the label com.docker.extension.changelog (line 11 of the Dockerfile) as far as it is made of CHANGELOG
  help: it has no value without `--build-arg`: write the whole text into the table
warning: not taken over: the file of host.binaries[0].windows[0], `/windows/boxctl.exe`: line 31 of the Dockerfile copies `bin/boxctl.exe`, which is not in the folder
  help: name it with `[[files]]` once it is there; or let Cargo build it: in `host[0]`, `bin = "boxctl"` stands for all its lists
warning: not taken over: the file of host.binaries[0].linux[0], `/linux/boxctl`: the command in line 29 of the Dockerfile makes it
  help: name it with `[[files]]` once it is there; or let Cargo build it: in `host[0]`, `bin = "boxctl"` stands for all its lists
warning: not taken over: `CMD` of the image: /service -socket /run/guest-services/backend.sock
  help: name the backend's Cargo binary as `vm.bin`, and its arguments as `vm.args`
warning: unknown key `provider` at the root of metadata.json [E02] (metadata.json: provider)
  help: remove it; it is the label org.opencontainers.image.vendor now
warning: `host.binaries[2].linux[1]` has unknown keys: `arch` [E09] (metadata.json: host.binaries[2].linux[1])
  help: the only key is `path`
warning: the darwin file `/darwin/boxctl` is not in the image: nothing in the Dockerfile puts it into the image; only its base image `alpine:3.20` could bring it [E10] (metadata.json: host.binaries[0].darwin[0].path)
  help: copy the file to that path in the image of every platform, with `COPY --chmod=0755` if it is a program; see `host` in [package.metadata.extension]
warning: the linux file `/host/box.conf` is not in the image: nothing in the Dockerfile puts it into the image; only its base image `alpine:3.20` could bring it [E10] (metadata.json: host.binaries[2].linux[0].path)
  help: copy the file to that path in the image of every platform, with `COPY --chmod=0755` if it is a program; see `host` in [package.metadata.extension]
warning: the linux file `/linux/more` is not in the image: nothing in the Dockerfile puts it into the image; only its base image `alpine:3.20` could bring it [E10] (metadata.json: host.binaries[2].linux[1].path)
  help: copy the file to that path in the image of every platform, with `COPY --chmod=0755` if it is a program; see `host` in [package.metadata.extension]
warning: the label com.docker.extension.changelog is empty [E20] (label com.docker.extension.changelog)
  help: set `marketplace.changelog` in [package.metadata.extension]
warning: the label com.docker.extension.additional-urls is no JSON: key must be a string at line 1 column 3 [E25] (label com.docker.extension.additional-urls)
  help: write `'[{"title":"Support","url":"https://…"}]'`, in single quotes in a Dockerfile; see `marketplace.additional-urls` in [package.metadata.extension]
warning: the API version `0.3.4` matches one version of the SDK only [W22] (label com.docker.desktop.extension.api.version)
  help: write `>= 0.3.4`
warning: the icon label `box.svg` is no http(s) URL [E26] (label com.docker.desktop.extension.icon)
  help: publish the icon on the web and name its URL; see `marketplace.icon-url` in [package.metadata.extension]
warning: blanks in the categories `utility-tools, database` [W28] (label com.docker.extension.categories)
  help: remove the blanks after the commas
     Checked apart from that, the table gives the same metadata.json and labels
      Copied 5 files, `box.svg` to `vm/compose.yaml`
       Added [package.metadata.extension] to Cargo.toml

"#]].raw());
    assert_data_eq!(
        read(&sandbox, "new/Cargo.toml"),
        str![[r##"
# A package.
[package]
name = "boxes" # its name
version = "1.2.0"
edition = "2024"

[dependencies]
# none yet

[package.metadata.extension]
title = "Boxes"
vendor = "Example Ltd"
description = "Sorts boxes"
icon = "box.svg"
api-version = "0.3.4"

[package.metadata.extension.ui]
title = "Boxes"
source = "page"
root = "ui"
src = "index.html"
backend-socket = "backend.sock"

[package.metadata.extension.ui.extra]
backend = { tcp = "9000" }

[package.metadata.extension.vm]
composefile = "vm/compose.yaml"
socket = "backend.sock"
base = "alpine:3.20"

[[package.metadata.extension.host]]
darwin = ["/darwin/boxctl"]
windows = ["/windows/boxctl.exe"]
linux = ["/linux/boxctl"]

[[package.metadata.extension.host]]
file = { darwin = "host/open.sh", windows = "host/open.cmd", linux = "host/open.sh" }
path = "/host/{file}"

[[package.metadata.extension.host]]

[package.metadata.extension.host.extra]
linux = [{ path = "/host/box.conf" }, { path = "/linux/more", arch = "arm64" }]

[package.metadata.extension.marketplace]
publisher-url = "https://example.com"
screenshots = [{ alt = "Main view", url = "https://example.com/1.png" }]
detailed-description = '<p>Sorts "all" boxes</p>'

[package.metadata.extension.labels]
"com.docker.desktop.extension.icon" = "box.svg"
"com.docker.extension.additional-urls" = "[{title:Support,url:https://example.com}]"
"com.docker.extension.categories" = "utility-tools, database"
"com.docker.extension.changelog" = ""

[package.metadata.extension.extra]
provider = "Example Ltd"

"##]]
        .raw()
    );
    assert!(read(&sandbox, "new/Cargo.toml").starts_with(MANIFEST), "every byte stays");
    for (path, from) in [("new/box.svg", "old/box.svg"), ("new/vm/compose.yaml", "old/vm/compose.yaml")] {
        assert_eq!(read(&sandbox, path), read(&sandbox, from));
    }
}

#[test]
fn the_law_by_the_program() {
    let sandbox = project();
    import(&sandbox, &["../old"]).success();
    let parsed = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
    assert_eq!(parsed(&dext(&sandbox, &["metadata"])), parsed(&read(&sandbox, "old/metadata.json")));
    assert_eq!(
        parsed(&dext(&sandbox, &["metadata", "--labels"])),
        json!({
            "org.opencontainers.image.title": "Boxes",
            "org.opencontainers.image.description": "Sorts boxes",
            "org.opencontainers.image.vendor": "Example Ltd",
            "org.opencontainers.image.version": "1.2.0",
            "com.docker.desktop.extension.api.version": "0.3.4",
            "com.docker.desktop.extension.icon": "box.svg",
            "com.docker.extension.screenshots": "[{\"alt\":\"Main view\",\"url\":\"https://example.com/1.png\"}]",
            "com.docker.extension.detailed-description": "<p>Sorts \"all\" boxes</p>",
            "com.docker.extension.publisher-url": "https://example.com",
            "com.docker.extension.additional-urls": "[{title:Support,url:https://example.com}]",
            "com.docker.extension.categories": "utility-tools, database",
            "com.docker.extension.changelog": "",
        })
    );
}

#[test]
fn print_changes_nothing_and_needs_no_package() {
    let sandbox = project();
    let before = files(&sandbox);
    let printed = import(&sandbox, &["../old", "--print"]).success().stdout;
    assert_eq!(files(&sandbox), before);
    assert_eq!(read(&sandbox, "new/Cargo.toml"), MANIFEST);
    import(&sandbox, &["../old"]).success();
    assert_eq!(read(&sandbox, "new/Cargo.toml"), format!("{MANIFEST}\n{printed}"));

    let empty = sandbox.root().join("empty");
    std::fs::create_dir_all(&empty).expect("a folder");
    let again = sandbox.dext(["import", "../old", "--print"]).cwd(&empty).run().success().stdout;
    assert_eq!(again, printed);
}

#[test]
fn a_folder_can_take_its_own_extension_over() {
    let sandbox = project();
    for file in ["Cargo.toml", "src/main.rs"] {
        sandbox.write(file, read(&sandbox, &format!("new/{file}")));
    }
    let before: Vec<_> = sandbox.sources().into_keys().collect();
    let told = sandbox.run(["import", "."]).told();
    assert!(
        told.contains("       Found 5 files, `box.svg` to `vm/compose.yaml`") && !told.contains("Copied"),
        "{told}"
    );
    assert_eq!(sandbox.sources().into_keys().collect::<Vec<_>>(), before);
    let parsed: Value = serde_json::from_str(&sandbox.run(["metadata"]).stdout).expect("JSON");
    assert_eq!(parsed, serde_json::from_str::<Value>(&read(&sandbox, "old/metadata.json")).expect("JSON"));
}

#[test]
fn a_workspace_and_a_member_take_a_table() {
    let sandbox = project();
    let virtual_manifest = "[workspace]\nmembers = [\"new\"]\nresolver = \"3\"\n";
    std::fs::write(sandbox.root().join("Cargo.toml"), virtual_manifest).expect("written");
    let told = sandbox.dext(["import", "old"]).cwd(sandbox.root()).run().success().told();
    assert!(told.contains("nothing says `version = \"…\"`"), "{told}");
    assert!(read(&sandbox, "Cargo.toml").contains("[workspace.metadata.extension]\ntitle = \"Boxes\""));
    sandbox.dext(["import", "old", "--manifest-path", "new/Cargo.toml"]).cwd(sandbox.root()).run().success();
    assert!(read(&sandbox, "new/Cargo.toml").contains("[package.metadata.extension]\ntitle = \"Boxes\""));
}

/// What the program tells, and that it leaves the package as it was.
#[track_caller]
fn refused(sandbox: &Sandbox, words: &[&str]) -> String {
    let new = sandbox.root().join("new");
    let before = crate::support::files::fingerprint(&new);
    let told = import(sandbox, words).failure(1).told();
    assert_eq!(crate::support::files::fingerprint(&new), before, "nothing half-written");
    told
}

#[test]
fn what_is_in_the_way_is_not_touched() {
    let sandbox = project();
    let write = |path: &str, text: &str| {
        let path = sandbox.root().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder above")).expect("a folder");
        std::fs::write(path, text).expect("written");
    };
    write("new/vm/compose.yaml", "mine");
    assert_data_eq!(
        refused(&sandbox, &["../old"]),
        str![[r#"
error: `[ROOT]/new/vm/compose.yaml` exists and is another file than the one to copy
  help: move it away; nothing was changed

"#]]
        .raw()
    );
    std::fs::remove_dir_all(sandbox.root().join("new/vm")).expect("removed");
    write("new/vm", "a file");
    assert!(refused(&sandbox, &["../old"]).contains("[ROOT]/new/vm"), "a file where a folder is due");
    std::fs::remove_file(sandbox.root().join("new/vm")).expect("removed");
    import(&sandbox, &["../old"]).success();
    assert_data_eq!(
        refused(&sandbox, &["../old"]),
        str![[r#"
error: Cargo.toml has `[package.metadata.extension]` already
  --> [ROOT]/new/Cargo.toml
  help: remove it, or pass `--print` and take over what you want by hand

"#]]
        .raw()
    );
}

#[test]
fn what_cannot_be_read_is_said() {
    let sandbox = project();
    assert_data_eq!(
        refused(&sandbox, &["../nowhere"]),
        str![[r#"
error: `../nowhere` is neither a layout nor an archive nor an image reference: nothing is there
  help: name a folder or file that exists, or an image as `docker pull` takes it, e.g. example/tool:1.0.0

"#]]
        .raw()
    );
    assert_data_eq!(
        refused(&sandbox, &["."]),
        str![[r#"
error: there is no metadata.json in `[ROOT]/new` (E01)
  help: name the folder of an extension, with metadata.json and Dockerfile, or its image

"#]]
        .raw()
    );
    assert_data_eq!(
        refused(&sandbox, &["../old", "--manifest-path", "../old/Cargo.toml"]),
        str![[r#"
error: there is no Cargo.toml in `[ROOT]/new/../old`
  help: make a package first, with `cargo init`; or pass `--print` to look at the table

"#]]
        .raw()
    );
    sandbox.write("metadata.json", "{\n  \"ui\": {\n    \"root\": \"ui\",\n  }\n}");
    assert_data_eq!(
        refused(&sandbox, &["../old"]),
        str![[r#"
error: metadata.json is no JSON: trailing comma (E01)
  --> [ROOT]/old/metadata.json:4:3
  help: Docker refuses it as well: mend it first

"#]]
        .raw()
    );
    sandbox.write("metadata.json", "{\"icon\": \"x.svg\"}");
    assert_data_eq!(
        refused(&sandbox, &["../old"]),
        str![[r#"
error: metadata.json has neither `ui` nor `vm` nor `host` (E04)
  help: Docker refuses it as well: an extension has at least one of them

"#]]
        .raw()
    );
    sandbox.write("metadata.json", "x".repeat((1 << 20) + 1));
    assert!(refused(&sandbox, &["../old"]).contains("it is larger than 1048576 bytes"));
    std::fs::remove_file(sandbox.path("metadata.json")).expect("removed");
    std::fs::create_dir(sandbox.path("metadata.json")).expect("a folder");
    assert!(refused(&sandbox, &["../old"]).contains("there is no metadata.json"));
}

#[test]
fn what_leads_out_of_the_folder_is_not_taken() {
    let sandbox = project();
    std::fs::write(sandbox.root().join("secret"), "secret").expect("written");
    std::fs::remove_file(sandbox.path("box.svg")).expect("removed");
    std::os::unix::fs::symlink("../secret", sandbox.path("box.svg")).expect("a link");
    std::os::unix::fs::symlink("../../secret", sandbox.path("page/link")).expect("a link");
    let told = import(&sandbox, &["../old"]).success().told();
    assert!(told.contains("line 26 of the Dockerfile copies `box.svg`, which is not in the folder"), "{told}");
    assert!(told.contains("not copied, because no regular file: `page/link`"), "{told}");
    assert!(!sandbox.root().join("new/box.svg").exists() && !sandbox.root().join("new/page/link").exists());
    assert!(sandbox.root().join("new/page/index.html").exists());
    std::fs::remove_file(sandbox.path("metadata.json")).expect("removed");
    std::os::unix::fs::symlink("../secret", sandbox.path("metadata.json")).expect("a link");
    assert!(import(&sandbox, &["../old", "--print"]).failure(1).told().contains("there is no metadata.json"));
}

#[test]
fn odd_bytes_do_no_harm() {
    let sandbox = project();
    let mut dockerfile = std::fs::read(sandbox.path("Dockerfile")).expect("read");
    dockerfile.extend(b"\nLABEL a=\xff\xfe\x00 b=\x1b[31m\nFROM \xff\nCOPY \xff /\n");
    sandbox.write("Dockerfile", dockerfile);
    let told = import(&sandbox, &["../old", "--print"]).success().told();
    assert!(!told.contains('\u{1b}'), "{told}");
    for dockerfile in ["", "\0", "FROM", "# nothing"] {
        sandbox.write("Dockerfile", dockerfile);
        import(&sandbox, &["../old", "--print"]).success();
    }
    std::fs::remove_file(sandbox.path("Dockerfile")).expect("removed");
    let told = import(&sandbox, &["../old", "--print"]).success().told();
    assert!(told.contains("there is no Dockerfile beside metadata.json"), "{told}");
}

/// Labels in every spelling that real Dockerfiles have, without those in which buildah and BuildKit differ:
/// `${X-y}`, and an `ARG` of a stage that another is built on.
const LABELS: &str = r#"
ARG OUT=global
FROM scratch AS unused
LABEL unused=1
FROM scratch AS base
LABEL base.label=1 over=base
FROM base
ARG OUT
ARG UNSET
ENV E1=one E2=$E1
LABEL a=b c="d e" 
label multi=1 \  
   multi2="x y" \
   # comment

   multi3='[{"alt":"One \"two\"","url":"x"}]'
LABEL esc="[{\"alt\":\"O'ne\"}]"
LABEL reopen="[{"alt":"one"}]"
LABEL mix="x"'y'z e1="" e2=''
LABEL esc2="x\ny\\z\""
LABEL esc3=x\ y\\z
LABEL cont="x\
   y"
LABEL nextline=\
"v w"
LABEL url=https://example.com/x?y=z&w#v
LABEL old b  c
LABEL oldq "b c"
LABEL over=mine
LABEL v1=$OUT v2=${OUT} v3="${OUT}2" v4='$OUT' v5=\$OUT v6=$OUTy v7=${OUT}y v9=$E1 v10=$E2
LABEL d1=${UNSET:-d} d3=${UNSET:+d} d4=${OUT:+d} d5=${UNSET:-${OUT:-2}} d6=${UNSET:-"q"}
LABEL s1=$ s2=$UNSET-x
"#;

#[test]
fn labels_are_those_that_a_builder_sets() {
    let Some(buildah) = judge("buildah").filter(|_| judges::is_root()) else { return };
    let sandbox = project();
    sandbox.write("Dockerfile", LABELS);
    let folder = |name: &str| sandbox.root().join(name).display().to_string();
    let (root, run, context) = (folder("storage"), folder("run"), sandbox.project().display().to_string());
    let store = ["--storage-driver", "vfs", "--root", &root, "--runroot", &run];
    let ask = |words: &[&str]| accept(&buildah, store.iter().chain(words));
    ask(&["build", "--quiet", "--isolation", "chroot", "--tag", "judged", &context]);
    let said: Value = serde_json::from_str(&ask(&["inspect", "--type", "image", "judged"])).expect("JSON");
    let mut theirs = said["Docker"]["config"]["Labels"].clone();
    theirs.as_object_mut().expect("labels").remove("io.buildah.version");

    import(&sandbox, &["../old"]).success();
    // The vendor is the one thing that the table lacks, and no label says it here.
    let manifest = read(&sandbox, "new/Cargo.toml");
    let table = "[package.metadata.extension]\n";
    let whole = manifest.replace(table, &format!("{table}vendor = \"x\"\ndescription = \"x\"\n"));
    std::fs::write(sandbox.root().join("new/Cargo.toml"), whole).expect("written");
    let mut ours: Value = serde_json::from_str(&dext(&sandbox, &["metadata", "--labels"])).expect("JSON");
    let of_the_table = |name: &str| name.starts_with("org.") || name.starts_with("com.");
    ours.as_object_mut().expect("labels").retain(|name, _| !of_the_table(name));
    assert_eq!(ours, theirs);
    assert_eq!(ours["reopen"], "[{alt:one}]");
}
