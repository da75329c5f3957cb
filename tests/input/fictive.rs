//! Fictive temperature of schedules, and the ranges within which laws may be used.

use nanomold::case;
use nanomold::materials::{Fictive, FictiveModel, Material, Provenance, Quantity, Structure};
use nanomold::physics::Schedule;
use nanomold::physics::constants::{celsius, kelvin};
use std::path::Path;

const LONG: f64 = 36_000.0;

fn nickel() -> Material {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/materials/ni45pd35p16b4.toml");
    case::load_material(&path, &[]).unwrap()
}

fn number(value: f64) -> Quantity {
    Quantity {
        value,
        provenance: Provenance::Assumed,
        source: None,
        note: None,
    }
}

fn with_tnm(beta: f64, start: Option<f64>) -> Material {
    let mut material = nickel();
    material.viscosity.fictive = Some(Fictive {
        model: FictiveModel::Tnm,
        beta: number(beta),
        T_start_C: start.map(number),
    });
    assert!(material.violations().is_empty());
    material
}

fn schedule(knots: &[[f64; 2]]) -> Schedule {
    Schedule::piecewise_linear(knots.to_vec()).map(kelvin)
}

/// A hold at one temperature, entered in equilibrium as far as the experiment allows, has the kinetic law's structure and
/// viscosity at all times: exactly, whatever β.
#[test]
fn an_isothermal_hold_is_the_kinetic_law() {
    let plain = nickel();
    for beta in [1.0, 0.6] {
        let material = with_tnm(beta, None);
        for at in [327.0, 300.0, 288.0, 287.0, 267.0, 100.0] {
            let t = kelvin(at);
            for temperature in [Schedule::constant(t), schedule(&[[0.0, at], [LONG, at]])] {
                let structure = material.structure(&temperature, LONG);
                assert!(matches!(structure, Structure::History(_)));
                for time in [0.0, 1.0, 1e3, LONG] {
                    let fictive = structure.fictive_temperature(time, t);
                    assert_eq!(fictive, t.max(plain.bulk_glass_transition(LONG)), "{at} °C");
                    assert_eq!(
                        material.structural_viscosity(t, fictive),
                        plain.newtonian_viscosity(t, LONG)
                    );
                }
            }
        }
    }
    // Negative control: a feedstock that was quenched from 320 °C is softer at 267 °C, and all through the hold.
    let quenched = with_tnm(1.0, Some(320.0));
    let structure = quenched.structure(&Schedule::constant(kelvin(267.0)), LONG);
    let at = |time: f64| {
        let t = kelvin(267.0);
        quenched.structural_viscosity(t, structure.fictive_temperature(time, t))
    };
    assert!(at(0.0) < 1e-2 * plain.newtonian_viscosity(kelvin(267.0), LONG));
    assert!(at(0.0) < at(100.0) && at(100.0) < at(LONG));
    assert!(at(LONG) < plain.newtonian_viscosity(kelvin(267.0), LONG));
}

/// Fictive temperature in K at the end of `temperature`, from dT_f/dt = (T* − T_f)/τ in many small steps of the midpoint rule:
/// β = 1 without any of the program's stepping.
fn marched(material: &Material, temperature: &Schedule, end: f64, steps: u32) -> f64 {
    let transition = material.bulk_glass_transition(end);
    let target = |time: f64| temperature.value(time).max(transition);
    let rate = |time: f64, fictive: f64| {
        let tau = material.bulk_relaxation_time(fictive)
            * (material.viscosity.E_glass_eV.as_ref().unwrap().value * 1.602176634e-19
                / 1.380649e-23
                * (1.0 / temperature.value(time) - 1.0 / fictive))
                .exp();
        (target(time) - fictive) / tau
    };
    let dt = end / f64::from(steps);
    let mut fictive = target(0.0);
    for k in 0..steps {
        let time = f64::from(k) * dt;
        let middle = fictive + 0.5 * dt * rate(time, fictive);
        fictive += dt * rate(time + 0.5 * dt, middle);
    }
    fictive
}

