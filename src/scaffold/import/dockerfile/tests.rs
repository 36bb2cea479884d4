//! Every spelling of labels and copies that real Dockerfiles have, in files of our own.

use std::collections::BTreeMap;

use super::*;
use crate::scaffold::import::start::Command;
use crate::sys::fs::Kind;

mod beside;

/// A folder that is made up: files, and the folders above them.
struct Made(Vec<&'static str>);

impl Context for Made {
    fn kind(&self, path: &str) -> Option<Kind> {
        let folder = if path.is_empty() { String::new() } else { format!("{path}/") };
        match self.0.contains(&path) {
            true => Some(Kind::File(1)),
            false => self.0.iter().any(|file| file.starts_with(&folder)).then_some(Kind::Dir),
        }
    }

    fn names(&self, path: &str) -> Vec<String> {
        let folder = if path.is_empty() { String::new() } else { format!("{path}/") };
        let below = self.0.iter().filter_map(|file| file.strip_prefix(&folder)?.split('/').next());
        let names: std::collections::BTreeSet<&str> = below.collect();
        names.into_iter().map(str::to_owned).collect()
    }
}

fn labels(text: &str) -> BTreeMap<String, String> {
    Dockerfile::read(text).labels().into_iter().map(|(name, label)| (name, label.value)).collect()
}

#[track_caller]
fn check(text: &str, expected: &[(&str, &str)]) {
    let expected: BTreeMap<String, String> =
        expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let read = Dockerfile::read(text);
    assert_eq!(labels(text), expected, "{text}\n{:?}", read.broken);
}

#[test]
fn every_spelling_of_a_label() {
    for (text, expected) in [
        // One in a line, several in a line, several lines.
        ("LABEL a=b", &[("a", "b")][..]),
        ("label A=b c=d", &[("A", "b"), ("c", "d")]),
        ("LABEL a=b \\\n  c=d \\\n\n  # between\n  e=\"f g\"", &[("a", "b"), ("c", "d"), ("e", "f g")]),
        ("LABEL a=b \\  \t\n      c=d", &[("a", "b"), ("c", "d")]),
        ("LABEL a=b\\\nc=d", &[("a", "bc=d")]),
        // A value that begins on the next line.
        ("LABEL a=\\\n\"x y\"", &[("a", "x y")]),
        ("LABEL a=\\\n   \"x\" b=c", &[]),
        // Quotes.
        (r#"LABEL a='[{"alt":"One \"two\"","url":"x"}]'"#, &[("a", r#"[{"alt":"One \"two\"","url":"x"}]"#)]),
        (r#"LABEL a="[{\"alt\":\"O'ne\"}]""#, &[("a", r#"[{"alt":"O'ne"}]"#)]),
        (r#"LABEL a="[{"alt":"one"}]""#, &[("a", "[{alt:one}]")]),
        (r#"LABEL a="x"'y'z b="" c=''"#, &[("a", "xyz"), ("b", ""), ("c", "")]),
        (r#"LABEL "a b"="c" "#, &[("a b", "c")]),
        (r#"LABEL a="x\ny\\z\"""#, &[("a", "x\\ny\\z\"")]),
        (r"LABEL a=x\ y\\z", &[("a", r"x y\z")]),
        ("LABEL a=\"x\\\n   y\"", &[("a", "x   y")]),
        // Two escapes at the end of a line join nothing.
        ("LABEL a=x\\\\\nLABEL b=c", &[("a", "x\\"), ("b", "c")]),
        ("LABEL a=https://example.com/x?y=z&w#v", &[("a", "https://example.com/x?y=z&w#v")]),
        // The old form.
        ("LABEL a b  c", &[("a", "b  c")]),
        ("LABEL a \"b c\"", &[("a", "b c")]),
        // Twice.
        ("LABEL a=b\nLABEL a=c", &[("a", "c")]),
        // What Docker refuses sets nothing.
        ("LABEL a=b c", &[]),
        ("LABEL a", &[]),
        ("LABEL", &[]),
        ("LABEL a=\"b", &[]),
        ("LABEL a=${b", &[]),
    ] {
        check(&format!("FROM scratch\n{text}\n"), expected);
        check(&format!("\u{feff}FROM scratch\r\n{}\r\n", text.replace('\n', "\r\n")), expected);
    }
}

#[test]
fn escapes_of_windows() {
    let text = "# escape=`\n\nFROM scratch\nLABEL a=C:\\x `\n b=\"q`\"r`n\" c=`\\\n";
    check(text, &[("a", "C:\\x"), ("b", "q\"r`n"), ("c", "\\")]);
    check("# syntax=docker/dockerfile:1\n# escape=`\nFROM x\nLABEL a=b `\n c=d\n", &[("a", "b"), ("c", "d")]);
    // After a comment or an instruction it is no directive.
    check("# a comment\n# escape=`\nFROM x\nLABEL a=b \\\n c=d\n", &[("a", "b"), ("c", "d")]);
}

const CUT: &[(&str, &str)] = &[("a", "1.2"), ("b", "1"), ("c", "2.3"), ("d", "3")];
const REPLACED: &[(&str, &str)] = &[("a", "a_b-c"), ("b", "abc"), ("c", "x"), ("d", "a-b-c")];

#[test]
fn variables() {
    for (text, expected) in [
        (
            "ARG X=1\nLABEL a=$X b=${X} c=\"${X}2\" d='$X' e=\\$X f=$Xy g=${X}y",
            &[("a", "1"), ("b", "1"), ("c", "12"), ("d", "$X"), ("e", "$X"), ("f", ""), ("g", "1y")][..],
        ),
        ("ENV X=1 Y=$X\nLABEL a=$X b=$Y", &[("a", "1"), ("b", "")]),
        ("ENV X one two\nARG X=arg\nLABEL a=$X", &[("a", "one two")]),
        ("ARG X\nLABEL a=${X:-d} b=${X-d} c=${X:+d} d=${X+d}", &[("a", "d"), ("b", "d"), ("c", ""), ("d", "")]),
        ("ARG X=\nLABEL a=${X:-d} b=${X-d} c=${X:+d} d=${X+d}", &[("a", "d"), ("b", ""), ("c", ""), ("d", "d")]),
        ("ARG X=1\nLABEL a=${Y:-${X:-2}} b=${Y:-\"q\"} c=${X:?no}", &[("a", "1"), ("b", "q"), ("c", "1")]),
        ("ARG X Y=2\nLABEL a=$X b=$Y c=$ d=$$ e=$1x", &[("a", ""), ("b", "2"), ("c", "$"), ("d", ""), ("e", "x")]),
        ("ARG X=1\nLABEL ${X}=y", &[("1", "y")]),
        ("ARG V=1.2.3\nLABEL a=${V%.*} b=${V%%.*} c=${V#*.} d=${V##*.}", CUT),
        ("ARG V=a-b-c\nLABEL a=${V/-/_} b=${V//-/} c=${V/?-*/x} d=${V%\\*}", REPLACED),
        ("LABEL a=${X:?must}", &[]),
        ("ARG TARGETARCH\nLABEL a=$TARGETARCH-$BUILDOS", &[("a", "${TARGETARCH}-")]),
        ("ARG OUT\nLABEL a=$OUT", &[("a", "global")]),
        ("LABEL a=$OUT", &[("a", "")]),
        ("ARG OUT=own\nLABEL a=$OUT", &[("a", "own")]),
    ] {
        check(&format!("ARG OUT=global\nFROM scratch\n{text}\n"), expected);
    }
    let label = |text: &str| Dockerfile::read(&format!("FROM x\n{text}")).labels()["a"].clone();
    assert_eq!(label("LABEL a=$X${Y:-1}${Z:-$W}").unset, ["X", "W"]);
    assert_eq!(label("ARG TARGETARCH\nLABEL a=$TARGETARCH").varying, ["TARGETARCH"]);
    assert_eq!(label("LABEL a=1\nLABEL a=2\nLABEL a=3").replaces, [2, 3]);
}

#[test]
fn the_last_stage_counts_and_what_it_is_built_on() {
    check("FROM a AS one\nLABEL a=1\nFROM b\nLABEL b=2", &[("b", "2")]);
    check("FROM a AS one\nLABEL a=1 b=1\nFROM one AS two\nLABEL b=2\nFROM TWO\n", &[("a", "1"), ("b", "2")]);
    check("FROM a AS one\nARG X=1\nENV Y=2\nFROM one\nLABEL a=$X b=$Y", &[("a", "1"), ("b", "2")]);
    check("ARG BASE=one\nFROM a AS one\nLABEL a=1\nFROM ${BASE}", &[("a", "1")]);
    check("LABEL a=1\nFROM a\n", &[]);
    check("", &[]);
    // A stage cannot be built on itself.
    check("FROM one AS one\nLABEL a=1", &[("a", "1")]);
    let base = |text: &str| Dockerfile::read(text).base().map(str::to_owned);
    assert_eq!(base("FROM --platform=$BUILDPLATFORM golang:1 AS b\nFROM alpine:3.20").as_deref(), Some("alpine:3.20"));
    assert_eq!(base("ARG V=3\nFROM alpine:$V AS b\nFROM b").as_deref(), Some("alpine:3"));
    assert_eq!(base("FROM scratch"), None);
}

#[test]
fn heredocs_are_passed_over() {
    let text = "FROM x\nRUN <<EOF\nLABEL a=1\nEOF\nRUN cat <<-\"A\" <<B > /x\nLABEL b=1\n\tA\nLABEL c=1\nB\n\
                COPY <<'E' /y\n# LABEL d=1 \\\nE\nRUN echo <<< x\nLABEL e=1\n";
    check(text, &[("e", "1")]);
    let read = Dockerfile::read("FROM x\nRUN <<EOF\nLABEL a=1\n");
    assert_eq!(read.broken, [Broken::new(2, "the heredoc `EOF` has no end".to_owned())]);
}

#[test]
fn what_is_started() {
    let start = |text: &str| {
        let start = Dockerfile::read(text).start();
        let line = |command: Option<Command>| command.map(|command| command.to_string()).unwrap_or_default();
        (line(start.entrypoint), line(start.cmd))
    };
    let pair = |one: &str, two: &str| (one.to_owned(), two.to_owned());
    assert_eq!(start("FROM x\nCMD [\"/a\", \"-b\"]\nCMD /c -d"), pair("", "/c -d"));
    assert_eq!(start("FROM x\nCMD a\nENTRYPOINT [\"/b\"]"), pair("/b", "a"));
    assert_eq!(start("FROM x AS y\nCMD a\nENTRYPOINT b\nFROM y\nENTRYPOINT c"), pair("c", ""));
    assert_eq!(start("FROM x AS y\nENTRYPOINT b\nCMD a\nFROM y\nCMD c"), pair("b", "c"));
}

const DOCKERFILE: &str = r#"
ARG ICON=docker.svg
FROM golang AS builder
WORKDIR /backend
COPY . .
RUN go build -o bin/service
FROM --platform=$BUILDPLATFORM node AS page
WORKDIR /ui
COPY ui /ui
RUN npm ci && npm run build
FROM scratch AS pictures
COPY assets/*.png /all/
FROM alpine
ARG ICON
ARG TARGETARCH
COPY --from=builder /backend/bin/service /
COPY --from=page /ui/build ui
COPY --from=pictures /all /pictures
COPY --chmod=0755 host/run.sh host/run.cmd /host/
COPY ["with blank/x.sh", "/darwin/x"]
COPY $ICON .
COPY docker-compose.yaml metadata.json /
COPY bin/$TARGETARCH/tool /linux/tool
COPY gone/tool.exe /windows/
COPY static /usr/share/html
COPY extra.txt /usr/share/html/more/
COPY one.txt /odd/one.txt
COPY two.txt /odd/two.txt
ADD https://example.com/kubectl /linux/kubectl
ADD data.tar.gz /data
RUN curl -Lo /darwin/kubectl https://example.com/kubectl && chmod +x /darwin/kubectl
COPY --from=bitnami/kubectl /bin/kubectl /windows/kubectl.exe
COPY <<EOF /written
x
EOF
WORKDIR /srv
COPY here.txt ./
"#;

#[test]
fn every_way_a_file_comes_in() {
    let context = Made(vec![
        "docker.svg",
        "docker-compose.yaml",
        "metadata.json",
        "host/run.sh",
        "host/run.cmd",
        "with blank/x.sh",
        "assets/a.png",
        "assets/b.svg",
        "static/index.html",
        "static/sub/x.js",
        "extra.txt",
        "one.txt",
        "two.txt",
        "data.tar.gz",
        "here.txt",
        "bin/amd64/tool",
        "ui/index.html",
    ]);
    let dockerfile = Dockerfile::read(DOCKERFILE);
    assert_eq!(dockerfile.broken, []);
    let told = |path: &str| match dockerfile.place(&ImagePath::new(path).expect(path), &context) {
        Provenance::Local { path, folder } => format!("{path}{}", if folder { "/" } else { "" }),
        Provenance::Made { how, .. } | Provenance::Nowhere { how } => how,
    };
    for (path, expected) in [
        ("/docker.svg", "docker.svg"),
        ("/metadata.json", "metadata.json"),
        ("/docker-compose.yaml", "docker-compose.yaml"),
        ("/host/run.sh", "host/run.sh"),
        ("/darwin/x", "with blank/x.sh"),
        ("/pictures/a.png", "assets/a.png"),
        ("/usr/share/html", "static/"),
        ("/usr/share/html/sub/x.js", "static/sub/x.js"),
        ("/usr/share/html/more/extra.txt", "extra.txt"),
        ("/srv/here.txt", "here.txt"),
        ("/service", "built in stage `builder` as `/backend/bin/service` (line 16 of the Dockerfile)"),
        ("/ui", "built in stage `page` as `/ui/build` (line 17 of the Dockerfile)"),
        ("/ui/index.html", "built in stage `page` as `/ui/build/index.html` (line 17 of the Dockerfile)"),
        (
            "/linux/tool",
            "line 23 of the Dockerfile chooses it by TARGETARCH, and a file of the table is the same for all",
        ),
        ("/windows/tool.exe", "line 24 of the Dockerfile copies `gone/tool.exe`, which is not in the folder"),
        ("/linux/kubectl", "line 29 of the Dockerfile fetches it from https://example.com/kubectl"),
        ("/darwin/kubectl", "the command in line 31 of the Dockerfile makes it"),
        ("/windows/kubectl.exe", "line 32 of the Dockerfile copies it from the image `bitnami/kubectl`"),
        ("/data/x", "line 30 of the Dockerfile unpacks `data.tar.gz`"),
        ("/odd", "it is put together by the Dockerfile (line 27, 28)"),
        ("/written", "it is written out from line 33 of the Dockerfile on"),
        (
            "/pictures/b.svg",
            "nothing in the Dockerfile puts it into the image; only its base image `alpine` could bring it",
        ),
        ("/docker", "nothing in the Dockerfile puts it into the image; only its base image `alpine` could bring it"),
    ] {
        assert_eq!(told(path), expected, "{path}");
    }
}

#[test]
fn the_whole_folder_and_stages_on_stages() {
    let context = Made(vec!["metadata.json", "icon.svg", "ui/index.html"]);
    for text in [
        "FROM scratch\nCOPY . /",
        "FROM scratch\nCOPY . .",
        "FROM scratch\nCOPY ./ ./",
        "FROM scratch AS a\nCOPY . /x/\nFROM scratch AS b\nCOPY --from=a /x /y\nFROM scratch\nCOPY --from=1 /y /",
        "FROM scratch AS a\nCOPY . /\nFROM a\nRUN true",
        "FROM scratch\nCOPY *.json ic?n.svg /\nCOPY u* /ui/",
    ] {
        let dockerfile = Dockerfile::read(text);
        for (path, local) in
            [("/metadata.json", "metadata.json"), ("/icon.svg", "icon.svg"), ("/ui/index.html", "ui/index.html")]
        {
            let found = dockerfile.place(&ImagePath::new(path).expect(path), &context);
            assert_eq!(found, Provenance::Local { path: local.to_owned(), folder: false }, "{text}");
        }
    }
}

#[test]
fn hostile_files_are_read_to_their_end() {
    let deep = format!("FROM x\nLABEL a={}{}", "${b:-".repeat(10_000), "}".repeat(10_000));
    let stages: String = (1..2000)
        .map(|n| format!("FROM x AS s{n}\nCOPY --from=s{} /x /x\nCOPY --from=s{} /x /x\n", n - 1, n - 1))
        .collect();
    let context = Made(vec!["x"]);
    for text in [
        deep.as_str(),
        stages.as_str(),
        "\\",
        "FROM \\",
        "FROM",
        "FROM x\nCOPY",
        "FROM x\nCOPY --",
        "FROM x\nCOPY --from= a b",
        "FROM x\nCOPY --from=0 a b",
        "FROM x\nCOPY [\"a\"]\nCOPY []",
        "FROM x\nRUN <<",
        "FROM x\nLABEL \u{0}=\u{feff}\u{202e}",
        "# escape=\nFROM x\nLABEL a=b",
        "FROM x\nLABEL a=$",
        "FROM x\nWORKDIR ../../..\nCOPY ../../etc/passwd /x",
        "FROM x\nCOPY *a*a*a*a*a*a*a*a*a*a*a*a*a*a*b /x",
    ] {
        let read = Dockerfile::read(text);
        let _ = (read.labels(), read.start(), read.place(&ImagePath::new("/x").expect("a path"), &context));
    }
}

/// Every one of these took minutes or all memory, when nothing bounded it.
#[test]
fn what_grows_without_end_is_refused() {
    let doubled = format!("FROM a\nENV A=0123456789\n{}LABEL a=$A\n", "ENV A=$A$A\n".repeat(60));
    let read = Dockerfile::read(&doubled);
    assert!(read.labels().values().all(|label| label.value.len() <= 1 << 20));
    assert!(read.broken[0].what.contains("become more than is read"), "{:?}", read.broken[0]);

    let many = Dockerfile::read(&"FROM a\n".repeat(100_000));
    assert_eq!(many.broken.iter().map(|broken| broken.line).collect::<Vec<_>>(), [1_001]);

    let replaced = format!("FROM a\n{}", format!("LABEL {}\n", "a=1 ".repeat(900)).repeat(200));
    assert_eq!(Dockerfile::read(&replaced).labels()["a"].replaces.len(), 900 * 200 - 1);
    assert_eq!(Dockerfile::read(&format!("FROM a\nLABEL {}", "a=1 ".repeat(2_000))).broken.len(), 1);

    let step = |at: usize| format!("FROM scratch AS s{}\n{}", at + 1, format!("COPY --from=s{at} / /\n").repeat(10));
    let tangled = format!("FROM scratch AS s0\n{}", (0..30).map(step).collect::<String>());
    let found = Dockerfile::read(&tangled).place(&ImagePath::new("/a").expect("a path"), &Made(Vec::new()));
    assert!(matches!(&found, Provenance::Made { .. }), "{found:?}");
}
