//! Runs in pores that are no cylinders, with a flat front; those with a free one are in `tests/front/shaped.rs`.

use crate::common::mesh;
use crate::common::shaped::{shaped, solved};
use crate::molding::{ETA, NM, dimensionless, load, off, set};
use crate::written::velocity;
use nanomold::case;
use nanomold::fields::Place;
use nanomold::mesh::WallProfile;
use nanomold::simulation::{Prediction, Simulation};
use std::f64::consts::PI;

/// 2 × flow per radian over the cross-section, dL/dt in units of R and η/p, at a length.
fn speed(wall: &WallProfile, length: f64, lambda: f64) -> f64 {
    let spec = shaped(wall, mesh(4.0, 8.0, 16));
    let (solver, _) = solved(&spec, length, lambda, 1e-7);
    2.0 * solver.flows().total() / wall.radius(length).powi(2)
}

/// Time in η/p from one length to another, by Simpson's rule over dt = dL/speed.
fn time(wall: &WallProfile, from: f64, to: f64, lambda: f64) -> f64 {
    let count = 16;
    let h = (to - from) / f64::from(count);
    let weight = |k: i32| match k {
        0 => 1.0,
        k if k == count => 1.0,
        k if k % 2 == 1 => 4.0,
        _ => 2.0,
    };
    (0..=count)
        .map(|k| weight(k) / speed(wall, from + f64::from(k) * h, lambda))
        .sum::<f64>()
        * h
        / 3.0
}

#[test]
fn a_front_in_a_taper_moves_as_the_flow_and_the_cross_section_say() {
    let (lambda, start) = (1.0 / 32.0, 1.0);
    for wall in [
        WallProfile::Tapered { slope: 0.05 },
        WallProfile::Tapered { slope: -0.05 },
        WallProfile::Wavy {
            amplitude: 0.15,
            period: 5.0,
        },
    ] {
        let mut sets = dimensionless(60.0, lambda, start, 40.0);
        sets.extend(match wall {
            WallProfile::Tapered { slope } => vec![
                set("mesh.wall.profile", "tapered"),
                set("mesh.wall.slope", slope),
            ],
            WallProfile::Wavy { amplitude, period } => vec![
                set("mesh.wall.profile", "wavy"),
                set("mesh.wall.amplitude", amplitude),
                set("mesh.wall.period", period),
            ],
            _ => unreachable!("two kinds of wall are tried"),
        });
        // A pore that narrows for ever is refused.
        sets.push(set("pore.depth_nm", 400));
        let loaded = load(&sets);
        assert_eq!(loaded.mesh.wall, wall);
        let radius = loaded.case.radius();
        let mut simulation = Simulation::new(&loaded).expect("starts");
        while simulation.advance().expect("steps").is_some() {}
        let last = simulation.latest();
        let length = last.length / radius;
        let expected = time(&wall, start, length, lambda);
        // The run's steps are held to 1e-4 of the length, twice that of the time; Simpson's rule on 16 intervals errs by less.
        let (unit, seconds) = (ETA / 1e9, last.conditions.time);
        assert!(
            off(seconds / unit, expected) < 1e-3,
            "{wall:?}: {} against {expected} at L = {length}",
            seconds / unit
        );
        // Negative control: with the cylinder's cross-section the time would be another.
        let cylinder = time(&WallProfile::Straight, start, length, lambda);
        assert!(
            off(expected, cylinder) > 0.02,
            "{expected} against {cylinder}"
        );
        // What arrived fills the pore.
        let arrived: f64 = last.transported.iter().sum();
        let filled = PI * radius.powi(3) * wall.volume(start, length);
        assert!(
            off(arrived, filled) < 1e-9,
            "{arrived:e} against {filled:e}"
        );
    }
}

/// The tip's capillary pressure counts the angle against the wall: in a mold that the alloy wets a narrowing pore draws it in the
/// more the further it has come.
#[test]
fn capillarity_follows_the_wall() {
    let angle = |degrees: f64| {
        load(&[
            set("interface.capillarity", true),
            set("material.capillarity.contact_angle_deg", degrees),
            set("material.capillarity.surface_tension_N_per_m", 1),
            set("pore.diameter_nm", 60),
        ])
    };
    for degrees in [60.0, 140.0_f64] {
        let loaded = angle(degrees);
        for (radius, slope) in [(1.0, 0.0), (0.5, -0.1), (1.5, 0.2_f64)] {
            let found = loaded
                .case
                .tip_pressure_in(&loaded.material, [radius, slope]);
            // −2γ cos(θ + atan R_w′)/R_w.
            let theta = degrees.to_radians() + slope.atan();
            let expected = -2.0 * theta.cos() / (30.0 * NM * radius);
            assert!(
                off(found, expected) < 1e-12,
                "{found:e} against {expected:e}"
            );
        }
    }
}

