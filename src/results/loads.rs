//! The largest loads of a run in `run.json` and in words.

use crate::output::{LoadRecord, LoadRecords, PressureShares};
use crate::physics::constants::{GIGAPASCAL, NANOMETRE};
use crate::simulation::{LargestLoads, Load, Spent};

/// The loads as `run.json` has them; `has_scale` where the material gives an activation volume.
pub(super) fn records(largest: &LargestLoads, has_scale: bool) -> LoadRecords {
    let record = |load: &Load| LoadRecord {
        wall_shear_stress_GPa: load.wall_stress / GIGAPASCAL,
        wall_shear_rate_per_s: load.wall_rate,
        shear_per_relaxation: load.shear_per_relaxation,
        stress_ratio: has_scale.then_some(load.stress_ratio),
        time_s: load.time,
        length_nm: load.length / NANOMETRE,
    };
    LoadRecords {
        largest_stress: record(&largest.stress),
        largest_shear: record(&largest.shear),
        largest_ratio: record(&largest.ratio),
    }
}

/// Where the pressure goes, as `run.json` has it.
pub(super) fn shares(spent: Spent) -> PressureShares {
    let Spent { mouth, pore, front } = spent;
    PressureShares { mouth, pore, front }
}

/// Where the pressure goes, in a sentence.
pub(super) fn describe_spent(spent: &Spent) -> String {
    let [mouth, pore, front] = [spent.mouth, spent.pore, spent.front].map(|share| 100.0 * share);
    format!(
        "of the applied pressure above the gas's {mouth:.1} % are spent on the way to the mouth, {pore:.1} % in the pore, {front:.1} % at the front"
    )
}

/// The loads in a sentence.
pub fn describe(largest: &LargestLoads, has_scale: bool) -> String {
    let stress = &largest.stress;
    let ratio = match has_scale {
        true => format!(", {:.2} τ₀", largest.ratio.stress_ratio),
        false => String::new(),
    };
    format!(
        "largest wall shear stress {:.3} GPa{ratio} after {:.4} s at L = {:.1} nm; largest shear in a relaxation time γ̇τ_B = {:.3e}",
        stress.wall_stress / GIGAPASCAL,
        stress.time,
        stress.length / NANOMETRE,
        largest.shear.shear_per_relaxation
    )
}
