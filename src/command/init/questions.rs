//! What is wanted: what flags say, then what a person answers, then what is likely.

use std::path::Path;

use super::InitArgs;
use crate::error::Error;
use crate::manifest::extension::WorkspaceBin;
use crate::scaffold;
use crate::scaffold::init::{self, Bins, Found, Page, Wanted};
use crate::scaffold::project::VENDOR;
use crate::shell::ask::Ask;

/// The answer that leaves a part out.
const NONE: &str = "none";

/// What an empty line gets where nothing is the default.
const SAY: &str = "there is no default here: name a binary, or answer `none`";

/// Collects it.
///
/// # Errors
/// When a flag cannot be obeyed, or something has no default and nobody answers.
pub(super) fn wanted(args: &InitArgs, found: &Found, cwd: &Path, person: &impl Ask) -> Result<Wanted, Error> {
    let silent = args.backend.is_none() && !args.no_backend && args.host.is_empty() && !args.no_host;
    if silent && found.bins.names().is_empty() {
        return Err(failed(init::Error::NoBinary));
    }
    let backend = backend(args, &found.bins, person)?;
    let host = host(args, &found.bins, backend.as_ref(), person)?;
    let socket = match (&args.socket, &backend) {
        (None, Some(_)) => or_none(person, "Socket the backend listens on", init::socket_name)?,
        (said, _) => said.clone(),
    };
    let page = page(args, found, cwd, person)?;
    let mut wanted = Wanted {
        backend,
        socket,
        host,
        page,
        title: args.title.clone(),
        vendor: args.vendor.clone(),
        description: args.description.clone(),
        image: args.image.clone(),
    };
    let line = |what: &'static str| move |answer: &str| init::line(what, answer);
    // A placeholder that nobody changed is none that was said, and is told of in the end.
    let changed = |answer: Option<String>, default: &str| answer.filter(|answer| answer != default);
    if wanted.vendor.is_none() && found.author.is_none() {
        let answer = person.ask_until("Who offers the extension", VENDOR, line("vendor"))?;
        wanted.vendor = changed(answer, VENDOR);
    }
    if wanted.description.is_none() && found.description().is_none() {
        let default = found.stand_in_description(wanted.title.as_deref());
        let answer = person.ask_until("What it is, in a sentence", &default, line("description"))?;
        wanted.description = changed(answer, &default);
    }
    if wanted.image.is_none() {
        wanted.image = or_none(person, "Image to publish to, without a tag", init::image_name)?;
    }
    Ok(wanted)
}

fn failed(error: init::Error) -> Error {
    Error::Scaffold(error.into())
}

/// What has a default, which is to do without.
fn or_none(
    person: &impl Ask,
    question: &str,
    check: fn(&str) -> Result<String, scaffold::Error>,
) -> Result<Option<String>, Error> {
    let answer = person.ask_until(&format!("{question}, or {NONE}"), NONE, |answer| match answer {
        NONE => Ok(None),
        answer => check(answer).map(Some),
    })?;
    Ok(answer.flatten())
}

fn backend(args: &InitArgs, bins: &Bins, person: &impl Ask) -> Result<Option<WorkspaceBin>, Error> {
    match &args.backend {
        _ if args.no_backend => return Ok(None),
        Some(name) => return bins.find(name).cloned().map(Some).map_err(failed),
        None => {}
    }
    let likely = bins.likely_backend();
    let default = match &likely {
        Ok(Some(bin)) => bins.name(bin),
        Ok(None) => NONE.to_owned(),
        Err(_) => String::new(),
    };
    let question = format!("Backend in Docker Desktop's virtual machine: {}", choice(bins));
    let answer = person.ask_until(&question, &default, |answer| match answer {
        NONE => Ok(None),
        "" => Err(SAY.to_owned()),
        answer => bins.find(answer).cloned().map(Some).map_err(|error| error.to_string()),
    })?;
    match answer {
        Some(bin) => Ok(bin),
        None => likely.map(|bin| bin.cloned()).map_err(failed),
    }
}

