//! The volumes that move through the faces of the mesh in one step of the flow.

use super::{Extent, Mesh, Stream};
use crate::kernels::Wall;
use crate::kernels::species::advect::LARGEST_OUTFLOW;

/// Length at the front over which the flow's difference from what the front really swept is spread.
const REACH: f64 = 1.0;

/// Volumes per radian of one step, relative to the faces' own motion. They leave every cell exactly the volume that it has.
#[derive(Clone, Debug, PartialEq)]
pub struct Moves {
    /// Through axial faces upwards, laid out like the flow's axial velocities; on the mold face into the layer, at the
    /// front the deposit downwards as a negative number.
    pub axial: Vec<f64>,
    /// Through radial faces outwards; on the pore wall into the layer.
    pub radial: Vec<f64>,
    /// Into every cell of the layer from the bulk.
    pub exchange: Vec<f64>,
    /// Through every face of the layer towards the tip.
    pub flux: Vec<f64>,
    /// Swept by every face of the layer.
    pub swept: Vec<f64>,
    /// What every ring's front receives from the layer.
    pub deposit: Vec<f64>,
    /// Parts into which the step is divided at least. A step that is repeated until it fits the flow must not change their
    /// number on the way: with two that alternate it never would.
    pub least_parts: usize,
}

impl Moves {
    /// Volumes of the step from one extent to another while the flow is as in `stream`.
    ///
    /// The flow is scaled to what the wire grows by; without growth nothing moves. At the front the stream function is
    /// what the front swept less the deposit.
    pub fn new(mesh: &Mesh, stream: &Stream, from: &Extent, to: &Extent) -> Self {
        let (nr, np, jm, nz) = mesh.layout.sizes();
        let rows = mesh.pore_rows();
        let grown: Vec<f64> = (0..np)
            .map(|i| mesh.area[i] * (to.heights[i] - from.heights[i]))
            .collect();
        let total: f64 = grown.iter().sum();
        let scale = if stream.total > 0.0 {
            total / stream.total
        } else {
            0.0
        };
        let tip_flux = total - scale * stream.core();
        let layer_grown = mesh.thickness * (mesh.wetted(to.contact) - mesh.wetted(from.contact));
        let deposit: Vec<f64> = to
            .deposit
            .iter()
            .map(|share| share * (tip_flux - layer_grown))
            .collect();
        let swept: Vec<f64> = (0..np)
            .map(|i| mesh.column_volume(to, i) - mesh.column_volume(from, i))
            .collect();

        // ψ at the nodes of the pore, row by row.
        let columns = &mesh.flow_nodes[0];
        let height = |i: usize| match i {
            0 => to.heights[0],
            i if i == np => to.contact,
            i => 0.5 * (to.heights[i - 1] + to.heights[i]),
        };
        let mut front = vec![0.0];
        for i in 0..np {
            front.push(front[i] + swept[i] - deposit[i]);
        }
        let mut psi = vec![0.0; (rows + 1) * (np + 1)];
        for i in 1..=np {
            let sample = |height: f64| {
                let z = mesh.wall.depth_of(height);
                scale
                    * if i == np {
                        stream.at_wall(z)
                    } else {
                        stream.in_pore(columns[i], z)
                    }
            };
            let top = height(i);
            let lacking = front[i] - sample(top);
            let reach = REACH * mesh.wall.section(mesh.wall.depth_of(top));
            let begin = (1.0 - reach / top).max(0.0);
            for (j, share) in mesh.share.iter().enumerate() {
                let spread = ((share - begin) / (1.0 - begin)).max(0.0);
                psi[j * (np + 1) + i] = if j == rows {
                    front[i]
                } else {
                    sample(share * top) + spread * lacking
                };
            }
        }
        let pore = |i: usize, j: usize| psi[j * (np + 1) + i];
        let reservoir = |i: usize, j: usize| {
            if i == nr {
                total
            } else if j == jm && i <= np {
                pore(i, 0)
            } else {
                scale * stream.node(columns[i], mesh.flow_nodes[1][j])
            }
        };
        let node = |i: usize, j: usize| {
            if j <= jm {
                reservoir(i, j)
            } else {
                pore(i, j - jm)
            }
        };
        let mut moves = Moves {
            axial: Vec::new(),
            radial: Vec::new(),
            exchange: Vec::new(),
            flux: Vec::new(),
            swept: vec![0.0; mesh.layout.face_cells()],
            deposit,
            least_parts: 1,
        };
        for j in 0..=nz {
            let across = if j <= jm { nr } else { np };
            let through = (0..across).map(|i| node(i + 1, j) - node(i, j));
            if j <= jm {
                moves.axial.extend(through);
            } else if j < nz {
                let share = mesh.share[j - jm];
                let moved = swept.iter().map(|swept| share * swept);
                moves
                    .axial
                    .extend(through.zip(moved).map(|(flow, moved)| flow - moved));
            } else {
                moves
                    .axial
                    .extend(moves.deposit.iter().map(|deposit| -deposit));
            }
        }
        for j in 0..nz {
            let across = mesh.layout.width(j);
            for i in 0..=across {
                let outwards = node(i, j) - node(i, j + 1);
                moves.radial.push(match i {
                    0 => 0.0,
                    i if i == nr => 0.0,
                    _ => outwards,
                });
            }
        }
        // What does not flow in the bulk flows in the layer.
        moves.flux.push(0.0);
        moves
            .flux
            .extend((np + 1..nr).rev().map(|i| total - node(i, jm)));
        moves.flux.extend((0..=rows).map(|j| total - pore(np, j)));
        moves.exchange = moves.flux.windows(2).map(|q| q[1] - q[0]).collect();
        moves.swept.extend(mesh.share.iter().map(|share| {
            if mesh.wall.is_straight() {
                share * layer_grown
            } else {
                mesh.thickness
                    * (mesh.wetted(share * to.contact) - mesh.wetted(share * from.contact))
            }
        }));
        // One number for what leaves one and enters the other.
        for (k, &exchange) in moves.exchange.iter().enumerate() {
            match mesh.layout.wall(k) {
                Wall::Face(i) => moves.axial[mesh.layout.axial_row(jm).start + i] = exchange,
                Wall::Pore(j) => moves.radial[mesh.layout.radial_row(j).start + np] = exchange,
            }
        }
        moves
    }

