//! Pores that are no cylinders: `tests/reference/flow.json`, "shaped" (an independent finite-element solution), and what has to
//! hold in any pore.

use crate::common::shaped::{problem, solved};
use crate::common::{self, long, mesh, random, root};
use nanomold::flow::discretise::Medium;
use nanomold::flow::local::Laws;
use nanomold::flow::solver::{FlowSolver, Flows, Statistics};
use nanomold::mesh::{MeshSpec, WallProfile};
use nanomold::physics::Eyring;
use std::f64::consts::PI;

fn solve(spec: &MeshSpec, length: f64, lambda: f64, tolerance: f64) -> (Flows, Statistics) {
    let (solver, statistics) = solved(spec, length, lambda, tolerance);
    (solver.flows(), statistics)
}

fn shaped(n: usize, wall: &WallProfile) -> MeshSpec {
    common::shaped::shaped(wall, mesh(4.0, 8.0, n))
}

#[test]
fn a_taper_agrees_with_the_finite_elements() {
    let text = std::fs::read_to_string(root().join("tests/reference/flow.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let rows = json["shaped"].as_array().expect("shaped rows");
    let row = rows
        .iter()
        .find(|row| row["shape"] == "taper")
        .expect("a taper");
    let number = |key: &str| row[key].as_f64().expect("a number");
    let wall = WallProfile::Tapered {
        slope: number("wall_slope"),
    };
    let error = |n: usize, wall: &WallProfile| {
        let (flows, _) = solve(&shaped(n, wall), number("L"), number("Lambda"), 1e-8);
        2.0 * PI * flows.total() / number("total_flow") - 1.0
    };
    let errors = [16, 32].map(|n| error(n, &wall));
    println!("{errors:?}");
    // Held to 3e-3; a cylinder's at this length is 1e-3 (tests/flow/reference.rs).
    assert!(errors[1].abs() < 3e-3, "{errors:?}");
    assert!(errors[1].abs() < 0.7 * errors[0].abs(), "{errors:?}");
    // Negative control: a cylinder, or a tenth less taper, is off by far more.
    assert!(error(16, &WallProfile::Straight).abs() > 0.1);
    let less = WallProfile::Tapered {
        slope: 0.9 * number("wall_slope"),
    };
    assert!(error(16, &less).abs() > 0.01);
}

/// Order of convergence and cycles to 1e-8 (those measured at N = 32 and one more), with and without a layer. The mouth's sharp corner is in all of them: it leaves the total flow
/// an order of 1.5 or so (`tests/flow/reference.rs`).
#[test]
fn smooth_walls_converge_in_few_cycles() {
    let wavy = |amplitude: f64, period: f64| WallProfile::Wavy { amplitude, period };
    let rows = [
        (WallProfile::Tapered { slope: 0.1 }, 0.0, 8),
        (WallProfile::Tapered { slope: 0.1 }, 1.0 / 32.0, 10),
        (wavy(-0.3, 8.0), 0.0, 10),
        (wavy(-0.3, 8.0), 1.0 / 32.0, 15),
        // Slopes up to 0.47.
        (wavy(0.3, 4.0), 0.0, 15),
        (wavy(0.3, 4.0), 1.0 / 32.0, 28),
    ];
    for (wall, lambda, cycles) in rows {
        let at = |n: usize| {
            let (flows, statistics) = solve(&shaped(n, &wall), 4.0, lambda, 1e-8);
            assert!(flows.mass_defect() < 1e-10);
            (flows.total(), statistics.cycles)
        };
        let grids: &[usize] = if long() {
            &[8, 16, 32, 64]
        } else {
            &[8, 16, 32]
        };
        let found: Vec<(f64, usize)> = grids.iter().map(|&n| at(n)).collect();
        let steps: Vec<f64> = found
            .windows(2)
            .map(|pair| ((pair[1].0 - pair[0].0) / pair[1].0).abs())
            .collect();
        let what = format!("{:?}, Λ = {}: {found:?}, {steps:?}", wall, lambda);
        println!("{what}");
        assert!(found[2].1 <= cycles, "{what}");
        // From N = 16 to 32 at most 2.2e-3 and at most 0.44 times what it was from 8 to 16, an order of 1.2, were measured.
        assert!(steps[1] < 2.5e-3 && steps[1] < 0.5 * steps[0], "{what}");
    }
}

/// A wave gives what a measured curve through many of its points gives.
#[test]
fn a_measured_wall_is_the_wall_that_was_measured() {
    let wave = WallProfile::Wavy {
        amplitude: 0.2,
        period: 6.0,
    };
    let points = |step: f64| {
        let depths: Vec<f64> = (0..)
            .map(|k| f64::from(k) * step)
            .take_while(|z| *z < 6.0)
            .collect();
        let radii = depths.iter().map(|&z| wave.radius(z)).collect();
        WallProfile::measured(depths, radii)
    };
    let total = |wall: &WallProfile| solve(&shaped(8, wall), 4.0, 0.01, 1e-8).0.total();
    let exact = total(&wave);
    let off = |step: f64| (total(&points(step)) / exact - 1.0).abs();
    // The curve's slopes are of second order: 0.1 R against waves of 6 R, (2π 0.1/6)²/6 = 2e-3 of a fifth.
    assert!(off(0.1) < 1e-3, "{}", off(0.1));
    // Negative control: five points are another pore.
    assert!(off(1.5) > 3e-3, "{}", off(1.5));
}

/// A solve that fails leaves the problem as it was posed: whoever goes on from it, from rest or with more cycles, solves the same.
#[test]
fn a_failed_solve_leaves_the_problem_as_it_was() {
    let spec = shaped(8, &WallProfile::Tapered { slope: 0.1 });
    let mut solver = problem(&spec, 4.0, 0.0);
    let posed = solver.rhs_mut().to_vec();
    let mut solves = 0;
    let (mut solver, solved) = common::shaped::solve(solver, 1e-8, || {
        solves += 1;
        // The third is given no cycles: by then the right-hand side has been corrected twice.
        if solves < 3 { 50 } else { 0 }
    });
    assert!(solved.is_err() && solves == 3, "{solves} solves");
    assert_eq!(solver.rhs_mut(), posed);
}

/// A first guess that is good enough needs no cycle, yet what enters has to arrive: the guess comes from another length.
#[test]
fn a_guess_that_is_good_enough_keeps_its_volume() {
    let spec = shaped(8, &WallProfile::Tapered { slope: 0.1 });
    let (mut solver, _) = solved(&spec, 4.0, 1.0 / 32.0, 1e-8);
    let noise = random(solver.state().len(), 7);
    for (x, noise) in solver.state_mut().iter_mut().zip(noise) {
        *x *= 1.0 + 1e-3 * noise;
    }
    // The noise, 1e-3, is seen in the balance.
    assert!(solver.flows().mass_defect() > 1e-5);
    let (solver, statistics) = common::shaped::solve(solver, 0.1, || 50);
    assert_eq!(statistics.expect("it is solved").cycles, 0);
    // To round-off, as after every solve.
    assert!(solver.flows().mass_defect() < 1e-12);
}

/// A liquid that thins in a slow cone: slice by slice the flow of a tube of its radius under its own stress, the entrance that of the mouth.
#[test]
fn a_liquid_that_thins_flows_slice_by_slice() {
    let (slope, length, stress_scale) = (0.02, 16.0, 0.01);
    let wall = WallProfile::Tapered { slope };
    let flow = |n: usize, laws: Laws| {
        let problem = problem(&shaped(n, &wall), length, 0.0);
        let medium = Medium::uniform(&problem.layout(), 0.0, 0.0);
        let solve = |mut solver: FlowSolver<f64>, tolerance| {
            let solved = solver.solve(tolerance, 50);
            (solver, solved)
        };
        let (solver, result) = laws.solve(problem, &medium, 1e-7, solve);
        result.expect("it converges");
        2.0 * solver.flows().total()
    };
    // Pressure that a flow Q/π takes: in every slice the wall stress τ with Q/π = (τ a³/4) F(τ), and dp/dz = 2τ/a.
    let taken = |flow: f64, stress_scale: f64| {
        let liquid = Eyring {
            newtonian_viscosity: 1.0,
            stress_scale,
        };
        let fall = |z: f64| {
            let a = 1.0 - slope * z;
            2.0 * liquid.wall_stress(4.0 * flow / a.powi(3)) / a
        };
        let count = 400;
        let pore: f64 = (0..count)
            .map(|k| fall((f64::from(k) + 0.5) * length / f64::from(count)))
            .sum::<f64>()
            * length
            / f64::from(count);
        // The entrance of the Newtonian liquid, half a radius.
        pore + 0.5 * fall(0.0)
    };
    let thins = Laws {
        stress_scale,
        ..Laws::default()
    };
    let errors = [8, 16].map(|n| taken(flow(n, thins), stress_scale) - 1.0);
    println!("{errors:?}");
    // x = 3 at the wall: the entrance of a liquid that thins is a little shorter than half a radius of 20.
    assert!(errors[1].abs() < 0.01, "{errors:?}");
    let newtonian = flow(16, Laws::default());
    assert!((taken(newtonian, f64::INFINITY) - 1.0).abs() < 5e-3);
    // Negative controls: the thin liquid flows half as much again, and strains of the cylinder's formulas would show.
    assert!(flow(8, thins) > 1.3 * newtonian);
}