/// What the fields of a cone say: as much goes through every row, bulk and layer together; in the bulk the flow is Poiseuille's of the
/// radius there, and runs along the lines of constant r/R_w.
#[test]
fn fields_of_a_cone_are_those_of_its_radii() {
    let slope = 0.05;
    let mut sets = dimensionless(60.0, 1e-3, 8.0, 0.1);
    sets.extend([
        set("mesh.wall.profile", "tapered"),
        set("mesh.wall.slope", slope),
        set("pore.depth_nm", 400),
    ]);
    let loaded = load(&sets);
    let radius = loaded.case.radius();
    let mut simulation = Simulation::new(&loaded).expect("a valid case");
    let step = (simulation.advance().expect("the first step"))
        .expect("not the end")
        .clone();
    let inflow = step.core_flow + step.layer_flow;
    let fields = simulation.frame().expect("a flow");
    let across = fields.r.len() - 1;
    let middle = |lines: &[f64], k: usize| 0.5 * (lines[k] + lines[k + 1]);
    let layer = fields.scalars(Place::Layer, "layer_flux").expect("a flux");
    let [rates, shears] = ["strain_rate", "shear_stress"]
        .map(|name| fields.scalars(Place::Cells, name).expect("of cells"));
    let viscosity = step.conditions.scales.newtonian_viscosity;
    // Poiseuille's stress where the wire is narrowest, at its tip.
    let narrow = radius - slope * step.length;
    let stress = 4.0 * viscosity * step.core_flow / (PI * narrow.powi(3));
    // The load is that at the length that was predicted for the step, off by its error.
    assert!(off(step.load().wall_stress, stress) < 1e-4);
    // Along the layer: places as far apart as the wall is long, and what leaves the layer between two of them its flux loses.
    let [arcs, exchange] = ["arc_length", "exchange_velocity"]
        .map(|name| fields.scalars(Place::Layer, name).expect("of the layer"));
    let mut exchanged = 0;
    for k in 1..fields.layer.len() {
        let [from, to] = [fields.layer[k - 1], fields.layer[k]];
        if from[1] < 2.0 * radius || to[1] > step.length - 2.0 * radius {
            continue;
        }
        exchanged += 1;
        let way = (to[0] - from[0]).hypot(to[1] - from[1]);
        let arc = (arcs[k] - arcs[k - 1]) * 1e-9;
        assert!(off(arc, way) < 1e-9, "{arc:e} {way:e}");
        let flow = |k: usize| 2.0 * PI * fields.layer[k][0] * layer[k];
        let mantle = PI * (from[0] + to[0]) * way;
        let gained = 0.5 * (exchange[k] + exchange[k - 1]) * mantle;
        let error = off((flow(k) - flow(k - 1)).abs(), gained.abs());
        assert!(error < 0.03, "{:e}: {error:.1e}", from[1]);
    }
    assert!(exchanged > 20, "{exchanged} pairs were looked at");
    let mut rows = 0;
    for j in 0..fields.z.len() - 1 {
        let (z, width) = (middle(&fields.z, j), middle(&fields.widths, j));
        let expected = if z > 0.0 {
            1.0 - slope * z / radius
        } else {
            1.0
        };
        assert!((width - expected).abs() < 1e-12, "{z:e}: {width}");
        if z < 0.0 {
            continue;
        }
        let mut flux = 0.0;
        for i in (0..across).filter(|i| fields.active[j * across + i]) {
            let ring = PI * (fields.r[i + 1].powi(2) - fields.r[i].powi(2)) * width * width;
            flux += ring * velocity(&fields)[j * across + i][2];
        }
        let [at, beside] = (fields.layer.iter().zip(layer))
            .map(|(place, flux)| [place[1] - z, 2.0 * PI * place[0] * flux])
            .min_by(|a, b| a[0].abs().total_cmp(&b[0].abs()))
            .expect("a layer");
        assert!(
            at.abs() < 1e-9 * radius,
            "the layer has a point beside every row"
        );
        // The mean of the velocities on both sides of a cell stands for its middle: (slope h)² and less.
        assert!(
            off(flux + beside, inflow) < 1e-3,
            "{z:e}: {:e} of {inflow:e}",
            flux + beside
        );
        if z < 2.0 * radius || z > step.length - 2.0 * radius {
            continue;
        }
        rows += 1;
        let wide = radius * width;
        let mean = flux / (PI * wide * wide);
        for i in (0..across).filter(|i| fields.active[j * across + i]) {
            let share = middle(&fields.r, i) / radius;
            let [u, _, w] = velocity(&fields)[j * across + i];
            let expected = 2.0 * mean * (1.0 - share * share);
            // Of the order of the slope's square, 2.5e-3, and h²/4.
            assert!((w - expected).abs() < 5e-3 * mean, "{w:e} {expected:e}");
            let along = -slope * share * w;
            assert!((u - along).abs() < 5e-3 * mean, "{u:e} {along:e}");
            // e_zz, e_rr and e_θθ of that flow, in units of the shear rate at the wall.
            let square = share * share;
            let strain = [
                slope * (1.0 - 2.0 * square),
                0.5 * slope * (1.0 - 3.0 * square),
                0.5 * slope * (1.0 - square),
            ];
            let stretched: f64 = strain.iter().map(|e| 2.0 * e * e).sum();
            let unit = 4.0 * mean / wide;
            let expected = (stretched + square).sqrt();
            let rate = rates[j * across + i] / unit;
            assert!((rate - expected).abs() < 1e-2, "{share}: {rate} {expected}");
            let shear = shears[j * across + i] / (viscosity * unit);
            assert!((shear + share).abs() < 1e-2, "{share}: {shear}");
        }
    }
    assert!(rows > 20, "{rows} rows were looked at");
}

