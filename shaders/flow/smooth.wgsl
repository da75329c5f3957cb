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

// The five or six rows of a box: left, right, lower, upper, continuity, layer.
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
    let lower_left = shear(i, j, true, true);
    let lower_right = shear(i + 1, j, true, false);
    let upper_left = shear(i, j + 1, false, true);
    let upper_right = shear(i + 1, j + 1, false, false);
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

fn carry(from_base: u32, to_base: u32, k: u32) { vectors[to_base + k] = vectors[from_base + k]; }

fn smooth_unit(colour: u32, from_base: u32, to_base: u32, i: i32, j: i32) {
    let rhs = vectors_base + levels[at_level].rhs;
    x_base = from_base;
    // Upper row and right column of the 2 x 2 cells: nothing but a copy.
    if has_cell(i + 1, j) { carry(from_base, to_base, cell_at(i + 1, j)); }
    if has_cell(i, j + 1) { carry(from_base, to_base, cell_at(i, j + 1)); }
    if has_cell(i + 1, j + 1) { carry(from_base, to_base, cell_at(i + 1, j + 1)); }
    if has_radial(i, j + 1) { carry(from_base, to_base, radial_at(i, j + 1)); }
    if has_radial(i + 1, j + 1) { carry(from_base, to_base, radial_at(i + 1, j + 1)); }
    if has_axial(i + 1, j) { carry(from_base, to_base, axial_at(i + 1, j)); }
    if has_axial(i + 1, j + 1) { carry(from_base, to_base, axial_at(i + 1, j + 1)); }
    for (var corner = 1; corner < 4; corner += 1) {
        let wall = wall_of_cell(i + corner % 2, j + corner / 2);
        if wall >= 0 { carry(from_base, to_base, wall_at(wall)); }
    }
    if !has_cell(i, j) {
        // At the ends the box's cell is missing but some of its faces are there.
        if has_radial(i, j) { carry(from_base, to_base, radial_at(i, j)); }
        if has_radial(i + 1, j) { carry(from_base, to_base, radial_at(i + 1, j)); }
        if has_axial(i, j) { carry(from_base, to_base, axial_at(i, j)); }
        if has_axial(i, j + 1) { carry(from_base, to_base, axial_at(i, j + 1)); }
        return;
    }

    let rows = cell_rows(i, j);
    var r = array<f32, 6>(
        vectors[rhs + radial_at(i, j)] - rows.left,
        vectors[rhs + radial_at(i + 1, j)] - rows.right,
        vectors[rhs + axial_at(i, j)] - rows.lower,
        vectors[rhs + axial_at(i, j + 1)] - rows.upper,
        vectors[rhs + cell_at(i, j)] - rows.continuity,
        0.0,
    );
    let wall = wall_of_cell(i, j);
    var d: array<f32, 6>;
    if wall >= 0 {
        let force = wall_area(wall) * stress(wall);
        var outward: f32;
        if j >= mouth_row() {
            r[1] -= force;
            outward = u(i + 1, j);
        } else {
            r[3] -= force;
            outward = w(i, j + 1);
        }
        r[5] = vectors[rhs + wall_at(wall)] - layer_row(wall, outward);
        d = apply_wall_box(boxes_base + levels[at_level].wall_boxes + u32(wall), levels[at_level].wall_cells, r);
        let k = wall_at(wall);
        vectors[to_base + k] = vectors[from_base + k] + DAMPING * d[5];
    } else {
        let row = u32(tables[tables_base + levels[at_level].row_class + u32(j)]);
        let first = levels[at_level].bulk_boxes + row * BULK * levels[at_level].across + u32(i);
        d = apply_bulk_box(boxes_base + first, levels[at_level].across, r);
    }
    update(from_base, to_base, radial_at(i, j), d[0]);
    update(from_base, to_base, radial_at(i + 1, j), d[1]);
    update(from_base, to_base, axial_at(i, j), d[2]);
    update(from_base, to_base, axial_at(i, j + 1), d[3]);
    update(from_base, to_base, cell_at(i, j), d[4]);
}

fn update(from_base: u32, to_base: u32, k: u32, correction: f32) {
    vectors[to_base + k] = vectors[from_base + k] + DAMPING * correction;
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
    let right = i32(colour % 2u);
    let top = i32(colour / 2u);
    return vec4<i32>(
        (across() + right) / 2 + 1,
        (pore_across() + right) / 2 + 1,
        (mouth_row() + top) / 2 + 1,
        (rows() + top) / 2 + 1,
    );
}
fn smooth_place(colour: u32, index: u32) -> vec2<i32> {
    let shape = block_shape(colour);
    let k = i32(index);
    let reservoir = shape.z * shape.x;
    var block = vec2<i32>(k % shape.x, k / shape.x);
    if k >= reservoir {
        block = vec2<i32>((k - reservoir) % shape.y, shape.z + (k - reservoir) / shape.y);
    }
    return 2 * block - vec2<i32>(i32(colour % 2u), i32(colour / 2u));
}

fn smooth_at(colour: u32, source: u32, index: u32) {
    if index >= smooth_places(colour) { return; }
    let place = smooth_place(colour, index);
    let here = vectors_base + levels[at_level].state;
    let double = vectors_base + levels[at_level].double;
    if source == 0u {
        smooth_unit(colour, here, double, place.x, place.y);
    } else {
        smooth_unit(colour, double, here, place.x, place.y);
    }
}

@compute @workgroup_size(WORKGROUP)
fn smooth_colour(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
          @builtin(local_invocation_index) lane: u32) {
    if status[group.z].running == 0u { return; }
    enter(order.level, group.z);
    smooth_at(order.argument, order.source, linear(group, groups, lane));
}
