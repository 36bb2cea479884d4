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
    /// Those whose page is built from React.
    React,
    /// Those with a page in React and a backend that it calls.
    ReactAndBackend,
    /// Those with a page in React and a host tool that it calls.
    ReactAndHost,
    /// Those with a page in React and something in Rust that it calls.
    ReactAndRust,
    /// Those with a page in React and nothing in Rust that it calls.
    ReactAlone,
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
        let (html, react) = (parts.ui == Ui::Html, parts.ui == Ui::React);
        match self {
            When::Always => true,
            When::Backend => parts.backend,
            When::Host => parts.host,
            When::Html => html,
            When::HtmlAndBackend => html && parts.backend,
            When::HtmlAndHost => html && parts.host,
            When::React => react,
            When::ReactAndBackend => react && parts.backend,
            When::ReactAndHost => react && parts.host,
            When::ReactAndRust => react && parts.rust(),
            When::ReactAlone => react && !parts.rust(),
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
    // The package's name is made of the project's, a word that needs no escape.
    React Some(Escape::Plain), "ui-react/package.json" => "ui/package.json";
    React Some(Escape::Plain), "ui-react/package-lock.json" => "ui/package-lock.json";
    React None, "ui-react/tsconfig.json" => "ui/tsconfig.json";
    React None, "ui-react/vite.config.ts" => "ui/vite.config.ts";
    React None, "ui-react/eslint.config.js" => "ui/eslint.config.js";
    React Some(Escape::Html), "ui-react/index.html" => "ui/index.html";
    React None, "ui-react/src/main.tsx" => "ui/src/main.tsx";
    // Texts are attributes there: JSX reads those as HTML does, <https://facebook.github.io/jsx/#prod-JSXString>.
    React Some(Escape::Html), "ui-react/src/App.tsx" => "ui/src/App.tsx";
    React None, "ui-react/src/Card.tsx" => "ui/src/Card.tsx";
    React None, "ui-react/src/Message.tsx" => "ui/src/Message.tsx";
    React None, "ui-react/src/Page.tsx" => "ui/src/Page.tsx";
    React None, "ui-react/src/Theme.tsx" => "ui/src/Theme.tsx";
    React None, "ui-react/src/desktop.ts" => "ui/src/desktop.ts";
    ReactAndRust Some(Escape::Plain), "ui-react/src/format.ts" => "ui/src/format.ts";
    ReactAlone None, "ui-react/src/containers.ts" => "ui/src/containers.ts";
    ReactAlone None, "ui-react/src/ContainersCard.tsx" => "ui/src/ContainersCard.tsx";
    ReactAndBackend None, "ui-react/src/vm.ts" => "ui/src/vm.ts";
    ReactAndBackend None, "ui-react/src/VmCard.tsx" => "ui/src/VmCard.tsx";
    ReactAndBackend None, "ui-react/src/VmFacts.tsx" => "ui/src/VmFacts.tsx";
    ReactAndHost Some(Escape::Plain), "ui-react/src/measure.ts" => "ui/src/measure.ts";
    ReactAndHost None, "ui-react/src/sizes.ts" => "ui/src/sizes.ts";
    ReactAndHost None, "ui-react/src/useSizes.ts" => "ui/src/useSizes.ts";
    ReactAndHost None, "ui-react/src/SizesCard.tsx" => "ui/src/SizesCard.tsx";
    ReactAndHost None, "ui-react/src/SizesTable.tsx" => "ui/src/SizesTable.tsx";
    HtmlAlone None, "ui/containers.js" => "ui/containers.js";
    Alone None, "tests/page.rs" => "tests/page.rs";
    Git Some(Escape::Plain), "gitignore.in" => ".gitignore";
    Hg Some(Escape::Plain), "hgignore.in" => ".hgignore";
    Pijul Some(Escape::Plain), "gitignore.in" => ".ignore";
    Fossil Some(Escape::Plain), "fossil-glob.in" => ".fossil-settings/ignore-glob";
    Fossil Some(Escape::Plain), "fossil-glob.in" => ".fossil-settings/clean-glob";
    GitRoot Some(Escape::Plain), "github/extension.yml" => ".github/workflows/extension.yml";
};
