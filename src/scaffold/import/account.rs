//! What became of each part of an extension that was imported.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::draft::{Part, Parts};
use super::law::{Difference, Tried};
use super::place::{Role, named};
use super::{Imported, Provenance, cargo, labels, place, render};
use crate::domain::{ImagePath, count, printable};
use crate::manifest::mistake::KeyPath;
use crate::report::{Event, Report};
use crate::validate::Finding;
use crate::validate::metadata::MAX_HOST_PATHS;
use crate::validate::render::message;

/// People are told this many of a kind, and how many more there are.
const MAX_TOLD: usize = 40;

/// People are told this many findings of a rule, and how many more there are.
const MAX_OF_A_RULE: usize = 5;

/// What became of each part.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Account {
    /// Keys of the table.
    pub taken: Vec<String>,
    /// What is built from now on as the table says, and by what.
    pub built: Vec<String>,
    /// Keys under `extra` and `labels` that carry a value as it is, each with the reason.
    pub verbatim: Vec<(String, String)>,
    /// Labels that Cargo.toml brings, and what they say.
    pub by_cargo: Vec<(String, String)>,
    /// What the table cannot say.
    pub left: Vec<Left>,
    /// What Docker, or the Marketplace, would refuse.
    pub findings: Vec<Finding>,
    /// What the table gives otherwise than the source has it.
    pub differs: Vec<Difference>,
    /// Keys that the user has to write before the table can be read.
    pub missing: Vec<&'static str>,
    /// Whether the table was read back.
    pub tried: bool,
}

/// Something that the table cannot say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// What it is, and why it was left.
    pub what: String,
    /// What to do about it.
    pub help: Option<String>,
}

pub(super) fn of(imported: &Imported, parts: &Parts<'_>, tried: &Tried) -> Account {
    let mut account = Account {
        taken: taken(&tried.table),
        built: built(parts, &tried.table),
        verbatim: verbatim(parts, tried),
        by_cargo: by_cargo(parts, tried),
        left: unnamed(parts).into_iter().chain(imported.left.iter().cloned()).collect(),
        findings: findings(imported),
        differs: tried.differs.clone(),
        missing: tried.missing.clone(),
        tried: tried.wrong.is_empty(),
    };
    account.left.extend(
        imported
            .metadata
            .left_out
            .iter()
            .map(|(path, why)| Left { what: format!("metadata.json `{path}`: {why}"), help: None }),
    );
    account.left.extend(made(parts, &tried.table));
    account.left.extend(started(imported, &tried.table));
    account.left.extend(dropped(parts, tried));
    account.left.extend(version(parts, tried));
    account.left.extend(base(parts, tried));
    account.left.extend(
        tried
            .wrong
            .iter()
            .map(|mistake| Left { what: format!("{}: {}", mistake.path, mistake.what), help: mistake.help.clone() }),
    );
    account
}

/// The keys that say something in words of their own.
fn taken(table: &Map<String, Value>) -> Vec<String> {
    let mut keys = Vec::new();
    for (key, value) in render::sorted(table) {
        match (key.as_str(), value) {
            ("extra" | "labels", _) => {}
            ("ui" | "vm" | "marketplace", Value::Object(section)) if !section.is_empty() => {
                let inner = render::sorted(section).into_iter().filter(|(key, _)| *key != "extra");
                keys.extend(inner.map(|(inner, _)| format!("{key}.{inner}")));
            }
            ("host" | "files", Value::Array(list)) if !list.is_empty() => keys.push(format!("{key} ({})", list.len())),
            _ => keys.push(key.clone()),
        }
    }
    keys
}

