//! `Dext.lock`.

use std::path::Path;

use cargo_dext::plan::lock::Lock;

use crate::text;

/// Reads a lock file; one that can be read is written and read again.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let path = Path::new("Dext.lock");
    match Lock::parse(text, path) {
        Err(error) => text::error(&error),
        Ok(lock) => {
            let written = lock.render();
            let again = Lock::parse(&written, path).expect("what is written can be read");
            assert_eq!(again, lock, "{written}");
            assert_eq!(again.render(), written);
        }
    }
}
