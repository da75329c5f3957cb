//! Computes the points of a sweep on the cores of the CPU: each run on one core, as many runs as cores.

use super::done::Done;
use super::folders::{Folders, Recorded};
use super::plan::Plan;
use super::row::{PointResult, TipComposition};
use super::shard::Shard;
use super::store::Store;
use crate::case::{LoadedCase, Model};
use crate::flow::computer::Computer;
use crate::mesh::MeshSpec;
use crate::output::{OutputError, RunFolder};
use crate::reduced::{Entrance, ReducedRun};
use crate::results::{FullRecorder, Machine, Opening, RecordError, write_reduced};
use crate::simulation::{Ending, Simulation, Step, ending};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, mpsc};
use std::time::Instant;

/// Points that a worker takes at once with the reduced model, where one costs microseconds.
const REDUCED_BLOCK: usize = 64;

/// Lines of some points on their way to the tables.
struct Block {
    lines: Vec<u8>,
    timings: Vec<u8>,
    points: Vec<(u64, bool)>,
}

/// Computes the points of `shard` that are not `done`, and stores them. `progress` is told after each block.
///
/// # Errors
/// [`OutputError`] if rows cannot be written. A point that fails does not end the sweep: its row says why.
pub fn execute(
    plan: &Plan,
    shard: Shard,
    store: &mut Store,
    done: &mut Done,
    jobs: usize,
    interrupted: &AtomicBool,
    mut progress: impl FnMut(&Done),
) -> Result<(), OutputError> {
    let (before, folders) = (done.clone(), store.folders());
    let queue = Mutex::new(shard.points(plan.len()).filter(|&point| !before.has(point)));
    let block = match plan.model() {
        Model::Reduced => REDUCED_BLOCK,
        Model::Full => 1,
    };
    let stop = AtomicBool::new(false);
    let stopped = || interrupted.load(Ordering::SeqCst) || stop.load(Ordering::SeqCst);
    let (sender, receiver) = mpsc::sync_channel::<Block>(4 * jobs);
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            let (sender, queue, stopped) = (sender.clone(), &queue, &stopped);
            let folders = folders.clone();
            scope.spawn(move || {
                let mut worker = Worker::new(plan, folders);
                while !stopped() {
                    let points: Vec<u64> = {
                        let mut queue = queue.lock().unwrap_or_else(|e| e.into_inner());
                        queue.by_ref().take(block).collect()
                    };
                    if points.is_empty() {
                        break;
                    }
                    let Some(block) = worker.compute(&points, stopped) else {
                        break;
                    };
                    if sender.send(block).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        for block in receiver {
            let stored = store.append(&block.lines, &block.timings);
            if stored.is_err() {
                stop.store(true, Ordering::SeqCst);
                return stored;
            }
            for (point, ok) in block.points {
                done.mark(point, ok);
            }
            progress(done);
        }
        Ok(())
    })
}

struct Worker<'a> {
    plan: &'a Plan,
    folders: Option<Folders>,
    /// The latest mold of the reduced model.
    entrance: Option<(MeshSpec, Entrance)>,
    /// One core: the points are what is parallel.
    pool: Option<rayon::ThreadPool>,
}

impl<'a> Worker<'a> {
    fn new(plan: &'a Plan, folders: Option<Folders>) -> Self {
        let pool = || rayon::ThreadPoolBuilder::new().num_threads(1).build().ok();
        Worker {
            plan,
            folders,
            entrance: None,
            pool: match plan.model() {
                Model::Full => pool(),
                Model::Reduced => None,
            },
        }
    }

    /// Lines of these points; none if the sweep was stopped meanwhile.
    fn compute(&mut self, points: &[u64], stopped: &(impl Fn() -> bool + Sync)) -> Option<Block> {
        let mut block = Block {
            lines: Vec::new(),
            timings: Vec::new(),
            points: Vec::with_capacity(points.len()),
        };
        for &point in points {
            let clock = Instant::now();
            let loaded = self.plan.case(point);
            let result = match &loaded {
                Err(violations) => Err(violations
                    .iter()
                    .map(|one| one.reason.clone())
                    .collect::<Vec<_>>()
                    .join("; ")),
                // A panic of one point is a failure of that point.
                Ok(loaded) => catch_unwind(AssertUnwindSafe(|| self.point(point, loaded, stopped)))
                    .unwrap_or_else(|panic| Some(Err(said(&*panic))))?,
            };
            let loaded = loaded.as_ref().ok();
            let outcome = result.as_ref().map_err(String::as_str);
            let columns = self.plan.columns();
            let line = columns.line(self.plan, point, loaded, outcome);
            block.lines.extend(line);
            let wall = clock.elapsed().as_secs_f64();
            block.timings.extend(format!("{point},{wall:.6}\n").bytes());
            block.points.push((point, result.is_ok()));
        }
        Some(block)
    }

