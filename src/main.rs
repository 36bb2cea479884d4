//! x
fn main() {
    let a: Vec<std::ffi::OsString> = vec![];
    let _ = cargo_dext::build::zig::role(&a);
}
