//! The free front: exact volumes, the steady fountain front, caps at rest, the contact line, robustness.
//!
//! Lengths in R, stresses in the driving pressure, time in η/p.

mod common;

use common::{long, mesh, random};
use nanomold::flow::discretise::{self, Medium};
use nanomold::flow::grid::Grid;
use nanomold::flow::solver::{FlowSolver, Loads, Statistics};
use nanomold::front::{self, Capillarity, Chain, Deposit, Drive, Shape, Stride, Velocity};
use nanomold::simulation::{Ending, Simulation, Step};
use std::f64::consts::PI;

const FOUNTAIN: &str = include_str!("reference/fountain.json");

/// A number of the reference.
fn reference(key: &str) -> f64 {
    let json: serde_json::Value = serde_json::from_str(FOUNTAIN).unwrap();
    json[key].as_f64().unwrap()
}

/// What surrounds a front.
#[derive(Clone, Copy)]
struct Setup {
    n: usize,
    cell_radius: f64,
    lambda: f64,
    slip: f64,
    inlet: f64,
}

impl Setup {
    fn new(n: usize) -> Self {
        Setup {
            n,
            cell_radius: 4.0,
            lambda: 0.0,
            slip: 0.0,
            inlet: 1.0,
        }
    }

    /// Solves for a front.
    fn solve(
        &self,
        chain: &Chain,
        capillarity: Option<Capillarity>,
    ) -> (FlowSolver<f64>, Statistics) {
        let mesh = mesh(self.cell_radius, 2.0 * self.cell_radius, self.n);
        let grid = Grid::with_front(&mesh, chain.contact(), chain.top());
        let layout = discretise::layout(&grid, [0, 0]);
        let filling = front::filling(&Shape::new(chain).polygon(), &grid);
        let medium = Medium {
            filling: Some(filling.clone()),
            ..Medium::uniform(&layout, self.lambda, self.slip)
        };
        let loads = Loads {
            inlet_pressure: self.inlet,
            tip_pressure: 0.0,
        };
        let mut solver = FlowSolver::new(grid, &medium, loads).unwrap();
        if let Some(c) = &capillarity {
            let angle = (self.slip > 0.0).then_some(c.contact_angle);
            front::capillary_load(&mut solver, &filling, chain, c, angle, self.slip);
        }
        let statistics = solver.solve(1e-7, 50).unwrap();
        (solver, statistics)
    }

    /// Solves with a flat front at `length`.
    fn flat(&self, length: f64) -> (FlowSolver<f64>, Statistics) {
        let grid = Grid::new(
            &mesh(self.cell_radius, 2.0 * self.cell_radius, self.n),
            length,
        );
        let layout = discretise::layout(&grid, [0, 0]);
        let medium = Medium::uniform(&layout, self.lambda, self.slip);
        let loads = Loads {
            inlet_pressure: self.inlet,
            tip_pressure: 0.0,
        };
        let mut solver = FlowSolver::new(grid, &medium, loads).unwrap();
        let statistics = solver.solve(1e-7, 50).unwrap();
        (solver, statistics)
    }
}

/// A front on its way.
struct March {
    setup: Setup,
    chain: Chain,
    /// Mean speed at the last solve.
    speed: f64,
    /// Volume that has arrived, and what was corrected altogether, as mean lengths.
    injected: f64,
    corrected: f64,
    worst_cycles: usize,
    /// Cells that no marker crosses in a step.
    cells: f64,
}

impl March {
    fn new(setup: Setup, chain: Chain) -> Self {
        March {
            setup,
            chain,
            speed: 0.0,
            injected: 0.0,
            corrected: 0.0,
            worst_cycles: 0,
            cells: 0.5,
        }
    }

    /// One step: `step` long, or by [`March::cells`] if `None`; surface tension as (γ/(pR), contact angle).
    fn step(&mut self, step: Option<f64>, capillarity: Option<Capillarity>) {
        let h = 1.0 / self.setup.n as f64;
        let (solver, statistics) = self.setup.solve(&self.chain, capillarity);
        self.worst_cycles = self.worst_cycles.max(statistics.cycles);
        let flows = solver.flows();
        let drive = Drive {
            core: flows.core,
            layer: flows.layer,
            capillarity,
            slides: self.setup.slip > 0.0,
            deposit: Deposit::Uniform,
        };
        self.speed = 2.0 * flows.total();
        let rates = front::rates(
            &self.chain,
            &Velocity::new(&solver, self.setup.slip),
            &drive,
        );
        let fastest = rates.normal.iter().fold(1e-12, |a: f64, v| a.max(v.abs()));
        let step = step.unwrap_or(self.cells * h / fastest);
        let target = Shape::new(&self.chain).mean_length() + step * self.speed;
        let stride = Stride {
            step,
            held: step,
            target,
        };
        let moved = front::advance(&self.chain, &rates, &drive, stride, h);
        self.injected += step * self.speed;
        self.corrected += moved.correction;
        self.chain = moved.chain;
    }

