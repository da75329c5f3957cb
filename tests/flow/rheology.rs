//! Walls that slide, liquids that thin under stress, layers that stiffen under it: independent finite-element solutions (hp, with
//! geometric refinement at the corner) and the closed form of a tube.

use crate::common::{bare_tube, even, long, mesh};
use nanomold::compute::Computer;
use nanomold::flow::discretise::{Medium, layout};
use nanomold::flow::grid::Grid;
use nanomold::flow::local::{Convergence, Laws};
use nanomold::flow::solver::{FlowSolver, Flows, Loads, Statistics};
use nanomold::flow::strain::Normal;
use nanomold::kernels::Fields;
use nanomold::mesh::WallProfile;
use nanomold::simulation::{FlowEngine, FlowQuestion};
use serde_json::Value;
use std::f64::consts::PI;

const LOADS: Loads = Loads {
    inlet_pressure: 1.0,
    tip_pressure: 0.0,
};

/// One row of the reference: its problem and its flows of the full circle.
struct Row(Value);

impl Row {
    fn number(&self, key: &str) -> f64 {
        self.0[key]
            .as_f64()
            .unwrap_or_else(|| panic!("{key} in {}", self.0))
    }

    fn name(&self) -> String {
        format!("L = {}, Λ = {}", self.number("L"), self.number("Lambda"))
    }
}

fn rows(kind: &str) -> Vec<Row> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/reference/rheology.json");
    let text = std::fs::read_to_string(path).expect("the reference is there");
    let json: Value = serde_json::from_str(&text).expect("the reference is JSON");
    let rows = json[kind].as_array().expect("a list").clone();
    assert!(!rows.is_empty());
    rows.into_iter().map(Row).collect()
}

/// A solved row at N cells per radius.
struct Solved {
    solver: FlowSolver<f64>,
    flows: Flows,
    statistics: Statistics,
    convergence: Convergence,
}

fn solve(row: &Row, n: usize, slip: f64, laws: Laws, tolerance: f64) -> Solved {
    let mut mesh = mesh(row.number("Rc"), row.number("H"), n);
    if let Some(radius) = row.0["fillet_radius"].as_f64() {
        mesh.wall = WallProfile::Straight.with_fillet(radius);
    }
    let grid = Grid::new(&mesh, row.number("L"));
    let medium = Medium::uniform(&layout(&grid, [0, 0]), row.number("Lambda"), slip);
    let solver =
        FlowSolver::<f64>::new(grid, &medium, LOADS).expect("the coarsest level is regular");
    let (solver, result) = laws.solve(solver, &medium, tolerance, |mut solver, tolerance| {
        let result = solver.solve(tolerance, 50);
        (solver, result)
    });
    let (statistics, convergence) = result.expect("the solver converges");
    Solved {
        flows: solver.flows(),
        solver,
        statistics,
        convergence,
    }
}

/// Errors of the total and, relative to the total, of the core's share.
fn errors(row: &Row, flows: &Flows) -> [f64; 2] {
    let total = row.number("total_flow");
    [
        (2.0 * PI * flows.total() - total) / total,
        (2.0 * PI * flows.core - row.number("core_flow_at_front")) / total,
    ]
}

