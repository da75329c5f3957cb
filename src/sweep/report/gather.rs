//! One pass over the table of a sweep: what its pictures and its report show, and no more, so that memory does not grow with
//! the number of points.

use super::plane::Plane;
use crate::output::OutputError;
use crate::sweep::critical::{self, Critical};
use crate::sweep::plan::Plan;
use crate::sweep::row;
use crate::sweep::store::TABLE;
use std::path::Path;

/// Most planes that are drawn.
pub(super) const MOST_SLICES: usize = 4;
/// Most failed points that are listed.
const MOST_FAILED: usize = 50;
/// Most points that are listed.
pub(super) const MOST_LISTED: u64 = 200;

/// What a map shows.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Quantity {
    /// Share of the layer in the transported volume.
    LayerShare,
    /// Fraction of the first element of the two, at the tip (0…1).
    TipRatio([String; 2]),
    /// Amorphous length in nm.
    AmorphousLength,
}

/// Mean values in the cells of a plane.
#[derive(Debug, Clone)]
pub(super) struct Cells {
    sums: Vec<f64>,
    counts: Vec<u32>,
}

impl Cells {
    fn new(count: usize) -> Self {
        Cells {
            sums: vec![0.0; count],
            counts: vec![0; count],
        }
    }

    fn add(&mut self, cell: usize, value: f64) {
        self.sums[cell] += value;
        self.counts[cell] += 1;
    }

    /// The mean of each cell, NaN where there is no value.
    pub fn means(&self) -> Vec<f32> {
        let pairs = self.sums.iter().zip(&self.counts);
        pairs
            .map(|(sum, &count)| (sum / f64::from(count)) as f32)
            .collect()
    }
}

/// Diameter in nm, L/√(pt) in the table's unit and its estimated error.
pub(super) type Sample = (f64, f64, f64);

/// What was found.
#[derive(Debug, Clone, Default)]
pub(super) struct Gathered {
    /// For each plane and quantity, its cells.
    pub maps: Vec<Vec<Cells>>,
    /// The points of each wanted group.
    pub series: Vec<Vec<Sample>>,
    /// Number of rows.
    pub rows: u64,
    /// Number of failed points.
    pub failed: u64,
    /// The rows of the first of them.
    pub failures: Vec<Vec<String>>,
    /// Every so many-th row.
    pub listed: Vec<Vec<String>>,
}

/// What to look for.
pub(super) struct Wanted<'a> {
    /// The planes, if there are any.
    pub plane: Option<&'a Plane>,
    /// What their maps show.
    pub quantities: &'a [Quantity],
    /// The groups whose points are wanted.
    pub groups: &'a [&'a Critical],
    /// Rows of which points are listed: those whose number divides by this; 0 lists none.
    pub every: u64,
}

/// Reads the table.
///
/// # Errors
/// [`OutputError`] if it cannot be read.
pub(super) fn gather(folder: &Path, plan: &Plan, wanted: &Wanted) -> Result<Gathered, OutputError> {
    let path = folder.join(TABLE);
    let columns = plan.columns();
    let at = |name: &str| columns.index(name);
    let [status, point, diameter] = ["status", "point", "d_nm"].map(at);
    let normalised = at("normalised_length_nm_per_sqrt_GPa_s");
    let error = at("error_estimate");
    let sources: Vec<Source> = (wanted.quantities.iter())
        .map(|quantity| match quantity {
            Quantity::LayerShare => Source::Cell(at("layer_share")),
            Quantity::AmorphousLength => Source::Cell(at("amorphous_length_nm")),
            Quantity::TipRatio([a, b]) => {
                Source::Ratio([a, b].map(|element| at(&format!("tip_x_{element}"))))
            }
        })
        .collect();
    let group = critical::group(columns);
    let keys: Vec<Vec<String>> = wanted.groups.iter().map(|one| one.cells()).collect();

    let slices = wanted.plane.map_or(0, |p| p.slices().min(MOST_SLICES));
    let cells = wanted.plane.map_or(0, Plane::len);
    let mut found = Gathered {
        maps: vec![vec![Cells::new(cells); sources.len()]; slices],
        series: vec![Vec::new(); wanted.groups.len()],
        ..Gathered::default()
    };
    let mut reader = columns.open(&path)?;
    let mut row = csv::StringRecord::new();
    while (reader.read_record(&mut row)).map_err(OutputError::format(&path))? {
        let number = |column: Option<usize>| -> Option<f64> {
            let value: f64 = row.get(column?)?.parse().ok()?;
            value.is_finite().then_some(value)
        };
        let owned = || row.iter().map(str::to_owned).collect::<Vec<String>>();
        let index = point.and_then(|k| row.get(k)?.parse::<u64>().ok());
        let Some(index) = index.filter(|index| *index < plan.len()) else {
            continue;
        };
        found.rows += 1;
        if wanted.every > 0 && index % wanted.every == 0 {
            found.listed.push(owned());
        }
        if status.and_then(|k| row.get(k)) != Some(row::OK) {
            found.failed += 1;
            if found.failures.len() < MOST_FAILED {
                found.failures.push(owned());
            }
            continue;
        }
        if let Some((x, y)) = number(diameter).zip(number(normalised))
            && let Some(k) = keys.iter().position(|key| {
                let mut pairs = key.iter().zip(&group);
                pairs.all(|(cell, &column)| row.get(column) == Some(cell))
            })
        {
            found.series[k].push((x, y, y * number(error).unwrap_or(0.0)));
        }
        if let Some(plane) = wanted.plane {
            let (slice, cell) = plane.place(&plan.rows(index));
            if let Some(maps) = found.maps.get_mut(slice) {
                for (map, source) in maps.iter_mut().zip(&sources) {
                    if let Some(value) = source.value(number) {
                        map.add(cell, value);
                    }
                }
            }
        }
    }
    Ok(found)
}

/// Where the value of a quantity stands in a row.
enum Source {
    Cell(Option<usize>),
    Ratio([Option<usize>; 2]),
}

impl Source {
    fn value(&self, number: impl Fn(Option<usize>) -> Option<f64>) -> Option<f64> {
        match self {
            Source::Cell(column) => number(*column),
            Source::Ratio([a, b]) => {
                let (a, b) = number(*a).zip(number(*b))?;
                (a + b > 0.0).then(|| a / (a + b))
            }
        }
    }
}