    /// Steps to a mean length; with `capillary_number` the surface tension follows the speed, γ = ηU/Ca.
    fn to(&mut self, length: f64, capillary_number: Option<f64>) {
        if self.speed == 0.0 {
            self.speed = 1.0 / (8.0 * (Shape::new(&self.chain).mean_length() + 0.5));
        }
        while Shape::new(&self.chain).mean_length() < length {
            let capillarity = capillary_number.map(|ca| Capillarity {
                tension: self.speed / ca,
                contact_angle: 0.5 * PI,
            });
            self.step(None, capillarity);
        }
    }

    fn bulge(&self) -> f64 {
        self.chain.tip() - self.chain.contact()
    }

    /// Bulge volume over πR³.
    fn bulge_volume(&self) -> f64 {
        Shape::new(&self.chain).mean_length() - self.chain.contact()
    }

    /// Length that p = (8ηU/R²)(L_mean + c) lacks.
    fn extra(&self) -> f64 {
        let (solver, _) = self.setup.solve(&self.chain, None);
        1.0 / (16.0 * solver.flows().total()) - Shape::new(&self.chain).mean_length()
    }
}

/// Height of a chain over its contact line at radius `r`.
fn height(chain: &Chain, r: f64) -> f64 {
    let p = chain.points();
    let k = p.iter().position(|p| p.x >= r).unwrap().max(1);
    let t = (r - p[k - 1].x) / (p[k].x - p[k - 1].x);
    p[k - 1].y + t * (p[k].y - p[k - 1].y) - chain.contact()
}

// ---- volumes ----------------------------------------------------------------------------------------------------

/// Liquid volume (as a mean length) that the cells of a filling hold.
fn held(chain: &Chain, n: usize) -> f64 {
    let grid = Grid::with_front(&mesh(2.0, 4.0, n), chain.contact(), chain.top());
    let filling = front::filling(chain, &grid);
    let mut sum = 0.0;
    for j in grid.mouth_row..grid.rows() {
        for i in 0..n {
            let ring = grid.r[i + 1].powi(2) - grid.r[i].powi(2);
            let share = filling.cell(i, j - grid.mouth_row);
            assert!((0.0..=1.0).contains(&share), "share {share}");
            sum += ring * (grid.z[j + 1] - grid.z[j]) * share;
        }
    }
    sum
}

#[test]
fn cells_hold_exactly_what_the_chain_encloses() {
    for (bulge, n) in [(0.0, 8), (0.8, 8), (-0.7, 16), (0.3, 24)] {
        let chain = front::paraboloid(1.5, bulge, 1.0 / n as f64);
        let chain = Shape::new(&chain).polygon();
        let error = held(&chain, n) - chain.mean_length();
        assert!(error.abs() < 1e-13, "bulge {bulge}, N = {n}: {error:.1e}");
    }
    // An overhang: the surface runs back towards the axis between r = 0.7 and 0.5.
    let at = |r: f64, z: f64| glam::DVec2::new(r, z);
    let overhang = Chain::new(vec![at(0.0, 2.0), at(0.7, 1.9), at(0.5, 1.4), at(1.0, 1.2)]);
    let error = held(&overhang, 16) - overhang.mean_length();
    assert!(error.abs() < 1e-13, "overhang: {error:.1e}");
    // Negative control: the comparator sees a chain that is a thousandth of a cell higher.
    let chain = front::paraboloid(1.5, 0.8, 1.0 / 8.0);
    let higher = front::with_mean_length(&chain, chain.mean_length() + 1.25e-4);
    assert!((held(&chain, 8) - higher.mean_length()).abs() > 1e-5);
}

// ---- the flow behind a given front ------------------------------------------------------------------------------

