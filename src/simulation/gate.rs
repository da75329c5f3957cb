//! What holds for every molding: a result that violates it ends the run.

use super::{SimulationError, Step};
use crate::mesh::WallProfile;
use crate::physics::constants::NANOMETRE;
use std::f64::consts::PI;

/// Farthest that tip and contact line of a front that flow has shaped are apart in radii of the pore where it is widest between them: a steady fountain
/// front bulges by 0.84 R, a hemisphere by 1 R.
const FARTHEST: f64 = 1.2;

/// The same where the pore is no cylinder: behind a neck the line lags in the belly by up to 1.8 radii of it (R_w = 1 − 0.25 sin(πz/2) without a
/// layer, N = 8 and 16), before the front reaches the wall again.
const FARTHEST_BEHIND_A_NECK: f64 = 2.5;

/// Bounds of the shares of core and layer. A little recirculation at the tip is real where the layer carries nearly everything.
const SHARES: std::ops::RangeInclusive<f64> = -0.1..=1.1;

/// Volume in πR³ by which core and layer may leave these bounds: where the press hardly overcomes capillarity the front hardly moves,
/// and the layer carries back what the bulk brings.
const BACKFLOW: f64 = 0.05;

/// Checks a step before it is taken, in a pore of `radius` (m) at its mouth and this shape.
///
/// # Errors
/// [`SimulationError::Unphysical`] with what does not hold.
pub(super) fn check(
    step: &Step,
    radius: f64,
    wall: &WallProfile,
    initial_bulge: f64,
) -> Result<(), SimulationError> {
    let wrong = |what: String| {
        Err(SimulationError::Unphysical {
            time: step.conditions.time,
            what,
        })
    };
    let nm = |length: f64| length / NANOMETRE;
    let [tip, contact] = step.tip_and_contact();
    let numbers = [
        step.length,
        tip,
        contact,
        step.rate,
        step.core_flow,
        step.layer_flow,
    ];
    if numbers.iter().any(|x| !x.is_finite()) {
        return wrong(format!("a length or a rate is not a number: {numbers:?}"));
    }
    let mouth = wall.mouth() * radius;
    if tip < mouth || contact < mouth - 1e-9 * radius {
        return wrong(format!(
            "the tip is at {:.2} nm and the contact line at {:.2} nm: the wire has left the pore, whose mouth is at {:.2} nm",
            nm(tip),
            nm(contact),
            nm(mouth)
        ));
    }
    let wide = radius * wall.widest(contact / radius, tip / radius);
    let farthest = if wall.is_cylinder() {
        FARTHEST
    } else {
        FARTHEST_BEHIND_A_NECK
    };
    if (tip - contact).abs() > (farthest * wide).max((initial_bulge.abs() + 0.1) * radius) {
        return wrong(format!(
            "the tip at {:.2} nm and the contact line at {:.2} nm are farther apart than any front reaches in a pore of radius {:.2} nm",
            nm(tip),
            nm(contact),
            nm(wide)
        ));
    }
    let total: f64 = step.transported.iter().sum();
    let slack = BACKFLOW * PI * radius.powi(3);
    let bounds = SHARES.start() * total - slack..=SHARES.end() * total + slack;
    if !step
        .transported
        .iter()
        .all(|volume| bounds.contains(volume))
    {
        let [core, layer] = step.shares();
        return wrong(format!(
            "core and layer carry {core:.3} and {layer:.3} of the volume"
        ));
    }
    if step.rate < 0.0 {
        return wrong(format!("the wire recedes by {:.3e} nm/s", -nm(step.rate)));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulation::{FrontRecord, Simulation};
    use std::path::Path;

    const RADIUS: f64 = 30e-9;

    /// The start of a run, with a steady front.
    fn sound() -> Step {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/ni_d60_297C.toml");
        let sets = ["mesh.cells_per_radius=8".to_string()];
        let loaded = crate::case::load(&path, &sets).expect("a shipped case");
        let mut step = Simulation::new(&loaded)
            .expect("its first solve")
            .latest()
            .clone();
        step.length = 2.0 * RADIUS;
        step.front = Some(FrontRecord {
            tip: 2.3 * RADIUS,
            contact: 1.5 * RADIUS,
        });
        step
    }

    /// What the gate says of the sound step after a change.
    fn verdict(bulge: f64, change: impl Fn(&mut Step, &mut FrontRecord)) -> Option<String> {
        let mut step = sound();
        let mut front = step.front.expect("a free front");
        change(&mut step, &mut front);
        step.front = Some(front);
        match check(&step, RADIUS, &WallProfile::Straight, bulge) {
            Ok(()) => None,
            Err(SimulationError::Unphysical { what, .. }) => Some(what),
            Err(other) => panic!("{other}"),
        }
    }

    /// A mouth rounded with 0.4 R lies 0.117 R below the mold's face.
    #[test]
    fn a_line_before_a_rounded_mouth_has_left_the_pore() {
        let rounded = WallProfile::Straight.with_fillet(0.4);
        for (contact, sound_one) in [(0.2, true), (0.1, false)] {
            let mut step = sound();
            step.front = Some(FrontRecord {
                tip: 0.9 * RADIUS,
                contact: contact * RADIUS,
            });
            assert_eq!(check(&step, RADIUS, &rounded, 0.0).is_ok(), sound_one);
            assert!(check(&step, RADIUS, &WallProfile::Straight, 0.0).is_ok());
        }
    }

    #[test]
    fn lets_pass_what_moldings_do() {
        assert_eq!(verdict(0.0, |_, _| {}), None);
        // A dimple, whose tip is behind its line.
        assert_eq!(verdict(0.0, |_, f| f.tip = 0.9 * RADIUS), None);
        // The line held by the edge of the mouth, to round-off.
        assert_eq!(
            verdict(0.0, |_, f| (f.contact, f.tip) = (-1e-10 * RADIUS, RADIUS)),
            None
        );
        // A little recirculation where the layer carries nearly everything.
        assert_eq!(verdict(0.0, |s, _| s.transported = [-0.05, 1.05]), None);
        // A front that hardly moves against capillarity: a hundredth of πR³ has come through the bulk, a part of it went back.
        let small = 0.01 * PI * RADIUS.powi(3);
        assert_eq!(
            verdict(0.0, |s, _| s.transported = [small, -0.4 * small]),
            None
        );
        // A front that waits.
        assert_eq!(
            verdict(0.0, |s, _| (s.rate, s.core_flow, s.layer_flow) =
                (0.0, 0.0, 0.0)),
            None
        );
        // A print that was made with more of a bulge than flow makes.
        assert_eq!(
            verdict(-1.5, |_, f| f.tip = f.contact - 1.5 * RADIUS + 1e-9),
            None
        );
        assert_eq!(verdict(1.5, |_, f| f.tip = f.contact + 1.5 * RADIUS), None);
    }

    #[test]
    fn catches_every_planted_violation() {
        type Plant = fn(&mut Step, &mut FrontRecord);
        let plants: [(&str, Plant); 13] = [
            ("not a number", |s, _| s.length = f64::NAN),
            ("not a number", |s, _| s.rate = f64::INFINITY),
            ("not a number", |s, _| s.core_flow = f64::NAN),
            ("not a number", |s, _| s.layer_flow = f64::NAN),
            ("not a number", |_, f| f.tip = f64::NAN),
            ("not a number", |_, f| f.contact = f64::NEG_INFINITY),
            ("left the pore", |_, f| (f.tip, f.contact) = (-1e-9, 0.0)),
            ("left the pore", |_, f| f.contact = -1e-6 * RADIUS),
            ("farther apart", |_, f| f.tip = f.contact + 1.21 * RADIUS),
            ("farther apart", |_, f| f.tip = f.contact - 1.21 * RADIUS),
            ("of the volume", |s, _| s.transported = [-0.2, 1.2]),
            ("of the volume", |s, _| {
                s.transported = [0.3, -0.1].map(|v| v * PI * RADIUS.powi(3))
            }),
            ("recedes", |s, _| s.rate = -1e-15),
        ];
        for (k, (expected, plant)) in plants.iter().enumerate() {
            let said = verdict(0.0, plant).unwrap_or_else(|| panic!("{k} passed: {expected}"));
            assert!(said.contains(expected), "{k}: {said}");
        }
    }
}
