//! Ctrl-C. Ordinarily it ends the program at once; while something is half written it waits for that work to
//! notice, stop and clean up.

#![expect(clippy::exit, clippy::disallowed_methods, reason = "a signal ends the process from outside of main")]

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// The exit code of a program that Ctrl-C ended, as shells have it: 128 and the number of SIGINT.
pub const EXIT_CODE: u8 = 130;

static ASKED: AtomicBool = AtomicBool::new(false);
static DEFERRED: AtomicUsize = AtomicUsize::new(0);

/// Takes over Ctrl-C for this process. Where that fails the system's own handling stays, which only leaves
/// temporary files for the next run to remove.
pub fn install() {
    let _ = ctrlc::set_handler(|| {
        // The second Ctrl-C does not wait for anything.
        let again = ASKED.swap(true, Ordering::SeqCst);
        if again || DEFERRED.load(Ordering::SeqCst) == 0 {
            std::process::exit(i32::from(EXIT_CODE));
        }
    });
}

/// Whether the user asked to stop.
#[must_use]
pub fn asked() -> bool {
    ASKED.load(Ordering::SeqCst)
}

/// Notes that a child was ended by Ctrl-C. The terminal sends it to the whole group, and the child may be gone
/// before this process has run its own handler.
pub fn note() {
    ASKED.store(true, Ordering::SeqCst);
}

/// While it lives, Ctrl-C only asks: the holder looks at [`asked`] between pieces of work, and cleans up.
#[derive(Debug)]
pub struct Deferred(());

/// Lets Ctrl-C wait until the value is dropped; `None` if the user has asked to stop already.
///
/// The counter is raised before the question, so that a handler that saw nothing deferred, and is about to end the
/// process, is noticed here before anything is half written.
#[must_use]
pub fn defer() -> Option<Deferred> {
    DEFERRED.fetch_add(1, Ordering::SeqCst);
    let deferred = Deferred(());
    if asked() { None } else { Some(deferred) }
}

impl Drop for Deferred {
    fn drop(&mut self) {
        DEFERRED.fetch_sub(1, Ordering::SeqCst);
    }
}
