// The box matrices of the coupled smoother, inverted: the twin of src/kernels/flow/boxes.rs.
//
// One invocation per cell writes the packed inverse of its 5 x 5 box, if it stands for its class of rows, and of its 6 x 6
// box, if it touches the wall. Gauss-Jordan without pivoting: velocities come first and their block is positive definite,
// the Schur complements of pressure and layer stress that follow are negative definite.

// Left, right, lower, upper velocity, pressure, layer stress.
var<private> box: array<array<f32, 6>, 6>;

fn couple(a: i32, b: i32, value: f32) {
    box[a][b] += value;
    if a != b { box[b][a] += value; }
}

// Diagonal and coupling that the stretch of cell (i, j) adds to its two r-faces.
fn stretch_entries(i: i32, j: i32) -> vec2<f32> {
    if !has_cell(i, j) { return vec2<f32>(0.0, 0.0); }
    let twice = 2.0 * cell_weight(i, j);
    let across = table(grid.radial_sq + u32(i));
    let around = table(grid.hoop_sq + u32(i));
    return vec2<f32>(twice * (around + across), twice * (around - across));
}
fn lift_entry(i: i32, j: i32) -> f32 {
    if !has_cell(i, j) { return 0.0; }
    return 2.0 * cell_weight(i, j) * table(grid.axial_sq + u32(j));
}

fn fill_box(i: i32, j: i32, wall: i32) {
    for (var a = 0; a < 6; a += 1) {
        box[a] = array<f32, 6>(0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
    }
    let own = stretch_entries(i, j);
    couple(0, 0, own.x + stretch_entries(i - 1, j).x);
    couple(1, 1, own.x + stretch_entries(i + 1, j).x);
    couple(0, 1, own.y);
    let rise = lift_entry(i, j);
    couple(2, 2, rise + lift_entry(i, j - 1));
    couple(3, 3, rise + lift_entry(i, j + 1));
    couple(2, 3, -rise);

    // Shear at the four nodes: each couples one radial and one axial velocity of this cell.
    for (var node = 0; node < 4; node += 1) {
        let right = node % 2;
        let top = node / 2;
        let weight = node_weight(i + right, j + top);
        let along = dz(i + right, j + top);
        let outward = dr(i + right, j + top);
        let sign = select(1.0, -1.0, right != top);
        // Radial and axial velocity and both: how often the node's strain contains them.
        var times = vec3<f32>(1.0, 1.0, 1.0);
        if i + right == pore_across() && j + top == mouth_row() {
            // Half distances; the corner itself moves.
            let own = f32(table(grid.corner_give));
            let other = f32(table(grid.corner_give + 1u));
            let twice = 2.0 - 4.0 * own;
            let once = 1.0 - 2.0 * own + 2.0 * other;
            times = 4.0 * vec3<f32>(
                select(once, twice, top == 1),
                select(once, twice, right == 1),
                select(once, 1.0 - 4.0 * other, right == top),
            );
        }
        couple(right, right, times.x * weight * along * along);
        couple(2 + top, 2 + top, times.y * weight * outward * outward);
        couple(right, 2 + top, times.z * weight * sign * along * outward);
    }

    // Pressure column = - divergence row.
    couple(0, 4, face_radius(i) * height(j));
    couple(1, 4, -face_radius(i + 1) * height(j));
    couple(2, 4, ring_area(i));
    couple(3, 4, -ring_area(i));
    if wall >= 0 {
        couple(select(3, 1, j >= mouth_row()), 5, wall_area(wall));
        let below = table(grid.conductance + u32(wall));
        let above = table(grid.conductance + u32(wall) + 1u);
        let leakage = table(grid.leakage + u32(wall));
        couple(5, 5, -(below + above + leakage));
    }
    // The axis and the cell radius do not move: decouple them, and let their correction be zero.
    for (var face = 0; face < 2; face += 1) {
        if is_masked(i + face, j) {
            for (var b = 0; b < 6; b += 1) {
                box[face][b] = 0.0;
                box[b][face] = 0.0;
            }
        }
    }
}

// Inverse of the leading n x n block in place; the row of a masked unknown stays zero.
fn invert_box(n: i32) {
    for (var k = 0; k < n; k += 1) {
        let pivot = box[k][k];
        if pivot == 0.0 { continue; }
        let scale = 1.0 / pivot;
        for (var b = 0; b < n; b += 1) { box[k][b] *= scale; }
        box[k][k] = scale;
        for (var a = 0; a < n; a += 1) {
            if a == k { continue; }
            let factor = box[a][k];
            box[a][k] = 0.0;
            for (var b = 0; b < n; b += 1) { box[a][b] -= factor * box[k][b]; }
        }
    }
}

// Packs the upper triangle, entry after entry, `stride` apart.
fn store_box(n: i32, first: u32, stride: u32) {
    var place = first;
    for (var a = 0; a < n; a += 1) {
        for (var b = a; b < n; b += 1) {
            boxes[place] = box[a][b];
            place += stride;
        }
    }
}

fn boxes_unit(i: i32, j: i32) {
    if !has_cell(i, j) { return; }
    let class_table = tables_base + grid.row_class;
    let own_class = tables[class_table + u32(j)];
    var stands_for_class = true;
    if j > 0 { stands_for_class = tables[class_table + u32(j) - 1u] != own_class; }
    if stands_for_class {
        fill_box(i, j, -1);
        invert_box(5);
        let columns = grid.across;
        store_box(5, boxes_base + grid.bulk_boxes + u32(own_class) * BULK * columns + u32(i), columns);
    }
    let wall = wall_of_cell(i, j);
    if wall >= 0 {
        fill_box(i, j, wall);
        invert_box(6);
        store_box(6, boxes_base + grid.wall_boxes + u32(wall), grid.wall_cells);
    }
}

@compute @workgroup_size(WORKGROUP)
fn build_boxes(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
               @builtin(local_invocation_index) lane: u32) {
    if status[group.z].pending == 0u { return; }
    enter(order.level, group.z);
    let index = linear(group, groups, lane);
    if index < units() {
        let place = unit(index);
        boxes_unit(place.x, place.y);
    }
}
