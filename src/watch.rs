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

/// The numbers of a result: known from before, if they are ones that `is_one` takes, or computed and kept.
///
/// # Errors
/// Those of `compute`.
pub fn once<E>(
    watch: &dyn Watch,
    key: &str,
    is_one: impl Fn(&[f64]) -> bool,
    compute: impl FnOnce() -> Result<Vec<f64>, E>,
) -> Result<Vec<f64>, E> {
    let known = watch.recall(key).filter(|numbers| is_one(numbers));
    let numbers = match known {
        Some(numbers) => numbers,
        None => {
            let numbers = compute()?;
            watch.keep(key, &numbers);
            numbers
        }
    };
    watch.done();
    Ok(numbers)
}
