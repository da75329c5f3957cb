//! Viscosity and mobility that follow the local pressure along the wire.

use crate::common;
use crate::molding::{load, off, set};
use nanomold::case::LoadedCase;
use nanomold::compute::Computer;
use nanomold::fields::Place;
use nanomold::flow::local::Laws;
use nanomold::materials::{Provenance, Quantity};
use nanomold::reduced::ReducedRun;
use nanomold::simulation::{FlowEngine, FlowQuestion, Simulation, Step};

/// What is published of other glasses: the rise of T_g in K/GPa, and an activation volume in Å³.
const RISE: f64 = 3.6;
const VOLUME: f64 = 11.0;
/// ΔV/k_BT in 1/GPa at 317 °C: 11e-30 m³ · 1e9 Pa/(1.380649e-23 J/K · 590.15 K).
const PER_GIGAPASCAL: f64 = 11e-30 * 1e9 / (1.380649e-23 * 590.15);

fn assumed(value: f64) -> Option<Quantity> {
    Some(Quantity {
        value,
        provenance: Provenance::Assumed,
        source: None,
        note: None,
    })
}

/// A case with the laws of pressure, as far as they are not 0.
fn pressed(sets: &[String], rise: f64, volume: f64) -> LoadedCase {
    let mut loaded = load(sets);
    loaded.material.viscosity.T_g_rise_K_per_GPa = assumed(rise);
    let layer = loaded
        .material
        .interface
        .as_mut()
        .expect("there is a layer");
    layer.activation_volume_A3 = assumed(volume);
    loaded
}

fn coarse(more: &[String]) -> Vec<String> {
    let mut sets = vec![
        set("mesh.cells_per_radius", 8),
        set("process.time_s", 36000),
    ];
    sets.extend_from_slice(more);
    sets
}

fn last(loaded: &LoadedCase) -> Step {
    let mut simulation = Simulation::new(loaded).expect("it starts");
    while simulation.advance().expect("it goes on").is_some() {}
    simulation.latest().clone()
}

/// (eˣ − 1)/x by its series: an integral of the fluidity over the pressure, ∫₀¹ e^{x(1 − u)} du, done term by term.
fn mean(x: f64) -> f64 {
    (0..40)
        .scan(1.0, |term, k| {
            let now = *term;
            *term *= x / f64::from(k + 2);
            Some(now)
        })
        .sum()
}

/// In a long pore 1/Q grows with the length at the rate that the fluidities of all pressures have on the mean, core and layer each with its
/// own law.
#[test]
fn a_long_pore_flows_with_the_mean_over_its_pressures() {
    let (a, c, lambda) = (1.2, 1.7, 0.05);
    let rate = |laws: Laws, length: f64| {
        let mut engine = FlowEngine::new(common::mesh(2.0, 2.0, 8), 1e-8, 60, Computer::cpu());
        let question = FlowQuestion {
            length,
            lambda,
            slip_length: 0.0,
            laws,
        };
        engine.solve(question).expect("it converges").flows.total()
    };
    let laws = Laws {
        pressure_viscosity: a,
        pressure_mobility: c,
        reference_pressure: 1.0,
        ..Laws::default()
    };
    // Per radian: Poiseuille's 1/16 and the layer's Λ.
    let slope = |laws: Laws| (1.0 / rate(laws, 30.0) - 1.0 / rate(laws, 24.0)) / 6.0;
    let found = 1.0 / slope(laws);
    let expected = mean(a) / 16.0 + lambda * mean(c);
    println!("conductance {found:.5}, expected {expected:.5}");
    // The mouth takes its share of the pressure, some 0.5/24 of it at 24 R, which shifts the mean by that times a or c over two.
    assert!(off(found, expected) < 5e-3, "{found} {expected}");
    // Negative controls: without laws, and with the reference at the tip.
    let plain = 1.0 / slope(Laws::default());
    assert!(off(plain, 1.0 / 16.0 + lambda) < 1e-3, "{plain}");
    let tip = 1.0
        / slope(Laws {
            reference_pressure: 0.0,
            ..laws
        });
    assert!(
        off(tip, mean(-a) / 16.0 + lambda * mean(-c)) < 5e-3,
        "{tip}"
    );
}

