//! Debian's `docker-registry` on this machine, with a log of every request.

use std::fs::File;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::{Duration, Instant};

use crate::Result;
use crate::bench::Desk;
use crate::bench::inputs::clear;
use crate::setup::Tools;

/// How long it may take to start.
const PATIENCE: Duration = Duration::from_secs(30);

/// A folder for a registry whose files are kept in memory where the system has such a place. The registry waits for the
/// disk at each of its writes, for both contenders alike: with it, the bench of a wire measures a disk too.
pub fn in_memory(desk: &Desk) -> PathBuf {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { memory.join(format!("dext-bench-registry-{}", std::process::id())) } else { on_disk(desk) }
}

/// A folder for a registry whose files are kept on the disk.
pub fn on_disk(desk: &Desk) -> PathBuf {
    desk.work.join("publish-registry")
}

/// A running registry without TLS and without passwords. It ends when it is dropped.
#[derive(Debug)]
pub struct Registry {
    /// Where it listens.
    pub address: SocketAddr,
    server: Child,
    folder: PathBuf,
    store: PathBuf,
    log: PathBuf,
}

impl Registry {
    /// Starts one whose files are in a folder.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(tools: &Tools, folder: &Path) -> Result<Self> {
        clear(folder)?;
        std::fs::create_dir_all(folder)?;
        let address = free_address()?;
        let (store, log, config) = (folder.join("store"), folder.join("log"), folder.join("config.json"));
        // JSON is YAML. The log has every request and nothing else.
        let settings = serde_json::json!({
            "version": 0.1,
            "log": { "level": "error", "accesslog": { "disabled": false } },
            "storage": {
                "filesystem": { "rootdirectory": store, "maxthreads": 100 },
                "maintenance": { "uploadpurging": { "enabled": false } },
            },
            "http": { "addr": address.to_string() },
        });
        std::fs::write(&config, settings.to_string())?;
        let server = tools.line("docker-registry serve").arg(&config).start(&File::create(&log)?)?;
        let mut registry = Registry { address, server, folder: folder.to_owned(), store, log };
        registry.wait()?;
        Ok(registry)
    }

    fn wait(&mut self) -> Result {
        let start = Instant::now();
        while TcpStream::connect(self.address).is_err() {
            let ended = self.server.try_wait()?;
            if ended.is_some() || start.elapsed() > PATIENCE {
                return Err(format!("docker-registry does not start: {}", std::fs::read_to_string(&self.log)?).into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Takes everything out of it. It keeps nothing in memory, so it need not be started anew.
    ///
    /// # Errors
    /// What the file system says.
    pub fn forget(&self) -> Result {
        clear(&self.store)
    }

    /// How many requests it has answered.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn requests(&self) -> Result<usize> {
        // A request is logged after its answer, so the last line may come a little later than its client ends.
        std::thread::sleep(Duration::from_millis(200));
        Ok(requests(&std::fs::read_to_string(&self.log)?))
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        // It has ended already, or it ends now.
        let _ = self.server.kill();
        let _ = self.server.wait();
        let _ = clear(&self.folder);
    }
}

/// A port that nobody listens at.
fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?)
}

/// The lines of the access log, which is in Apache's combined format.
fn requests(log: &str) -> usize {
    log.lines().filter(|line| line.contains(" HTTP/1.1\" ")).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_in_the_access_log() {
        let log = "time=\"x\" level=error msg=\"HTTP/1.1\"\n\
                   127.0.0.1 - - [x] \"HEAD /v2/a/blobs/sha256:1 HTTP/1.1\" 404 157 \"\" \"c\"\n\
                   127.0.0.1 - - [x] \"POST /v2/a/blobs/uploads/ HTTP/1.1\" 202 0 \"\" \"c\"\n";
        assert_eq!(requests(log), 2);
    }
}
