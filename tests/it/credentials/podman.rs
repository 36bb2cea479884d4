//! `auth.json`.

use super::{ROW, Row};

const RUN: &str = "run/containers/auth.json";
const SETTINGS: &str = ".config/containers/auth.json";

pub const ROWS: &[Row] = &[
    Row {
        name: "podman login",
        files: &[(RUN, r#"{"auths": {"ghcr.io": {"auth": "<octocat:hunter2>"}}}"#)],
        told: r#"octocat with hunter2: auths."ghcr.io" in [HOME]/run/containers/auth.json"#,
        ..ROW
    },
    Row {
        name: "Docker's file comes before podman's",
        files: &[
            (".docker/config.json", r#"{"auths": {"ghcr.io": {"auth": "<docker:hunter2>"}}}"#),
            (RUN, r#"{"auths": {"ghcr.io": {"auth": "<podman:hunter2>"}}}"#),
        ],
        told: r#"docker with hunter2: auths."ghcr.io" in [HOME]/.docker/config.json"#,
        ..ROW
    },
    Row {
        name: "the longest namespace",
        files: &[(
            RUN,
            r#"{"auths": {"quay.io": {"auth": "<all:hunter2>"}, "quay.io/acme/tool": {"auth": "<tool:hunter2>"}, "quay.io/acme": {"auth": "<acme:hunter2>"}}}"#,
        )],
        ask: ("quay.io", "acme/tool/cli"),
        told: r#"tool with hunter2: auths."quay.io/acme/tool" in [HOME]/run/containers/auth.json"#,
        ..ROW
    },
    Row {
        name: "the repository itself",
        files: &[(
            RUN,
            r#"{"auths": {"quay.io/acme": {"auth": "<acme:hunter2>"}, "quay.io/acme/tool": {"auth": "<tool:hunter2>"}}}"#,
        )],
        ask: ("quay.io", "acme/tool"),
        told: r#"tool with hunter2: auths."quay.io/acme/tool" in [HOME]/run/containers/auth.json"#,
        ..ROW
    },
    Row {
        name: "a namespace is no beginning of a name",
        files: &[(
            RUN,
            r#"{"auths": {"quay.io/acme/to": {"auth": "<to:hunter2>"}, "quay.io": {"auth": "<all:hunter2>"}}}"#,
        )],
        ask: ("quay.io", "acme/tool"),
        told: r#"all with hunter2: auths."quay.io" in [HOME]/run/containers/auth.json"#,
        ..ROW
    },
    Row {
        name: "other namespaces of the registry",
        files: &[(RUN, r#"{"auths": {"quay.io/other": {"auth": "<other:hunter2>"}}}"#)],
        ask: ("quay.io", "acme/tool"),
        told: "anonymous: no credentials for quay.io in [HOME]/run/containers/auth.json",
        ..ROW
    },
    Row {
        name: "a namespace in Docker's file",
        files: &[(".docker/config.json", r#"{"auths": {"quay.io/acme": {"auth": "<acme:hunter2>"}}}"#)],
        ask: ("quay.io", "acme/tool"),
        told: r#"acme with hunter2: auths."quay.io/acme" in [HOME]/.docker/config.json"#,
        ..ROW
    },
    Row {
        name: "a namespace of Docker Hub",
        files: &[(
            RUN,
            r#"{"auths": {"docker.io": {"auth": "<hub:hunter2>"}, "docker.io/acme": {"auth": "<acme:hunter2>"}}}"#,
        )],
        ask: ("docker.io", "acme/tool"),
        told: r#"acme with hunter2: auths."docker.io/acme" in [HOME]/run/containers/auth.json"#,
        ..ROW
    },
    Row {
        name: "of Docker Hub's names, podman's own is the best",
        files: &[(
            RUN,
            r#"{"auths": {"https://index.docker.io/v1/": {"auth": "<old:hunter2>"}, "docker.io": {"auth": "<new:hunter2>"}}}"#,
        )],
        ask: ("docker.io", "acme/tool"),
        told: r#"new with hunter2: auths."docker.io" in [HOME]/run/containers/auth.json"#,
        ..ROW
    },
    Row {
        name: "REGISTRY_AUTH_FILE instead of the file of the session",
        files: &[
            (RUN, r#"{"auths": {"ghcr.io": {"auth": "<run:hunter2>"}}}"#),
            ("ci.json", r#"{"auths": {"ghcr.io": {"auth": "<ci:hunter2>"}}}"#),
        ],
        vars: &[("REGISTRY_AUTH_FILE", "[HOME]/ci.json")],
        told: r#"ci with hunter2: auths."ghcr.io" in [HOME]/ci.json"#,
        ..ROW
    },
    Row {
        name: "REGISTRY_AUTH_FILE before the first login",
        files: &[(RUN, r#"{"auths": {"ghcr.io": {"auth": "<run:hunter2>"}}}"#)],
        vars: &[("REGISTRY_AUTH_FILE", "[HOME]/none.json")],
        told: "anonymous: no credentials for ghcr.io: there is no file of credentials",
        ..ROW
    },
    Row {
        name: "the file of the settings comes last",
        files: &[
            (RUN, r#"{"auths": {"quay.io": {"auth": "<run:hunter2>"}}}"#),
            (SETTINGS, r#"{"auths": {"ghcr.io": {"auth": "<kept:hunter2>"}}}"#),
        ],
        told: r#"kept with hunter2: auths."ghcr.io" in [HOME]/.config/containers/auth.json"#,
        ..ROW
    },
    Row {
        name: "XDG_CONFIG_HOME",
        files: &[("xdg/containers/auth.json", r#"{"auths": {"ghcr.io": {"auth": "<xdg:hunter2>"}}}"#)],
        vars: &[("XDG_CONFIG_HOME", "[HOME]/xdg"), ("XDG_RUNTIME_DIR", "")],
        told: r#"xdg with hunter2: auths."ghcr.io" in [HOME]/xdg/containers/auth.json"#,
        ..ROW
    },
    Row {
        name: "every file was looked at in vain",
        files: &[(".docker/config.json", "{}"), (RUN, "{}"), (SETTINGS, "{}")],
        vars: &[("DOCKER_AUTH_CONFIG", "{}")],
        told: "anonymous: no credentials for ghcr.io in DOCKER_AUTH_CONFIG, [HOME]/.docker/config.json, \
               [HOME]/run/containers/auth.json, [HOME]/.config/containers/auth.json",
        ..ROW
    },
    Row {
        name: "podman asks a helper for docker.io",
        files: &[(RUN, r#"{"credHelpers": {"docker.io": "pass"}}"#)],
        helpers: &[("pass", r#"read -r key; echo "{\"Username\": \"$1 $key\", \"Secret\": \"hunter2\"}""#)],
        ask: ("docker.io", "acme/tool"),
        told: r#"get docker.io with hunter2: credHelpers."docker.io" (docker-credential-pass) in [HOME]/run/containers/auth.json"#,
        ..ROW
    },
];