fn host(
    args: &InitArgs,
    bins: &Bins,
    backend: Option<&WorkspaceBin>,
    person: &impl Ask,
) -> Result<Vec<WorkspaceBin>, Error> {
    if args.no_host {
        return Ok(Vec::new());
    }
    let find = |names: &mut dyn Iterator<Item = &str>| -> Result<Vec<WorkspaceBin>, init::Error> {
        let mut found: Vec<WorkspaceBin> = Vec::new();
        for name in names {
            let bin = bins.find(name)?;
            if !found.contains(bin) {
                found.push(bin.clone());
            }
        }
        Ok(found)
    };
    if !args.host.is_empty() {
        return find(&mut args.host.iter().map(String::as_str)).map_err(failed);
    }
    let likely = bins.likely_host(backend);
    let default = match &likely {
        Ok(Some(bin)) => bins.name(bin),
        Ok(None) => NONE.to_owned(),
        Err(_) => String::new(),
    };
    let question = format!("Tools on the user's own system, one or several: {}", choice(bins));
    let answer = person.ask_until(&question, &default, |answer| match answer {
        NONE => Ok(Vec::new()),
        "" => Err(SAY.to_owned()),
        answer => {
            let mut names = answer.split([' ', ',']).filter(|name| !name.is_empty());
            find(&mut names).map_err(|error| error.to_string())
        }
    })?;
    match answer {
        Some(tools) => Ok(tools),
        None => likely.map(|bin| bin.cloned().into_iter().collect()).map_err(failed),
    }
}

/// `a`, `b` or none
fn choice(bins: &Bins) -> String {
    let names: Vec<String> = bins.names().iter().map(|name| format!("`{name}`")).collect();
    if names.is_empty() { NONE.to_owned() } else { format!("{} or {NONE}", names.join(", ")) }
}

