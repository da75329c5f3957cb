//! Why no device could be chosen.

use super::{ADAPTER_NAME_VARIABLE, AdapterSummary, BACKEND_VARIABLE};

/// What a device can be, for messages.
const REQUESTS: &str =
    "give `auto`, `cpu`, an index or a part of an adapter's name (`nanomold devices` lists them)";

/// Why no device could be chosen.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// Nothing was asked for.
    #[error("no device is named; {REQUESTS}")]
    Empty,
    /// A backend without an adapter.
    #[error(
        "`{given}` is a backend without an adapter, write for example `{given}NAME`; {REQUESTS}"
    )]
    MissingName {
        /// What was asked for.
        given: String,
    },
    /// The backend variable holds something else than backends.
    #[error(
        "{BACKEND_VARIABLE}: there is no backend `{name}`; valid are vulkan, metal and dx12, several with commas between \
         them (this build has {built})"
    )]
    UnknownBackend {
        /// The part that is no backend.
        name: String,
        /// The backends of this build.
        built: String,
    },
    /// The list of adapters is shorter.
    #[error("there is no adapter {index}{}{}", name_of_digits(*index, available), choices(available))]
    NoSuchIndex {
        /// What was asked for.
        index: usize,
        /// What there is.
        available: Vec<AdapterSummary>,
    },
    /// No name contains the text.
    #[error("no adapter's name contains `{name}`{}", choices(available))]
    NoSuchName {
        /// What was asked for.
        name: String,
        /// What there is.
        available: Vec<AdapterSummary>,
    },
    /// Several names contain the text.
    #[error(
        "`{name}` is the name of several adapters:{}\ngive the index or more of the name; `nanomold devices` says more about \
         them",
        list(matches)
    )]
    Ambiguous {
        /// What was asked for.
        name: String,
        /// The adapters that fit.
        matches: Vec<AdapterSummary>,
    },
    /// The environment names the adapter, and it cannot be taken.
    #[error("{ADAPTER_NAME_VARIABLE}: {0}")]
    Environment(Box<DeviceError>),
}

/// For the user who meant the `4070` of a name.
fn name_of_digits(index: usize, available: &[AdapterSummary]) -> String {
    let digits = index.to_string();
    let meant = available.iter().find(|a| a.name.contains(&digits));
    meant.map_or(String::new(), |adapter| {
        let backend = adapter.backend.to_lowercase();
        format!(" (a number is an index; for the name write `{backend}:{digits}`)")
    })
}

/// What could be asked for instead.
fn choices(available: &[AdapterSummary]) -> String {
    if available.is_empty() {
        return "; no adapter was found at all: `nanomold devices` says why, `--device cpu` computes without"
            .to_string();
    }
    format!(
        "; there are{}\nor `--device cpu`; `nanomold devices` says more about them",
        list(available)
    )
}

/// One line each: index, name, backend and kind.
fn list(adapters: &[AdapterSummary]) -> String {
    adapters
        .iter()
        .map(|adapter| format!("\n  {:>2}  {adapter}", adapter.index))
        .collect()
}
