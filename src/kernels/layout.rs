//! Where each unknown of a multigrid level lives in its flat arrays.
//!
//! A level covers the reservoir rows `0..mouth_row` with `across` cells each and the pore rows
//! `mouth_row..rows` with `pore_across` cells each; rows are stored one after the other, radius fastest:
//!
//! ```text
//!            0        pore_across          across
//!   rows     +------------+
//!            |    pore    |  <- pore wall (layer)
//! mouth_row  +------------+===================+  <- mold face (layer)
//!            |            reservoir           |
//!   0        +--------------------------------+
//! ```
//!
//! One vector holds the segments radial velocity (on r-faces), axial velocity (on z-faces), pressure (in cells) and
//! normal stress of the layer (one per wall cell, from the cell radius along the mold face to the mouth, then along
//! the pore wall to the tip).

use std::ops::Range;

/// Index arithmetic of one level; plain data that a shader can be handed unchanged.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, bytemuck::Pod, bytemuck::Zeroable)]
pub struct Layout {
    /// Cells across the reservoir.
    pub across: u32,
    /// Cells across the pore.
    pub pore_across: u32,
    /// Rows of cells below the mouth, i.e. the row index of the mold face.
    pub mouth_row: u32,
    /// Rows of cells altogether.
    pub rows: u32,
    /// Index of this level's first radial and axial cell in the grid it refines; `[0, 0]` for a level that covers
    /// the whole domain, something else for a patch around the mouth corner or the contact line.
    pub origin: [u32; 2],
}

/// What a wall cell lies on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wall {
    /// On the mold face, above this column of the row below the mouth.
    Face(usize),
    /// On the pore wall, beside this row.
    Pore(usize),
}

impl Layout {
    /// Cells across row `j` of cells.
    #[inline(always)]
    pub fn width(&self, j: usize) -> usize {
        (if j < self.mouth_row as usize {
            self.across
        } else {
            self.pore_across
        }) as usize
    }

    /// Cells across the reservoir, across the pore, rows to the mouth, all rows.
    #[inline(always)]
    pub fn sizes(&self) -> (usize, usize, usize, usize) {
        (
            self.across as usize,
            self.pore_across as usize,
            self.mouth_row as usize,
            self.rows as usize,
        )
    }

    /// Start of row `j` where rows up to and including `last_wide` have `wide` entries and later ones `narrow`.
    #[inline(always)]
    fn start(j: usize, wide_rows: usize, wide: usize, narrow: usize) -> usize {
        if j <= wide_rows {
            j * wide
        } else {
            wide_rows * wide + (j - wide_rows) * narrow
        }
    }

    /// Entries of the radial velocity in row `j` of cells, relative to its segment: faces `0..=width`.
    #[inline(always)]
    pub fn radial_row(&self, j: usize) -> Range<usize> {
        let (nr, np, jm, _) = self.sizes();
        Self::start(j, jm, nr + 1, np + 1)..Self::start(j + 1, jm, nr + 1, np + 1)
    }

    /// Entries of the axial velocity on face row `j` (the lower faces of cell row `j`), relative to its segment.
    /// Face row `mouth_row` spans the mouth and the mold face.
    #[inline(always)]
    pub fn axial_row(&self, j: usize) -> Range<usize> {
        let (nr, np, jm, _) = self.sizes();
        Self::start(j, jm + 1, nr, np)..Self::start(j + 1, jm + 1, nr, np)
    }

    /// Entries of a cell field in row `j`, relative to its segment.
    #[inline(always)]
    pub fn cell_row(&self, j: usize) -> Range<usize> {
        let (nr, np, jm, _) = self.sizes();
        Self::start(j, jm, nr, np)..Self::start(j + 1, jm, nr, np)
    }

    /// Entries of a node field in node row `j`, nodes `0..=width` of the wider neighbour.
    #[inline(always)]
    pub fn node_row(&self, j: usize) -> Range<usize> {
        let (nr, np, jm, _) = self.sizes();
        Self::start(j, jm + 1, nr + 1, np + 1)..Self::start(j + 1, jm + 1, nr + 1, np + 1)
    }

    /// Wall cells owned by cell row `j`: the whole mold face belongs to the row below the mouth.
    #[inline(always)]
    pub fn wall_row(&self, j: usize) -> Range<usize> {
        let (nr, np, jm, _) = self.sizes();
        let start = |j: usize| if j < jm { 0 } else { nr - np + j - jm };
        start(j)..start(j + 1)
    }

    /// Wall cells on the mold face; those on the pore wall follow them.
    #[inline(always)]
    pub fn face_cells(&self) -> usize {
        (self.across - self.pore_across) as usize
    }

    /// Where wall cell `k` lies.
    #[inline(always)]
    pub fn wall(&self, k: usize) -> Wall {
        let (nr, _, jm, _) = self.sizes();
        let face = self.face_cells();
        if k < face {
            Wall::Face(nr - 1 - k)
        } else {
            Wall::Pore(jm + k - face)
        }
    }

    /// Number of the wall cell that lies there.
    #[inline(always)]
    pub fn wall_cell(&self, wall: Wall) -> usize {
        let (nr, _, jm, _) = self.sizes();
        match wall {
            Wall::Face(i) => nr - 1 - i,
            Wall::Pore(j) => self.face_cells() + j - jm,
        }
    }

    /// Column and row of the bulk's cell beside wall cell `k`.
    #[inline(always)]
    pub fn beside(&self, k: usize) -> [usize; 2] {
        let (_, np, jm, _) = self.sizes();
        match self.wall(k) {
            Wall::Face(i) => [i, jm - 1],
            Wall::Pore(j) => [np - 1, j],
        }
    }

