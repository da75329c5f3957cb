//! Steps of the species on a device, one or a batch of them at once.
//!
//! What is done where: geometry and the volumes that move (one pass over the faces per step, from a flow that the host has, and
//! exact to round-off in double precision) come from the host; everything that is done in every part of a step, the layer,
//! advection, diffusion and crystallisation, is done on the device, all parts one after the other.

mod packed;

pub use packed::PackedStep;

use crate::backend::gpu::source::OuterReal;
use crate::backend::gpu::species::{MOST_PARTS, SpeciesJob, SpeciesProgram, parameter};
use crate::backend::gpu::structs::{SpeciesCase, SpeciesInfo};
use crate::backend::gpu::table::SpeciesKernel;
use crate::backend::gpu::{Gpu, GpuError};
use crate::species::{Extent, Mesh, State, Task};
use std::sync::Arc;

/// A device that makes steps of the species.
#[derive(Debug)]
pub struct GpuSpecies {
    gpu: Arc<Gpu>,
    real: OuterReal,
    program: Option<SpeciesProgram>,
    poisoned: bool,
}

impl GpuSpecies {
    /// On a device, in the precision in which it keeps states; `None` where the host keeps them.
    pub fn new(gpu: Arc<Gpu>) -> Option<Self> {
        let real = gpu.outer()?;
        Some(GpuSpecies {
            gpu,
            real,
            program: None,
            poisoned: false,
        })
    }

    /// From now on every step finds NaN in all that shaders write, so that whatever is read before it is written shows.
    pub fn poison(&mut self) {
        self.poisoned = true;
    }

    /// True if the device makes a task's step; see [`GpuSpecies::refusal`].
    pub fn takes(task: &Task) -> bool {
        GpuSpecies::refusal(task).is_none()
    }

    /// Why a task's step is the host's, if it is.
    pub fn refusal(task: &Task) -> Option<&'static str> {
        if !task.alloy.diffuses_as_one() {
            Some("the elements diffuse each in their own way in the bulk")
        } else if !task.mesh.wall.is_straight() {
            Some("the pore is no cylinder")
        } else if parts(task) > MOST_PARTS as usize {
            Some("a step has more parts than a device is given")
        } else {
            None
        }
    }

    /// Steps on equal meshes together. `None` for a case whose layer did not settle, which the host makes in shorter parts.
    ///
    /// # Errors
    /// What the device reports.
    ///
    /// # Panics
    /// If the meshes or the numbers of elements differ, or a task is not taken.
    pub fn step_batch(&mut self, tasks: &[Task]) -> Result<Vec<Option<State>>, GpuError> {
        self.run(tasks, SpeciesKernel::ALL)
    }

    /// As [`GpuSpecies::step_batch`] with the first kernels of every part alone.
    ///
    /// # Errors
    /// What the device reports.
    pub fn run(
        &mut self,
        tasks: &[Task],
        kernels: &[SpeciesKernel],
    ) -> Result<Vec<Option<State>>, GpuError> {
        let Some(first) = tasks.first() else {
            return Ok(Vec::new());
        };
        let n = first.alloy.len();
        let info = places(first.mesh, n);
        for task in tasks {
            assert!(GpuSpecies::takes(task), "the device takes the step");
            assert_eq!(
                places(task.mesh, task.alloy.len()),
                info,
                "a batch has one mesh"
            );
        }
        let poisoned = self.poisoned;
        let program = self.program(n)?;
        let jobs: Vec<SpeciesJob> = tasks
            .iter()
            .map(|task| {
                let mut job = job(task, &info);
                if poisoned {
                    job.vectors.resize(info.vectors as usize, f64::NAN);
                }
                job
            })
            .collect();
        let done = program.run(&info, &jobs, kernels)?;
        let states = tasks.iter().zip(&done);
        Ok(states.map(|(task, job)| unpack(task, job, &info)).collect())
    }

    #[expect(clippy::expect_used, reason = "the program has just been made")]
    fn program(&mut self, elements: usize) -> Result<&SpeciesProgram, GpuError> {
        if self
            .program
            .as_ref()
            .is_none_or(|p| p.elements() != elements)
        {
            let gpu = Arc::clone(&self.gpu);
            self.program = Some(SpeciesProgram::new(gpu, self.real, elements)?);
        }
        Ok(self.program.as_ref().expect("just made"))
    }
}

