//! Computes the points of a sweep: on the cores of the CPU, each run on one core, or on devices, many runs on each.

use super::done::Done;
use super::folders::{Folders, Recorded};
use super::plan::Plan;
use super::row::{PointResult, TipComposition, record};
use super::store::Store;
use crate::case::{LoadedCase, Model};
use crate::compute::{Computer, DeviceWorker, Machine};
use crate::mesh::MeshSpec;
use crate::output::{OutputError, RunFolder};
use crate::reduced::{Entrance, ReducedRun};
use crate::results::{FullRecorder, Opening, RecordError, write_reduced};
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

/// Computes those of `points` that are not `done`, in their order, and stores them. `progress` is told after each block.
///
/// # Errors
/// [`OutputError`] if rows cannot be written. A point that fails does not end the sweep: its row says why.
pub fn execute(
    plan: &Plan,
    points: &[u64],
    store: &mut Store,
    done: &mut Done,
    jobs: usize,
    interrupted: &AtomicBool,
    progress: impl FnMut(&Done),
) -> Result<(), OutputError> {
    let cores = vec![None; jobs];
    compute(plan, points, store, done, &cores, interrupted, progress)
}

/// As [`execute`], with the full model on devices; they take their points from one queue. Where all devices are lost that the
/// CPU does not stand in for, points stay missing.
///
/// # Errors
/// As there.
pub fn execute_on(
    devices: &[DeviceWorker],
    plan: &Plan,
    points: &[u64],
    store: &mut Store,
    done: &mut Done,
    interrupted: &AtomicBool,
    progress: impl FnMut(&Done),
) -> Result<(), OutputError> {
    let threads: Vec<Option<&DeviceWorker>> = devices
        .iter()
        .flat_map(|device| std::iter::repeat_n(Some(device), device.at_once()))
        .collect();
    compute(plan, points, store, done, &threads, interrupted, progress)
}

