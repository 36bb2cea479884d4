//! The targets, one a file.

pub mod archive;
pub mod binary;
pub mod compose;
pub mod docker_config;
pub mod dockerfile;
pub mod import;
pub mod labels;
pub mod lockfile;
pub mod metadata_json;
pub mod oci_json;
pub mod registry;
mod subject;
pub mod tar_layer;
