//! The law for the rest of metadata.json, and for labels.

use super::*;

fn tab(tab: Value) -> Value {
    json!({ "ui": { "dashboard-tab": tab } })
}

#[test]
fn every_key_of_real_files() {
    let own = "${DESKTOP_PLUGIN_IMAGE}";
    for (metadata, keys) in [
        (json!({ "icon": "icon.svg", "vm": {} }), &["icon", "vm"][..]),
        (json!({ "icon": "/img/icon.PNG", "vm": {} }), &["icon", "vm"]),
        (json!({ "icon": 1, "vm": {} }), &["extra", "vm"]),
        (json!({ "icon": "icon.ico", "vm": {} }), &["extra", "files", "vm"]),
        (tab(json!({ "title": "Tool", "root": "ui", "src": "index.html" })), &["ui"]),
        (tab(json!({ "title": "T", "root": "/usr/share/nginx/html", "src": "index.html?v0.4.0" })), &["ui"]),
        (
            tab(
                json!({ "title": "T", "root": "/ui", "src": "./v2/index.html", "backend": { "socket": "a.sock", "tcp": "9000" } }),
            ),
            &["ui"],
        ),
        (tab(json!({ "title": "T", "root": "ui", "src": "/index.html", "backend": {}, "kwasm": true })), &["ui"]),
        (tab(json!({ "title": "T", "root": "ui" })), &["extra", "files"]),
        (tab(json!({ "title": "", "root": "ui", "src": "" })), &["extra", "files"]),
        (tab(json!({ "title": "a\nb", "root": "..", "src": "x" })), &["extra"]),
        (json!({ "ui": {} }), &["extra"]),
        (
            json!({ "ui": { "dashboard-tab": { "title": "T", "root": "ui", "src": "x" }, "settings": { "a": 1.5 } } }),
            &["extra", "ui"],
        ),
        (json!({ "vm": {} }), &["vm"]),
        (json!({ "vm": { "image": own } }), &["vm"]),
        (json!({ "vm": { "image": "ghcr.io/example/x:1.0", "exposes": { "socket": "a.sock" } } }), &["vm"]),
        (json!({ "vm": { "image": "Not An Image" } }), &["vm"]),
        (json!({ "vm": { "image": own, "composefile": "compose.yaml", "exposes": { "socket": "a.sock" } } }), &["vm"]),
        (json!({ "vm": { "composefile": "/docker-compose.yaml" } }), &["vm"]),
        (json!({ "vm": { "composefile": "vm/extension-compose.yml", "mounts": [1, "x"] } }), &["vm"]),
        (json!({ "vm": { "composefile": "../compose.yml" } }), &["vm"]),
        (json!({ "vm": { "exposes": { "socket": "a.sock" } } }), &["vm"]),
        (json!({ "vm": { "composefile": "c.yaml", "exposes": { "socket": { "x": 1 }, "named-pipe": "p" } } }), &["vm"]),
        (json!({ "vm": { "composefile": "c.yaml", "exposes": { "socket": "/run/a.sock" } } }), &["vm"]),
        (json!({ "vm": "x" }), &["extra"]),
        (json!({ "host": { "binaries": [] }, "name": "x", "provider": "y", "version": 1 }), &["extra", "host"]),
        (
            json!({ "vm": { "image": own, "exposes": { "socket": "a.sock" } }, "ui": { "dashboard-tab": { "title": "T", "root": "ui", "src": "x", "backend": { "socket": "b.sock" } } } }),
            &["ui", "vm"],
        ),
        (
            json!({ "icon": "ui/icon.svg", "vm": { "composefile": "ui/c.yaml" }, "ui": { "dashboard-tab": { "title": "T", "root": "ui", "src": "x" } } }),
            &["extra", "ui", "vm"],
        ),
        (json!({ "icon": "metadata.json/x.svg", "vm": {} }), &["icon", "vm"]),
        (json!({ "icon": "metadata.json", "vm": { "composefile": "metadata.json" } }), &["extra", "vm"]),
    ] {
        let [import, _] = law(&metadata.to_string(), &metadata, &basic());
        let set: Vec<&str> = import.table.keys().map(String::as_str).filter(|key| !is_word(key)).collect();
        let without_files: Vec<&str> = keys.iter().copied().filter(|key| *key != "files").collect();
        assert!(set == keys || set == without_files, "{metadata}: {set:?}");
    }
}

