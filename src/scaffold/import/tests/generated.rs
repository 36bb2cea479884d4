//! The law for combinations that nobody wrote: what is generated is the same on every machine.

use super::*;

/// SplitMix64, whose numbers are a function of where it started.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % sides as u64).unwrap_or_default()
    }

    fn pick<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.roll(of.len())]
    }

    fn often(&mut self) -> bool {
        self.roll(4) > 0
    }

    fn seldom(&mut self) -> bool {
        self.roll(6) == 0
    }
}

const TEXTS: [&str; 14] =
    ["x", "Tool", "/linux/tool", "a b", "", "'", "\"", "\\", "é🎉", "a\nb", "'''", "\"\"\"", "\u{1}", "[{\"alt\":1}]"];

fn any(dice: &mut Dice, depth: usize) -> Value {
    match dice.roll(if depth > 3 { 4 } else { 7 }) {
        0 => json!(dice.roll(2) == 0),
        1 => json!(dice.roll(1000)),
        2 => json!(0.5 * f64::from(u32::try_from(dice.roll(1000)).unwrap_or_default())),
        3 | 4 => json!(dice.pick(&TEXTS)),
        5 => (0..dice.roll(4)).map(|_| any(dice, depth + 1)).collect(),
        _ => Value::Object((0..dice.roll(4)).map(|_| (dice.pick(&TEXTS).to_owned(), any(dice, depth + 1))).collect()),
    }
}

fn group(dice: &mut Dice, nth: usize) -> Value {
    let mut group = Map::new();
    for (os, exe) in [("darwin", ""), ("linux", ""), ("windows", ".exe")] {
        if dice.often() {
            let file = |n: usize| json!({ "path": format!("/{os}/tool-{nth}-{n}{exe}") });
            group.insert(os.to_owned(), (0..dice.roll(4)).map(file).collect());
        }
    }
    if dice.seldom() || group.is_empty() {
        group.insert(dice.pick(&["name", "darwin", "x y", "extra", "path"]).to_owned(), any(dice, 1));
    }
    Value::Object(group)
}

fn metadata(dice: &mut Dice) -> Value {
    let mut root = Map::new();
    if dice.often() {
        root.insert("icon".to_owned(), json!(dice.pick(&["icon.svg", "/a/b.png", "docker.ico", "../x.svg", ""])));
    }
    if dice.often() {
        let mut tab = Map::new();
        for (key, values) in [
            ("title", ["Tool", "é", "x"]),
            ("root", ["ui", "/ui", "client"]),
            ("src", ["index.html", "./v2/x.html", "x?y"]),
        ] {
            if !dice.seldom() {
                tab.insert(key.to_owned(), json!(dice.pick(&values)));
            }
        }
        if dice.seldom() {
            tab.insert("backend".to_owned(), json!({ "socket": dice.pick(&["a.sock", "b.sock"]), "tcp": "1" }));
        }
        if dice.seldom() {
            tab.insert(dice.pick(&["title", "root", "other"]).to_owned(), any(dice, 1));
        }
        root.insert("ui".to_owned(), json!({ "dashboard-tab": tab }));
    }
    if dice.often() {
        let mut vm = Map::new();
        for (key, values) in [
            ("image", ["${DESKTOP_PLUGIN_IMAGE}", "a/b:1", "A B"]),
            ("composefile", ["compose.yaml", "/vm/c.yml", ".."]),
        ] {
            if dice.often() {
                vm.insert(key.to_owned(), json!(dice.pick(&values)));
            }
        }
        if dice.often() {
            vm.insert("exposes".to_owned(), json!({ "socket": dice.pick(&["a.sock", "b.sock", "/a.sock"]) }));
        }
        if dice.seldom() {
            vm.insert(dice.pick(&["image", "exposes", "port", "bin", "base"]).to_owned(), any(dice, 1));
        }
        root.insert("vm".to_owned(), Value::Object(vm));
    }
    if dice.often() || root.keys().all(|key| key == "icon") {
        let groups: Vec<Value> = (0..dice.roll(4)).map(|nth| group(dice, nth)).collect();
        root.insert("host".to_owned(), json!({ "binaries": groups }));
    }
    if dice.seldom() {
        root.insert(dice.pick(&["name", "extra", "labels", "ui", "host", "files"]).to_owned(), any(dice, 0));
    }
    Value::Object(root)
}

fn some_labels(dice: &mut Dice) -> BTreeMap<String, String> {
    let mut labels = basic();
    let names = [
        "com.docker.extension.publisher-url",
        "com.docker.desktop.extension.icon",
        "com.docker.extension.screenshots",
        "com.docker.extension.additional-urls",
        "com.docker.extension.detailed-description",
        "com.docker.extension.changelog",
        "com.docker.extension.categories",
        "com.docker.extension.account-info",
        "org.opencontainers.image.licenses",
        "org.opencontainers.image.source",
        "x",
        "x y",
    ];
    let values = [
        "",
        "https://example.com/a.svg",
        "required",
        "a,b",
        "a, b",
        r#"[{"alt":"a","url":"https://example.com"}]"#,
        r#"[{"title":"a","url":"https://example.com"}]"#,
        "[]",
        "<p>\n</p>\r\n",
        "'\"\\",
        "${X}",
        " ",
    ];
    for name in names.into_iter().take(if dice.seldom() { 12 } else { 11 }) {
        if dice.often() {
            labels.insert(name.to_owned(), dice.pick(&values).to_owned());
        }
    }
    labels
}

#[test]
fn three_hundred_combinations() {
    for seed in 0..300 {
        let dice = &mut Dice(seed);
        let (metadata, mut labels) = (metadata(dice), some_labels(dice));
        // The one name here that a table refuses is told.
        if labels.contains_key("x y") {
            let imported = Imported { metadata: found(&metadata), labels: Some(labels.clone()), ..Imported::default() };
            let account = import(&imported, &target()).expect("imported").account;
            assert!(account.left.iter().any(|left| left.what.contains("\"x y\"")), "{account:?}");
            labels.remove("x y");
        }
        law(&format!("seed {seed}: {metadata} {labels:?}"), &metadata, &labels);
    }
}

/// Whatever the JSON is, the table gives it again, or the account says what it does not give.
#[test]
fn any_json_is_law_or_told() {
    for seed in 0..600 {
        let dice = &mut Dice(seed);
        let mut root = Map::new();
        for key in ["icon", "ui", "vm", "host"] {
            if dice.often() {
                root.insert(key.to_owned(), any(dice, 0));
            }
        }
        let metadata = Value::Object(root);
        let imported = Imported { metadata: found(&metadata), labels: Some(basic()), ..Imported::default() };
        match import(&imported, &target()) {
            Ok(import) if import.account.tried && import.account.differs.is_empty() => {
                assert_eq!(generated(&import).0, metadata, "{seed}");
            }
            Ok(import) => assert!(!import.account.left.is_empty(), "{seed}: {metadata} {:?}", import.account),
            Err(Error::NoPart) => assert!(["ui", "vm", "host"].iter().all(|part| metadata.get(part).is_none())),
            Err(error) => panic!("{seed}: {error}"),
        }
    }
}