/// The full model, the reduced one and the closed forms agree on what pressure does to a run, and a run under the pressure of the mouth
/// alone is another one.
#[test]
fn runs_follow_the_local_pressure() {
    let sets = coarse(&[]);
    let local = pressed(&sets, RISE, VOLUME);
    let full = last(&local);
    let reduced = ReducedRun::new(&local).expect("it starts").last();
    println!("full {:.4e}, reduced {:.4e}", full.length, reduced.length);
    // At the mouth the liquid is thicker than on the mean, and the entrance is half a radius of some forty.
    assert!(off(reduced.length, full.length) < 1e-2);
    // What arrives through the core is decided at the tip.
    let [at_tip, reduced_at_tip] = [&full, &reduced].map(|step| step.shares()[0]);
    println!("core {at_tip:.4}, reduced {reduced_at_tip:.4}");
    assert!(
        (at_tip - reduced_at_tip).abs() < 2e-2,
        "{at_tip} {reduced_at_tip}"
    );
    // The wall is loaded most at the mouth, where the liquid is thickest: 8ηQL/(πR⁴) of there is more than the pressure.
    let mouth = full.load().wall_stress * 2.0 * full.length / local.case.radius();
    let steep = full.conditions.steepening();
    println!(
        "wall stress {:.4} of the mean, expected {steep:.4}",
        mouth / 1e9
    );
    assert!(off(mouth / 1e9, steep) < 3e-2, "{mouth:e} {steep}");
    // What belongs to the applied pressure stands in the conditions: 1 GPa makes 317 °C what 313.4 °C is without.
    let material = &load(&sets).material;
    let [here, colder] = [317.0, 317.0 - RISE]
        .map(|celsius| material.newtonian_viscosity(celsius + 273.15, 36000.0));
    let scales = full.conditions.scales;
    assert!(off(scales.newtonian_viscosity, colder) < 1e-12);
    let alpha = (colder / here).ln() / 1e9;
    assert!(off(full.conditions.viscosity_per_pressure, alpha) < 1e-9);
    assert!(off(full.conditions.mobility_per_pressure, PER_GIGAPASCAL / 1e9) < 1e-6);

    // The same numbers along the whole wire: viscosity and layer as at the mouth.
    let mut applied = load(&sets);
    applied.material.viscosity.scale(colder / here);
    applied.case.interface.diffusivity_factor = (-PER_GIGAPASCAL).exp();
    let whole = last(&applied);
    assert!(off(whole.conditions.scales.lambda(), scales.lambda()) < 1e-9);
    // (L + R/2)² grows with the conductance, [1/8 + 2Λ] there and [m(α)/8 + 2Λ m(β)] here.
    let square = |step: &Step| {
        let [end, start] = [step.length, local.case.initial_length()]
            .map(|length| (length / local.case.radius() + 0.5).powi(2));
        end - start
    };
    let lambda = scales.lambda();
    let expected = (mean(alpha * 1e9) / 8.0 + 2.0 * lambda * mean(PER_GIGAPASCAL))
        / (1.0 / 8.0 + 2.0 * lambda);
    let found = square(&full) / square(&whole);
    println!("{found:.4} times as much, expected {expected:.4}");
    // The entrance, half a radius of some forty, does not take part in what the pore gains, four tenths: half a per cent.
    assert!(off(found, expected) < 1e-2, "{found} {expected}");
    assert!(expected > 1.2, "it is something to see: {expected}");
}

