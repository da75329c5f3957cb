//! The free front: exact volumes, the steady fountain front, caps at rest, the contact line, robustness.
//!
//! Lengths in R, stresses in the driving pressure, time in η/p. Whole runs are in `runs.rs`.

use crate::common::{self, bare_tube, even, long, mesh, random, uneven};
use glam::DVec2;
use nanomold::compute::Computer;
use nanomold::flow::discretise::{self, Medium};
use nanomold::flow::grid::Grid;
use nanomold::flow::local::Laws;
use nanomold::flow::solver::{FlowSolver, Loads};
use nanomold::front::{
    self, Capillarity, Chain, Closing, Corrected, Curve, Deposit, MODES, Modes, Motion, Rates,
    Response, Stream,
};
use nanomold::simulation::{FlowAnswer, FlowEngine, FlowQuestion, FrontQuestion};
use std::f64::consts::FRAC_PI_2;

const FOUNTAIN: &str = include_str!("../reference/fountain.json");

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
    /// Slip length of the whole wall.
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

    /// An engine without history.
    fn engine(&self) -> FlowEngine {
        let mesh = mesh(self.cell_radius, 2.0 * self.cell_radius, self.n);
        FlowEngine::new(mesh, 1e-7, 50, Computer::cpu())
    }

    fn question(&self, length: f64) -> FlowQuestion {
        FlowQuestion {
            length,
            lambda: self.lambda,
            slip_length: self.slip,
            laws: Laws::default(),
        }
    }

    fn front_question<'a>(
        &self,
        curve: &'a Curve,
        capillarity: Option<Capillarity>,
    ) -> FrontQuestion<'a> {
        FrontQuestion {
            curve,
            inlet: self.inlet,
            capillarity,
            contact_slip: 0.0,
        }
    }

    /// Solves for a front, from rest.
    fn solve(&self, curve: &Curve, capillarity: Option<Capillarity>) -> FlowAnswer {
        let asked = self.front_question(curve, capillarity);
        let question = self.question(curve.length);
        self.engine().solve_with_front(question, &asked).unwrap()
    }

    /// Solves with a flat front at `length`, from rest.
    fn flat(&self, length: f64) -> FlowAnswer {
        self.engine().solve(self.question(length)).unwrap()
    }

    /// A paraboloid that rolls onto the wall.
    fn rolling(&self, length: f64, bulge: f64) -> Curve {
        front::paraboloid(&Modes::new(self.n), length, bulge, Closing::Rolls)
    }

    /// A paraboloid whose line slides.
    fn sliding(&self, length: f64, bulge: f64) -> Curve {
        front::paraboloid(&Modes::new(self.n), length, bulge, Closing::Slides)
    }
}

/// Change of the front's height that a solve may still ask for, as `simulation::attempt` has it.
const SETTLED: f64 = 0.02;

/// A front on its way, moved as a run moves it (`simulation::free` and `attempt`) but with steps of a given way.
struct March {
    setup: Setup,
    engine: FlowEngine,
    motion: Motion,
    response: Option<Response>,
    /// Mean speed at the last solve.
    speed: f64,
    /// Mean length that has arrived.
    injected: f64,
    worst_cycles: usize,
    /// A front that would recede is held, as in a run.
    holds: bool,
}

impl March {
    fn new(setup: Setup, curve: Curve, capillarity: Option<Capillarity>) -> Self {
        let mut march = March {
            engine: setup.engine(),
            setup,
            motion: Motion::new(curve, setup.n),
            response: None,
            speed: 0.0,
            injected: 0.0,
            worst_cycles: 0,
            holds: false,
        };
        let start = march.curve().clone();
        march.speed = 2.0 * march.rates(&start, capillarity).total();
        march
    }

    fn curve(&self) -> &Curve {
        &self.motion.curve
    }

    /// Solves for the flow at `curve`.
    fn rates(&mut self, curve: &Curve, capillarity: Option<Capillarity>) -> Rates {
        let mut asked = self.setup.front_question(curve, capillarity);
        let rates = self.rates_of(&asked);
        if !self.holds || rates.total() >= 0.0 {
            return rates;
        }
        // Between two pressures rates are linear.
        asked.inlet -= 8.0 * (curve.length + 0.5) * rates.total();
        let other = self.rates_of(&asked);
        rates.towards(&other, rates.total() / (rates.total() - other.total()))
    }

