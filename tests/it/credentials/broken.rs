//! Files that say something else than they should, and helpers that fail.

use super::{ROW, Row};

const CONFIG: &str = ".docker/config.json";

pub const ROWS: &[Row] = &[
    Row {
        name: "no JSON",
        files: &[(CONFIG, "{\n  \"auths\": hunter2\n}")],
        told: "`[HOME]/.docker/config.json` is no JSON: expected value at line 2 column 12\n\
               help: fix the file",
        ..ROW
    },
    Row {
        name: "text after the end",
        files: &[(CONFIG, r#"{"auths": {}} hunter2"#)],
        told: "`[HOME]/.docker/config.json` is no JSON: trailing characters at line 1 column 15\n\
               help: fix the file",
        ..ROW
    },
    Row {
        name: "an array for a file",
        files: &[(CONFIG, r#"["hunter2"]"#)],
        told: "`[HOME]/.docker/config.json` should be an object and is an array\n\
               help: fix the file",
        ..ROW
    },
    Row {
        name: "an array for auths",
        files: &[(CONFIG, r#"{"auths": ["hunter2"]}"#)],
        told: "`auths` should be an object and is an array\n\
               --> [HOME]/.docker/config.json\n\
               help: fix the file",
        ..ROW
    },
    Row {
        name: "a text for an entry",
        files: &[(CONFIG, r#"{"auths": {"ghcr.io": "hunter2"}}"#)],
        told: "`auths.\"ghcr.io\"` should be an object and is a text\n\
               --> [HOME]/.docker/config.json\n\
               help: fix the entry, or run `docker login ghcr.io`, which writes it anew",
        ..ROW
    },
    Row {
        name: "a number for auth",
        files: &[(CONFIG, r#"{"auths": {"ghcr.io": {"auth": 7}}}"#)],
        told: "`auths.\"ghcr.io\".auth` should be a text and is a number\n\
               --> [HOME]/.docker/config.json\n\
               help: fix the entry, or run `docker login ghcr.io`, which writes it anew",
        ..ROW
    },
    Row {
        name: "auth is not base64",
        files: &[(CONFIG, r#"{"auths": {"ghcr.io": {"auth": "me:hunter2"}}}"#)],
        told: "`auths.\"ghcr.io\".auth` is not base64\n\
               --> [HOME]/.docker/config.json\n\
               help: fix the entry, or run `docker login ghcr.io`, which writes it anew",
        ..ROW
    },
    Row {
        name: "auth has no colon",
        files: &[(CONFIG, r#"{"auths": {"ghcr.io": {"auth": "aHVudGVyMg=="}}}"#)],
        told: "`auths.\"ghcr.io\".auth` is not the base64 of `user:password`\n\
               --> [HOME]/.docker/config.json\n\
               help: fix the entry, or run `docker login ghcr.io`, which writes it anew",
        ..ROW
    },
    Row {
        name: "auth has no user",
        files: &[(CONFIG, r#"{"auths": {"ghcr.io": {"auth": "<:hunter2>"}}}"#)],
        told: "`auths.\"ghcr.io\".auth` is the base64 of a password without a user\n\
               --> [HOME]/.docker/config.json\n\
               help: fix the entry, or run `docker login ghcr.io`, which writes it anew",
        ..ROW
    },
    Row {
        name: "two entries of one name",
        files: &[(CONFIG, r#"{"auths": {"ghcr.io": {"auth": "<a:hunter2>"}, "ghcr.io": {"auth": "<b:hunter2>"}}}"#)],
        told: "`auths.\"ghcr.io\"` is there twice\n\
               --> [HOME]/.docker/config.json\n\
               help: fix the entry, or run `docker login ghcr.io`, which writes it anew",
        ..ROW
    },
    Row {
        name: "auths twice",
        files: &[(CONFIG, r#"{"auths": {}, "auths": {}}"#)],
        told: "`auths` is there twice\n\
               --> [HOME]/.docker/config.json\n\
               help: fix the file",
        ..ROW
    },
    Row {
        name: "a password in a key",
        files: &[(CONFIG, r#"{"auths": {"https://me:hunter2@ghcr.io": 1}}"#)],
        told: "`auths.\"https://ghcr.io\"` should be an object and is a number\n\
               --> [HOME]/.docker/config.json\n\
               help: fix the entry, or run `docker login ghcr.io`, which writes it anew",
        ..ROW
    },
    Row {
        name: "a folder for a file",
        files: &[(".docker/config.json/", "")],
        told: "could not open `[HOME]/.docker/config.json`: it is no regular file",
        ..ROW
    },
    Row {
        name: "a link to itself",
        files: &[(CONFIG, "->config.json")],
        told: "could not open `[HOME]/.docker/config.json`: Too many levels of symbolic links (os error 40)",
        ..ROW
    },
    Row {
        name: "podman's file is broken",
        files: &[("run/containers/auth.json", "{\"auths\": {\"ghcr.io\": {\"auth\": \"hunter2")],
        told: "`[HOME]/run/containers/auth.json` is no JSON: EOF while parsing a string at line 1 column 39\n\
               help: fix the file",
        ..ROW
    },
    Row {
        name: "the variable is no JSON",
        vars: &[("DOCKER_AUTH_CONFIG", "octocat:hunter2")],
        told: "`DOCKER_AUTH_CONFIG` is no JSON: expected value at line 1 column 1\n\
               help: write `{\"auths\": {\"HOST\": {\"auth\": \"…\"}}}` with the base64 of `USER:PASSWORD`, or unset DOCKER_AUTH_CONFIG",
        ..ROW
    },
    Row {
        name: "the variable has a plain password",
        vars: &[("DOCKER_AUTH_CONFIG", r#"{"auths": {"ghcr.io": {"auth": "octocat:hunter2"}}}"#)],
        told: "`auths.\"ghcr.io\".auth` is not base64\n\
               --> DOCKER_AUTH_CONFIG\n\
               help: write `{\"auths\": {\"HOST\": {\"auth\": \"…\"}}}` with the base64 of `USER:PASSWORD`, or unset DOCKER_AUTH_CONFIG",
        ..ROW
    },
    Row {
        name: "a number for the store",
        files: &[(CONFIG, r#"{"credsStore": 7}"#)],
        told: "`credsStore` should be a text and is a number\n\
               --> [HOME]/.docker/config.json\n\
               help: fix the file",
        ..ROW
    },
    Row {
        name: "an object for a helper",
        files: &[(CONFIG, r#"{"credHelpers": {"ghcr.io": {}}}"#)],
        told: "`credHelpers.\"ghcr.io\"` should be a text and is an object\n\
               --> [HOME]/.docker/config.json\n\
               help: fix the file",
        ..ROW
    },
    Row {
        name: "a path for a store",
        files: &[(CONFIG, r#"{"credsStore": "../../bin/x"}"#)],
        told: "`credsStore` is no name of a credential helper: letters, digits, `.`, `_` and `-`\n\
               --> [HOME]/.docker/config.json\n\
               help: fix the file",
        ..ROW
    },
    Row {
        name: "a missing store",
        files: &[(CONFIG, r#"{"credsStore": "desktop.exe"}"#)],
        told: "the credential helper `docker-credential-desktop.exe` is not installed: there is no such program on PATH\n\
               --> [HOME]/.docker/config.json (credsStore)\n\
               help: install `docker-credential-desktop.exe`, or remove `credsStore` from [HOME]/.docker/config.json and run `docker login ghcr.io`",
        ..ROW
    },
    Row {
        name: "a missing helper",
        files: &[(CONFIG, r#"{"credHelpers": {"docker.io": "ecr-login"}}"#)],
        ask: ("docker.io", "acme/tool"),
        told: "the credential helper `docker-credential-ecr-login` is not installed: there is no such program on PATH\n\
               --> [HOME]/.docker/config.json (credHelpers.\"docker.io\")\n\
               help: install `docker-credential-ecr-login`, or remove `credHelpers.\"docker.io\"` from [HOME]/.docker/config.json and run `docker login docker.io`",
        ..ROW
    },
    Row {
        name: "a helper that fails",
        files: &[(CONFIG, r#"{"credsStore": "pass"}"#)],
        helpers: &[(
            "pass",
            "echo 'pass not initialized: exit status 1'; printf 'gpg: \\033[31mno key\\n' >&2; exit 2",
        )],
        told: "the credential helper `docker-credential-pass` failed (exit status: 2): gpg: [31mno key pass not initialized: exit status 1\n\
               --> [HOME]/.docker/config.json (credsStore)\n\
               help: see what `echo ghcr.io | docker-credential-pass get` says, or run `docker login ghcr.io`",
        ..ROW
    },
    Row {
        name: "a helper that fails in silence",
        files: &[(CONFIG, r#"{"credsStore": "pass"}"#)],
        helpers: &[("pass", "exit 1")],
        told: "the credential helper `docker-credential-pass` failed (exit status: 1)\n\
               --> [HOME]/.docker/config.json (credsStore)\n\
               help: see what `echo ghcr.io | docker-credential-pass get` says, or run `docker login ghcr.io`",
        ..ROW
    },
    Row {
        name: "a helper that fails after its answer",
        files: &[(CONFIG, r#"{"credHelpers": {"ghcr.io": "gh"}}"#)],
        helpers: &[("gh", r#"echo '{"Username": "me", "Secret": "hunter2"}'; exit 1"#)],
        told: "the credential helper `docker-credential-gh` failed (exit status: 1): what it printed is not shown, because a secret may be in it\n\
               --> [HOME]/.docker/config.json (credHelpers.\"ghcr.io\")\n\
               help: see what `echo ghcr.io | docker-credential-gh get` says, or run `docker login ghcr.io`",
        ..ROW
    },
    Row {
        name: "a helper that traces itself",
        files: &[(CONFIG, r#"{"credsStore": "trace"}"#)],
        helpers: &[("trace", "T=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaahunter2; set -x; : $T; exit 3")],
        told: "the credential helper `docker-credential-trace` failed (exit status: 3): + : […] + exit 3\n\
               --> [HOME]/.docker/config.json (credsStore)\n\
               help: see what `echo ghcr.io | docker-credential-trace get` says, or run `docker login ghcr.io`",
        ..ROW
    },
    Row {
        name: "a helper that is killed",
        files: &[(CONFIG, r#"{"credsStore": "pass"}"#)],
        helpers: &[("pass", "kill -9 $$")],
        told: "the credential helper `docker-credential-pass` failed (signal: 9 (SIGKILL))\n\
               --> [HOME]/.docker/config.json (credsStore)\n\
               help: see what `echo ghcr.io | docker-credential-pass get` says, or run `docker login ghcr.io`",
        ..ROW
    },
    Row {
        name: "a helper that answers in prose",
        files: &[(CONFIG, r#"{"credsStore": "chat"}"#)],
        helpers: &[("chat", "echo your password is hunter2")],
        told: "the credential helper `docker-credential-chat` gave an answer that cannot be used: it is not JSON with texts for `Username` and `Secret`\n\
               --> [HOME]/.docker/config.json (credsStore)\n\
               help: see what `echo ghcr.io | docker-credential-chat get` says, or run `docker login ghcr.io`",
        ..ROW
    },
    Row {
        name: "a helper that answers with a number",
        files: &[(CONFIG, r#"{"credsStore": "num"}"#)],
        helpers: &[("num", r#"echo '{"Username": "hunter2", "Secret": 7}'"#)],
        told: "the credential helper `docker-credential-num` gave an answer that cannot be used: it is not JSON with texts for `Username` and `Secret`\n\
               --> [HOME]/.docker/config.json (credsStore)\n\
               help: see what `echo ghcr.io | docker-credential-num get` says, or run `docker login ghcr.io`",
        ..ROW
    },
    Row {
        name: "a helper without a user",
        files: &[(CONFIG, r#"{"credsStore": "half"}"#)],
        helpers: &[("half", r#"echo '{"Username": "", "Secret": "hunter2"}'"#)],
        told: "the credential helper `docker-credential-half` gave an answer that cannot be used: its `Username` is empty\n\
               --> [HOME]/.docker/config.json (credsStore)\n\
               help: see what `echo ghcr.io | docker-credential-half get` says, or run `docker login ghcr.io`",
        ..ROW
    },
    Row {
        name: "a helper without a secret",
        files: &[(CONFIG, r#"{"credsStore": "half"}"#)],
        helpers: &[("half", r#"echo '{"Username": "me"}'"#)],
        told: "the credential helper `docker-credential-half` gave an answer that cannot be used: its `Secret` is empty\n\
               --> [HOME]/.docker/config.json (credsStore)\n\
               help: see what `echo ghcr.io | docker-credential-half get` says, or run `docker login ghcr.io`",
        ..ROW
    },
    Row {
        name: "a helper that answers without end",
        files: &[(CONFIG, r#"{"credsStore": "flood"}"#)],
        helpers: &[("flood", "yes nonsense")],
        told: "the credential helper `docker-credential-flood` gave an answer that cannot be used: it is longer than a megabyte\n\
               --> [HOME]/.docker/config.json (credsStore)\n\
               help: see what `echo ghcr.io | docker-credential-flood get` says, or run `docker login ghcr.io`",
        ..ROW
    },
];