fn verbatim(parts: &Parts<'_>, tried: &Tried) -> Vec<(String, String)> {
    let table = &tried.table;
    let mut kept = Vec::new();
    let refused = |part: &Part| tried.refused.get(part).cloned();
    let mut all = |at: KeyPath, extra: Option<&Value>, why: &dyn Fn(&str) -> Option<String>| {
        for key in extra.and_then(Value::as_object).into_iter().flat_map(Map::keys) {
            let why = why(key).unwrap_or_else(|| "no key of the table says it".to_owned());
            kept.push((at.key("extra").key(key).to_string(), why));
        }
    };
    let no_file = |pointer: &str| {
        let value = parts.metadata.pointer(pointer).and_then(Value::as_str);
        let why = |value| match parts.is_in_page(value) {
            true => "its file is one of the page's",
            false => "its key needs a file, and the source has none",
        };
        value.map(|value| why(value).to_owned())
    };
    all(KeyPath::default(), table.get("extra"), &|key| match key {
        "icon" => refused(&Part::Icon).or_else(|| no_file("/icon")),
        "ui" => refused(&Part::Ui),
        "vm" => refused(&Part::Vm),
        "host" => refused(&Part::Host),
        _ => None,
    });
    let part = |key: &str| table.get(key).and_then(|part| part.get("extra"));
    all(KeyPath::default().key("ui"), part("ui"), &|key| match key {
        "backend" => refused(&Part::TabSocket),
        _ => None,
    });
    all(KeyPath::default().key("vm"), part("vm"), &|key| match key {
        "image" => refused(&Part::VmImage),
        "composefile" => refused(&Part::Composefile).or_else(|| no_file("/vm/composefile")),
        "exposes" => refused(&Part::VmSocket),
        _ => None,
    });
    for (index, group) in table.get("host").and_then(Value::as_array).into_iter().flatten().enumerate() {
        all(KeyPath::default().key("host").index(index), group.get("extra"), &|key| {
            let listed = key.parse().ok().and_then(|os| refused(&Part::Listed(index, os)));
            listed.or_else(|| refused(&Part::Group(index)))
        });
    }
    for name in table.get("labels").and_then(Value::as_object).into_iter().flat_map(Map::keys) {
        let key = labels::MARKET.iter().find(|(_, label)| label == name).map(|(key, _)| (*key).to_owned());
        let why = key.map(|key| (key.clone(), refused(&Part::Market(key))));
        let why = match why {
            Some((_, Some(why))) => why,
            Some((key, None)) => format!("`marketplace.{key}` cannot say it"),
            None => "no key of the table says it".to_owned(),
        };
        kept.push((KeyPath::default().key("labels").key(name).to_string(), why));
    }
    kept
}

/// Labels of every package, which the source does not have.
fn by_cargo(parts: &Parts<'_>, tried: &Tried) -> Vec<(String, String)> {
    let version = tried.version.clone().map(|version| (labels::VERSION, version));
    let inherited = parts.inherited.iter().map(|(label, value)| (*label, value.clone()));
    let all = version.into_iter().chain(inherited);
    let known = |label: &str| parts.labels.is_some_and(|labels| labels.contains_key(label));
    all.filter(|(label, _)| !known(label)).map(|(label, value)| (label.to_owned(), value)).collect()
}

fn version(parts: &Parts<'_>, tried: &Tried) -> Option<Left> {
    let was = parts.labels?.get(labels::VERSION)?;
    let is = tried.version.as_deref().unwrap_or("not known yet");
    let what = format!("the label {} says `{was}`; it is always the package's version, `{is}`", labels::VERSION);
    (*was != is).then(|| Left { what, help: Some(format!("set the package's version to `{was}`, if that is meant")) })
}

/// The base image of a backend that the table has no place for.
fn base(parts: &Parts<'_>, tried: &Tried) -> Option<Left> {
    let base = parts.base.filter(|_| !tried.refused.contains_key(&Part::Base))?;
    let vm = tried.table.get("vm")?;
    let runs = vm.get("image").is_some() || vm.get("composefile").is_some();
    let what = format!("the base image `{base}`: `vm` has neither a file for `composefile` nor an `image`");
    (!runs).then(|| Left { what, help: Some(format!("add `vm.base = \"{base}\"` once it has one")) })
}

/// What the rules found, and where it is known, why a file is missing.
fn findings(imported: &Imported) -> Vec<Finding> {
    let mut findings = imported.findings.clone();
    let named = named(&imported.metadata.value);
    // Of these rules it is the absence of a file that breaks them.
    let of_files = |finding: &&mut Finding| ["E03", "E05", "E07", "E10"].contains(&finding.rule.id);
    for finding in findings.iter_mut().filter(of_files) {
        let Some(key) = finding.place.key.as_deref() else { continue };
        let key = key.strip_suffix(".path").unwrap_or(key);
        let path = named.iter().find(|(_, its, _)| its == key).and_then(|(_, _, path)| ImagePath::new(path).ok());
        if let Some(Provenance::Nowhere { how }) = path.and_then(|path| imported.places.get(&path))
            && !how.is_empty()
        {
            finding.message = format!("{}: {how}", finding.message);
        }
    }
    findings
}

/// What Cargo builds, and what builds the page.
fn built(parts: &Parts<'_>, table: &Map<String, Value>) -> Vec<String> {
    let page = parts.page.filter(|_| table.get("ui").is_some_and(|ui| ui.get("build").is_some()));
    let page = page.map(|page| {
        let run: Vec<String> = page.run.iter().map(|command| format!("`{command}`")).collect();
        format!("the page `{}` with {}, as stage `{}` of the Dockerfile does", page.source, run.join(", "), page.stage)
    });
    page.into_iter().chain(cargo::told(parts, table)).collect()
}

