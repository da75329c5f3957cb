//! A number that is none.

/// Where a field holds NaN or infinity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} is not a finite number in {place}")]
pub struct NotFinite {
    /// The field, in words.
    pub field: String,
    /// The cell: (column, row), both counted from 0, from the axis and from the inlet; or a cell of the layer, counted from the
    /// cell radius.
    pub place: String,
}
