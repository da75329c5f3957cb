//! What the user asked for.

use super::DeviceError;
use std::str::FromStr;

/// Environment variable that names the adapter for `auto`, as everywhere in wgpu.
pub const ADAPTER_NAME_VARIABLE: &str = "WGPU_ADAPTER_NAME";

/// Backends as they are written before a name, and as summaries call them.
const PREFIXES: [(&str, &str); 8] = [
    ("vulkan", "Vulkan"),
    ("vk", "Vulkan"),
    ("metal", "Metal"),
    ("mtl", "Metal"),
    ("dx12", "DX12"),
    ("d3d12", "DX12"),
    ("gl", "OpenGL"),
    ("opengl", "OpenGL"),
];

/// The device that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeviceRequest {
    /// A real GPU where the work is worth it, else the CPU.
    Auto,
    /// The CPU backend.
    Cpu,
    /// The adapter at this place of the list.
    Index(usize),
    /// The adapter whose name contains this, in whatever case; `BACKEND:NAME` looks at one backend only.
    Name(String),
}

impl FromStr for DeviceRequest {
    type Err = DeviceError;

    /// `auto` and `cpu` in whatever case, digits are an index, anything else is a part of a name.
    ///
    /// # Errors
    /// [`DeviceError::Empty`] without any text, [`DeviceError::MissingName`] for a backend without a name.
    fn from_str(text: &str) -> Result<Self, DeviceError> {
        let text = text.trim();
        if text.eq_ignore_ascii_case("auto") {
            return Ok(DeviceRequest::Auto);
        }
        if text.eq_ignore_ascii_case("cpu") {
            return Ok(DeviceRequest::Cpu);
        }
        if let Ok(index) = text.parse()
            && text.bytes().all(|b| b.is_ascii_digit())
        {
            return Ok(DeviceRequest::Index(index));
        }
        DeviceRequest::named(text)
    }
}

impl DeviceRequest {
    /// A part of a name, whatever it looks like: digits are no index here.
    ///
    /// # Errors
    /// [`DeviceError::Empty`] without any text, [`DeviceError::MissingName`] for a backend without a name.
    pub fn named(text: &str) -> Result<Self, DeviceError> {
        let text = text.trim();
        match split(text) {
            (None, "") => Err(DeviceError::Empty),
            (Some(_), "") => Err(DeviceError::MissingName {
                given: text.to_string(),
            }),
            _ => Ok(DeviceRequest::Name(text.to_string())),
        }
    }
}

/// `BACKEND:NAME` in its parts; a name may have colons of its own.
pub(super) fn split(text: &str) -> (Option<&'static str>, &str) {
    if let Some((prefix, name)) = text.split_once(':') {
        for (written, backend) in PREFIXES {
            if prefix.trim().eq_ignore_ascii_case(written) {
                return (Some(backend), name.trim());
            }
        }
    }
    (None, text)
}

/// The value of `WGPU_ADAPTER_NAME`; an empty one counts as none.
pub fn adapter_name_from_environment() -> Option<String> {
    variable(ADAPTER_NAME_VARIABLE)
}

/// An environment variable that is set to something.
pub(super) fn variable(name: &str) -> Option<String> {
    let value = std::env::var_os(name)?.to_string_lossy().trim().to_string();
    (!value.is_empty()).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> DeviceRequest {
        text.parse().unwrap()
    }

    #[test]
    fn texts_become_requests() {
        use DeviceRequest::{Auto, Cpu, Index};
        let name = |text: &str| DeviceRequest::Name(text.to_string());
        for (text, request) in [
            ("auto", Auto),
            ("AUTO", Auto),
            (" cpu ", Cpu),
            ("Cpu", Cpu),
            ("0", Index(0)),
            ("12", Index(12)),
            ("RTX 4090", name("RTX 4090")),
            ("vulkan:llvmpipe", name("vulkan:llvmpipe")),
            ("cpus", name("cpus")),
            ("automatic", name("automatic")),
            // Signs and fractions are no indices.
            ("+1", name("+1")),
            ("1.5", name("1.5")),
            // More than any list has.
            ("99999999999999999999999", name("99999999999999999999999")),
        ] {
            assert_eq!(parsed(text), request, "{text}");
        }
        // The environment's names are names even where they look like an index.
        assert_eq!(DeviceRequest::named("4090").unwrap(), name("4090"));
    }

    #[test]
    fn a_request_says_something() {
        for text in ["", "  ", "vulkan:", "VK: "] {
            let message = text.parse::<DeviceRequest>().unwrap_err().to_string();
            for part in ["auto", "cpu", "index", "name"] {
                assert!(
                    message.contains(part),
                    "`{part}` is not in `{text}`: {message}"
                );
            }
        }
        assert!(matches!(
            "vulkan:".parse::<DeviceRequest>(),
            Err(DeviceError::MissingName { .. })
        ));
    }

    #[test]
    fn only_a_backend_is_split_off() {
        assert_eq!(split("vulkan:llvmpipe"), (Some("Vulkan"), "llvmpipe"));
        assert_eq!(split("D3D12: GPU: 2"), (Some("DX12"), "GPU: 2"));
        assert_eq!(split("maker:llvmpipe"), (None, "maker:llvmpipe"));
        assert_eq!(split("vulkan"), (None, "vulkan"));
    }
}
