// x_fine <- x_fine + P x_coarse: the twin of src/kernels/flow/prolong.rs.
//
// One invocation per fine cell adds to its left face, its lower face, its pressure and its wall cell. Which line of weights
// applies is decided by where the coarse unknown sits. Pressures are scaled at a free front.

// The fine level, while the coarse one is entered.
var<private> fine: LevelInfo;

// A line of weights: the first coarse index and the weights of two.
struct Pair {
    first: i32,
    weights: array<f32, 2>,
}
fn pair(k: u32) -> Pair {
    let place = tables_base + k;
    return Pair(i32(tables[place]), array<f32, 2>(tables[place + 1u], tables[place + 2u]));
}

// The coarse state.
fn coarse_radial(i: i32, j: i32) -> f32 {
    return select(0.0, vectors[vectors_base + grid.state + radial_at(i, j)], has_radial(i, j));
}
fn coarse_axial(i: i32, j: i32) -> f32 {
    return select(0.0, vectors[vectors_base + grid.state + axial_at(i, j)], has_axial(i, j));
}
fn coarse_cell(i: i32, j: i32) -> f32 {
    let cell = u32(cell_start(j) + i);
    let factor = tables[tables_base + fine.pressure_from + cell];
    return select(0.0, vectors[vectors_base + grid.state + grid.pressure + cell] * factor, has_cell(i, j));
}
fn coarse_wall(k: i32) -> f32 {
    return select(0.0, vectors[vectors_base + grid.state + wall_at(k)], u32(k) < grid.wall_cells);
}

fn prolong_radial(i: i32, j: i32) -> f32 {
    let across = pair(fine.prolong_radial_across + u32(i) * 3u);
    var sum = 0.0;
    for (var a = 0; a < 2; a += 1) {
        let column = across.first + a;
        let along = pair(fine.prolong_radial_along + (side(column, pore_across()) * fine.rows + u32(j)) * 3u);
        sum += across.weights[a] * (along.weights[0] * coarse_radial(column, along.first)
            + along.weights[1] * coarse_radial(column, along.first + 1));
    }
    return sum;
}

fn prolong_axial(i: i32, j: i32) -> f32 {
    let along = pair(fine.prolong_axial_along + u32(j) * 3u);
    var sum = 0.0;
    for (var b = 0; b < 2; b += 1) {
        let row = along.first + b;
        let across = pair(fine.prolong_axial_across + (side(row, mouth_row()) * fine.across + u32(i)) * 3u);
        sum += along.weights[b] * (across.weights[0] * coarse_axial(across.first, row)
            + across.weights[1] * coarse_axial(across.first + 1, row));
    }
    return sum;
}

// Coarse rows of reservoir and pore have their own line across; a fine row beside the mouth reads both.
fn prolong_cell(i: i32, j: i32) -> f32 {
    var sum = 0.0;
    for (var region = 0; region < 2; region += 1) {
        let across = pair(fine.prolong_pressure_across + (u32(region) * fine.across + u32(i)) * 3u);
        for (var a = 0; a < 2; a += 1) {
            let column = across.first + a;
            let along = pair(fine.prolong_pressure_along + (u32(column >= pore_across()) * fine.rows + u32(j)) * 3u);
            for (var b = 0; b < 2; b += 1) {
                let row = along.first + b;
                let part = across.weights[a] * along.weights[b] * coarse_cell(column, row);
                sum += select(0.0, part, i32(row >= mouth_row()) == region);
            }
        }
    }
    return sum;
}

fn prolong_wall(wall: i32) -> f32 {
    let line = pair(fine.prolong_layer + u32(wall) * 3u);
    return line.weights[0] * coarse_wall(line.first) + line.weights[1] * coarse_wall(line.first + 1);
}

// `level` is the fine one. Everything but for the few wall cells is read before anything is written, and read whether it is there or not: loads without a
// branch around them go out together.
fn prolong_unit(level: u32, place: vec2<i32>) {
    let i = place.x;
    let j = place.y;
    fine = grid;
    let state = vectors_base + fine.state;
    let moving = has_radial(i, j) && !is_masked(i, j);
    let axial = has_axial(i, j);
    let cell = has_cell(i, j);
    // Beside the mouth corner one cell owns two wall cells.
    let radial_wall = wall_of_radial(i, j);
    let axial_wall = wall_of_axial(i, j);
    let radial_place = state + radial_at(i, j);
    let axial_place = state + axial_at(i, j);
    let cell_place = state + cell_at(i, j);
    let radial_before = vectors[radial_place];
    let axial_before = vectors[axial_place];
    let cell_before = vectors[cell_place];
    let factor = pressure_to(i, j);

    turn_to(level + 1u);
    let radial_after = radial_before + prolong_radial(i, j);
    let axial_after = axial_before + prolong_axial(i, j);
    let cell_after = cell_before + factor * prolong_cell(i, j);
    if radial_wall >= 0 { add_to_wall(state, radial_wall); }
    if axial_wall >= 0 { add_to_wall(state, axial_wall); }
    if moving { vectors[radial_place] = radial_after; }
    if axial { vectors[axial_place] = axial_after; }
    if cell { vectors[cell_place] = cell_after; }
}

fn add_to_wall(state: u32, wall: i32) {
    let place = state + fine.layer + u32(wall);
    vectors[place] = vectors[place] + prolong_wall(wall);
}

fn prolong_at(level: u32, index: u32) {
    turn_to(level);
    if index < units() { prolong_unit(level, unit(index)); }
}

@compute @workgroup_size(WORKGROUP)
fn prolong_state(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
                 @builtin(local_invocation_index) lane: u32) {
    if status[group.z].running == 0u { return; }
    enter(order.level, group.z);
    prolong_at(order.level, linear(group, groups, lane));
}
