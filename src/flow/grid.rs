//! The tensor-product grid of reservoir and pore and its coarsening.

use crate::mesh::{MeshSpec, WallProfile};
use crate::saved::{Saved, SavedError};

/// Grid lines of one multigrid level, in pore radii. Lines coincide with the pore wall (r = 1) and the mold face
/// (z = 0).
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    /// Radii of the r-faces, from the axis to the cell radius.
    pub r: Vec<f64>,
    /// Heights of the z-faces, from the inlet (−depth) to the front, or beyond a free front.
    pub z: Vec<f64>,
    /// Cells across the pore: `r[pore_across]` = 1.
    pub pore_across: usize,
    /// Rows below the mouth: `z[mouth_row]` = 0.
    pub mouth_row: usize,
    /// Rows below the contact line; all rows where the front is flat.
    pub contact_row: usize,
    /// Radius of the pore along z: where it is not 1, r counts in units of it (`flow::mapped`).
    pub wall: WallProfile,
}

/// Cells of the widths h·g^k ≤ `longest`·h, k = 0, 1, …, whose number is a multiple of `multiple` where there are
/// enough of them and whose growth g ≤ `growth` is chosen so that they fill `length` exactly.
fn graded(length: f64, h: f64, growth: f64, longest: f64) -> Vec<f64> {
    let widths = |n: usize, g: f64| -> Vec<f64> {
        (0..n).map(|k| h * g.powi(k as i32).min(longest)).collect()
    };
    let total = |n: usize, g: f64| widths(n, g).iter().sum::<f64>();
    let mut n = 1;
    while total(n, growth) < length * (1.0 - 1e-12) {
        n += 1;
    }
    // Round the number of cells up: more cells only means slower growth.
    n = n.next_multiple_of(granularity(n));
    if total(n, 1.0) >= length {
        return vec![length / n as f64; n];
    }
    let (mut low, mut high) = (1.0, growth);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if total(n, middle) < length {
            low = middle
        } else {
            high = middle
        }
    }
    let found = widths(n, high);
    let scale = length / found.iter().sum::<f64>();
    found.into_iter().map(|w| w * scale).collect()
}

/// Cell counts are multiples of this power of two, so that every level but the coarsest few halves them evenly while
/// rounding changes a count by a few per cent at most.
fn granularity(n: usize) -> usize {
    let mut g = 2;
    while g * 16 <= n && g < 128 {
        g *= 2;
    }
    g
}

/// Rows between the highest point of a free front and the end of the grid, at least.
const ROOM: usize = 2;

/// Rows beyond the contact line come in multiples of this, so that their number seldom changes and halves evenly.
const BEYOND_MULTIPLE: usize = 8;

impl Grid {
    /// The finest grid for a pore filled to `length` (in pore radii).
    pub fn new(mesh: &MeshSpec, length: f64) -> Grid {
        let h = 1.0 / mesh.cells_per_radius as f64;
        let mouth = mesh.wall.mouth();
        let wetted = length - mouth;
        let g = granularity((wetted / h).round() as usize);
        let rows = ((wetted / h / g as f64).round() as usize).max(1) * g;
        let pore = (1..=rows).map(|k| mouth + wetted * k as f64 / rows as f64);
        Grid::with_pore(mesh, pore.collect(), rows)
    }

    /// The finest grid for a pore wetted up to `contact` whose free front reaches up to `top` (in pore radii).
    ///
    /// The contact line lies on a grid line, whose rows below are stretched as in [`Grid::new`]; rows of the same
    /// height go on beyond it until there is room above the front. Close to the mouth, where less than half a cell is
    /// wetted, the contact line counts as pinned to the mouth.
    pub fn with_front(mesh: &MeshSpec, contact: f64, top: f64) -> Grid {
        let h = 1.0 / mesh.cells_per_radius as f64;
        let mouth = mesh.wall.mouth();
        let depth = contact - mouth;
        let cells = (depth / h).round() as usize;
        let g = match cells {
            // Too few to be rounded without squeezing them.
            0..16 => 1,
            _ => granularity(cells),
        };
        let wetted = (depth / h / g as f64).round() as usize * g;
        let height = if wetted > 0 { depth / wetted as f64 } else { h };
        let beyond = ((top - contact).max(0.0) / height).ceil() as usize + ROOM;
        let rows = wetted + beyond.next_multiple_of(BEYOND_MULTIPLE);
        let pore = (1..=rows).map(|k| {
            if k == wetted {
                contact
            } else {
                mouth + height * k as f64
            }
        });
        Grid::with_pore(mesh, pore.collect(), wetted)
    }

    /// The reservoir of `mesh` and a pore with these z-faces beyond the mouth, the first `wetted` rows of it below the
    /// contact line.
    fn with_pore(mesh: &MeshSpec, pore: Vec<f64>, wetted: usize) -> Grid {
        let n = mesh.cells_per_radius;
        let h = 1.0 / n as f64;
        // In units of the mouth's radius, like all radii.
        let cell_radius = mesh.cell_radius / mesh.wall.mouth_radius();
        let mut r: Vec<f64> = (0..=n).map(|i| i as f64 / n as f64).collect();
        for width in graded(cell_radius - 1.0, h, mesh.growth, mesh.longest_cell) {
            r.push(r[r.len() - 1] + width);
        }
        *r.last_mut().expect("the reservoir has cells") = cell_radius;

        let mouth = mesh.wall.mouth();
        let mut z = vec![mouth];
        for width in graded(
            mesh.reservoir_depth + mouth,
            h,
            mesh.growth,
            mesh.longest_cell,
        ) {
            z.push(z[z.len() - 1] - width);
        }
        *z.last_mut().expect("the reservoir has rows") = -mesh.reservoir_depth;
        z.reverse();
        let mouth_row = z.len() - 1;
        z.extend(pore);
        Grid {
            r,
            z,
            pore_across: n,
            mouth_row,
            contact_row: mouth_row + wetted,
            wall: mesh.wall.clone(),
        }
    }