    /// Wall cell beside bulk cell `(i, j)`, if there is one.
    #[inline(always)]
    pub fn wall_of(&self, i: usize, j: usize) -> Option<usize> {
        let (_, np, jm, _) = self.sizes();
        if j >= jm {
            (i + 1 == np).then(|| self.wall_cell(Wall::Pore(j)))
        } else {
            (j + 1 == jm && i >= np).then(|| self.wall_cell(Wall::Face(i)))
        }
    }

    /// Column and row of the bulk's cell `index`.
    pub fn cell_of(&self, index: usize) -> [usize; 2] {
        let rows = 0..self.rows as usize;
        let row = rows.rev().find(|&j| self.cell_row(j).start <= index);
        let j = row.unwrap_or(0);
        [index - self.cell_row(j).start, j]
    }

    /// Number of cells.
    pub fn cells(&self) -> usize {
        self.cell_row(self.rows as usize).start
    }

    /// Number of nodes.
    pub fn nodes(&self) -> usize {
        self.node_row(self.rows as usize + 1).start
    }

    /// Number of wall cells.
    pub fn wall_cells(&self) -> usize {
        self.face_cells() + (self.rows - self.mouth_row) as usize
    }

    /// The segments of a vector: radial velocity, axial velocity, pressure, layer stress.
    pub fn segments(&self) -> [Range<usize>; 4] {
        let nz = self.rows as usize;
        let radial = self.radial_row(nz).start;
        let axial = radial + self.axial_row(nz + 1).start;
        let pressure = axial + self.cells();
        [
            0..radial,
            radial..axial,
            axial..pressure,
            pressure..pressure + self.wall_cells(),
        ]
    }

    /// Length of a vector of all unknowns, masked ones (axis, cell radius) included.
    pub fn len(&self) -> usize {
        self.segments()[3].end
    }

    /// True if the level has no unknowns, which no level has.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The four segments of one vector.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'a, T> {
    /// Radial velocity on r-faces.
    pub radial: &'a [T],
    /// Axial velocity on z-faces.
    pub axial: &'a [T],
    /// Pressure in cells.
    pub pressure: &'a [T],
    /// Normal stress on the layer in wall cells.
    pub layer: &'a [T],
}

impl<'a, T> Fields<'a, T> {
    /// Splits `vector` (length [`Layout::len`]) into its segments.
    pub fn of(layout: &Layout, vector: &'a [T]) -> Self {
        let [u, w, p, l] = layout.segments();
        Fields {
            radial: &vector[u],
            axial: &vector[w],
            pressure: &vector[p],
            layer: &vector[l],
        }
    }
}

impl<T: Copy> Fields<'_, T> {
    /// Velocity from the bulk into the layer at wall cell `k`.
    #[inline(always)]
    pub fn outward(&self, layout: &Layout, k: usize) -> T {
        let (_, np, jm, _) = layout.sizes();
        match layout.wall(k) {
            Wall::Face(i) => self.axial[layout.axial_row(jm).start + i],
            Wall::Pore(j) => self.radial[layout.radial_row(j).start + np],
        }
    }
}

/// The entries that a block of consecutive cell rows owns: what one task writes.
#[derive(Debug)]
pub struct RowBlock<'a, T> {
    /// First cell row of the block and the row after its last.
    pub rows: Range<usize>,
    /// Radial velocity of these rows.
    pub radial: &'a mut [T],
    /// Axial velocity on the lower faces of these rows (the last block also owns the front's faces).
    pub axial: &'a mut [T],
    /// Pressure of these rows.
    pub pressure: &'a mut [T],
    /// Layer stress of the wall cells owned by these rows.
    pub layer: &'a mut [T],
}

impl<T> RowBlock<'_, T> {
    /// Start of the block in each segment.
    pub fn offsets(&self, layout: &Layout) -> [usize; 4] {
        let j = self.rows.start;
        [
            layout.radial_row(j).start,
            layout.axial_row(j).start,
            layout.cell_row(j).start,
            layout.wall_row(j).start,
        ]
    }
}

/// Splits `vector` into blocks of cell rows that start at the given rows (the first must be 0).
pub fn split_rows<'a, T>(
    layout: &Layout,
    vector: &'a mut [T],
    starts: &[usize],
) -> Vec<RowBlock<'a, T>> {
    let nz = layout.rows as usize;
    let [u, w, p, _] = layout.segments();
    let (mut radial, rest) = vector.split_at_mut(u.len());
    let (mut axial, rest) = rest.split_at_mut(w.len());
    let (mut pressure, mut layer) = rest.split_at_mut(p.len());
    let mut blocks = Vec::with_capacity(starts.len());
    for (k, &first) in starts.iter().enumerate() {
        let last = starts.get(k + 1).copied().unwrap_or(nz);
        let face_end = if last == nz { nz + 1 } else { last };
        let take = |slice: &mut &'a mut [T], n: usize| {
            let (head, tail) = std::mem::take(slice).split_at_mut(n);
            *slice = tail;
            head
        };
        blocks.push(RowBlock {
            rows: first..last,
            radial: take(
                &mut radial,
                layout.radial_row(last).start - layout.radial_row(first).start,
            ),
            axial: take(
                &mut axial,
                layout.axial_row(face_end).start - layout.axial_row(first).start,
            ),
            pressure: take(
                &mut pressure,
                layout.cell_row(last).start - layout.cell_row(first).start,
            ),
            layer: take(
                &mut layer,
                layout.wall_row(last).start - layout.wall_row(first).start,
            ),
        });
    }
    blocks
}
