//! Stages: what they are built on, and what they set.

use std::collections::BTreeSet;

use super::copies::Copy;
use super::expand::{Expanded, Variables, expand};
use super::lines::Instruction;
use super::pattern::Patterns;
use super::{Broken, Label, Refused, words};
use crate::scaffold::import::start::{Command, Start};

/// Instructions that set something for containers, beside what they start.
const SETTINGS: [&str; 7] = ["ENV", "USER", "WORKDIR", "EXPOSE", "VOLUME", "STOPSIGNAL", "HEALTHCHECK"];

/// Instructions that say nothing about the files of this image, nor about its labels.
const OTHERS: [&str; 3] = ["MAINTAINER", "ONBUILD", "SHELL"];

/// `RUN`
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) line: usize,
    /// What is run, with what heredocs hold.
    pub(super) command: String,
    /// Where it is run.
    pub(super) workdir: String,
}

/// A build stage.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Stage {
    /// Its name, if it has one.
    pub(super) name: Option<String>,
    /// The stage it is built on, which comes before it.
    pub(super) parent: Option<usize>,
    /// The image it is built on, if no stage.
    pub(super) image: Option<String>,
    /// Labels in order; one name may come several times.
    pub(super) labels: Vec<(String, Label)>,
    /// What is copied, in order.
    pub(super) copies: Vec<Copy>,
    /// What is run, in order.
    pub(super) runs: Vec<Run>,
    /// `ARG`: line and text.
    pub(super) args: Vec<(usize, String)>,
    /// What a container starts.
    pub(super) start: Start,
    /// What else is set for a container: line, instruction, value.
    pub(super) settings: Vec<(usize, String, String)>,
    variables: Variables,
    /// Where its last commands run.
    pub(super) workdir: String,
}

impl Stage {
    /// What it is called in messages.
    pub(super) fn title(&self, index: usize) -> String {
        self.name.clone().unwrap_or_else(|| index.to_string())
    }
}

/// The stages from the first that `last` is built on to `last` itself.
pub(super) fn chain(stages: &[Stage], last: usize) -> Vec<&Stage> {
    let mut chain: Vec<&Stage> = std::iter::successors(stages.get(last), |stage| stages.get(stage.parent?)).collect();
    chain.reverse();
    chain
}

/// The stage that is meant by a name or number, among those before `before`.
pub(super) fn find(stages: &[Stage], name: &str) -> Option<usize> {
    let named =
        stages.iter().rposition(|stage| stage.name.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(name)));
    named.or_else(|| name.parse().ok().filter(|index| *index < stages.len()))
}

/// The stages of a Dockerfile.
pub(super) fn stages(instructions: &[Instruction], broken: &mut Vec<Broken>) -> Vec<Stage> {
    let mut stages: Vec<Stage> = Vec::new();
    let mut global = Variables::global();
    for instruction in instructions {
        let done = match (instruction.name.as_str(), stages.last_mut()) {
            ("FROM", _) => from(instruction, &global, &stages).map(|stage| stages.push(stage)),
            ("ARG", None) => args(instruction, &mut global, None),
            (_, None) => Err(format!("`{}` comes before `FROM`", words::shortened(&instruction.name)).into()),
            (_, Some(stage)) => set(instruction, &global, stage),
        };
        if let Err(Refused { what, ours }) = done {
            broken.push(Broken { line: instruction.line, what, ours });
        }
    }
    stages
}

fn from(instruction: &Instruction, global: &Variables, before: &[Stage]) -> Result<Stage, Refused> {
    let mut words = words::split(&instruction.rest, instruction.escape).into_iter();
    let image = words.next().ok_or("`FROM` names no image")?;
    let Expanded { text: image, unset, .. } = expand(&image, instruction.escape, global)?;
    if image.is_empty() {
        return Err(format!("`FROM` names no image: {} has no value", unset.join(", ")).into());
    }
    let name = match (words.next(), words.next()) {
        (Some(word), name) if word.eq_ignore_ascii_case("as") => name,
        _ => None,
    };
    // Only a name can be built on, not a number.
    let parent = find(before, &image).filter(|_| image.parse::<usize>().is_err());
    let inherited = parent.and_then(|parent| before.get(parent));
    Ok(Stage {
        name,
        parent,
        image: parent.is_none().then_some(image),
        variables: inherited.map_or_else(|| global.none_yet(), |stage| stage.variables.clone()),
        workdir: inherited.map_or_else(|| "/".to_owned(), |stage| stage.workdir.clone()),
        ..Stage::default()
    })
}

