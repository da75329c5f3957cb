//! What `nanomold plan` writes: report, tables and plots.

use super::{PLAN, Plan, asked, short, spoken};
use crate::cli::failure::Failure;
use crate::cli::folder::{ReportFolder, cell};
use crate::output::{Chart, Series, SeriesLook};
use crate::physics::constants::{GIGAPASCAL, NANOMETRE, celsius};
use crate::planning::{self, At, Candidate, Knowledge, Target};

/// Standard deviations of a 95 % interval.
const REACH_95: f64 = 1.959_964;
/// Factor from which an interval is told as one, and not in per cent.
const FACTOR: f64 = 1.5;
/// Lines of a chart that can be told apart.
const MOST_LINES: usize = 5;

/// How well a target is known whose standard deviation (in fitting units) this is.
pub(super) fn known_to(target: &Target, deviation: f64) -> String {
    let reach = REACH_95 * deviation;
    match (target, reach.exp()) {
        (target, factor) if target.is_logarithmic() => match factor {
            factor if factor < FACTOR => format!("to ± {} %", short_two(100.0 * (factor - 1.0))),
            factor if factor > 1e4 => "within more than a factor 10 000".to_owned(),
            factor => format!("within a factor {}", short_two(factor)),
        },
        _ => format!("to ± {}", short_two(reach)),
    }
}

fn short_two(value: f64) -> String {
    crate::calibrate::material_file::digits(value, 2)
}

/// A value with its unit.
fn value(target: &Target, known: &Knowledge) -> String {
    let value = target.value(&known.material);
    match target {
        Target::At(At::CriticalDiameter, ..) => format!("{} nm", short(value / NANOMETRE)),
        Target::At(At::Viscosity, ..) => format!("{} Pa·s", short(value)),
        Target::At(At::LayerConductivity, ..) => format!("{} m³/s", short(value)),
        Target::Number(key) => format!("{} ({})", short(value), key.path),
    }
}

/// The report.
pub(super) fn lines(
    known: &Knowledge,
    candidates: &[Candidate],
    targets: &[Target],
    made: &planning::Plan,
    impossible: usize,
) -> Vec<String> {
    let mut lines = vec![format!(
        "{}: {} experiments are possible{}; 95 % intervals, expected by linear propagation",
        known.material.name,
        candidates.len(),
        match impossible {
            0 => String::new(),
            count => format!(" ({count} more would make no wire that can be measured)"),
        }
    )];
    lines.push("asked for, and known now:".to_owned());
    for (target, deviation) in targets.iter().zip(&made.before) {
        let [name, _] = asked::names(target);
        lines.push(format!(
            "  {name} = {}, {}",
            value(target, known),
            known_to(target, *deviation)
        ));
    }
    if made.steps.is_empty() {
        lines.push("no experiment in these lists says anything of it".to_owned());
        return lines;
    }
    lines.push("the plan, what says most for its cost first:".to_owned());
    let (mut hours, mut cost) = (0.0, 0.0);
    let costs = candidates.iter().any(|one| one.cost != one.hours);
    for (place, step) in made.steps.iter().enumerate() {
        let one = &candidates[step.candidate];
        hours += one.hours;
        cost += one.cost;
        let told = (targets.iter().zip(&step.deviations)).map(|(target, deviation)| {
            let [name, _] = asked::names(target);
            format!("{name} {}", known_to(target, *deviation))
        });
        let told: Vec<String> = told.collect();
        let spent = match costs {
            true => format!(", {} in all", short(cost)),
            false => String::new(),
        };
        lines.push(format!(
            "  {:>2}. {}: L ≈ {} nm, {} bits; {} h so far{spent}: {}",
            place + 1,
            spoken(one),
            short_two_digits(one.row.length / NANOMETRE),
            short_two(step.bits),
            short(hours),
            told.join(", ")
        ));
    }
    lines
}

fn short_two_digits(value: f64) -> String {
    crate::calibrate::material_file::digits(value, 3)
}

