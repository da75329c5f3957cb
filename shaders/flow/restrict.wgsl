// b_coarse <- P' r_fine, and the coarse state starts from rest: the twin of src/kernels/flow/restrict.rs.
//
// One invocation per coarse cell gathers for its left face, its lower face, its pressure and its wall cell. Which line of
// weights applies is decided by where the coarse unknown sits. What belongs to the pressure is weighted with the filling of
// the fine cells over that of the coarse one.

// First fine index and the weight of entry `a` of line `line`.
fn share_first(line: u32) -> i32 { return i32(tables[tables_base + line]); }
fn share_weight(line: u32, a: i32) -> f32 { return tables[tables_base + line + 1u + u32(a)]; }

fn coarse_value(place: u32, value: f32) {
    vectors[vectors_base + levels[at_level].rhs + place] = value;
    vectors[vectors_base + levels[at_level].state + place] = 0.0;
}

// Where a coarse unknown lies and which lines gather for it.
struct Gather {
    place: u32,
    along: u32,
    across: u32,
}

fn restrict_unit(level: u32, place: vec2<i32>) {
    let i = place.x;
    let j = place.y;
    let entry = 1u + SPREAD;
    let fine = level;
    // Layout questions first, while the coarse level is entered.
    let columns = levels[at_level].across;
    let height_rows = levels[at_level].rows;
    let radial = has_radial(i, j);
    let masked = radial && is_masked(i, j);
    let axial = has_axial(i, j);
    let cell = has_cell(i, j);
    let radial_wall = wall_of_radial(i, j);
    let axial_wall = wall_of_axial(i, j);
    let in_pore = u32(j >= mouth_row());
    let outside = u32(i >= pore_across());
    let radial_gather = Gather(
        radial_at(i, j),
        levels[fine].restrict_radial_along + (side(i, pore_across()) * height_rows + u32(j)) * entry,
        levels[fine].restrict_radial_across + u32(i) * entry,
    );
    let axial_gather = Gather(
        axial_at(i, j),
        levels[fine].restrict_axial_along + u32(j) * entry,
        levels[fine].restrict_axial_across + (side(j, mouth_row()) * columns + u32(i)) * entry,
    );
    let cell_gather = Gather(
        cell_at(i, j),
        levels[fine].restrict_pressure_along + (outside * height_rows + u32(j)) * entry,
        levels[fine].restrict_pressure_across + (in_pore * columns + u32(i)) * entry,
    );
    if radial {
        var sum = 0.0;
        if !masked {
            at_level = fine;
            for (var a = 0; a < i32(SPREAD); a += 1) {
                var mixed = 0.0;
                for (var b = 0; b < i32(SPREAD); b += 1) {
                    mixed += share_weight(radial_gather.along, b)
                        * fine_radial(share_first(radial_gather.across) + a, share_first(radial_gather.along) + b);
                }
                sum += share_weight(radial_gather.across, a) * mixed;
            }
            at_level = fine + 1u;
        }
        coarse_value(radial_gather.place, sum);
    }
    if axial {
        var sum = 0.0;
        at_level = fine;
        for (var a = 0; a < i32(SPREAD); a += 1) {
            var mixed = 0.0;
            for (var b = 0; b < i32(SPREAD); b += 1) {
                mixed += share_weight(axial_gather.along, b)
                    * fine_axial(share_first(axial_gather.across) + a, share_first(axial_gather.along) + b);
            }
            sum += share_weight(axial_gather.across, a) * mixed;
        }
        at_level = fine + 1u;
        coarse_value(axial_gather.place, sum);
    }
    if cell {
        var sum = 0.0;
        at_level = fine;
        for (var a = 0; a < i32(SPREAD); a += 1) {
            var mixed = 0.0;
            for (var b = 0; b < i32(SPREAD); b += 1) {
                mixed += share_weight(cell_gather.along, b)
                    * fine_cell(share_first(cell_gather.across) + a, share_first(cell_gather.along) + b);
            }
            sum += share_weight(cell_gather.across, a) * mixed;
        }
        at_level = fine + 1u;
        coarse_value(cell_gather.place, sum / cell_filling(i, j));
    }
    // Beside the mouth corner one cell owns both.
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
fn fine_value(place: u32) -> f32 { return vectors[vectors_base + levels[at_level].residual + place]; }
fn fine_radial(i: i32, j: i32) -> f32 {
    if !has_radial(i, j) { return 0.0; }
    return fine_value(radial_at(i, j));
}
fn fine_axial(i: i32, j: i32) -> f32 {
    if !has_axial(i, j) { return 0.0; }
    return fine_value(axial_at(i, j));
}
fn fine_cell(i: i32, j: i32) -> f32 {
    if !has_cell(i, j) { return 0.0; }
    return fine_value(cell_at(i, j)) * cell_filling(i, j);
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
