//! Scripts, and what people pack by mistake.

use super::{Facts, Other, Script};
use crate::domain::Os;

/// The longest `#!` line that Linux reads, in bytes (`BINPRM_BUF_SIZE`).
const LONGEST_LINE: usize = 256;

/// Reads what a file is that is no binary.
pub(super) fn read(name: &str, head: &[u8]) -> Facts {
    if let Some(line) = head.strip_prefix(b"#!") {
        return Facts::script(shebang(line), &[Os::Darwin, Os::Linux]);
    }
    match windows_interpreter(name) {
        Some(interpreter) if is_text(head) => {
            let script = Script { interpreter: interpreter.to_owned(), carriage_return: false };
            Facts::script(script, &[Os::Windows])
        }
        _ => Facts::from(Other { looks_like: looks_like(head) }),
    }
}

fn shebang(line: &[u8]) -> Script {
    let line = line.get(..LONGEST_LINE).unwrap_or(line);
    let line = line.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let carriage_return = line.ends_with(b"\r");
    Script { interpreter: String::from_utf8_lossy(line).trim().to_owned(), carriage_return }
}

/// The program that Windows runs a script with, which it tells from the ending of the name alone.
fn windows_interpreter(name: &str) -> Option<&'static str> {
    let (_, ending) = name.rsplit_once('.')?;
    [("cmd", "cmd.exe"), ("bat", "cmd.exe"), ("ps1", "powershell.exe")]
        .into_iter()
        .find_map(|(known, interpreter)| ending.eq_ignore_ascii_case(known).then_some(interpreter))
}

/// What a file looks like, by its first bytes.
fn looks_like(head: &[u8]) -> &'static str {
    const MAGICS: [(&[u8], &str); 12] = [
        (b"\x1f\x8b", "a gzip archive"),
        (b"PK\x03\x04", "a zip archive"),
        (b"\xfd7zXZ\0", "an xz archive"),
        (b"\x28\xb5\x2f\xfd", "a zstd archive"),
        (b"BZh", "a bzip2 archive"),
        (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
        (b"!<arch>\n", "a static library or Debian package"),
        (b"\0asm", "a WebAssembly module"),
        (b"\xca\xfe\xba\xbe", "a Java class"),
        (b"\xed\xab\xee\xdb", "an RPM package"),
        (b"\xef\xbb\xbf#!", "a script whose `#!` stands behind a byte order mark"),
        (b"version https://git-lfs", "a Git LFS pointer"),
    ];
    let text = String::from_utf8_lossy(head).trim_start().to_ascii_lowercase();
    if let Some((_, what)) = MAGICS.iter().find(|(magic, _)| head.starts_with(magic)) {
        what
    } else if head.get(257..262) == Some(b"ustar") {
        "a tar archive"
    } else if text.starts_with("<!doctype html") || text.starts_with("<html") {
        "an HTML page"
    } else if is_text(head) {
        "a text file without a `#!` line"
    } else {
        "a file of an unknown format"
    }
}

fn is_text(head: &[u8]) -> bool {
    // The head may end within a character of several bytes.
    let whole = match std::str::from_utf8(head) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    };
    whole && !head.contains(&0)
}