#[test]
fn a_free_front_held_flat_is_the_flat_front() {
    for (lambda, length) in [(0.0, 2.0), (1.0 / 32.0, 0.5), (1.3, 2.0)] {
        for n in [16, 32] {
            let setup = Setup {
                cell_radius: 2.0,
                lambda,
                ..Setup::new(n)
            };
            let h = 1.0 / n as f64;
            let (free, _) = setup.solve(&front::paraboloid(length, 0.0, h), None);
            let (flat, _) = setup.flat(length);
            let (a, b) = (free.flows(), flat.flows());
            // The void ahead resists with 0.7 to 1 % of the liquid's viscosity over about a radius: half a per cent.
            let error = a.total() / b.total() - 1.0;
            assert!(error.abs() < 5e-3, "Λ = {lambda}, N = {n}: {error:.1e}");
            assert!(a.mass_defect() < 1e-12);
        }
    }
}

#[test]
fn multigrid_hardly_feels_the_cut_cells() {
    let mut worst = 0;
    for n in [16, 32] {
        for lambda in [0.0, 1e-3, 1.0 / 32.0, 1.0, 100.0] {
            let setup = Setup {
                lambda,
                cell_radius: 2.0,
                ..Setup::new(n)
            };
            let (_, flat) = setup.flat(2.0);
            // Along a grid line, slivers of all sizes, dimples, and more than a steady bulge.
            for bulge in [-0.8, -0.5, 0.0, 0.003, 0.01, 0.03, 0.1, 0.3, 0.7, 1.2] {
                let chain = front::paraboloid(2.0, bulge, 1.0 / n as f64);
                let (_, free) = setup.solve(&chain, None);
                let more = free.cycles as i64 - flat.cycles as i64;
                // Measured: 0 or 1 more; 2 for a dimple of half a radius at N = 32. Two are what the project allows.
                assert!(
                    more <= 2 && free.w_cycles == 0,
                    "N = {n}, Λ = {lambda}, bulge {bulge}: {more} more"
                );
                worst = worst.max(more);
            }
        }
    }
    println!("at most {worst} cycles more than with a flat front");
}

// ---- fountain flow ----------------------------------------------------------------------------------------------

#[test]
fn steady_fountain_front() {
    let mut errors = Vec::new();
    let resolutions: &[usize] = if long() { &[16, 32, 64] } else { &[16, 32] };
    for &n in resolutions {
        let start = front::paraboloid(2.0, 0.0, 1.0 / n as f64);
        let mut march = March::new(Setup::new(n), start);
        march.to(5.0, None);
        let (bulge, volume, extra) = (march.bulge(), march.bulge_volume(), march.extra());
        let share = march.corrected / march.injected;
        println!(
            "N = {n}: bulge {bulge:.4}, volume {volume:.4}, extra {extra:.4}, corrected {share:.1e}, cycles {}",
            march.worst_cycles
        );
        errors.push((bulge / reference("apex") - 1.0).abs());
        if n == 32 {
            // The reference's own numbers with the tolerances of a resolution of 32.
            assert!((bulge / reference("apex") - 1.0).abs() < 0.02, "{bulge}");
            let expected = reference("bulge_volume_over_pi_R3");
            assert!((volume / expected - 1.0).abs() < 0.03, "{volume}");
            // Mouth +0.577 (R_c = 4 R) and front −0.371 make +0.206; a flat front has +0.497.
            assert!((extra - 0.206).abs() < 0.02, "{extra}");
            // The speed follows p = (8ηU/R²)(L_mean + 0.206 R) to 1 %; with a flat front it is 8 % lower.
            let law = |c: f64| (5.0 + extra) / (5.0 + c) - 1.0;
            assert!(law(0.206).abs() < 0.01 && law(0.497).abs() > 0.04);
            for (r, z) in [(0.4, 0.7584), (0.6, 0.6519), (0.8, 0.4719), (0.9, 0.3279)] {
                let error = height(&march.chain, r) - z;
                assert!(error.abs() < 0.02, "height at {r}: off by {error:.3}");
            }
            // What interpolation and the contact line lose before the volume is corrected; the project's limit.
            assert!(share.abs() < 1e-3, "{share:.1e}");
        }
        let lost = Shape::new(&march.chain).mean_length() - 2.0 - march.injected;
        assert!(lost.abs() < 1e-6 * march.injected, "{lost:.1e}");
    }
    // 3.0 % at N = 16, 1.3 % at 32, 0.5 % at 64.
    assert!(errors.windows(2).all(|e| e[1] < 0.6 * e[0]), "{errors:?}");
    // Negative control: a paraboloid of the same apex has another volume, and is seen.
    assert!((0.5 * reference("apex") / reference("bulge_volume_over_pi_R3") - 1.0).abs() > 0.03);
}