/// What the image starts, unless Cargo builds it.
fn started(imported: &Imported, table: &Map<String, Value>) -> Vec<Left> {
    if table.get("vm").is_some_and(|vm| vm.get("bin").is_some()) {
        return Vec::new();
    }
    let mut help = "name the backend's Cargo binary as `vm.bin`, and its arguments as `vm.args`".to_owned();
    if let Some(reference) = &imported.reference {
        help += &format!("; or build on the image as it is: `vm.base = \"{reference}\"`");
    }
    let left = |(what, line)| Left { what: format!("`{what}` of the image: {line}"), help: Some(help.clone()) };
    imported.start.lines().map(left).collect()
}

/// The host files that are more than are looked for.
fn unnamed(parts: &Parts<'_>) -> Option<Left> {
    let more = place::unnamed(parts.metadata) as u64;
    let what = format!("{} of host.binaries: at most {MAX_HOST_PATHS} are looked for", count(more, "further file"));
    let help = "name them with `[[files]]`";
    (more > 0).then(|| Left { what, help: Some(help.to_owned()) })
}

/// Files that something makes, and not Cargo from now on.
fn made(parts: &Parts<'_>, table: &Map<String, Value>) -> Vec<Left> {
    let builds = |group: usize| table.get("host").is_some_and(|host| host[group].get("bin").is_some());
    let mut told = std::collections::BTreeSet::new();
    let mut left = Vec::new();
    for (role, key, value) in named(parts.metadata) {
        let Ok(path) = ImagePath::new(value) else { continue };
        let is_said = match role {
            Role::Host(group, _) => builds(group),
            Role::Ui => table.get("ui").is_some_and(|ui| ui.get("source").is_some()),
            Role::Icon | Role::Compose => false,
        };
        if is_said {
            continue;
        }
        if let (Some(Provenance::Made { how }), true) = (parts.places.get(&path), told.insert(path.clone())) {
            left.push(Left { what: format!("the file of {key}, `{value}`: {how}"), help: Some(help(parts, role)) });
        }
    }
    left
}

/// What to write once a file is there.
fn help(parts: &Parts<'_>, role: Role) -> String {
    let files = "name it with `[[files]]` once it is there";
    match role {
        Role::Icon => "name it as `icon` once it is there, and remove `extra.icon`".to_owned(),
        Role::Ui => "name the folder that holds the built page as `ui.source`; `ui.build` can run its build".to_owned(),
        Role::Compose => "name it as `vm.composefile` once it is there, and remove `vm.extra.composefile`".to_owned(),
        Role::Host(group, _) => match place::as_binary(parts.metadata, group) {
            Some(keys) => {
                format!("{files}; or let Cargo build it: in `host[{group}]`, {keys} stands for all its lists")
            }
            None => files.to_owned(),
        },
    }
}

/// What was refused and stands nowhere.
fn dropped(parts: &Parts<'_>, tried: &Tried) -> Vec<Left> {
    let label = |key: &str| labels::WORDS.iter().find(|(word, _)| *word == key).map_or("", |(_, label)| label);
    let line = |(part, why): (&Part, &String)| {
        let what = match part {
            Part::Word(key) => format!("the label {}: {why}", label(key)),
            Part::Label(name) => format!("the label {name:?}: {why}"),
            Part::File(path) => format!("the file `{path}`: {why}"),
            Part::Backend => format!("the backend as a Cargo binary: {why}"),
            Part::Base => format!("the base image `{}`: {why}", parts.base.unwrap_or_default()),
            _ => return None,
        };
        Some(Left { what, help: None })
    };
    tried.refused.iter().filter_map(line).collect()
}

impl Account {
    /// Tells everything, the least important first. Of what there is much people are told the first, and programs,
    /// which is what `whole` asks for, all.
    pub fn tell(&self, report: &dyn Report, whole: bool) {
        let report = &Printable(report);
        if !self.taken.is_empty() {
            report.status("Taken over", self.taken.join(", "));
        }
        let some = |count: usize, tell: &mut dyn FnMut(usize), more: &dyn Fn(usize)| {
            let told = if whole { count } else { count.min(MAX_TOLD) };
            (0..told).for_each(tell);
            if count > told {
                more(count - told);
            }
        };
        let more = |count: usize| report.status("", format!("and {count} more"));
        let mut kept = |at: usize| {
            let (key, why) = &self.verbatim[at];
            report.status("Kept as is", format!("{key}: {why}"));
        };
        some(self.verbatim.len(), &mut kept, &more);
        for what in &self.built {
            report.status("Builds", what.clone());
        }
        for (label, value) in &self.by_cargo {
            report.status("New", format!("label {label}: `{value}`, from Cargo.toml"));
        }
        let mut left = |at: usize| {
            let Left { what, help } = &self.left[at];
            report.warning(format!("not taken over: {what}"), help.clone());
        };
        some(self.left.len(), &mut left, &more);
        self.tell_findings(report, whole);
        let mut differs = |at: usize| {
            let Difference { what, was, is } = &self.differs[at];
            let show = |value: &Option<String>| value.as_ref().map_or("nothing".to_owned(), |text| format!("{text:?}"));
            report.warning(format!("{what} was {} and is {}", show(was), show(is)), None);
        };
        some(self.differs.len(), &mut differs, &more);
        self.verdict(report);
    }