    /// One point; none if the sweep was stopped meanwhile.
    fn point(
        &mut self,
        point: u64,
        loaded: &LoadedCase,
        stopped: &(impl Fn() -> bool + Sync),
    ) -> Option<Result<PointResult, String>> {
        let Some(folders) = self.folders.clone() else {
            return match (self.plan.model(), &self.pool) {
                (Model::Reduced, _) => Some(self.reduced(loaded, |_| Ok(())).map(|found| found.0)),
                (Model::Full, Some(pool)) => pool.install(|| full(loaded, stopped)),
                (Model::Full, None) => full(loaded, stopped),
            };
        };
        // Not the base case's name: the folder is one of many.
        let mut named = loaded.clone();
        named.case.name = format!("{}_{point}", self.plan.name());
        match (self.plan.model(), &self.pool) {
            (Model::Reduced, _) => folders.fill(point, |folder| {
                Some(self.reduced(&named, |run| {
                    write_reduced(run, &named, folder).map_err(|error| error.to_string())
                }))
            }),
            // The events of the run belong to the thread that makes them.
            (Model::Full, Some(pool)) => {
                pool.install(|| folders.fill(point, |folder| full_into(folder, &named, stopped)))
            }
            (Model::Full, None) => folders.fill(point, |folder| full_into(folder, &named, stopped)),
        }
    }

    /// A point by the reduced model, and what `write` makes of its run.
    fn reduced<R>(
        &mut self,
        loaded: &LoadedCase,
        write: impl FnOnce(&ReducedRun) -> Result<R, String>,
    ) -> Result<(PointResult, R), String> {
        let known = self
            .entrance
            .take()
            .filter(|(mesh, _)| *mesh == loaded.mesh);
        let run = match known {
            Some((_, entrance)) => ReducedRun::with_entrance(loaded, entrance),
            None => ReducedRun::new(loaded),
        };
        let run = run.map_err(|error| error.to_string())?;
        let last = run.last();
        let found = result(loaded, &last, last.length);
        let written = write(&run);
        self.entrance = Some((loaded.mesh, run.into_entrance()));
        Ok((found, written?))
    }
}

fn said(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
    format!("the program failed: {}", text.unwrap_or_default())
}

/// A point by the full model; none if the sweep was stopped meanwhile.
fn full(
    loaded: &LoadedCase,
    stopped: &(impl Fn() -> bool + Sync),
) -> Option<Result<PointResult, String>> {
    let mut simulation = match Simulation::on(loaded, Computer::cpu()) {
        Ok(simulation) => simulation,
        Err(error) => return Some(Err(error.to_string())),
    };
    loop {
        if stopped() {
            return None;
        }
        match simulation.advance() {
            Ok(Some(_)) => {}
            Ok(None) => break,
            Err(error) => return Some(Err(error.to_string())),
        }
    }
    Some(Ok(outcome(loaded, &simulation)))
}

/// The same, with the folder of its run.
fn full_into(
    folder: &RunFolder,
    loaded: &LoadedCase,
    stopped: &(impl Fn() -> bool + Sync),
) -> Recorded {
    let run = || -> Result<Option<_>, RecordError> {
        let opening = Opening::new(folder, loaded)?;
        let mut simulation = Simulation::on(loaded, Computer::cpu())?;
        let mut recorder = FullRecorder::begin(opening, loaded, folder, &mut simulation, false)?;
        loop {
            if stopped() {
                return Ok(None);
            }
            if simulation.advance()?.is_none() {
                break;
            }
            recorder.step(&mut simulation)?;
        }
        let found = outcome(loaded, &simulation);
        let record = recorder.finish(&mut simulation, &Machine::cpu())?;
        Ok(Some((found, record)))
    };
    run().map_err(|error| error.to_string()).transpose()
}

/// What a finished run gives.
fn outcome(loaded: &LoadedCase, simulation: &Simulation) -> PointResult {
    let last = simulation.latest();
    let [tip, contact] = last.tip_and_contact();
    let mut found = result(loaded, last, tip.max(contact));
    found.error_estimate = simulation.error_estimate();
    if let (Some(composition), Some(record)) = (simulation.composition(), &last.composition) {
        let sections = composition.profile();
        found.composition = Some(TipComposition {
            tip: sections.last().map_or(Vec::new(), |row| row.mean.clone()),
            amorphous_length: record.amorphous_length,
            crystalline_share: record.crystalline_share,
        });
    }
    found
}

fn result(loaded: &LoadedCase, last: &Step, top: f64) -> PointResult {
    let ending = ending(loaded, last.conditions.time, last.length, top);
    PointResult {
        length: last.length,
        tip_length: last.tip_and_contact()[0],
        shares: last.shares(),
        lambda: last.conditions.scales.lambda(),
        composition: None,
        error_estimate: None,
        stop: match ending {
            Some(Ending::Length) => "length",
            Some(Ending::Filled) => "filled",
            Some(Ending::Time) | None => "time",
        },
    }
}
