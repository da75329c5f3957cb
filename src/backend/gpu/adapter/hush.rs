//! Keeps a misleading line of the drivers away from the terminal.

/// What Mesa's Vulkan layer lets libwayland say twice on standard error wherever nobody is logged in at a screen, as on a
/// cluster: `error: XDG_RUNTIME_DIR is invalid or not set in the environment.` Computing needs no screen, and nothing
/// fails; an environment variable would switch the layer off, but a program cannot set its own safely.
#[cfg(target_os = "linux")]
const MISLEADING: &str = "XDG_RUNTIME_DIR";

/// Runs the search for adapters. What it says on standard error comes afterwards, but for the misleading line.
#[cfg(not(target_os = "linux"))]
pub(super) fn hushed<T>(search: impl FnOnce() -> T) -> T {
    search()
}

/// Runs the search for adapters. What it says on standard error comes afterwards, but for the misleading line.
#[cfg(target_os = "linux")]
pub(super) fn hushed<T>(search: impl FnOnce() -> T) -> T {
    // Where the variable is set the line does not come, and what drivers say stays where it is.
    let set =
        std::env::var_os(MISLEADING).is_some_and(|dir| std::path::Path::new(&dir).is_absolute());
    if set {
        return search();
    }
    // Without the means to listen the line is only a blemish.
    let listening = linux::Listening::start();
    let found = search();
    drop(listening);
    found
}

#[cfg(target_os = "linux")]
mod linux {
    use super::MISLEADING;
    use rustix::fs::{MemfdFlags, memfd_create};
    use rustix::stdio::dup2_stderr;
    use std::fs::File;
    use std::io::{self, Read, Seek, Write};
    use std::os::fd::{AsFd, OwnedFd};
    use std::sync::{Mutex, MutexGuard, PoisonError};

    /// Standard error belongs to the whole process: one at a time may turn it away.
    static TURNED: Mutex<()> = Mutex::new(());

    /// While this lives, standard error goes into memory.
    pub struct Listening {
        terminal: OwnedFd,
        said: File,
        _turned: MutexGuard<'static, ()>,
    }

    impl Listening {
        pub fn start() -> io::Result<Self> {
            let turned = TURNED.lock().unwrap_or_else(PoisonError::into_inner);
            let terminal = io::stderr().as_fd().try_clone_to_owned()?;
            let said = File::from(memfd_create("stderr", MemfdFlags::CLOEXEC)?);
            dup2_stderr(&said)?;
            Ok(Listening {
                terminal,
                said,
                _turned: turned,
            })
        }
    }

    impl Drop for Listening {
        fn drop(&mut self) {
            // Nobody could be told that this failed.
            let _ = dup2_stderr(&self.terminal);
            let mut said = Vec::new();
            if self.said.rewind().is_ok() && self.said.read_to_end(&mut said).is_ok() {
                for line in String::from_utf8_lossy(&said).lines() {
                    if !line.contains(MISLEADING) {
                        let _ = writeln!(io::stderr(), "{line}");
                    }
                }
            }
        }
    }
}
