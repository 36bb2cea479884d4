//! `config.json` and `DOCKER_AUTH_CONFIG`.

use super::{ROW, Row};

const CONFIG: &str = ".docker/config.json";

pub const ROWS: &[Row] = &[
    Row {
        name: "nobody has logged in",
        told: "anonymous: no credentials for ghcr.io: there is no file of credentials",
        ..ROW
    },
    Row {
        name: "a plain login",
        files: &[(CONFIG, r#"{"auths": {"ghcr.io": {"auth": "<octocat:hunter2>"}}}"#)],
        told: r#"octocat with hunter2: auths."ghcr.io" in [HOME]/.docker/config.json"#,
        ..ROW
    },
    Row {
        name: "a login to another registry",
        files: &[(CONFIG, r#"{"auths": {"quay.io": {"auth": "<octocat:hunter2>"}}}"#)],
        told: "anonymous: no credentials for ghcr.io in [HOME]/.docker/config.json",
        ..ROW
    },
    Row {
        name: "what is wrong with another registry does not matter",
        files: &[(
            CONFIG,
            r#"{"auths": {"quay.io": {"auth": "hunter2!"}, "x": 7, "ghcr.io": {"auth": "<me:hunter2>"}}}"#,
        )],
        told: r#"me with hunter2: auths."ghcr.io" in [HOME]/.docker/config.json"#,
        ..ROW
    },
    Row {
        name: "Docker Hub as docker login writes it",
        files: &[(CONFIG, r#"{"auths": {"https://index.docker.io/v1/": {"auth": "<hub:hunter2>"}}}"#)],
        ask: ("docker.io", "library/alpine"),
        told: r#"hub with hunter2: auths."https://index.docker.io/v1/" in [HOME]/.docker/config.json"#,
        ..ROW
    },
    Row {
        name: "Docker Hub under its short name",
        files: &[(CONFIG, r#"{"auths": {"docker.io": {"auth": "<hub:hunter2>"}}}"#)],
        ask: ("index.docker.io", "library/alpine"),
        told: r#"hub with hunter2: auths."docker.io" in [HOME]/.docker/config.json"#,
        ..ROW
    },
    Row {
        name: "Docker Hub under the name of its server",
        files: &[(CONFIG, r#"{"auths": {"registry-1.docker.io": {"auth": "<hub:hunter2>"}}}"#)],
        ask: ("docker.io", "library/alpine"),
        told: r#"hub with hunter2: auths."registry-1.docker.io" in [HOME]/.docker/config.json"#,
        ..ROW
    },
    Row {
        name: "of Docker Hub's names, docker login's own is the best",
        files: &[(
            CONFIG,
            r#"{"auths": {"docker.io": {"auth": "<old:hunter2>"}, "https://index.docker.io/v1/": {"auth": "<new:hunter2>"}}}"#,
        )],
        ask: ("docker.io", "library/alpine"),
        told: r#"new with hunter2: auths."https://index.docker.io/v1/" in [HOME]/.docker/config.json"#,
        ..ROW
    },
    Row {
        name: "Docker's own tokens for Docker Hub are no password",
        files: &[(CONFIG, r#"{"auths": {"https://index.docker.io/v1/refresh-token": {"auth": "<hub:hunter2>"}}}"#)],
        ask: ("docker.io", "library/alpine"),
        told: "anonymous: no credentials for docker.io in [HOME]/.docker/config.json",
        ..ROW
    },
    Row {
        name: "an address of an old version",
        files: &[(CONFIG, r#"{"auths": {"https://ghcr.io/v1/": {"auth": "<octocat:hunter2>"}}}"#)],
        told: r#"octocat with hunter2: auths."https://ghcr.io/v1/" in [HOME]/.docker/config.json"#,
        ..ROW
    },
    Row {
        name: "an address without https and with a port",
        files: &[(CONFIG, r#"{"auths": {"http://localhost:5000/v2": {"auth": "<dev:hunter2>"}}}"#)],
        ask: ("localhost:5000", "x"),
        told: r#"dev with hunter2: auths."http://localhost:5000/v2" in [HOME]/.docker/config.json"#,
        ..ROW
    },
    Row {
        name: "another port is another registry",
        files: &[(CONFIG, r#"{"auths": {"localhost:5000": {"auth": "<dev:hunter2>"}}}"#)],
        ask: ("localhost:5001", "x"),
        told: "anonymous: no credentials for localhost:5001 in [HOME]/.docker/config.json",
        ..ROW
    },
    Row {
        name: "hosts have no case",
        files: &[(CONFIG, r#"{"auths": {"GHCR.IO": {"auth": "<octocat:hunter2>"}}}"#)],
        told: r#"octocat with hunter2: auths."GHCR.IO" in [HOME]/.docker/config.json"#,
        ..ROW
    },
    Row {
        name: "a password with colons, and no padding",
        files: &[(CONFIG, r#"{"auths": {"ghcr.io": {"auth": "bWU6aHVudGVyMjphOmI"}}}"#)],
        told: r#"me with hunter2:a:b: auths."ghcr.io" in [HOME]/.docker/config.json"#,
        ..ROW
    },
    Row {
        name: "NULs after the password",
        files: &[(CONFIG, "{\"auths\": {\"ghcr.io\": {\"auth\": \"<me:hunter2\0\0>\"}}}")],
        told: r#"me with hunter2: auths."ghcr.io" in [HOME]/.docker/config.json"#,
        ..ROW
    },
    Row {
        name: "user and password in plain",
        files: &[(CONFIG, r#"{"auths": {"ghcr.io": {"username": "me", "password": "hunter2"}}}"#)],
        told: r#"me with hunter2: auths."ghcr.io" in [HOME]/.docker/config.json"#,
        ..ROW
    },
    Row {
        name: "an empty auth is none",
        files: &[(CONFIG, r#"{"auths": {"ghcr.io": {"auth": ""}, "https://ghcr.io": {"auth": "<me:hunter2>"}}}"#)],
        told: r#"me with hunter2: auths."https://ghcr.io" in [HOME]/.docker/config.json"#,
        ..ROW
    },
    Row {
        name: "an identity token, as az acr login leaves it",
        files: &[(
            CONFIG,
            r#"{"auths": {"x.azurecr.io": {"auth": "<00000000-0000-0000-0000-000000000000:>", "identitytoken": "eyJ.hunter2"}}}"#,
        )],
        ask: ("x.azurecr.io", "tool"),
        told: r#"identity token eyJ.hunter2: auths."x.azurecr.io" in [HOME]/.docker/config.json"#,
        ..ROW
    },
    Row {
        name: "a registry token before everything else",
        files: &[(
            CONFIG,
            r#"{"auths": {"ghcr.io": {"auth": "<a:hunter2-a>", "identitytoken": "hunter2-b", "registrytoken": "hunter2-c"}}}"#,
        )],
        told: r#"registry token hunter2-c: auths."ghcr.io" in [HOME]/.docker/config.json"#,
        ..ROW
    },
    Row {
        name: "what Docker keeps there besides",
        files: &[(
            CONFIG,
            r#"{"HttpHeaders": {"X": "hunter2"}, "psFormat": "table", "experimental": true, "proxies": {"default": {"httpProxy": "http://u:hunter2@p"}}, "plugins": [[1, {}]], "AUTHS": {"ghcr.io": {"Auth": "<me:hunter2>", "email": null}}}"#,
        )],
        told: r#"me with hunter2: auths."ghcr.io" in [HOME]/.docker/config.json"#,
        ..ROW
    },
    Row {
        name: "an empty file",
        files: &[(CONFIG, "")],
        told: "anonymous: no credentials for ghcr.io in [HOME]/.docker/config.json",
        ..ROW
    },
    Row {
        name: "nulls",
        files: &[(CONFIG, r#"{"auths": null, "credHelpers": {"ghcr.io": null}, "credsStore": null}"#)],
        told: "anonymous: no credentials for ghcr.io in [HOME]/.docker/config.json",
        ..ROW
    },
    Row {
        name: "written on Windows: a byte order mark and CRLF",
        files: &[(
            CONFIG,
            "\u{feff}{\r\n\t\"auths\": {\r\n\t\t\"ghcr.io\": {\r\n\t\t\t\"auth\": \"<CORP\\me:hunter2>\"\r\n\t\t}\r\n\t}\r\n}\r\n",
        )],
        told: r#"CORP\me with hunter2: auths."ghcr.io" in [HOME]/.docker/config.json"#,
        ..ROW
    },
    Row {
        name: "DOCKER_CONFIG instead of the home",
        files: &[
            (CONFIG, r#"{"auths": {"ghcr.io": {"auth": "<home:hunter2>"}}}"#),
            ("ci/config.json", r#"{"auths": {"ghcr.io": {"auth": "<ci:hunter2>"}}}"#),
        ],
        vars: &[("DOCKER_CONFIG", "[HOME]/ci")],
        told: r#"ci with hunter2: auths."ghcr.io" in [HOME]/ci/config.json"#,
        ..ROW
    },
    Row {
        name: "DOCKER_CONFIG that names no folder",
        files: &[(CONFIG, r#"{"auths": {"ghcr.io": {"auth": "<home:hunter2>"}}}"#)],
        vars: &[("DOCKER_CONFIG", "/dev/null")],
        told: "anonymous: no credentials for ghcr.io: there is no file of credentials",
        ..ROW
    },
    Row {
        name: "no home",
        vars: &[("HOME", "")],
        told: "anonymous: no credentials for ghcr.io: there is no file of credentials",
        ..ROW
    },
    Row {
        name: "the variable is the first",
        files: &[(CONFIG, r#"{"auths": {"ghcr.io": {"auth": "<home:hunter2>"}}}"#)],
        vars: &[("DOCKER_AUTH_CONFIG", r#"{"auths": {"ghcr.io": {"auth": "<ci:hunter2>"}}}"#)],
        told: r#"ci with hunter2: auths."ghcr.io" in DOCKER_AUTH_CONFIG"#,
        ..ROW
    },
    Row {
        name: "the variable says nothing of this registry",
        files: &[(CONFIG, r#"{"auths": {"ghcr.io": {"auth": "<home:hunter2>"}}}"#)],
        vars: &[("DOCKER_AUTH_CONFIG", r#"{"auths": {"quay.io": {"auth": "<ci:hunter2>"}}}"#)],
        told: r#"home with hunter2: auths."ghcr.io" in [HOME]/.docker/config.json"#,
        ..ROW
    },
    Row {
        name: "of the variable, auth alone counts",
        vars: &[(
            "DOCKER_AUTH_CONFIG",
            r#"{"credsStore": "none", "credHelpers": {"ghcr.io": 7}, "auths": {"ghcr.io": {"identitytoken": "hunter2", "registrytoken": 7, "username": "a", "password": "hunter2"}}}"#,
        )],
        told: "anonymous: no credentials for ghcr.io in DOCKER_AUTH_CONFIG",
        ..ROW
    },
    Row {
        name: "Docker Hub in the variable",
        vars: &[("DOCKER_AUTH_CONFIG", r#"{"auths": {"https://index.docker.io/v1/": {"auth": "<hub:hunter2>"}}}"#)],
        ask: ("docker.io", "acme/tool"),
        told: r#"hub with hunter2: auths."https://index.docker.io/v1/" in DOCKER_AUTH_CONFIG"#,
        ..ROW
    },
];
