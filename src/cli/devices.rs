//! `nanomold devices`.

use super::device::threads_text;
use super::failure::Failure;
use super::probe;
use crate::backend::gpu::adapter::{
    self, AdapterSummary, DeviceRequest, WORTHWHILE_CELLS, adapter_name_from_environment,
};
use clap::Args;
use serde::Serialize;
use std::fmt;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Devices {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What is printed.
#[derive(Debug, Serialize)]
struct Report {
    cpu: Cpu,
    adapters: Vec<AdapterSummary>,
    auto: Auto,
    /// Why there are no adapters.
    why_none: Option<String>,
}

#[derive(Debug, Serialize)]
struct Cpu {
    threads: usize,
    f64: bool,
}

/// What `--device auto` means here.
#[derive(Debug, Serialize)]
struct Auto {
    /// Index of the adapter for large work; none for the CPU.
    adapter: Option<usize>,
    /// Cells × cases from which that adapter is taken; with less the CPU computes.
    from_cells: Option<usize>,
    reason: String,
    /// `auto` does not work: the environment names an adapter that cannot be taken.
    error: Option<String>,
}

impl Devices {
    #[expect(clippy::expect_used, reason = "numbers and texts serialize")]
    pub fn execute(self) -> Result<ExitCode, Failure> {
        let (found, bad) = match probe::adapters()? {
            Ok(found) => (found, None),
            Err(bad) => (Vec::new(), Some(bad.to_string())),
        };
        let adapters: Vec<AdapterSummary> = found.into_iter().map(|found| found.summary).collect();
        let report = Report {
            cpu: Cpu {
                threads: rayon::current_num_threads(),
                f64: true,
            },
            auto: automatic(&adapters, adapter_name_from_environment().as_deref()),
            why_none: bad.or_else(|| adapters.is_empty().then(adapter::why_none)),
            adapters,
        };
        if self.json {
            let json =
                serde_json::to_string_pretty(&report).expect("numbers and strings serialize");
            super::print(format_args!("{json}\n"))?;
        } else {
            super::print(format_args!("{report}"))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// What `auto` takes for work as large as it may be.
fn automatic(adapters: &[AdapterSummary], environment_name: Option<&str>) -> Auto {
    match adapter::choose(
        &DeviceRequest::Auto,
        environment_name,
        WORTHWHILE_CELLS,
        || Ok(adapters.to_vec()),
    ) {
        Ok(choice) => Auto {
            from_cells: choice.adapter.map(|_| WORTHWHILE_CELLS),
            adapter: choice.adapter,
            reason: if choice.adapter.is_some() && !choice.explicit {
                "the first real GPU".to_string()
            } else {
                choice.reason
            },
            error: None,
        },
        Err(error) => Auto {
            adapter: None,
            from_cells: None,
            reason: "the environment names an adapter that cannot be taken".to_string(),
            error: Some(error.to_string()),
        },
    }
}

const HEADINGS: [&str; 10] = [
    "index",
    "name",
    "backend",
    "type",
    "driver",
    "largest buffer",
    "largest binding",
    "buffers/shader",
    "f64",
    "timestamps",
];

fn row(adapter: &AdapterSummary) -> [String; 10] {
    let yes = |is: bool| if is { "yes" } else { "no" }.to_string();
    [
        adapter.index.to_string(),
        adapter.name.clone(),
        adapter.backend.to_string(),
        adapter.kind.to_string(),
        adapter.driver_text(),
        bytes(adapter.max_buffer_bytes),
        bytes(adapter.max_binding_bytes),
        adapter.storage_buffers_per_stage.to_string(),
        yes(adapter.f64),
        match (adapter.timestamps, adapter.timestamps_inside_passes) {
            (false, _) => "no",
            (true, false) => "per pass",
            (true, true) => "per dispatch",
        }
        .to_string(),
    ]
}

/// Bytes in the unit that suits them.
fn bytes(bytes: u64) -> String {
    const MEBIBYTE: f64 = 1024.0 * 1024.0;
    let mebibytes = bytes as f64 / MEBIBYTE;
    if mebibytes < 1024.0 {
        format!("{mebibytes:.0} MiB")
    } else {
        format!("{:.1} GiB", mebibytes / 1024.0)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        let mut table = vec![HEADINGS.map(str::to_string)];
        let mut cpu = [const { String::new() }; 10];
        cpu[0] = "cpu".to_string();
        cpu[1] = threads_text(self.cpu.threads);
        cpu[3] = "CPU".to_string();
        cpu[8] = "yes".to_string();
        table.push(cpu);
        table.extend(self.adapters.iter().map(row));
        let widths: Vec<usize> = (0..HEADINGS.len())
            .map(|k| table.iter().map(|row| row[k].chars().count()).max())
            .map(Option::unwrap_or_default)
            .collect();
        for row in &table {
            let cells: Vec<String> = row
                .iter()
                .zip(&widths)
                .map(|(cell, &width)| format!("{cell:width$}"))
                .collect();
            writeln!(out, "{}", cells.join("  ").trim_end())?;
        }
        writeln!(out)?;
        if let Some(why) = &self.why_none {
            writeln!(out, "No adapters: {why}.")?;
        }
        match &self.auto {
            Auto {
                error: Some(error), ..
            } => writeln!(out, "--device auto cannot be used: {error}"),
            Auto {
                adapter: Some(index),
                from_cells: Some(cells),
                reason,
                ..
            } => writeln!(
                out,
                "--device auto takes adapter {index}, {reason}, from {cells} cells × cases on, and the CPU below"
            ),
            Auto { reason, .. } => writeln!(out, "--device auto takes the CPU: {reason}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_readable() {
        assert_eq!(bytes(128 << 20), "128 MiB");
        assert_eq!(bytes((1 << 30) - 1), "1024 MiB");
        assert_eq!(bytes(3 << 29), "1.5 GiB");
    }
}