fn parts(task: &Task) -> usize {
    let Task { mesh, state, .. } = task;
    let ends = [mesh.volumes(&state.extent), mesh.volumes(task.extent)];
    task.moves.parts(mesh, [&ends[0], &ends[1]])
}

/// Hands out consecutive places.
struct Places(u32);

impl Places {
    #[expect(
        clippy::expect_used,
        reason = "what does not fit is refused before it is packed"
    )]
    fn take(&mut self, count: usize) -> u32 {
        let start = self.0;
        self.0 += u32::try_from(count).expect("a case has fewer than 2³² numbers");
        start
    }
}

fn places(mesh: &Mesh, n: usize) -> SpeciesInfo {
    let layout = &mesh.layout;
    let (nr, np, jm, nz) = layout.sizes();
    let (cells, walls) = (layout.cells(), layout.wall_cells());
    let mut t = Places(0);
    let mut v = Places(0);
    let mut info = SpeciesInfo {
        across: layout.across,
        pore_across: layout.pore_across,
        mouth_row: layout.mouth_row,
        rows: layout.rows,
        cells: cells as u32,
        walls: walls as u32,
        parameters: t.take(parameter::COUNT),
        mobility: t.take(n),
        feedstock: t.take(n),
        radii: t.take(nr + 1),
        lines: t.take(jm + 1),
        shares: t.take(nz - jm + 1),
        height_start: t.take(np),
        height_end: t.take(np),
        volume_start: t.take(cells + walls),
        volume_end: t.take(cells + walls),
        axial: t.take(layout.axial_row(nz + 1).start),
        radial: t.take(layout.radial_row(nz).start),
        exchange: t.take(walls),
        flux: t.take(walls + 1),
        swept: t.take(walls + 1),
        deposit: t.take(np),
        resistance: t.take(walls + 1),
        resistance_by_contact: t.take(walls + 1),
        fractions: v.take(n * (cells + walls)),
        age: v.take(cells),
        inflow: v.take(n),
        deposited: v.take(n),
        tip: v.take(n),
        ..Default::default()
    };
    info.tables = t.0;
    info.results = v.0;
    info.double = v.take(n * cells);
    info.double_age = v.take(cells);
    info.radial_changes = v.take((n + 1) * cells);
    info.axial_changes = v.take((n + 1) * cells);
    info.work = v.take(cells + walls);
    info.faces = v.take(4 * (walls + 1));
    info.line = v.take(n * walls);
    info.next = v.take(n * walls);
    info.right = v.take(n * walls);
    info.kept = v.take(walls);
    info.from_below = v.take(n * walls);
    info.from_above = v.take(n * walls);
    info.ratio = v.take(n);
    info.front = v.take(n);
    info.passed = v.take(n);
    info.given = v.take(1);
    info.lacking = v.take(n * nr);
    info.taken = v.take(n * nr);
    info.vectors = v.0;
    info
}

