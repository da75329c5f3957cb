//! Graphics drivers are met in a process of their own first: one that hangs or crashes takes that process with it and no run.
//!
//! The process is this program with the hidden command `probe-drivers`. It loads the drivers as a search for adapters does, and ends;
//! if it does not end within a time limit, or not as it should, each driver is tried alone, so that it can be named.

use super::failure::Failure;
use crate::backend::gpu::adapter::{self, Adapter, DeviceError};
use clap::Args;
use std::fmt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// The hidden command.
const COMMAND: &str = "probe-drivers";
/// Environment variable with another time limit in seconds.
const LIMIT_VARIABLE: &str = "NANOMOLD_DRIVER_SECONDS";
/// How long drivers may take: those of a machine with many GPUs take some ten seconds when nobody keeps them loaded.
const LIMIT: Duration = Duration::from_secs(30);
/// How long nothing is said.
const SILENCE: Duration = Duration::from_secs(3);
/// How much longer than its parent waits the process lets itself live, in case the parent has gone.
const GRACE: Duration = Duration::from_secs(2);
/// The Vulkan drivers that are loaded, as the Vulkan loader has it: paths of manifests.
const DRIVERS_VARIABLES: [&str; 2] = ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"];

/// Loads the graphics drivers and ends.
#[derive(Debug, Args)]
pub(super) struct ProbeDrivers {}

impl ProbeDrivers {
    pub fn execute(self) -> Result<ExitCode, Failure> {
        let limit = limit() + GRACE;
        std::thread::spawn(move || {
            std::thread::sleep(limit);
            std::process::abort();
        });
        // What is wrong with the environment says the process that asked.
        let _ = adapter::adapters();
        Ok(ExitCode::SUCCESS)
    }
}

/// Why the drivers are left alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BadDrivers {
    /// What was tried, and how it failed.
    tried: Vec<(Option<PathBuf>, Fault)>,
    /// Drivers that do what they should.
    good: Vec<PathBuf>,
}

/// How a driver failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// It had not listed its adapters by then.
    Hangs(Duration),
    /// It ended the process: with this signal, or this exit code.
    Crashes(Option<i32>),
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Fault::Hangs(limit) => {
                let seconds = limit.as_secs();
                write!(out, "hangs: it lists no adapters within {seconds} s")
            }
            Fault::Crashes(Some(number)) => {
                write!(
                    out,
                    "crashes: it ends the program with signal or code {number}"
                )
            }
            Fault::Crashes(None) => write!(out, "crashes"),
        }
    }
}

impl fmt::Display for BadDrivers {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        let mut parts = Vec::new();
        for (driver, fault) in &self.tried {
            let what = match driver {
                Some(path) => format!("the graphics driver {}", path.display()),
                None => "one of the graphics drivers, or a layer between them,".to_owned(),
            };
            parts.push(format!("{what} {fault}"));
        }
        write!(out, "{}", parts.join("; "))?;
        if !self.good.is_empty() {
            let good: Vec<String> = self.good.iter().map(|p| p.display().to_string()).collect();
            let (variable, between) = (DRIVERS_VARIABLES[0], separator());
            write!(out, "; {variable}={} leaves it out", good.join(between))?;
        }
        Ok(())
    }
}

/// Every adapter, found by drivers that have proved to answer.
///
/// # Errors
/// What is wrong with the environment, or the drivers.
pub(super) fn adapters() -> Result<Result<Vec<Adapter>, BadDrivers>, DeviceError> {
    match probe() {
        Ok(()) => Ok(Ok(adapter::adapters()?)),
        Err(bad) => Ok(Err(bad)),
    }
}

