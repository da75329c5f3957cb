//! Who looks on while many things are computed that take long each, and may keep and know what they gave.

/// Looks on while results are computed.
pub trait Watch: Sync {
    /// One more is there.
    fn done(&self);

    /// As far as is known now there will be so many.
    fn expect(&self, _count: usize) {}

    /// The numbers of a result that is known from before.
    fn recall(&self, _key: &str) -> Option<Vec<f64>> {
        None
    }

    /// Keeps the numbers of a result.
    fn keep(&self, _key: &str, _numbers: &[f64]) {}
}

/// Nobody.
impl Watch for () {
    fn done(&self) {}
}

/// A result, from the numbers that are known of it or computed and kept. `of_numbers` reads what `numbers` writes.
///
/// # Errors
/// Those of `compute`.
pub fn once<T, E>(
    watch: &dyn Watch,
    key: &str,
    of_numbers: impl FnOnce(&[f64]) -> Option<T>,
    numbers: impl FnOnce(&T) -> Vec<f64>,
    compute: impl FnOnce() -> Result<T, E>,
) -> Result<T, E> {
    let known = watch.recall(key).and_then(|known| of_numbers(&known));
    let found = match known {
        Some(found) => found,
        None => {
            let found = compute()?;
            watch.keep(key, &numbers(&found));
            found
        }
    };
    watch.done();
    Ok(found)
}
