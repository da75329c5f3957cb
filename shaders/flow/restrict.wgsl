// b_coarse <- P' r_fine, and the coarse state starts from rest: the twin of src/kernels/flow/restrict.rs.
//
// One invocation per coarse cell gathers for its left face, its lower face, its pressure and its wall cell. Which line of
// weights applies is decided by where the coarse unknown sits. What belongs to the pressure is scaled at a free front.

// First fine index and the weight of entry `a` of line `line`.
fn share_first(line: u32) -> i32 { return i32(tables[tables_base + line]); }
fn share_weight(line: u32, a: i32) -> f32 { return tables[tables_base + line + 1u + u32(a)]; }

fn coarse_value(place: u32, value: f32) {
    vectors[vectors_base + levels[at_level].rhs + place] = value;
    vectors[vectors_base + levels[at_level].state + place] = 0.0;
}

// Kinds of unknowns that a coarse cell gathers for.
const RADIAL = 0u;
const AXIAL = 1u;
const CELL = 2u;

// What a coarse unknown gathers from the fine residuals of its kind by a line along and a line across.
fn gather(kind: u32, fine: u32, along: u32, across: u32) -> f32 {
    let coarse = at_level;
    at_level = fine;
    var sum = 0.0;
    for (var a = 0; a < i32(SPREAD); a += 1) {
        var mixed = 0.0;
        for (var b = 0; b < i32(SPREAD); b += 1) {
            mixed += share_weight(along, b) * fine_value(kind, share_first(across) + a, share_first(along) + b);
        }
        sum += share_weight(across, a) * mixed;
    }
    at_level = coarse;
    return sum;
}

fn restrict_unit(level: u32, place: vec2<i32>) {
    let i = place.x;
    let j = place.y;
    let entry = 1u + SPREAD;
    let fine = level;
    let columns = levels[at_level].across;
    let height_rows = levels[at_level].rows;
    if has_radial(i, j) {
        var sum = 0.0;
        if !is_masked(i, j) {
            let position = side(i, pore_across());
            sum = gather(
                RADIAL, fine,
                levels[fine].restrict_radial_along + (position * height_rows + u32(j)) * entry,
                levels[fine].restrict_radial_across + u32(i) * entry,
            );
        }
        coarse_value(radial_at(i, j), sum);
    }
    if has_axial(i, j) {
        let position = side(j, mouth_row());
        let sum = gather(
            AXIAL, fine,
            levels[fine].restrict_axial_along + u32(j) * entry,
            levels[fine].restrict_axial_across + (position * columns + u32(i)) * entry,
        );
        coarse_value(axial_at(i, j), sum);
    }
    if has_cell(i, j) {
        let outside = u32(i >= pore_across());
        let in_pore = u32(j >= mouth_row());
        let sum = gather(
            CELL, fine,
            levels[fine].restrict_pressure_along + (outside * height_rows + u32(j)) * entry,
            levels[fine].restrict_pressure_across + (in_pore * columns + u32(i)) * entry,
        );
        coarse_value(cell_at(i, j), sum * pressure_from(i, j));
    }
    // Beside the mouth corner one cell owns both.
    let radial_wall = wall_of_radial(i, j);
    let axial_wall = wall_of_axial(i, j);
    if radial_wall >= 0 { restrict_wall(fine, radial_wall); }
    if axial_wall >= 0 { restrict_wall(fine, axial_wall); }
}

fn restrict_wall(fine: u32, wall: i32) {
    let line = levels[fine].restrict_layer + u32(wall) * (1u + SPREAD);
    var sum = 0.0;
    for (var a = 0; a < i32(SPREAD); a += 1) {
        sum += share_weight(line, a) * fine_wall(fine, share_first(line) + a);
    }
    coarse_value(wall_at(wall), sum);
}

// The fine residual; the fine level is entered.
fn fine_residual(place: u32) -> f32 { return vectors[vectors_base + levels[at_level].residual + place]; }
fn fine_value(kind: u32, i: i32, j: i32) -> f32 {
    switch kind {
        case RADIAL: {
            if has_radial(i, j) { return fine_residual(radial_at(i, j)); }
        }
        case AXIAL: {
            if has_axial(i, j) { return fine_residual(axial_at(i, j)); }
        }
        default: {
            if has_cell(i, j) { return fine_residual(cell_at(i, j)) * pressure_to(i, j); }
        }
    }
    return 0.0;
}
fn fine_wall(fine: u32, k: i32) -> f32 {
    if k < 0 || k >= i32(levels[fine].wall_cells) { return 0.0; }
    return vectors[vectors_base + levels[fine].residual + levels[fine].layer + u32(k)];
}

// `level` is the fine one; index counts coarse cells.
fn restrict_at(level: u32, index: u32) {
    at_level = level + 1u;
    if index < units() { restrict_unit(level, unit(index)); }
}

@compute @workgroup_size(WORKGROUP)
fn restrict_residual(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
                     @builtin(local_invocation_index) lane: u32) {
    if status[group.z].running == 0u { return; }
    enter(order.level, group.z);
    restrict_at(order.level, linear(group, groups, lane));
}