fn is_word(key: &str) -> bool {
    ["title", "vendor", "description", "api-version"].contains(&key)
}

/// Labels beyond the basic ones, the keys of `marketplace` that say them, and those that stand in `labels`.
#[test]
fn every_label_is_said_or_kept() {
    let shots = r#"[{"alt":"One","url":"https://example.com/1.png"}]"#;
    for (name, value, in_market) in [
        ("com.docker.extension.publisher-url", "https://example.com", true),
        ("com.docker.extension.publisher-url", "example.com", false),
        ("com.docker.desktop.extension.icon", "https://example.com/icon.svg?raw=true", true),
        ("com.docker.desktop.extension.icon", "docker.svg", false),
        ("com.docker.desktop.extension.icon", "https://example.com/icon.ico", false),
        ("com.docker.extension.screenshots", shots, true),
        (
            "com.docker.extension.screenshots",
            " [ { \"url\" : \"https://example.com/1.png\", \"alt\": \"One\" } ] ",
            true,
        ),
        ("com.docker.extension.screenshots", "", false),
        ("com.docker.extension.screenshots", "[]", false),
        ("com.docker.extension.screenshots", "[{alt:One}]", false),
        ("com.docker.extension.screenshots", "https://example.com/1.png,https://example.com/2.png", false),
        ("com.docker.extension.screenshots", r#"[["One","https://example.com/1.png"]]"#, false),
        ("com.docker.extension.screenshots", r#"[{"alt":"","url":"https://example.com/1.png"}]"#, false),
        ("com.docker.extension.additional-urls", r#"[{"title":"S","url":"http://example.com"}]"#, true),
        ("com.docker.extension.additional-urls", r#"[{"title":"S","url":"http://example.com","alt":"x"}]"#, false),
        ("com.docker.extension.additional-urls", r#"[{"title":"S","url":"x"}{"title":"T","url":"y"}]"#, false),
        ("com.docker.extension.additional-urls", "https://example.com", false),
        ("com.docker.extension.detailed-description", "<p>\n\"One\" 'two' ${X}\r\n</p>\n", true),
        ("com.docker.extension.detailed-description", " ", false),
        ("com.docker.extension.changelog", "<ul><li>New</li></ul>", true),
        ("com.docker.extension.changelog", "", false),
        ("com.docker.extension.categories", "ci-cd,database", true),
        ("com.docker.extension.categories", "Utility tools", true),
        ("com.docker.extension.categories", "ci-cd, database", false),
        ("com.docker.extension.categories", "ci-cd,", false),
        ("com.docker.extension.categories", "", false),
        ("com.docker.extension.categories", r#"["ci-cd","database"]"#, true),
        ("com.docker.extension.account-info", "required", true),
        ("com.docker.extension.account-info", "", true),
        ("com.docker.extension.account-info", "true", false),
        ("com.docker.extension.category", "x", false),
        ("org.opencontainers.image.url", "", false),
        ("org.opencontainers.image.licenses", "Apache-2.0", false),
        ("license", "x", false),
    ] {
        let mut labels = basic();
        labels.insert(name.to_owned(), value.to_owned());
        let [import, _] = law(&format!("{name}={value}"), &json!({ "vm": {} }), &labels);
        assert_eq!(import.table.contains_key("marketplace"), in_market, "{name}={value}");
        assert_eq!(import.table.contains_key("labels"), !in_market, "{name}={value}");
    }
    // What Cargo.toml says by itself needs no key.
    let mut labels = basic();
    labels.insert("org.opencontainers.image.licenses".to_owned(), "MIT".to_owned());
    labels.insert("org.opencontainers.image.version".to_owned(), "1.2.3".to_owned());
    let [import, _] = law("licence", &json!({ "vm": {} }), &labels);
    assert!(!import.table.contains_key("labels"));
}

fn account(metadata: &str, labels: Option<BTreeMap<String, String>>) -> Account {
    let imported = Imported { metadata: read(metadata).expect("JSON"), labels, ..Imported::default() };
    import(&imported, &target()).expect("imported").account
}

fn told(account: &Account) -> Vec<String> {
    let left = account.left.iter().map(|left| left.what.clone());
    let differs = account.differs.iter().map(|differs| format!("{differs:?}"));
    left.chain(differs).chain(account.missing.iter().map(|key| (*key).to_owned())).collect()
}

#[test]
fn what_cannot_be_said_is_told() {
    let vm = r#"{"vm":{}}"#;
    let with = |name: &str, value: &str| {
        let mut labels = basic();
        labels.insert(name.to_owned(), value.to_owned());
        Some(labels)
    };
    let without = |name: &str| {
        let mut labels = basic();
        labels.remove(name);
        Some(labels)
    };
    for (metadata, labels, expected) in [
        (
            r#"{"vm":{"a":null,"b":[1,null]}}"#,
            Some(basic()),
            &["metadata.json `vm.a`: TOML has no `null`", "metadata.json `vm.b[1]`: TOML has no `null`"][..],
        ),
        (r#"{"vm":{"a":9223372036854775808}}"#, Some(basic()), &["metadata.json `vm.a`: TOML has no number as large"]),
        (
            r#"{"vm":{"a":{"$__toml_private_datetime":"x"}}}"#,
            Some(basic()),
            &["metadata.json `vm.a`: Cargo takes an object with such a key for a date"],
        ),
        (
            vm,
            with("org.opencontainers.image.version", "2.0.0"),
            &[
                "the label org.opencontainers.image.version says `2.0.0`; it is always the package's version, `1.2.3`",
                "Difference { what: \"label org.opencontainers.image.version\", was: Some(\"2.0.0\"), is: Some(\"1.2.3\") }",
            ],
        ),
        (
            vm,
            with("", "x"),
            &[
                "the label \"\": the name of a label is empty or has a blank",
                "Difference { what: \"label \", was: Some(\"x\"), is: None }",
            ],
        ),
        (vm, without("org.opencontainers.image.vendor"), &["vendor"]),
        (
            vm,
            with("org.opencontainers.image.vendor", ""),
            &["the label org.opencontainers.image.vendor: the text is empty", "vendor"],
        ),
        (vm, without("org.opencontainers.image.title"), &["title"]),
        (
            r#"{"ui":{"dashboard-tab":{"title":"Tab","root":"ui","src":"x"}}}"#,
            without("org.opencontainers.image.title"),
            &["Difference { what: \"label org.opencontainers.image.title\", was: None, is: Some(\"Tab\") }"],
        ),
        (
            vm,
            without("com.docker.desktop.extension.api.version"),
            &[
                "Difference { what: \"label com.docker.desktop.extension.api.version\", was: None, is: Some(\">= 0.3.4\") }",
            ],
        ),
        (
            vm,
            with("com.docker.desktop.extension.api.version", "latest"),
            &[
                "the label com.docker.desktop.extension.api.version: `latest` is no version constraint: unexpected character 'l' while parsing major version number",
                "Difference { what: \"label com.docker.desktop.extension.api.version\", was: Some(\"latest\"), is: Some(\">= 0.3.4\") }",
            ],
        ),
        (vm, None, &["vendor", "title"]),
    ] {
        let mut told = told(&account(metadata, labels));
        let mut expected: Vec<String> = expected.iter().map(|line| (*line).to_owned()).collect();
        told.sort();
        expected.sort();
        assert_eq!(told, expected, "{metadata}");
    }
}

#[test]
fn what_is_no_extension_is_refused() {
    for (metadata, why) in [
        ("[]", "metadata.json is no JSON object (E01)"),
        ("null", "metadata.json is no JSON object (E01)"),
        ("{}", "metadata.json has neither `ui` nor `vm` nor `host` (E04)"),
        (r#"{"icon":"x.svg","ui":null}"#, "metadata.json has neither `ui` nor `vm` nor `host` (E04)"),
    ] {
        let imported = Imported { metadata: read(metadata).expect("JSON"), ..Imported::default() };
        assert_eq!(import(&imported, &target()).expect_err(metadata).to_string(), why);
    }
    for text in ["", "{", "{\"ui\":{},}", "\u{feff}{}", "{} x", &"[".repeat(10_000), "{\"a\":1e999}", "\"\\ud800\""] {
        assert!(read(text).is_none(), "{text}");
    }
}

#[test]
fn deep_values_are_left_out_and_the_rest_is_law() {
    let deep = format!("{{\"vm\":{{\"x\":{}1{}}}}}", "[".repeat(100), "]".repeat(100));
    let found = read(&deep).expect("JSON");
    assert_eq!(found.left_out.len(), 1);
    assert_eq!(found.left_out[0].1, "it is nested too deep for TOML");
    law("deep", &found.value, &basic());
}

#[test]
fn of_a_key_that_comes_twice_the_last_counts() {
    let found = read(r#"{"vm":{"image":"a","image":null},"vm":{"image":"b","image":"c"}}"#).expect("JSON");
    assert_eq!(found.value, json!({ "vm": { "image": "c" } }));
    let found = read(r#"{"vm":{"image":"a","image":null}}"#).expect("JSON");
    assert_eq!((found.value, found.left_out.len()), (json!({ "vm": {} }), 1));
}

/// What the binaries of the workspace are called is theirs from now on, if something else made them before.
#[test]
fn binaries_of_the_workspace_are_built_by_cargo() {
    let p = |path: &str| json!([{ "path": path }]);
    let own = "${DESKTOP_PLUGIN_IMAGE}";
    let metadata = json!({
        "vm": { "image": own, "exposes": { "socket": "a.sock" } },
        "host": { "binaries": [
            { "darwin": p("/darwin/dutool"), "windows": p("/windows/dutool.exe"), "linux": p("/linux/dutool") },
            { "linux": p("/host/linux/extra-tool") },
            { "linux": p("/linux/unknown") },
            { "linux": p("/linux/twice") },
            { "linux": p("/host/dutool2") },
        ] },
    });
    let made = Provenance::Made { how: "built".to_owned() };
    let mut places: Places = place::wanted(&metadata).into_iter().map(|path| (path, made.clone())).collect();
    places.insert(ImagePath::new("/srv/disk-usage-backend").expect("a path"), made);
    let words = ["/srv/disk-usage-backend", "--socket", "/run/guest-services/a.sock"].map(str::to_owned).to_vec();
    let start = Start { entrypoint: Some(start::Command::Words(words)), cmd: None };
    let imported = |places| Imported {
        metadata: found(&metadata),
        labels: Some(basic()),
        places,
        start: start.clone(),
        ..Imported::default()
    };
    let import = super::import(&imported(places.clone()), &target()).expect("imported");
    assert_eq!(
        import.table["vm"],
        json!({
            "bin": "disk-usage-backend", "path": "/srv/disk-usage-backend", "image": own, "socket": "a.sock",
            "args": ["--socket", "/run/guest-services/a.sock"],
        })
    );
    assert_eq!(
        import.table["host"],
        json!([
            { "bin": "dutool" },
            { "bin": "extra-tool", "path": "/host/{os}/{bin}{exe}", "os": ["linux"] },
            { "linux": ["/linux/unknown"] },
            { "linux": ["/linux/twice"] },
            { "bin": "dutool2", "path": "/host/{bin}{exe}", "os": ["linux"] },
        ])
    );
    assert_eq!(import.account.differs, []);
    assert_eq!(generated(&import), (metadata.clone(), generated(&import).1));
    assert_eq!(
        import.account.built,
        [
            "the Cargo binary `disk-usage-backend` as the backend `/srv/disk-usage-backend`",
            "the Cargo binary `dutool` as `/darwin/dutool`, `/windows/dutool.exe`, `/linux/dutool`",
            "the Cargo binary `extra-tool` as `/host/linux/extra-tool`",
            "the Cargo binary `dutool2` as `/host/dutool2`",
        ]
    );
    let left: Vec<_> = import.account.left.iter().map(|left| left.what.as_str()).collect();
    assert_eq!(
        left,
        [
            "the file of host.binaries[2].linux[0], `/linux/unknown`: built",
            "the file of host.binaries[3].linux[0], `/linux/twice`: built",
        ]
    );
    // A file of the source stays a file.
    let path = ImagePath::new("/linux/dutool").expect("a path");
    places.insert(path, Provenance::Local { path: "dutool".to_owned(), folder: false });
    let import = super::import(&imported(places), &target()).expect("imported");
    assert_eq!(import.table["host"][0].get("bin"), None);
}