/// Slip of 0.1 and 1 R, with a layer and without.
#[test]
fn sliding_walls_agree_with_the_finite_elements() {
    for row in rows("slip") {
        let slip = row.number("slip_length");
        let at = |n: usize, slip: f64| solve(&row, n, slip, Laws::default(), 1e-8);
        let [coarse, fine] = [8, 32].map(|n| at(n, slip));
        let [[first, _], [last, core]] = [&coarse, &fine].map(|s| errors(&row, &s.flows));
        let name = format!("b = {slip}, {}", row.name());
        // Asked for: 4e-3. Measured: 9e-5 to 6.5e-4 (docs/numerics.md); with a corner at rest the rows with a layer are off by 4 to 6 %.
        assert!(last.abs() < 1e-3, "{name}: {last:+.1e} at N = 32");
        assert!(core.abs() < 2e-3, "{name}: core {core:+.1e}");
        // Two halvings of order 1 leave a quarter; below 2e-4 what is left of the errors changes its sign.
        assert!(
            last.abs() < (0.3 * first.abs()).max(2e-4),
            "{name}: {first:+.1e} at N = 8, {last:+.1e} at 32"
        );
        // Six or seven measured; twelve asked for. Without the interpolation to zero behind the wall there are 13 to 20.
        assert!(
            fine.statistics.cycles <= 9,
            "{name}: {} cycles",
            fine.statistics.cycles
        );
    }
    // Negative control: a slip length that is off by a tenth is another problem.
    let row = &rows("slip")[2];
    let other = solve(
        row,
        16,
        1.1 * row.number("slip_length"),
        Laws::default(),
        1e-8,
    );
    assert!(errors(row, &other.flows)[0].abs() > 5e-3);
}

fn thins(row: &Row) -> Laws {
    Laws {
        stress_scale: row.number("tau0"),
        ..Laws::default()
    }
}

/// Shear thinning up to wall stresses of some four times τ₀ in the pore and more at the mouth.
#[test]
fn thinning_liquids_agree_with_the_finite_elements() {
    for row in rows("shear_thinning") {
        if row.number("L") > 2.0 && !long() {
            continue;
        }
        let name = format!("τ₀ = {}, {}", row.number("tau0"), row.name());
        let [coarse, fine] = [16, 32].map(|n| solve(&row, n, 0.0, thins(&row), 1e-7));
        let [[first, _], [last, core]] = [&coarse, &fine].map(|s| errors(&row, &s.flows));
        // Asked for where L ≥ 2 R: 5e-3. Shorter pores are mouth for the most part, where stress is infinite and the liquid thinnest.
        let limit = if row.number("L") < 2.0 { 3e-2 } else { 5e-3 };
        assert!(last.abs() < limit, "{name}: {last:+.1e} at N = 32");
        assert!(core.abs() < limit, "{name}: core {core:+.1e}");
        assert!(
            last.abs() < first.abs().max(3e-4),
            "{name}: {first:+.1e}, then {last:+.1e}"
        );
        // 5 to 13 measured; viscosities that follow from the solution before take up to 20.
        println!(
            "{name}: {:?}, {} cycles",
            fine.convergence, fine.statistics.cycles
        );
        assert!(
            fine.convergence.iterations <= 18,
            "{name}: {:?}",
            fine.convergence
        );
    }
    // Negative control: the Newtonian liquid is far off.
    let row = &rows("shear_thinning")[4];
    let newton = solve(row, 16, 0.0, Laws::default(), 1e-7);
    assert!(errors(row, &newton.flows)[0] < -0.05);
}

/// M = M₀ exp(−cλ).
#[test]
fn stiffening_layers_agree_with_the_finite_elements() {
    for row in rows("pressure_layer") {
        if row.number("L") > 2.0 && !long() {
            continue;
        }
        let laws = Laws {
            pressure_mobility: row.number("c"),
            ..Laws::default()
        };
        let name = format!("c = {}, {}", row.number("c"), row.name());
        let [[first, _], [last, core]] =
            [16, 32].map(|n| errors(&row, &solve(&row, n, 0.0, laws, 1e-8).flows));
        // Asked for: 3e-3; the same errors as with a constant mobility (docs/numerics.md, "Accuracy").
        assert!(last.abs() < 1e-3, "{name}: {last:+.1e}");
        assert!(core.abs() < 3e-3, "{name}: core {core:+.1e}");
        assert!(
            last.abs() < first.abs(),
            "{name}: {first:+.1e}, then {last:+.1e}"
        );
        let constant = solve(&row, 16, 0.0, Laws::default(), 1e-8);
        assert!(
            errors(&row, &constant.flows)[0].abs() > 2e-2,
            "{name}: negative control"
        );
    }
}

