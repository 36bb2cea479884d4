//! A backend on a base image from an OCI layout of this machine.

use crate::support::oci::Layout;
use crate::support::prebuilt;

/// The table's backend, on the image that a first run made.
const ON_BASE: (&str, &str) = ("bin = \"backend\"\n", "bin = \"backend\"\nbase = { layout = \"base\" }\n");

#[test]
fn layers_of_the_base_lie_below_and_are_not_packed_again() {
    let project = prebuilt::project();
    project.pack(["--output", "base"]).run().success();
    let base = Layout::read(&project.path("base")).expect("whole");
    project.edit("Cargo.toml", ON_BASE.0, ON_BASE.1);
    project.pack([]).run().success();
    let image = Layout::read(&project.layout("demo")).expect("whole");
    for (below, above) in base.images.iter().zip(&image.images) {
        let digests = |image: &crate::support::oci::Image| -> Vec<String> {
            image.layers.iter().map(|layer| layer.digest.clone()).collect()
        };
        let (below, above) = (digests(below), digests(above));
        assert_eq!(above[..below.len()], below[..], "the base's layers come first, unchanged");
        assert!(above.len() > below.len());
    }
}

#[test]
fn a_base_without_the_platform_is_refused_before_anything_is_built() {
    let project = prebuilt::project();
    project.pack(["--output", "base", "--platform", "linux/amd64"]).run().success();
    project.edit("Cargo.toml", ON_BASE.0, ON_BASE.1);
    let outcome = project.dext(["package"]).run().failure(1);
    assert!(outcome.told().contains("linux/arm64"), "{}", outcome.told());
    assert!(!outcome.told().contains("Building"), "{}", outcome.told());
    assert!(!project.layout("demo").exists());
}
