//! Which package's table is meant, and what Cargo says of the place. Pure over `cargo metadata`'s output.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, Metadata, Package, PackageId, TargetKind};
use semver::Version;
use serde_json::Value;
use toml_edit::Document;

use super::convert::Facts;
use super::error::Error;
use super::extension::{Origin, SCRATCH, WorkspaceBin};
use super::mistake::nearest;
use crate::domain::{BinName, Reference};

/// The key of a package's table.
const PACKAGE_KEY: &str = "package.metadata.extension";
/// The key of a workspace's table.
const WORKSPACE_KEY: &str = "workspace.metadata.extension";

/// Who holds the table.
#[derive(Debug, Clone, Copy)]
pub enum Holder<'a> {
    /// A member.
    Package(&'a Package),
    /// The workspace's root manifest.
    Workspace,
}

/// Picks the table: that of the package asked for; else that of the manifest at hand; else the only one.
pub fn select<'a>(metadata: &'a Metadata, asked: Option<&str>) -> Result<Holder<'a>, Error> {
    let members = metadata.workspace_packages();
    let with_table: Vec<&Package> =
        members.iter().copied().filter(|member| table(&member.metadata).is_some()).collect();
    let names = |packages: &[&Package]| packages.iter().map(|package| package.name.to_string()).collect::<Vec<_>>();
    if let Some(asked) = asked {
        let Some(package) = members.iter().copied().find(|member| matches_spec(member, asked)) else {
            let members = names(&members);
            let near = nearest(asked, members.iter().map(String::as_str)).map(str::to_owned);
            return Err(Error::UnknownPackage { name: asked.to_owned(), nearest: near, members });
        };
        if table(&package.metadata).is_some() {
            return Ok(Holder::Package(package));
        }
        let (name, manifest) = (package.name.to_string(), package.manifest_path.clone().into());
        return Err(Error::NotAnExtension { package: name, manifest, others: names(&with_table) });
    }
    if let Some(holder) = at_hand(metadata) {
        return Ok(holder);
    }
    let workspace = table(&metadata.workspace_metadata).is_some();
    match (with_table.as_slice(), workspace) {
        ([package], false) => Ok(Holder::Package(package)),
        ([], true) => Ok(Holder::Workspace),
        ([], false) => {
            let root = metadata.root_package().map(|package| package.manifest_path.clone().into());
            Err(Error::NoTable { manifest: root.unwrap_or_else(|| root_manifest(metadata)) })
        }
        (several, workspace) => {
            Err(Error::Several { candidates: names(several), workspace: workspace.then(|| root_manifest(metadata)) })
        }
    }
}

/// The table of the manifest that Cargo was run on: a package's, or the workspace's, or that of both, when the
/// package's is meant.
fn at_hand(metadata: &Metadata) -> Option<Holder<'_>> {
    let package = metadata.root_package();
    let is_root = package.is_none_or(|package| package.manifest_path == metadata.workspace_root.join("Cargo.toml"));
    match package {
        Some(package) if table(&package.metadata).is_some() => Some(Holder::Package(package)),
        _ if is_root && table(&metadata.workspace_metadata).is_some() => Some(Holder::Workspace),
        _ => None,
    }
}

/// Whether a package is meant by `name` or `name@version`.
fn matches_spec(package: &Package, spec: &str) -> bool {
    match spec.split_once('@') {
        Some((name, version)) => package.name == name && package.version.to_string() == version,
        None => package.name == spec,
    }
}

fn table(metadata: &Value) -> Option<&Value> {
    metadata.get("extension").filter(|table| !table.is_null())
}

fn root_manifest(metadata: &Metadata) -> PathBuf {
    metadata.workspace_root.join("Cargo.toml").into()
}

impl<'a> Holder<'a> {
    /// The holder whose manifest is at a path: a member, or else the workspace.
    pub fn of(metadata: &'a Metadata, manifest: &Path) -> Self {
        let members = metadata.workspace_packages();
        let package = members.into_iter().find(|member| member.manifest_path.as_std_path() == manifest);
        package.map_or(Holder::Workspace, Holder::Package)
    }

    /// The table as JSON.
    pub fn table(&self, metadata: &Metadata) -> Value {
        let holder = match self {
            Holder::Package(package) => &package.metadata,
            Holder::Workspace => &metadata.workspace_metadata,
        };
        table(holder).cloned().unwrap_or_default()
    }

    /// The manifest that holds the table.
    pub fn manifest(&self, metadata: &Metadata) -> PathBuf {
        match self {
            Holder::Package(package) => package.manifest_path.clone().into(),
            Holder::Workspace => root_manifest(metadata),
        }
    }

