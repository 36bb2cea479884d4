//! The extension of `tests/fixtures/prebuilt`, whose binaries are small programs that lie in the fixtures, so
//! that a test packages it in a moment and without a compiler.

use super::files;
use super::sandbox::{Dext, Sandbox};

/// The six platforms as the folders of `--artifacts` are called.
pub const PLATFORMS: [&str; 6] =
    ["darwin-amd64", "darwin-arm64", "linux-amd64", "linux-arm64", "windows-amd64", "windows-arm64"];

/// The words that package it.
pub const PACKAGE: [&str; 4] = ["package", "--no-build", "--artifacts", "artifacts"];

/// A copy with its binaries in `artifacts`.
pub fn project() -> Sandbox {
    project_named("project")
}

/// A copy in a folder of the given name.
pub fn project_named(name: &str) -> Sandbox {
    let sandbox = Sandbox::of_named("prebuilt", name);
    for platform in PLATFORMS {
        let exe = if platform.starts_with("windows") { ".exe" } else { "" };
        let bytes = files::read(&files::program(platform));
        sandbox.write(format!("artifacts/{platform}/tool{exe}"), &bytes);
        if platform.starts_with("linux") {
            sandbox.write(format!("artifacts/{platform}/backend"), &bytes);
        }
    }
    sandbox
}

impl Sandbox {
    /// `package --no-build --artifacts artifacts` and further words.
    pub fn pack<'a>(&self, more: impl IntoIterator<Item = &'a str>) -> Dext<'_> {
        self.dext(PACKAGE.into_iter().chain(more))
    }
}
