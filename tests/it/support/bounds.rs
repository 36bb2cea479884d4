//! How much memory and time hostile input may cost, and input that tries to cost more.

use super::files;
use super::judges::judge;
use super::sandbox::{Dext, Outcome};

/// The most memory that any input costs, in KiB.
const MEMORY: u64 = 64 << 10;

/// Runs a command for at most a minute of computing, and sees that it took no more than 64 MiB of memory.
#[track_caller]
pub fn bounded(dext: Dext<'_>) -> Outcome {
    let limited = ["sh", "-c", "ulimit -t 60; exec \"$@\"", "--"];
    let Some(time) = judge("time") else { return dext.through(limited).run() };
    let report = tempfile::NamedTempFile::new().expect("a file");
    let report = report.path();
    let measured = [time.to_string_lossy().into_owned(), "--quiet".into(), "--format=%M %U".into()];
    let output = format!("--output={}", report.display());
    let words = limited.iter().map(|word| (*word).to_owned()).chain(measured).chain([output]);
    let outcome = dext.through(words).run();
    let report = String::from_utf8_lossy(&files::read(report)).trim().to_owned();
    let peak: u64 = report.split(' ').next().and_then(|peak| peak.parse().ok()).expect("a number of KiB");
    eprintln!("{report}");
    assert!(peak <= MEMORY, "{peak} KiB of memory: {}", outcome.stdout.chars().take(2_000).collect::<String>());
    outcome
}

/// Texts of a megabyte that become large trees, and as large ones as are read. `at` makes them different texts.
pub fn trees(at: usize) -> Vec<(&'static str, String)> {
    let objects = |open: &str, close: &str, times: usize| format!("{}{at}{}", open.repeat(times), close.repeat(times));
    let many = |one: &str, times: usize| format!("[{}{at}]", format!("{one},").repeat(times));
    let keys = |times: usize| (0..times).map(|key| format!("\"{key:x}\":0,")).collect::<String>();
    let long = format!("[\"{}\",{}]", "x".repeat(900_000), many("{\"a\":0}", 4_900));
    vec![
        ("dense", many("0", 500_000)),
        ("narrow", many("[0]", 260_000)),
        ("objects", many("{\"a\":0}", 120_000)),
        ("nested lists", many(&objects("[", "]", 60), 8_000)),
        ("nested objects", many(&objects("{\"a\":", "}", 60), 2_600)),
        ("deep lists", objects("[", "]", 500_000)),
        ("deep objects", objects("{\"a\":", "}", 170_000)),
        ("repeated", format!("{{{}\"z\":{at}}}", "\"a\":0,".repeat(170_000))),
        ("keys", format!("{{{}\"z\":{at}}}", keys(100_000))),
        ("fewer objects", many("{\"a\":0}", 4_900)),
        ("fewer nested objects", many(&objects("{\"a\":", "}", 60), 160)),
        ("fewer keys", format!("{{{}\"z\":{at}}}", keys(9_900))),
        ("fewer objects and a long text", long),
    ]
}
