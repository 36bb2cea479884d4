//! Compose files: the parts that Docker Desktop's rules are about. Pure: text -> [`Compose`].

use super::yaml::{self, Yaml};

/// What Docker Desktop puts in for the extension's own image.
pub const PLACEHOLDER: &str = "DESKTOP_PLUGIN_IMAGE";

/// A compose file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Compose {
    /// Its services in the order written; Docker Desktop talks to the first.
    pub services: Vec<Service>,
}

/// One service.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// Its image as it is written.
    pub image: Option<String>,
    /// Whether it may take its image from elsewhere (`extends`, `provider`).
    pub inherits: bool,
    /// Whether it would be built (`build`).
    pub builds: bool,
    /// Its `entrypoint`, a text split at blanks.
    pub entrypoint: Option<Vec<String>>,
    /// Its `command`, a text split at blanks.
    pub command: Option<Vec<String>>,
    /// Its `environment`, as `NAME=value`.
    pub environment: Vec<String>,
    /// What it mounts.
    pub volumes: Vec<Mount>,
}

/// What a service mounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// A path or the name of a volume; none of an anonymous volume.
    pub source: Option<String>,
    /// Where it is seen in the container.
    pub target: String,
}

impl Compose {
    /// All that its services say of commands, environment and mounts.
    pub(super) fn words(&self) -> impl Iterator<Item = &str> {
        self.services.iter().flat_map(Service::words)
    }
}

impl Service {
    fn words(&self) -> impl Iterator<Item = &str> {
        let words = self.entrypoint.iter().chain(&self.command).flatten().chain(&self.environment);
        let mounts = self.volumes.iter().flat_map(|mount| mount.source.iter().chain([&mount.target]));
        words.chain(mounts).map(String::as_str)
    }

    /// Whether its image is the placeholder that Docker Desktop fills in.
    #[must_use]
    pub fn is_own_image(&self) -> bool {
        self.image.as_deref().is_some_and(is_placeholder)
    }

    /// Whether its words speak of a text: entrypoint, command, environment and mounts.
    #[must_use]
    pub fn speaks_of(&self, text: &str) -> bool {
        self.words().any(|word| word.contains(text))
    }
}

/// Whether an image is written as `${DESKTOP_PLUGIN_IMAGE}`, `$DESKTOP_PLUGIN_IMAGE` or with a default.
#[must_use]
pub fn is_placeholder(image: &str) -> bool {
    let Some(rest) = image.trim().strip_prefix('$') else { return false };
    let Some(inner) = rest.strip_prefix('{') else { return rest == PLACEHOLDER };
    // What follows the brace would be a part of another name.
    let inner = inner.strip_suffix('}').filter(|inner| inner.matches('{').count() == inner.matches('}').count());
    let rest = inner.and_then(|inner| inner.strip_prefix(PLACEHOLDER));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '-', '?']))
}

/// Reads a compose file.
///
/// # Errors
/// When it is no YAML, larger than any real one, or has no mapping where one must be.
pub fn parse(text: &str) -> Result<Compose, yaml::Broken> {
    let root = yaml::parse(text)?;
    let shape = |what: &str| yaml::Broken { what: what.to_owned(), line: 1 };
    if !matches!(root, Yaml::Map(_)) {
        return Err(shape("it is no mapping with a `services` key"));
    }
    let services = match root.get("services") {
        None => return Ok(Compose::default()),
        Some(null) if null.is_null() => return Ok(Compose::default()),
        Some(Yaml::Map(services)) => services,
        Some(_) => return Err(shape("its `services` is no mapping of names to services")),
    };
    if let Some((name, _)) = services.iter().find(|(name, value)| name != "<<" && !matches!(value, Yaml::Map(_))) {
        let name: String = name.chars().take(80).collect();
        return Err(shape(&format!("its service `{name}` is no mapping")));
    }
    let named = services.iter().filter(|(name, _)| name != "<<");
    Ok(Compose { services: named.map(|(name, value)| service(name, value)).collect() })
}

fn service(name: &str, value: &Yaml) -> Service {
    let has = |key| value.get(key).is_some_and(|value| !value.is_null());
    Service {
        name: name.to_owned(),
        image: value.get("image").filter(|image| !image.is_null()).and_then(Yaml::text).map(str::to_owned),
        inherits: has("extends") || has("provider"),
        builds: has("build"),
        entrypoint: value.get("entrypoint").and_then(words),
        command: value.get("command").and_then(words),
        environment: value.get("environment").map(environment).unwrap_or_default(),
        volumes: value.get("volumes").map(volumes).unwrap_or_default(),
    }
}

/// A command; nothing for the null that stands for the image's own.
fn words(value: &Yaml) -> Option<Vec<String>> {
    match value {
        null if null.is_null() => None,
        Yaml::Text(text) => Some(text.split_whitespace().map(str::to_owned).collect()),
        Yaml::List(list) => Some(list.iter().filter_map(Yaml::text).map(str::to_owned).collect()),
        Yaml::Map(_) => None,
    }
}