fn set(instruction: &Instruction, global: &Variables, stage: &mut Stage) -> Result<(), Refused> {
    let escape = instruction.escape;
    if SETTINGS.contains(&instruction.name.as_str()) {
        stage.settings.push((instruction.line, instruction.name.clone(), instruction.rest.clone()));
    }
    let start = |text: &str| {
        let list = serde_json::from_str::<Vec<String>>(text);
        list.map_or_else(|_| Command::Shell(text.to_owned()), Command::Words)
    };
    match instruction.name.as_str() {
        "ARG" => {
            stage.args.push((instruction.line, instruction.rest.clone()));
            args(instruction, &mut stage.variables, Some(global))?;
        }
        "ENV" => {
            // All values of one line see what was there before it.
            let before = stage.variables.clone();
            for (name, value) in words::pairs(&instruction.rest, escape)? {
                let name = expand(&name, escape, &before)?.text;
                stage.variables.env.insert(name, expand(&value, escape, &before)?.text);
            }
        }
        "LABEL" => stage.labels.extend(labels(instruction, &stage.variables)?),
        "WORKDIR" => {
            let path = expand(&instruction.rest, escape, &stage.variables)?.text;
            stage.workdir = joined(&stage.workdir, &path);
        }
        "COPY" | "ADD" => stage.copies.push(copy(instruction, stage)?),
        "RUN" => {
            let texts = [Some(instruction.rest.as_str()), instruction.heredoc.as_deref()];
            let command = texts.into_iter().flatten().collect::<Vec<_>>().join("\n");
            stage.runs.push(Run { line: instruction.line, command, workdir: stage.workdir.clone() });
        }
        "CMD" => stage.start.cmd = Some(start(&instruction.rest)),
        "ENTRYPOINT" => stage.start.entrypoint = Some(start(&instruction.rest)),
        name if SETTINGS.contains(&name) || OTHERS.contains(&name) => {}
        name => return Err(format!("`{}` is no instruction", words::shortened(name)).into()),
    }
    Ok(())
}

/// `ARG a b=c`: a value from `global`, where it has been declared there, else the default.
fn args(instruction: &Instruction, own: &mut Variables, global: Option<&Variables>) -> Result<(), Refused> {
    for word in words::split(&instruction.rest, instruction.escape) {
        let (name, default) = match word.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(expand(value, instruction.escape, own)?.text)),
            None => (word.clone(), global.and_then(|global| global.args.get(&word)).cloned()),
        };
        own.declare(&name);
        own.args.extend(default.map(|value| (name, value)));
    }
    Ok(())
}

fn labels(instruction: &Instruction, variables: &Variables) -> Result<Vec<(String, Label)>, Refused> {
    let label = |(name, value): (String, String)| {
        let name = expand(&name, instruction.escape, variables)?;
        let Expanded { text, mut unset, mut varying } = expand(&value, instruction.escape, variables)?;
        unset.extend(name.unset);
        varying.extend(name.varying);
        Ok((name.text, Label { value: text, line: instruction.line, replaces: Vec::new(), unset, varying }))
    };
    words::pairs(&instruction.rest, instruction.escape)?.into_iter().map(label).collect()
}

fn copy(instruction: &Instruction, stage: &Stage) -> Result<Copy, Refused> {
    let (words, _) = words::list(&instruction.rest, instruction.escape);
    let mut varying = BTreeSet::new();
    let mut expanded = Vec::new();
    for word in words {
        let made = expand(&word, instruction.escape, &stage.variables)?;
        varying.extend(made.varying);
        expanded.push(made.text);
    }
    let Some(to) = expanded.pop().filter(|_| !expanded.is_empty()) else {
        return Err(format!("`{}` needs a source and a destination", instruction.name).into());
    };
    let from = match instruction.flag("from") {
        Some(from) => Some(expand(from, instruction.escape, &stage.variables)?.text),
        None => None,
    };
    let into_folder = to.ends_with('/') || to == "." || to.ends_with("/.") || expanded.len() > 1;
    let excluded = instruction.flags.iter().filter(|(flag, _)| flag == "exclude").map(|(_, value)| value.as_str());
    let (exclude, unread) = Patterns::read(excluded.enumerate());
    if !unread.is_empty() {
        return Err(Refused::ours("its `--exclude` is more than is read".to_owned()));
    }
    Ok(Copy {
        line: instruction.line,
        is_add: instruction.name == "ADD",
        heredoc: instruction.heredoc.is_some(),
        parents: instruction.flags.iter().any(|(flag, value)| flag == "parents" && value != "false"),
        exclude,
        chmod: instruction.flag("chmod").is_some(),
        from,
        sources: expanded,
        to: joined(&stage.workdir, &to),
        into_folder,
        varying: varying.into_iter().collect(),
    })
}

/// A path below a folder, or on its own; without `.`, `..` and doubled `/`.
pub(super) fn joined(folder: &str, path: &str) -> String {
    let whole = if path.starts_with('/') { path.to_owned() } else { format!("{folder}/{path}") };
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}