/// Writes the plan, what each step is expected to say, and the plots.
pub(super) fn files(
    folder: &ReportFolder,
    asked: &Plan,
    candidates: &[Candidate],
    targets: &[Target],
    made: &planning::Plan,
) -> Result<(), Failure> {
    let mut header = vec!["d_nm", "T_C", "p_GPa", "t_s", "L_nm", "sd_nm", "n"];
    let printed = asked.initial_aspect_ratio > 0.0;
    let (spread, biased) = (asked.diameter_spread > 0.0, asked.diameter_bias > 0.0);
    header.extend(printed.then_some("L0_nm"));
    header.extend(spread.then_some("sd_d_nm"));
    if biased {
        header.extend(["bias_d_nm", "mold"]);
    }
    header.push("note");
    let (mut rows, mut says) = (Vec::new(), Vec::new());
    let (mut hours, mut cost) = (0.0, 0.0);
    for (place, step) in made.steps.iter().enumerate() {
        let one = &candidates[step.candidate];
        let molding = &one.row.molding;
        hours += one.hours;
        cost += one.cost;
        let nm = molding.diameter / NANOMETRE;
        let press = [
            nm,
            celsius(molding.temperature),
            one.row.applied_pressure / GIGAPASCAL,
            molding.time,
        ]
        .map(cell);
        let mut row = press.to_vec();
        // To be filled in.
        row.extend(vec![String::new(); 3]);
        row.extend(printed.then(|| cell(molding.initial_length / NANOMETRE)));
        row.extend(spread.then(|| cell(asked.diameter_spread * nm)));
        if biased {
            row.extend([cell(asked.diameter_bias * nm), format!("d{}", cell(nm))]);
        }
        row.push(format!(
            "experiment {}: {} nm expected",
            place + 1,
            short_two_digits(one.row.length / NANOMETRE)
        ));
        rows.push(row);
        let mut told = vec![(place + 1).to_string()];
        told.extend(press);
        let expected = [one.row.length, one.row.sigma.unwrap_or(0.0)];
        told.extend(expected.map(|length| cell(length / NANOMETRE)));
        told.extend([one.hours, hours, cost, step.bits].map(cell));
        told.extend(step.deviations.iter().map(|deviation| cell(*deviation)));
        says.push(told);
    }
    folder.table(PLAN, &header, &rows)?;
    let mut header: Vec<String> = [
        "experiment",
        "d_nm",
        "T_C",
        "p_GPa",
        "t_s",
        "L_expected_nm",
        "sigma_expected_nm",
        "hours",
        "hours_so_far",
        "cost_so_far",
        "bits",
    ]
    .map(str::to_owned)
    .to_vec();
    header.extend(
        targets
            .iter()
            .map(|target| format!("sd_{}", asked::names(target)[1])),
    );
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    folder.table("expected.csv", &header, &says)?;
    folder.chart("expected", &expected(candidates, targets, made))?;
    folder.chart("information", &information(candidates, made))?;
    Ok(())
}

/// The standard deviations of the targets over the hours.
fn expected(candidates: &[Candidate], targets: &[Target], made: &planning::Plan) -> Chart {
    let line = |index: usize| {
        let scaled = |deviation: f64| deviation / targets[index].width();
        let mut hours = 0.0;
        let mut points = vec![(0.0, scaled(made.before[index]))];
        for step in &made.steps {
            hours += candidates[step.candidate].hours;
            points.push((hours, scaled(step.deviations[index])));
        }
        let [name, _] = asked::names(&targets[index]);
        Series::new(name, SeriesLook::Line(index), points)
    };
    Chart {
        title: "what is asked for, as the plan goes on".to_owned(),
        subtitle: "1: nothing is known (a factor e at a temperature; for numbers of the laws docs/calibration.md)".to_owned(),
        x_label: "hours of the press".to_owned(),
        y_label: "standard deviation (plausible widths)".to_owned(),
        y_logarithmic: true,
        series: (0..targets.len().min(MOST_LINES)).map(line).collect(),
        ..Chart::default()
    }
}

/// What a pore of each diameter would say per hour or cost, by the best press for it.
fn information(candidates: &[Candidate], made: &planning::Plan) -> Chart {
    let last = made.steps.len().saturating_sub(1);
    let mut places = vec![0, last / 2, last];
    places.dedup();
    let line = |(series, &place): (usize, &usize)| {
        let mut points: Vec<(f64, f64)> = Vec::new();
        for (one, rate) in candidates.iter().zip(&made.steps[place].rates) {
            let nm = one.row.molding.diameter / NANOMETRE;
            match points.iter_mut().find(|point| point.0 == nm) {
                Some(point) => point.1 = point.1.max(*rate),
                None => points.push((nm, *rate)),
            }
        }
        Series::new(
            format!("experiment {}", place + 1),
            SeriesLook::Line(series),
            points,
        )
    };
    let costs = candidates.iter().any(|one| one.cost != one.hours);
    Chart {
        title: "what a length would say of what is asked for".to_owned(),
        subtitle: "each diameter in the best press for it".to_owned(),
        x_label: "pore diameter d (nm)".to_owned(),
        y_label: match costs {
            true => "bits per cost".to_owned(),
            false => "bits per hour".to_owned(),
        },
        x_logarithmic: true,
        series: match made.steps.is_empty() {
            true => Vec::new(),
            false => places.iter().enumerate().map(line).collect(),
        },
        ..Chart::default()
    }
}