fn environment(value: &Yaml) -> Vec<String> {
    match value {
        Yaml::List(list) => list.iter().filter_map(Yaml::text).map(str::to_owned).collect(),
        Yaml::Map(map) => map.iter().map(|(name, value)| format!("{name}={}", value.text().unwrap_or(""))).collect(),
        Yaml::Text(_) => Vec::new(),
    }
}

fn volumes(value: &Yaml) -> Vec<Mount> {
    let Yaml::List(list) = value else { return Vec::new() };
    let mounts = list.iter().filter_map(|volume| match volume {
        Yaml::Text(short) => Some(short_mount(short)),
        Yaml::Map(_) => {
            let text = |key| volume.get(key).and_then(Yaml::text).map(str::to_owned);
            Some(Mount { source: text("source").or_else(|| text("src")), target: text("target").unwrap_or_default() })
        }
        Yaml::List(_) => None,
    });
    mounts.collect()
}

/// `SOURCE:TARGET[:MODE]` or `TARGET`; a colon in `${NAME:-default}` or behind a drive's letter separates nothing.
fn short_mount(text: &str) -> Mount {
    let drive = matches!(text.as_bytes(), [letter, b':', b'\\' | b'/', ..] if letter.is_ascii_alphabetic());
    let mut depth = 0_usize;
    let mut colons = text.char_indices().filter(|(at, c)| {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        *c == ':' && depth == 0 && !(drive && *at == 1)
    });
    match (colons.next(), colons.next()) {
        (None, _) => Mount { source: None, target: text.to_owned() },
        (Some((first, _)), second) => {
            let end = second.map_or(text.len(), |(at, _)| at);
            Mount { source: Some(text[..first].to_owned()), target: text[first + 1..end].to_owned() }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compose_file_becomes_its_services_in_order() {
        let compose = parse(
            "version: '3'\r\nx-base: &base\n  image: ${DESKTOP_PLUGIN_IMAGE}\nservices:\n  web:\n    <<: *base\n    \
             command: [\"-s\", 'a b']\n    volumes:\n      - /var/run/docker.sock.raw:/var/run/docker.sock:ro\n      \
             - type: bind\n        source: ~/x\n        target: /x\n      - data\n  db:\n    image: postgres\n    build: .\n    \
             entrypoint: run --it\n    command:\n    environment: { A: 1 }\n    extends: { service: web }\n",
        );
        let mount =
            |source: Option<&str>, target: &str| Mount { source: source.map(str::to_owned), target: target.to_owned() };
        let words = |text: &[&str]| Some(text.iter().map(|word| (*word).to_owned()).collect());
        let web = Service {
            name: "web".to_owned(),
            image: Some("${DESKTOP_PLUGIN_IMAGE}".to_owned()),
            command: words(&["-s", "a b"]),
            volumes: vec![
                mount(Some("/var/run/docker.sock.raw"), "/var/run/docker.sock"),
                mount(Some("~/x"), "/x"),
                mount(None, "data"),
            ],
            ..Service::default()
        };
        let db = Service {
            name: "db".to_owned(),
            image: Some("postgres".to_owned()),
            inherits: true,
            builds: true,
            entrypoint: words(&["run", "--it"]),
            environment: vec!["A=1".to_owned()],
            ..Service::default()
        };
        assert_eq!(compose, Ok(Compose { services: vec![web, db] }));
    }

    #[test]
    fn short_mounts_are_cut_at_the_right_colons() {
        for (text, source, target) in [
            ("${SOCK:-/var/run/docker.sock}:/s", Some("${SOCK:-/var/run/docker.sock}"), "/s"),
            ("C:\\x:/y:rw", Some("C:\\x"), "/y"),
            ("//var/run/docker.sock:/s", Some("//var/run/docker.sock"), "/s"),
            ("é:/y", Some("é"), "/y"),
            ("aé:/y", Some("aé"), "/y"),
            (":", Some(""), ""),
            ("", None, ""),
        ] {
            let mount = short_mount(text);
            assert_eq!((mount.source.as_deref(), mount.target.as_str()), (source, target));
        }
    }

    #[test]
    fn the_placeholder_has_several_forms() {
        for image in [
            "${DESKTOP_PLUGIN_IMAGE}",
            "$DESKTOP_PLUGIN_IMAGE",
            "${DESKTOP_PLUGIN_IMAGE:-a/b:1}",
            "${DESKTOP_PLUGIN_IMAGE:-${X}}",
        ] {
            assert!(is_placeholder(image), "{image}");
        }
        for image in [
            "DESKTOP_PLUGIN_IMAGE",
            "${DESKTOP_PLUGIN_IMAGES}",
            "example/tool:1",
            "$$DESKTOP_PLUGIN_IMAGE",
            "${DESKTOP_PLUGIN_IMAGE}-backend:1.0",
            "${DESKTOP_PLUGIN_IMAGE}:${X}",
        ] {
            assert!(!is_placeholder(image), "{image}");
        }
    }

    #[test]
    fn other_shapes_are_refused_or_empty() {
        for text in ["", "[]", "services: []", "services: {a: 1}", "a: b: c"] {
            assert!(parse(text).is_err(), "{text}");
        }
        for text in ["services:", "services: {}", "version: '3'"] {
            assert_eq!(parse(text), Ok(Compose::default()), "{text}");
        }
    }
}
