//! Steps that are packed and unpacked apart from the device: by the threads of many runs that share it.

use super::{GpuSpecies, job, places, unpack};
use crate::backend::gpu::GpuError;
use crate::backend::gpu::species::SpeciesJob;
use crate::backend::gpu::structs::SpeciesInfo;
use crate::backend::gpu::table::SpeciesKernel;
use crate::species::{State, Task};

/// A step as it lies on the device: packed by whoever wants it, made together with others, unpacked by whoever wanted it.
#[derive(Clone, Debug)]
pub struct PackedStep {
    elements: usize,
    info: SpeciesInfo,
    job: SpeciesJob,
}

impl PackedStep {
    /// Packs a task.
    ///
    /// # Panics
    /// If the device does not take it ([`GpuSpecies::takes`]).
    pub fn new(task: &Task) -> Self {
        assert!(GpuSpecies::takes(task), "the device takes the step");
        let elements = task.alloy.len();
        let info = places(task.mesh, elements);
        PackedStep {
            elements,
            job: job(task, &info),
            info,
        }
    }

    /// True if both can be made in one batch: equal meshes, as many elements.
    pub fn is_like(&self, other: &PackedStep) -> bool {
        self.elements == other.elements && self.info == other.info
    }

    /// Cells of the mesh.
    pub fn cells(&self) -> usize {
        self.info.cells as usize
    }

    /// The state after the step of the task that was packed; `None` if its layer did not settle, which the host makes in shorter
    /// parts.
    pub fn state(&self, task: &Task) -> Option<State> {
        unpack(task, &self.job, &self.info)
    }
}

impl GpuSpecies {
    /// Makes steps that are alike, as many at once as there is room for on the device.
    ///
    /// # Errors
    /// What the device reports; the steps are then no longer of use.
    ///
    /// # Panics
    /// If they are not alike.
    pub fn step_packed(&mut self, steps: &mut [PackedStep]) -> Result<(), GpuError> {
        let Some(PackedStep { elements, info, .. }) = steps.first() else {
            return Ok(());
        };
        let (elements, info) = (*elements, *info);
        let bytes = [info.tables, info.vectors].map(|n| self.real.bytes() * u64::from(n));
        let by_binding = self.gpu.largest_binding() / bytes[0].max(bytes[1]);
        let room = by_binding.min(self.gpu.memory() / (bytes[0] + bytes[1]));
        let program = self.program(elements)?;
        for some in steps.chunks_mut(room.max(1) as usize) {
            let alike = some
                .iter()
                .all(|s| s.elements == elements && s.info == info);
            assert!(alike, "a batch has one mesh");
            let jobs: Vec<SpeciesJob> = some
                .iter_mut()
                .map(|step| std::mem::take(&mut step.job))
                .collect();
            let done = program.run(&info, &jobs, SpeciesKernel::ALL)?;
            for (step, job) in some.iter_mut().zip(done) {
                step.job = job;
            }
        }
        Ok(())
    }
}
