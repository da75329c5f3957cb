// Where each unknown of a multigrid level lives: the twin of src/kernels/layout.rs.
//
//             0        pore_across          across
//    rows     +------------+
//             |    pore    |  <- pore wall (layer)
//  mouth_row  +------------+===================+  <- mold face (layer)
//             |            reservoir           |
//    0        +--------------------------------+
//
// Cell (i, j) has its left face (i, j), its lower face (i, j) and its lower left node (i, j). Indices are signed, so that
// a neighbour may be asked for beyond an edge, where there is nothing: zero velocity, zero weight.

// What the invocation works on, set by `enter`: the level's description, and where the case's data start.
var<private> grid: LevelInfo;
var<private> tables_base: u32;
var<private> vectors_base: u32;
var<private> boxes_base: u32;
// Start of the vector that the stencil reads.
var<private> x_base: u32;

// To another level of the same case.
fn turn_to(level: u32) { grid = levels[level]; }

fn enter(level: u32, instance: u32) {
    turn_to(level);
    tables_base = instance * batch.tables;
    vectors_base = instance * batch.vectors;
    boxes_base = instance * batch.boxes;
}

fn across() -> i32 { return i32(grid.across); }
fn pore_across() -> i32 { return i32(grid.pore_across); }
fn mouth_row() -> i32 { return i32(grid.mouth_row); }
fn rows() -> i32 { return i32(grid.rows); }

// Cells across row j.
fn width(j: i32) -> i32 { return select(pore_across(), across(), j < mouth_row()); }

// Starts of row j. A row of cells has one radial face more than cells; the rows of axial faces and of nodes beside the mold face are as
// wide as the reservoir, so those above start later by the mold face's.
fn cell_start(j: i32) -> i32 { return j * pore_across() + min(j, mouth_row()) * (across() - pore_across()); }
fn radial_start(j: i32) -> i32 { return cell_start(j) + j; }
fn axial_start(j: i32) -> i32 { return cell_start(j) + select(0, across() - pore_across(), j > mouth_row()); }
fn node_start(j: i32) -> i32 { return axial_start(j) + j; }

// True for 0 <= i < count.
fn within(i: i32, count: i32) -> bool { return u32(i) < u32(count); }

// Existence of a cell, an r-face, a z-face, a node.
fn has_cell(i: i32, j: i32) -> bool { return within(j, rows()) && within(i, width(j)); }
fn has_radial(i: i32, j: i32) -> bool { return within(j, rows()) && within(i, width(j) + 1); }
fn axial_width(j: i32) -> i32 { return select(pore_across(), across(), j <= mouth_row()); }
fn has_axial(i: i32, j: i32) -> bool { return within(j, rows() + 1) && within(i, axial_width(j)); }
fn has_node(i: i32, j: i32) -> bool { return within(j, rows() + 1) && within(i, axial_width(j) + 1); }

// Places in a vector.
fn radial_at(i: i32, j: i32) -> u32 { return u32(radial_start(j) + i); }
fn axial_at(i: i32, j: i32) -> u32 { return grid.axial + u32(axial_start(j) + i); }
fn cell_at(i: i32, j: i32) -> u32 { return grid.pressure + u32(cell_start(j) + i); }
fn wall_at(k: i32) -> u32 { return grid.layer + u32(k); }

// Factor on pressures that come to this level from the next coarser one, or go there: 1 but at a free front.
fn pressure_to(i: i32, j: i32) -> f32 {
    return tables[tables_base + grid.pressure_to + u32(cell_start(j) + i)];
}

// The axis and the cell radius do not move.
fn is_masked(i: i32, j: i32) -> bool { return i == 0 || (i == across() && j < mouth_row()); }

// Wall cell that a face rests on, or -1: r-face (i, j) on the pore wall, z-face (i, j) on the mold face.
fn wall_of_radial(i: i32, j: i32) -> i32 {
    return select(-1, across() - pore_across() + j - mouth_row(), i == pore_across() && j >= mouth_row() && j < rows());
}
fn wall_of_axial(i: i32, j: i32) -> i32 {
    return select(-1, across() - 1 - i, j == mouth_row() && i >= pore_across() && i < across());
}

// The cells (i, j), i <= width, j <= rows, one per invocation: each owns its left face, its lower face, its pressure and
// the wall cell that one of these two faces rests on, as far as they exist.
fn units() -> u32 {
    return u32((mouth_row() + 1) * (across() + 1) + (rows() - mouth_row()) * (pore_across() + 1));
}
fn unit(index: u32) -> vec2<i32> {
    return place_in_rows(index, across() + 1, pore_across() + 1, mouth_row() + 1);
}
// Column and row of entry `index`, where the first `wide_rows` rows have `wide` entries and the others `narrow`. One division:
// AMD's devices divide whole numbers by some twenty instructions.
fn place_in_rows(index: u32, wide: i32, narrow: i32, wide_rows: i32) -> vec2<i32> {
    let reservoir = u32(wide_rows * wide);
    let above = index >= reservoir;
    let length = u32(select(wide, narrow, above));
    let rest = select(index, index - reservoir, above);
    let row = rest / length;
    return vec2<i32>(i32(rest - row * length), i32(row) + select(0, wide_rows, above));
}