#[test]
fn steady_front_does_not_remember_its_start() {
    let n = 16;
    let mut ends = Vec::new();
    for bulge in [0.0, 1.2] {
        let start = front::paraboloid(1.5, bulge, 1.0 / n as f64);
        let mut march = March::new(
            Setup {
                cell_radius: 2.0,
                ..Setup::new(n)
            },
            start,
        );
        march.to(9.0, None);
        ends.push([march.bulge(), march.bulge_volume()]);
    }
    println!("{ends:?}");
    // A bulge that is too high decays like exp(−0.75 way/R).
    assert!((ends[0][0] - ends[1][0]).abs() < 0.012, "{ends:?}");
    assert!((ends[0][1] - ends[1][1]).abs() < 0.012, "{ends:?}");
}

// ---- surface tension --------------------------------------------------------------------------------------------

/// A cap that meets the wall at `angle`.
fn cap(contact: f64, angle: f64, h: f64) -> Chain {
    let radius = -1.0 / angle.cos();
    let z = |r: f64| {
        let depth = (radius * radius - r * r).sqrt() - (radius * radius - 1.0).sqrt();
        contact + radius.signum() * depth
    };
    Shape::new(&Chain::over_radii(400, z)).redistributed(0.5 * h, 16)
}

/// A pressure that holds a cap of this contact angle: Δp = 2γ cos θ'/R against γκ of the surface, γ = 1.
fn balanced(n: usize, angle: f64) -> (Setup, Option<Capillarity>) {
    let setup = Setup {
        slip: 0.1,
        inlet: -2.0 * angle.cos(),
        ..Setup::new(n)
    };
    let capillarity = Capillarity {
        tension: 1.0,
        contact_angle: angle,
    };
    (setup, Some(capillarity))
}

#[test]
fn spherical_caps_stay_at_rest() {
    let n = 16;
    for degrees in [30.0f64, 60.0, 120.0, 150.0] {
        let angle = degrees.to_radians();
        let (setup, capillarity) = balanced(n, angle);
        let mut march = March::new(setup, cap(2.0, angle, 1.0 / n as f64));
        let mut speeds = Vec::new();
        for _ in 0..60 {
            march.step(Some(0.05), capillarity);
            speeds.push(march.speed.abs());
        }
        let height = (1.0 - angle.sin()) / -angle.cos();
        println!(
            "{degrees}°: bulge {:.5} of {height:.5}, speeds {:.1e} … {:.1e}",
            march.bulge(),
            speeds[0],
            speeds[59]
        );
        assert!(
            (march.bulge() / height - 1.0).abs() < 0.01,
            "{degrees}°: {}",
            march.bulge()
        );
        // In units of γ/η, where a cap of another angle moves at some 0.1.
        assert!(speeds.iter().all(|s| *s < 1e-4), "{degrees}°: {speeds:?}");
        assert!(speeds[59] <= 1.5 * speeds[0], "{degrees}°: {speeds:?}");
        // Negative control: a pressure off by 10 % is seen.
        let off = Setup {
            inlet: 1.1 * setup.inlet,
            ..setup
        };
        let (solver, _) = off.solve(&march.chain, capillarity);
        assert!(2.0 * solver.flows().total().abs() > 1e-4);
    }
}

#[test]
fn disturbed_cap_returns_to_its_angle() {
    let (n, angle) = (16, 120f64.to_radians());
    let (setup, capillarity) = balanced(n, angle);
    let mut march = March::new(setup, front::paraboloid(2.0, 0.6, 1.0 / n as f64));
    for _ in 0..120 {
        march.step(Some(0.1), capillarity);
    }
    let height = (1.0 - angle.sin()) / -angle.cos();
    assert!(
        (march.bulge() / height - 1.0).abs() < 0.01,
        "{} of {height}",
        march.bulge()
    );
}

