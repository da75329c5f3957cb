//! Free fronts in pores that are no cylinders.

use crate::runs::{shipped, steps_of};
use nanomold::case::LoadedCase;
use nanomold::simulation::{Ending, Simulation, Step};
use std::f64::consts::PI;

/// The flagship at N = 8 in a pore of another shape, changed by `sets`.
fn shaped(wall: &[&str], sets: &[&str]) -> LoadedCase {
    let common = ["mesh.cells_per_radius=8"];
    shipped("ni_d60_297C.toml", &[&common[..], wall, sets].concat())
}

/// A cone with `slope` of R_w = 1 − slope z, and the depth (in nm) at which it is closed.
fn cone(slope: &str, depth: &str) -> [String; 3] {
    [
        "mesh.wall.profile=tapered".to_string(),
        format!("mesh.wall.slope={slope}"),
        format!("pore.depth_nm={depth}"),
    ]
}

fn last(loaded: &LoadedCase) -> (Step, Ending) {
    let (mut steps, ending) = steps_of(loaded);
    (steps.pop().expect("a start"), ending)
}

/// Lengths converge with the grid, what has arrived is what the pore holds, and a real front is a per cent faster than a flat one, as in a
/// cylinder.
#[test]
fn a_front_fills_pores_of_any_shape() {
    let narrowing = cone("0.02", "300");
    let widening = cone("-0.02", "300");
    let walls: [Vec<&str>; 3] = [
        narrowing.iter().map(String::as_str).collect(),
        widening.iter().map(String::as_str).collect(),
        vec![
            "mesh.wall.profile=wavy",
            "mesh.wall.amplitude=0.2",
            "mesh.wall.period=4",
        ],
    ];
    let (flat_cylinder, _) = last(&shaped(&[], &["front.model=flat"]));
    let (cylinder, _) = last(&shaped(&[], &[]));
    let gain = cylinder.length / flat_cylinder.length - 1.0;
    for wall in walls {
        let loaded = shaped(&wall, &[]);
        let (coarse, _) = last(&loaded);
        let (fine, _) = last(&shaped(&wall, &["mesh.cells_per_radius=16"]));
        let (flat, _) = last(&shaped(&wall, &["front.model=flat"]));
        // The error falls by a factor of three or so from grid to grid: 9e-4 from N = 8 to 16 in the cylinder, 6e-4 to 1.1e-3 here.
        let difference = (coarse.length / fine.length - 1.0).abs();
        assert!(difference < 1.5e-3, "{wall:?}: {difference:.1e}");
        // What the bulge saves of the entrance does not depend on the shape much: 1.1 % in the cylinder, 0.7 to 1.2 % here.
        let more = coarse.length / flat.length - 1.0;
        assert!(
            (more / gain - 1.0).abs() < 0.5,
            "{wall:?}: {more:.2e} against {gain:.2e}"
        );
        let radius = loaded.case.radius();
        let start = loaded.case.initial_length() / radius;
        let arrived: f64 = coarse.transported.iter().sum();
        let held = PI * radius.powi(3) * loaded.mesh.wall.volume(start, coarse.length / radius);
        assert!(
            (arrived / held - 1.0).abs() < 1e-9,
            "{arrived:e} of {held:e}"
        );
        // Negative control: the cylinder's length is another.
        assert!((coarse.length / cylinder.length - 1.0).abs() > 0.01);
        // Tip ahead of the line, by less than the local radius.
        let [tip, line] = coarse.tip_and_contact();
        let wide = radius * loaded.mesh.wall.radius(line / radius);
        assert!(tip > line && tip - line < wide, "{tip:e} {line:e}");
    }
}

/// A rounded mouth lets a wire grow longer, with flat and free fronts and where elements move; what arrives is what the pore holds. By the finite elements of
/// `tests/reference/shapes.json` (Λ = 1/32, R_c = 4 R) a rounding of 0.3 R takes 0.55 from a resistance π/Q of 5.33 L/R + 1.3: of 9.3 R that is 1.0 %.
#[test]
fn a_rounded_mouth_lets_more_through() {
    for sets in [
        &["front.model=flat"][..],
        &["front.model=free"],
        &["front.model=flat", "composition.model=elements"],
    ] {
        let loaded = shaped(&["mesh.mouth_fillet=0.3"], sets);
        let (round, _) = last(&loaded);
        let (sharp, _) = last(&shaped(&[], sets));
        let gain = round.length / sharp.length - 1.0;
        println!("{sets:?}: {gain:.2e}");
        // In the flagship's cell (R_c = 2.5 R, Λ = 0.05) 0.9 to 1.1 %.
        assert!((0.008..0.012).contains(&gain), "{sets:?}: {gain:.2e}");
        let radius = loaded.case.radius();
        let start = loaded.case.initial_length() / radius;
        let arrived: f64 = round.transported.iter().sum();
        // Beyond the rounding the pore is a cylinder.
        let held = PI * radius.powi(3) * (round.length / radius - start);
        assert!(
            (arrived / held - 1.0).abs() < 1e-9,
            "{arrived:e} of {held:e}"
        );
        if let Some(composition) = &round.composition {
            let worst = composition.balance.iter().fold(0.0, |a: f64, b| a.max(*b));
            assert!(worst < 1e-9, "balance {worst:e}");
        }
    }
}

