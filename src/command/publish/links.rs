//! Where people find a published extension.

use crate::domain::Reference;

/// Where Docker takes extensions for its Marketplace.
const SUBMISSIONS: &str = "https://github.com/docker/extensions-submissions";

/// What an author should know before going there. Source: the notice on Docker's manual,
/// `extensions-sdk/extensions/publish.md`, still there in September 2026.
const PAUSED: &str =
    "new extensions are not taken since 2026-06-15; updates of published ones are: push a greater semver tag";

/// The link that opens the extension in Docker Desktop, as `docker extension share` prints it. It works for
/// Docker Hub only.
#[must_use]
pub fn share(repository: &Reference, tag: &str) -> Option<String> {
    let name = &repository.repository;
    let link = || format!("https://open.docker.com/extensions/marketplace?extensionId={name}&tag={tag}");
    repository.is_docker_hub().then(link)
}

/// The tag that links and lists name: `latest` does not say which version they mean.
#[must_use]
pub fn telling(tags: &[String]) -> Option<&String> {
    tags.iter().find(|tag| *tag != "latest").or(tags.first())
}

/// What an author may want to do next, as a verb and a text each.
#[must_use]
pub fn next(repository: &Reference, tags: &[String]) -> Vec<(&'static str, String)> {
    let Some(tag) = telling(tags) else { return Vec::new() };
    let share = share(repository, tag).map(|link| ("Share", link));
    let market = repository.is_docker_hub().then(|| ("Marketplace", format!("{SUBMISSIONS} ({PAUSED})")));
    let line = repository.with_tag(tag).familiar();
    let private = ("Private", format!("marketplaces take the line `{line}` in extensions.txt"));
    share.into_iter().chain(market).chain([private]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(image: &str, tags: &[&str], expected: &str) {
        let image = Reference::parse(image).expect("a reference");
        let tags: Vec<String> = tags.iter().map(|&tag| tag.to_owned()).collect();
        let told: Vec<String> = next(&image, &tags).iter().map(|(verb, text)| format!("{verb} {text}\n")).collect();
        assert_eq!(told.concat(), expected);
    }

    #[test]
    fn docker_hub_has_links() {
        check(
            "example/disk-usage",
            &["latest", "1.2.3"],
            "Share https://open.docker.com/extensions/marketplace?extensionId=example/disk-usage&tag=1.2.3\n\
             Marketplace https://github.com/docker/extensions-submissions (new extensions are not taken since \
             2026-06-15; updates of published ones are: push a greater semver tag)\n\
             Private marketplaces take the line `example/disk-usage:1.2.3` in extensions.txt\n",
        );
    }

    #[test]
    fn other_registries_have_a_line_for_private_marketplaces() {
        let expected = "Private marketplaces take the line `ghcr.io/example/disk-usage:latest` in extensions.txt\n";
        check("ghcr.io/example/disk-usage", &["latest"], expected);
    }
}
