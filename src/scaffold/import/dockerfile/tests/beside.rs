//! What a Dockerfile does beside the files that metadata.json names, and to them.

use super::super::*;
use super::Made;

/// How the page is built, as one line.
fn page(stage: &str, rest: &str) -> Option<String> {
    let context =
        Made(vec!["ui/package.json", "ui/index.html", "client/app/package.json", "plain/index.html", "package.json"]);
    let text = format!("FROM node AS page\n{stage}\nFROM scratch\n{rest}\n");
    let root = ImagePath::new("/ui").expect("a path");
    let page = Dockerfile::read(&text).page(&root, &context)?;
    let skipped: String = page.skipped.iter().map(|(line, what)| format!("; without {line} {what}")).collect();
    Some(format!("{} in {} -> {} by {}{skipped}", page.run.join(", "), page.dir, page.source, page.stage))
}

#[test]
fn pages_that_node_builds() {
    let template = "WORKDIR /ui\nCOPY ui/package.json /ui/package.json\n\
                    RUN --mount=type=cache,target=/c \\\n  npm set cache /c && \\\n  npm ci\nCOPY ui /ui\nRUN npm run build";
    for (stage, rest, expected) in [
        (template, "COPY --from=page /ui/build ui", Some("npm ci, npm run build in ui -> ui/build by page")),
        (template, "COPY --from=0 /ui/build/ /ui/", Some("npm ci, npm run build in ui -> ui/build by page")),
        (
            "WORKDIR /app\nCOPY client/app .\nRUN yarn install --frozen-lockfile\nRUN yarn build",
            "COPY --from=page /app/dist /ui",
            Some("yarn install --frozen-lockfile, yarn build in client/app -> client/app/dist by page"),
        ),
        // What else may count for the page is told.
        (
            "ENV A=1\nWORKDIR /ui\nCOPY ui .\nCOPY index.html shared/x /ui/\nRUN npm config set registry x && npm ci && sed -i s/a/b/ src/x\n\
             RUN corepack enable yarn && yarn build",
            "COPY --from=page /ui/build ui",
            Some(
                "npm ci, yarn build in ui -> ui/build by page; without 2 `ENV A=1`; without 5 `COPY index.html shared/x /ui`; \
                 without 6 `npm config set registry x`; without 6 `sed -i s/a/b/ src/x`; without 7 `corepack enable yarn`",
            ),
        ),
        ("WORKDIR /ui\nCOPY ui /ui\nRUN cd sub && npm ci\nRUN npm run build", "COPY --from=page /ui/build ui", None),
        ("WORKDIR /ui\nCOPY ui /ui\nRUN A=1 npm run build\nRUN npm ci", "COPY --from=page /ui/build ui", None),
        ("WORKDIR /ui\nCOPY ui /ui\nRUN set -e; npm ci\nRUN npm ci", "COPY --from=page /ui/build ui", None),
        // What cannot be said as a few commands in a folder of the source is not said.
        (template, "COPY --from=other /ui/build ui", None),
        (template, "ARG TARGETARCH\nCOPY --from=page /ui/$TARGETARCH ui", None),
        ("WORKDIR /ui\nCOPY ui /ui\nRUN make", "COPY --from=page /ui/build ui", None),
        ("WORKDIR /ui\nCOPY ui /ui\nRUN npm run build > log", "COPY --from=page /ui/build ui", None),
        ("WORKDIR /elsewhere\nCOPY ui /ui\nRUN npm run build", "COPY --from=page /ui/build ui", None),
        ("WORKDIR /ui\nCOPY plain /ui\nRUN npm run build", "COPY --from=page /ui/build ui", None),
        ("WORKDIR /ui\nCOPY . /ui\nRUN npm run build", "COPY --from=page /ui/build ui", None),
        ("WORKDIR /ui\nRUN npm run build", "COPY --from=page /ui/build ui", None),
    ] {
        assert_eq!(page(stage, rest).as_deref(), expected, "{stage}\n{rest}");
    }
}

