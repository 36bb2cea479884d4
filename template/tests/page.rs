//! The page is whole: whatever it names of this extension is there.

use std::path::Path;

/// The values of an attribute in a page.
fn values<'a>(page: &'a str, attribute: &str) -> Vec<&'a str> {
    let start = format!(" {attribute}=\"");
    let rest = page.split(&start).skip(1);
    rest.filter_map(|rest| Some(rest.split_once('"')?.0))
        .collect()
}

#[test]
fn every_file_that_the_page_names_is_there() {
    let folder = Path::new("ui");
    let page = std::fs::read_to_string(folder.join("index.html")).expect("the page");
    let named = [values(&page, "src"), values(&page, "href")].concat();
    let local = named.iter().filter(|name| !name.contains(':'));
    let mut count = 0;
    for name in local {
        let file = folder.join(name.trim_start_matches('/'));
        assert!(file.is_file(), "{} is missing", file.display());
        count += 1;
    }
    assert!(count > 0, "the page names no file");
}