    /// Keeps the grid under the name `at`.
    pub(crate) fn save(&self, to: &mut Saved, at: &str) {
        to.put(format!("{at}/r"), self.r.clone());
        to.put(format!("{at}/z"), self.z.clone());
        let counts = [self.pore_across, self.mouth_row, self.contact_row];
        to.put_value(format!("{at}/counts"), &counts);
        if !self.wall.is_straight() {
            to.put_value(format!("{at}/wall"), &self.wall);
        }
    }

    /// Puts together what [`Grid::save`] kept.
    ///
    /// # Errors
    /// [`SavedError`].
    pub(crate) fn restore(from: &Saved, at: &str) -> Result<Self, SavedError> {
        let counts = format!("{at}/counts");
        let [pore_across, mouth_row, contact_row] = from.value::<[usize; 3]>(&counts)?;
        let wall = format!("{at}/wall");
        let wall = match from.has(&wall) {
            true => from.value(&wall)?,
            false => WallProfile::Straight,
        };
        let grid = Grid {
            wall,
            r: from.array(&format!("{at}/r"))?.to_vec(),
            z: from.array(&format!("{at}/z"))?.to_vec(),
            pore_across,
            mouth_row,
            contact_row,
        };
        let fits = pore_across < grid.r.len() && mouth_row <= contact_row;
        if fits && contact_row < grid.z.len() {
            Ok(grid)
        } else {
            Err(SavedError::new(&counts, "does not fit the grid's lines"))
        }
    }

    /// Radius of the pore and its slope in row `j`; those of the mouth and 0 in the reservoir.
    pub fn row(&self, j: usize) -> [f64; 2] {
        self.wall.row(self.z[j], self.z[j + 1])
    }

    /// The same on line `j`.
    pub fn line(&self, j: usize) -> [f64; 2] {
        let z = self.z[j];
        let fillet = self.wall.fillet();
        let is_rounded = |row: usize| fillet > 0.0 && self.z[row] < fillet;
        if j < self.mouth_row || j == self.rows() || !is_rounded(j.max(1) - 1) {
            return self.wall.at(z);
        }
        // In a rounded edge between the chords of the rows on both sides; half of the first one's at the mouth.
        let [below, above] = [j.max(1) - 1, j].map(|row| self.row(row)[1]);
        [self.wall.radius(z), 0.5 * (below + above)]
    }

    /// How far the mold's face lies above the mouth in ring `i`, and the slope dz/dr of its chord there: with a rounded edge the reservoir's lines fall with it,
    /// near the mouth.
    pub fn ring(&self, i: usize) -> [f64; 2] {
        let scale = self.wall.mouth_radius();
        let [inner, outer] = [self.r[i], self.r[i + 1]].map(|r| scale * r);
        if i < self.pore_across {
            return [0.0; 2];
        }
        let [low, high] = [inner, outer].map(|r| self.wall.face(r));
        [0.5 * (low + high), (high - low) / (outer - inner)]
    }

    /// Cells across the reservoir.
    pub fn across(&self) -> usize {
        self.r.len() - 1
    }

    /// Rows of cells.
    pub fn rows(&self) -> usize {
        self.z.len() - 1
    }

    /// Every second of the lines from `from` to `to`, both of them among these. Of an odd number of rows one is left as it is: the highest, of equal
    /// ones the last. (With the last one always, rows beside the contact line may stay low on two levels in a row; in front of a flat free front
    /// cycles then diverge.)
    fn paired(&self, from: usize, to: usize) -> Vec<usize> {
        let height = |row: usize| self.z[row + 1] - self.z[row];
        let alone = match (to - from) % 2 {
            0 => to,
            _ => (from..to).step_by(2).fold(from, |most, row| {
                // Rows of one height differ by round-off.
                let higher = height(row) > height(most) * (1.0 - 1e-6);
                if higher { row } else { most }
            }),
        };
        let mut faces: Vec<usize> = (from..=alone).step_by(2).collect();
        if alone < to {
            faces.extend((alone + 1..to).step_by(2));
            faces.push(to);
        }
        faces
    }

    /// The next coarser grid and, per direction, the fine face index of each coarse face.
    ///
    /// Cells are merged in pairs away from the mouth; a leftover odd cell sits at the far end of its segment (reservoir, pore beyond the
    /// contact line) or, in the wetted pore, where rows are highest, never beside the mouth.
    pub fn coarsen(&self) -> (Grid, [Vec<usize>; 2]) {
        let outward = |from: usize, to: usize| -> Vec<usize> {
            let mut faces: Vec<usize> = (from..to).step_by(2).collect();
            faces.push(to);
            faces
        };
        let mut across = outward(0, self.pore_across);
        let pore_across = across.len() - 1;
        across.pop();
        across.extend(outward(self.pore_across, self.across()));

        let mut along: Vec<usize> = outward(0, self.mouth_row)
            .iter()
            .rev()
            .map(|k| self.mouth_row - k)
            .collect();
        let mouth_row = along.len() - 1;
        along.pop();
        along.extend(self.paired(self.mouth_row, self.contact_row));
        let contact_row = along.len() - 1;
        along.pop();
        along.extend(outward(self.contact_row, self.rows()));
        let grid = Grid {
            r: across.iter().map(|&i| self.r[i]).collect(),
            z: along.iter().map(|&j| self.z[j]).collect(),
            pore_across,
            mouth_row,
            contact_row,
            wall: self.wall.clone(),
        };
        (grid, [across, along])
    }
}