#[test]
fn what_else_the_image_holds() {
    let text = "FROM alpine AS base\nENV A=1 \\\n  B=2\nRUN apk add curl\nFROM golang AS unused\nRUN go build\nFROM base\n\
                WORKDIR /srv\nCOPY metadata.json icon.svg /\nCOPY ui /ui\nCOPY etc /etc/boxes\nCOPY etc/a.conf .\n\
                COPY --from=unused /out/service /service\nCOPY --from=unused /out/more /more\nADD https://example.com/x /x\n\
                ADD data.tar.gz /data\nCOPY <<EOF /written\nx\nEOF\nCOPY gone /gone\nUSER 1000\nEXPOSE 8080\n\
                HEALTHCHECK CMD true\nSTOPSIGNAL SIGINT\nVOLUME /data\nCOPY . /\n";
    let context = Made(vec!["metadata.json", "icon.svg", "ui/index.html", "etc/a.conf", "data.tar.gz"]);
    let path = |text: &str| ImagePath::new(text).expect(text);
    let named = ["/metadata.json", "/icon.svg", "/ui", "/service"].map(path);
    let rest = Dockerfile::read(text).rest(&named, &context, &Steps::default());
    let files: Vec<String> = rest.files.iter().map(|(path, source)| format!("{source} to {path}")).collect();
    assert_eq!(files, ["etc to /etc/boxes", "etc/a.conf to /srv/a.conf"]);
    let others: Vec<String> = rest.others.iter().map(|(line, what)| format!("{line} {what}")).collect();
    assert_eq!(
        others,
        [
            "2 `ENV` A=1   B=2",
            "4 `RUN` apk add curl",
            "8 `WORKDIR` /srv",
            "14 `COPY` of `/out/more` to `/more`",
            "15 `ADD` of `https://example.com/x` to `/x`",
            "16 `ADD` of `data.tar.gz` to `/data`",
            "17 `COPY` of `<<EOF` to `/written`",
            "20 `COPY` of `gone` to `/gone`",
            "21 `USER` 1000",
            "22 `EXPOSE` 8080",
            "23 `HEALTHCHECK` CMD true",
            "24 `STOPSIGNAL` SIGINT",
            "25 `VOLUME` /data",
            "26 `COPY` of `.` to `/`: of it, `data.tar.gz`, `etc`",
        ]
    );
}

