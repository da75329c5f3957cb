//! L/√(pt) over the diameter with the two laws, in the manner of Fig. 5.

use super::{Critical, Drawn, Scene, files, listed, press, spoken};
use crate::output::{OutputError, ScatterPlot, ScatterSeries, scatter_plot};
use crate::physics::constants::{NANOMETRE, NORMALISED};
use crate::scaling::Law;
use crate::sweep::report::gather::Sample;

/// Most groups in the picture.
const MOST_GROUPS: usize = 7;
/// Most points of a group in the picture.
const MOST_POINTS: usize = 40;
/// How far the laws are drawn beyond their crossing, as a factor on the diameter.
const BEYOND: f64 = 1.3;

/// A group and its points.
type Group<'a> = (&'a Critical, &'a Vec<Sample>);

/// The groups that are drawn: evenly chosen, the first and the last among them.
pub(in crate::sweep::report) fn choose(criticals: &[Critical]) -> Vec<&Critical> {
    let count = criticals.len().min(MOST_GROUPS);
    let last = criticals.len().saturating_sub(1);
    (0..count)
        .map(|k| &criticals[(k * last + (count - 1) / 2) / (count - 1).max(1)])
        .collect()
}

/// Draws the picture; or says why not.
pub(super) fn draw(scene: &Scene) -> Result<Result<Drawn, String>, OutputError> {
    if scene.chosen.is_empty() {
        return Ok(Err("no temperature and press has two diameters".into()));
    }
    // The hottest first, as in the paper; they stand highest in the picture.
    let mut groups: Vec<Group> = (scene.chosen.iter().copied())
        .zip(&scene.found.series)
        .filter(|(_, points)| points.iter().any(|p| p.1 > 0.0))
        .collect();
    groups.sort_by(|a, b| {
        let celsius = |group: &Critical| group.conditions[0].unwrap_or(f64::NAN);
        celsius(b.0).total_cmp(&celsius(a.0))
    });
    let Some(first) = groups.first().map(|(group, _)| *group) else {
        let reason = "there is no L/√(pt): the pressure follows a schedule, or nothing grew";
        return Ok(Err(reason.into()));
    };
    let equal = |k: usize| (groups.iter()).all(|(one, _)| one.conditions[k] == first.conditions[k]);
    let same = [equal(0), equal(1), equal(2)];
    let series = groups.iter().map(|(group, points)| ScatterSeries {
        label: label(scene, group, same),
        points: thinned(points),
        curves: laws(group),
        ..ScatterSeries::default()
    });
    let diamonds = groups.iter().filter_map(|(group, _)| {
        let [at, _] = group.crossing?;
        let height = group.laws[1]?.normalised(at * NANOMETRE) / NORMALISED;
        Some((at, height))
    });
    let of_all = |k: usize| first.conditions[k].filter(|_| same[k]);
    let shared = press(of_all(1), of_all(2));
    let model = scene.plan.model().name();
    let shared = if shared.is_empty() {
        shared
    } else {
        format!("{shared}; ")
    };
    let plot = ScatterPlot {
        title: format!("{}: normalised length over the diameter", scene.plan.name()),
        subtitle: format!(
            "{model} model; {shared}lines: laws L ~ d and L ~ d^(-1/2), diamonds: their crossing, d_c"
        ),
        axes: ["diameter d (nm)".into(), "L/√(pt) (nm/√(GPa·s))".into()],
        series: series.collect(),
        diamonds: diamonds.collect(),
        ..ScatterPlot::default()
    };
    let [png, svg] = files(scene.folder, "lengths");
    scatter_plot(&png, &svg, &plot)?;
    let all = scene.criticals.len();
    let chosen = match all > MOST_GROUPS {
        true => format!(
            "{} of {all} temperatures and presses, evenly chosen. ",
            groups.len()
        ),
        false => String::new(),
    };
    let thin = match groups.iter().any(|(_, points)| points.len() > MOST_POINTS) {
        true => "Of many diameters some are shown, the laws are fitted to all. ",
        false => "",
    };
    let estimated = groups
        .iter()
        .any(|(_, points)| points.iter().any(|p| p.2 > 0.0));
    let bars = if estimated {
        "; bars: estimated discretisation error"
    } else {
        ""
    };
    Ok(Ok(Drawn {
        name: "lengths".into(),
        title: "Lengths over the diameter".into(),
        computed: format!(
            "L/√(pt) by the {model} model (points{bars}). {chosen}{thin}Lines: the power laws of viscous \
             flow, L ∝ d (Eq. 1), and of interface diffusion, L ∝ d^(−1/2) (Eq. 2), fitted to the points of either regime; \
             diamonds: where they cross, which is how the paper reads d_c off its Fig. 5. A group without a diamond shows one \
             regime only.{}",
            unmolded(scene, &groups)
        ),
        stated: stated(scene, &groups),
    }))
}

