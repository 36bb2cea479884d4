//! Waiting for connections: the runtime that those who speak HTTP work in.

use std::io;

/// A runtime of this thread. When it is dropped, it waits for nothing: the system's question for the address of a host
/// cannot be called back, and takes seconds where the name server is silent. Nobody shall wait for that after Ctrl-C.
#[derive(Debug)]
pub struct Runtime(Option<tokio::runtime::Runtime>);

impl Runtime {
    /// Starts one.
    ///
    /// # Errors
    /// When the system gives no means to wait for connections.
    pub fn new() -> io::Result<Self> {
        tokio::runtime::Builder::new_current_thread().enable_all().build().map(|runtime| Runtime(Some(runtime)))
    }

    /// Works until it is done.
    pub fn block_on<F: Future>(&self, work: F) -> F::Output {
        self.0.as_ref().expect("it is there until it is dropped").block_on(work)
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn nobody_waits_for_a_name_server() {
        let (answer, silence) = mpsc::channel::<()>();
        let (ended, end) = mpsc::channel();
        let runtime = Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let look = tokio::task::spawn_blocking(move || {
                let _ = silence.recv();
                let _ = ended.send(());
            });
            drop(look);
            tokio::task::yield_now().await;
        });
        drop(runtime);
        // Who gets here has not waited: only now is there an answer.
        drop(answer);
        end.recv().expect("the question ends by itself");
    }
}
