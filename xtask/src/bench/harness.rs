//! Turns, medians and the table of rows.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant;

use serde_json::{Value, json};

use crate::Result;
use crate::command::Cmd;

/// What one run cost.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    /// Seconds by the clock on the wall.
    pub seconds: f64,
    /// The largest resident memory of the program or of one that it started, in MiB.
    pub peak: f64,
}

/// Somebody who takes turns: what to put in order before the clock starts, and the program that is measured.
pub struct Contender<'a> {
    /// Puts things in order for a run; it is given the run's number.
    pub prepare: Box<dyn Fn(usize) -> Result + 'a>,
    /// The program.
    pub cmd: Cmd,
}

/// Runs a program under `time`, which tells its peak memory.
///
/// # Errors
/// When it fails.
pub fn measure(cmd: &Cmd, work: &Path) -> Result<Cost> {
    let report = work.join("time.txt");
    let timed = cmd.clone().under(&["time", "--quiet", "--format", "%M", "--output", &report.to_string_lossy()]);
    let start = Instant::now();
    timed.read()?;
    let seconds = start.elapsed().as_secs_f64();
    let kib = std::fs::read_to_string(&report)?.trim().parse::<f64>()?;
    Ok(Cost { seconds, peak: kib / 1024.0 })
}

/// Lets the contenders take turns, and returns what the runs of each cost.
///
/// # Errors
/// When a run fails.
pub fn take_turns<const N: usize>(runs: usize, work: &Path, contenders: [Contender<'_>; N]) -> Result<[Vec<Cost>; N]> {
    turns(runs, &contenders, |cmd| measure(cmd, work))
}

fn turns<const N: usize>(
    runs: usize,
    contenders: &[Contender<'_>; N],
    measure: impl Fn(&Cmd) -> Result<Cost>,
) -> Result<[Vec<Cost>; N]> {
    let mut costs = [const { Vec::new() }; N];
    for run in 0..runs {
        for (contender, costs) in contenders.iter().zip(&mut costs) {
            (contender.prepare)(run)?;
            costs.push(measure(&contender.cmd)?);
        }
    }
    Ok(costs)
}

/// The seconds of runs.
pub fn seconds(costs: &[Cost]) -> Vec<f64> {
    costs.iter().map(|cost| cost.seconds).collect()
}

/// The peak memories of runs, in MiB.
pub fn peaks(costs: &[Cost]) -> Vec<f64> {
    costs.iter().map(|cost| cost.peak).collect()
}

/// One line of the table: a number of ours, the peer's if there is one, and the goal for their ratio, else for ours.
#[derive(Debug, Clone)]
pub struct Row {
    /// What was measured.
    pub name: String,
    /// `s`, `ms`, `MiB` or nothing.
    pub unit: &'static str,
    /// Our runs.
    pub ours: Vec<f64>,
    /// The peer's name and runs.
    pub peer: Option<(String, Vec<f64>)>,
    /// At most; none for a row that only tells.
    pub goal: Option<f64>,
}

impl Row {
    /// A row without peer and goal.
    pub fn new(name: &str, unit: &'static str, ours: Vec<f64>) -> Self {
        Row { name: name.to_owned(), unit, ours, peer: None, goal: None }
    }

    /// Compared with a peer.
    pub fn against(mut self, peer: &str, runs: Vec<f64>) -> Self {
        self.peer = Some((peer.to_owned(), runs));
        self
    }

    /// With the number that the ratio, or ours, may not exceed.
    pub fn at_most(mut self, goal: f64) -> Self {
        self.goal = Some(goal);
        self
    }

    /// The ratio of the medians.
    fn ratio(&self) -> Option<f64> {
        self.peer.as_ref().map(|(_, runs)| median(&self.ours) / median(runs))
    }

    fn verdict(&self) -> &'static str {
        let measured = self.ratio().unwrap_or_else(|| median(&self.ours));
        match self.goal {
            Some(goal) if measured <= goal => "ok",
            Some(_) => "MISSED",
            None => "",
        }
    }
}

/// The middle of the values; between two of them, their mean.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => sorted[n / 2],
        n => f64::midpoint(sorted[n / 2 - 1], sorted[n / 2]),
    }
}

/// The rows for people.
pub fn table(rows: &[Row]) -> String {
    let mut table =
        format!("{:<34} {:>24} {:>24} {:>7} {:>6}\n", "", "ours (min-max)", "peer (min-max)", "ratio", "goal");
    for row in rows {
        let number = |value: Option<f64>| value.map_or(String::new(), |value| format!("{value:.2}"));
        let peer = row.peer.as_ref().map_or(String::new(), |(_, runs)| spread(runs, row.unit));
        // Writing to a string does not fail.
        let _ = write!(
            table,
            "{:<34} {:>24} {:>24} {:>7} {:>6} {}",
            row.name,
            spread(&row.ours, row.unit),
            peer,
            number(row.ratio()),
            number(row.goal),
            row.verdict()
        );
        table.truncate(table.trim_end().len());
        if let Some((name, _)) = &row.peer {
            table += &format!("  ({name})");
        }
        table.push('\n');
    }
    table
}

fn spread(values: &[f64], unit: &str) -> String {
    if let [value] = values {
        return format!("{value:.2} {unit}").trim_end().to_owned();
    }
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    format!("{:.2} {unit} ({least:.2}-{most:.2})", median(values))
}

/// The rows for programs, with every single run.
pub fn json(name: &str, rows: &[Row]) -> Value {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let rows = rows.iter().map(|row| {
        json!({
            "name": row.name,
            "unit": row.unit,
            "ours": { "median": median(&row.ours), "runs": row.ours },
            "peer": row.peer.as_ref().map(|(name, runs)| json!({ "name": name, "median": median(runs), "runs": runs })),
            "ratio": row.ratio(),
            "goal": row.goal,
            "verdict": row.verdict(),
        })
    });
    json!({ "bench": name, "load_average_after": load.trim(), "rows": rows.collect::<Vec<_>>() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn a_goal_is_for_the_ratio_else_for_ours() {
        let row = || Row::new("x", "s", vec![1.0, 2.0, 9.0]);
        assert_eq!(row().at_most(2.0).verdict(), "ok");
        assert_eq!(row().at_most(1.9).verdict(), "MISSED");
        assert_eq!(row().against("p", vec![4.0]).at_most(0.5).verdict(), "ok");
        assert_eq!(row().against("p", vec![3.0]).at_most(0.5).verdict(), "MISSED");
        assert_eq!(row().verdict(), "");
        assert!(table(&[row().against("p", vec![4.0]).at_most(0.5)]).contains("0.50   0.50 ok  (p)"));
    }

    #[test]
    fn contenders_take_turns() {
        let seen = std::cell::RefCell::new(String::new());
        let contender = |name: &'static str| {
            let seen = &seen;
            let prepare = Box::new(move |run: usize| {
                seen.borrow_mut().push_str(&format!("{name}{run} "));
                Ok(())
            });
            Contender { prepare, cmd: Cmd::new(name) }
        };
        let measure = |cmd: &Cmd| Ok(Cost { seconds: if cmd.to_string() == "a" { 1.0 } else { 2.0 }, peak: 0.0 });
        let [a, b] = turns(2, &[contender("a"), contender("b")], measure).unwrap();
        assert_eq!(*seen.borrow(), "a0 b0 a1 b1 ");
        assert_eq!((seconds(&a), seconds(&b)), (vec![1.0, 1.0], vec![2.0, 2.0]));
    }
}