    fn rates_of(&mut self, asked: &FrontQuestion) -> Rates {
        let curve = asked.curve;
        let question = self.setup.question(curve.length);
        let answer = self.engine.solve_with_front(question, asked).unwrap();
        self.worst_cycles = self.worst_cycles.max(answer.statistics.cycles);
        let stream = Stream::new(self.engine.solver().unwrap());
        let flows = answer.flows;
        Rates::new(curve, &stream, self.motion.radii(), flows.core, flows.layer)
    }

    /// Takes the flow's response to the modes of `curve`; false if one of the changed fronts is none.
    fn respond(&mut self, curve: &Curve, base: &Rates, capillarity: Option<Capillarity>) -> bool {
        let question = self.setup.question(curve.length);
        let mut changed = Vec::new();
        for k in 0..MODES {
            let mut coefficients = curve.coefficients;
            coefficients[k] += Response::CHANGE;
            let Some(other) = curve.with_coefficients(coefficients) else {
                return false;
            };
            if self.holds {
                // What holds the front changes with it.
                changed.push(self.rates(&other, capillarity));
                continue;
            }
            let asked = self.setup.front_question(&other, capillarity);
            let (solver, _) = self.engine.solve_beside(question, &asked, 1e-4).unwrap();
            let (flows, stream) = (solver.flows(), Stream::new(&solver));
            let radii = self.motion.radii();
            changed.push(Rates::new(&other, &stream, radii, flows.core, flows.layer));
        }
        let changed: [Rates; MODES] = changed.try_into().expect("one per mode");
        let tension = capillarity.is_some();
        self.response = Some(Response::new(
            curve.coefficients,
            base,
            (&changed, [Response::CHANGE; MODES]),
            tension,
        ));
        true
    }

    fn is_stale(&self, curve: &Curve, rates: &Rates) -> bool {
        let Some(response) = &self.response else {
            return true;
        };
        let pairs = response.coefficients.iter().zip(&curve.coefficients);
        let moved: f64 = pairs.map(|(a, b)| (a - b).abs()).sum();
        let ratio = rates.total() / response.total;
        moved > 0.5 || rates.total() > 0.0 && !(1.0 / 1.5..=1.5).contains(&ratio)
    }

    /// One step of `step`; false, and nothing has happened, if front and flow do not agree.
    fn try_step(&mut self, step: f64, capillarity: Option<Capillarity>) -> bool {
        let (length, closing) = (self.curve().length, self.curve().closing());
        let end = length + step * self.speed;
        let mut curve = self.motion.predicted(step, end, closing);
        let mut before = f64::INFINITY;
        for _ in 0..8 {
            let rates = self.rates(&curve, capillarity);
            if self.is_stale(&curve, &rates) && !self.respond(&curve, &rates, capillarity) {
                return false;
            }
            let response = self.response.as_ref().expect("just taken");
            let known = (&rates, 1.0);
            let corrected =
                (self.motion).corrected(step, &curve, known, response, Deposit::Uniform);
            let Some(Corrected {
                curve: new,
                flow,
                change,
            }) = corrected
            else {
                return false;
            };
            if change < SETTLED {
                let speed = 2.0 * (rates.total() + flow);
                let speed = if self.holds { speed.max(0.0) } else { speed };
                let way = 0.5 * step * (self.speed + speed);
                self.motion.accept(new.with_length(length + way), step);
                self.injected += way;
                self.speed = speed;
                return true;
            }
            if change > 0.4 * before {
                self.response = None;
            }
            before = change;
            curve = new;
        }
        false
    }

    /// A step of `step`, or as much of it as front and flow agree on.
    fn step(&mut self, mut step: f64, capillarity: Option<Capillarity>) {
        let shortest = 1e-4 * step;
        while !self.try_step(step, capillarity) {
            self.response = None;
            step *= 0.3;
            assert!(
                step > shortest,
                "no step from {:?}",
                self.curve().coefficients
            );
        }
    }