/// A front whose line would start within the rounding is refused where it is said.
#[test]
fn a_start_within_the_rounded_edge_is_refused() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let load = |sets: &[&str]| {
        let sets: Vec<String> = sets.iter().map(|set| set.to_string()).collect();
        nanomold::case::load(&root.join("cases/ni_d60_297C.toml"), &sets)
    };
    let deep = ["mesh.mouth_fillet=0.4", "front.initial_aspect_ratio=0.25"];
    assert!(load(&deep).is_ok());
    for sets in [
        ["mesh.mouth_fillet=0.4", "front.initial_aspect_ratio=0.1"],
        // The line of a bulge of 0.8 R lies 0.4 R and more below the flat front's.
        ["mesh.mouth_fillet=0.4", "front.initial_bulge=0.8"],
    ] {
        let error = format!("{:?}", load(&sets).expect_err("refused"));
        assert!(error.contains("rounded edge of the mouth"), "{error}");
    }
}

/// In the files the rounding is where it is: points of the layer on a circle and its tangents, nodes of the feedstock on the mold's face.
#[test]
fn fields_show_the_rounded_edge() {
    let loaded = shaped(&["mesh.mouth_fillet=0.4"], &["process.time_s=600"]);
    let (radius, fillet) = (loaded.case.radius(), 0.4);
    let mut run = Simulation::new(&loaded).expect("a run");
    while run.advance().expect("a step").is_some() {}
    let fields = run.frame().expect("fields");
    let mut on_circle = 0;
    for [r, z] in fields.layer.iter().map(|point| point.map(|x| x / radius)) {
        let distance = match (r < 1.0 + fillet, z < fillet) {
            (true, true) => {
                on_circle += 1;
                (r - 1.0 - fillet).hypot(z - fillet) - fillet
            }
            (true, false) => r - 1.0,
            (false, _) => z,
        };
        assert!(distance.abs() < 1e-9, "({r}, {z}): {distance:e}");
    }
    // A cell is an eighth, the edge 0.63 long.
    assert!(on_circle >= 5, "{on_circle}");
    // The nodes of the mouth's line outside of the pore are those of the mold's face.
    let mouth = loaded.mesh.wall.mouth_radius();
    let face = fields.r.iter().zip(&fields.rises).skip(8);
    for (r, rise) in face {
        let (r, z) = (r / radius * mouth, (fields.mouth + rise) / radius);
        let distance = match r < 1.0 + fillet {
            true => (r - 1.0 - fillet).hypot(z - fillet) - fillet,
            false => z,
        };
        assert!(distance.abs() < 1e-9, "({r}, {z})");
    }
}

/// Behind a neck the liquid runs ahead along the axis, far from the wall of the belly, and its line follows; both meet again where the pore
/// narrows.
#[test]
fn a_line_lags_behind_a_neck_and_catches_up() {
    let wall = [
        "mesh.wall.profile=wavy",
        "mesh.wall.amplitude=-0.25",
        "mesh.wall.period=4",
        "pore.depth_nm=360",
    ];
    let loaded = shaped(
        &wall,
        &[
            "interface.diffusivity_factor=0",
            "interface.capillarity=false",
        ],
    );
    let radius = loaded.case.radius();
    let (steps, _) = steps_of(&loaded);
    let lag = |step: &Step| {
        let [tip, line] = step.tip_and_contact();
        (tip - line) / radius
    };
    let most = steps.iter().map(lag).fold(0.0, f64::max);
    // A steady front in a cylinder of the belly's radius bulges by 0.84 × 1.25 R.
    assert!(most > 1.3, "{most}");
    let after = (steps.iter()).filter(|step| step.tip_and_contact()[1] > 4.0 * radius);
    let after: Vec<f64> = after.map(lag).collect();
    assert!(
        !after.is_empty() && after.iter().all(|&lag| lag < 1.0),
        "{after:?}"
    );
}