#[test]
fn sliding_contact_line_at_a_right_angle() {
    // Navier slip b = 0.1 R on the whole wall: apex over contact line at Ca = 0.1 and 1. The references are those of the
    // project, confirmed by a body-fitted finite-element computation (0.09582 and 0.56780).
    // Asked for are 3 % at N = 32. Measured: 0.5, −0.4, 0.0 % at Ca = 0.1 and 4.1, 1.7, −1.4 % at Ca = 1, where the surface
    // turns by 50° within half a cell of N = 16, so that the angle at the line is a matter of the wall's last node.
    let references = [
        (0.1, 0.09582, [0.02, 0.01, 0.005]),
        (1.0, 0.5678, [0.06, 0.03, 0.02]),
    ];
    let resolutions: &[usize] = if long() { &[16, 32, 64] } else { &[16, 32] };
    for (ca, expected, tolerances) in references {
        for (&n, tolerance) in resolutions.iter().zip(tolerances) {
            let setup = Setup {
                cell_radius: 2.0,
                slip: 0.1,
                ..Setup::new(n)
            };
            // From close by: what remains decays with the way.
            let start = front::paraboloid(2.0, 0.97 * expected, 1.0 / n as f64);
            let mut march = March::new(setup, start);
            // The steps of a run, see `simulation::free`.
            march.cells = 0.25;
            march.to(3.5, Some(ca));
            let error = march.bulge() / expected - 1.0;
            println!("Ca = {ca}, N = {n}: {:.4}, {error:.3}", march.bulge());
            assert!(error.abs() < tolerance, "Ca = {ca}, N = {n}: {error:.3}");
        }
    }
}

// ---- robustness -------------------------------------------------------------------------------------------------

/// Fails if markers cross, crowd or turn back, for a grid of `n` cells across the radius.
fn assert_smooth(chain: &Chain, n: usize) {
    let p = chain.points();
    assert!(p.iter().all(|p| p.is_finite()));
    let gaps = p.windows(2).map(|p| p[0].distance(p[1]));
    let closest = gaps.fold(f64::MAX, f64::min);
    assert!(closest > 0.05 / n as f64, "markers {closest:.1e} apart");
    // No kinks: neighbouring segments turn by less than a right angle away from the wall.
    let turns = p[..p.len() - 3]
        .windows(3)
        .all(|p| (p[1] - p[0]).dot(p[2] - p[1]) > 0.0);
    assert!(turns, "a kink in {p:?}");
}

#[test]
fn random_fronts_neither_blow_up_nor_tangle() {
    let cases = if long() { 60 } else { 12 };
    let draw = random(5 * cases, 7);
    for case in draw.chunks(5) {
        let n = if case[0] > 0.0 { 8 } else { 16 };
        let angle = (100.0 + 70.0 * case[1]).to_radians();
        // Ca from 0.01 to 100, beyond which there is no tension.
        let tension = 0.03 * 10f64.powf(-2.0 * case[2]);
        let capillarity = (case[2] < 0.8).then_some(Capillarity {
            tension,
            contact_angle: angle,
        });
        let setup = Setup {
            slip: if case[3] > 0.0 { 0.05 } else { 0.0 },
            cell_radius: 2.0,
            ..Setup::new(n)
        };
        let mut march = March::new(setup, front::paraboloid(1.2, 0.8 * case[4], 1.0 / n as f64));
        for _ in 0..40 {
            march.step(None, capillarity);
            assert_smooth(&march.chain, n);
        }
    }
}

#[test]
fn thousand_steps_with_and_without_surface_tension() {
    let n = if long() { 16 } else { 8 };
    for tension in [0.0, 0.4] {
        let capillarity = (tension > 0.0).then_some(Capillarity {
            tension,
            contact_angle: 2.0,
        });
        let setup = Setup {
            slip: 0.05,
            cell_radius: 2.0,
            ..Setup::new(n)
        };
        let mut march = March::new(setup, front::paraboloid(1.0, 0.0, 1.0 / n as f64));
        for _ in 0..1000 {
            march.step(None, capillarity);
            assert_smooth(&march.chain, n);
        }
        println!(
            "γ/(pR) = {tension}: mean length {:.2}, bulge {:.3}",
            Shape::new(&march.chain).mean_length(),
            march.bulge()
        );
    }
}

// ---- whole runs -------------------------------------------------------------------------------------------------

