// One colour of the four-colour coupled (Vanka) smoother: the twin of src/kernels/flow/smooth.rs.
//
// Cells with i % 2 == colour % 2 and j % 2 == colour / 2 own disjoint boxes of unknowns:
//
//        upper
//      +---^---+
// left >   p   > right   ( | layer stress at a wall cell)
//      +---^---+
//        lower
//
// Every box reads the state before the dispatch and writes the state after it (Jacobi inside a colour), so the result does
// not depend on the order of execution. One invocation does a box and carries over the unknowns that no box of the colour
// owns, those of the 2 x 2 cells of which the box's cell is the lower left one.

// The rows of a box but for the layer's.
struct BoxRows {
    left: real,
    right: real,
    lower: real,
    upper: real,
    continuity: real,
}

// Rows of K x of cell (i, j), sharing the four nodes and the three cells in each direction.
fn cell_rows(i: i32, j: i32) -> BoxRows {
    let before = stretch(i - 1, j);
    let own = stretch(i, j);
    let after = stretch(i + 1, j);
    var lower_left = shear(i, j);
    var lower_right = shear(i + 1, j);
    var upper_left = shear(i, j + 1);
    var upper_right = shear(i + 1, j + 1);
    if touches_corner(i, j) {
        lower_left = corner_shear(lower_left, i, j, true, true);
        lower_right = corner_shear(lower_right, i + 1, j, true, false);
        upper_left = corner_shear(upper_left, i, j + 1, false, true);
        upper_right = corner_shear(upper_right, i + 1, j + 1, false, false);
    }
    let down = lift(i, j - 1);
    let middle = lift(i, j);
    let up = lift(i, j + 1);
    let centre = p(i, j);
    let area = ring_area(i);
    return BoxRows(
        before.y + own.x + lower_left.on_u * dz(i, j) - upper_left.on_u * dz(i, j + 1)
            + face_radius(i) * height(j) * (centre - p(i - 1, j)),
        own.y + after.x + lower_right.on_u * dz(i + 1, j) - upper_right.on_u * dz(i + 1, j + 1)
            + face_radius(i + 1) * height(j) * (p(i + 1, j) - centre),
        down - middle + dr(i, j) * lower_left.on_w - dr(i + 1, j) * lower_right.on_w + area * (centre - p(i, j - 1)),
        middle - up + dr(i, j + 1) * upper_left.on_w - dr(i + 1, j + 1) * upper_right.on_w
            + area * (p(i, j + 1) - centre),
        continuity_row(i, j),
    );
}

// Writes an unknown that exists.
fn put(there: bool, k: u32, value: f32) {
    if there { vectors[k] = value; }
}

// Few cells have a wall beside them.
fn carry_wall(from_base: u32, to_base: u32, wall: i32) {
    if wall >= 0 { vectors[to_base + wall_at(wall)] = vectors[from_base + wall_at(wall)]; }
}

