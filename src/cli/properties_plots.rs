//! The plots of `nanomold properties`.

use crate::calibrate::facts::FactFile;
use crate::materials::{BULK, INTERFACE, LawRange, Material, VISCOSITY};
use crate::output::{Chart, Mark, Series, SeriesLook};
use crate::physics::constants::{NANOMETRE, celsius, kelvin};

/// Relaxation times and viscosities of an equilibrium that takes longer than this many seconds are not drawn: the age of the
/// universe is 4e17 s.
const LONGEST: f64 = 1e18;

/// Viscosity, diffusivities, d_c and relaxation times over the temperatures `grid` (°C), for experiments of `time` (s).
pub(super) fn charts(
    material: &Material,
    grid: &[f64],
    time: f64,
    facts: Option<&FactFile>,
) -> Vec<(&'static str, Chart)> {
    let curve = |label: &str, look, law: &dyn Fn(f64) -> f64| {
        let points = grid.iter().map(|&at| (at, law(kelvin(at))));
        Series::new(
            label,
            look,
            points.filter(|(_, y)| y.is_finite() && *y > 0.0).collect(),
        )
    };
    let equilibrium = |t: f64| material.bulk_relaxation_time(t) < LONGEST;
    let only = |t: f64, value: f64| if equilibrium(t) { value } else { f64::NAN };
    let mark = |at: Option<f64>, label: &str| {
        at.filter(|at| at.is_finite()).map(|at| Mark {
            at: celsius(at),
            label: format!("{label} {:.0} °C", celsius(at)),
        })
    };
    let bulk = mark(
        Some(material.bulk_glass_transition(time)),
        "bulk glass transition",
    );
    let interface = mark(
        material.interface_glass_transition(time),
        "interface glass transition",
    );
    let breakdown = mark(material.stokes_einstein_breakdown(), "breakdown");
    let chart = |title: &str,
                 y_label: &str,
                 series: Vec<Series>,
                 marks: &[&Option<Mark>],
                 laws: &[&str]| Chart {
        title: format!("{}: {title}", material.name),
        subtitle: format!("experiments of {time} s{}", known_of(material, laws)),
        shaded: extrapolated(material, laws),
        x_label: "temperature T (°C)".to_owned(),
        y_label: y_label.to_owned(),
        x_logarithmic: false,
        y_logarithmic: true,
        series,
        marks: marks.iter().filter_map(|mark| (*mark).clone()).collect(),
    };
    let mut diameters = vec![curve("d_c, Eq. (3)", SeriesLook::Main, &|t| {
        material.critical_diameter(t, time) / NANOMETRE
    })];
    diameters.extend(
        facts
            .map(stated_diameters)
            .filter(|one| !one.points.is_empty()),
    );
    vec![
        (
            "viscosity",
            chart(
                "viscosity",
                "viscosity η (Pa·s)",
                vec![
                    curve("newtonian", SeriesLook::Main, &|t| {
                        material.newtonian_viscosity(t, time)
                    }),
                    curve("apparent (Eq. 1, half of it)", SeriesLook::Line(0), &|t| {
                        material.apparent_viscosity(t, time)
                    }),
                    curve(
                        &format!("newtonian, equilibrium ({})", material.viscosity.law.name()),
                        SeriesLook::Line(1),
                        &|t| only(t, material.equilibrium_newtonian_viscosity(t)),
                    ),
                ],
                &[&bulk],
                &[VISCOSITY],
            ),
        ),
        (
            "interface_diffusivity",
            chart(
                "interface diffusivity",
                "1/D_I (s/m²)",
                vec![curve("1/D_I", SeriesLook::Main, &|t| {
                    1.0 / material.interface_diffusivity(t)
                })],
                &[&interface],
                &[INTERFACE],
            ),
        ),
        (
            "critical_diameter",
            chart(
                "critical diameter",
                "critical diameter d_c (nm)",
                diameters,
                &[&bulk],
                &[VISCOSITY, INTERFACE],
            ),
        ),
        (
            "relaxation",
            chart(
                "relaxation times",
                "relaxation time (s)",
                vec![
                    curve("bulk τ_B", SeriesLook::Main, &|t| {
                        only(t, material.bulk_relaxation_time(t))
                    }),
                    curve("interface τ_I = τ_B D_B/D_I", SeriesLook::Line(0), &|t| {
                        only(t, material.interface_relaxation_time(t))
                    }),
                    curve("duration of the experiment", SeriesLook::Line(2), &|_| time),
                ],
                &[&bulk, &interface],
                &[VISCOSITY, INTERFACE, BULK],
            ),
        ),
        (
            "bulk_diffusivity",
            chart(
                "bulk diffusivity",
                "diffusivity (m²/s)",
                vec![
                    curve("D_B (Arrhenius)", SeriesLook::Main, &|t| {
                        material.bulk_diffusivity(t)
                    }),
                    curve("Stokes–Einstein", SeriesLook::Line(0), &|t| {
                        only(t, material.stokes_einstein_diffusivity(t))
                    }),
                ],
                &[&breakdown],
                &[VISCOSITY, BULK],
            ),
        ),
    ]
}

/// The laws of `material` that a chart shows, of those that it has.
fn shown<'a>(material: &Material, laws: &'a [&str]) -> impl Iterator<Item = LawRange> + 'a {
    let ranges = material.law_ranges();
    ranges.into_iter().filter(|range| laws.contains(&range.law))
}

/// Temperatures in °C at which one of `laws` is extrapolated.
fn extrapolated(material: &Material, laws: &[&str]) -> Vec<[f64; 2]> {
    let ends = shown(material, laws).filter_map(|range| range.celsius);
    let [low, high] = ends.fold([f64::NEG_INFINITY, f64::INFINITY], |[a, b], [low, high]| {
        [a.max(low), b.min(high)]
    });
    vec![[f64::NEG_INFINITY, low], [high, f64::INFINITY]]
}

/// What a chart of `laws` says of how well they are known.
fn known_of(material: &Material, laws: &[&str]) -> String {
    let mut text = String::new();
    if shown(material, laws).any(|range| range.celsius.is_some()) {
        text += "; grey: extrapolated";
    }
    let assumed: Vec<&str> = shown(material, laws)
        .filter(|range| range.assumed)
        .map(|range| range.law)
        .collect();
    if !assumed.is_empty() {
        text += &format!("; numbers of {} are assumed", assumed.join(" and "));
    }
    text
}

/// The stated critical diameters with their tolerances.
fn stated_diameters(file: &FactFile) -> Series {
    let mut series = Series::new("stated", SeriesLook::Points(1), Vec::new());
    for fact in &file.facts.critical_diameter_nm {
        if let (Some(at), Some(value)) = (fact.T_C, fact.value) {
            let tolerance = fact.tolerance.unwrap_or(0.0);
            series.points.push((at, value));
            series
                .bars
                .push((value * (1.0 - tolerance), value * (1.0 + tolerance)));
        }
    }
    series
}
