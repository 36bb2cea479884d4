//! What the pages and scripts of a UI ask of Docker Desktop, as far as one can tell from their text.

use serde::Serialize;

/// The largest file that is scanned, in bytes; bundles of real extensions have 1 to 5 MiB.
pub const MAX_BYTES: u64 = 8 << 20;

/// Bytes between the two halves of a call that a compiler may have pulled apart.
const REACH: usize = 80;

/// The most bytes that tell a call: the longest beginning, and the two stretches behind it.
pub const SPAN: usize = b"extension?.vm".len() + 2 * REACH;

/// The calls of the backend's service (`HttpService` in `@docker/extension-api-client-types`).
const METHODS: [&str; 7] = ["get", "post", "put", "patch", "delete", "head", "request"];

/// What a UI calls, with the file in which it was first seen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Mentions {
    /// `ddClient.extension.vm.service.get(…)` and the like: HTTP through the backend's socket.
    pub vm_service: Option<String>,
    /// `ddClient.extension.vm.cli.exec(…)`: a program in the backend's container.
    pub vm_cli: Option<String>,
}

impl Mentions {
    /// Adds what a file says.
    pub fn add(&mut self, file: &str, text: &[u8]) {
        if self.vm_service.is_none() && calls(text, b".service", &METHODS) {
            self.vm_service = Some(file.to_owned());
        }
        if self.vm_cli.is_none() && calls(text, b".cli", &["exec"]) {
            self.vm_cli = Some(file.to_owned());
        }
    }

    /// Whether a file is one that this looks into.
    #[must_use]
    pub fn looks_into(path: &str) -> bool {
        [".js", ".mjs", ".html", ".htm"].iter().any(|ending| path.ends_with(ending))
    }
}

/// Whether `extension.vm` is followed by `part` and that by a call of one of `methods`, each within a few bytes:
/// `extension.vm?.service?.get(` as it is written, and `(t=(e=c.extension.vm)==null?void 0:e.service)==null?void
/// 0:t.get(` as compilers for older browsers write it. A mere test for the property is no call, so that code which
/// works without a backend is passed over.
fn calls(text: &[u8], part: &[u8], methods: &[&str]) -> bool {
    [&b"extension.vm"[..], b"extension?.vm"].into_iter().flat_map(|start| ends(text, start)).any(|vm| {
        let near = window(text, vm);
        ends(near, part).any(|part| {
            let near = window(text, vm + part);
            ends(near, b".").any(|dot| methods.iter().any(|method| is_call(&near[dot..], method)))
        })
    })
}

fn window(text: &[u8], start: usize) -> &[u8] {
    &text[start..text.len().min(start + REACH)]
}

fn is_call(text: &[u8], method: &str) -> bool {
    let Some(rest) = text.strip_prefix(method.as_bytes()) else { return false };
    // A type argument is TypeScript, which no browser runs; an optional call is not.
    rest.trim_ascii_start().starts_with(b"(") || rest.starts_with(b"?.(") || rest.starts_with(b".call(")
}

/// The ends of the places where `word` stands; a word that ends in a letter only where no identifier goes on.
fn ends<'a>(text: &'a [u8], word: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$');
    let whole = word.last().copied().is_some_and(is_part);
    let first = word.first().copied().unwrap_or_default();
    let starts = text.iter().enumerate().filter(move |(_, byte)| **byte == first).map(|(at, _)| at);
    let ends = starts.filter(move |at| text[*at..].starts_with(word)).map(move |at| at + word.len());
    ends.filter(move |end| !(whole && text.get(*end).copied().is_some_and(is_part)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_found_as_written_and_as_compiled() {
        for text in [
            "await ddClient.extension.vm?.service?.get('/hello')",
            "ddClient.extension.vm.service.post(\"/x\", {})",
            "c?.extension?.vm?.service\n    ?.request ({})",
            "(t=(e=c.extension.vm)==null?void 0:e.service)==null?void 0:t.get(\"/hello\")",
            "null===(n=null===(t=o.extension.vm)||void 0===t?void 0:t.service)||void 0===n?void 0:n.delete(u)",
        ] {
            let mut mentions = Mentions::default();
            mentions.add("ui/a.js", text.as_bytes());
            assert_eq!(mentions.vm_service.as_deref(), Some("ui/a.js"), "{text}");
        }
        let mut mentions = Mentions::default();
        mentions.add("ui/a.js", b"r=await d.extension.vm.cli.exec('ls', [])");
        assert_eq!(mentions, Mentions { vm_service: None, vm_cli: Some("ui/a.js".to_owned()) });
    }

    #[test]
    fn other_texts_are_passed_over() {
        for text in [
            "if (ddClient.extension.vm?.service) show()",
            "ddClient.extension.vmservice.get(1)",
            "ddClient.extension.vm.services.get(1)",
            "ddClient.extension.image; navigator.service.get()",
            "extension.vm",
            "extension.vm.service.getter(1)",
            "",
        ] {
            let mut mentions = Mentions::default();
            mentions.add("ui/a.js", text.as_bytes());
            assert_eq!(mentions, Mentions::default(), "{text}");
        }
        let far = format!("extension.vm{}.service.get(1)", " ".repeat(200));
        assert!(!calls(far.as_bytes(), b".service", &METHODS));
    }

    #[test]
    fn pages_and_scripts_are_looked_into() {
        assert!(Mentions::looks_into("ui/index.html") && Mentions::looks_into("ui/a.mjs"));
        assert!(!Mentions::looks_into("ui/a.js.map") && !Mentions::looks_into("ui/a.css"));
    }
}