#[test]
fn one_relaxation_time_is_the_equation_of_tool() {
    let material = with_tnm(1.0, None);
    // From 310 °C, where τ is a minute or two, at 2 and 20 K/min into the glass, and a hold there.
    for (rate, end) in [(2.0, LONG), (20.0, LONG), (20.0, 4_000.0)] {
        let ramp = 60.0 * 50.0 / rate;
        let temperature = schedule(&[[0.0, 317.0], [ramp, 267.0], [LONG, 267.0]]);
        let structure = material.structure(&temperature, end);
        let found = structure.fictive_temperature(end, kelvin(267.0));
        let exact = marched(&material, &temperature, end, 100_000);
        // First order in steps of a quarter kelvin and a tenth of τ: some hundredths of a kelvin.
        assert!(
            (found - exact).abs() < 0.1,
            "{rate} K/min, {end} s: {found} {exact}"
        );
        assert!(found >= material.bulk_glass_transition(end));
    }
}

#[test]
fn faster_cooling_freezes_in_a_higher_fictive_temperature() {
    for beta in [1.0, 0.7] {
        let material = with_tnm(beta, None);
        let frozen = |rate: f64| {
            let ramp = 78.0 / rate;
            let structure = material.structure(&schedule(&[[0.0, 345.0], [ramp, 267.0]]), ramp);
            celsius(structure.fictive_temperature(ramp, kelvin(267.0)))
        };
        let [slow, medium, fast] = [0.01, 0.1, 1.0].map(frozen);
        // A decade of rate is a decade of τ, some 8 to 10 K here (fragility 46: 12 K per decade at T_g at most).
        for step in [medium - slow, fast - medium] {
            assert!((4.0..13.0).contains(&step), "{slow} {medium} {fast}");
        }
    }
}

/// A small step of temperature relaxes as exp(−(t/τ)^β).
#[test]
fn the_exponent_is_that_of_kohlrausch() {
    let tau = nickel().bulk_relaxation_time(kelvin(317.0));
    assert!((tau - 76.0).abs() < 1e-9);
    for beta in [1.0, 0.5] {
        let material = with_tnm(beta, None);
        let temperature = schedule(&[[0.0, 317.4], [1e-3, 317.0], [10.0 * tau, 317.0]]);
        let structure = material.structure(&temperature, 10.0 * tau);
        for share in [0.2, 0.5, 1.0] {
            let left =
                (structure.fictive_temperature(share * tau, kelvin(317.0)) - kelvin(317.0)) / 0.4;
            let expected = (-f64::powf(share, beta)).exp();
            // τ is shorter by up to 10 % while T_f is 0.4 K higher, and steps end every tenth of τ.
            assert!(
                (left - expected).abs() < 0.05,
                "β = {beta}, t = {share} τ: {left} {expected}"
            );
        }
    }
    // Negative control: after 0.2 τ the two exponents differ by 0.18.
    assert!(((-0.2f64).exp() - (-(0.2f64.sqrt())).exp()).abs() > 0.1);
}

#[test]
fn every_law_names_its_range() {
    let material = nickel();
    let told = |at: f64| -> Vec<String> {
        let issues = material.extrapolations(kelvin(at));
        issues.iter().map(ToString::to_string).collect()
    };
    assert_eq!(told(297.0), Vec::<String>::new());
    assert_eq!(told(267.0), Vec::<String>::new());
    assert_eq!(
        told(340.0),
        [
            "the viscosity of Ni45Pd35P16B4 is extrapolated to 340 °C; it is known from 267 to 327 °C",
            "the interface diffusivity of Ni45Pd35P16B4 is extrapolated to 340 °C; it is known from 267 to 327 °C",
        ]
    );
    // Far outside nothing holds.
    let far = material.extrapolations(kelvin(900.0));
    assert_eq!(far.len(), 1);
    assert!(far[0].refused);
    assert_eq!(
        far[0].to_string(),
        "900 °C is outside the range of Ni45Pd35P16B4, 25 to 450 °C"
    );
    // A range that is empty or leaves the material's is refused.
    for range in [[330.0, 300.0], [0.0, 300.0], [300.0, 500.0]] {
        let mut wrong = material.clone();
        wrong.interface.as_mut().unwrap().range_C = Some(range);
        assert!(
            wrong
                .violations()
                .iter()
                .any(|one| one.key == "interface.range_C"),
            "{range:?}"
        );
    }
    let mut wrong = with_tnm(1.0, None);
    wrong.viscosity.fictive.as_mut().unwrap().beta = number(1.5);
    assert!(
        wrong
            .violations()
            .iter()
            .any(|one| one.key == "viscosity.fictive.beta.value")
    );
}
