//! Where an image goes: the repository and the tags, and what is doubtful about them.

use crate::domain::reference::is_tag;
use crate::domain::{ImageName, Reference};
use crate::error::Error;
use crate::manifest::Extension;

/// A repository and the tags that an image gets there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// The repository, without tag and digest.
    pub repository: Reference,
    /// The tags, each once, in the order of the command line.
    pub tags: Vec<String>,
}

/// Something that is allowed and may be a mistake, and what to do about it.
pub type Doubt = (String, &'static str);

impl Destination {
    /// What the command line says, and where it says nothing, the project: the table's `image`, the package's version.
    ///
    /// # Errors
    /// When neither says it, or says something that registries do not take.
    pub fn of(image: Option<&str>, tags: &[String], project: Option<&Extension>) -> Result<Self, Error> {
        let repository = match image {
            Some(name) => named(name)?,
            None => project
                .and_then(|extension| extension.image.as_ref())
                .map_or_else(|| Err(no_image(project)), |name| named(name.as_str()))?,
        };
        let mut unique: Vec<String> = Vec::new();
        for tag in tags {
            if !is_tag(tag) {
                return Err(Error::Usage {
                    what: format!("`{tag}` cannot be a tag"),
                    help: "a tag is 1 to 128 letters, digits, `_`, `.` and `-`, and begins with none of the last two; \
                           leave out what follows a `+`"
                        .to_owned(),
                });
            }
            if !unique.contains(tag) {
                unique.push(tag.clone());
            }
        }
        if unique.is_empty() {
            unique.push(version_tag(project)?);
        }
        Ok(Destination { repository, tags: unique })
    }

    /// What Docker would trip over.
    #[must_use]
    pub fn doubts(&self) -> Vec<Doubt> {
        let hub = self.repository.is_docker_hub();
        let doubt = |tag: &String| {
            if tag == "latest" {
                let help = "publish the version beside it: Docker's Marketplace takes the greatest semver tag";
                Some(("`latest` names no version, and Docker's validator refuses it".to_owned(), help))
            } else if hub && semver::Version::parse(tag).is_err() {
                let help = "write it as MAJOR.MINOR.PATCH, e.g. 1.2.3";
                Some((format!("`{tag}` is no semantic version, and Docker's Marketplace looks at no other tags"), help))
            } else {
                None
            }
        };
        self.tags.iter().filter_map(doubt).collect()
    }

    /// What Docker's Marketplace misses in an image for these platforms, written as `linux/amd64`.
    ///
    /// Source: Docker's manual, `extensions-sdk/extensions/DISTRIBUTION.md`: "Extension images must be multi-arch".
    #[must_use]
    pub fn missing(&self, platforms: &[String]) -> Option<Doubt> {
        // A variant, as `linux/arm64/v8`, is as good.
        let is = |platform: &str, wanted: &str| platform == wanted || platform.starts_with(&format!("{wanted}/"));
        let there = |wanted: &str| platforms.iter().any(|platform| is(platform, wanted));
        let wanted = ["linux/amd64", "linux/arm64"].into_iter().find(|wanted| !there(wanted));
        let help = "publish without `--platform`, or from a layout that has it";
        let what =
            |wanted| (format!("there is no image for {wanted}, and Docker's Marketplace takes none without"), help);
        wanted.filter(|_| self.repository.is_docker_hub()).map(what)
    }

    /// A repository of the same registry, given as its path or with the registry in front.
    ///
    /// # Errors
    /// When it is none, or lies in another registry.
    pub fn neighbour(&self, text: &str) -> Result<String, Error> {
        let registry = &self.repository.registry;
        let path = match text.split_once('/') {
            Some((host, path)) if host == registry => path,
            _ => text,
        };
        let name = if self.repository.is_docker_hub() { path.to_owned() } else { format!("{registry}/{path}") };
        // What begins with a host lies in another registry.
        let foreign = path.split('/').next().is_some_and(|first| first.contains('.') && path.contains('/'));
        match ImageName::new(&name).ok().filter(|_| !foreign).and_then(|name| Reference::parse(name.as_str()).ok()) {
            Some(found) if found.registry == *registry => Ok(found.repository),
            _ => Err(Error::Usage {
                what: format!("`--mount-from {text}` is no repository of {registry}"),
                help: "layers can be mounted within one registry only; name the repository without a tag".to_owned(),
            }),
        }
    }
}

fn named(name: &str) -> Result<Reference, Error> {
    ImageName::new(name)
        .map_err(|error| error.to_string())
        .and_then(|name| Reference::parse(name.as_str()).map_err(|error| error.to_string()))
        .map_err(|what| Error::Usage {
            what,
            help: "write e.g. `--image example/disk-usage` or `--image ghcr.io/example/disk-usage`; tags go to `--tag`"
                .to_owned(),
        })
}

fn no_image(project: Option<&Extension>) -> Error {
    let key = project.map_or("package.metadata.extension", |extension| extension.origin.key);
    Error::Destination {
        what: "nothing says which image is published".to_owned(),
        manifest: project.map(|extension| extension.origin.manifest_path.clone()),
        help: format!("write `image = \"example/disk-usage\"` below `[{key}]`, or use `--image`"),
    }
}

/// The version; the manifest's floor has seen that it can be a tag.
fn version_tag(project: Option<&Extension>) -> Result<String, Error> {
    project.map(|extension| extension.version.to_string()).ok_or_else(|| Error::Usage {
        what: "nothing says which tag is published".to_owned(),
        help: "add `--tag`, e.g. `--tag 1.2.3`".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Explain;
    use crate::manifest::testing::extension;

    fn told(image: Option<&str>, tags: &[&str], project: Option<&Extension>) -> String {
        let tags: Vec<String> = tags.iter().map(|&tag| tag.to_owned()).collect();
        match Destination::of(image, &tags, project) {
            Ok(found) => format!("{} {}", found.repository, found.tags.join(" ")),
            Err(error) => format!("{} {error}; {}", error.exit_code(), error.help().unwrap_or_default()),
        }
    }

    #[test]
    fn the_command_line_counts_before_the_project() {
        let project = extension("image = 'example/disk-usage'\nvm = {}");
        let told = |image, tags: &[&str]| told(image, tags, Some(&project));
        assert_eq!(told(None, &[]), "docker.io/example/disk-usage 1.2.3");
        assert_eq!(told(None, &["2.0.0", "latest", "2.0.0"]), "docker.io/example/disk-usage 2.0.0 latest");
        assert_eq!(told(Some("ghcr.io/a/b"), &[]), "ghcr.io/a/b 1.2.3");
    }

    #[test]
    fn what_is_missing_or_wrong() {
        let project = extension("vm = {}");
        let start = |text: String, start: &str| assert!(text.starts_with(start), "{text}");
        start(
            told(None, &[], Some(&project)),
            "1 nothing says which image is published; write `image = \"example/disk-usage\"` below \
             `[package.metadata.extension]`, or use `--image`",
        );
        start(told(None, &["1.0.0"], None), "1 nothing says which image");
        start(told(Some("a/b"), &[], None), "2 nothing says which tag is published; add `--tag`");
        start(told(Some("a/b:1.0.0"), &["1.0.0"], None), "2 `a/b:1.0.0` is no image name without tag");
        start(told(Some("https://a/b"), &["1.0.0"], None), "2 `https://a/b` is no image name");
        start(told(Some("a/b"), &["1.0.0+x"], None), "2 `1.0.0+x` cannot be a tag");
    }

    #[test]
    fn doubtful_tags() {
        for (image, tag, doubts) in [
            ("a/b", "1.2.3", 0),
            ("a/b", "1.2.3-rc.1", 0),
            ("a/b", "1.2", 1),
            ("a/b", "v1.2.3", 1),
            ("a/b", "latest", 1),
            ("ghcr.io/a/b", "latest", 1),
            ("ghcr.io/a/b", "nightly", 0),
        ] {
            let found = Destination::of(Some(image), &[tag.to_owned()], None).expect("a destination");
            assert_eq!(found.doubts().len(), doubts, "{image}:{tag}");
        }
    }

    #[test]
    fn missing_platforms() {
        for (image, platforms, missing) in [
            ("a/b", &["linux/amd64", "linux/arm64"][..], None),
            ("a/b", &["linux/amd64", "linux/arm64/v8"], None),
            ("a/b", &["linux/amd64"], Some("linux/arm64")),
            ("a/b", &["linux/arm64/v8"], Some("linux/amd64")),
            ("ghcr.io/a/b", &["linux/amd64"], None),
        ] {
            let found = Destination::of(Some(image), &["1.0.0".to_owned()], None).expect("a destination");
            let platforms: Vec<String> = platforms.iter().map(|&platform| platform.to_owned()).collect();
            let doubt = found.missing(&platforms).map(|(what, _)| what);
            let expected = missing
                .map(|name| format!("there is no image for {name}, and Docker's Marketplace takes none without"));
            assert_eq!(doubt, expected, "{image} {platforms:?}");
        }
    }

    #[test]
    fn neighbours() {
        for (image, text, expected) in [
            ("a/b", "c/d", Some("c/d")),
            ("a/b", "docker.io/c/d", Some("c/d")),
            ("a/b", "alpine", Some("library/alpine")),
            ("a/b", "ghcr.io/c/d", None),
            ("ghcr.io/a/b", "c/d", Some("c/d")),
            ("ghcr.io/a/b", "ghcr.io/c/d", Some("c/d")),
            ("localhost:5000/a", "b", Some("b")),
            ("ghcr.io/a/b", "docker.io/c/d", None),
            ("ghcr.io/a/b", "c/d:1", None),
            ("ghcr.io/a/b", "C", None),
        ] {
            let found = Destination::of(Some(image), &["1.0.0".to_owned()], None).expect("a destination");
            assert_eq!(found.neighbour(text).ok().as_deref(), expected, "{image} {text}");
        }
    }
}
