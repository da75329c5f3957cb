//! Critical diameters from the rows of a sweep.

use super::row::Columns;
use super::store::TABLE;
use crate::output::OutputError;
use crate::physics::constants::{NANOMETRE, NORMALISED};
use crate::scaling::{Point, PowerLaw, Verdict, transition};
use std::collections::HashMap;
use std::path::Path;

/// What a sweep says of the critical diameter at one temperature and press.
#[derive(Debug, Clone, PartialEq)]
pub struct Critical {
    /// Temperature in °C, pressure in GPa and time in s, as far as they are constant.
    pub conditions: [Option<f64>; 3],
    /// Values of the further keys.
    pub further: Vec<String>,
    /// A point of the group.
    pub point: u64,
    /// Diameters in the group.
    pub diameters: usize,
    /// Smallest and largest diameter in nm.
    pub span: [f64; 2],
    /// Shares of the layer at these.
    pub shares: [f64; 2],
    /// Shortest and longest wire in nm.
    pub lengths: [f64; 2],
    /// d_c in nm where layer and core have carried equal volumes, with its uncertainty.
    pub equal_volumes: Option<[f64; 2]>,
    /// d_c in nm where the two fitted power laws cross, with its uncertainty.
    pub crossing: Option<[f64; 2]>,
    /// The fitted laws, as far as the group shows them: diffusion and flow.
    pub laws: [Option<PowerLaw>; 2],
}

impl Critical {
    /// The cells that the rows of the group have in common, in the order of [`group`].
    pub(super) fn cells(&self) -> Vec<String> {
        let given = self.conditions.iter();
        let given = given.map(|value| value.map_or(String::new(), |v| v.to_string()));
        given.chain(self.further.iter().cloned()).collect()
    }
}

/// The numbers of a row that matter here.
struct Entry {
    diameter: f64,
    share: f64,
    normalised: Option<f64>,
    error: Option<f64>,
}

/// Rows that belong together.
struct Group {
    cells: Vec<String>,
    point: u64,
    lengths: [f64; 2],
    entries: Vec<Entry>,
}

/// The critical diameters of a finished table, in the order of the conditions in it. Points with equal conditions and
/// further values but different diameters belong together.
///
/// # Errors
/// [`OutputError`] if the table cannot be read.
#[expect(clippy::expect_used, reason = "every sweep has these columns")]
pub fn criticals(folder: &Path, columns: &Columns) -> Result<Vec<Critical>, OutputError> {
    let path = folder.join(TABLE);
    let mut reader = columns.open(&path)?;
    let at = |name: &str| columns.index(name).expect("every sweep has the column");
    let (point, length) = (at("point"), at("length_nm"));
    let (diameter, share) = (at("d_nm"), at("layer_share"));
    let normalised = at("normalised_length_nm_per_sqrt_GPa_s");
    let error = at("error_estimate");
    let group = group(columns);
    let mut places: HashMap<Vec<String>, usize> = HashMap::new();
    let mut groups: Vec<Group> = Vec::new();
    for row in reader.records() {
        let row = row.map_err(OutputError::format(&path))?;
        let number = |column: usize| row.get(column)?.parse::<f64>().ok();
        if let Some((diameter, share)) = number(diameter).zip(number(share)) {
            let cells: Vec<String> = group.iter().map(|&k| row[k].to_owned()).collect();
            let place = *places.entry(cells).or_insert_with_key(|cells| {
                groups.push(Group {
                    cells: cells.clone(),
                    point: row[point].parse().unwrap_or_default(),
                    lengths: [f64::INFINITY, 0.0],
                    entries: Vec::new(),
                });
                groups.len() - 1
            });
            let group = &mut groups[place];
            let length = number(length).unwrap_or(f64::NAN);
            group.lengths = [group.lengths[0].min(length), group.lengths[1].max(length)];
            group.entries.push(Entry {
                diameter,
                share,
                normalised: number(normalised),
                error: number(error),
            });
        }
    }
    Ok(groups.into_iter().filter_map(of_group).collect())
}

/// Columns whose cells are equal in all rows of a group.
pub(super) fn group(columns: &Columns) -> Vec<usize> {
    let further = columns.further().iter().map(String::as_str);
    let names = CONDITIONS.into_iter().chain(further);
    names.filter_map(|name| columns.index(name)).collect()
}

/// Columns of the conditions of a group.
const CONDITIONS: [&str; 3] = ["T_C", "p_GPa", "t_s"];

fn of_group(group: Group) -> Option<Critical> {
    let mut own = group.entries;
    own.sort_by(|a, b| a.diameter.total_cmp(&b.diameter));
    own.dedup_by(|a, b| a.diameter == b.diameter);
    if own.len() < 2 {
        return None;
    }
    let points: Vec<Point> = (own.iter())
        .filter_map(|e| {
            Some(Point {
                diameter: e.diameter * NANOMETRE,
                normalised: e.normalised? * NORMALISED,
                relative_sigma: e.error,
            })
        })
        .collect();
    let found = transition(&points);
    let crossing = match found.verdict {
        Verdict::Crossing {
            diameter,
            log_sigma,
        } => Some([1.0, log_sigma].map(|factor| factor * diameter / NANOMETRE)),
        _ => None,
    };
    let condition = |k: usize| group.cells[k].parse().ok();
    Some(Critical {
        conditions: [condition(0), condition(1), condition(2)],
        point: group.point,
        diameters: own.len(),
        span: [own[0].diameter, own[own.len() - 1].diameter],
        shares: [own[0].share, own[own.len() - 1].share],
        lengths: group.lengths,
        laws: [found.diffusion, found.flow],
        equal_volumes: equal_volumes(&own),
        crossing,
        further: group.cells[3..].to_vec(),
    })
}

