//! The toolchain that links for six platforms: `cargo xtask setup` brings it.

use std::sync::OnceLock;

use super::judges;
use super::sandbox::Sandbox;

/// Whether everything is there that the sample is compiled with. Where it is not, a strict run fails, and any
/// other run says so.
#[track_caller]
pub fn is_there() -> bool {
    static LACKING: OnceLock<Option<String>> = OnceLock::new();
    let lacking = LACKING.get_or_init(|| {
        let outcome = Sandbox::of("sample").dext(["doctor"]).run();
        (outcome.code != Some(0)).then(|| outcome.told())
    });
    if let Some(told) = lacking {
        judges::absent(&format!("the toolchain is not whole (`cargo xtask setup` mends that):\n{told}"));
    }
    lacking.is_none()
}
