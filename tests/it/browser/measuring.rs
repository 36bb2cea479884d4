//! What the host tool says is on the page, as it says it.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use serde_json::json;

use super::FOLDER;
use crate::support::desktop::Client;
use crate::support::pages::{Stage, Ui};

const ROWS: &str = "document.querySelectorAll('tbody tr').length";
const NAMES: &str = "[...document.querySelectorAll('tbody th')].map((name) => name.textContent)";

#[test]
fn rows_come_while_the_tool_runs_and_stay_when_it_is_stopped() {
    for ui in Ui::ALL {
        let Some(mut stage) = Stage::set(ui) else { return };
        // More lines than the pipe between the tool and its reader holds: the tool cannot end before it is read.
        let folder = stage.folder((0..3000).map(|index| (format!("file-{index:04}"), 3000 - index)));
        stage.open(&Client::default());
        stage.page.fill(FOLDER, &folder.display().to_string());
        for lines in [1, 3] {
            stage.desktop.runs().hold_after(lines);
            stage.page.click("button", "Measure");
            stage.page.wait_for(&format!("{ROWS} === {lines}"));
            assert_eq!(stage.desktop.runs().running(), 1, "{ui:?}");
            assert!(stage.page.text().contains("Measuring…"), "{ui:?}");
            stage.page.click("button", "Stop");
            stage.page.wait_for_text("Stopped; what was measured so far stays.");
            while stage.desktop.runs().running() > 0 {
                std::thread::yield_now();
            }
            assert_eq!(stage.page.eval(ROWS), lines, "{ui:?}");
        }

        stage.desktop.runs().release();
        // A page with as many rows as a folder may have entries would stand still.
        stage.page.click("button", "Measure");
        stage.page.wait_for_text("4.3 MiB in 3,000 files.");
        stage.page.wait_for_text("And 2,500 smaller ones.");
        assert_eq!(stage.page.eval(ROWS), 500, "{ui:?}");
        let ends = stage.page.eval(&format!("[{NAMES}.at(0), {NAMES}.at(-1)]"));
        assert_eq!(ends, json!(["file-0000", "file-0499"]), "{ui:?}");
        stage.page.has_no_complaints();
    }
}

#[test]
fn names_are_shown_as_they_are_and_the_largest_comes_first() {
    let long = "long".repeat(60);
    let files = ["<img src=x onerror=hacked=1>", "\"&amp;' {{x}}", "--help", "two\nlines", "אבג 🦀", &long];
    for ui in Ui::ALL {
        let Some(mut stage) = Stage::set(ui) else { return };
        let sizes = files.iter().enumerate();
        let folder = stage.folder(sizes.map(|(index, name)| ((*name).to_owned(), 5000 - index)));
        std::fs::create_dir(folder.join("folder")).expect("the folder can be made");
        for (name, size) in [(&b"folder/inside"[..], 9999), (b"not \xff Unicode", 2), (b"not \xfe Unicode", 1)] {
            std::fs::write(folder.join(OsStr::from_bytes(name)), vec![0; size]).expect("written");
        }
        stage.open(&Client { chosen: Some(folder), ..Client::default() });
        stage.page.click("button", "Choose…");
        stage.page.wait_for("document.querySelector('input').value !== ''");
        stage.page.click("button", "Measure");
        stage.page.wait_for_text("in 9 files.");
        let unreadable = ["not \u{fffd} Unicode"; 2];
        let expected = [&["folder/"][..], &files, &unreadable].concat();
        // React draws rows when it has nothing better to do.
        stage.page.wait_for(&format!("{ROWS} === 9"));
        assert_eq!(stage.page.eval(NAMES), json!(expected), "{ui:?}");
        assert_eq!(stage.page.eval("typeof hacked + document.querySelectorAll('tbody img').length"), "undefined0");
        stage.page.wait_for("document.documentElement.scrollWidth <= innerWidth");
        stage.page.has_no_complaints();
    }
}

#[test]
fn what_goes_wrong_is_said() {
    for ui in Ui::ALL {
        let Some(mut stage) = Stage::set(ui) else { return };
        stage.open(&Client::default());
        let missing = stage.temp.path().join("missing".repeat(35)).display().to_string();
        stage.page.fill(FOLDER, &missing);
        stage.page.click("button", "Measure");
        let message = format!("The folder could not be measured: could not look at {missing}: No such file");
        stage.page.wait_for_text(&message);
        stage.page.wait_for("document.documentElement.scrollWidth <= innerWidth");

        // On Windows the tool has another name; here, nothing has it.
        let Some(mut stage) = Stage::set(ui) else { return };
        stage.open(&Client { platform: "win32", ..Client::default() });
        stage.page.fill(FOLDER, "C:\\");
        stage.page.click("button", "Measure");
        stage.page.wait_for_text("The folder could not be measured: spawn page-host.exe: No such file");
        assert_eq!(stage.desktop.runs().commands(), [["page-host.exe", "--", "C:\\"]], "{ui:?}");
        stage.page.has_no_complaints();
    }
}