/// Where the layer's share falls through a half: linear in ln(s/(1 − s)) over ln d, which is nearly a line of slope −3 as
/// Λ ∝ d⁻³. The uncertainty adds how far the parabolas through a third diameter on either side lead away from the line, each of which
/// is the error of the line but for terms of third order, and what the estimated error of the lengths does if it falls on one
/// of the two mechanisms.
fn equal_volumes(own: &[Entry]) -> Option<[f64; 2]> {
    let log = |e: &Entry| (e.diameter.ln(), (e.share / (1.0 - e.share)).ln());
    let k = (own.windows(2)).position(|pair| pair[0].share > 0.5 && pair[1].share <= 0.5)?;
    let ((x, y), (x2, y2)) = (log(&own[k]), log(&own[k + 1]));
    let at = x - y * (x2 - x) / (y2 - y);
    let beside = [k.checked_sub(1), Some(k + 2)];
    let beside = beside.into_iter().flatten();
    let parabolas: Vec<f64> = beside
        .filter_map(|k| own.get(k))
        .map(|third| {
            let (x3, y3) = log(third);
            let second = ((x3 - x2) / (y3 - y2) - (x2 - x) / (y2 - y)) / (y3 - y);
            (second * y * y2).abs()
        })
        .collect();
    // Both sides, or one side twice.
    let interpolation = match parabolas.as_slice() {
        [] => 0.0,
        all => 2.0 * all.iter().sum::<f64>() / all.len() as f64,
    };
    let slope = 3.0;
    let solver = own[k]
        .error
        .unwrap_or(0.0)
        .max(own[k + 1].error.unwrap_or(0.0))
        * 2.0
        / slope;
    let nm = at.exp();
    nm.is_finite()
        .then_some([nm, nm * interpolation.hypot(solver)])
}

/// The table of critical diameters. `modelled` gives d_c by Eq. (3) in nm, `stated` what is published with its relative
/// tolerance, for a temperature in °C and a time in s.
pub fn critical_csv(
    all: &[Critical],
    columns: &Columns,
    modelled: impl Fn(f64, f64) -> Option<f64>,
    stated: impl Fn(f64, f64) -> Option<[f64; 2]>,
) -> String {
    let mut header = vec!["T_C", "p_GPa", "t_s"];
    header.extend(columns.further().iter().map(String::as_str));
    header.extend([
        "diameters",
        "d_c_nm",
        "d_c_uncertainty_nm",
        "d_c_crossing_nm",
        "d_c_crossing_uncertainty_nm",
        "d_c_eq3_nm",
        "d_c_stated_nm",
        "d_c_stated_tolerance_nm",
    ]);
    let mut text = header.join(",") + "\n";
    let cell = |value: Option<f64>| value.map_or(String::new(), |v| format!("{v:.4}"));
    for one in all {
        let mut cells = one.cells();
        cells.push(one.diameters.to_string());
        for pair in [one.equal_volumes, one.crossing] {
            cells.extend([cell(pair.map(|p| p[0])), cell(pair.map(|p| p[1]))]);
        }
        let here = one.conditions[0].zip(one.conditions[2]);
        cells.push(cell(here.and_then(|(t, s)| modelled(t, s))));
        let stated = here.and_then(|(t, s)| stated(t, s));
        cells.extend([
            cell(stated.map(|v| v[0])),
            cell(stated.map(|v| v[0] * v[1])),
        ]);
        text += &(cells.join(",") + "\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// d_c of five diameters whose shares a law gives.
    fn found(share: impl Fn(f64) -> f64) -> [f64; 2] {
        let entries: Vec<Entry> = [10.0, 20.0, 40.0, 90.0, 150.0]
            .map(|diameter| Entry {
                diameter,
                share: share(diameter),
                normalised: None,
                error: None,
            })
            .into();
        equal_volumes(&entries).expect("the shares cross a half")
    }

    /// Layer and core in the ratio Λ ∝ d⁻³: exact in ln d, wherever the half lies between the diameters. Linear in d the
    /// crossing at 60 nm would be found at 61 nm, in a neighbouring bracket tens of nm away.
    #[test]
    fn shares_of_a_power_law_cross_exactly() {
        for d_c in [12.0, 30.0, 60.0, 120.0_f64] {
            let [nm, error] = found(|d| 1.0 / (1.0 + (d / d_c).powi(3)));
            assert!((nm / d_c - 1.0).abs() < 1e-12, "{nm} instead of {d_c}");
            assert!(error < 1e-9, "{error}");
        }
    }

    /// With a core that gains less with d than d³ the interpolation errs, and says by how much.
    #[test]
    fn the_interval_covers_shares_that_are_no_power_law() {
        for d_c in [15.0, 30.0, 60.0, 100.0_f64] {
            let ratio = |d: f64| (d / d_c).powi(3) * (2.0 * d_c / (d + d_c)).powi(2);
            let [nm, error] = found(|d| 1.0 / (1.0 + ratio(d)));
            assert!((nm - d_c).abs() < error, "{nm} ± {error} instead of {d_c}");
            // And is no wider than it need be to be of use.
            assert!(error < 0.1 * d_c, "{error}");
        }
    }
}
