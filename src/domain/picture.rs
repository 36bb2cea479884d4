//! The pictures of an extension: its icon and its screenshots.

/// How the names of pictures end that Docker Desktop and the Marketplace show.
///
/// Source: Docker's manual, `extensions-sdk/extensions/labels.md`, names .svg, .png and .jpg; `.jpeg` is another name
/// of the last, which browsers take alike.
pub const PICTURES: [&str; 4] = [".svg", ".png", ".jpg", ".jpeg"];

/// Whether a name or path ends as pictures do, in any case.
#[must_use]
pub fn is_picture(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    PICTURES.iter().any(|ending| name.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_tell_pictures_in_any_case() {
        for (name, picture) in
            [("icon.svg", true), ("A.PNG", true), ("b/c.jpeg", true), ("d.Jpg", true), ("e.gif", false), ("svg", false)]
        {
            assert_eq!(is_picture(name), picture, "{name}");
        }
    }
}