/// What is taken beside the named paths, what is not, and what changes those, as lines.
fn beside(text: &str, named: &[&str], context: &[&'static str]) -> [Vec<String>; 3] {
    let named: Vec<ImagePath> = named.iter().map(|path| ImagePath::new(path).expect(path)).collect();
    let rest = Dockerfile::read(text).rest(&named, &Made(context.to_vec()), &Steps::default());
    let told = |list: &[(usize, String)]| list.iter().map(|(line, what)| format!("{line} {what}")).collect();
    let files = rest.files.iter().map(|(path, source)| format!("{source} to {path}")).collect();
    [files, told(&rest.others), told(&rest.over)]
}

const NAMED: [&str; 3] = ["/metadata.json", "/ui", "/linux/t.sh"];

#[test]
fn folders_that_land_over_what_is_named() {
    for (text, context, files, others) in [
        (
            "FROM x\nCOPY . /",
            &[".git/x", "Dockerfile", "lib/a", "metadata.json", "s.py", "ui/x"][..],
            &[][..],
            &["2 `COPY` of `.` to `/`: of it, `lib`, `s.py`"][..],
        ),
        (
            "FROM x\nCOPY image/ /",
            &["image/lib/a", "image/metadata.json", "image/s.py", "image/linux/t.sh", "image/linux/u", "image/ui/x"],
            &["image/lib to /lib", "image/linux/u to /linux/u", "image/s.py to /s.py"],
            &[],
        ),
        (
            "FROM x\nWORKDIR /\nCOPY metadata.json .\nCOPY ui ui\nCOPY server/ .",
            &["metadata.json", "ui/x", "server/s.js", "server/lib/x"],
            &["server/lib to /lib", "server/s.js to /s.js"],
            &["2 `WORKDIR` /"],
        ),
        (
            "FROM x\nCOPY metadata.json /\nCOPY --exclude=*.md tools /linux",
            &["metadata.json", "tools/t.sh", "tools/u", "tools/v.md"],
            &["tools/u to /linux/u"],
            &[],
        ),
        (
            "FROM x\nCOPY --from=b /out/ /srv\nCOPY --parents a/b /\nCOPY . /app",
            &["a/b"],
            &[],
            &["2 `COPY` of `/out/` to `/srv`", "3 `COPY` of `a/b` to `/a/b`", "4 `COPY` of `.` to `/app`"],
        ),
    ] {
        let [taken, told, over] = beside(text, &NAMED, context);
        assert_eq!((taken.as_slice(), told.as_slice(), over.len()), (&of(files)[..], &of(others)[..], 0), "{text}");
    }
}

fn of(list: &[&str]) -> Vec<String> {
    list.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn what_changes_what_was_taken_is_told() {
    let context = ["metadata.json", "ui/index.html", "ui/x.js", "p.html", "extra/a.js", "linux/t.sh", "image/ui/y.js"];
    let start = "FROM x\nCOPY metadata.json /\nCOPY ui /ui\nCOPY linux /linux\n";
    for (lines, over) in [
        ("COPY p.html /ui/index.html", &["5 `COPY` of `p.html` to `/ui/index.html`, which changes `/ui`"][..]),
        ("COPY extra/ /ui/extra/", &["5 `COPY` of `extra` to `/ui/extra`, which changes `/ui`"]),
        ("COPY image /", &["3 `COPY` of `ui` to `/ui`, which changes `/ui`"]),
        ("COPY --from=b /dist /ui/b", &["5 `COPY` of `/dist` to `/ui/b`, which changes `/ui`"]),
        ("COPY --from=b /out/ /", &["5 `COPY` of `/out/` to `/`, which may change `/metadata.json`"]),
        ("COPY <<EOF /ui/env.js\nx\nEOF", &["5 `COPY` of `<<EOF` to `/ui/env.js`, which changes `/ui`"]),
        ("ADD https://example.com/x /ui/", &["5 `ADD` of `https://example.com/x` to `/ui/x`, which changes `/ui`"]),
        ("COPY gone /ui/gone", &["5 `COPY` of `gone` to `/ui/gone`, which changes `/ui`"]),
        ("RUN rm /ui/x.js", &["5 `RUN` rm /ui/x.js, which may change `/ui`"]),
        (
            "RUN sed -i s/a/b/ metadata.json",
            &["5 `RUN` sed -i s/a/b/ metadata.json, which may change `/metadata.json`"],
        ),
        ("RUN <<EOF\nrm -r /linux\nEOF", &["5 `RUN` <<EOF\\nrm -r /linux\\n, which may change `/linux/t.sh`"]),
        // The same files, what is replaced later, what lies elsewhere, modes.
        ("COPY ui/x.js /ui/x.js", &[]),
        ("COPY ui/ /ui/", &[]),
        ("COPY p.html /p.html\nCOPY --from=b /out /\nRUN apk add x && touch /srv/ui", &[]),
        ("RUN chmod +x /linux/t.sh", &[]),
    ] {
        assert_eq!(beside(&format!("{start}{lines}\n"), &NAMED, &context)[2], of(over), "{lines}");
    }
    for (text, over) in [
        // What comes before stays, if it is not replaced.
        ("FROM x\nCOPY p.html /ui/index.html\nCOPY ui /ui", &[][..]),
        ("FROM x\nCOPY p.html /ui/p.html\nCOPY ui /ui", &["2 `COPY` of `p.html` to `/ui/p.html`, which changes `/ui`"]),
        ("FROM x\nCOPY extra /ui\nCOPY ui /ui", &["2 `COPY` of `extra` to `/ui`, which changes `/ui`"]),
        (
            "FROM x\nRUN mkdir /ui && touch /ui/z\nCOPY ui /ui",
            &["2 `RUN` mkdir /ui && touch /ui/z, which may change `/ui`"],
        ),
        ("FROM x\nRUN mkdir /ui\nCOPY ui /ui", &[]),
        // In a stage that only hands on, and in one that another is built on.
        (
            "FROM x AS a\nCOPY ui /a\nCOPY p.html /a/index.html\nFROM y\nCOPY --from=a /a /ui",
            &["3 `COPY` of `p.html` to `/a/index.html`, which changes `/a`"],
        ),
        ("FROM x AS a\nCOPY ui /ui\nFROM a\nRUN rm /ui/x.js", &["4 `RUN` rm /ui/x.js, which may change `/ui`"]),
        // Beside a page that a stage builds.
        (
            "FROM n AS a\nRUN npm ci\nFROM x\nCOPY --from=a /build /ui\nCOPY extra /ui/extra",
            &["5 `COPY` of `extra` to `/ui/extra`, which changes `/ui`"],
        ),
    ] {
        assert_eq!(beside(text, &NAMED, &context)[2], of(over), "{text}");
    }
}

#[test]
fn what_docker_is_not_sent_is_told() {
    let files = Made(vec!["metadata.json", "ui/a.map", "ui/sub/b.map", "ui/secret.txt", "ui/x", "icon.svg", "s/x"]);
    for (ignored, copy, expected) in [
        ("", "COPY ui /ui", &[][..]),
        (
            "ui/secret*\nicon.svg\n",
            "COPY ui /ui",
            &["that `.dockerignore` leaves out `ui/secret.txt`: `ui` is taken whole"],
        ),
        ("*\n!ui\nui/sub", "COPY ui /ui", &["that `.dockerignore` leaves out `ui/sub`: `ui` is taken whole"]),
        (
            "",
            "COPY --exclude=**/*.map ui /ui",
            &["that line 2 of the Dockerfile leaves out `ui/a.map`, `ui/sub/b.map`: `ui` is taken whole"],
        ),
    ] {
        let sent = Sent::new(&files, ignored);
        let dockerfile = Dockerfile::read(&format!("FROM x\n{copy}\n"));
        let rest = sent.rest(&dockerfile, &[ImagePath::new("/ui").expect("a path")]);
        assert_eq!(rest.left_out(&sent), of(expected), "{ignored}{copy}");
    }
    let sent = Sent::new(&files, "icon.svg\ns");
    let place = |text: &str| match Dockerfile::read(text).place(&ImagePath::new("/icon.svg").expect("a path"), &sent) {
        Provenance::Local { path, .. } => path,
        Provenance::Made { how } | Provenance::Nowhere { how } => how,
    };
    let left_out = "line 2 of the Dockerfile copies `icon.svg`, which `.dockerignore` leaves out";
    assert_eq!(place("FROM scratch\nCOPY icon.svg /"), left_out);
    assert_eq!(place("FROM scratch\nCOPY . /"), "nothing in the Dockerfile puts it into the image");
    assert_eq!(place("FROM scratch\nCOPY *.sh /"), "nothing in the Dockerfile puts it into the image");
    let parents = "line 2 of the Dockerfile copies it with `--parents`, which is not followed";
    assert_eq!(place("FROM scratch\nCOPY --parents i*.svg /"), parents);
    assert_eq!(sent.names(""), ["metadata.json", "ui"]);
}

#[test]
fn lines_that_are_not_understood_say_whose_fault_it_is() {
    for (text, what, ours) in [
        ("LABLE a=1", "`LABLE` is no instruction", false),
        ("LABEL a=${b", "a `}` is missing", false),
        ("LABEL a=${V/x}", "a `/` is missing", false),
        ("LABEL a=${V*x}", "`${V*` is not understood", false),
        ("ENV V=1\nLABEL a=${V#\\a}", "the pattern has a `\\` before what needs none", false),
        (&format!("LABEL {}", "a=1 ".repeat(1_001)), "it has 1001 words; 1000 are read at most", true),
        (&format!("ENV V={}\nLABEL a=${{V/x/y}}", "x".repeat(2_000)), "its variables become more than is read", true),
    ] {
        let broken = Dockerfile::read(&format!("FROM x\n{text}\n")).broken;
        let told: Vec<(&str, bool)> = broken.iter().map(|broken| (broken.what.as_str(), broken.ours)).collect();
        assert_eq!(told, [(what, ours)], "{}", &text[..20.min(text.len())]);
    }
    assert_eq!(Dockerfile::read("FROM x\nONBUILD RUN x\nSHELL [\"a\"]\nMAINTAINER b\n").broken, []);
}