// Everything but for the few wall cells is read before anything is written, and read whether it is there or not: loads without a branch around them go
// out together, and what two rows read is read once.
fn smooth_unit(from_base: u32, to_base: u32, i: i32, j: i32) {
    x_base = from_base;
    let inside = has_cell(i, j);
    let wall = wall_of_cell(i, j);
    let row = u32(tables[tables_base + grid.row_class + u32(j)]);
    let rhs = vectors_base + grid.rhs;
    let load = array<f32, 5>(
        vectors[rhs + radial_at(i, j)],
        vectors[rhs + radial_at(i + 1, j)],
        vectors[rhs + axial_at(i, j)],
        vectors[rhs + axial_at(i, j + 1)],
        vectors[rhs + cell_at(i, j)],
    );
    // What no box of the colour owns.
    let p_right = p(i + 1, j);
    let p_above = p(i, j + 1);
    let p_beyond = p(i + 1, j + 1);
    let u_above = u(i, j + 1);
    let u_beyond = u(i + 1, j + 1);
    let w_right = w(i + 1, j);
    let w_beyond = w(i + 1, j + 1);
    let rows = cell_rows(i, j);
    let bulk = load_bulk_box(boxes_base + grid.bulk_boxes + row * BULK * grid.across + u32(i), grid.across);
    var r = array<f32, 6>(
        load[0] - rows.left,
        load[1] - rows.right,
        load[2] - rows.lower,
        load[3] - rows.upper,
        load[4] - rows.continuity,
        0.0,
    );
    var d = times_bulk_box(bulk, r);
    if wall >= 0 {
        let force = wall_area(wall) * stress(wall);
        let in_pore = j >= mouth_row();
        r[1] -= select(0.0, force, in_pore);
        r[3] -= select(force, 0.0, in_pore);
        r[5] = vectors[rhs + wall_at(wall)] - layer_row(wall, select(w(i, j + 1), u(i + 1, j), in_pore));
        d = times_wall_box(load_wall_box(boxes_base + grid.wall_boxes + u32(wall), grid.wall_cells), r);
    }
    if !inside { d = array<f32, 6>(0.0, 0.0, 0.0, 0.0, 0.0, 0.0); }
    let left = u(i, j) + DAMPING * d[0];
    let right = u(i + 1, j) + DAMPING * d[1];
    let lower = w(i, j) + DAMPING * d[2];
    let upper = w(i, j + 1) + DAMPING * d[3];
    let centre = p(i, j) + DAMPING * d[4];
    let layer = stress(wall) + DAMPING * d[5];

    put(has_radial(i, j), to_base + radial_at(i, j), left);
    put(has_radial(i + 1, j), to_base + radial_at(i + 1, j), right);
    put(has_axial(i, j), to_base + axial_at(i, j), lower);
    put(has_axial(i, j + 1), to_base + axial_at(i, j + 1), upper);
    put(inside, to_base + cell_at(i, j), centre);
    put(wall >= 0, to_base + wall_at(wall), layer);
    put(has_cell(i + 1, j), to_base + cell_at(i + 1, j), p_right);
    put(has_cell(i, j + 1), to_base + cell_at(i, j + 1), p_above);
    put(has_cell(i + 1, j + 1), to_base + cell_at(i + 1, j + 1), p_beyond);
    put(has_radial(i, j + 1), to_base + radial_at(i, j + 1), u_above);
    put(has_radial(i + 1, j + 1), to_base + radial_at(i + 1, j + 1), u_beyond);
    put(has_axial(i + 1, j), to_base + axial_at(i + 1, j), w_right);
    put(has_axial(i + 1, j + 1), to_base + axial_at(i + 1, j + 1), w_beyond);
    carry_wall(from_base, to_base, wall_of_cell(i + 1, j));
    carry_wall(from_base, to_base, wall_of_cell(i, j + 1));
    carry_wall(from_base, to_base, wall_of_cell(i + 1, j + 1));
}

// Wall cell beside bulk cell (i, j), or -1.
fn wall_of_cell(i: i32, j: i32) -> i32 {
    if !has_cell(i, j) { return -1; }
    if j >= mouth_row() { return wall_of_radial(i + 1, j); }
    return wall_of_axial(i, j + 1);
}

// Blocks of 2 x 2 cells that a colour needs so that every unknown is written once: those below and left of the first
// cell of the colour included. Rows of blocks whose cells all lie in the pore are narrow.
fn smooth_places(colour: u32) -> u32 {
    let shape = block_shape(colour);
    return u32(shape.z * shape.x + (shape.w - shape.z) * shape.y);
}
// Blocks across the reservoir, across the pore; rows of blocks that reach the reservoir or the mold face, all rows.
fn block_shape(colour: u32) -> vec4<i32> {
    let right = colour & 1u;
    let top = colour >> 1u;
    return vec4<i32>((vec4<u32>(grid.across, grid.pore_across, grid.mouth_row, grid.rows) + vec4<u32>(right, right, top, top)) / 2u + 1u);
}
fn smooth_place(colour: u32, index: u32) -> vec2<i32> {
    let shape = block_shape(colour);
    let block = place_in_rows(index, shape.x, shape.y, shape.z);
    return 2 * block - vec2<i32>(i32(colour & 1u), i32(colour >> 1u));
}

fn smooth_at(colour: u32, source: u32, index: u32) {
    if index >= smooth_places(colour) { return; }
    let place = smooth_place(colour, index);
    let state = vectors_base + grid.state;
    let double = vectors_base + grid.double;
    let forth = source == 0u;
    smooth_unit(select(double, state, forth), select(state, double, forth), place.x, place.y);
}

@compute @workgroup_size(WORKGROUP)
fn smooth_colour(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
          @builtin(local_invocation_index) lane: u32) {
    if status[group.z].running == 0u { return; }
    enter(order.level, group.z);
    smooth_at(order.argument, order.source, linear(group, groups, lane));
}
