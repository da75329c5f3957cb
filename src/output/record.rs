//! `run.json`: what a result is, how well it is known, and what is needed to reproduce it.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::OutputError;

/// How a run ended. What stands in the record holds up to `time_s`, however it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunStatus {
    /// The case's end was reached, see [`RunRecord::stop`].
    #[default]
    Finished,
    /// Stopped by the user, a signal or the end of its time (`--max-wall`); unfinished, `nanomold resume` goes on.
    Interrupted,
    /// Ended with an error, which `FAILED.txt` repeats; unfinished.
    Failed,
}

/// What ended a run; see [`RunRecord::stop`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunStop {
    /// The molding time of the case was reached.
    Time,
    /// The length at which the case stops was reached.
    Length,
    /// The front met the bottom of the pore.
    Filled,
}

/// What a result says of composition and crystallinity.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CompositionSummary {
    /// Atomic fractions averaged over the cross-section, in the lowest row of the wire.
    pub root: BTreeMap<String, f64>,
    /// The same in the highest row.
    pub tip: BTreeMap<String, f64>,
    /// Length up to which the wire is amorphous (nm); left out where the material does not say how it crystallises.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amorphous_length_nm: Option<f64>,
    /// Share of the wire's volume that is crystalline (0…1); as there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crystalline_share: Option<f64>,
    /// Largest |stored − inflow|/inflow of any element in any step.
    pub element_balance: f64,
    /// Largest difference of D̄/D̄₀ that the coupling of flow and composition left in any step.
    pub uncoupled: f64,
    /// Steps that went on with a larger difference than is wanted.
    pub uncoupled_steps: usize,
}

/// A load on the alloy at one moment of a run.
#[expect(non_snake_case, reason = "keys end in their unit as it is written")]
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct LoadRecord {
    /// Shear stress at the pore's wall (GPa).
    pub wall_shear_stress_GPa: f64,
    /// Shear rate there (1/s).
    pub wall_shear_rate_per_s: f64,
    /// That rate times the bulk's relaxation time (-).
    pub shear_per_relaxation: f64,
    /// τ_w/τ₀ of Eyring's law; left out where the material gives no activation volume.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stress_ratio: Option<f64>,
    /// When (s).
    pub time_s: f64,
    /// Length of the wire then (nm); the load is along its wall.
    pub length_nm: f64,
}

/// Shares of the applied pressure, as far as it is above the gas's (-); together 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PressureShares {
    /// Spent in the feedstock, up to the mouth.
    pub mouth: f64,
    /// In the pore.
    pub pore: f64,
    /// At the front: capillary pressure and, where it is free, what its last radius costs.
    pub front: f64,
}

/// The largest loads of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct LoadRecords {
    /// That of the largest wall shear stress.
    pub largest_stress: LoadRecord,
    /// That of the largest shear in one relaxation time.
    pub largest_shear: LoadRecord,
    /// That of the largest τ_w/τ₀.
    pub largest_ratio: LoadRecord,
}

/// The contents of `run.json`; the fields are the keys.
#[expect(non_snake_case, reason = "keys end in their unit as it is written")]
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// Name of the program.
    pub program: String,
    /// Version of the program.
    pub version: String,
    /// Commit the program was built from; `null` when the build did not know it.
    pub git_hash: Option<String>,
    /// Name of the case.
    pub case: String,
    /// How the run ended.
    pub status: RunStatus,
    /// What ended it; `null` for a run that did not reach its end.
    pub stop: Option<RunStop>,
    /// Why a run did not reach its end; left out where it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_early: Option<String>,
    /// What computed the wire: "full" or "reduced".
    pub model: String,
    /// Final length of the wire (nm): that of a flat wire of equal volume.
    pub length_nm: f64,
    /// Distance from the mold face to the tip, the front on the axis (nm).
    pub tip_length_nm: f64,
    /// Distance from the mold face to the contact line (nm).
    pub contact_length_nm: f64,
    /// Simulated time reached (s).
    pub time_s: f64,
    /// Λ = ηM/R³ at the end (-).
    pub lambda: f64,
    /// Newtonian viscosity at the end (Pa·s).
    pub eta_newtonian_Pa_s: f64,
    /// Viscosity that Eq. (1) of the paper infers from the final length (Pa·s).
    pub eta_apparent_Pa_s: f64,
    /// Share of the transported volume that came through the core (0…1).
    pub core_share: f64,
    /// Share of the transported volume that came through the layer (0…1).
    pub layer_share: f64,
    /// The largest loads on the alloy, each with its moment.
    #[serde(default)]
    pub loads: LoadRecords,
    /// Where the applied pressure goes at the end; left out where the front stands still, where the gas's pressure is not less, in a pore that is no cylinder or has a rounded mouth, and by the reduced model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pressure_shares: Option<PressureShares>,
    /// Estimated relative error of the final length, of the grid and of the time steps together (-); `null` when it was not estimated.
    pub error_estimate: Option<f64>,
    /// Its part from the grid (-).
    pub error_estimate_space: Option<f64>,
    /// Its part from the time steps (-).
    pub error_estimate_time: Option<f64>,
    /// Largest |inflow − core − layer| / inflow of any step (-).
    pub mass_defect: f64,
    /// Composition and crystallinity; left out where the composition is uniform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub composition: Option<CompositionSummary>,
    /// Device that computed, as the user would name it.
    pub device: String,
    /// Driver of the adapter; `null` on the CPU.
    pub driver: Option<String>,
    /// Why the CPU took the device's place in mid-run; `null` if it did not.
    pub device_failure: Option<String>,
    /// Arithmetic of the solver ("f64", "mixed", "f32").
    pub precision: String,
    /// Seconds per kernel in the submissions that were timed, by name; empty on the CPU and where the adapter has no
    /// timestamps.
    pub kernel_s: BTreeMap<String, f64>,
    /// Submissions of work to the device, and how many of them were timed.
    pub submissions: [u64; 2],
    /// Worker threads.
    pub threads: usize,
    /// Cells of the finest grid at the end.
    pub cells: usize,
    /// Accepted time steps.
    pub steps: usize,
    /// Multigrid cycles of the whole run.
    pub total_cycles: usize,
    /// Tolerances in force, by name (-).
    pub tolerances: BTreeMap<String, f64>,
    /// Wall time of the run (s), that before a resume included.
    pub wall_s: f64,
    /// When the run was resumed, UTC, ISO 8601; left out where it never was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resumed_utc: Vec<String>,
    /// Warnings that the user saw.
    pub warnings: Vec<String>,
    /// Start, UTC, ISO 8601.
    pub started_utc: String,
    /// End, UTC, ISO 8601.
    pub finished_utc: String,
}

