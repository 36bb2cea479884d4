//! In which order documents go: a platform's manifest when all its blobs are there, the index after all
//! manifests. Pure.

use std::collections::BTreeSet;

use super::{PlatformShipment, Shipment};
use crate::domain::Digest;

/// Which blobs each platform still waits for.
#[derive(Debug)]
pub(super) struct Order(Vec<BTreeSet<Digest>>);

impl Order {
    /// Nothing is there yet.
    pub fn new(shipment: &Shipment) -> Self {
        let blobs = |platform: &PlatformShipment| {
            platform.layers.iter().chain([&platform.config]).map(|blob| blob.digest).collect()
        };
        Order(shipment.platforms.iter().map(blobs).collect())
    }

    /// Notes that a blob is there and returns the platforms that waited for nothing else.
    pub fn arrived(&mut self, blob: &Digest) -> Vec<usize> {
        let waiting = self.0.iter_mut().enumerate();
        waiting.filter_map(|(at, waiting)| (waiting.remove(blob) && waiting.is_empty()).then_some(at)).collect()
    }
}