fn page(args: &InitArgs, found: &Found, cwd: &Path, person: &impl Ask) -> Result<Page, Error> {
    let dir = &found.target.origin.dir;
    let named = |text: &Path| match text.to_str() {
        Some("html") => Page::in_folder(dir),
        Some(NONE) => Ok(Page::None),
        _ => Page::at(dir, &cwd.join(text)),
    };
    if let Some(ui) = &args.ui {
        return named(ui).map_err(failed);
    }
    Page::in_folder(dir).or_else(|taken| {
        let default = match &taken {
            init::Error::UiTaken { built: Some(built) } => built.as_str(),
            _ => "",
        };
        let answer = person.ask_until("Folder with the finished page, or none", default, |answer| match answer {
            NONE => Ok(Page::None),
            answer => Page::at(dir, &dir.join(answer)),
        })?;
        answer.ok_or_else(|| failed(taken))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scaffold::init::bins::testing::bins;
    use crate::scaffold::init::found::testing::found;
    use crate::shell::ask::testing::{Answers, Nobody};
    use crate::sys::fs;

    fn names(bins: &[WorkspaceBin]) -> Vec<String> {
        bins.iter().map(|bin| format!("{}/{}", bin.package, bin.name)).collect()
    }

    /// What is wanted, in words, or why it is not known.
    fn told(wanted: Result<Wanted, Error>) -> String {
        match wanted {
            Ok(wanted) => {
                let backend: Vec<_> = wanted.backend.into_iter().collect();
                let texts = [wanted.socket, wanted.vendor, wanted.description, wanted.image];
                let texts: Vec<String> = texts.into_iter().flatten().collect();
                format!("{:?} {:?} {:?} {}", names(&backend), names(&wanted.host), wanted.page, texts.join(", "))
            }
            Err(error) => error.to_string(),
        }
    }

    fn without(args: &[&str]) -> InitArgs {
        let has = |flag: &str| args.contains(&flag);
        InitArgs { no_backend: has("--no-backend"), no_host: has("--no-host"), ..InitArgs::default() }
    }

    #[test]
    fn nobody_answers() {
        let dir = tempfile::tempdir().expect("temp");
        for (all, args, expected) in [
            (&["x"][..], InitArgs::default(), r#"[] ["own/x"] Written "#),
            (&["x", "x-server"], InitArgs::default(), r#"["own/x-server"] ["own/x"] Written "#),
            (&["x-server"], without(&["--no-backend"]), r#"[] ["own/x-server"] Written "#),
            (&[], without(&["--no-backend", "--no-host"]), "[] [] Written "),
            (&[], InitArgs::default(), "nothing here is a program: no package has a binary target"),
            (&["x", "y"], InitArgs::default(), "could not determine which binary is the host tool: there are `x`, `y`"),
            (
                &["x", "y"],
                InitArgs { backend: Some("y".to_owned()), ui: Some("none".into()), ..InitArgs::default() },
                r#"["own/y"] ["own/x"] None "#,
            ),
        ] {
            let found = found(dir.path(), bins(all, None));
            assert_eq!(told(wanted(&args, &found, dir.path(), &Nobody)), expected, "{all:?}");
        }
    }

    #[test]
    fn what_flags_leave_open_is_asked() {
        let dir = tempfile::tempdir().expect("temp");
        let mut found = found(&dir.path().join("own"), bins(&["x", "y", "z-server"], None));
        let person = Answers::new(&["", "", "gone", "y,x, y", "b.sock", "Example", "A tool", ""]);
        let said = told(wanted(&InitArgs::default(), &found, dir.path(), &person));
        assert_eq!(said, r#"["own/z-server"] ["own/y", "own/x"] Written b.sock, Example, A tool"#);
        assert_eq!(
            *person.asked.borrow(),
            [
                "Backend in Docker Desktop's virtual machine: `x`, `y`, `z-server` or none [z-server]",
                "Tools on the user's own system, one or several: `x`, `y`, `z-server` or none []",
                SAY,
                "Tools on the user's own system, one or several: `x`, `y`, `z-server` or none []",
                "there is no binary `gone`",
                "Tools on the user's own system, one or several: `x`, `y`, `z-server` or none []",
                "Socket the backend listens on, or none [none]",
                "Who offers the extension [Your Company]",
                "What it is, in a sentence [Own in Docker Desktop]",
                "Image to publish to, without a tag, or none [none]",
            ]
        );
        // What is known or was said is not asked for.
        found.author = Some("Author".to_owned());
        let args = InitArgs {
            backend: Some("x".to_owned()),
            host: vec!["y".to_owned()],
            socket: Some("s".to_owned()),
            description: Some("D".to_owned()),
            image: Some("a/b".to_owned()),
            ..InitArgs::default()
        };
        let said = told(wanted(&args, &found, dir.path(), &Answers::new(&[])));
        assert_eq!(said, r#"["own/x"] ["own/y"] Written s, D, a/b"#);
    }

    #[test]
    fn a_page_that_is_elsewhere_is_asked_for() {
        let dir = tempfile::tempdir().expect("temp");
        let root = fs::canonical(dir.path()).expect("canonical");
        for path in ["ui/package.json", "ui/dist/index.html"] {
            fs::write_atomic(&root.join(path), b"").expect(path);
        }
        let found = found(&root, bins(&[], None));
        let args = without(&["--no-backend", "--no-host"]);
        for (answers, expected) in [
            (&["ui", "", "V", "D", ""][..], r#"source: "ui/dist""#),
            (&["none", "", "D", ""], "[] [] None D"),
            (&[], "the input ended before the question was answered"),
        ] {
            let person = Answers::new(answers);
            let said = told(wanted(&args, &found, &root, &person));
            assert!(said.contains(expected), "{said}");
            assert_eq!(person.asked.borrow()[0], "Folder with the finished page, or none [ui/dist]");
        }
    }
}
