//! `{os}`-like placeholders in paths and URLs.

/// The text with every `{name}` replaced by what `value` says of it.
///
/// # Errors
/// What is wrong with the template.
pub(super) fn fill(template: &str, known: &[(&str, &str)]) -> Result<String, String> {
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(start) = rest.find(['{', '}']) {
        text.push_str(&rest[..start]);
        let closed = rest[start..].strip_prefix('{').and_then(|inner| inner.split_once('}'));
        let Some((name, after)) = closed else {
            return Err(format!("`{template}` has a brace without its partner"));
        };
        match known.iter().find(|(known, _)| *known == name) {
            Some((_, value)) => text.push_str(value),
            None => {
                let names: Vec<String> = known.iter().map(|(name, _)| format!("{{{name}}}")).collect();
                return Err(format!("`{{{name}}}` stands for nothing here; known are {}", names.join(", ")));
            }
        }
        rest = after;
    }
    text.push_str(rest);
    Ok(text)
}

/// Whether a template has a placeholder.
pub(super) fn has(template: &str, name: &str) -> bool {
    template.contains(&format!("{{{name}}}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_filled() {
        let known = [("os", "linux"), ("exe", ""), ("arch", "{os}")];
        for (template, expected) in [
            ("/{os}/tool{exe}", Ok("/linux/tool")),
            ("plain", Ok("plain")),
            ("", Ok("")),
            ("{arch}", Ok("{os}")),
            ("/{oss}/x", Err("`{oss}` stands for nothing here; known are {os}, {exe}, {arch}")),
            ("/{os", Err("`/{os` has a brace without its partner")),
            ("/os}", Err("`/os}` has a brace without its partner")),
            ("{{os}}", Err("`{{os}` stands for nothing here; known are {os}, {exe}, {arch}")),
        ] {
            assert_eq!(fill(template, &known), expected.map(str::to_owned).map_err(str::to_owned), "{template}");
        }
    }
}
