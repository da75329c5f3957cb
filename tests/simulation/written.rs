//! Numbers that a run writes, against closed forms, against each other and against the law of the material: what a swapped pair of
//! components, a row too many or a factor in one place only would change.

use crate::common::program::{done, nanomold};
use crate::common::root;
use crate::molding::{NM, dimensionless, load, off, set};
use nanomold::case::{self, LoadedCase};
use nanomold::fields::{Place, Values};
use nanomold::reduced::ReducedRun;
use nanomold::simulation::{Fields, Simulation};
use std::f64::consts::PI;

/// Radial, azimuthal and axial velocity in m/s.
pub fn velocity(fields: &Fields) -> &[[f64; 3]] {
    let field = fields
        .all
        .iter()
        .find(|field| field.label() == "velocity_m_per_s");
    match &field.expect("a velocity").values {
        Values::Vectors(vectors) => vectors,
        Values::Scalars(_) => panic!("a velocity is a vector"),
    }
}

/// A long pore without a layer: Poiseuille's flow in the middle of the pore, the same volume through every plane, nothing in the
/// mold.
#[test]
fn fields_of_a_long_pore_are_poiseuilles() {
    let loaded = load(&dimensionless(60.0, 0.0, 8.0, 0.1));
    let radius = loaded.case.radius();
    let mut simulation = Simulation::new(&loaded).expect("a valid case");
    let step = (simulation.advance().expect("the first step")).expect("not the end");
    let (rate, length) = (step.rate, step.length);
    let fields = simulation.frame().expect("a flow");
    let across = fields.r.len() - 1;
    let middle = |lines: &[f64], k: usize| 0.5 * (lines[k] + lines[k + 1]);
    let mut flux_below = Vec::new();
    for j in 0..fields.z.len() - 1 {
        let z = middle(&fields.z, j);
        let mut flux = 0.0;
        for i in 0..across {
            let (r, k) = (middle(&fields.r, i), j * across + i);
            let ring = PI * (fields.r[i + 1].powi(2) - fields.r[i].powi(2));
            flux += ring * velocity(&fields)[k][2];
            assert_eq!(
                fields.active[k],
                z < 0.0 || r < radius,
                "the cell at r = {r:.3e}, z = {z:.3e}"
            );
            // Beside the mouth everything runs to the axis.
            if z < 0.0 && z > -radius && r > radius {
                assert!(velocity(&fields)[k][0] < 0.0, "at r = {r:.3e}, z = {z:.3e}");
            }
            // Two radii from the mouth and from the front the flow has developed to 1e-4 (decay 4.5 per radius); a cell's
            // mean differs from its middle by h²/4 = 1e-3 of the largest velocity at N = 16.
            if z > 2.0 * radius && z < length - 2.0 * radius && r < radius {
                let expected = 2.0 * rate * (1.0 - (r / radius).powi(2));
                let [u, _, w] = velocity(&fields)[k];
                assert!(
                    (w - expected).abs() < 2e-3 * rate,
                    "{w:.4e} against {expected:.4e}"
                );
                assert!(u.abs() < 1e-4 * rate, "across: {u:.1e} of {rate:.1e}");
            }
        }
        if z < 0.0 {
            flux_below.push(flux);
        }
    }
    // Row by row the balance is closed to round-off; the rate of the step was found at its predicted length, the fields at its
    // own, and (L + c)² is integrated to 1e-4.
    assert!(flux_below.len() > 10);
    for flux in &flux_below {
        assert!(off(*flux, flux_below[0]) < 1e-9, "{flux:e}");
    }
    let expected = PI * radius.powi(2) * rate;
    assert!(off(flux_below[0], expected) < 1e-3, "{:e}", flux_below[0]);
    // Pressed below, free above.
    let pressure = loaded.case.driving_pressure(&loaded.material, 0.0);
    let last = (fields.z.len() - 2) * across;
    // A row of the pore bears p/(8 N) or 0.8 %.
    let pressures = fields
        .scalars(Place::Cells, "pressure")
        .expect("a pressure");
    assert!(off(pressures[0], pressure) < 0.02);
    // On the front the traction is zero and the pressure that of the axial stretch, 2η ∂w/∂z with w falling from 2 to 1.4 times the
    // mean over half a radius: some 2/(8 L) of what drives.
    assert!(
        pressures[last].abs() < 0.1 * pressure,
        "{:e}",
        pressures[last]
    );
}

