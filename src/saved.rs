//! A state taken apart into plain parts, from which it is put together again to the bit.
//!
//! What is to be saved gets `save` and `restore` beside its type; `output::checkpoint` makes a file of the parts.

#![warn(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::unreachable,
    clippy::todo,
    clippy::indexing_slicing
)]

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Named parts of a state. Names are paths: `flow/latest/state`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Saved {
    /// Numbers, kept as they are to the bit.
    pub arrays: BTreeMap<String, Vec<f64>>,
    /// What is no array: short lists, choices, texts. Numbers in it are finite.
    pub values: Map<String, Value>,
}

/// A part of a saved state is missing or is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the saved state's `{name}` {reason}")]
pub struct SavedError {
    /// Name of the part.
    pub name: String,
    /// What is wrong with it.
    pub reason: String,
}

impl SavedError {
    /// The part `name` is not what it should be.
    pub fn new(name: &str, reason: impl Into<String>) -> Self {
        SavedError {
            name: name.to_owned(),
            reason: reason.into(),
        }
    }
}

impl Saved {
    /// Keeps an array.
    pub fn put(&mut self, name: impl Into<String>, numbers: impl Into<Vec<f64>>) {
        self.arrays.insert(name.into(), numbers.into());
    }

    /// Keeps anything else.
    ///
    /// # Panics
    /// If it cannot be written as JSON: a map with keys that are no texts.
    #[expect(clippy::expect_used, reason = "what states are made of can be written")]
    pub fn put_value(&mut self, name: impl Into<String>, value: &impl Serialize) {
        let value = serde_json::to_value(value).expect("a state is made of tables and numbers");
        self.values.insert(name.into(), value);
    }

    /// The array `name`.
    ///
    /// # Errors
    /// [`SavedError`] if it is missing.
    pub fn array(&self, name: &str) -> Result<&[f64], SavedError> {
        let found = self.arrays.get(name).map(Vec::as_slice);
        found.ok_or_else(|| SavedError::new(name, "is missing"))
    }

    /// The array `name`, which has to have `count` numbers.
    ///
    /// # Errors
    /// [`SavedError`] if it is missing or has another number of them.
    pub fn array_of(&self, name: &str, count: usize) -> Result<Vec<f64>, SavedError> {
        let found = self.array(name)?;
        if found.len() == count {
            Ok(found.to_vec())
        } else {
            let reason = format!("has {} numbers, not {count}", found.len());
            Err(SavedError::new(name, reason))
        }
    }

    /// The `N` numbers of the array `name`.
    ///
    /// # Errors
    /// As [`Saved::array_of`].
    pub fn numbers<const N: usize>(&self, name: &str) -> Result<[f64; N], SavedError> {
        let found = self.array(name)?;
        found
            .try_into()
            .map_err(|_| SavedError::new(name, format!("has {} numbers, not {N}", found.len())))
    }

    /// Whether there is a part of this name.
    pub fn has(&self, name: &str) -> bool {
        self.arrays.contains_key(name) || self.values.contains_key(name)
    }

    /// What was kept under `name` besides arrays.
    ///
    /// # Errors
    /// [`SavedError`] if it is missing or something else.
    pub fn value<T: DeserializeOwned>(&self, name: &str) -> Result<T, SavedError> {
        let found = self
            .values
            .get(name)
            .ok_or_else(|| SavedError::new(name, "is missing"))?;
        T::deserialize(found)
            .map_err(|error| SavedError::new(name, format!("is not right: {error}")))
    }
}

/// For fields that may be infinite, which JSON cannot say: infinity is written as `null`.
pub mod infinite {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// Writes a number.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(number: &f64, to: S) -> Result<S::Ok, S::Error> {
        number.is_finite().then_some(*number).serialize(to)
    }

    /// Reads what [`serialize`] wrote.
    ///
    /// # Errors
    /// Those of the deserializer.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
        Ok(Option::deserialize(from)?.unwrap_or(f64::INFINITY))
    }
}
