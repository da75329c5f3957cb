//! Which adapters there are, and which one computes.
//!
//! An adapter is a GPU, or a program that plays one, as one graphics interface shows it: the same GPU appears once per
//! backend (Vulkan, DX12, Metal). Listing them touches the drivers; choosing among their summaries ([`choose`]) does not,
//! so that it can be tested without any.

#![warn(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::unreachable,
    clippy::todo
)]

mod choice;
mod error;
mod hush;
mod request;

pub use choice::{Choice, WORTHWHILE_CELLS, choose, find};
pub use error::DeviceError;
pub use request::{ADAPTER_NAME_VARIABLE, DeviceRequest, adapter_name_from_environment};

use crate::backend::Machine;
use serde::Serialize;
use std::fmt;
use wgpu::{AdapterInfo, Backend, Backends, DeviceType, Features, Instance, InstanceDescriptor};

/// Environment variable that restricts the search to some backends, as everywhere in wgpu.
pub const BACKEND_VARIABLE: &str = "WGPU_BACKEND";

/// An adapter that was found, with what there is to know about it.
#[derive(Clone, Debug)]
pub struct Adapter {
    /// For opening a device on it.
    pub wgpu: wgpu::Adapter,
    /// For choosing and for reports.
    pub summary: AdapterSummary,
}

/// What an adapter is and can do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AdapterSummary {
    /// Position in the list of adapters.
    pub index: usize,
    /// Name that its driver gives.
    pub name: String,
    /// Graphics interface: "Vulkan", "Metal" or "DX12".
    pub backend: &'static str,
    /// What it is made of.
    pub kind: AdapterKind,
    /// Name of the driver; empty where the backend does not tell.
    pub driver: String,
    /// Version of the driver; empty where the backend does not tell.
    pub driver_info: String,
    /// Largest buffer in bytes.
    pub max_buffer_bytes: u64,
    /// Largest part of a buffer that a shader sees at once, in bytes.
    pub max_binding_bytes: u64,
    /// Storage buffers that one shader can see.
    pub storage_buffers_per_stage: u32,
    /// Shaders can compute in double precision.
    pub f64: bool,
    /// Time can be measured from pass to pass.
    pub timestamps: bool,
    /// Time can be measured inside a pass, from dispatch to dispatch.
    pub timestamps_inside_passes: bool,
}

/// What an adapter is made of, in the order in which they are preferred.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum AdapterKind {
    /// A GPU with memory of its own.
    #[serde(rename = "discrete GPU")]
    Discrete,
    /// A GPU that shares the memory of the CPU.
    #[serde(rename = "integrated GPU")]
    Integrated,
    /// A GPU that a virtual machine is lent.
    #[serde(rename = "virtual GPU")]
    Virtual,
    /// Its driver does not tell.
    #[serde(rename = "unknown")]
    Unknown,
    /// A program on the CPU that plays a GPU.
    #[serde(rename = "software")]
    Software,
}

impl fmt::Display for AdapterKind {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.pad(match self {
            AdapterKind::Discrete => "discrete GPU",
            AdapterKind::Integrated => "integrated GPU",
            AdapterKind::Virtual => "virtual GPU",
            AdapterKind::Unknown => "unknown",
            AdapterKind::Software => "software",
        })
    }
}

impl AdapterSummary {
    /// True for a program on the CPU that plays a GPU: right for tests, slower than the CPU backend.
    pub fn is_software(&self) -> bool {
        self.kind == AdapterKind::Software
    }

    /// Driver and version in one text; empty where the backend tells neither.
    pub fn driver_text(&self) -> String {
        driver_text(&self.driver, &self.driver_info)
    }

    /// As records name it.
    pub fn machine(&self) -> Machine {
        Machine::adapter(&self.name, self.backend, self.driver_text())
    }
}

/// Name, backend and kind: enough to tell adapters apart.
impl fmt::Display for AdapterSummary {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        write!(out, "{} ({}, {})", self.name, self.backend, self.kind)
    }
}

fn driver_text(driver: &str, version: &str) -> String {
    format!("{driver} {version}").trim().to_string()
}

/// An adapter as records name it.
pub(super) fn machine(info: &AdapterInfo) -> Machine {
    let driver = driver_text(&info.driver, &info.driver_info);
    Machine::adapter(&info.name, backend_name(info.backend), driver)
}

