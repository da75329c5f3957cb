//! What work is expected to cost, said before it begins; beyond bounds it begins only with a yes or a limit.

use super::failure::Failure;
use crate::results::Expected;
use clap::Args;

/// Longest work that begins unasked, in s: two days.
const LONGEST: f64 = 48.0 * 3600.0;
/// Most bytes of files that are written unasked.
const MOST_DISK: f64 = 50e9;

#[derive(Debug, Args)]
pub(super) struct Permission {
    /// Begin also what is expected to take more than 48 h, 50 GB of files or the memory that is free
    #[arg(long)]
    yes: bool,
}

/// What work is expected to need.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cost {
    /// Wall time in s; none where it is not known, as on a device.
    pub seconds: Option<f64>,
    /// Memory in bytes.
    pub memory: f64,
    /// Files in bytes.
    pub disk: f64,
}

impl Cost {
    /// Of one run. Its parts run on all cores, but small grids gain nothing by that.
    pub fn of_run(expected: &Expected) -> Self {
        Cost {
            seconds: Some(expected.core_seconds),
            memory: expected.memory,
            disk: expected.disk,
        }
    }

    /// In a line: time, memory and disk.
    pub fn text(&self) -> String {
        let time = self.seconds.map_or(String::new(), |s| match s {
            s if s < 1.0 => "less than a second, ".to_owned(),
            s => format!("some {}, ", duration(s)),
        });
        let memory = megabytes(self.memory);
        format!(
            "{time}{memory} of memory, {} on disk (rough guesses)",
            megabytes(self.disk)
        )
    }
}

impl Permission {
    /// Refuses what costs more than is done unasked. With `limited` time is no reason.
    ///
    /// # Errors
    /// [`Failure::Usage`] with what is beyond which bound, and what to do.
    pub fn check(&self, cost: &Cost, limited: bool) -> Result<(), Failure> {
        if self.yes {
            return Ok(());
        }
        let mut beyond = Vec::new();
        let seconds = cost.seconds.filter(|&s| s > LONGEST && !limited);
        if let Some(s) = seconds {
            beyond.push(format!(
                "some {}, more than {}",
                duration(s),
                duration(LONGEST)
            ));
        }
        if cost.disk > MOST_DISK {
            let (disk, most) = (megabytes(cost.disk), megabytes(MOST_DISK));
            beyond.push(format!("{disk} on disk, more than {most}"));
        }
        if let Some(free) = free_memory().filter(|&free| cost.memory > free) {
            let (memory, free) = (megabytes(cost.memory), megabytes(free));
            beyond.push(format!("{memory} of memory, of which {free} are free"));
        }
        if beyond.is_empty() {
            return Ok(());
        }
        Err(Failure::Usage(format!(
            "this is expected to take {} (rough guesses): begin it all the same with --yes, or make it smaller (see `nanomold check`); \
             `run --max-wall` sets a limit to its time",
            beyond.join("; ")
        )))
    }
}

/// A time in the unit that suits it.
fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 120.0 => format!("{s:.0} s"),
        s if s < 7200.0 => format!("{:.0} min", s / 60.0),
        s if s < 1e6 => format!("{:.0} h", s / 3600.0),
        s => format!("{:.3e} days", s / 86_400.0),
    }
}

/// Bytes in a unit that suits them.
fn megabytes(bytes: f64) -> String {
    match bytes / 1e6 {
        mb if mb < 10.0 => format!("{mb:.2} MB"),
        mb if mb < 10_000.0 => format!("{mb:.0} MB"),
        mb => format!("{:.0} GB", mb / 1e3),
    }
}

/// Bytes of memory that are free, as Linux tells; none elsewhere.
fn free_memory() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kibibytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(1024.0 * kibibytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_costs_much_needs_a_yes_or_a_limit() {
        let cost = |seconds: f64, disk: f64| Cost {
            seconds: Some(seconds),
            memory: 1e6,
            disk,
        };
        let asked = |yes: bool, cost: &Cost, limited: bool| {
            let found = Permission { yes }.check(cost, limited);
            found.err().map(|failure| failure.reason())
        };
        assert_eq!(asked(false, &cost(1e5, 1e9), false), None);
        let long = cost(1e6, 1e9);
        let said = asked(false, &long, false).unwrap();
        assert!(said.contains("1.157e1 days, more than 48 h"), "{said}");
        assert_eq!(asked(true, &long, false), None);
        assert_eq!(asked(false, &long, true), None);
        // A limit to the time is none to the disk.
        let said = asked(false, &cost(1.0, 6e10), true).unwrap();
        assert!(said.contains("60 GB on disk, more than 50 GB"), "{said}");
        let large = Cost {
            memory: 1e18,
            ..cost(1.0, 1.0)
        };
        assert_eq!(
            asked(false, &large, true).is_some(),
            free_memory().is_some()
        );
    }
}