/// Liquids whose viscosity grows with the pressure, η = exp(aP), behind rounded mouths: at a sharp one, and where walls slide along a rounded one, the problem
/// is ill-posed or not computed.
#[test]
fn liquids_that_stiffen_under_pressure_agree_with_the_finite_elements() {
    let all = rows("pressure_viscosity");
    let rounded = |row: &&Row| row.0["mouth"] == "fillet" && row.number("slip_length") == 0.0;
    let rows: Vec<&Row> = all.iter().filter(rounded).collect();
    assert_eq!(rows.len(), 6);
    // Those without a layer in the long tests: they take a third of the time.
    let rows = rows
        .into_iter()
        .filter(|row| long() || row.number("Lambda") > 0.0);
    for row in rows {
        let laws = |exponent: f64| Laws {
            pressure_viscosity: exponent,
            ..Laws::default()
        };
        let exponent = row.number("a");
        let name = format!("a = {exponent}, {}", row.name());
        let [coarse, fine] = [8, 32].map(|n| solve(row, n, 0.0, laws(exponent), 1e-7));
        let [[first, _], [last, core]] = [&coarse, &fine].map(|s| errors(row, &s.flows));
        println!("{name}: {first:+.1e}, then {last:+.1e}, core {core:+.1e}");
        // Asked for: 3e-3. Measured: 1e-4 to 1.5e-3 at N = 32, 3e-5 to 7e-3 at N = 8.
        assert!(last.abs() < 2.5e-3, "{name}: {last:+.1e} at N = 32");
        assert!(core.abs() < 2.5e-3, "{name}: core {core:+.1e}");
        assert!(
            last.abs() < (0.4 * first.abs()).max(5e-4),
            "{name}: {first:+.1e}, then {last:+.1e}"
        );
        // Negative control: a tenth less.
        let [other, _] = errors(row, &solve(row, 8, 0.0, laws(0.9 * exponent), 1e-7).flows);
        assert!((other - first).abs() > 0.01, "{name}: {other:+.1e}");
    }
}

/// Flow through a tube, relative to Newton's, from the integral of the velocity: 4 ∫₀¹ s³ sinh(xs)/(xs) ds by Simpson's rule.
fn tube(x: f64) -> f64 {
    let steps = 2000;
    let f = |s: f64| {
        if s == 0.0 {
            0.0
        } else {
            4.0 * s.powi(3) * (x * s).sinh() / (x * s)
        }
    };
    let h = 1.0 / f64::from(steps);
    (0..=steps).fold(0.0, |sum, k| {
        let weight = match k {
            0 => 1.0,
            k if k == steps => 1.0,
            k if k % 2 == 1 => 4.0,
            _ => 2.0,
        };
        sum + weight * h / 3.0 * f(f64::from(k) * h)
    })
}

/// Mean of −σ_zz over row j of a pore, whose slope the wall bears.
fn mean_stress(s: &FlowSolver<f64>, j: usize) -> f64 {
    let layout = s.layout();
    let state = Fields::of(&layout, s.state());
    let tables = &s.backend.levels[0].tables;
    let row = layout.cell_row(j);
    let cells = s.grid.r.windows(2).zip(row).enumerate();
    let stresses = cells.map(|(i, (r, k))| {
        let (area, height) = (0.5 * (r[1].powi(2) - r[0].powi(2)), tables.height[j]);
        let viscosity = tables.cell_weight[k] / (area * height);
        2.0 * area * (state.pressure[k] - 2.0 * viscosity * Normal::of(tables, &state, i, j).axial)
    });
    stresses.sum()
}