/// In a mold that the alloy does not wet a front stops where the cone is too narrow for the press: p R_w = −2γ cos(θ + atan R_w′) at its
/// line, where its surface is a cap.
#[test]
fn a_cone_holds_a_front_where_it_is_too_narrow() {
    let slope = 0.1f64;
    let wall = cone("0.1", "70");
    let wall: Vec<&str> = wall.iter().map(String::as_str).collect();
    for (pressure, angle) in [(0.15, 120.0f64), (0.13, 120.0), (0.15, 110.0)] {
        let process = format!("process.pressure_GPa={pressure}");
        let contact = format!("material.capillarity.contact_angle_deg={angle}");
        let loaded = shaped(
            &wall,
            &[
                "pore.diameter_nm=20",
                "material.capillarity.surface_tension_N_per_m=1",
                "process.time_s=3600000",
                &process,
                &contact,
            ],
        );
        let radius = loaded.case.radius();
        let (step, _) = last(&loaded);
        let narrow = -2.0 * (angle.to_radians() - slope.atan()).cos() / (pressure * 1e9 * radius);
        let expected = (1.0 - narrow) / slope;
        let line = step.tip_and_contact()[1] / radius;
        if expected > 7.0 {
            // The bottom comes first.
            assert!(step.tip_and_contact()[0] / radius > 6.9, "{line}");
            continue;
        }
        // A front counts as at rest when it has stayed within 3e-3 R; a cap that it has not quite become by then is as much off again.
        assert!(
            (line - expected).abs() < 6e-3,
            "p = {pressure} GPa, θ = {angle}°: {line} against {expected}"
        );
        // Negative control: an angle against the axis instead of the wall stops it 0.7 R earlier.
        let axis = (1.0 + 2.0 * angle.to_radians().cos() / (pressure * 1e9 * radius)) / slope;
        assert!((expected - axis).abs() > 0.2, "{axis}");
        // The cap of its angle: α = θ − 90° + atan R_w′ to the horizontal, height (1 − cos α)/sin α of the radius at the line.
        let turned = (angle - 90.0).to_radians() - slope.atan();
        let cap = narrow * (1.0 - turned.cos()) / turned.sin();
        let [tip, line] = step.tip_and_contact();
        assert!(
            ((tip - line) / radius - cap).abs() < 6e-3,
            "{} against {cap}",
            (tip - line) / radius
        );
    }
}

/// Every sign: a cone that narrows or widens, wetted or not, pressed hard, little or not at all, with a layer and without. Each run ends
/// physically, which the gate sees to at every step.
#[test]
fn fronts_of_every_sign_end_physically() {
    for slope in ["0.05", "-0.05"] {
        let wall = cone(slope, "180");
        let wall: Vec<&str> = wall.iter().map(String::as_str).collect();
        // Without a press a mold that is not wetted takes nothing in, and such a case is refused.
        for (angle, pressure) in [
            ("60", "1.25"),
            ("60", "0.05"),
            ("60", "0"),
            ("120", "1.25"),
            ("120", "0.05"),
        ] {
            for layer in ["0", "1"] {
                let sets = [
                    format!("material.capillarity.contact_angle_deg={angle}"),
                    format!("process.pressure_GPa={pressure}"),
                    format!("interface.diffusivity_factor={layer}"),
                    "process.time_s=7200".to_string(),
                ];
                let sets: Vec<&str> = sets.iter().map(String::as_str).collect();
                let loaded = shaped(&wall, &sets);
                let radius = loaded.case.radius();
                let (steps, _) = steps_of(&loaded);
                let (first, last) = (&steps[0], &steps[steps.len() - 1]);
                let grown = (last.length - first.length) / radius;
                // From a 30th of the pressure of the press on, that is what capillarity gives, in a fifth of the run.
                assert!(
                    grown > 0.02,
                    "slope {slope}, {angle}°, {pressure} GPa, layer {layer}: {grown:.3e} R"
                );
                // Left to itself a mold that is wetted pulls the line ahead; one that is not holds it back.
                let [tip, line] = last.tip_and_contact();
                let lags = if angle == "60" {
                    tip < line
                } else {
                    line < tip
                };
                let alone = angle == "60" && pressure == "0" || angle == "120";
                assert!(!alone || lags, "{angle}°: {tip:e} {line:e}");
            }
        }
    }
}
