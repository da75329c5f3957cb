//! Computes the points of a sweep: on the cores of the CPU, each run on one core, or on devices, many runs on each.

use super::done::Done;
use super::folders::Folders;
use super::plan::Plan;
use super::point::{Outcome, failed_or_unwritable, full, full_into, result};
use super::row::PointResult;
use super::store::Store;
use super::stored::sealed;
use crate::case::{LoadedCase, Model};
use crate::compute::{Computer, DeviceWorker, Machine};
use crate::mesh::MeshSpec;
use crate::output::OutputError;
use crate::reduced::{Entrance, ReducedRun};
use crate::results::{RecordError, write_reduced};
use crate::stop::Stop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
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
/// [`OutputError`] if rows, or files in the folder of a point, cannot be written: what has been written stays, and the points that
/// are missing can be computed later. A point that fails does not end the sweep: its row says why.
pub fn execute(
    plan: &Plan,
    points: &[u64],
    store: &mut Store,
    done: &mut Done,
    jobs: usize,
    stop: &Stop,
    progress: impl FnMut(&Done),
) -> Result<(), OutputError> {
    let cores = vec![None; jobs];
    compute(plan, points, store, done, &cores, stop, progress)
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
    stop: &Stop,
    progress: impl FnMut(&Done),
) -> Result<(), OutputError> {
    let threads: Vec<Option<&DeviceWorker>> = devices
        .iter()
        .flat_map(|device| std::iter::repeat_n(Some(device), device.at_once()))
        .collect();
    compute(plan, points, store, done, &threads, stop, progress)
}

/// Computes with one thread for each of `workers`, a device or a core.
fn compute(
    plan: &Plan,
    points: &[u64],
    store: &mut Store,
    done: &mut Done,
    workers: &[Option<&DeviceWorker>],
    stop: &Stop,
    mut progress: impl FnMut(&Done),
) -> Result<(), OutputError> {
    let (before, folders) = (done.clone(), store.folders());
    let missing = points.iter().copied().filter(|&point| !before.has(point));
    let queue = Mutex::new(missing);
    let block = match plan.model() {
        Model::Reduced => REDUCED_BLOCK,
        Model::Full => 1,
    };
    let full = Arc::new(AtomicBool::new(false));
    let stop = &stop.clone().or_when(Arc::clone(&full));
    let stopped = || stop.is_asked();
    let (sender, receiver) = mpsc::sync_channel::<Computed>(4 * workers.len());
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
                    let computed = (!points.is_empty()).then(|| worker.compute(&points, stop));
                    if let Some(device) = device {
                        device.release();
                    }
                    let Some(computed) = computed else { break };
                    let goes_on = matches!(computed.1, After::GoesOn);
                    if sender.send(computed).is_err() || !goes_on {
                        break;
                    }
                }
            });
        }
        drop(sender);
        let (mut result, mut takes_rows) = (Ok(()), true);
        // After an error in a point's folder the rows that are under way are stored all the same; after one in a table, whose last line
        // may be cut short, none.
        for (block, after) in receiver {
            let stored = match takes_rows {
                true => store.append(&block.lines, &block.timings),
                false => continue,
            };
            takes_rows = stored.is_ok();
            if takes_rows {
                for (point, ok) in block.points {
                    done.mark(point, ok);
                }
                progress(done);
            }
            let unwritable = match after {
                After::Unwritable(error) => Err(error),
                After::GoesOn | After::Stopped => Ok(()),
            };
            result = result.and(stored).and(unwritable);
            if result.is_err() {
                full.store(true, Ordering::SeqCst);
            }
        }
        result
    })
}

/// Rows, and how the worker goes on after them.
type Computed = (Block, After);

/// How a worker goes on after a block.
enum After {
    GoesOn,
    /// The sweep was stopped meanwhile: not all points have rows.
    Stopped,
    /// Neither have they if files cannot be written.
    Unwritable(OutputError),
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

    /// Lines of these points, up to where the sweep is stopped or files cannot be written.
    fn compute(&mut self, points: &[u64], stop: &Stop) -> Computed {
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
            let outcome = match &loaded {
                Err(violations) => Ok(Some(Err(violations
                    .iter()
                    .map(|one| one.reason.clone())
                    .collect::<Vec<_>>()
                    .join("; ")))),
                // A panic of one point is a failure of that point.
                Ok(loaded) => catch_unwind(AssertUnwindSafe(|| {
                    self.point(point, loaded, computer, &mut machine, stop)
                }))
                .unwrap_or_else(|panic| Ok(Some(Err(said(&*panic))))),
            };
            let result = match outcome {
                Ok(Some(result)) => result,
                Ok(None) => return (block, After::Stopped),
                Err(error) => return (block, After::Unwritable(error)),
            };
            let loaded = loaded.as_ref().ok();
            let outcome = result.as_ref().map_err(String::as_str);
            let columns = self.plan.columns();
            let line = columns.line(self.plan, point, loaded, outcome);
            let wall = clock.elapsed().as_secs_f64();
            let timing = [point.to_string(), format!("{wall:.6}"), machine.text()];
            let row = line.strip_suffix(b"\n").unwrap_or(&line);
            block.timings.extend(sealed(&timing, row));
            block.lines.extend(line);
            block.points.push((point, result.is_ok()));
        }
        (block, After::GoesOn)
    }

    /// One point. `machine` is told what computed it in the end.
    fn point(
        &mut self,
        point: u64,
        loaded: &LoadedCase,
        computer: Computer,
        machine: &mut Machine,
        stop: &Stop,
    ) -> Outcome<PointResult> {
        match (self.folders.clone(), self.plan.model()) {
            (None, Model::Reduced) => Ok(Some(self.reduced(loaded).map(|(found, run)| {
                self.entrance = Some((loaded.mesh.clone(), run.into_entrance()));
                found
            }))),
            (None, Model::Full) => Ok(self.on_core(|| full(loaded, computer, machine, stop))),
            (Some(folders), model) => {
                // Not the base case's name: the folder is one of many.
                let mut named = loaded.clone();
                named.case.name = format!("{}_{point}", self.plan.name());
                match model {
                    Model::Reduced => {
                        folders.fill(point, &named, |folder, _| match self.reduced(&named) {
                            Ok((found, run)) => {
                                let record = write_reduced(&run, &named, folder);
                                self.entrance = Some((named.mesh.clone(), run.into_entrance()));
                                failed_or_unwritable(record.map_err(RecordError::Output))
                                    .map(|record| Some(record.map(|record| (found, record))))
                            }
                            Err(reason) => Ok(Some(Err(reason))),
                        })
                    }
                    // The events of the run belong to the thread that makes them.
                    Model::Full => self.on_core(|| {
                        folders.fill(point, &named, |folder, from| {
                            full_into(folder, &named, from, computer, machine, stop)
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

    /// A point by the reduced model, and its run.
    fn reduced<'l>(
        &mut self,
        loaded: &'l LoadedCase,
    ) -> Result<(PointResult, ReducedRun<'l>), String> {
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
        let length = last.length;
        if !length.is_finite() {
            return Err("the length is beyond all numbers".to_owned());
        }
        Ok((result(loaded, &last, length), run))
    }
}

fn said(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
    format!("the program failed: {}", text.unwrap_or_default())
}