/// Computes with one thread for each of `workers`, a device or a core.
fn compute(
    plan: &Plan,
    points: &[u64],
    store: &mut Store,
    done: &mut Done,
    workers: &[Option<&DeviceWorker>],
    interrupted: &AtomicBool,
    mut progress: impl FnMut(&Done),
) -> Result<(), OutputError> {
    let (before, folders) = (done.clone(), store.folders());
    let missing = points.iter().copied().filter(|&point| !before.has(point));
    let queue = Mutex::new(missing);
    let block = match plan.model() {
        Model::Reduced => REDUCED_BLOCK,
        Model::Full => 1,
    };
    let stop = AtomicBool::new(false);
    let stopped = || interrupted.load(Ordering::SeqCst) || stop.load(Ordering::SeqCst);
    let (sender, receiver) = mpsc::sync_channel::<Block>(4 * workers.len());
    std::thread::scope(|scope| {
        for &device in workers {
            let (sender, queue, stopped) = (sender.clone(), &queue, &stopped);
            let folders = folders.clone();
            scope.spawn(move || {
                let mut worker = Worker::new(plan, device, folders);
                while !stopped() && device.is_none_or(|device| device.admits(stopped)) {
                    let points: Vec<u64> = {
                        let mut queue = queue.lock().unwrap_or_else(|e| e.into_inner());
                        queue.by_ref().take(block).collect()
                    };
                    let computed = (!points.is_empty())
                        .then(|| worker.compute(&points, stopped))
                        .flatten();
                    if let Some(device) = device {
                        device.release();
                    }
                    let Some(block) = computed else { break };
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
    /// What computes the full model, unless the CPU does.
    device: Option<&'a DeviceWorker>,
    /// The latest mold of the reduced model.
    entrance: Option<(MeshSpec, Entrance)>,
    /// One core: the points are what is parallel.
    pool: Option<rayon::ThreadPool>,
}

impl<'a> Worker<'a> {
    fn new(plan: &'a Plan, device: Option<&'a DeviceWorker>, folders: Option<Folders>) -> Self {
        let pool = || rayon::ThreadPoolBuilder::new().num_threads(1).build().ok();
        Worker {
            plan,
            folders,
            device,
            entrance: None,
            pool: match (plan.model(), device) {
                (Model::Full, None) => pool(),
                // The threads of a device are many; what they have for the CPU they share its cores for.
                _ => None,
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
            // A seat at a device is taken before anything else is done: the batches wait for it.
            let computer = self
                .device
                .map_or_else(Computer::cpu, DeviceWorker::computer);
            let mut machine = computer.at_work();
            let loaded = self.plan.case(point);
            let result = match &loaded {
                Err(violations) => Err(violations
                    .iter()
                    .map(|one| one.reason.clone())
                    .collect::<Vec<_>>()
                    .join("; ")),
                // A panic of one point is a failure of that point.
                Ok(loaded) => catch_unwind(AssertUnwindSafe(|| {
                    self.point(point, loaded, computer, &mut machine, stopped)
                }))
                .unwrap_or_else(|panic| Some(Err(said(&*panic))))?,
            };
            let loaded = loaded.as_ref().ok();
            let outcome = result.as_ref().map_err(String::as_str);
            let columns = self.plan.columns();
            let line = columns.line(self.plan, point, loaded, outcome);
            block.lines.extend(line);
            let wall = clock.elapsed().as_secs_f64();
            let timing = [point.to_string(), format!("{wall:.6}"), machine.text()];
            block.timings.extend(record(&timing));
            block.points.push((point, result.is_ok()));
        }
        Some(block)
    }

    /// One point; none if the sweep was stopped meanwhile. `machine` is told what computed it in the end.
    fn point(
        &mut self,
        point: u64,
        loaded: &LoadedCase,
        computer: Computer,
        machine: &mut Machine,
        stopped: &(impl Fn() -> bool + Sync),
    ) -> Option<Result<PointResult, String>> {
        match (self.folders.clone(), self.plan.model()) {
            (None, Model::Reduced) => Some(self.reduced(loaded, |_| Ok(())).map(|found| found.0)),
            (None, Model::Full) => self.on_core(|| full(loaded, computer, machine, stopped)),
            (Some(folders), model) => {
                // Not the base case's name: the folder is one of many.
                let mut named = loaded.clone();
                named.case.name = format!("{}_{point}", self.plan.name());
                match model {
                    Model::Reduced => folders.fill(point, |folder| {
                        Some(self.reduced(&named, |run| {
                            write_reduced(run, &named, folder).map_err(|error| error.to_string())
                        }))
                    }),
                    // The events of the run belong to the thread that makes them.
                    Model::Full => self.on_core(|| {
                        folders.fill(point, |folder| {
                            full_into(folder, &named, computer, machine, stopped)
                        })
                    }),
                }
            }
        }
    }

    /// Does the work of a run by the full model: on the worker's core, or on all of them beside a device.
    fn on_core<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        match &self.pool {
            Some(pool) => pool.install(work),
            None => work(),
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

/// A point by the full model; none if the sweep was stopped meanwhile. `machine` is told what computed it in the end.
fn full(
    loaded: &LoadedCase,
    computer: Computer,
    machine: &mut Machine,
    stopped: &(impl Fn() -> bool + Sync),
) -> Option<Result<PointResult, String>> {
    let mut simulation = match Simulation::on(loaded, computer) {
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
    *machine = simulation.computer().at_work();
    Some(Ok(outcome(loaded, &simulation)))
}

/// The same, with the folder of its run.
fn full_into(
    folder: &RunFolder,
    loaded: &LoadedCase,
    computer: Computer,
    machine: &mut Machine,
    stopped: &(impl Fn() -> bool + Sync),
) -> Recorded {
    let run = || -> Result<Option<_>, RecordError> {
        let opening = Opening::new(folder, loaded)?;
        let mut simulation = Simulation::on(loaded, computer)?;
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
        *machine = simulation.computer().at_work();
        let found = outcome(loaded, &simulation);
        let record = recorder.finish(&mut simulation, None)?;
        Ok(Some((found, record)))
    };
    run().map_err(|error| error.to_string()).transpose()
}

/// What a finished run gives.
fn outcome(loaded: &LoadedCase, simulation: &Simulation) -> PointResult {
    let last = simulation.latest();
    let [tip, contact] = last.tip_and_contact();
    let mut found = result(loaded, last, tip.max(contact));
    // Not known where the run fails on the coarser grid.
    let accuracy = simulation.accuracy().ok().flatten();
    found.error_estimate = accuracy.map(|accuracy| accuracy.total());
    if let (Some(composition), Some(record)) = (simulation.composition(), &last.composition) {
        let sections = composition.profile();
        found.composition = Some(TipComposition {
            tip: sections.last().map_or(Vec::new(), |row| row.mean.clone()),
            amorphous_length: record.crystallinity.map(|found| found.amorphous_length),
            crystalline_share: record.crystallinity.map(|found| found.share),
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