/// Every adapter of the backends that this build has and that `WGPU_BACKEND` allows: real ones before software ones, then
/// by kind, backend and place in the machine, so that an index means the same adapter in every run. Empty where there is
/// no driver or no loader.
///
/// # Errors
/// [`DeviceError::UnknownBackend`] when `WGPU_BACKEND` names something else than backends.
pub fn adapters() -> Result<Vec<Adapter>, DeviceError> {
    let backends = allowed(backend_variable().as_deref())? & Instance::enabled_backend_features();
    // Without any, creating an instance would panic.
    if backends.is_empty() {
        return Ok(Vec::new());
    }
    let mut description = InstanceDescriptor::new_without_display_handle_from_env();
    description.backends = backends;
    let found = hush::hushed(|| {
        pollster::block_on(Instance::new(description).enumerate_adapters(backends))
    });
    let mut found: Vec<_> = found.into_iter().map(|a| (a.get_info(), a)).collect();
    found.sort_by_cached_key(|(info, _)| place(info));
    let adapters = found.into_iter().enumerate().map(|(index, (info, wgpu))| {
        let (limits, features) = (wgpu.limits(), wgpu.features());
        let summary = AdapterSummary {
            index,
            name: info.name,
            backend: backend_name(info.backend),
            kind: kind(info.device_type),
            driver: info.driver,
            driver_info: info.driver_info,
            max_buffer_bytes: limits.max_buffer_size,
            max_binding_bytes: limits.max_storage_buffer_binding_size,
            storage_buffers_per_stage: limits.max_storage_buffers_per_shader_stage,
            f64: features.contains(Features::SHADER_F64),
            timestamps: features.contains(Features::TIMESTAMP_QUERY),
            timestamps_inside_passes: features.contains(Features::TIMESTAMP_QUERY_INSIDE_PASSES),
        };
        Adapter { wgpu, summary }
    });
    Ok(adapters.collect())
}

/// Sorts adapters. Drivers may list in another order from one process to the next (a layer that puts the screen's GPU
/// first, say).
fn place(info: &AdapterInfo) -> (AdapterKind, usize, String, String) {
    let (bus, name) = (&info.device_pci_bus_id, &info.name);
    (
        kind(info.device_type),
        rank(info.backend),
        bus.clone(),
        name.clone(),
    )
}

/// Why [`adapters`] finds nothing and what to do about it; for when it does.
pub fn why_none() -> String {
    let built = names(Instance::enabled_backend_features());
    match backend_variable() {
        Some(value)
            if allowed(Some(&value))
                .is_ok_and(|asked| (asked & Instance::enabled_backend_features()).is_empty()) =>
        {
            format!(
                "{BACKEND_VARIABLE}={value} asks for backends that this build does not have; it has {built}"
            )
        }
        asked => {
            let restriction = asked.map_or(String::new(), |value| {
                format!(" (searched: {BACKEND_VARIABLE}={value})")
            });
            format!(
                "no driver for {built} was found{restriction}; install the one of the GPU's maker, or for tests a software \
                 one (Debian: mesa-vulkan-drivers and libvulkan1)"
            )
        }
    }
}

/// The value of `WGPU_BACKEND`; an empty one counts as none.
fn backend_variable() -> Option<String> {
    request::variable(BACKEND_VARIABLE)
}

/// The backends that a value of `WGPU_BACKEND` allows, whether this build has them or not; wgpu itself passes over the
/// names that it does not know.
fn allowed(value: Option<&str>) -> Result<Backends, DeviceError> {
    let Some(value) = value else {
        return Ok(Backends::all());
    };
    let mut backends = Backends::empty();
    for name in value.split(',').map(str::trim).filter(|n| !n.is_empty()) {
        let backend = Backends::from_comma_list(name);
        if backend.is_empty() {
            return Err(DeviceError::UnknownBackend {
                name: name.to_string(),
                built: names(Instance::enabled_backend_features()),
            });
        }
        backends |= backend;
    }
    Ok(backends)
}

fn names(backends: Backends) -> String {
    let names: Vec<&str> = Backend::ALL
        .into_iter()
        .filter(|&backend| backends.contains(Backends::from(backend)))
        .map(backend_name)
        .collect();
    if names.is_empty() {
        "none".to_string()
    } else {
        names.join(", ")
    }
}

fn kind(device_type: DeviceType) -> AdapterKind {
    match device_type {
        DeviceType::DiscreteGpu => AdapterKind::Discrete,
        DeviceType::IntegratedGpu => AdapterKind::Integrated,
        DeviceType::VirtualGpu => AdapterKind::Virtual,
        DeviceType::Other => AdapterKind::Unknown,
        DeviceType::Cpu => AdapterKind::Software,
    }
}

