//! From a batch to the host.

use super::{Batch, Vector};
use crate::backend::gpu::device::Part;
use crate::backend::gpu::error::GpuError;
use crate::backend::gpu::source::{OuterReal, slot};
use crate::backend::gpu::structs::CaseStatus;
use crate::kernels::flow::boxes::{BULK, WALL};

impl Batch {
    /// Reads a vector of a level. Waits.
    ///
    /// # Errors
    /// What the device reports.
    pub fn get(&self, place: usize, level: usize, vector: Vector) -> Result<Vec<f32>, GpuError> {
        let (start, bytes) = self.vector_place(place, level, vector);
        let data = self
            .gpu
            .read(&[(&self.buffers[slot::VECTORS], start, bytes)])?;
        Ok(bytemuck::pod_collect_to_vec(&data[0]))
    }

    /// Reads one vector of the finest level of several cases. Waits.
    ///
    /// # Errors
    /// What the device reports.
    pub fn get_finest(&self, places: &[usize], vector: Vector) -> Result<Vec<Vec<f32>>, GpuError> {
        let parts: Vec<Part> = places
            .iter()
            .map(|&place| {
                let (start, bytes) = self.vector_place(place, 0, vector);
                (&self.buffers[slot::VECTORS], start, bytes)
            })
            .collect();
        let data = self.gpu.read(&parts)?;
        Ok(data
            .iter()
            .map(|bytes| bytemuck::pod_collect_to_vec(bytes))
            .collect())
    }

    /// Reads the inverted boxes of a level: bulk `[class][entry][column]`, then wall `[entry][wall cell]`. Waits.
    ///
    /// # Errors
    /// What the device reports.
    pub fn get_boxes(&self, place: usize, level: usize) -> Result<[Vec<f32>; 2], GpuError> {
        let info = &self.packing.levels[level];
        let base = place as u64 * u64::from(self.packing.batch.boxes);
        let part = |start: u32, count: u64| {
            (
                &self.buffers[slot::BOXES],
                4 * (base + u64::from(start)),
                4 * count,
            )
        };
        let bulk = u64::from(info.classes) * u64::from(info.across) * BULK as u64;
        let wall = u64::from(info.wall_cells) * WALL as u64;
        let data = self
            .gpu
            .read(&[part(info.bulk_boxes, bulk), part(info.wall_boxes, wall)])?;
        Ok([0, 1].map(|k| bytemuck::pod_collect_to_vec(&data[k])))
    }

    /// Reads the states in outer precision and the right-hand sides of their correction equations (the residuals of these
    /// states), as doubles. Waits.
    ///
    /// # Errors
    /// What the device reports.
    ///
    /// # Panics
    /// If the host keeps the outer problem.
    #[expect(
        clippy::expect_used,
        reason = "the caller knows who keeps the outer problem"
    )]
    pub fn outer_states(&self, places: &[usize]) -> Result<Vec<[Vec<f64>; 2]>, GpuError> {
        let real = self
            .gpu
            .outer()
            .expect("the device keeps the outer problem");
        let length = u64::from(self.packing.levels[0].length);
        let stride = u64::from(self.packing.batch.outer_vectors);
        let mut parts = Vec::new();
        for &place in places {
            let (start, bytes) = self.vector_place(place, 0, Vector::Rhs);
            parts.push((
                &self.buffers[slot::OUTER_VECTORS],
                real.bytes() * stride * place as u64,
                real.bytes() * length,
            ));
            parts.push((&self.buffers[slot::VECTORS], start, bytes));
        }
        let widen = |bytes: &[u8]| -> Vec<f64> {
            bytemuck::pod_collect_to_vec::<u8, f32>(bytes)
                .into_iter()
                .map(f64::from)
                .collect()
        };
        let data = self.gpu.read(&parts)?;
        Ok(data
            .chunks_exact(2)
            .map(|pair| {
                let state = match real {
                    OuterReal::F64 => bytemuck::pod_collect_to_vec(&pair[0]),
                    OuterReal::F32 => widen(&pair[0]),
                };
                [state, widen(&pair[1])]
            })
            .collect())
    }

    /// Reads the status of all cases. Waits.
    ///
    /// # Errors
    /// What the device reports.
    pub fn status(&self) -> Result<Vec<CaseStatus>, GpuError> {
        let data = self.gpu.read(&[self.status_part()])?;
        Ok(bytemuck::pod_collect_to_vec(&data[0]))
    }

    pub(super) fn status_part(&self) -> Part<'_> {
        let bytes = (self.cases * size_of::<CaseStatus>()) as u64;
        (&self.buffers[slot::STATUS], 0, bytes)
    }
}
