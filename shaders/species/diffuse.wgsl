// Implicit diffusion along rows, then along columns, one invocation per line: the twin of src/kernels/species/diffuse.rs.

// Through the layer's resistance and half a cell.
fn into_layer(half: real) -> real {
    return parameter(EXCHANGE) / (parameter(THICKNESS) + parameter(EXCHANGE) * half);
}
fn diffusion() -> real { return share_of_step * parameter(BULK); }

// Cell k of row j; after those of the bulk that of the layer.
fn in_row(j: u32, k: u32) -> u32 {
    if k < width(j) { return cell_start(j) + k; }
    return info.cells + info.across - info.pore_across + j - info.mouth_row;
}
fn row_cells(j: u32) -> u32 { return width(j) + u32(j >= info.mouth_row); }
// Conductance between cells k - 1 and k of row j.
fn row_conductance(j: u32, k: u32) -> real {
    if j < info.mouth_row {
        let height = table(info.lines + j + 1u) - table(info.lines + j);
        return diffusion() * radius(k) * height / (centre(k) - centre(k - 1u));
    }
    let share = row_share(j - info.mouth_row + 1u) - row_share(j - info.mouth_row);
    if k == info.pore_across {
        return diffusion() * contact() * share * into_layer(radius(k) - centre(k - 1u));
    }
    let height = real(0.5) * (front_height(k - 1u) + front_height(k)) * share;
    return diffusion() * radius(k) * height / (centre(k) - centre(k - 1u));
}

// Fractions after advection: the core's are in the double, the layer's in their place.
fn advected(cell: u32, q: u32) -> real {
    if cell < info.cells { return number(info.double + cell * ELEMENTS + q); }
    return number(info.fractions + cell * ELEMENTS + q);
}

@compute @workgroup_size(WORKGROUP)
fn diffuse_rows(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
                @builtin(local_invocation_index) lane: u32) {
    let j = linear(group, groups, lane);
    if !enter(group.z) || j >= info.rows { return; }
    let count = row_cells(j);
    // A feedstock that keeps its composition has nothing to diffuse.
    let still = diffusion() == real(0.0) || (is_held() && j < info.mouth_row);
    var left = real(0.0);
    for (var k = 0u; k < count; k += 1u) {
        let cell = in_row(j, k);
        if still {
            for (var q = 0u; q < ELEMENTS; q += 1u) { keep(info.fractions + cell * ELEMENTS + q, advected(cell, q)); }
            continue;
        }
        let v = volume(cell, end);
        var back = real(0.0);
        var on = real(0.0);
        left = v + back;
        if k > 0u {
            back = row_conductance(j, k);
            let before = number(info.work + in_row(j, k - 1u));
            left = v + back * (before / (before + back));
        }
        if k + 1u < count { on = row_conductance(j, k + 1u); }
        keep(info.work + cell, left);
        for (var q = 0u; q < ELEMENTS; q += 1u) {
            var came = real(0.0);
            if k > 0u { came = number(info.fractions + in_row(j, k - 1u) * ELEMENTS + q); }
            keep(info.fractions + cell * ELEMENTS + q, (v * advected(cell, q) + back * came) / (left + on));
        }
    }
    if still { return; }
    for (var k = count - 1u; k > 0u; k -= 1u) {
        let cell = in_row(j, k - 1u);
        let on = row_conductance(j, k);
        let share = on / (number(info.work + cell) + on);
        for (var q = 0u; q < ELEMENTS; q += 1u) {
            let own = info.fractions + cell * ELEMENTS + q;
            keep(own, number(own) + share * number(info.fractions + in_row(j, k) * ELEMENTS + q));
        }
    }
}

// Cell in row j of column i; above the last row below the mold face that of the layer.
fn in_column(i: u32, j: u32) -> u32 {
    if i >= info.pore_across && j == info.mouth_row { return info.cells + info.across - 1u - i; }
    return cell_start(j) + i;
}
// Conductance between rows j - 1 and j of column i.
fn column_conductance(i: u32, j: u32) -> real {
    let ring = real(0.5) * (radius(i + 1u) * radius(i + 1u) - radius(i) * radius(i));
    let below = ends(i, j - 1u);
    if i >= info.pore_across && j == info.mouth_row {
        return diffusion() * ring * into_layer(real(0.5) * (below.y - below.x));
    }
    let above = ends(i, j);
    return diffusion() * ring * real(2.0) / (above.x + above.y - below.x - below.y);
}

@compute @workgroup_size(WORKGROUP)
fn diffuse_columns(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
                   @builtin(local_invocation_index) lane: u32) {
    let i = linear(group, groups, lane);
    if !enter(group.z) || diffusion() == real(0.0) || i >= info.across { return; }
    let held = is_held();
    if held && i >= info.pore_across { return; }
    let first = first_row();
    var count = info.rows;
    if i >= info.pore_across { count = info.mouth_row + 1u; }
    var before: array<real, ELEMENTS>;
    for (var j = first; j < count; j += 1u) {
        let cell = in_column(i, j);
        if held && j == first { continue; }
        let v = volume(cell, end);
        var back = real(0.0);
        var on = real(0.0);
        var left = v;
        if j > first {
            back = column_conductance(i, j);
            left = v + back;
            if !(held && j == first + 1u) {
                let rest = number(info.work + in_column(i, j - 1u));
                left = v + back * (rest / (rest + back));
            }
        }
        if j + 1u < count { on = column_conductance(i, j + 1u); }
        keep(info.work + cell, left);
        for (var q = 0u; q < ELEMENTS; q += 1u) {
            let own = info.fractions + cell * ELEMENTS + q;
            if held { before[q] += v * number(own); }
            var came = real(0.0);
            if j > first { came = number(info.fractions + in_column(i, j - 1u) * ELEMENTS + q); }
            keep(own, (v * number(own) + back * came) / (left + on));
        }
    }
    var after: array<real, ELEMENTS>;
    for (var j = count; j > first; j -= 1u) {
        let cell = in_column(i, j - 1u);
        if held && j - 1u == first { continue; }
        var share = real(0.0);
        if j < count {
            let on = column_conductance(i, j);
            share = on / (number(info.work + cell) + on);
        }
        for (var q = 0u; q < ELEMENTS; q += 1u) {
            let own = info.fractions + cell * ELEMENTS + q;
            var value = number(own);
            if j < count { value += share * number(info.fractions + in_column(i, j) * ELEMENTS + q); }
            keep(own, value);
            after[q] += volume(cell, end) * value;
        }
    }
    // What a held feedstock gave.
    for (var q = 0u; q < ELEMENTS; q += 1u) {
        keep(info.taken + i * ELEMENTS + q, after[q] - before[q]);
    }
}