impl RunRecord {
    /// A record that already names program, version and commit; the rest is empty.
    pub fn new(case: &str) -> Self {
        Self {
            program: env!("CARGO_PKG_NAME").to_string(),
            version: env!("CARGO_PKG_VERSION").to_string(),
            git_hash: git_hash().map(str::to_string),
            case: case.to_string(),
            ..Self::default()
        }
    }

    /// Reads the record of a run folder.
    ///
    /// # Errors
    /// [`OutputError::Io`]; [`OutputError::Format`] when it is none.
    pub fn read(folder: &Path) -> Result<Self, OutputError> {
        let path = folder.join(super::folder::RECORD);
        let text = std::fs::read_to_string(&path).map_err(OutputError::io("read", &path))?;
        serde_json::from_str(&text).map_err(OutputError::format(&path))
    }

    /// The record as indented JSON.
    ///
    /// # Errors
    /// [`OutputError::NotFinite`] naming the key of a NaN or infinity, which JSON would turn into `null`.
    pub fn to_json(&self) -> Result<String, OutputError> {
        let path = std::path::Path::new(super::folder::RECORD);
        let value = serde_json::to_value(self).map_err(OutputError::format(path))?;
        let unknown: &[(&str, bool)] = &[
            ("git_hash", self.git_hash.is_none()),
            ("stop", self.stop.is_none()),
            ("error_estimate", self.error_estimate.is_none()),
            ("error_estimate_space", self.error_estimate.is_none()),
            ("error_estimate_time", self.error_estimate.is_none()),
            ("driver", self.driver.is_none()),
            ("device_failure", self.device_failure.is_none()),
        ];
        for (key, value) in value.as_object().into_iter().flatten() {
            let meant = unknown
                .iter()
                .any(|(name, is_none)| name == key && *is_none);
            if value.is_null() && !meant {
                return Err(OutputError::NotFinite { what: key.clone() });
            }
        }
        if let Some((name, _)) = self.tolerances.iter().find(|(_, v)| !v.is_finite()) {
            let what = format!("tolerances.{name}");
            return Err(OutputError::NotFinite { what });
        }
        // Straight from the struct, so that the keys keep its order.
        let text = serde_json::to_string_pretty(self).map_err(OutputError::format(path))?;
        Ok(text + "\n")
    }
}

/// The commit this program was built from, where the build knew it.
pub fn git_hash() -> Option<&'static str> {
    option_env!("NANOMOLD_GIT_HASH").filter(|hash| !hash.is_empty())
}

/// A time as UTC to the second, ISO 8601: `2026-11-23T00:14:05Z`. Times before 1970 read as 1970.
pub fn utc_timestamp(time: SystemTime) -> String {
    let seconds = time
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    let (year, month, day) = civil_date(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// Days since 1970-01-01 to (year, month, day) of the Gregorian calendar.
///
/// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`: years begin on 1 March, so that
/// the leap day is the last of its year; an era is 400 years = 146 097 days.
fn civil_date(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    (year, month, day)
}