fn job(task: &Task, info: &SpeciesInfo) -> SpeciesJob {
    let Task {
        mesh,
        alloy,
        state,
        transport,
        moves,
        extent,
    } = *task;
    let mut tables = vec![0.0; info.tables as usize];
    let mut put = |at: u32, values: &[f64]| {
        tables[at as usize..][..values.len()].copy_from_slice(values);
    };
    let elements = alloy.elements();
    let conduct = mesh.thickness * transport.layer;
    let mut numbers = [0.0; parameter::COUNT];
    numbers[parameter::THICKNESS] = mesh.thickness;
    numbers[parameter::BULK] = transport.bulk * elements[0].bulk_ratio;
    numbers[parameter::EXCHANGE] = transport.exchange;
    if let Some(law) = alloy.crystallisation {
        numbers[parameter::AGEING] =
            std::f64::consts::LN_2.powf(1.0 / law.exponent) * transport.ageing;
        numbers[parameter::PER_SQUARED_WIDTH] = 1.0 / (law.width * law.width);
    }
    numbers[parameter::CONTACT_START] = state.extent.contact;
    numbers[parameter::CONTACT_END] = extent.contact;
    numbers[parameter::FEEDSTOCK_AGE] = state.feedstock_age;
    put(info.parameters, &numbers);
    let mobility: Vec<f64> = elements.iter().map(|e| conduct * e.layer_ratio).collect();
    put(info.mobility, &mobility);
    put(info.feedstock, &alloy.feedstock);
    put(info.radii, &mesh.r);
    put(info.lines, &mesh.z);
    put(info.shares, &mesh.share);
    put(info.height_start, &state.extent.heights);
    put(info.height_end, &extent.heights);
    put(info.volume_start, &mesh.volumes(&state.extent));
    put(info.volume_end, &mesh.volumes(extent));
    put(info.axial, &moves.axial);
    put(info.radial, &moves.radial);
    put(info.exchange, &moves.exchange);
    put(info.flux, &moves.flux);
    put(info.swept, &moves.swept);
    put(info.deposit, &moves.deposit);
    // ℓ is linear in the height of the contact line.
    let length = |contact: f64| -> Vec<f64> {
        let at = Extent {
            contact,
            ..extent.clone()
        };
        mesh.nearness(&at).iter().map(|n| 1.0 / n).collect()
    };
    let (one, two) = (length(1.0), length(2.0));
    let pairs = || one.iter().zip(&two).skip(1);
    let mut fixed = vec![0.0];
    fixed.extend(pairs().map(|(a, b)| 2.0 * a - b));
    let mut slope = vec![0.0];
    slope.extend(pairs().map(|(a, b)| b - a));
    put(info.resistance, &fixed);
    put(info.resistance_by_contact, &slope);

    let mut vectors = state.fractions.clone();
    vectors.extend_from_slice(&state.age);
    // Inflow and deposit of this step, and the tip.
    vectors.resize(info.results as usize, 0.0);
    SpeciesJob {
        tables,
        vectors,
        case: SpeciesCase {
            parts: parts(task) as u32,
            held: u32::from(transport.feedstock_held),
            ..Default::default()
        },
    }
}

fn unpack(task: &Task, job: &SpeciesJob, info: &SpeciesInfo) -> Option<State> {
    if job.case.failed != 0 {
        return None;
    }
    let (state, alloy) = (task.state, task.alloy);
    let n = alloy.len();
    let part = |at: u32, count: usize| job.vectors[at as usize..][..count].to_vec();
    let add = |sums: &[f64], more: Vec<f64>| -> Vec<f64> {
        sums.iter().zip(more).map(|(a, b)| a + b).collect()
    };
    let mut inflow = add(&state.inflow, part(info.inflow, n));
    if !task.transport.feedstock_held {
        let came = task.moves.inflow(task.mesh);
        let amounts = alloy.feedstock.iter().map(|c| came * c).collect();
        inflow = add(&inflow, amounts);
    }
    let gain = alloy.crystallisation.map_or(0.0, |law| {
        std::f64::consts::LN_2.powf(1.0 / law.exponent) * task.transport.ageing
    });
    Some(State {
        extent: task.extent.clone(),
        fractions: part(info.fractions, state.fractions.len()),
        age: part(info.age, state.age.len()),
        feedstock_age: state.feedstock_age + gain,
        tip: part(info.tip, n),
        inflow,
        deposited: add(&state.deposited, part(info.deposited, n)),
        parts: job.case.parts as usize,
    })
}
