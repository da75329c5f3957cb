//! What a calibration says, as text.

use super::calibration::{Calibration, Estimate};
use super::data::Measurements;
use super::full::Scaled;
use super::least_squares::Combination;
use super::material_file::{Entry, Range, digits};
use super::parameters::{ETA, Key, MaterialFit, TAU_G};
use super::readings::Readings;
use super::statistics::chance_of_less;
use super::temperature::TemperatureFit;
use crate::experiments::{Experiments, same_temperature};
use crate::materials::{Material, ViscosityConvention};
use crate::physics::constants::{NANOMETRE, celsius};

/// χ² per degree of freedom above this says that a law, or the stated σ, does not describe the data.
const POOR: f64 = 3.0;

/// A chain that is worth fewer independent samples than this knows the ends of a 95 % interval to a fifth of its width or worse.
const FEW_SAMPLES: f64 = 60.0;

/// A sum of squares whose chance of being as small is below this says that the stated σ are too large.
const FEW: f64 = 1e-3;

/// `value [low, high]` with the factor `unit` divided out.
fn interval(estimate: &Estimate, unit: f64) -> String {
    let [low, high] = estimate.interval;
    format!(
        "{} [{}, {}]",
        digits(estimate.value / unit, 4),
        match low > 0.0 {
            true => digits(low / unit, 3),
            false => "open".to_owned(),
        },
        match high.is_finite() {
            true => digits(high / unit, 3),
            false => "open".to_owned(),
        }
    )
}

/// Temperature in °C of the kink with its standard error in K, for the longest experiment; none where the data do not fix it.
pub fn kink(found: &Calibration) -> Option<[f64; 2]> {
    let law = found
        .viscosity
        .as_ref()
        .filter(|law| law.keys.contains(&TAU_G))?;
    let [at, error] = law.derived(|material| material.bulk_glass_transition(found.longest_time()));
    Some([celsius(at), error])
}

/// The calibration of `data`, which began at `start`, in lines.
pub fn lines(found: &Calibration, data: &Measurements, start: &Material) -> Vec<String> {
    let mut lines = vec![format!(
        "{}: {} lengths at {} temperature{}, read with {}",
        data.name,
        data.rows.len(),
        found.temperatures.len(),
        if found.temperatures.len() == 1 {
            ""
        } else {
            "s"
        },
        found.model
    )];
    lines.push(scatter(found));
    lines.push(format!(
        "each temperature, with {:.0} % intervals of the profile likelihood ({}):",
        100.0 * found.options.confidence,
        match found.convention {
            ViscosityConvention::Apparent =>
                "apparent viscosity: Eq. 1; the Newtonian one is twice that",
            ViscosityConvention::Newtonian =>
                "Newtonian viscosity; the apparent one of Eq. 1 is half of that",
        }
    ));
    for (index, one) in found.temperatures.iter().enumerate() {
        let at = digits(celsius(one.temperature), 6);
        let number = |name: &str, estimate: Option<Estimate>, unit: f64, spoken: &str| {
            estimate.map(|estimate| format!("{name} = {} {spoken}", interval(&estimate, unit)))
        };
        let numbers = [
            number("η", found.viscosity_as_read(index), 1.0, "Pa·s"),
            number("δD_I", found.layer_conductivity(index), 1.0, "m³/s"),
            number("d_c", found.critical_diameter(index), NANOMETRE, "nm"),
        ];
        let text: Vec<String> = numbers.into_iter().flatten().collect();
        lines.push(format!("  {at} °C: {}", text.join(", ")));
        lines.extend(one.rivals.iter().map(|rival| {
            let d_c = found.critical_diameter_of(index, rival.values[0], rival.values[1]).exp();
            format!(
                "    these lengths have a second reading: η = {} Pa·s (Newtonian), δD_I = {} m³/s, d_c = {} nm; the intervals hold both, and lengths in pores of other diameters tell them apart",
                digits(rival.values[0].exp(), 3),
                digits(rival.values[1].exp(), 3),
                digits(d_c / NANOMETRE, 3)
            )
        }));
        lines.extend(
            one.missing
                .iter()
                .map(|why| format!("    not fixed at {at} °C: {why}")),
        );
    }
    lines.extend(draws(found));
    laws(found, start, &mut lines);
    for outlier in &found.outliers {
        let row = &data.rows[outlier.row];
        lines.push(format!(
            "outlier: line {} (d = {} nm, {} °C): L = {} nm is {:.1} standard deviations {} than the others say",
            row.line,
            digits(row.molding.diameter / NANOMETRE, 4),
            digits(celsius(row.molding.temperature), 4),
            digits(row.length / NANOMETRE, 4),
            outlier.studentised.abs(),
            if outlier.studentised < 0.0 { "longer" } else { "shorter" }
        ));
    }
    lines
}

/// Whether anything has no number because the lengths do not fix it.
pub fn leaves_open(found: &Calibration) -> bool {
    let laws = [&found.viscosity, &found.interface];
    let kept = laws.into_iter().flatten().any(|law| !law.kept.is_empty());
    let open = |one: &TemperatureFit| !(one.missing.is_empty() && one.rivals.is_empty());
    kept || found.temperatures.iter().any(open)
}