/// The free front, wetting and not, with and without a liquid that thins, with elements: the laws change a run as they change that of a
/// flat front, and every run ends physically. Laws of no size change nothing, to the bit.
#[test]
fn free_fronts_follow_the_local_pressure() {
    let free = |more: &[String]| {
        let mut sets = coarse(&[
            set("front.model", "free"),
            set("interface.capillarity", true),
        ]);
        sets.extend_from_slice(more);
        sets
    };
    let gain = |sets: &[String]| {
        let [with, without] = [(RISE, VOLUME), (0.0, 0.0)]
            .map(|(rise, volume)| last(&pressed(sets, rise, volume)).length);
        with / without
    };
    let flat = gain(&coarse(&[]));
    for more in [
        vec![],
        vec![set("material.capillarity.contact_angle_deg", 70)],
        vec![set("material.viscosity.rheology", "eyring")],
    ] {
        let found = gain(&free(&more));
        println!("{more:?}: {found:.4}, flat {flat:.4}");
        // Bulges lengthen both alike, and in the long run a liquid that thins is a Newtonian one.
        assert!(off(found, flat) < 1e-2, "{more:?}: {found} {flat}");
    }
    let elements = free(&[set("composition.model", "elements")]);
    let step = last(&pressed(&elements, RISE, VOLUME));
    let record = step.composition.expect("elements");
    let worst = record.balance.iter().copied().fold(0.0, f64::max);
    assert!(worst < 1e-8, "{worst:e}");
    let found = step.length / last(&load(&elements)).length;
    println!("elements: {found:.4}, flat {flat:.4}");
    // The faster elements are those that the tip is rich in, which pressure changes alike.
    assert!(off(found, flat) < 2e-2, "{found} {flat}");
    let [none, nought] = [
        last(&load(&free(&[]))),
        last(&pressed(&free(&[]), 0.0, 0.0)),
    ];
    assert_eq!(none.length, nought.length);
}

/// Where the applied pressure goes: what the wall of the pore bears is spent in it, capillary pressure at the front, and the rest on the way to the mouth.
#[test]
fn shares_of_the_pressure_add_up() {
    let spent = |sets: &[String]| {
        let loaded = load(sets);
        let step = last(&loaded);
        let spent = step.spent.expect("it moves");
        let sum = spent.mouth + spent.pore + spent.front;
        assert!(off(sum, 1.0) < 1e-12, "{spent:?}");
        (step, spent)
    };
    for factor in [0.0, 1.0] {
        let (step, found) = spent(&coarse(&[set("interface.diffusivity_factor", factor)]));
        // Poiseuille's wall shear stress over all of the pore, 8ηQL/(πR⁴), of what the core carries there, 1/(1 + 16Λ) of the whole.
        let (scales, length) = (step.conditions.scales, step.length);
        let core = (step.core_flow + step.layer_flow) / (1.0 + 16.0 * scales.lambda());
        let friction = 8.0 * scales.newtonian_viscosity * core * length
            / (std::f64::consts::PI * scales.radius.powi(4));
        println!("{found:?}, friction {:.4}", friction / 1e9);
        // The profile is another one within a radius of both ends, of some thirty.
        assert!(off(found.pore, friction / 1e9) < 1.5e-2, "{found:?}");
        // The entrance of half a radius is that of both ends together; at the front nothing is borne.
        let entrance = 0.5 / (length / scales.radius + 0.5);
        assert!(
            (0.6..1.1).contains(&(found.mouth / entrance)),
            "{found:?} {entrance}"
        );
        assert_eq!(found.front, 0.0);
    }
    // A flat front bears the capillary pressure, −4γ cosθ/d, of either sign: 4 · 1 N/m · 0.5/60 nm = 33 MPa of 1 GPa.
    for (angle, share) in [(120.0, 0.0333333), (60.0, -0.0333333)] {
        let (_, found) = spent(&coarse(&[
            set("interface.capillarity", true),
            set("material.capillarity.surface_tension_N_per_m", 1),
            set("material.capillarity.contact_angle_deg", angle),
        ]));
        assert!((found.front - share).abs() < 1e-6, "{found:?}");
    }
    // The gas counts as what there is anyway: 0.1 GPa of it leave 0.9 GPa, of which the same 33 MPa are 3.7 %.
    let (_, found) = spent(&coarse(&[
        set("interface.capillarity", true),
        set("process.gas_pressure_GPa", 0.1),
        set("material.capillarity.surface_tension_N_per_m", 1),
        set("material.capillarity.contact_angle_deg", 120),
    ]));
    assert!((found.front - 0.0333333 / 0.9).abs() < 1e-6, "{found:?}");
    // A free one costs a little even without surface tension: the liquid turns over to the wall within its last radius, of some forty.
    let (_, free) = spent(&coarse(&[set("front.model", "free")]));
    println!("free: {free:?}");
    assert!((0.0..1.0 / 40.0).contains(&free.front), "{free:?}");
    assert!(free.mouth < 1.0 / 40.0, "{free:?}");
}

