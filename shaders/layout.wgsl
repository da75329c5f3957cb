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

// What the invocation works on, set by `enter`.
var<private> at_level: u32;
var<private> tables_base: u32;
var<private> vectors_base: u32;
var<private> boxes_base: u32;
// Start of the vector that the stencil reads.
var<private> x_base: u32;

fn enter(level: u32, instance: u32) {
    at_level = level;
    tables_base = instance * batch.tables;
    vectors_base = instance * batch.vectors;
    boxes_base = instance * batch.boxes;
}

fn across() -> i32 { return i32(levels[at_level].across); }
fn pore_across() -> i32 { return i32(levels[at_level].pore_across); }
fn mouth_row() -> i32 { return i32(levels[at_level].mouth_row); }
fn rows() -> i32 { return i32(levels[at_level].rows); }

// Cells across row j.
fn width(j: i32) -> i32 { return select(pore_across(), across(), j < mouth_row()); }

// Start of row j where rows up to and including `wide_rows` start `wide` entries after the one below.
fn row_start(j: i32, wide_rows: i32, wide: i32, narrow: i32) -> i32 {
    return min(j, wide_rows) * wide + max(j - wide_rows, 0) * narrow;
}
fn radial_start(j: i32) -> i32 { return row_start(j, mouth_row(), across() + 1, pore_across() + 1); }
fn axial_start(j: i32) -> i32 { return row_start(j, mouth_row() + 1, across(), pore_across()); }
fn cell_start(j: i32) -> i32 { return row_start(j, mouth_row(), across(), pore_across()); }
fn node_start(j: i32) -> i32 { return row_start(j, mouth_row() + 1, across() + 1, pore_across() + 1); }

// Existence of a cell, an r-face, a z-face.
fn has_cell(i: i32, j: i32) -> bool { return j >= 0 && j < rows() && i >= 0 && i < width(j); }
fn has_radial(i: i32, j: i32) -> bool { return j >= 0 && j < rows() && i >= 0 && i <= width(j); }
fn axial_width(j: i32) -> i32 { return select(pore_across(), across(), j <= mouth_row()); }
fn has_axial(i: i32, j: i32) -> bool { return j >= 0 && j <= rows() && i >= 0 && i < axial_width(j); }

// Places in a vector.
fn radial_at(i: i32, j: i32) -> u32 { return u32(radial_start(j) + i); }
fn axial_at(i: i32, j: i32) -> u32 { return levels[at_level].axial + u32(axial_start(j) + i); }
fn cell_at(i: i32, j: i32) -> u32 { return levels[at_level].pressure + u32(cell_start(j) + i); }
fn wall_at(k: i32) -> u32 { return levels[at_level].layer + u32(k); }

// Factors on pressures between this level and the next coarser one, before and after interpolation: 1 but at a free front.
// The first is for cells of the coarser level, which is entered.
fn pressure_from(i: i32, j: i32) -> f32 {
    return tables[tables_base + levels[at_level - 1u].pressure_from + u32(cell_start(j) + i)];
}
fn pressure_to(i: i32, j: i32) -> f32 {
    return tables[tables_base + levels[at_level].pressure_to + u32(cell_start(j) + i)];
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
    let k = i32(index);
    let wide = across() + 1;
    let narrow = pore_across() + 1;
    let reservoir = (mouth_row() + 1) * wide;
    if k < reservoir {
        return vec2<i32>(k % wide, k / wide);
    }
    return vec2<i32>((k - reservoir) % narrow, mouth_row() + 1 + (k - reservoir) / narrow);
}