/// What lubrication predicts before a run, slice by slice, is what the run finds: length, and the largest stress on the wall with the
/// length at which it acts, where a neck has it.
#[test]
fn lubrication_predicts_runs_in_slender_pores() {
    let funnel = "[[0, 1], [3, 1], [8, 0.5], [20, 0.5]]";
    let walls = [
        vec![
            set("mesh.wall.profile", "tapered"),
            set("mesh.wall.slope", 0.02),
            set("pore.depth_nm", 600),
        ],
        vec![
            set("mesh.wall.profile", "tapered"),
            set("mesh.wall.slope", -0.02),
            set("pore.depth_nm", 600),
        ],
        vec![
            set("mesh.wall.profile", "measured"),
            set("mesh.wall.points", funnel),
        ],
    ];
    for (k, wall) in walls.into_iter().enumerate() {
        for lambda in [0.0, 0.05] {
            let mut sets = dimensionless(60.0, lambda, 1.0, 400.0);
            sets.push(set("mesh.cells_per_radius", 8));
            sets.extend(wall.clone());
            let loaded = load(&sets);
            let prediction = Prediction::new(&loaded);
            let mut simulation = Simulation::new(&loaded).expect("starts");
            let mut largest = simulation.latest().load();
            while let Some(step) = simulation.advance().expect("steps") {
                if step.load().wall_stress > largest.wall_stress {
                    largest = step.load();
                }
            }
            let length = simulation.latest().length;
            // 2e-3 to 3e-3 without a layer, 8e-3 to 1.8e-2 with one, whose entrance along the mold's face the closed form leaves out.
            let error = off(prediction.newtonian_length, length);
            assert!(error < 0.025, "wall {k}, Λ = {lambda}: {error:.1e}");
            let expected = prediction.largest.stress;
            let error = off(expected.wall_stress, largest.wall_stress);
            assert!(error < 0.1, "wall {k}, Λ = {lambda}: stress {error:.1e}");
            let (at, expected) = (largest.length, expected.length);
            assert!(
                off(expected, at) < 0.1,
                "wall {k}, Λ = {lambda}: at {at:e}, {expected:e}"
            );
            // Negative control: the cylinder's length is farther off, by 0.7 to 22 %.
            let tube = Prediction::new(&load(&dimensionless(60.0, lambda, 1.0, 400.0)));
            let other = off(tube.newtonian_length, length);
            assert!(
                other > 1.5 * off(prediction.newtonian_length, length),
                "{other:.1e}"
            );
        }
    }
}

#[test]
fn what_is_not_computed_in_other_pores_is_refused() {
    let taper = [
        "mesh.wall.profile=tapered",
        "mesh.wall.slope=0.02",
        "pore.depth_nm=600",
    ];
    let refused = |more: &[&str]| {
        let mut sets: Vec<String> = taper.map(String::from).to_vec();
        sets.extend(more.iter().map(|set| set.to_string()));
        let case = crate::common::root().join("cases/ni_d60_297C.toml");
        case::load(&case, &sets)
            .err()
            .map(|error| format!("{error:?}"))
    };
    let flat = ["front.model=flat"];
    for allowed in [&flat[..], &[], &["composition.model=elements"]] {
        assert_eq!(refused(allowed), None);
    }
    for (more, said) in [
        (
            [&flat[..], &["interface.slip_length_nm=1"]].concat(),
            "slip is computed",
        ),
        (
            [&flat[..], &["model=reduced"]].concat(),
            "the reduced model is computed",
        ),
        ([&flat[..], &["pore.depth_nm=2000"]].concat(), "too narrow"),
        // Wide enough at the mouth, not further down.
        (
            vec![
                "composition.model=elements",
                "pore.diameter_nm=5",
                "pore.depth_nm=18.5",
                "mesh.wall.slope=0.1",
            ],
            "only 1.30 nm wide where it is narrowest",
        ),
    ] {
        let error = refused(&more).unwrap_or_default();
        assert!(error.contains(said), "{more:?}: {error}");
    }
    // Ten cells at N = 32, hardly more than two at N = 8.
    let case = crate::common::root().join("cases/ni_d60_297C.toml");
    let waves = |cells: &str| {
        let sets = [
            cells,
            "mesh.wall.profile=wavy",
            "mesh.wall.amplitude=0.01",
            "mesh.wall.period=0.3",
        ];
        case::load(&case, &sets.map(String::from))
    };
    assert!(waves("mesh.cells_per_radius=32").is_ok());
    let error = waves("mesh.cells_per_radius=8").expect_err("too coarse");
    assert!(format!("{error:?}").contains("only 2.400 cells long"));
}
