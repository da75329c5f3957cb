//! The choice of what computes.

use clap::ValueEnum;

/// What computes a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Device {
    /// The best there is; this version knows the CPU only
    Auto,
    /// The reference backend: all cores, double precision
    Cpu,
}

impl Device {
    /// Name for reports.
    pub fn name(self) -> &'static str {
        "cpu"
    }

    /// One line that says what computes and why.
    pub fn describe(self) -> String {
        let threads = rayon::current_num_threads();
        let chosen = match self {
            Device::Auto => " (chosen automatically: this version computes on the CPU only)",
            Device::Cpu => "",
        };
        format!(
            "computing on the CPU, f64, {threads} thread{}{chosen}",
            if threads == 1 { "" } else { "s" }
        )
    }
}