/// Rung 10: far from both ends of a tube a thinning liquid flows as the closed form says, to second order in the cell.
///
/// What is developed does not change along the tube, so its cells may be long there: a radius. The ends reach far (the liquid on the
/// axis, a thousand times as thick as at the wall at x = 10, keeps some tension), and the tube is long.
#[test]
fn a_tube_of_a_thinning_liquid_is_of_second_order() {
    let error = |x: f64, n: usize| {
        let length = 40.0;
        let grid = bare_tube(even(0.0, 1.0, n), even(0.0, length, 40));
        let medium = Medium::uniform(&layout(&grid, [0, 0]), 0.0, 0.0);
        let mut solver = FlowSolver::<f64>::new(grid, &medium, LOADS).expect("regular");
        // A hundredth of the error on the finest grid, or less.
        let tolerance = if x > 5.0 { 3e-8 } else { 1e-9 };
        // From liquid to liquid, each thinner at the wall than the one before, with velocities as much larger as the flow is.
        let mut at = x.min(5.0);
        let (s, laws) = loop {
            let laws = Laws {
                stress_scale: 0.5 / length / at,
                ..Laws::default()
            };
            let fresh = FlowSolver::<f64>::new(solver.grid.clone(), &medium, LOADS);
            let mut next = fresh.expect("regular");
            next.state_mut().copy_from_slice(solver.state());
            // By elimination: cells as long as these are no cells for a smoother.
            let (solved, result) = laws.solve(next, &medium, tolerance, |mut solver, _| {
                let result = solver.solve_exactly().map(|()| Statistics::default());
                (solver, result)
            });
            result.unwrap_or_else(|error| panic!("x = {at}, N = {n}: {error}"));
            solver = solved;
            if at >= x {
                break (solver, laws);
            }
            let thinner = (1.1 * at).min(x);
            let faster = tube(thinner) / tube(at);
            let velocities = solver.layout().segments()[1].end;
            for velocity in &mut solver.state_mut()[..velocities] {
                *velocity *= faster;
            }
            at = thinner;
        };
        // Over the middle of the tube, where the wall bears it.
        let mean = |j: usize| mean_stress(&s, j);
        let [low, high] = [19, 21].map(|j| (0.5 * (s.grid.z[j] + s.grid.z[j + 1]), mean(j)));
        let slope = (low.1 - high.1) / (high.0 - low.0);
        let flow = 2.0 * PI * s.flows().total();
        let stress = 0.5 * slope / laws.stress_scale;
        flow / (PI * slope / 8.0 * tube(stress)) - 1.0
    };
    for x in [0.1, 1.0, 5.0, 10.0, 20.0] {
        let errors = [8, 16, 32].map(|n| error(x, n));
        let orders = [0, 1].map(|k| (errors[k] / errors[k + 1]).log2());
        println!("x = {x}: {errors:?}, orders {orders:.2?}");
        // The wall's layer is 1/x of the radius: at x = 20 a cell and a half of N = 32, which is fine enough for order 2 to show.
        assert!((1.9..2.1).contains(&orders[1]), "x = {x}: {errors:?}");
        // 0.093 to 0.117 times (x/N)² were measured.
        let limit = 0.13 * (x / 32.0).powi(2);
        assert!(errors[2].abs() < limit, "x = {x}: {errors:?}");
    }
    // Negative control: the closed form of another stress is not what flows; at x = 5 the flow is 3.5 times the Newtonian one.
    assert!(tube(5.0) > 3.0 && (tube(1e-3) - 1.0).abs() < 1e-6);
}

