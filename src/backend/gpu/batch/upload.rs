//! From the host to a batch: cases, vectors, right-hand sides, status.

use super::{Batch, Vector};
use crate::backend::CpuBackend;
use crate::backend::gpu::error::GpuError;
use crate::backend::gpu::source::{OuterReal, slot};
use crate::backend::gpu::structs::CaseStatus;
use rayon::prelude::*;

/// A case on its way to the device: what goes into which buffer, as many bytes as a case has there.
type Packed = Vec<(usize, Vec<u8>)>;

/// Bytes of uploads that may wait for a submission: they stand twice in memory until then.
const MOST_STAGED: u64 = 64 << 20;

impl Batch {
    /// Fills every buffer that shaders write with NaN: whatever is read before it is written shows.
    pub fn poison(&self) {
        for number in [slot::BOXES, slot::VECTORS, slot::OUTER_VECTORS] {
            let buffer = &self.buffers[number];
            // All bits set are a NaN in both precisions.
            let block = vec![0xff_u8; buffer.size() as usize];
            self.gpu.queue.write_buffer(buffer, 0, &block);
        }
    }

    /// Uploads tables, factors and, where the device keeps it, the outer problem of a case.
    ///
    /// # Panics
    /// If the case does not fit ([`Batch::takes`]) or there is no such place.
    pub fn upload(&self, place: usize, case: &CpuBackend<f64>) {
        self.send(place, &[self.pack(case)]);
    }

    /// Uploads cases into consecutive places from the first on ([`Batch::upload`]).
    ///
    /// # Errors
    /// What the device reports.
    pub fn upload_all<'a>(
        &self,
        cases: impl IntoIterator<Item = &'a CpuBackend<f64>>,
    ) -> Result<(), GpuError> {
        let cases: Vec<&CpuBackend<f64>> = cases.into_iter().collect();
        let each = self.packing.uploaded(self.outer_bytes());
        let at_once = (MOST_STAGED / each).max(1) as usize;
        for (number, some) in cases.chunks(at_once).enumerate() {
            if number > 0 {
                self.gpu.wait()?;
            }
            // Packing rounds every number of a case: work for all cores.
            let packed: Vec<Packed> = some.par_iter().map(|case| self.pack(case)).collect();
            self.send(number * at_once, &packed);
        }
        Ok(())
    }

    /// Bytes of a number of the outer problem, 0 where the host keeps it.
    fn outer_bytes(&self) -> u64 {
        self.gpu.outer().map_or(0, OuterReal::bytes)
    }

    /// The numbers of a case as they lie on the device.
    fn pack(&self, case: &CpuBackend<f64>) -> Packed {
        assert!(self.takes(case), "the case fits");
        let (packing, finest) = (&self.packing, &case.levels[0]);
        let bytes = |numbers: &[f32]| bytemuck::cast_slice(numbers).to_vec();
        let mut packed = vec![
            (slot::TABLES, bytes(&packing.tables(&case.levels))),
            (slot::COARSE, bytes(&packing.coarse(&case.coarse))),
        ];
        if let Some(real) = self.gpu.outer() {
            let mut vectors = [finest.state[0].as_slice(), finest.rhs.as_slice()].concat();
            vectors.resize(packing.batch.outer_vectors as usize, 0.0);
            for (slot, numbers) in [
                (slot::OUTER_TABLES, packing.outer_tables(&finest.tables)),
                (slot::OUTER_VECTORS, vectors),
            ] {
                packed.push(match real {
                    OuterReal::F64 => (slot, bytemuck::cast_slice(&numbers).to_vec()),
                    OuterReal::F32 => (slot, bytes(&round(&numbers))),
                });
            }
        }
        packed
    }

    /// Sends cases to consecutive places: one transfer per buffer, each costs an allocation.
    fn send(&self, first: usize, cases: &[Packed]) {
        assert!(first + cases.len() <= self.cases, "there are such places");
        let Some(like) = cases.first() else { return };
        for (part, (slot, bytes)) in like.iter().enumerate() {
            let stride = bytes.len();
            let (start, all) = ((first * stride) as u64, (cases.len() * stride) as u64);
            let Some(all) = wgpu::BufferSize::new(all) else {
                continue;
            };
            let buffer = &self.buffers[*slot];
            // Without a view the device has reported why.
            let Some(mut view) = self.gpu.queue.write_buffer_with(buffer, start, all) else {
                continue;
            };
            for (place, case) in cases.iter().enumerate() {
                let place = place * stride..(place + 1) * stride;
                view.slice(place).copy_from_slice(&case[part].1);
            }
        }
    }

    /// Writes a vector of a level.
    ///
    /// # Panics
    /// If its length is not the level's.
    pub fn set(&self, place: usize, level: usize, vector: Vector, values: &[f32]) {
        let (start, bytes) = self.vector_place(place, level, vector);
        assert_eq!(
            4 * values.len() as u64,
            bytes,
            "the vector is one of this level"
        );
        self.write(slot::VECTORS, start, values);
    }

    /// Makes these the right-hand sides of the finest level of their cases, whose states start from rest, at the beginning of the
    /// next submission: one upload for all of them.
    ///
    /// # Panics
    /// If a length is not the level's.
    pub fn start_corrections(&mut self, defects: &[(usize, &[f64])]) {
        let bytes = 4 * u64::from(self.packing.levels[0].length);
        let Some(size) = wgpu::BufferSize::new(bytes * defects.len() as u64) else {
            return;
        };
        let staging = self.gpu.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("defects"),
            size: size.get(),
            usage: wgpu::BufferUsages::COPY_SRC | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        // Without a view the device has reported why, and the submission says so.
        if let Some(mut view) = self.gpu.queue.write_buffer_with(&staging, 0, size) {
            for (k, (_, defect)) in defects.iter().enumerate() {
                let rounded = round(defect);
                let place = k * bytes as usize..(k + 1) * bytes as usize;
                view.slice(place)
                    .copy_from_slice(bytemuck::cast_slice(&rounded));
            }
        }
        let places = defects.iter().map(|&(place, _)| place).collect();
        self.corrections = Some((staging, places));
    }

    /// Writes the status of all cases.
    ///
    /// # Panics
    /// If there is not one per case.
    pub fn set_status(&self, status: &[CaseStatus]) {
        assert_eq!(status.len(), self.cases);
        self.write(slot::STATUS, 0, status);
    }
}

fn round(values: &[f64]) -> Vec<f32> {
    values.iter().map(|&v| v as f32).collect()
}
