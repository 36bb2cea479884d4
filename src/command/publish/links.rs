//! Where people find a published extension.

use crate::domain::Reference;

/// Where Docker takes extensions for its Marketplace.
pub const SUBMISSIONS: &str = "https://github.com/docker/extensions-submissions";

/// What an author should know before going there. Source: the notice on Docker's manual,
/// `extensions-sdk/extensions/publish.md`, still there in September 2026.
pub const PAUSED: &str =
    "new extensions are not taken since 2026-06-15; updates of published ones are: push a greater semver tag";

/// The link that opens the extension in Docker Desktop, as `docker extension share` prints it. It works for
/// Docker Hub only.
#[must_use]
pub fn share(repository: &Reference, tag: &str) -> Option<String> {
    let name = &repository.repository;
    let link = || format!("https://open.docker.com/extensions/marketplace?extensionId={name}&tag={tag}");
    repository.is_docker_hub().then(link)
}

/// The line of a private marketplace's `extensions.txt`.
#[must_use]
pub fn private_line(repository: &Reference, tag: &str) -> String {
    repository.with_tag(tag).familiar()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links() {
        let hub = Reference::parse("example/disk-usage").expect("a reference");
        let link = "https://open.docker.com/extensions/marketplace?extensionId=example/disk-usage&tag=1.2.3";
        assert_eq!(share(&hub, "1.2.3").as_deref(), Some(link));
        assert_eq!(private_line(&hub, "1.2.3"), "example/disk-usage:1.2.3");
        let other = Reference::parse("ghcr.io/example/disk-usage").expect("a reference");
        assert_eq!(share(&other, "1.2.3"), None);
        assert_eq!(private_line(&other, "1.2.3"), "ghcr.io/example/disk-usage:1.2.3");
    }
}
