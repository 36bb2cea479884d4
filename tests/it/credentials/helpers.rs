//! Credential helpers that answer, and those that have nothing.

use super::{ROW, Row};

const CONFIG: &str = ".docker/config.json";

/// Says what it was asked.
const ECHO: &str =
    r#"read -r key; echo "{\"ServerURL\": \"$key\", \"Username\": \"$1 $key\", \"Secret\": \"hunter2\"}""#;
const NOTHING: &str = "echo credentials not found in native keychain; exit 1";

pub const ROWS: &[Row] = &[
    Row {
        name: "the store of Docker Desktop",
        files: &[(
            CONFIG,
            r#"{"auths": {"https://index.docker.io/v1/": {}}, "credsStore": "desktop", "currentContext": "desktop-linux"}"#,
        )],
        helpers: &[("desktop", ECHO)],
        ask: ("docker.io", "acme/tool"),
        told: "get https://index.docker.io/v1/ with hunter2: credsStore (docker-credential-desktop) in [HOME]/.docker/config.json",
        ..ROW
    },
    Row {
        name: "the store is asked for the host",
        files: &[(CONFIG, r#"{"credsStore": "osxkeychain"}"#)],
        helpers: &[("osxkeychain", ECHO)],
        told: "get ghcr.io with hunter2: credsStore (docker-credential-osxkeychain) in [HOME]/.docker/config.json",
        ..ROW
    },
    Row {
        name: "Docker Desktop below Windows' Linux",
        files: &[(CONFIG, "{\r\n  \"credsStore\": \"desktop.exe\"\r\n}")],
        helpers: &[("desktop.exe", ECHO)],
        told: "get ghcr.io with hunter2: credsStore (docker-credential-desktop.exe) in [HOME]/.docker/config.json",
        ..ROW
    },
    Row {
        name: "wincred ends its lines as Windows does",
        files: &[(CONFIG, r#"{"credsStore": "wincred"}"#)],
        helpers: &[("wincred", r#"printf '{"Username":"CORP\\\\me","Secret":"hunter2"}\r\n'"#)],
        told: r"CORP\me with hunter2: credsStore (docker-credential-wincred) in [HOME]/.docker/config.json",
        ..ROW
    },
    Row {
        name: "the helper of the registry comes before the store",
        files: &[(CONFIG, r#"{"credsStore": "desktop", "credHelpers": {"ghcr.io": "gh", "quay.io": "quay"}}"#)],
        helpers: &[("desktop", "exit 9"), ("gh", ECHO)],
        told: r#"get ghcr.io with hunter2: credHelpers."ghcr.io" (docker-credential-gh) in [HOME]/.docker/config.json"#,
        ..ROW
    },
    Row {
        name: "the helper of another registry is left alone",
        files: &[(CONFIG, r#"{"credHelpers": {"quay.io": "quay"}, "auths": {"ghcr.io": {"auth": "<me:hunter2>"}}}"#)],
        told: r#"me with hunter2: auths."ghcr.io" in [HOME]/.docker/config.json"#,
        ..ROW
    },
    Row {
        name: "a helper for docker.io is asked as Docker asks",
        files: &[(CONFIG, r#"{"credHelpers": {"docker.io": "hub"}}"#)],
        helpers: &[("hub", ECHO)],
        ask: ("docker.io", "acme/tool"),
        told: r#"get https://index.docker.io/v1/ with hunter2: credHelpers."docker.io" (docker-credential-hub) in [HOME]/.docker/config.json"#,
        ..ROW
    },
    Row {
        name: "an empty helper means the file",
        files: &[(
            CONFIG,
            r#"{"credsStore": "desktop", "credHelpers": {"ghcr.io": ""}, "auths": {"ghcr.io": {"auth": "<me:hunter2>"}}}"#,
        )],
        told: r#"me with hunter2: auths."ghcr.io" in [HOME]/.docker/config.json"#,
        ..ROW
    },
    Row {
        name: "the store wins over what is left in the file",
        files: &[(CONFIG, r#"{"credsStore": "pass", "auths": {"ghcr.io": {"auth": "<stale:hunter2>"}}}"#)],
        helpers: &[("pass", ECHO)],
        told: "get ghcr.io with hunter2: credsStore (docker-credential-pass) in [HOME]/.docker/config.json",
        ..ROW
    },
    Row {
        name: "a store without an entry: what is left in the file stays stale",
        files: &[(CONFIG, r#"{"credsStore": "pass", "auths": {"ghcr.io": {"auth": "<stale:hunter2>"}}}"#)],
        helpers: &[("pass", NOTHING)],
        told: "anonymous: no credentials for ghcr.io in docker-credential-pass (credsStore in [HOME]/.docker/config.json)",
        ..ROW
    },
    Row {
        name: "a store without an entry: the next source is asked",
        files: &[
            (CONFIG, r#"{"credsStore": "pass"}"#),
            ("run/containers/auth.json", r#"{"auths": {"ghcr.io": {"auth": "<podman:hunter2>"}}}"#),
        ],
        helpers: &[("pass", NOTHING)],
        told: r#"podman with hunter2: auths."ghcr.io" in [HOME]/run/containers/auth.json"#,
        ..ROW
    },
    Row {
        name: "nothing found, said with success",
        files: &[(CONFIG, r#"{"credsStore": "bat"}"#)],
        helpers: &[("bat", "printf 'credentials not found in native keychain\\r\\n'")],
        told: "anonymous: no credentials for ghcr.io in docker-credential-bat (credsStore in [HOME]/.docker/config.json)",
        ..ROW
    },
    Row {
        name: "nothing found, said on standard error",
        files: &[(CONFIG, r#"{"credsStore": "loud"}"#)],
        helpers: &[("loud", "echo Error: Credentials not found in native keychain >&2; exit 1")],
        told: "anonymous: no credentials for ghcr.io in docker-credential-loud (credsStore in [HOME]/.docker/config.json)",
        ..ROW
    },
    Row {
        name: "an empty answer",
        files: &[(CONFIG, r#"{"credsStore": "blank"}"#)],
        helpers: &[("blank", r#"echo '{"ServerURL": "", "Username": "", "Secret": ""}'"#)],
        told: "anonymous: no credentials for ghcr.io in docker-credential-blank (credsStore in [HOME]/.docker/config.json)",
        ..ROW
    },
    Row {
        name: "an identity token from a helper",
        files: &[(CONFIG, r#"{"credHelpers": {"x.azurecr.io": "acr-env"}}"#)],
        helpers: &[("acr-env", r#"echo '{"Username": "<token>", "Secret": "eyJ.hunter2"}'"#)],
        ask: ("x.azurecr.io", "tool"),
        told: r#"identity token eyJ.hunter2: credHelpers."x.azurecr.io" (docker-credential-acr-env) in [HOME]/.docker/config.json"#,
        ..ROW
    },
    Row {
        name: "Azure's nameless user has a password like others",
        files: &[(CONFIG, r#"{"credsStore": "acr"}"#)],
        helpers: &[("acr", r#"echo '{"Username": "00000000-0000-0000-0000-000000000000", "Secret": "hunter2"}'"#)],
        ask: ("x.azurecr.io", "tool"),
        told: "00000000-0000-0000-0000-000000000000 with hunter2: credsStore (docker-credential-acr) in [HOME]/.docker/config.json",
        ..ROW
    },
    Row {
        name: "a helper in lower case with fields of its own, noisy and without reading",
        files: &[(CONFIG, r#"{"credsStore": "own"}"#)],
        helpers: &[(
            "own",
            r#"exec <&-; echo warning >&2; echo '{"username": "me", "secret": "hunter2", "expires": 7}'"#,
        )],
        told: "me with hunter2: credsStore (docker-credential-own) in [HOME]/.docker/config.json",
        ..ROW
    },
];
