//! Ctrl-C and other signals that ask a program to end.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// A flag that the first signal sets, for work to end with a valid result. A second signal ends the program at once, as
/// users expect, with exit code 130. A signal that is ignored when the program starts, as `nohup` has it for the loss of the
/// terminal, stays ignored. `warn` gets a message if signals cannot be caught.
pub(super) fn flag(warn: impl Fn(String)) -> Arc<AtomicBool> {
    let interrupted = Arc::new(AtomicBool::new(false));
    catch(&interrupted, |error| {
        warn(format!("signals will not be caught: {error}"));
    });
    interrupted
}

/// Exit code of a program that a signal has ended.
pub(super) const INTERRUPTED: u8 = 130;

#[cfg(unix)]
fn catch(flag: &Arc<AtomicBool>, failed: impl Fn(std::io::Error)) {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::flag::{register, register_conditional_shutdown};
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        if is_left_alone(signal) {
            continue;
        }
        let status = i32::from(INTERRUPTED);
        // The order matters: a signal ends the program if one before it has set the flag.
        let registered = register_conditional_shutdown(signal, status, Arc::clone(flag))
            .and_then(|_| register(signal, Arc::clone(flag)));
        if let Err(error) = registered {
            failed(error);
        }
    }
}

/// Whether a signal is to stay as it is: ignored. Where the system does not say what is ignored, the loss of the terminal is left
/// as it is, since that is what `nohup` is about.
#[cfg(unix)]
fn is_left_alone(signal: i32) -> bool {
    match ignored() {
        Some(ignored) => ignored & (1 << (signal - 1)) != 0,
        None => signal == signal_hook::consts::SIGHUP,
    }
}

/// The signals that this process ignores, a bit each, as Linux tells.
#[cfg(unix)]
fn ignored() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))?;
    u64::from_str_radix(line.trim(), 16).ok()
}

#[cfg(not(unix))]
fn catch(flag: &Arc<AtomicBool>, failed: impl Fn(std::io::Error)) {
    use std::sync::atomic::Ordering;
    let flag = Arc::clone(flag);
    let handler = ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::SeqCst) {
            std::process::exit(i32::from(INTERRUPTED));
        }
    });
    if let Err(error) = handler {
        failed(std::io::Error::other(error));
    }
}