fn backend_name(backend: Backend) -> &'static str {
    match backend {
        Backend::Vulkan => "Vulkan",
        Backend::Metal => "Metal",
        Backend::Dx12 => "DX12",
        Backend::Gl => "OpenGL",
        Backend::BrowserWebGpu => "WebGPU",
        Backend::Noop => "noop",
    }
}

/// Where one GPU has several backends: which comes first.
fn rank(backend: Backend) -> usize {
    match backend {
        Backend::Metal => 0,
        Backend::Vulkan => 1,
        Backend::Dx12 => 2,
        Backend::Gl => 3,
        Backend::BrowserWebGpu => 4,
        Backend::Noop => 5,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A made-up adapter.
    pub fn made_up(
        index: usize,
        name: &str,
        backend: &'static str,
        kind: AdapterKind,
    ) -> AdapterSummary {
        AdapterSummary {
            index,
            name: name.to_string(),
            backend,
            kind,
            driver: "maker".to_string(),
            driver_info: "1.2.3".to_string(),
            max_buffer_bytes: 1 << 30,
            max_binding_bytes: 1 << 27,
            storage_buffers_per_stage: 8,
            f64: false,
            timestamps: true,
            timestamps_inside_passes: false,
        }
    }

    #[test]
    fn the_backend_variable_is_read_like_wgpus_own_but_unknown_names_are_refused() {
        assert_eq!(allowed(None).unwrap(), Backends::all());
        assert_eq!(allowed(Some("vulkan")).unwrap(), Backends::VULKAN);
        assert_eq!(
            allowed(Some("VK, dx12,")).unwrap(),
            Backends::VULKAN | Backends::DX12
        );
        assert_eq!(allowed(Some("gl")).unwrap(), Backends::GL);
        for value in ["bogus", "vulkan,bogus", "vulkan;bogus", "vulkan bogus"] {
            let message = allowed(Some(value)).unwrap_err().to_string();
            for part in ["bogus", "WGPU_BACKEND", "vulkan", "metal", "dx12"] {
                assert!(message.contains(part), "`{part}` is not in: {message}");
            }
        }
    }

    #[test]
    fn the_order_does_not_depend_on_the_drivers() {
        use DeviceType::{Cpu, DiscreteGpu, IntegratedGpu, Other, VirtualGpu};
        let info = |device_type, backend, bus: &str| {
            let mut info = AdapterInfo::new(device_type, backend);
            info.device_pci_bus_id = bus.to_string();
            info
        };
        let expected = [
            info(DiscreteGpu, Backend::Vulkan, "0000:01:00.0"),
            info(DiscreteGpu, Backend::Vulkan, "0000:02:00.0"),
            info(DiscreteGpu, Backend::Dx12, "0000:01:00.0"),
            info(IntegratedGpu, Backend::Vulkan, "0000:00:02.0"),
            info(VirtualGpu, Backend::Vulkan, ""),
            info(Other, Backend::Vulkan, ""),
            info(Cpu, Backend::Vulkan, ""),
            info(Cpu, Backend::Dx12, ""),
        ];
        for turn in 0..expected.len() {
            let mut found = expected.clone();
            found.rotate_left(turn);
            found.swap(0, 3);
            assert_ne!(found, expected);
            found.sort_by_cached_key(place);
            assert_eq!(found, expected);
        }
        // Both software adapters, and no other, stand at the end.
        let software = expected.map(|i| made_up(0, "", "Vulkan", kind(i.device_type)));
        let software = software.map(|adapter| adapter.is_software());
        assert_eq!(software.iter().filter(|&&is| is).count(), 2);
        assert!(software.is_sorted());
    }

    #[test]
    fn a_kind_reads_the_same_in_json_and_in_a_table() {
        use AdapterKind::{Discrete, Integrated, Software, Unknown, Virtual};
        for kind in [Discrete, Integrated, Virtual, Unknown, Software] {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.to_string());
        }
    }

    #[test]
    fn a_driver_without_a_name_or_version_leaves_no_blanks() {
        let mut adapter = made_up(0, "GPU", "DX12", AdapterKind::Discrete);
        assert_eq!(adapter.driver_text(), "maker 1.2.3");
        adapter.driver.clear();
        assert_eq!(adapter.driver_text(), "1.2.3");
        adapter.driver_info.clear();
        assert_eq!(adapter.driver_text(), "");
    }
}