/// With a layer: what goes through the planes of the pore is less than what the reservoir gives by the flux of the layer there.
#[test]
fn core_and_layer_share_what_comes_in() {
    let loaded = load(&dimensionless(60.0, 1.0 / 32.0, 4.0, 0.1));
    let radius = loaded.case.radius();
    let mut simulation = Simulation::new(&loaded).expect("a valid case");
    let step = (simulation.advance().expect("the first step"))
        .expect("not the end")
        .clone();
    let whole = step.core_flow + step.layer_flow;
    let (parts, length) = ([step.core_flow, step.layer_flow], step.length);
    assert!(off(whole, PI * radius.powi(2) * step.rate) < 1e-9);
    let fields = simulation.frame().expect("a flow");
    let last = fields.layer.len() - 1;
    let layer = |name: &str| {
        fields
            .scalars(Place::Layer, name)
            .expect("a field of the layer")
    };
    // From the cell radius along the mold face, then up the pore to the tip.
    let [first_at, last_at] = [fields.layer[0], fields.layer[last]];
    assert!(first_at[0] > 3.9 * radius && first_at[1].abs() < 1e-9 * radius);
    assert!(off(last_at[0], radius) < 1e-9 && off(last_at[1], length) < 0.05);
    assert!(layer("arc_length").is_sorted_by(|a, b| a < b));
    // Pressed in front of the mouth, free at the tip.
    let stress = layer("normal_stress");
    assert!(stress[0] > 10.0 * stress[last].abs());
    // The flux is taken at the cells' upper ends, the last at the tip.
    let flux = layer("layer_flux");
    assert!(
        off(2.0 * PI * radius * flux[last], parts[1]) < 0.02,
        "{:e}",
        flux[last]
    );
    assert!(flux[0] < 0.1 * flux[last]);
    // Negative control: the two are far apart, so that one cannot stand for the other.
    assert!(off(parts[0], parts[1]) > 0.2, "{parts:?}");
}

/// Temperature rises through the kinetic glass transition: the viscosity is the law's for an experiment of the whole duration, not
/// of the time to the schedule's first corner.
#[test]
fn a_ramp_is_one_experiment() {
    let schedule = "[[0, 250], [600, 270], [28800, 330]]";
    let sets = [
        set("process.temperature_schedule", schedule),
        set("process.time_s", 28800),
        set("numerics.estimate_error", false),
        set("model", "reduced"),
    ];
    let loaded = case::load(&root().join("cases/ni_d60_297C.toml"), &sets).expect("a case");
    let material = &loaded.material;
    let mut seen = [false; 2];
    let run = ReducedRun::new(&loaded).expect("within the model");
    for step in run.steps() {
        let (t, conditions) = (step.conditions.time, step.conditions);
        let celsius = if t < 600.0 {
            250.0 + t / 30.0
        } else {
            270.0 + 60.0 * (t - 600.0) / 28200.0
        };
        let kelvin = celsius + 273.15;
        assert!((conditions.temperature - kelvin).abs() < 1e-9);
        let eta = conditions.scales.newtonian_viscosity;
        let law = |duration: f64| material.newtonian_viscosity(kelvin, duration);
        assert!(off(eta, law(28800.0)) < 1e-12, "{celsius} °C: {eta:e}");
        let frozen = kelvin < material.bulk_glass_transition(28800.0);
        seen[usize::from(frozen)] = true;
        // Negative control: where the structure is frozen, an experiment of 600 s would be stiffer or softer by more than 1 %.
        if frozen {
            assert!(off(eta, law(600.0)) > 0.01, "{celsius} °C");
        }
    }
    assert_eq!(seen, [true; 2], "the ramp crosses the glass transition");
}

/// A factor of the case is the same factor on the material's number, in the flow and in the species.
#[test]
fn factors_of_a_case_are_factors_on_its_material() {
    let run = |sets: &[String]| -> Vec<f64> {
        let fixed = [
            "mesh.cells_per_radius=8",
            "mesh.cell_radius=2.5",
            "mesh.reservoir_depth=4",
            "composition.model=elements",
            "composition.rows=12",
            "process.stop_length_nm=25",
            "numerics.estimate_error=false",
            "output.frames=0",
            "front.model=flat",
        ];
        let mut all: Vec<String> = fixed.map(String::from).to_vec();
        all.extend_from_slice(sets);
        let loaded: LoadedCase =
            case::load(&root().join("cases/fig2_ni_d20_297C.toml"), &all).expect("a case");
        let mut simulation = Simulation::new(&loaded).expect("starts");
        while simulation.advance().expect("steps").is_some() {}
        let last = simulation.latest().clone();
        let composition = simulation.composition().expect("elements");
        let mut numbers = vec![last.conditions.time, last.core_flow, last.layer_flow];
        numbers.extend(composition.profile().into_iter().flat_map(|row| row.mean));
        numbers
    };
    let compare = |a: &[f64], b: &[f64]| -> f64 {
        assert_eq!(a.len(), b.len());
        a.iter()
            .zip(b)
            .map(|(a, b)| off(*a, *b))
            .fold(0.0, f64::max)
    };
    let plain = run(&[]);
    // D of the Ni alloy as its file states them.
    for (key, number, stated) in [
        (
            "interface.diffusivity_factor",
            "material.interface.D_reference_m2_per_s.value",
            1.14e-17,
        ),
        (
            "composition.bulk_diffusivity_factor",
            "material.bulk_diffusion.D_reference_m2_per_s.value",
            1.595e-20,
        ),
    ] {
        let by_factor = run(&[set(key, 3)]);
        let by_number = run(&[set(number, 3.0 * stated)]);
        // Both are the same products in another order.
        let difference = compare(&by_factor, &by_number);
        assert!(difference < 1e-9, "{key}: {difference:e}");
        // Negative control: the factor does something.
        assert!(compare(&by_factor, &plain) > 1e-4, "{key}");
    }
    let exchanged = run(&[set("composition.exchange_factor", 3)]);
    assert!(compare(&exchanged, &plain) > 1e-4, "the exchange matters");
}

