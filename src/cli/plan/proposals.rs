//! What a table of lengths leaves unidentifiable, and which experiments would fix it.

use super::written::known_to;
use super::{Known, asked, short, spoken};
use crate::physics::constants::celsius;
use crate::planning::{At, Candidate, Knowledge, Limit, Readings, Target, plan};

/// A number that the lengths do not fix.
pub(super) struct Unidentified {
    pub target: Target,
    reason: String,
}

/// Most experiments for one number.
const MOST: usize = 8;
/// Standard deviation at which a number counts as fixed, in plausible widths: well within the one at which `calibrate` gives it.
const FIXED: f64 = 0.3;

/// What `calibrate` gives no number for.
pub(super) fn unidentified(known: &Known) -> Vec<Unidentified> {
    let mut open = Vec::new();
    for one in &known.found.temperatures {
        let numbers = [
            (one.ln_viscosity, At::Viscosity),
            (one.ln_conductivity, At::LayerConductivity),
        ];
        for (number, what) in numbers {
            if number.is_none() {
                let told = one.missing.iter().find(|why| match what {
                    At::Viscosity => why.starts_with('η'),
                    _ => why.contains("δD_I"),
                });
                let reason = match told {
                    Some(why) => why.clone(),
                    None => format!(
                        "the lengths at {} °C do not fix it",
                        short(celsius(one.temperature))
                    ),
                };
                open.push(Unidentified {
                    target: Target::At(what, one.temperature, one.time),
                    reason,
                });
            }
        }
    }
    for one in known
        .found
        .temperatures
        .iter()
        .filter(|one| !one.rivals.is_empty())
    {
        open.push(Unidentified {
            target: Target::At(At::CriticalDiameter, one.temperature, one.time),
            reason: "these lengths have two readings".to_owned(),
        });
    }
    let laws = [&known.found.viscosity, &known.found.interface];
    for kept in laws.into_iter().flatten().flat_map(|law| &law.kept) {
        open.push(Unidentified {
            target: Target::Number(kept.key),
            reason: kept.reason.clone(),
        });
    }
    open
}

/// Of each what would fix it, in lines.
pub(super) fn lines(
    open: &[Unidentified],
    known: &Knowledge,
    candidates: &[Candidate],
    readings: &Readings,
) -> Vec<String> {
    if open.is_empty() {
        return Vec::new();
    }
    let mut lines = vec!["what the lengths leave unidentifiable, each by itself:".to_owned()];
    for one in open {
        let [name, _] = asked::names(&one.target);
        lines.push(format!("  {name} ({})", one.reason));
        let limit = Limit {
            count: MOST,
            hours: f64::INFINITY,
        };
        let Some(made) = plan(known, candidates, &[one.target], limit, readings) else {
            continue;
        };
        let width = one.target.width();
        let enough = (made.steps.iter()).position(|step| step.deviations[0] <= FIXED * width);
        let last = match enough {
            Some(place) => place + 1,
            None => made.steps.len(),
        };
        let mut told: Vec<(String, usize)> = Vec::new();
        for step in &made.steps[..last] {
            let text = spoken(&candidates[step.candidate]);
            match told.iter_mut().find(|(other, _)| *other == text) {
                Some((_, count)) => *count += 1,
                None => told.push((text, 1)),
            }
        }
        let told: Vec<String> = told
            .into_iter()
            .map(|(text, count)| {
                if count == 1 {
                    text
                } else {
                    format!("{count} × ({text})")
                }
            })
            .collect();
        let deviation = match last {
            0 => made.before[0],
            last => made.steps[last - 1].deviations[0],
        };
        let known_to = known_to(&one.target, deviation);
        lines.push(match (enough, deviation < width, told.is_empty()) {
            (Some(_), ..) => format!("    would be known {known_to} by {}", told.join("; ")),
            (None, true, false) => format!(
                "    would be known {known_to} by {}; more experiments in these lists say little",
                told.join("; ")
            ),
            (None, true, true) => format!(
                "    no experiment in these lists says more than what is plausible anyway ({known_to})"
            ),
            (None, false, _) => format!(
                "    no experiment in these lists fixes it ({known_to} at best): wider lists of temperatures, times or diameters may"
            ),
        });
    }
    lines
}