    /// Steps of `way` to a mean length; with `capillary_number` the surface tension follows the speed, γ = ηU/Ca.
    fn to(&mut self, length: f64, way: f64, capillary_number: Option<f64>) {
        while self.curve().length < length {
            // The speed at the end of the step, as the law of a long pore has it.
            let now = self.curve().length + 0.3;
            let speed = self.speed * now / (now + way);
            let capillarity = capillary_number.map(|ca| Capillarity {
                tension: speed / ca,
                contact_angle: FRAC_PI_2,
            });
            self.step(way / self.speed, capillarity);
        }
    }

    fn bulge(&self) -> f64 {
        self.curve().tip() - self.curve().contact()
    }

    /// Bulge volume over πR³.
    fn bulge_volume(&self) -> f64 {
        self.curve().length - self.curve().contact()
    }

    /// Length that p = (8ηU/R²)(L_mean + c) lacks.
    fn extra(&self) -> f64 {
        let answer = self.setup.solve(self.curve(), None);
        1.0 / (16.0 * answer.flows.total()) - self.curve().length
    }
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
fn cells_hold_exactly_what_the_front_encloses() {
    for (bulge, n) in [(0.0, 8), (0.8, 8), (-0.7, 16), (0.3, 24)] {
        for closing in [Closing::Rolls, Closing::Slides] {
            let curve = front::paraboloid(&Modes::new(n), 1.5, bulge, closing);
            let chain = curve.chain();
            let error = held(&chain, n) - chain.mean_length();
            // A few thousand additions in double precision.
            assert!(error.abs() < 1e-13, "bulge {bulge}, N = {n}: {error:.1e}");
            // The chords of sixty intervals lie κ s²/8 = 1e-4 below the curve.
            let chords = chain.mean_length() - curve.length;
            assert!(chords.abs() < 2e-4, "bulge {bulge}, N = {n}: {chords:.1e}");
        }
    }
    // An overhang: the surface runs back towards the axis between r = 0.7 and 0.5.
    let at = DVec2::new;
    let overhang = Chain::new(vec![at(0.0, 2.0), at(0.7, 1.9), at(0.5, 1.4), at(1.0, 1.2)]);
    let error = held(&overhang, 16) - overhang.mean_length();
    assert!(error.abs() < 1e-13, "overhang: {error:.1e}");
    // Negative control: the comparator sees a front that is a thousandth of a cell higher.
    let chain = Setup::new(8).rolling(1.5, 0.8).chain();
    let higher = chain.shifted(1.25e-4);
    assert!((held(&chain, 8) - higher.mean_length()).abs() > 1e-5);
}

// ---- the stream function ----------------------------------------------------------------------------------------

/// A tube in which the flow through every ring is that of the velocity `w(r)`, whose stream function is `psi(r)`.
fn tube(cells: usize, psi: impl Fn(f64) -> f64) -> Stream {
    let grid = bare_tube(uneven(0.0, 1.0, cells), even(0.0, 2.0, 2 * cells));
    let layout = discretise::layout(&grid, [0, 0]);
    let loads = Loads {
        inlet_pressure: 1.0,
        tip_pressure: 0.0,
    };
    let medium = Medium::uniform(&layout, 0.0, 0.0);
    let mut solver = FlowSolver::<f64>::new(grid, &medium, loads).unwrap();
    let (r, rows) = (solver.grid.r.clone(), solver.grid.rows());
    let axial = layout.segments()[1].start;
    for j in 0..=rows {
        let start = axial + layout.axial_row(j).start;
        for i in 0..cells {
            let area = 0.5 * (r[i + 1].powi(2) - r[i].powi(2));
            solver.state_mut()[start + i] = (psi(r[i + 1]) - psi(r[i])) / area;
        }
    }
    Stream::new(&solver)
}

#[test]
fn the_stream_function_is_exact_on_lines_and_of_third_order_between_them() {
    let uniform = |r: f64| 0.5 * r * r;
    let poiseuille = |r: f64| 0.5 * r * r - 0.25 * r.powi(4);
    let worst = |cells: usize, psi: fn(f64) -> f64, radii: &[f64]| {
        let stream = tube(cells, psi);
        let at = |&r: &f64| (stream.inside(DVec2::new(r, 0.73)) - psi(r)).abs();
        radii.iter().map(at).fold(0.0, f64::max)
    };
    // Sums of a few numbers.
    assert!(worst(16, uniform, &even(0.0, 1.0, 97)) < 1e-14);
    assert!(worst(16, poiseuille, &uneven(0.0, 1.0, 16)) < 1e-14);
    // A linear velocity across a ring leaves h³ of a parabola's. (Not so in the last ring, which may lie beyond the contact line:
    // its slope counts by half.)
    let anywhere = even(0.0, 0.8, 97);
    let errors: Vec<f64> = [8, 16, 32].map(|n| worst(n, poiseuille, &anywhere)).into();
    common::assert_converges("ψ between lines", &errors, 1e-5, 2.7);
    // Negative control: a velocity taken as constant across a ring leaves h²/8 of its slope.
    let flat = |cells: usize| {
        let r = uneven(0.0, 1.0, cells);
        let area = |a: f64, b: f64| b * b - a * a;
        let error = |x: f64| {
            let i = r.partition_point(|r| *r <= x).clamp(1, cells) - 1;
            let t = area(r[i], x) / area(r[i], r[i + 1]);
            poiseuille(r[i]) + t * (poiseuille(r[i + 1]) - poiseuille(r[i])) - poiseuille(x)
        };
        anywhere.iter().map(|&x| error(x).abs()).fold(0.0, f64::max)
    };
    let errors: Vec<f64> = [8, 16, 32].map(flat).into();
    assert!(!common::converges(&errors, 1e-5, 2.7), "{errors:?}");
}

// ---- the deposit ------------------------------------------------------------------------------------------------

/// What grows on `curve` altogether: growth times area, halves at the ends.
fn grown(curve: &Curve, growth: &[f64]) -> f64 {
    let areas = curve.areas();
    let n = areas.len();
    (0..n)
        .map(|k| {
            let (a, b) = (k.saturating_sub(1), (k + 1).min(n - 1));
            0.5 * growth[k] * (areas[b] - areas[a])
        })
        .sum()
}

#[test]
fn everything_that_arrives_grows() {
    let deposits = [Deposit::Uniform, Deposit::Wandering { distance: 0.3 }];
    for closing in [Closing::Rolls, Closing::Slides] {
        let coefficients = [0.7, -0.1, 0.05, -0.03, 0.02];
        let curve = Curve::new(&Modes::new(16), coefficients, 2.0, closing).unwrap();
        let radii = even(0.0, 1.0, 500);
        for deposit in deposits {
            for layer in [0.0, 0.37, -0.2] {
                let growth = deposit.growth(&curve, layer);
                let error = grown(&curve, &growth) - layer;
                // A sum of sixty terms.
                assert!(error.abs() < 1e-13, "{deposit:?}, {layer}: {error:.1e}");
                let inside = deposit.inside(&curve, &radii, layer);
                let error = inside[500] - layer;
                assert!(
                    inside[0].abs() < 1e-13 && error.abs() < 1e-13,
                    "{deposit:?}: {error:.1e}"
                );
                // Growth inside a radius only grows with it.
                let turns = inside
                    .windows(2)
                    .all(|w| (w[1] - w[0]) * layer.signum() >= -1e-15);
                assert!(turns, "{deposit:?}, {layer}");
            }
            // Negative control: one node that grows by a per cent more is seen.
            let mut growth = deposit.growth(&curve, 0.37);
            growth[20] *= 1.01;
            assert!((grown(&curve, &growth) - 0.37).abs() > 1e-6);
        }
    }
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
            let free = setup.solve(&setup.sliding(length, 0.0), None).flows;
            let flat = setup.flat(length).flows;
            // The void ahead resists with 0.7 to 1 % of the liquid's viscosity over about a radius: half a per cent.
            let error = free.total() / flat.total() - 1.0;
            println!("Λ = {lambda}, N = {n}: {error:.1e}");
            assert!(error.abs() < 5e-3, "Λ = {lambda}, N = {n}: {error:.1e}");
            assert!(free.mass_defect() < 1e-12);
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
            let flat = setup.flat(2.0).statistics.cycles as i64;
            // Along a grid line, slivers of all sizes, dimples, and more than a steady bulge.
            for bulge in [-0.8, -0.5, 0.0, 0.003, 0.01, 0.03, 0.1, 0.3, 0.7, 1.2] {
                let free = setup.solve(&setup.rolling(2.0, bulge), None).statistics;
                let more = free.cycles as i64 - flat;
                // Two are what the project allows.
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

/// A run may start from a flat front at any length. (Where two levels in a row had a low row beside the contact line, flat fronts at 10, 17, 18,
/// 25 and 26 cells of N = 32 diverged.)
#[test]
fn flat_fronts_of_any_length_are_solved() {
    for n in [24, 32] {
        for cells in 9..=40 {
            let setup = Setup {
                lambda: 0.05,
                cell_radius: 2.0,
                ..Setup::new(n)
            };
            let length = f64::from(cells) / n as f64;
            let found = setup.solve(&setup.rolling(length, 0.0), None).statistics;
            // Eight at most; with a flat front that ends the grid seven.
            assert!(
                found.cycles <= 9 && found.w_cycles == 0,
                "N = {n}, {cells} cells: {} cycles",
                found.cycles
            );
        }
    }
}

// ---- fountain flow ----------------------------------------------------------------------------------------------

#[test]
fn steady_fountain_front() {
    let mut errors = Vec::new();
    let resolutions: &[usize] = if long() { &[16, 32, 64] } else { &[16, 32] };
    for &n in resolutions {
        let setup = Setup::new(n);
        let mut march = March::new(setup, setup.rolling(2.0, 0.8), None);
        march.to(6.0, 0.2, None);
        let (bulge, volume, extra) = (march.bulge(), march.bulge_volume(), march.extra());
        let error = bulge / reference("apex") - 1.0;
        println!(
            "N = {n}: bulge {bulge:.4} ({error:.4}), volume {volume:.4}, extra {extra:.4}, cycles {}",
            march.worst_cycles
        );
        errors.push(error.abs());
        let heights = [(0.4, 0.7584), (0.6, 0.6519), (0.8, 0.4719), (0.9, 0.3279)];
        let off = heights.map(|(r, z)| march.curve().height(r) - march.curve().contact() - z);
        println!("  heights off by {off:.4?}");
        if n == 16 {
            assert!(error.abs() < 0.03, "{bulge}");
        }
        if n == 32 {
            assert!(error.abs() < 0.015, "{bulge}");
            let expected = reference("bulge_volume_over_pi_R3");
            assert!((volume / expected - 1.0).abs() < 0.02, "{volume}");
            // Mouth +0.577 (R_c = 4 R) and front −0.371 make +0.206; a flat front has +0.497.
            assert!((extra - 0.206).abs() < 0.01, "{extra}");
            // The speed follows p = (8ηU/R²)(L_mean + 0.206 R) to 0.2 %; with a flat front it is 5 % lower.
            let law = |c: f64| (6.0 + extra) / (6.0 + c) - 1.0;
            assert!(law(0.206).abs() < 0.002 && law(0.497).abs() > 0.04);
            assert!(off.iter().all(|off| off.abs() < 0.015), "{off:?}");
        }
        // The mean length is an unknown of the front, so that nothing is lost.
        let lost = march.curve().length - 2.0 - march.injected;
        assert!(lost.abs() < 1e-12 * march.injected, "{lost:.1e}");
    }
    assert!(errors.windows(2).all(|e| e[1] < 0.75 * e[0]), "{errors:?}");
    // Negative control: a paraboloid of the same apex has another volume, and is seen.
    assert!((0.5 * reference("apex") / reference("bulge_volume_over_pi_R3") - 1.0).abs() > 0.03);
}

#[test]
fn steady_front_does_not_remember_its_start() {
    let setup = Setup {
        cell_radius: 2.0,
        ..Setup::new(16)
    };
    let mut ends = Vec::new();
    for bulge in [0.0, 1.2] {
        let mut march = March::new(setup, setup.rolling(1.5, bulge), None);
        march.to(9.0, 0.2, None);
        ends.push([march.bulge(), march.bulge_volume()]);
    }
    println!("{ends:?}");
    // A bulge that is too high decays like exp(−0.75 way/R).
    assert!((ends[0][0] - ends[1][0]).abs() < 0.012, "{ends:?}");
    assert!((ends[0][1] - ends[1][1]).abs() < 0.012, "{ends:?}");
}

// ---- surface tension --------------------------------------------------------------------------------------------

/// Height of a cap that meets the wall at `angle`.
fn cap_height(angle: f64) -> f64 {
    (1.0 - angle.sin()) / -angle.cos()
}

/// A cap that meets the wall at `angle`: sin α = r/ρ with the radius ρ = −1/cos θ.
fn cap(n: usize, length: f64, angle: f64) -> Curve {
    let modes = Modes::new(n);
    let mut coefficients = [0.0; MODES];
    coefficients[0] = (-angle.cos() * modes.end()).asin();
    Curve::new(&modes, coefficients, length, Closing::Slides).unwrap()
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
        let mut march = March::new(setup, cap(n, 2.0, angle), capillarity);
        let mut speeds = vec![march.speed.abs()];
        for _ in 0..30 {
            march.step(0.1, capillarity);
            speeds.push(march.speed.abs());
        }
        let error = march.bulge() / cap_height(angle) - 1.0;
        println!(
            "{degrees}°: bulge {:.5}, off by {error:.1e}, speeds {:.1e} … {:.1e}",
            march.bulge(),
            speeds[0],
            speeds[30]
        );
        // The shape is a mode and balances its load: measured 2e-6 at the most.
        assert!(error.abs() < 1e-5, "{degrees}°: {error:.1e}");
        // In units of γ/η, where a cap of another angle moves at some 0.1; the solver's tolerance is 1e-7.
        assert!(speeds.iter().all(|s| *s < 1e-6), "{degrees}°: {speeds:?}");
        // Negative control: a pressure off by 10 % is seen.
        let off = Setup {
            inlet: 1.1 * setup.inlet,
            ..setup
        };
        let answer = off.solve(march.curve(), capillarity);
        assert!(2.0 * answer.flows.total().abs() > 1e-4);
    }
}

#[test]
fn disturbed_cap_returns_to_its_angle() {
    let (n, angle) = (16, 120f64.to_radians());
    let (setup, capillarity) = balanced(n, angle);
    let mut march = March::new(setup, setup.sliding(2.0, 0.6), capillarity);
    for _ in 0..120 {
        march.step(0.1, capillarity);
    }
    let error = march.bulge() / cap_height(angle) - 1.0;
    println!("off by {error:.1e}");
    // 1e-6 is left after 12 ηR/γ.
    assert!(error.abs() < 1e-4, "{error:.1e}");
}

#[test]
fn sliding_contact_line_at_a_right_angle() {
    // Navier slip b on the whole wall: apex over contact line of body-fitted finite elements. Measured (N = 16, 32), for b = 0.1,
    // 0.05, 0.02: +3.1, +2.0; +0.9, +1.7; −3.1, −0.4 % at Ca = 0.1, where 3 % were asked for, and +7.8, +6.2; +6.5, +7.8; +0.6,
    // +3.1 % at Ca = 1, where the surface turns by 40° within a fiftieth of a radius of the line.
    let tolerance = |ca: f64| if ca < 0.5 { 0.035 } else { 0.085 };
    let references = [
        (0.1, [(0.1, 0.09582), (0.05, 0.1273), (0.02, 0.1684)]),
        (1.0, [(0.1, 0.5678), (0.05, 0.660), (0.02, 0.745)]),
    ];
    let resolutions: &[usize] = if long() { &[16, 32, 64] } else { &[16, 32] };
    let mut wrong = Vec::new();
    for (ca, rows) in references {
        for (slip, expected) in rows {
            for &n in resolutions {
                let setup = Setup {
                    cell_radius: 2.0,
                    slip,
                    ..Setup::new(n)
                };
                // From close by: what remains decays with the way.
                let mut march = March::new(setup, setup.sliding(2.0, 0.97 * expected), None);
                march.to(4.0, 0.1, Some(ca));
                let error = march.bulge() / expected - 1.0;
                println!(
                    "Ca = {ca}, b = {slip}, N = {n}: {:.4}, {error:.4}",
                    march.bulge()
                );
                if error.abs() > tolerance(ca) {
                    wrong.push(format!("Ca = {ca}, b = {slip}, N = {n}: {error:.3}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

// ---- robustness -------------------------------------------------------------------------------------------------

/// Fails if the front leaves the pore, kinks or reaches farther than any front does.
fn assert_sound(curve: &Curve) {
    let chain = curve.chain();
    let p = chain.points();
    assert!(
        p.iter()
            .all(|p| p.is_finite() && (0.0..=1.0).contains(&p.x))
    );
    assert!(curve.contact() > -1e-9, "{}", curve.contact());
    // A hemisphere has 1; dimples from a start of 0.8 are on their way out.
    assert!(
        (curve.tip() - curve.contact()).abs() < 1.2,
        "{:?}",
        curve.coefficients
    );
    // No kinks: neighbouring segments turn by less than a right angle.
    let turns = p.windows(3).all(|p| (p[1] - p[0]).dot(p[2] - p[1]) > 0.0);
    assert!(turns, "a kink in {p:?}");
}

/// The paraboloid that a setup with or without surface tension starts from.
fn start(setup: &Setup, capillarity: Option<Capillarity>, length: f64, bulge: f64) -> Curve {
    if capillarity.is_some() && setup.slip > 0.0 {
        setup.sliding(length, bulge)
    } else {
        setup.rolling(length, bulge)
    }
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
        // Where surface tension is strong a line slides.
        let slides = case[3] > 0.0 || capillarity.is_some() && tension > 0.1;
        let setup = Setup {
            slip: if slides { 0.05 } else { 0.0 },
            cell_radius: 2.0,
            ..Setup::new(n)
        };
        let curve = start(&setup, capillarity, 1.2, 0.8 * case[4]);
        let mut march = March::new(setup, curve, capillarity);
        march.holds = true;
        march.speed = march.speed.max(0.0);
        for _ in 0..40 {
            // A front that is held finds its shape in a few times ηR/γ.
            march.step(0.03 / march.speed.max(0.01), capillarity);
            assert_sound(march.curve());
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
        let curve = start(&setup, capillarity, 1.0, 0.0);
        let mut march = March::new(setup, curve, capillarity);
        let mut bulges = Vec::new();
        for _ in 0..1000 {
            march.step(0.03 / march.speed, capillarity);
            assert_sound(march.curve());
            bulges.push(march.bulge());
        }
        let [low, high] =
            [f64::min, f64::max].map(|of| bulges[800..].iter().copied().reduce(of).unwrap());
        let rattles = bulges[100..]
            .windows(3)
            .map(|b| (b[1] - 0.5 * (b[0] + b[2])).abs());
        let rattle = rattles.fold(0.0, f64::max);
        println!(
            "γ/(pR) = {tension}: mean length {:.2}, bulge {low:.4} to {high:.4}, rattles by {rattle:.1e}",
            march.curve().length,
        );
        assert!(high - low < 0.01, "{low} to {high}");
        // 3.4e-4 where the line crosses cells of R/8, 9e-5 with surface tension. With a response off by a third the bulge jumped by 1e-2, and the front blew up.
        assert!(rattle < 1e-3, "{rattle:.1e}");
    }
}

#[test]
fn the_work_on_the_front_is_a_small_share_of_a_solve() {
    let setup = Setup::new(32);
    let mut march = March::new(setup, setup.rolling(1.0, 0.5), None);
    march.step(0.1 / march.speed, None);
    let curve = march.motion.predicted(0.1, 1.1, Closing::Rolls);
    let clock = std::time::Instant::now();
    let rates = march.rates(&curve, None);
    let solve = clock.elapsed().as_secs_f64();
    let solver = march.engine.solver().unwrap();
    let response = march.response.as_ref().unwrap();
    // Once per solve: filling, stream function and correction.
    let clock = std::time::Instant::now();
    for _ in 0..10 {
        front::filling(&curve.chain(), &solver.grid);
        let stream = Stream::new(solver);
        let again = Rates::new(
            &curve,
            &stream,
            march.motion.radii(),
            rates.core,
            rates.layer,
        );
        let known = (&again, 1.0);
        (march.motion)
            .corrected(0.1, &curve, known, response, Deposit::Uniform)
            .unwrap();
    }
    let work = clock.elapsed().as_secs_f64() / 10.0;
    println!(
        "front {:.2} ms of {:.2} ms per solve",
        1e3 * work,
        1e3 * solve
    );
    // The project's limit for a step, which is a solve or more.
    assert!(work < 0.15 * solve);
}