/// From rest, in a mold with its mouth and by cycles: what the middle of a long pore carries, up to x = 20.
#[test]
fn a_long_pore_is_a_tube_from_rest() {
    const N: usize = 16;
    let error = |x: f64| {
        // The middle is 5 R from both ends, whose effects fall like exp(−4.47 z/R). The pressure falls by 1/12.6 per R.
        let row = Row(serde_json::json!({ "Rc": 2.0, "H": 2.0, "L": 12.0, "Lambda": 0.0 }));
        let laws = Laws {
            stress_scale: 0.0395 / x,
            ..Laws::default()
        };
        let solved = solve(&row, N, 0.0, laws, 1e-9);
        let s = &solved.solver;
        let l = s.layout();
        // Over the two radii in the middle of the pore. The pressure alone does not say it: the liquid on the axis, a thousand times as thick as
        // at the wall at x = 10, keeps some tension, and the flow goes like exp(x).
        let mean = |j: usize| mean_stress(s, j);
        let (_, _, jm, nz) = l.sizes();
        let middle = (jm + nz) / 2;
        let [low, high] = [middle - N, middle + N].map(|j| {
            let height = 0.5 * (s.grid.z[j] + s.grid.z[j + 1]);
            (height, mean(j))
        });
        let slope = (low.1 - high.1) / (high.0 - low.0);
        let flow = 2.0 * PI * solved.flows.total();
        let stress = 0.5 * slope / laws.stress_scale;
        println!("x = {stress:.3}: {:?}", solved.convergence);
        flow / (PI * slope / 8.0 * tube(stress)) - 1.0
    };
    // Twice and a half what was measured, +9.8e-3, +3.7e-2 and +0.138: those of a tube on this grid.
    for (x, limit) in [(5.0, 2.5e-2), (10.0, 9e-2), (20.0, 0.3)] {
        let found = error(x);
        println!("x = {x}: {found:+.2e}");
        assert!(found.abs() < limit, "x = {x}: {found:+.2e}");
    }
}

/// A run's steps: from the states before, a longer wire takes few iterations, even where the wall bears ten times the stress scale.
#[test]
fn warm_steps_take_few_iterations() {
    let mesh = mesh(4.0, 8.0, 16);
    let computer = Computer::cpu();
    let mut engine = FlowEngine::new(mesh.clone(), 1e-6, 50, computer);
    let mut worst = 0;
    for step in 0..40 {
        // By 5 % a step, as runs grow; p/(2(L/R + 0.5)) is the wall's shear stress, 10 τ₀ at first.
        let question = FlowQuestion {
            length: 0.5 * 1.05f64.powi(step),
            lambda: 0.03,
            slip_length: 0.0,
            laws: Laws {
                stress_scale: 0.05,
                ..Laws::default()
            },
        };
        let answer = engine.solve(question).expect("it converges");
        // One residual before the first and one after every iteration.
        let iterations = answer.statistics.residuals.len() - 1;
        if step == 0 {
            println!("from rest: {iterations}");
        } else {
            worst = worst.max(iterations);
        }
        if step == 20 {
            // Right as well as fast: the same from rest.
            let grid = Grid::new(&mesh, question.length);
            let medium = Medium::uniform(&layout(&grid, [0, 0]), 0.03, 0.0);
            let solver = FlowSolver::<f64>::new(grid, &medium, LOADS).expect("regular");
            let laws = Laws {
                stress_scale: 0.05,
                ..Laws::default()
            };
            let (solver, _) = laws.solve(solver, &medium, 1e-9, |mut solver, tolerance| {
                let result = solver.solve(tolerance, 50);
                (solver, result)
            });
            let off = answer.flows.total() / solver.flows().total() - 1.0;
            // The tolerance is that of the residual; flows are better.
            assert!(off.abs() < 1e-6, "{off:e}");
        }
    }
    println!("from the states before: {worst} at most");
    // The project's limit; 7 measured. Viscosities that follow from the solution before took up to 19 from rest and 10 later in the run of ni_d60_297C.
    assert!(worst <= 10, "{worst}");
}

/// A stress scale that is never felt changes no bit.
#[test]
fn a_newtonian_liquid_stays_one_bit_by_bit() {
    let row = Row(serde_json::json!({ "Rc": 2.0, "H": 2.0, "L": 2.0, "Lambda": 0.03 }));
    let newton = solve(&row, 8, 0.0, Laws::default(), 1e-8);
    let stiff = Laws {
        stress_scale: 1e12,
        ..Laws::default()
    };
    let other = solve(&row, 8, 0.0, stiff, 1e-8);
    assert_eq!(newton.solver.state(), other.solver.state());
    let soft = Laws {
        stress_scale: 10.0,
        ..Laws::default()
    };
    assert_ne!(
        newton.solver.state(),
        solve(&row, 8, 0.0, soft, 1e-8).solver.state()
    );
}
