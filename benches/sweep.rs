//! Points of sweeps per second on the cores of this machine, from the sweep file to the sorted table.
//!
//!     cargo bench --bench sweep
//!
//! A plain harness: an iteration takes seconds, and wanted is a rate. Every sweep runs three times; the fastest counts, the
//! others say how calm the machine was.

use nanomold::stop::Stop;
use nanomold::sweep::{Existing, Plan, Shard, Store, execute};
use std::path::Path;
use std::time::Instant;
use tempfile::TempDir;

/// Sweep file, what is set, and what it is.
const SWEEPS: [(&str, &[&str], &str); 4] = [
    (
        "fig6b_map_ni.toml",
        &[],
        "reduced model, the map of Fig. 6b (291 × 100)",
    ),
    (
        "small.toml",
        &[],
        "full model, N = 16, flat front, uniform composition",
    ),
    (
        "small.toml",
        &["composition.model=\"elements\""],
        "full model, N = 16, flat front, four elements",
    ),
    (
        "small.toml",
        &["composition.model=\"elements\"", "front.model=\"free\""],
        "full model, N = 16, free front, four elements",
    ),
];

const ROUNDS: usize = 3;

fn main() {
    // `cargo test --benches` only wants to know that it starts.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let jobs = std::thread::available_parallelism().map_or(1, |n| n.get());
    println!("{jobs} cores");
    for (file, sets, what) in SWEEPS {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("cases/sweeps")
            .join(file);
        let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
        let mut seconds: Vec<f64> = (0..ROUNDS)
            .map(|_| {
                let (clock, folder) = (Instant::now(), TempDir::new().expect("a folder"));
                let plan = Plan::read(&path, &sets, None).expect("a shipped sweep");
                plan.validate().expect("valid points");
                let (mut store, mut done) =
                    Store::open(folder.path(), &plan, Existing::Refuse).expect("an empty folder");
                let (all, never) = (Shard::WHOLE.points(&plan), Stop::never());
                execute(&plan, &all, &mut store, &mut done, jobs, &never, |_| {})
                    .expect("rows are written");
                store.finish().expect("the table is sorted");
                assert_eq!((done.count, done.failed), (plan.len(), 0), "{what}");
                clock.elapsed().as_secs_f64() / plan.len() as f64
            })
            .collect();
        seconds.sort_by(f64::total_cmp);
        let [best, worst] = [seconds[0], seconds[ROUNDS - 1]].map(f64::recip);
        println!("{what}: {best:.4} points/s (slowest round {worst:.4})");
    }
}