/// What to say where next to nothing grew.
fn unmolded(scene: &Scene, groups: &[Group]) -> &'static str {
    let initial = |group: &Critical| {
        let loaded = scene.plan.case(group.point).ok()?;
        Some(loaded.case.initial_length() / NANOMETRE)
    };
    let barely = |group: &Critical| initial(group).is_some_and(|nm| group.lengths[0] < 1.5 * nm);
    match groups.iter().any(|(group, _)| barely(group)) {
        true => {
            " Where next to nothing grows, L is the initial length of the case; if that goes with d, it is no law of flow."
        }
        false => "",
    }
}

/// What is published about the groups of the picture.
fn stated(scene: &Scene, groups: &[Group]) -> String {
    let found: Vec<String> = (groups.iter())
        .filter_map(|(group, _)| {
            let [celsius, time] = [group.conditions[0]?, group.conditions[2]?];
            let mut all = scene.stated.iter();
            let one = all.find(|one| one.celsius == celsius && one.time == time)?;
            let (d, at) = (spoken(one.diameter), spoken(celsius));
            Some(format!("{d} nm at {at} °C"))
        })
        .collect();
    match found.is_empty() {
        true => String::new(),
        false => format!("d_c = {} ({}).", listed(&found), scene.source),
    }
}

/// Whole nanometres, and tenths below ten.
fn spoken_short(nm: f64) -> String {
    match nm {
        nm if nm < 10.0 => format!("{nm:.1}"),
        nm => format!("{nm:.0}"),
    }
}

/// What tells a group from the others, and its d_c.
fn label(scene: &Scene, group: &Critical, same: [bool; 3]) -> String {
    let [celsius, pressure, time] = group.conditions;
    let mut parts: Vec<String> = celsius
        .map(|t| format!("{} °C", spoken(t)))
        .into_iter()
        .collect();
    let press = press(pressure.filter(|_| !same[1]), time.filter(|_| !same[2]));
    if !press.is_empty() {
        parts.push(press);
    }
    for (key, value) in scene.plan.columns().further().iter().zip(&group.further) {
        let short = key.rsplit('.').next().unwrap_or(key);
        parts.push(format!("{short} {value}"));
    }
    let crossing = group
        .crossing
        .map(|[at, _]| format!(": d_c {} nm", spoken_short(at)));
    parts.join(", ") + &crossing.unwrap_or_default()
}

/// The laws of a group, each on its side of the crossing and a little beyond.
fn laws(group: &Critical) -> Vec<Vec<(f64, f64)>> {
    let [first, last] = group.span;
    let crossing = group.crossing.map(|[at, _]| at);
    let laws = group.laws.iter().flatten().map(|law| {
        let ends = match (law.law, crossing) {
            (Law::Diffusion, Some(at)) => [first, (BEYOND * at).min(last)],
            (Law::Flow, Some(at)) => [(at / BEYOND).max(first), last],
            (_, None) => [first, last],
        };
        ends.map(|nm| (nm, law.normalised(nm * NANOMETRE) / NORMALISED))
            .to_vec()
    });
    laws.collect()
}

/// Not more points than can be told apart, evenly chosen, the last among them; those that a logarithmic axis can show.
fn thinned(points: &[Sample]) -> Vec<Sample> {
    let shown: Vec<_> = points.iter().copied().filter(|p| p.1 > 0.0).collect();
    let step = shown.len().div_ceil(MOST_POINTS).max(1);
    shown.iter().rev().step_by(step).rev().copied().collect()
}