    /// What the table cannot know of its place. `text` is the manifest's text, which a workspace's table is
    /// asked about `[workspace.package]`, as `cargo metadata` does not print that.
    pub fn facts(&self, metadata: &Metadata, text: &str) -> Facts {
        let members = metadata.workspace_packages();
        let members: BTreeMap<String, Version> =
            members.iter().map(|member| (member.name.to_string(), member.version.clone())).collect();
        match self {
            Holder::Package(package) => Facts {
                name: package.name.to_string(),
                version: Some(package.version.clone()),
                description: package.description.clone(),
                members,
            },
            Holder::Workspace => Facts {
                name: metadata.workspace_root.file_name().unwrap_or_default().to_owned(),
                version: workspace_package(text, "version").and_then(|version| version.parse().ok()),
                description: workspace_package(text, "description"),
                members,
            },
        }
    }

    /// Where the table stands. The dependencies are filled in by [`dependencies`], once the binaries are known.
    pub fn origin(&self, metadata: &Metadata, text: &str) -> Origin {
        let manifest_path = self.manifest(metadata);
        let (key, package, repository, license) = match self {
            Holder::Package(package) => {
                (PACKAGE_KEY, Some(package.name.to_string()), package.repository.clone(), package.license.clone())
            }
            Holder::Workspace => {
                (WORKSPACE_KEY, None, workspace_package(text, "repository"), workspace_package(text, "license"))
            }
        };
        Origin {
            key,
            dir: manifest_path.parent().unwrap_or(Path::new("")).to_owned(),
            manifest_path,
            workspace_root: metadata.workspace_root.clone().into(),
            target_dir: metadata.target_directory.clone().into(),
            package,
            bins: metadata.workspace_packages().into_iter().flat_map(bins).collect(),
            repository,
            license,
            bases: bases(metadata),
            dependencies: Vec::new(),
        }
    }
}

/// The base images of all tables. What is no reference is a mistake of its table, and not reported from here.
fn bases(metadata: &Metadata) -> BTreeSet<Reference> {
    let members = metadata.workspace_packages();
    let holders = members.iter().map(|member| &member.metadata).chain([&metadata.workspace_metadata]);
    let bases = holders.filter_map(|holder| table(holder)?.get("vm")?.get("base")?.as_str());
    bases.filter(|base| *base != SCRATCH).filter_map(|base| Reference::parse(base).ok()).collect()
}

/// A key of `[workspace.package]`.
fn workspace_package(text: &str, key: &str) -> Option<String> {
    let document = Document::parse(text).ok()?;
    document.get("workspace")?.get("package")?.get(key)?.as_str().map(str::to_owned)
}

/// A member's binaries. One whose name this tool does not take is left out, and then not found.
fn bins(package: &Package) -> impl Iterator<Item = WorkspaceBin> {
    let binaries = package.targets.iter().filter(|target| target.is_kind(TargetKind::Bin));
    binaries.filter_map(|target| {
        Some(WorkspaceBin {
            package: package.name.to_string(),
            dir: package.manifest_path.parent()?.into(),
            package_id: package.id.repr.clone(),
            name: BinName::new(&target.name).ok()?,
            required_features: target.required_features.clone(),
        })
    })
}

/// The names of all crates that get into, or build, the binaries of these members: those that preflight must
/// find tools for. Dev-dependencies do not count.
pub fn dependencies(metadata: &Metadata, members: &BTreeSet<&str>) -> Vec<String> {
    let Some(resolve) = &metadata.resolve else { return Vec::new() };
    let nodes: BTreeMap<&PackageId, _> = resolve.nodes.iter().map(|node| (&node.id, node)).collect();
    let names: BTreeMap<&PackageId, &str> =
        metadata.packages.iter().map(|package| (&package.id, package.name.as_str())).collect();
    let roots = metadata.workspace_packages().into_iter().filter(|member| members.contains(member.name.as_str()));
    let mut pending: Vec<&PackageId> = roots.map(|member| &member.id).collect();
    let mut reached: BTreeSet<&PackageId> = BTreeSet::new();
    let mut found = BTreeSet::new();
    while let Some(node) = pending.pop().and_then(|id| nodes.get(id)) {
        for dependency in &node.deps {
            let kinds = &dependency.dep_kinds;
            let built = kinds.is_empty() || kinds.iter().any(|kind| kind.kind != DependencyKind::Development);
            if built && reached.insert(&dependency.pkg) {
                pending.push(&dependency.pkg);
                found.extend(names.get(&dependency.pkg).map(|name| (*name).to_owned()));
            }
        }
    }
    found.into_iter().collect()
}
