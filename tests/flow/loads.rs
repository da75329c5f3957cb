//! Loads other than a unit pressure: pressure at the tip, and a flux of the layer that its stress does not drive.

use nanomold::flow::discretise::{self, Medium};
use nanomold::flow::grid::Grid;
use nanomold::flow::solver::{FlowSolver, Flows, Loads};
use nanomold::mesh::{MeshSpec, WallProfile};

fn solver(lambda: f64, loads: Loads) -> FlowSolver<f64> {
    let mesh = MeshSpec {
        cell_radius: 2.5,
        reservoir_depth: 5.0,
        cells_per_radius: 16,
        growth: 1.1,
        longest_cell: 2.0,
        wall: WallProfile::Straight,
    };
    let grid = Grid::new(&mesh, 3.0);
    let medium = Medium::uniform(&discretise::layout(&grid, [0, 0]), lambda, 0.0);
    FlowSolver::new(grid, &medium, loads).expect("the coarsest level can be factored")
}

const UNIT: Loads = Loads {
    inlet_pressure: 1.0,
    tip_pressure: 0.0,
};

fn off(a: &Flows, b: &Flows) -> f64 {
    [(a.core, b.core), (a.layer, b.layer), (a.mouth, b.mouth)]
        .into_iter()
        .map(|(a, b)| (a / b - 1.0).abs())
        .fold(0.0, f64::max)
}

#[test]
fn only_the_pressure_difference_drives() {
    let flows = |inlet_pressure: f64, tip_pressure: f64| {
        let mut s = solver(
            0.1,
            Loads {
                inlet_pressure,
                tip_pressure,
            },
        );
        s.solve(1e-11, 40).expect("converges");
        s.flows()
    };
    let plain = flows(1.0, 0.0);
    // Linear: equal to what the solver's tolerance leaves, amplified by some tens.
    assert!(off(&flows(1.75, 0.75), &plain) < 1e-8);
    // Negative control: a tip pressure of the wrong sign is a flow of 2.5, not of 1.
    assert!(off(&flows(1.75, -0.75), &plain) > 1.0);
}

/// A layer of mobility 0.3 whose extra 0.2 is put in as a flux by hand carries what one of mobility 0.5 does.
#[test]
fn a_flux_put_in_by_hand_replaces_mobility() {
    let mut whole = solver(0.5, UNIT);
    whole.solve(1e-12, 40).expect("converges");
    let layout = whole.layout();
    let stresses = &whole.state()[layout.segments()[3].clone()];
    let conductance = &whole.backend.levels[0].tables.conductance;
    let n = layout.wall_cells();
    let extra: Vec<f64> = (0..=n)
        .map(|k| {
            let before = if k > 0 { stresses[k - 1] } else { 0.0 };
            let after = if k < n { stresses[k] } else { 0.0 };
            0.2 / 0.5 * conductance[k] * (before - after)
        })
        .collect();
    let split = |sign: f64| {
        let mut part = solver(0.3, UNIT);
        // The corner's weight depends on the mobility; here it is to be that of the whole.
        for (own, level) in whole.backend.levels.iter().zip(&mut part.backend.levels) {
            level.tables.node_weight.clone_from(&own.tables.node_weight);
        }
        let flux: Vec<f64> = extra.iter().map(|q| sign * q).collect();
        part.add_layer_flux(&flux);
        part.solve(1e-12, 60).expect("converges");
        part.flows()
    };
    let given = split(1.0);
    // The same linear system up to round-off and the tolerance; the mass balance closes with the flux as well.
    assert!(
        off(&given, &whole.flows()) < 1e-8,
        "{given:?} {:?}",
        whole.flows()
    );
    assert!(given.mass_defect() < 1e-10);
    // Negative control: the other direction.
    assert!(off(&split(-1.0), &whole.flows()) > 0.1);
}
