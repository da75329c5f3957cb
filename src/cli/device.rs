//! The choice of what computes.

use super::failure::Failure;
use super::probe;
use crate::backend::gpu::Gpu;
use crate::backend::gpu::adapter::{
    self, Adapter, AdapterSummary, DeviceRequest, adapter_name_from_environment,
};
use crate::compute::{ComputeError, Computer, GpuFlow, Machine};
use crate::kernels::Precision;
use clap::Args;
use std::sync::Arc;

#[derive(Debug, Args)]
pub(super) struct DeviceChoice {
    /// What computes: auto, cpu, or an adapter of `nanomold devices` by its index or a part of its name
    ///
    /// `auto` takes a real GPU where the work is large enough to gain by it, or with WGPU_ADAPTER_NAME set the adapter of that
    /// name, otherwise the CPU, and says why; for less work no graphics driver is touched. `cpu` is the reference: all cores,
    /// double precision, no driver touched. A name is compared without regard to case; BACKEND:NAME (vulkan:…, dx12:…, metal:…) takes a GPU
    /// through that backend. WGPU_BACKEND restricts the search to some backends.
    #[arg(long, value_name = "auto|cpu|INDEX|NAME", default_value = "auto")]
    device: DeviceRequest,
}

/// What computes, and why.
#[derive(Debug)]
pub(super) struct Resolved {
    /// The adapter, unless the CPU computes.
    pub adapter: Option<Adapter>,
    /// One line for terminal and log.
    pub reason: String,
    /// Named on the command line: nothing else may take its place.
    pub explicit: bool,
    /// What speaks against it, in one line.
    pub warning: Option<String>,
}

impl DeviceChoice {
    /// What was asked for.
    pub fn request(&self) -> &DeviceRequest {
        &self.device
    }

    /// Finds the device for `work_cells` cells × cases.
    pub fn resolve(&self, work_cells: usize) -> Result<Resolved, Failure> {
        resolve(&self.device, work_cells)
    }
}

/// Finds the device that is asked for, for `work_cells` cells × cases.
pub(super) fn resolve(request: &DeviceRequest, work_cells: usize) -> Result<Resolved, Failure> {
    // Drivers can be slow to load, or broken: who does not need an adapter does not meet them.
    let (mut adapters, mut bad) = (Vec::new(), None);
    let search = || {
        match probe::adapters()? {
            Ok(found) => adapters = found,
            Err(drivers) => bad = Some(drivers),
        }
        Ok(adapters.iter().map(|a| a.summary.clone()).collect())
    };
    let name = adapter_name_from_environment();
    let choice = adapter::choose(request, name.as_deref(), work_cells, search);
    // The environment says what `auto` is to take; it does not say that nothing else will do.
    let explicit = *request != DeviceRequest::Auto;
    if let Some(bad) = bad {
        if explicit {
            return Err(Failure::Usage(format!(
                "{bad}; no adapter is taken. `--device cpu` computes without"
            )));
        }
        return Ok(Resolved {
            adapter: None,
            reason: format!("{}: no adapter is taken", on_the_cpu()),
            explicit,
            warning: Some(format!("{bad}; no adapter is taken, the CPU computes")),
        });
    }
    let choice = choice?;
    let chosen = choice
        .adapter
        .and_then(|index| adapters.into_iter().find(|a| a.summary.index == index));
    Ok(match chosen {
        None => Resolved {
            adapter: None,
            reason: format!("{}: {}", on_the_cpu(), choice.reason),
            explicit,
            warning: None,
        },
        Some(adapter) => Resolved {
            reason: format!("computing on {}: {}", adapter.summary, choice.reason),
            explicit,
            warning: warning(&adapter.summary),
            adapter: Some(adapter),
        },
    })
}

impl Resolved {
    /// Opens the device for a precision. A device that was not named and cannot be opened gives way to the CPU, with a
    /// warning.
    pub fn computer(&mut self, precision: Precision) -> Result<Computer, Failure> {
        Ok(match self.open(precision)? {
            Some(gpu) => Computer::device(GpuFlow::new(Arc::new(gpu)), precision, !self.explicit),
            None => Computer::cpu(),
        })
    }

    /// As [`Resolved::computer`], the device alone; `None` for the CPU.
    pub fn open(&mut self, precision: Precision) -> Result<Option<Gpu>, Failure> {
        let Some(adapter) = &self.adapter else {
            return Ok(None);
        };
        match Gpu::open(&adapter.wgpu, precision.into()) {
            Ok(gpu) => {
                if let Some(submissions) = submissions_before_loss() {
                    gpu.lose_after(submissions);
                }
                Ok(Some(gpu))
            }
            Err(error) if self.explicit => Err(ComputeError::from(error).into()),
            Err(error) => {
                self.warning = Some(format!("{error}; the CPU computes"));
                self.adapter = None;
                Ok(None)
            }
        }
    }

    /// Name for reports: `cpu`, or the adapter's name with its backend.
    pub fn name(&self) -> String {
        let machine = self
            .adapter
            .as_ref()
            .map(|adapter| adapter.summary.machine());
        machine.unwrap_or_else(Machine::cpu).device
    }
}

/// Submissions after which the device is to be lost, from `NANOMOLD_LOSE_DEVICE_AFTER`: for trying what happens then.
fn submissions_before_loss() -> Option<u64> {
    std::env::var("NANOMOLD_LOSE_DEVICE_AFTER")
        .ok()?
        .parse()
        .ok()
}

/// What speaks against an adapter that was named.
fn warning(adapter: &AdapterSummary) -> Option<String> {
    adapter.is_software().then(|| {
        format!(
            "{} is a software adapter: slow, for tests; `--device cpu` is faster",
            adapter.name
        )
    })
}

fn on_the_cpu() -> String {
    let threads = rayon::current_num_threads();
    format!("computing on the CPU, f64, {}", threads_text(threads))
}

/// `1 thread`, `8 threads`.
pub(super) fn threads_text(threads: usize) -> String {
    format!("{threads} thread{}", if threads == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::gpu::adapter::AdapterKind;
    use crate::backend::gpu::adapter::tests::made_up;

    #[test]
    fn a_software_adapter_is_warned_of() {
        let software = made_up(0, "llvmpipe", "Vulkan", AdapterKind::Software);
        let text = warning(&software).unwrap();
        assert!(text.contains("llvmpipe") && text.contains("slow") && text.lines().count() == 1);
        let card = made_up(0, "Card", "Vulkan", AdapterKind::Discrete);
        assert_eq!(warning(&card), None);
    }
}
