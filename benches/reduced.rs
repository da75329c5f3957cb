//! Cost of one run of the reduced model at constant conditions: from diameter, viscosity and diffusivity to the length.

use std::hint::black_box;

use divan::{Bencher, counter::ItemsCount};
use nanomold::reduced::{Entrance, Molding, Table};

/// Runs per iteration, over diameters of 10 to 250 nm (Λ from 14 to 1e-3).
const RUNS: usize = 1000;

fn main() {
    divan::main();
}

fn table() -> &'static Table {
    Table::shipped().expect("the table belongs to the solver")
}

#[divan::bench]
fn runs_at_constant_conditions(bencher: Bencher) {
    let entrance = Entrance::new(table(), 2.5).expect("R_c = 2.5 R is in the table");
    let molding = |k: usize| {
        let diameter = 10e-9 * 25f64.powf(k as f64 / RUNS as f64);
        Molding {
            diameter,
            newtonian_viscosity: 2.6e11,
            layer_conductivity: 3.8e-27,
            atomic_volume: 1.25e-29,
            temperature: 570.15,
            pressure: 1.25e9,
            gas_pressure: 0.0,
            wetting_tension: -0.5,
            time: 36_000.0,
            initial_length: 0.25 * diameter,
        }
    };
    bencher.counter(ItemsCount::new(RUNS)).bench_local(|| {
        (0..RUNS)
            .map(|k| black_box(molding(k)).growth(&entrance).length)
            .sum::<f64>()
    });
}

#[divan::bench]
fn an_entrance_from_the_table(bencher: Bencher) {
    bencher.bench_local(|| Entrance::new(black_box(table()), 2.6).expect("it is in the table"));
}