/// A case of the paper in the cell of the references, at N = 16, changed by `sets`.
fn case(sets: &[&str]) -> nanomold::case::LoadedCase {
    let common = [
        "mesh.cell_radius=4",
        "mesh.reservoir_depth=8",
        "mesh.cells_per_radius=16",
        "numerics.estimate_error=false",
        "output.frames=0",
    ];
    let all: Vec<String> = common.iter().chain(sets).map(|s| s.to_string()).collect();
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    nanomold::case::load(&root.join("cases/ni_d60_327C.toml"), &all)
        .unwrap_or_else(|error| panic!("{error:?}"))
}

/// All steps of a run and what ended it.
fn steps(sets: &[&str]) -> (Vec<Step>, Ending) {
    let loaded = case(sets);
    let mut simulation = Simulation::new(&loaded).unwrap();
    let mut steps = vec![simulation.latest().clone()];
    while let Some(step) = simulation.advance().unwrap() {
        let [tip, contact] = step.tip_and_contact();
        assert!(tip.is_finite() && contact >= 0.0 && step.mass_defect < 1e-9);
        steps.push(step.clone());
    }
    (steps, simulation.ending().unwrap())
}

/// The last step of a run.
fn run(sets: &[&str]) -> Step {
    steps(sets).0.pop().unwrap()
}

#[test]
fn a_run_with_a_real_front_follows_its_law_and_a_flat_one_is_slower() {
    let viscous = [
        "interface.diffusivity_factor=0",
        "interface.capillarity=false",
        // As in the reference the line rolls; 1 nm of slip near it is worth 0.04 R of pore.
        "front.slip_length_nm=0",
        "process.time_s=10000",
        "process.stop_length_nm=480",
    ];
    let (free, ending) = steps(&viscous);
    let (flat, _) = steps(&[&viscous[..], &["front.model=\"flat\""]].concat());
    assert_eq!(ending, Ending::Length);
    // dL/dt against p = (8ηU/R²)(L + c R), in units of R and η/p.
    let law = |step: &Step, c: f64| {
        let scales = &step.conditions.scales;
        let length = step.length / scales.radius;
        (
            length,
            step.rate / scales.velocity() * 8.0 * (length + c) - 1.0,
        )
    };
    // From 3 R on the dome that formed at the mouth is the steady front.
    let worst = |steps: &[Step], c: f64| {
        let all = steps.iter().map(|step| law(step, c));
        all.filter(|(length, _)| *length >= 3.0)
            .fold(0.0_f64, |worst, (_, error)| worst.max(error.abs()))
    };
    println!(
        "off the laws: free {:.4}, flat {:.4}",
        worst(&free, 0.206),
        worst(&flat, 0.497)
    );
    assert!(worst(&free, 0.206) < 0.01 && worst(&flat, 0.497) < 0.01);
    // At 3.5 R that is the difference of 7 to 8 % between them, which the wrong law shows.
    assert!(
        (0.06..0.09).contains(&worst(&flat, 0.206)),
        "{}",
        worst(&flat, 0.206)
    );

    // What was corrected on the way to 16 R, and what the chain encloses then.
    let injected = free[free.len() - 1].length - free[0].length;
    let corrected: f64 = free.iter().map(|s| s.front.unwrap().correction).sum();
    println!(
        "corrected {:.1e} of the injected volume",
        corrected / injected
    );
    assert!((corrected / injected).abs() < 1e-3, "{corrected:.1e}");
    let last = &free[free.len() - 1];
    let [tip, contact] = last.tip_and_contact();
    assert!(contact < last.length && last.length < tip);
    let bulge = (tip - contact) / last.conditions.scales.radius;
    // 0.861 is the steady bulge of this grid.
    assert!((bulge / 0.861 - 1.0).abs() < 0.02, "{bulge}");
    let flat_end = &flat[flat.len() - 1];
    assert_eq!(flat_end.tip_and_contact(), [flat_end.length; 2]);
}

#[test]
fn a_closed_pore_is_filled_when_the_front_meets_its_bottom() {
    for model in ["free", "flat"] {
        let front = format!("front.model=\"{model}\"");
        let sets = ["pore.depth_nm=75", &front, "mesh.cells_per_radius=8"];
        let (steps, ending) = steps(&sets);
        assert_eq!(ending, Ending::Filled);
        let [tip, contact] = steps[steps.len() - 1].tip_and_contact();
        // Reached within the 1e-4 that the steps resolve; a free front has not filled the corner.
        assert!((tip / 75e-9 - 1.0).abs() < 2e-4, "{model}: {tip:.4e}");
        assert_eq!(contact < 0.95 * tip, model == "free");
        // Negative control: the step before was not there yet.
        let [before, _] = steps[steps.len() - 2].tip_and_contact();
        assert!((before / 75e-9 - 1.0).abs() > 2e-4, "{model}: {before:.4e}");
    }
}

