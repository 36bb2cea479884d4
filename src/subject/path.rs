//! Paths inside an image, as layers, links and documents write them: `usr/bin/tool`, without a leading `/`.

/// The path without its leading `/`, `.` and empty parts, and with every `..` taken back; the root is empty.
/// Nothing leads out of the root.
#[must_use]
pub fn normal(path: &str) -> String {
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// The folders above a path, the nearest last; the root is not among them.
pub(super) fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| &path[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_normal_and_stay_inside() {
        for (written, path) in [
            ("/a/b", "a/b"),
            ("./a//b/.", "a/b"),
            ("../../etc", "etc"),
            ("/a/../../b", "b"),
            ("/", ""),
            ("a\\b", "a\\b"),
        ] {
            assert_eq!(normal(written), path);
        }
        assert_eq!(ancestors("a/b/c").collect::<Vec<_>>(), ["a", "a/b"]);
    }
}