/// What was left out of the table, and which temperatures were taken as one.
pub fn reading(table: &Experiments) -> Vec<String> {
    let mut lines = table.remarks().to_vec();
    let celsius: Vec<f64> = table.rows().iter().map(|row| row.T_C).collect();
    for (mean, group) in same_temperature(&celsius, table.same_temperature()) {
        let here = group.iter().map(|&index| celsius[index]);
        let low = here.clone().fold(f64::INFINITY, f64::min);
        let high = here.fold(f64::NEG_INFINITY, f64::max);
        if low < high {
            lines.push(format!(
                "{} lengths at {low} to {high} °C are taken as one temperature, {mean} °C (neighbours within {} K)",
                group.len(),
                table.same_temperature()
            ));
        }
    }
    lines
}

/// How many draws of the posterior the laws' intervals come from, and whether its chains are long enough.
fn draws(found: &Calibration) -> Option<String> {
    let (made, asked) = (found.draws.len(), found.options.draws);
    if asked == 0 {
        return None;
    }
    let worth = found.blocks.iter().map(|block| block.chain.independent());
    let short = match worth.fold(f64::INFINITY, f64::min) {
        fewest if fewest < FEW_SAMPLES => format!(
            "; the shortest chain is worth {fewest:.0} independent samples only, more draws make it longer"
        ),
        _ => String::new(),
    };
    let failed = match made == asked {
        true => String::new(),
        false => format!(" (of {asked}; the laws of the others could not be fitted)"),
    };
    Some(format!(
        "{made} draws from the posterior{failed} give the brackets behind the laws{short}; chain.csv holds its samples"
    ))
}

/// How far the full solver's lengths are from those of a flat front, and whether their scales stood still.
pub fn scales(model: &Scaled) -> String {
    let [low, high] = model.range();
    let changes: Vec<String> = model
        .changes
        .iter()
        .map(|one| format!("{one:.1e}"))
        .collect();
    let warning = if model.settled() {
        ""
    } else {
        "warning: not settled: "
    };
    format!(
        "{warning}lengths of the full solver are {low:.3} to {high:.3} times those of a flat front; from round to round these factors changed by {} at most",
        changes.join(", ")
    )
}

/// How much each step from the paper's reading to the solver's physics changes η, δ D_I and d_c, as a table of factors.
pub fn changes(readings: &Readings) -> Vec<String> {
    let mut lines = vec![
        "the same lengths read as the paper does, and what each step to the solver's physics changes:"
            .to_owned(),
    ];
    let mut head = format!("  {:>8}  {:<6}{:>11}", "", "", readings.steps[0].change);
    for step in &readings.steps[1..] {
        head += &format!("{:>13}", step.change);
    }
    lines.push(head + "          all");
    for (index, &temperature) in readings.temperatures.iter().enumerate() {
        let numbers = readings.steps[0].numbers[index];
        let first = [
            ("η", numbers.viscosity, 1.0, "Pa·s"),
            ("δD_I", numbers.layer_conductivity, 1.0, "m³/s"),
            ("d_c", numbers.critical_diameter, NANOMETRE, "nm"),
        ];
        for (quantity, (name, value, unit, spoken)) in first.into_iter().enumerate() {
            let at = match quantity {
                0 => format!("{} °C", digits(celsius(temperature), 6)),
                _ => String::new(),
            };
            let value = value.map_or("–".to_owned(), |value| digits(value / unit, 3));
            let mut line = format!("  {at:>8}  {name:<6}{value:>11}");
            let steps = (1..readings.steps.len()).map(|step| (step - 1, step));
            for (from, to) in steps.chain([(0, readings.last())]) {
                let factor = readings.factors(from, to, index)[quantity];
                let factor = factor.map_or("–".to_owned(), |factor| format!("× {factor:.3}"));
                line += &format!("{factor:>13}");
            }
            lines.push(format!("{line}   {spoken}"));
        }
    }
    lines
}

fn scatter(found: &Calibration) -> String {
    let fits = found.temperatures.iter().filter_map(|one| one.fit.as_ref());
    let freedom: usize = fits.map(|fit| fit.degrees_of_freedom()).sum();
    match (found.reduced_chi_squared, found.scatter.degrees_of_freedom) {
        (Some(chi), _) if chi > POOR => format!(
            "warning: χ² per degree of freedom is {chi:.2}: the stated sigma_nm are too small, or the model does not describe the lengths; the intervals are too narrow"
        ),
        (Some(chi), _) if chance_of_less(chi * freedom as f64, freedom) < FEW => format!(
            "remark: χ² per degree of freedom is {chi:.2}: the lengths scatter far less than the stated errors. Is a scatter of wires given where the error of their mean belongs? Then call the column sd_nm and give the number of wires in a column n; the intervals are too wide"
        ),
        (Some(chi), _) => format!("χ² per degree of freedom of the lengths: {chi:.2}"),
        (None, Some(freedom)) => format!(
            "scatter of the lengths: {} % ({freedom} degrees of freedom)",
            digits(100.0 * found.scatter.value, 3)
        ),
        (None, None) if found.scatter.value == 1.0 => {
            "as many numbers as lengths: the intervals are those of the stated errors".to_owned()
        }
        (None, None) => format!(
            "as many numbers as lengths: a scatter of {} % is assumed",
            100.0 * found.scatter.value
        ),
    }
}

