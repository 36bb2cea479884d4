//! How busy the virtual machine is, read from `/proc` (see proc(5)), which containers share with
//! it.

use std::path::Path;

use anyhow::Context;
use serde::Serialize;

/// The state of the machine.
#[derive(Debug, PartialEq, Serialize)]
pub struct Vm {
    /// The kernel's release, e.g. `6.10.14-linuxkit`.
    pub kernel: String,
    /// CPUs that this process may use.
    pub cpus: usize,
    /// How many tasks ran or waited to run, averaged over 1, 5 and 15 minutes.
    pub load: [f64; 3],
    /// Seconds since the machine was started.
    pub uptime: f64,
    /// The machine's memory.
    pub memory: Memory,
}

/// Memory in bytes.
#[derive(Debug, PartialEq, Serialize)]
pub struct Memory {
    /// All of it.
    pub total: u64,
    /// What programs can get without swapping.
    pub available: u64,
}

impl Vm {
    /// Asks the kernel.
    pub fn read() -> anyhow::Result<Self> {
        Self::from_proc(Path::new("/proc"))
    }

    fn from_proc(proc: &Path) -> anyhow::Result<Self> {
        fn read<T>(path: &Path, parse: impl FnOnce(&str) -> Option<T>) -> anyhow::Result<T> {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("could not read {}", path.display()))?;
            parse(&text).with_context(|| format!("could not understand {}", path.display()))
        }
        Ok(Vm {
            kernel: read(&proc.join("sys/kernel/osrelease"), |text| {
                Some(text.trim().to_owned())
            })?,
            cpus: std::thread::available_parallelism()?.get(),
            load: read(&proc.join("loadavg"), load)?,
            uptime: read(&proc.join("uptime"), uptime)?,
            memory: read(&proc.join("meminfo"), memory)?,
        })
    }
}

/// `0.43 0.22 0.28 1/234 5678`
fn load(text: &str) -> Option<[f64; 3]> {
    let mut numbers = text.split_whitespace().map(|word| word.parse().ok());
    Some([numbers.next()??, numbers.next()??, numbers.next()??])
}

/// `1234.56 7890.12`
fn uptime(text: &str) -> Option<f64> {
    text.split_whitespace().next()?.parse().ok()
}

/// Lines such as `MemTotal:        8024060 kB`
fn memory(text: &str) -> Option<Memory> {
    let bytes = |name: &str| {
        let value = text
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        value
            .trim()
            .strip_suffix(" kB")?
            .parse::<u64>()
            .ok()?
            .checked_mul(1024)
    };
    Some(Memory {
        total: bytes("MemTotal")?,
        available: bytes("MemAvailable")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_says_is_understood() {
        let meminfo = "MemTotal:        8024060 kB\nMemFree:          312944 kB\nMemAvailable:    6291456 kB\n";
        assert_eq!(
            memory(meminfo),
            Some(Memory {
                total: 8_216_637_440,
                available: 6_442_450_944
            })
        );
        assert_eq!(
            load("0.43 0.22 0.28 1/234 5678\n"),
            Some([0.43, 0.22, 0.28])
        );
        assert_eq!(uptime("1234.56 7890.12\n"), Some(1234.56));
    }

    #[test]
    fn anything_else_is_refused() {
        assert_eq!(memory("MemTotal: 12 kB"), None);
        assert_eq!(memory("MemTotal: much\nMemAvailable: 1 kB"), None);
        assert_eq!(
            memory("MemTotal: 18446744073709551615 kB\nMemAvailable: 1 kB"),
            None
        );
        assert_eq!(load("0.43 0.22"), None);
        assert_eq!(uptime(""), None);
    }

    #[test]
    fn a_missing_file_is_named() {
        let empty = tempfile::tempdir().expect("temporary folder");
        let error = Vm::from_proc(empty.path()).expect_err("there is nothing to read");
        assert!(error.to_string().contains("osrelease"), "{error}");
    }
}