    /// One rule that is broken often hides no other.
    fn tell_findings(&self, report: &Printable<'_>, whole: bool) {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for finding in &self.findings {
            let count = counts.entry(finding.rule.id).or_default();
            *count += 1;
            if !whole && *count > MAX_OF_A_RULE {
                continue;
            }
            report.event(Event::Message(message(finding)));
            let text = format!("{} [{}] ({})", finding.message, finding.rule.id, finding.place);
            report.warning(text, Some(finding.help.clone()));
        }
        for (id, count) in counts.into_iter().filter(|(_, count)| !whole && *count > MAX_OF_A_RULE) {
            report.status("", format!("and {} more of {id}", count - MAX_OF_A_RULE));
        }
    }

    fn verdict(&self, report: &Printable<'_>) {
        if !self.missing.is_empty() {
            let keys: Vec<String> = self.missing.iter().map(|key| format!("`{key} = \"…\"`")).collect();
            report.warning(format!("the table cannot be read yet: nothing says {}", keys.join(", ")), None);
        }
        if self.tried && self.differs.is_empty() && self.left.is_empty() {
            report.status("Checked", "the table gives the same metadata.json and labels".to_owned());
        } else if self.tried && self.differs.is_empty() {
            report.status("Checked", "apart from that, the table gives the same metadata.json and labels".to_owned());
        }
    }
}

/// A report in which nothing that a source quotes steers the terminal.
pub(super) struct Printable<'a>(pub(super) &'a dyn Report);

impl Report for Printable<'_> {
    fn event(&self, event: Event) {
        let escape = |text: String| printable(&text).into_owned();
        self.0.event(match event {
            Event::Status { verb, text } => Event::Status { verb, text: escape(text) },
            Event::Warning { text, help } => Event::Warning { text: escape(text), help: help.map(escape) },
            other => other,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Recorder;
    use crate::validate::rules;

    #[test]
    fn what_a_source_quotes_does_not_steer_the_terminal() {
        let odd = "a\u{1b}[31m\n\u{202e}b";
        let left = vec![Left { what: odd.to_owned(), help: Some(odd.to_owned()) }; MAX_TOLD + 3];
        let account = Account { taken: vec![odd.to_owned()], left, ..Account::default() };
        let recorder = Recorder::default();
        account.tell(&recorder, false);
        let events = recorder.events();
        assert_eq!(events.len(), 1 + MAX_TOLD + 1);
        let clean = r"a\u{1b}[31m\u{a}\u{202e}b".to_owned();
        assert_eq!(events[0], Event::Status { verb: "Taken over", text: clean.clone() });
        let text = format!("not taken over: {clean}");
        assert_eq!(events[1], Event::Warning { text, help: Some(clean) });
        assert_eq!(events[1 + MAX_TOLD], Event::Status { verb: "", text: "and 3 more".to_owned() });
        let recorder = Recorder::default();
        account.tell(&recorder, true);
        assert_eq!(recorder.events().len(), 1 + MAX_TOLD + 3);
    }

    #[test]
    fn every_rule_is_told_and_programs_are_told_every_finding() {
        let finding = |id: &str, at: usize| {
            let rule = rules::find(id).expect("a rule");
            let (place, help) = (crate::validate::findings::Place::default(), "mend it".to_owned());
            Finding { rule, level: rule.level, message: format!("{id} {at}"), place, help }
        };
        let often = (0..MAX_TOLD + 9).map(|at| finding("E10", at));
        let findings = often.chain([finding("E11", 0), finding("W28", 0)]).collect();
        let account = Account { findings, ..Account::default() };
        let told = |whole: bool| {
            let recorder = Recorder::default();
            account.tell(&recorder, whole);
            recorder.events()
        };
        let texts = |events: &[Event]| -> Vec<String> {
            let text = |event: &Event| match event {
                Event::Warning { text, .. } | Event::Status { text, .. } => Some(text.clone()),
                _ => None,
            };
            events.iter().filter_map(text).collect()
        };
        let people = texts(&told(false));
        assert_eq!(people.len(), MAX_OF_A_RULE + 2 + 1, "{people:?}");
        assert!(people.iter().any(|text| text.starts_with("W28 0 [W28]")), "{people:?}");
        assert_eq!(people.last().map(String::as_str), Some("and 44 more of E10"));
        let messages = told(true).iter().filter(|event| matches!(event, Event::Message(_))).count();
        assert_eq!(messages, account.findings.len());
    }
}
