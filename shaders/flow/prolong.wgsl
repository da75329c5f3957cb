// x_fine <- x_fine + P x_coarse: the twin of src/kernels/flow/prolong.rs.
//
// One invocation per fine cell adds to its left face, its lower face, its pressure and its wall cell. Which line of weights
// applies is decided by where the coarse unknown sits. Pressures are scaled at a free front.

fn base_index(line: u32) -> i32 { return i32(tables[tables_base + line]); }
fn base_weight(line: u32, a: i32) -> f32 { return tables[tables_base + line + 1u + u32(a)]; }

// The coarse state; the coarse level is entered.
fn coarse_state(place: u32) -> f32 { return vectors[vectors_base + levels[at_level].state + place]; }
fn coarse_radial(i: i32, j: i32) -> f32 {
    if !has_radial(i, j) { return 0.0; }
    return coarse_state(radial_at(i, j));
}
fn coarse_axial(i: i32, j: i32) -> f32 {
    if !has_axial(i, j) { return 0.0; }
    return coarse_state(axial_at(i, j));
}
fn coarse_cell(i: i32, j: i32) -> f32 {
    if !has_cell(i, j) { return 0.0; }
    return coarse_state(cell_at(i, j)) * pressure_from(i, j);
}
fn coarse_wall(k: i32) -> f32 {
    if k < 0 || k >= i32(levels[at_level].wall_cells) { return 0.0; }
    return coarse_state(wall_at(k));
}

fn add_to(place: u32, value: f32) {
    let k = vectors_base + levels[at_level].state + place;
    vectors[k] = vectors[k] + value;
}

fn prolong_radial(fine: u32, i: i32, j: i32) -> f32 {
    let across_line = levels[fine].prolong_radial_across + u32(i) * 3u;
    var sum = 0.0;
    for (var a = 0; a < 2; a += 1) {
        let column = base_index(across_line) + a;
        let along = levels[fine].prolong_radial_along
            + (side(column, pore_across()) * levels[fine].rows + u32(j)) * 3u;
        let row = base_index(along);
        let mixed = base_weight(along, 0) * coarse_radial(column, row)
            + base_weight(along, 1) * coarse_radial(column, row + 1);
        sum += base_weight(across_line, a) * mixed;
    }
    return sum;
}

fn prolong_axial(fine: u32, i: i32, j: i32) -> f32 {
    let along = levels[fine].prolong_axial_along + u32(j) * 3u;
    var sum = 0.0;
    for (var b = 0; b < 2; b += 1) {
        let row = base_index(along) + b;
        let across_line = levels[fine].prolong_axial_across
            + (side(row, mouth_row()) * levels[fine].across + u32(i)) * 3u;
        let column = base_index(across_line);
        let mixed = base_weight(across_line, 0) * coarse_axial(column, row)
            + base_weight(across_line, 1) * coarse_axial(column + 1, row);
        sum += base_weight(along, b) * mixed;
    }
    return sum;
}

// Coarse rows of reservoir and pore have their own line across; a fine row beside the mouth reads both.
fn prolong_cell(fine: u32, i: i32, j: i32) -> f32 {
    var sum = 0.0;
    for (var region = 0; region < 2; region += 1) {
        let across_line = levels[fine].prolong_pressure_across
            + (u32(region) * levels[fine].across + u32(i)) * 3u;
        for (var a = 0; a < 2; a += 1) {
            let column = base_index(across_line) + a;
            let along = levels[fine].prolong_pressure_along
                + (u32(column >= pore_across()) * levels[fine].rows + u32(j)) * 3u;
            var mixed = 0.0;
            for (var b = 0; b < 2; b += 1) {
                let row = base_index(along) + b;
                if i32(row >= mouth_row()) == region {
                    mixed += base_weight(along, b) * coarse_cell(column, row);
                }
            }
            sum += base_weight(across_line, a) * mixed;
        }
    }
    return sum;
}

fn prolong_wall(fine: u32, wall: i32) -> f32 {
    let line = levels[fine].prolong_layer + u32(wall) * 3u;
    let first = base_index(line);
    return base_weight(line, 0) * coarse_wall(first) + base_weight(line, 1) * coarse_wall(first + 1);
}

// `level` is the fine one.
fn prolong_unit(level: u32, place: vec2<i32>) {
    let i = place.x;
    let j = place.y;
    let radial = has_radial(i, j);
    let moving = radial && !is_masked(i, j);
    let axial = has_axial(i, j);
    let cell = has_cell(i, j);
    let radial_wall = wall_of_radial(i, j);
    let axial_wall = wall_of_axial(i, j);
    var radial_sum = 0.0;
    var axial_sum = 0.0;
    var cell_sum = 0.0;
    // Beside the mouth corner one cell owns two wall cells.
    var radial_wall_sum = 0.0;
    var axial_wall_sum = 0.0;

    at_level = level + 1u;
    if moving { radial_sum = prolong_radial(level, i, j); }
    if axial { axial_sum = prolong_axial(level, i, j); }
    if cell { cell_sum = prolong_cell(level, i, j); }
    if radial_wall >= 0 { radial_wall_sum = prolong_wall(level, radial_wall); }
    if axial_wall >= 0 { axial_wall_sum = prolong_wall(level, axial_wall); }

    at_level = level;
    if moving { add_to(radial_at(i, j), radial_sum); }
    if axial { add_to(axial_at(i, j), axial_sum); }
    if cell { add_to(cell_at(i, j), pressure_to(i, j) * cell_sum); }
    if radial_wall >= 0 { add_to(wall_at(radial_wall), radial_wall_sum); }
    if axial_wall >= 0 { add_to(wall_at(axial_wall), axial_wall_sum); }
}

fn prolong_at(index: u32) {
    if index < units() { prolong_unit(at_level, unit(index)); }
}

@compute @workgroup_size(WORKGROUP)
fn prolong_state(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
                 @builtin(local_invocation_index) lane: u32) {
    if status[group.z].running == 0u { return; }
    enter(order.level, group.z);
    prolong_at(linear(group, groups, lane));
}
