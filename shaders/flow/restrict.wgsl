// b_coarse <- P' r_fine, and the coarse state starts from rest: the twin of src/kernels/flow/restrict.rs.
//
// One invocation per coarse cell gathers for its left face, its lower face, its pressure and its wall cell. Which line of
// weights applies is decided by where the coarse unknown sits. What belongs to the pressure is scaled at a free front.

// A line of weights: the first fine index, then SPREAD weights.
struct Line {
    first: i32,
    weights: array<f32, SPREAD>,
}
fn line(k: u32) -> Line {
    let place = tables_base + k;
    var found: Line;
    found.first = i32(tables[place]);
    for (var a = 0u; a < SPREAD; a += 1u) { found.weights[a] = tables[place + 1u + a]; }
    return found;
}

// Kinds of unknowns that a coarse cell gathers for.
const RADIAL = 0u;
const AXIAL = 1u;
const CELL = 2u;

// The fine residual of a kind; the fine level is entered.
fn fine_value(kind: u32, i: i32, j: i32) -> f32 {
    let residual = vectors_base + grid.residual;
    switch kind {
        case RADIAL: { return select(0.0, vectors[residual + radial_at(i, j)], has_radial(i, j)); }
        case AXIAL: { return select(0.0, vectors[residual + axial_at(i, j)], has_axial(i, j)); }
        default: { return select(0.0, vectors[residual + cell_at(i, j)] * pressure_to(i, j), has_cell(i, j)); }
    }
}

// What a coarse unknown gathers from the fine residuals of its kind by a line along and a line across.
fn gather(kind: u32, along: Line, across: Line) -> f32 {
    var sum = 0.0;
    for (var b = 0u; b < SPREAD; b += 1u) {
        var row = 0.0;
        for (var a = 0u; a < SPREAD; a += 1u) {
            row += across.weights[a] * fine_value(kind, across.first + i32(a), along.first + i32(b));
        }
        sum += along.weights[b] * row;
    }
    return sum;
}

// What is asked of a coarse unknown, which starts from rest.
fn begin(rhs: u32, state: u32, place: u32, asked: f32) {
    vectors[rhs + place] = asked;
    vectors[state + place] = 0.0;
}

fn gather_wall(weights: Line) -> f32 {
    let residual = vectors_base + grid.residual;
    var sum = 0.0;
    for (var a = 0u; a < SPREAD; a += 1u) {
        let k = weights.first + i32(a);
        sum += weights.weights[a] * select(0.0, vectors[residual + wall_at(k)], u32(k) < grid.wall_cells);
    }
    return sum;
}

// Everything but for the few wall cells is read before anything is written, and read whether it is there or not: loads without a branch around them go
// out together.
fn restrict_unit(level: u32, place: vec2<i32>) {
    let i = place.x;
    let j = place.y;
    let entry = 1u + SPREAD;
    // On the coarse level: where its unknowns lie, and which lines are theirs.
    let rhs = vectors_base + grid.rhs;
    let state = vectors_base + grid.state;
    let radial = has_radial(i, j);
    let axial = has_axial(i, j);
    let cell = has_cell(i, j);
    let moves = !is_masked(i, j);
    let radial_place = radial_at(i, j);
    let axial_place = axial_at(i, j);
    let cell_place = cell_at(i, j);
    let own_cell = u32(cell_start(j) + i);
    // Beside the mouth corner one cell owns both.
    let radial_wall = wall_of_radial(i, j);
    let axial_wall = wall_of_axial(i, j);
    let radial_wall_place = wall_at(radial_wall);
    let axial_wall_place = wall_at(axial_wall);
    let radial_along = (side(i, pore_across()) * grid.rows + u32(j)) * entry;
    let axial_across = (side(j, mouth_row()) * grid.across + u32(i)) * entry;
    let cell_along = (u32(i >= pore_across()) * grid.rows + u32(j)) * entry;
    let cell_across = (u32(j >= mouth_row()) * grid.across + u32(i)) * entry;

    turn_to(level);
    let factor = tables[tables_base + grid.pressure_from + own_cell];
    let radial_sum = gather(RADIAL, line(grid.restrict_radial_along + radial_along), line(grid.restrict_radial_across + u32(i) * entry));
    let axial_sum = gather(AXIAL, line(grid.restrict_axial_along + u32(j) * entry), line(grid.restrict_axial_across + axial_across));
    let cell_sum = gather(CELL, line(grid.restrict_pressure_along + cell_along), line(grid.restrict_pressure_across + cell_across));
    if radial_wall >= 0 {
        begin(rhs, state, radial_wall_place, gather_wall(line(grid.restrict_layer + u32(radial_wall) * entry)));
    }
    if axial_wall >= 0 {
        begin(rhs, state, axial_wall_place, gather_wall(line(grid.restrict_layer + u32(axial_wall) * entry)));
    }
    if radial { begin(rhs, state, radial_place, select(0.0, radial_sum, moves)); }
    if axial { begin(rhs, state, axial_place, axial_sum); }
    if cell { begin(rhs, state, cell_place, cell_sum * factor); }
}

// `level` is the fine one; index counts coarse cells.
fn restrict_at(level: u32, index: u32) {
    turn_to(level + 1u);
    if index < units() { restrict_unit(level, unit(index)); }
}

@compute @workgroup_size(WORKGROUP)
fn restrict_residual(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
                     @builtin(local_invocation_index) lane: u32) {
    if status[group.z].running == 0u { return; }
    enter(order.level, group.z);
    restrict_at(order.level, linear(group, groups, lane));
}