#[test]
fn the_work_on_the_front_is_a_small_share_of_a_step() {
    let loaded = case(&["mesh.cells_per_radius=32", "process.stop_length_nm=33"]);
    let mut simulation = Simulation::new(&loaded).unwrap();
    let clock = std::time::Instant::now();
    while simulation.advance().unwrap().is_some() {}
    let step = clock.elapsed().as_secs_f64() / f64::from(simulation.steps());
    // Filling, rates and motion once per step, with a marker and a grid as there.
    let setup = Setup::new(32);
    let chain = front::paraboloid(1.0, 0.5, 1.0 / 32.0);
    let (solver, _) = setup.solve(&chain, None);
    let flows = solver.flows();
    let drive = Drive {
        core: flows.core,
        layer: flows.layer,
        capillarity: None,
        slides: false,
        deposit: Deposit::Uniform,
    };
    let clock = std::time::Instant::now();
    for _ in 0..20 {
        front::filling(&Shape::new(&chain).polygon(), &solver.grid);
        let rates = front::rates(&chain, &Velocity::new(&solver, 0.0), &drive);
        let moved = front::advance(
            &chain,
            &rates,
            &drive,
            Stride {
                step: 0.01,
                held: 0.01,
                target: chain.mean_length(),
            },
            1.0 / 32.0,
        );
        assert!(moved.chain.tip().is_finite());
    }
    let work = clock.elapsed().as_secs_f64() / 20.0;
    println!(
        "front {:.2} ms of {:.2} ms per step",
        1e3 * work,
        1e3 * step
    );
    // The project's limit; some 2 % measured.
    assert!(work < 0.15 * step);
}

#[test]
fn a_front_that_the_layer_feeds_moves_evenly() {
    // In a pore of 10 nm nearly everything comes through the layer (Λ = 10) and is deposited on the front, the contact line
    // included. A line that is left behind is overrun, jumps by a cell, and the rate with it (by 60 %, with 23 % less length).
    let narrow = ["pore.diameter_nm=10", "process.stop_length_nm=20"];
    let (steps, _) = steps(&narrow);
    let rates: Vec<f64> = steps
        .windows(2)
        .map(|s| (s[1].length.powi(2) - s[0].length.powi(2)) / s[1].step)
        .collect();
    let jumps = rates[rates.len() / 4..]
        .windows(2)
        .map(|r| (r[1] / r[0] - 1.0).abs());
    let worst = jumps.fold(0.0, f64::max);
    println!(
        "{} steps, largest jump of d(L²)/dt {worst:.1e}",
        steps.len()
    );
    assert!(worst < 0.02, "{worst}");
    // Without a pull (no surface tension) as well, and within what the front's own resistance explains: a flat front is
    // 5 to 10 % slower at twelve radii.
    let time = |more: &str| {
        let (steps, _) = self::steps(&[&narrow[..], &[more]].concat());
        steps[steps.len() - 1].conditions.time
    };
    let ratio = time("front.model=\"flat\"") / steps[steps.len() - 1].conditions.time;
    println!("flat/free {ratio:.3}");
    assert!((1.0..1.35).contains(&ratio), "{ratio}");
}

#[test]
fn runs_start_from_an_empty_pore_and_from_a_dimple() {
    for sets in [
        ["front.initial_aspect_ratio=0", "front.deposit=\"uniform\""],
        ["front.initial_bulge=-0.6", "front.deposit=\"curvature\""],
    ] {
        let more = [
            "front.model=\"free\"",
            "process.stop_length_nm=60",
            "mesh.cells_per_radius=8",
        ];
        let end = run(&[&sets[..], &more[..]].concat());
        let [tip, contact] = end.tip_and_contact();
        // The alloy does not wet (120°): the front bulges.
        assert!(
            contact > 0.0 && contact < end.length && end.length < tip,
            "{end:?}"
        );
        assert!((end.length / 60e-9 - 1.0).abs() < 1e-3);
    }
}