/// Columns that follow from others, in the history and in the record of a run by the program.
#[test]
fn what_a_run_writes_adds_up() {
    let folder = tempfile::tempdir().expect("a folder");
    let case = root().join("cases/ni_d60_297C.toml").display().to_string();
    let mut arguments = vec!["run", &case, "--device", "cpu", "--out", "run"];
    for set in [
        "front.model=flat",
        "process.temperature_C=317",
        "process.pressure_GPa=1",
        "interface.capillarity=false",
        "mesh.cells_per_radius=8",
        "numerics.estimate_error=false",
    ] {
        arguments.extend(["--set", set]);
    }
    done(&nanomold(&folder, &arguments));
    let out = folder.path().join("run");
    let rows = nanomold::output::read_history(out.join("history.csv")).expect("is read back");
    let record = nanomold::output::RunRecord::read(&out).expect("is read back");
    let radius = 30.0;
    let (eta, mobility) = (crate::molding::ETA, crate::molding::MOBILITY);
    let lambda = eta * mobility / (radius * NM).powi(3);
    let mut carried = [0.0; 2];
    for pair in rows.windows(2) {
        let [before, row] = [&pair[0], &pair[1]];
        assert!(off(row.length_over_radius, row.length_nm / radius) < 1e-12);
        let flows = [row.core_flow_nm3_per_s, row.layer_flow_nm3_per_s];
        assert!(
            off(
                flows[0] + flows[1],
                PI * radius * radius * row.rate_nm_per_s
            ) < 1e-9
        );
        // The constants have four digits.
        assert!(
            off(row.lambda, lambda) < 1e-3,
            "{} against {lambda}",
            row.lambda
        );
        assert!(off(row.newtonian_viscosity_Pa_s, eta) < 1e-3);
        assert!((row.core_share + row.layer_share - 1.0).abs() < 1e-12);
        assert!(off(row.step_s, row.time_s - before.time_s) < 1e-9);
        // Poiseuille's stress of the core's flow.
        let stress = 4.0 * eta * flows[0] / (PI * radius.powi(3)) * 1e-9;
        assert!(off(row.wall_shear_stress_GPa, stress) < 1e-3);
        let before = [before.core_flow_nm3_per_s, before.layer_flow_nm3_per_s];
        for k in [0, 1] {
            carried[k] += 0.5 * row.step_s * (before[k] + flows[k]);
        }
    }
    let last = &rows[rows.len() - 1];
    // Trapezoids over steps that grow: 2 % of the volume, while core and layer differ by far more.
    let share = carried[1] / (carried[0] + carried[1]);
    assert!(
        off(last.layer_share, share) < 0.02,
        "{} against {share}",
        last.layer_share
    );
    assert!(off(carried[0], carried[1]) > 0.1);
    assert_eq!(
        (record.length_nm, record.time_s),
        (last.length_nm, last.time_s)
    );
    assert_eq!(
        (record.core_share, record.layer_share),
        (last.core_share, last.layer_share)
    );
    // Eq. (1) of the paper with its factor 32.
    let apparent = 1e9 * record.time_s * (60.0 / record.length_nm).powi(2) / 32.0;
    assert!(off(record.eta_apparent_Pa_s, apparent) < 1e-9);
}

/// A liquid that thins has its viscosity among the fields: η x/sinh x where the stress is x τ₀.
#[test]
fn a_thinning_liquid_has_its_viscosity_among_the_fields() {
    let frame = |rheology: &str| {
        let sets = [
            format!("material.viscosity.rheology={rheology}"),
            "process.time_s=1".to_owned(),
            "mesh.cells_per_radius=8".to_owned(),
        ];
        let loaded = load(&sets);
        let mut simulation = Simulation::new(&loaded).unwrap();
        while simulation.advance().unwrap().is_some() {}
        let liquid = simulation.latest().conditions.liquid();
        (simulation.frame().unwrap(), liquid)
    };
    let (fields, liquid) = frame("eyring");
    let of = |name: &str| fields.scalars(Place::Cells, name).unwrap();
    let (viscosity, rates) = (of("viscosity"), of("strain_rate"));
    let mut thinnest = 1.0f64;
    for (&viscosity, &rate) in viscosity.iter().zip(rates).filter(|(v, _)| **v > 0.0) {
        let expected = liquid.viscosity_at_stress(viscosity * rate);
        assert!(
            (viscosity / expected - 1.0).abs() < 1e-9,
            "{viscosity:e} {expected:e}"
        );
        thinnest = thinnest.min(viscosity / liquid.newtonian_viscosity);
    }
    // 0.2 GPa at the wall, twice τ₀: x/sinh x = 0.55.
    assert!((0.3..0.7).contains(&thinnest), "{thinnest}");
    // Negative control: a Newtonian one has one viscosity, and no field of it.
    assert!(
        frame("newtonian")
            .0
            .scalars(Place::Cells, "viscosity")
            .is_none()
    );
}
