//! Ctrl-C and other signals that ask a program to end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A flag that the first signal sets, for work to end with a valid result. A second signal ends the program at once, as
/// users expect, with exit code 130. `warn` gets a message if signals cannot be caught.
pub(super) fn flag(warn: impl FnOnce(String)) -> Arc<AtomicBool> {
    let interrupted = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&interrupted);
    let handler = ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::SeqCst) {
            std::process::exit(130);
        }
    });
    if let Err(error) = handler {
        warn(format!("signals will not be caught: {error}"));
    }
    interrupted
}
