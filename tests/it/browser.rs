//! The pages of a new extension in a real browser: Chromium shows them, with the real backend on its socket and the
//! real host tool behind `ddClient`.

mod accessible;
mod measuring;
mod packages;

use serde_json::json;

use crate::support::desktop::Client;
use crate::support::pages::{Behind, Stage, TITLE, Ui};

/// The label of the text box.
const FOLDER: &str = "Folder on this computer (empty: your home folder)";

#[test]
fn the_backends_answer_is_on_the_page() {
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").expect("Linux");
    let asked = || format!("Kernel\n{}", kernel.trim());
    for ui in Ui::ALL {
        let Some(mut stage) = Stage::without_backend(ui) else { return };
        stage.open(&Client::default());
        stage.page.wait_for_text("The backend does not answer: connect ");
        assert!(!stage.page.text().contains("Kernel"), "{ui:?}");

        stage.start_backend();
        stage.page.click("button", "Refresh");
        stage.page.wait_for_text("As of ");
        for fact in [&asked(), "Running for\n", "GiB in use", "Load (1, 5, 15 minutes)\n"] {
            assert!(stage.page.text().contains(fact), "{ui:?} says {fact} in\n{}", stage.page.text());
        }

        stage.stop_backend();
        stage.page.click("button", "Refresh");
        stage.page.wait_for_text("The backend does not answer: connect ");
        assert!(!stage.page.text().contains("Kernel"), "{ui:?} shows what is no longer so");
        stage.start_backend();
        stage.page.click("button", "Refresh");
        stage.page.wait_for_text(&asked());
    }
}

#[test]
fn a_page_alone_shows_containers() {
    let container = |name: &str| json!({ "Id": name, "Names": [name], "Image": "a/b:1", "Status": "Up 2 hours" });
    let running = json!([container("/first"), container("/<b>second</b>")]);
    for ui in Ui::ALL {
        for (containers, shown) in [
            (Some(running.clone()), ["2 running, as of ", "first\ta/b:1\tUp 2 hours", "<b>second</b>\ta/b:1"]),
            (Some(json!([])), ["No container runs, as of ", "", ""]),
            (None, ["Docker does not answer: the engine is stopped", "", ""]),
        ] {
            let Some(mut stage) = Stage::with(ui, Behind::Nothing) else { return };
            stage.open(&Client { containers, ..Client::default() });
            for text in shown {
                stage.page.wait_for_text(text);
            }
            stage.page.press("Tab");
            stage.page.press("Enter");
            stage.page.wait_for_text(shown[0]);
            stage.page.has_no_complaints();
        }
    }
}

#[test]
fn an_ordinary_browser_is_told_what_it_is_not() {
    for ui in Ui::ALL {
        let Some(mut stage) = Stage::without_backend(ui) else { return };
        let url = stage.desktop.url.clone();
        stage.page.open(&url);
        stage.page.wait_for_text("This page is not running in Docker Desktop");
        stage.page.wait_for("[...document.querySelectorAll('button, input')].every((control) => control.disabled)");
        stage.page.has_no_complaints();
    }
}

#[test]
fn any_title_is_shown_as_it_is() {
    for ui in Ui::ALL {
        let Some(mut stage) = Stage::without_backend(ui) else { return };
        let url = stage.desktop.url.clone();
        stage.page.open(&url);
        stage.page.wait_for("document.querySelector('h1') !== null");
        for shown in ["document.title", "document.querySelector('h1').textContent"] {
            assert_eq!(stage.page.eval(shown), TITLE, "{ui:?} {shown}");
        }
    }
}

#[test]
fn the_keyboard_is_enough() {
    for ui in Ui::ALL {
        let Some(mut stage) = Stage::set(ui) else { return };
        let folder = stage.folder((0..3000).map(|index| (format!("file-{index:04}"), 1)));
        stage.open(&Client::default());
        stage.page.wait_for_text("As of ");
        let text_box = format!("textbox {FOLDER}");
        for expected in ["button Refresh", &text_box, "button Choose…", "button Measure"] {
            stage.page.press("Tab");
            assert_eq!(stage.page.focused(), expected, "{ui:?}");
        }

        // A button that can be pressed no more hands on the focus, so that the next key is not lost.
        stage.desktop.runs().hold_after(2);
        stage.page.fill(FOLDER, &folder.display().to_string());
        stage.page.press("Enter");
        stage.page.wait_for("document.querySelectorAll('tbody tr').length === 2");
        for expected in ["button Choose…", "button Stop"] {
            stage.page.press("Tab");
            assert_eq!(stage.page.focused(), expected, "{ui:?}");
        }
        stage.page.press("Space");
        stage.page.wait_for_text("Stopped");
        assert_eq!(stage.page.focused(), "button Measure", "{ui:?}");

        stage.desktop.runs().hold_after(2);
        stage.page.press("Enter");
        stage.page.wait_for_text("Measuring…");
        assert_eq!(stage.page.focused(), "button Stop", "{ui:?}");
        stage.desktop.runs().release();
        stage.page.wait_for_text("in 3,000 files.");
        assert_eq!(stage.page.focused(), "button Measure", "{ui:?}");
        stage.page.has_no_complaints();
    }
}
