//! The size picture as numbers: what each layer weighs, what platforms share, and the sums. Text and SVG draw it.

use std::collections::BTreeSet;

use super::view::{LayerView, View};
use crate::domain::Digest;

/// What is drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    /// The layers: first those that platforms share, then each platform's own.
    pub groups: Vec<Group>,
    /// The weight of each platform, and last of all of them, if there are several.
    pub totals: Vec<Total>,
}

/// Layers that belong together.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Whose they are.
    pub title: String,
    /// Whether several platforms have them.
    pub shared: bool,
    /// The layers, lowest first.
    pub bars: Vec<Bar>,
}

/// One layer.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    /// What it is called.
    pub label: String,
    /// Its bytes.
    pub size: u64,
}

/// A sum.
#[derive(Debug, Clone, PartialEq)]
pub struct Total {
    /// Of what.
    pub label: String,
    /// The bytes of layers that several platforms share.
    pub shared: u64,
    /// The bytes of the others.
    pub own: u64,
}

impl Picture {
    /// The picture of an image.
    #[must_use]
    pub fn of(view: &View) -> Self {
        let mut seen = BTreeSet::new();
        let mut groups: Vec<Group> = Vec::new();
        for layer in
            view.platforms.iter().flat_map(|platform| platform.layers.iter().map(move |layer| (platform, layer)))
        {
            let (platform, layer) = layer;
            if layer.shared_with.is_empty() || !seen.insert(layer.digest) {
                continue;
            }
            let names = [&platform.platform].into_iter().chain(&layer.shared_with);
            let title = names.map(String::as_str).collect::<Vec<_>>().join(" + ");
            let bar = bar(layer);
            match groups.iter_mut().find(|group| group.title == title) {
                Some(group) => group.bars.push(bar),
                None => groups.push(Group { title, shared: true, bars: vec![bar] }),
            }
        }
        for platform in &view.platforms {
            let own: Vec<Bar> = once(&platform.layers).filter(|layer| layer.shared_with.is_empty()).map(bar).collect();
            if !own.is_empty() {
                groups.push(Group { title: platform.platform.clone(), shared: false, bars: own });
            }
        }
        let mut totals: Vec<Total> =
            view.platforms.iter().map(|platform| total(&platform.platform, &platform.layers)).collect();
        if totals.len() > 1 {
            let (shared, all) = (view.shared_size, view.layers_size);
            totals.push(Total { label: "all platforms".to_owned(), shared, own: all - shared });
        }
        Picture { groups, totals }
    }

    /// The heaviest layer's bytes.
    #[must_use]
    pub fn heaviest(&self) -> u64 {
        self.groups.iter().flat_map(|group| &group.bars).map(|bar| bar.size).max().unwrap_or(0)
    }

    /// The greatest sum.
    #[must_use]
    pub fn greatest(&self) -> u64 {
        self.totals.iter().map(|total| total.shared + total.own).max().unwrap_or(0)
    }
}

/// The layers of one platform, each once.
fn once(layers: &[LayerView]) -> impl Iterator<Item = &LayerView> {
    let mut seen: BTreeSet<Digest> = BTreeSet::new();
    layers.iter().filter(move |layer| seen.insert(layer.digest))
}

fn bar(layer: &LayerView) -> Bar {
    let label = layer.name.clone().unwrap_or_else(|| format!("layer {}", layer.number));
    Bar { label, size: layer.size }
}

fn total(label: &str, layers: &[LayerView]) -> Total {
    let sum = |shared: bool| {
        once(layers).filter(|layer| layer.shared_with.is_empty() != shared).map(|layer| layer.size).sum()
    };
    Total { label: label.to_owned(), shared: sum(true), own: sum(false) }
}