/// Meets the drivers in a process of their own.
fn probe() -> Result<(), BadDrivers> {
    let limit = limit();
    let Some(fault) = fault(None, limit, true) else {
        return Ok(());
    };
    let drivers = drivers();
    let alone: Vec<Option<Fault>> = std::thread::scope(|scope| {
        let tries: Vec<_> = drivers
            .iter()
            .map(|driver| scope.spawn(move || self::fault(Some(driver), limit, false)))
            .collect();
        let joined = tries.into_iter().map(|one| one.join());
        joined.map(|found| found.unwrap_or(None)).collect()
    });
    let mut bad = BadDrivers {
        tried: Vec::new(),
        good: Vec::new(),
    };
    for (driver, fault) in drivers.into_iter().zip(alone) {
        match fault {
            Some(fault) => bad.tried.push((Some(driver), fault)),
            None => bad.good.push(driver),
        }
    }
    if bad.tried.is_empty() {
        bad.tried.push((None, fault));
        bad.good.clear();
    }
    Err(bad)
}

/// How the drivers fail, or this one alone. A process that cannot be started finds no fault.
fn fault(alone: Option<&PathBuf>, limit: Duration, speaks: bool) -> Option<Fault> {
    let mut command = Command::new(std::env::current_exe().ok()?);
    command
        .arg(COMMAND)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if let Some(driver) = alone {
        for variable in DRIVERS_VARIABLES {
            command.env(variable, driver);
        }
    }
    let mut child = command.spawn().ok()?;
    match wait(&mut child, limit, speaks) {
        Some(status) if status.success() => None,
        Some(status) => Some(Fault::Crashes(number(status))),
        None => {
            let _ = child.kill();
            let _ = child.wait();
            Some(Fault::Hangs(limit))
        }
    }
}

/// How a process ended; none if it has not within the limit.
fn wait(child: &mut Child, limit: Duration, speaks: bool) -> Option<ExitStatus> {
    let begin = Instant::now();
    let mut said = !speaks;
    while begin.elapsed() < limit {
        if let Ok(Some(status)) = child.try_wait() {
            return Some(status);
        }
        if !said && begin.elapsed() >= SILENCE {
            said = true;
            let seconds = limit.as_secs();
            tell!("waiting for the graphics drivers to answer, {seconds} s at most");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    None
}

/// The signal or the exit code.
fn number(status: ExitStatus) -> Option<i32> {
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt;
        status.signal().or(status.code())
    }
    #[cfg(not(unix))]
    {
        status.code()
    }
}

fn limit() -> Duration {
    let given = std::env::var(LIMIT_VARIABLE).ok();
    let seconds = given.and_then(|text| text.parse().ok());
    seconds.map_or(LIMIT, Duration::from_secs)
}

/// What parts the paths in a list of drivers.
fn separator() -> &'static str {
    if cfg!(windows) { ";" } else { ":" }
}

/// Manifests of the Vulkan drivers that the loader takes: those of the environment, or all in its folders.
fn drivers() -> Vec<PathBuf> {
    for variable in DRIVERS_VARIABLES {
        if let Some(list) = std::env::var_os(variable) {
            return std::env::split_paths(&list).collect();
        }
    }
    let mut folders: Vec<PathBuf> = ["/usr/local/etc", "/usr/local/share", "/etc", "/usr/share"]
        .map(PathBuf::from)
        .to_vec();
    for variable in [
        "XDG_CONFIG_DIRS",
        "XDG_DATA_DIRS",
        "XDG_CONFIG_HOME",
        "XDG_DATA_HOME",
    ] {
        if let Some(list) = std::env::var_os(variable) {
            folders.extend(std::env::split_paths(&list));
        }
    }
    if let Some(home) = std::env::var_os("HOME") {
        folders.push(PathBuf::from(home).join(".local/share"));
    }
    let entries = folders.iter().flat_map(|folder| {
        let entries = std::fs::read_dir(folder.join("vulkan/icd.d"));
        entries.into_iter().flatten().flatten()
    });
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    found.retain(|path| path.extension().is_some_and(|end| end == "json"));
    found.sort();
    found.dedup();
    found
}
