//! The files of `template/`: where each goes, how texts are written into it, and which projects have it.

use super::escape::Escape;
use super::project::{Parts, Repository, Ui, Vcs};

/// A file of the template.
#[derive(Debug, Clone, Copy)]
pub struct TemplateFile {
    /// Where it goes, `/`-separated, below the project's folder.
    pub path: &'static str,
    /// Its content.
    pub content: &'static str,
    /// How texts are written into it; `None` if nothing in it is filled in.
    pub escape: Option<Escape>,
    /// Which projects have it.
    pub when: When,
}

/// Which projects have a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// All.
    Always,
    /// Those with a backend.
    Backend,
    /// Those with a host tool.
    Host,
    /// Those whose page is plain HTML.
    Html,
    /// Those with a page in plain HTML and a backend that it calls.
    HtmlAndBackend,
    /// Those with a page in plain HTML and a host tool that it calls.
    HtmlAndHost,
    /// Those with a page in plain HTML and nothing in Rust that it calls.
    HtmlAlone,
    /// Those with nothing in Rust but tests.
    Alone,
    /// Those in a repository of git, or of jj, which reads git's files.
    Git,
    /// Those in a repository of Mercurial.
    Hg,
    /// Those in a repository of Pijul.
    Pijul,
    /// Those in a checkout of Fossil.
    Fossil,
    /// Those that are a repository of git: GitHub reads workflows in a repository's own folder only.
    GitRoot,
}

impl When {
    /// Whether a project has the file.
    #[must_use]
    pub fn holds(self, parts: Parts, repository: &Repository) -> bool {
        let html = parts.ui == Ui::Html;
        match self {
            When::Always => true,
            When::Backend => parts.backend,
            When::Host => parts.host,
            When::Html => html,
            When::HtmlAndBackend => html && parts.backend,
            When::HtmlAndHost => html && parts.host,
            When::HtmlAlone => html && !parts.rust(),
            When::Alone => !parts.rust(),
            When::Git => repository.vcs() == Vcs::Git,
            When::Hg => repository.vcs() == Vcs::Hg,
            When::Pijul => repository.vcs() == Vcs::Pijul,
            When::Fossil => repository.vcs() == Vcs::Fossil,
            When::GitRoot => *repository == Repository::Init(Vcs::Git),
        }
    }
}

macro_rules! files {
    ($($when:ident $escape:expr, $template:literal => $path:literal;)*) => {
        &[$(TemplateFile {
            path: $path,
            content: include_str!(concat!("../../template/", $template)),
            escape: $escape,
            when: When::$when,
        }),*]
    };
}

/// Every file, by the part of the project it belongs to. A `Cargo.toml` in `template/` would make Cargo leave its
/// folder out of this crate, and `.gitignore` and `rust-toolchain.toml` would be obeyed; they have other names there.
pub const FILES: &[TemplateFile] = files! {
    Always Some(Escape::Toml), "Cargo.toml.in" => "Cargo.toml";
    Always Some(Escape::Toml), "rust-toolchain.toml.in" => "rust-toolchain.toml";
    Always Some(Escape::Markdown), "README.md" => "README.md";
    Always Some(Escape::Plain), "LICENSE" => "LICENSE";
    Always None, "assets/icon.svg" => "assets/icon.svg";
    Always Some(Escape::Html), "marketplace/description.html" => "marketplace/description.html";
    Always None, "marketplace/changelog.html" => "marketplace/changelog.html";
    Backend Some(Escape::Toml), "backend/Cargo.toml.in" => "backend/Cargo.toml";
    Backend None, "backend/src/main.rs" => "backend/src/main.rs";
    Backend None, "backend/src/api.rs" => "backend/src/api.rs";
    Backend None, "backend/src/server.rs" => "backend/src/server.rs";
    Backend None, "backend/src/vm.rs" => "backend/src/vm.rs";
    Host Some(Escape::Toml), "host/Cargo.toml.in" => "host/Cargo.toml";
    Host None, "host/src/main.rs" => "host/src/main.rs";
    Host None, "host/src/sizes.rs" => "host/src/sizes.rs";
    Html Some(Escape::Html), "ui/index.html" => "ui/index.html";
    Html None, "ui/style.css" => "ui/style.css";
    Html None, "ui/desktop.js" => "ui/desktop.js";
    HtmlAndBackend None, "ui/vm.js" => "ui/vm.js";
    // Only words are filled into the script, and they need no escape.
    HtmlAndHost Some(Escape::Plain), "ui/sizes.js" => "ui/sizes.js";
    HtmlAlone None, "ui/containers.js" => "ui/containers.js";
    Alone None, "tests/page.rs" => "tests/page.rs";
    Git Some(Escape::Plain), "gitignore.in" => ".gitignore";
    Hg Some(Escape::Plain), "hgignore.in" => ".hgignore";
    Pijul Some(Escape::Plain), "gitignore.in" => ".ignore";
    Fossil Some(Escape::Plain), "fossil-glob.in" => ".fossil-settings/ignore-glob";
    Fossil Some(Escape::Plain), "fossil-glob.in" => ".fossil-settings/clean-glob";
    GitRoot Some(Escape::Plain), "github/extension.yml" => ".github/workflows/extension.yml";
};
