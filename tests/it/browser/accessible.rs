//! The pages in light and dark: pictures of them to look at, and no serious finding of axe.

use std::path::PathBuf;

use serde_json::json;

use super::FOLDER;
use crate::support::desktop::Client;
use crate::support::pages::{Behind, Stage, Ui};
use crate::support::{files, judges};

/// axe's script, which `cargo xtask setup` brings.
#[track_caller]
fn axe() -> Option<String> {
    let named = std::env::var_os("DEXT_TEST_AXE").map(PathBuf::from);
    if named.is_none() {
        judges::absent("DEXT_TEST_AXE names no axe.min.js");
    }
    Some(String::from_utf8(files::read(&named?)).expect("a script"))
}

#[test]
fn every_choice_of_parts_is_accessible() {
    let Some(axe) = axe() else { return };
    let container = |name: &str, image: &str, status: &str| json!({ "Id": name, "Names": [name], "Image": image, "Status": status });
    let containers =
        json!([container("/web", "nginx:1.29", "Up 2 hours"), container("/db", "postgres:18", "Up 3 days")]);
    for ui in Ui::ALL {
        for behind in [Behind::Backend, Behind::Host, Behind::Nothing] {
            let Some(mut stage) = Stage::with(ui, behind) else { return };
            let folder = stage.folder([("notes.txt".to_owned(), 1_234)]);
            if behind == Behind::Backend {
                stage.start_backend();
            }
            let url = stage.desktop.url.clone();
            stage.page.open(&url);
            stage.page.wait_for_text("This page is not running in Docker Desktop");
            look(&mut stage, ui, &format!("{}-outside", behind.name()), &axe);
            stage.open(&Client { containers: Some(containers.clone()), ..Client::default() });
            match behind {
                Behind::Host => {
                    stage.page.fill(FOLDER, &folder.display().to_string());
                    stage.page.press("Enter");
                    stage.page.wait_for_text("in 1 file.");
                }
                Behind::Backend => stage.page.wait_for_text("As of "),
                _ => stage.page.wait_for_text("2 running"),
            }
            look(&mut stage, ui, behind.name(), &axe);
        }
    }
}

#[test]
fn every_state_is_accessible_in_light_and_dark() {
    let Some(axe) = axe() else { return };
    for ui in Ui::ALL {
        let Some(mut stage) = Stage::set(ui) else { return };
        let sizes = [("Pictures/1.jpg", 7_400_000), ("notes.txt", 1_234), ("Music/a.flac", 4_200_000), ("empty", 0)];
        let folder = stage.folder(sizes.map(|(name, size)| (name.to_owned(), size)));
        let missing = stage.temp.path().join("missing");

        let url = stage.desktop.url.clone();
        stage.page.open(&url);
        stage.page.wait_for_text("This page is not running in Docker Desktop");
        look(&mut stage, ui, "outside", &axe);
        stage.open(&Client::default());
        stage.page.wait_for_text("As of ");
        look(&mut stage, ui, "empty", &axe);
        stage.page.fill(FOLDER, &folder.display().to_string());
        stage.page.click("button", "Measure");
        stage.page.wait_for_text("in 4 files.");
        look(&mut stage, ui, "filled", &axe);
        stage.page.fill(FOLDER, &missing.display().to_string());
        stage.page.press("Enter");
        stage.page.wait_for_text("The folder could not be measured");
        stage.stop_backend();
        stage.page.click("button", "Refresh");
        stage.page.wait_for_text("The backend does not answer");
        look(&mut stage, ui, "failed", &axe);
    }
}

/// Keeps a picture of the page in light and in dark, and asks axe. The colours change while the page is open, as when
/// the sun sets.
#[track_caller]
fn look(stage: &mut Stage, ui: Ui, state: &str, axe: &str) {
    for (dark, shade) in [(false, "light"), (true, "dark")] {
        stage.page.darken(dark);
        let background = "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)[0] < 128";
        stage.page.wait_for(&format!("({background}) === {dark}"));
        // Colours fade into each other, and begin to in the frame after.
        stage.page.eval("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))");
        stage.page.wait_for("document.getAnimations().length === 0");
        let name = format!("{}-{state}-{shade}.png", ui.name());
        stage.page.photograph(&files::shared_temp("screenshots").join(&name));
        assert_eq!(stage.page.axe(axe), "", "{name}");
    }
}