fn laws(found: &Calibration, start: &Material, lines: &mut Vec<String>) {
    lines.push("laws through them:".to_owned());
    for (name, law) in [("viscosity", &found.viscosity), ("δD_I", &found.interface)] {
        let Some(law) = law else {
            lines.push(format!(
                "  {name}: no temperature fixes it, the law keeps its numbers"
            ));
            continue;
        };
        for key in &law.keys {
            if let Some([value, error]) = law.number(*key) {
                let (_, drawn) = found.from_law(|material| key.value(material));
                let drawn = drawn.map_or(String::new(), |[low, high]| {
                    format!(" [{}, {}]", digits(low, 3), digits(high, 3))
                });
                let convention = match start.viscosity.convention {
                    _ if *key != ETA => "",
                    ViscosityConvention::Apparent => ", apparent",
                    ViscosityConvention::Newtonian => ", Newtonian",
                };
                lines.push(format!(
                    "  {} = {} ± {}{drawn}   ({}{convention})",
                    key.symbol,
                    digits(value, 4),
                    digits(error, 2),
                    key.path
                ));
            }
        }
        for kept in &law.kept {
            lines.push(format!(
                "  {} is unidentifiable ({}): it stays at {} from the material",
                kept.key.symbol,
                kept.reason,
                kept.key.value(start)
            ));
        }
        let freedom = law.fit.degrees_of_freedom();
        if freedom > 0 && law.fit.chi_squared() / freedom as f64 > POOR {
            lines.push(format!(
                "  warning: the law of {name} misses its points by {:.1} standard errors (root mean square)",
                (law.fit.chi_squared() / freedom as f64).sqrt()
            ));
        }
    }
    let time = found.longest_time();
    if let Some([at, error]) = kink(found) {
        let calorimetry = celsius(start.bulk_glass_transition(time));
        lines.push(format!(
            "  kink (kinetic glass transition) for {time} s: {at:.1} ± {error:.1} °C; with τ_B(T_g) = {} s of the material it would be {calorimetry:.1} °C there",
            digits(start.bulk_relaxation_time(start.glass_transition()), 4)
        ));
    }
}

/// What goes into the material file: the fitted numbers with how they were found.
pub fn entries(found: &Calibration, data: &str) -> Vec<Entry> {
    let mut entries = Vec::new();
    for law in [&found.viscosity, &found.interface].into_iter().flatten() {
        for key in &law.keys {
            if let Some([value, error]) = law.number(*key) {
                entries.push(entry(*key, value, error, data));
            }
        }
    }
    entries
}

/// The temperatures in °C over which the fitted laws are known.
pub fn ranges(found: &Calibration) -> Vec<Range> {
    let over = |fixed: &dyn Fn(&TemperatureFit) -> bool| -> Option<[f64; 2]> {
        let all = found.temperatures.iter().filter(|one| fixed(one));
        let all: Vec<f64> = all.map(|one| celsius(one.temperature)).collect();
        // Highest first.
        Some([*all.last()?, *all.first()?])
    };
    let viscosity = over(&|one| one.ln_viscosity.is_some()).filter(|_| found.viscosity.is_some());
    let interface =
        over(&|one| one.ln_conductivity.is_some()).filter(|_| found.interface.is_some());
    [("viscosity", viscosity), ("interface", interface)]
        .into_iter()
        .filter_map(|(section, celsius)| {
            Some(Range {
                section,
                celsius: celsius?,
            })
        })
        .collect()
}

/// What goes into the material file after a fit to the facts of `file`. Tolerances count as standard deviations.
pub fn entries_of_facts(found: &MaterialFit, file: &str) -> Vec<Entry> {
    let loose = found.fit.unidentified(1.0);
    let from = format!("facts of {file}");
    let mut entries = Vec::new();
    for &key in &found.keys {
        let Some([value, error]) = found.number(key) else {
            continue;
        };
        let mut entry = entry(key, value, error, &from);
        let named = loose.iter().map(Combination::named);
        let mut valleys = named.filter(|named| named.split(' ').any(|word| word == key.symbol));
        if let Some(valley) = valleys.next() {
            entry.note = format!("calibrate, {from}; they hardly fix {valley}");
        }
        entries.push(entry);
    }
    entries
}

/// A fitted number for a material file; `from` is what it was fitted to.
fn entry(key: Key, value: f64, error: f64, from: &str) -> Entry {
    Entry {
        key,
        value,
        note: format!("calibrate, {from}; standard error {}", digits(error, 2)),
    }
}