/// What the laws of pressure have to bear: presses that change and let go, gas, a front that surface tension holds, a pore that narrows, a structure with a
/// history, a resume. Every run ends physically, and shorter than without.
#[test]
fn laws_of_pressure_bear_what_presses_do() {
    let ends = |sets: &[String]| {
        let mut all = vec![set("mesh.cells_per_radius", 8), set("process.time_s", 3600)];
        all.extend_from_slice(sets);
        let [with, without] = [(RISE, VOLUME), (0.0, 0.0)]
            .map(|(rise, volume)| last(&pressed(&all, rise, volume)).length);
        println!("{sets:?}: {:.4}", with / without);
        assert!(
            with < without && with > 0.7 * without,
            "{sets:?}: {with:e} {without:e}"
        );
    };
    let press = set(
        "process.pressure_schedule",
        "[[0, 0.2], [1200, 1.0], [2400, 1.0], [2401, 0.0], [3000, 0.0], [3600, 0.5]]",
    );
    for front in ["flat", "free"] {
        let model = set("front.model", front);
        ends(&[
            model.clone(),
            press.clone(),
            set("interface.capillarity", true),
        ]);
        ends(&[
            model.clone(),
            press.clone(),
            set("process.gas_pressure_GPa", 0.1),
        ]);
        let cone = set("mesh.wall", "{ profile = \"tapered\", slope = 0.01 }");
        ends(&[model, cone, set("pore.depth_nm", 2200)]);
    }
}

/// At a steady temperature a structure with a history is the one without, and pressure changes it as much.
#[test]
fn a_structure_with_a_history_thins_along_the_wire_alike() {
    let fictive = set(
        "material.viscosity.fictive",
        "{ model = \"TNM\", beta = { value = 0.6, provenance = \"assumed\" } }",
    );
    let [plain, history] =
        [vec![], vec![fictive]].map(|more| last(&pressed(&coarse(&more), RISE, 0.0)));
    let [one, other] = [&plain, &history].map(|step| step.conditions.viscosity_per_pressure);
    assert!(off(other, one) < 1e-9, "{one:e} {other:e}");
    assert!(off(history.length, plain.length) < 1e-6);
}

/// Where the viscosity follows the pressure it is among the fields: ln η is linear in P.
#[test]
fn the_local_viscosity_is_among_the_fields() {
    let loaded = pressed(&coarse(&[set("process.time_s", 600)]), RISE, 0.0);
    let mut simulation = Simulation::new(&loaded).expect("it starts");
    while simulation.advance().expect("it goes on").is_some() {}
    let fields = simulation.frame().expect("a frame");
    let of = |name: &str| fields.scalars(Place::Cells, name).expect("it is there");
    let conditions = simulation.latest().conditions;
    let mut range = [f64::INFINITY, 0.0f64];
    for (&viscosity, &pressure) in of("viscosity")
        .iter()
        .zip(of("pressure"))
        .filter(|(v, _)| **v > 0.0)
    {
        let expected = conditions.scales.newtonian_viscosity
            * (conditions.viscosity_per_pressure * (pressure - 1e9)).exp();
        assert!(
            off(viscosity, expected) < 1e-9,
            "{viscosity:e} at {pressure:e}"
        );
        range = [range[0].min(viscosity), range[1].max(viscosity)];
    }
    // From the mouth to the tip it falls by what 3.6 K are.
    let fall = (conditions.viscosity_per_pressure * 1e9).exp();
    assert!(range[1] / range[0] > 0.9 * fall, "{range:?}");
}
