//! A rule that a given value breaks, as plain data.

/// A rule broken by a value. Whoever read the value (a file, a command line, a program) knows where it stands and turns this into a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Dotted key of the value, relative to the object that was checked, e.g. `viscosity.T_0_K`. Empty for the object as a whole.
    pub key: String,
    /// What is wrong and why it matters.
    pub reason: String,
    /// What would be valid.
    pub remedy: String,
}

impl Violation {
    /// A violation at `key` (dotted) with its reason and remedy.
    pub fn new(
        key: impl Into<String>,
        reason: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            key: key.into(),
            reason: reason.into(),
            remedy: remedy.into(),
        }
    }

    /// The same violation seen from a parent object that holds the checked one under `prefix`.
    pub fn within(mut self, prefix: &str) -> Self {
        if !prefix.is_empty() {
            self.key = if self.key.is_empty() {
                prefix.to_owned()
            } else {
                format!("{prefix}.{}", self.key)
            };
        }
        self
    }
}
