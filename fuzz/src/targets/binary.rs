//! What is read from the bytes of a file: ELF, Mach-O, PE and scripts, pictures, what a page calls. The first byte
//! chooses the file's name.

use std::io::Cursor;

use cargo_dext::build::inspect::{Expectation, Role, inspect, verify};
use cargo_dext::domain::Platform;
use cargo_dext::validate::mentions::Mentions;
use cargo_dext::validate::picture;

use crate::text;

/// Names, by which Windows tells a batch file.
const NAMES: [&str; 4] = ["tool", "tool.exe", "tool.cmd", "tool.sh"];

/// Reads a file, and holds it against every platform.
pub fn run(data: &[u8]) {
    let Some((choice, file)) = data.split_first() else { return };
    let name = NAMES[usize::from(*choice) % NAMES.len()];
    let _: Option<picture::Size> = picture::read(file);
    Mentions::default().add("ui/index.js", file);
    match inspect(name, Cursor::new(file)) {
        Err(defect) => text::error(&defect),
        Ok(facts) => {
            let json = serde_json::to_string(&facts).expect("facts are JSON");
            assert!(json.len() <= 1 << 20, "facts of {} bytes", json.len());
            assert!(facts.to_string().len() <= 64 << 10, "facts of {} bytes", facts.to_string().len());
            for platform in Platform::ALL {
                let program = Expectation::program(platform);
                let version = "2.17".parse().ok();
                let demanding = Expectation { macos_minimum: version, glibc_floor: version, ..program.clone() };
                let alone = Expectation { must_be_static: true, role: Role::Data, ..demanding.clone() };
                for expected in [program, demanding, alone] {
                    drop(verify(&facts, &expected));
                }
            }
        }
    }
}