    /// Volume that comes in at the inlet.
    pub fn inflow(&self, mesh: &Mesh) -> f64 {
        self.axial[mesh.layout.axial_row(0)].iter().sum()
    }

    /// A share of the step.
    pub fn part(&self, share: f64) -> Moves {
        let scaled = |v: &[f64]| v.iter().map(|x| share * x).collect::<Vec<f64>>();
        Moves {
            axial: scaled(&self.axial),
            radial: scaled(&self.radial),
            exchange: scaled(&self.exchange),
            flux: scaled(&self.flux),
            swept: scaled(&self.swept),
            deposit: scaled(&self.deposit),
            least_parts: 1,
        }
    }

    /// Parts into which the step is to be divided, so that no more of a cell's content leaves it in one than advection bears; `volume` of all
    /// cells at the start and at the end.
    pub fn parts(&self, mesh: &Mesh, volume: [&[f64]; 2]) -> usize {
        let outflow = self.largest_outflow(mesh, volume).0 / LARGEST_OUTFLOW;
        (outflow.ceil() as usize).max(self.least_parts).max(1)
    }

    /// The largest share of a cell's volume that leaves it, and column and row of that cell.
    pub(super) fn largest_outflow(&self, mesh: &Mesh, volume: [&[f64]; 2]) -> (f64, [usize; 2]) {
        let layout = &mesh.layout;
        let mut largest = (0.0, [0, 0]);
        for j in 0..layout.rows as usize {
            let (faces, below, above) = (
                layout.radial_row(j).start,
                layout.axial_row(j).start,
                layout.axial_row(j + 1).start,
            );
            for (i, cell) in layout.cell_row(j).enumerate() {
                let out = (-self.radial[faces + i]).max(0.0)
                    + self.radial[faces + i + 1].max(0.0)
                    + (-self.axial[below + i]).max(0.0)
                    + self.axial[above + i].max(0.0);
                let holds = volume[0][cell].min(volume[1][cell]);
                // A ring of the front that is lower than the layer beside it is thick has no room for a core.
                let share = if holds > 0.0 {
                    out / holds
                } else {
                    f64::INFINITY
                };
                if share > largest.0 {
                    largest = (share, [i, j]);
                }
            }
        }
        largest
    }
}
