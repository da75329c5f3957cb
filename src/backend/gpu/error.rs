//! What can go wrong on a device.

/// A problem that no device takes, because the shaders have no room for a part of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the problem has {needed} {what}, and the shaders take at most {allowed}")]
pub struct TooLarge {
    /// Which part, in the plural.
    pub what: &'static str,
    /// How many there are.
    pub needed: u64,
    /// How many there may be.
    pub allowed: u64,
}

/// Why a device did not do what it was asked to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GpuError {
    /// The adapter gave no device.
    #[error("{adapter}: no device could be opened: {reason}")]
    NotOpened {
        /// Name of the adapter.
        adapter: String,
        /// What its driver says.
        reason: String,
    },
    /// The device is gone: removed, reset or destroyed.
    #[error("{adapter}: the device was lost: {reason}")]
    Lost {
        /// Name of the adapter.
        adapter: String,
        /// What its driver says.
        reason: String,
    },
    /// There is not enough memory left on the device.
    #[error("{adapter}: the device is out of memory")]
    OutOfMemory {
        /// Name of the adapter.
        adapter: String,
    },
    /// The device refused a command; a defect of this program or of the driver.
    #[error("{adapter}: the device refused a command: {reason}")]
    Refused {
        /// Name of the adapter.
        adapter: String,
        /// What it says.
        reason: String,
    },
    /// The problem has another shape than the shaders can hold.
    #[error("{adapter}: {why}")]
    TooLarge {
        /// Name of the adapter.
        adapter: String,
        /// Which part of the problem.
        why: TooLarge,
    },
    /// The problem is larger than the adapter allows.
    #[error(
        "{adapter}: {what} of one case need {needed} bytes, {} more than the adapter's {limit} of {allowed}",
        needed - allowed
    )]
    DoesNotFit {
        /// Name of the adapter.
        adapter: String,
        /// Which data.
        what: &'static str,
        /// Name of the limit, as WebGPU calls it.
        limit: &'static str,
        /// Bytes needed.
        needed: u64,
        /// Bytes allowed.
        allowed: u64,
    },
}
