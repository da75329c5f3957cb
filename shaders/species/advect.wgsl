// Advection on a mesh that moves: the twin of src/kernels/species/advect.rs.
//
//            G(i, j+1) ^
//          +-----------+
//  F(i,j) >|   i, j    |> F(i+1, j)      volumes through the faces in one part of a step, relative to their motion
//          +-----------+
//            G(i, j) ^
//
// `changes` writes every cell's limited changes over half its width and half its height; `advect` gathers the four faces of every
// cell. The quantities of a cell are the elements' fractions and, last, the age, which has a limiter of its own.

const QUANTITIES: u32 = ELEMENTS + 1u;

fn radial_change(cell: u32, q: u32) -> u32 { return info.radial_changes + cell * QUANTITIES + q; }
fn axial_change(cell: u32, q: u32) -> u32 { return info.axial_changes + cell * QUANTITIES + q; }

// Central differences of quantities first..last times the smallest limiter of all of them, to `place`.
fn limited(cell: u32, before: u32, after: u32, to_before: real, to_after: real, half: real, first: u32, last: u32, place: u32) {
    let total = half / (to_before + to_after);
    let on_before = total * to_after / to_before;
    let on_after = total * to_before / to_after;
    var factor = real(1.0);
    for (var q = first; q < last; q += 1u) {
        let own = value(cell, q);
        let low = own - value(before, q);
        let high = value(after, q) - own;
        let central = on_before * low + on_after * high;
        keep(place + q, central);
        if max(abs(low), abs(high)) > UNIFORM * own {
            let allowed = select(real(0.0), min(abs(low), abs(high)), low * high > real(0.0));
            if abs(central) > allowed { factor = min(factor, allowed / abs(central)); }
        }
    }
    for (var q = first; q < last; q += 1u) { keep(place + q, factor * number(place + q)); }
}

fn limit_both(cell: u32, before: u32, after: u32, to_before: real, to_after: real, half: real, place: u32) {
    limited(cell, before, after, to_before, to_after, half, 0u, ELEMENTS, place);
    limited(cell, before, after, to_before, to_after, half, ELEMENTS, QUANTITIES, place);
}

@compute @workgroup_size(WORKGROUP)
fn changes(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
           @builtin(local_invocation_index) lane: u32) {
    let cell = linear(group, groups, lane);
    if !enter(group.z) || cell >= info.cells { return; }
    let at = place(cell);
    let i = at.x;
    let j = at.y;
    if j < first_row() { return; }
    let across_at = radial_change(cell, 0u);
    if i > 0u && i + 1u < width(j) {
        let half = real(0.5) * (radius(i + 1u) - radius(i));
        limit_both(cell, cell - 1u, cell + 1u, real(0.5) * (radius(i + 1u) - radius(i - 1u)),
            real(0.5) * (radius(i + 2u) - radius(i)), half, across_at);
    } else {
        for (var q = 0u; q < QUANTITIES; q += 1u) { keep(across_at + q, real(0.0)); }
    }
    let along_at = axial_change(cell, 0u);
    if j > 0u && j + 1u < info.rows && i < width(j + 1u) {
        let below = ends(i, j - 1u);
        let own = ends(i, j);
        let above = ends(i, j + 1u);
        let middle_of_own = real(0.5) * (own.x + own.y);
        limit_both(cell, cell_start(j - 1u) + i, cell_start(j + 1u) + i, middle_of_own - real(0.5) * (below.x + below.y),
            real(0.5) * (above.x + above.y) - middle_of_own, real(0.5) * (own.y - own.x), along_at);
    } else {
        for (var q = 0u; q < QUANTITIES; q += 1u) { keep(along_at + q, real(0.0)); }
    }
}

// What a flux from cell `from` to cell `to` takes along.
fn carried(from_cell: u32, to_cell: u32, flux: real, q: u32, along: bool) -> real {
    var up = to_cell;
    var sign = real(-1.0);
    if flux > real(0.0) {
        up = from_cell;
        sign = real(1.0);
    }
    let rest = sign * max(real(1.0) - abs(flux) / volume(up, start), real(0.0));
    var change: real;
    if along { change = number(axial_change(up, q)); } else { change = number(radial_change(up, q)); }
    return flux * (value(up, q) + rest * change);
}
// What a flux out of the bulk takes along, `beyond` being what lies there.
fn exchanged(cell: u32, flux: real, q: u32, beyond: real) -> real {
    return flux * select(beyond, value(cell, q), flux > real(0.0));
}
// What comes from the layer has moved atom by atom: its age is zero.
fn beside_in_layer(wall: u32, q: u32) -> real {
    if q == ELEMENTS { return real(0.0); }
    return number(info.fractions + (info.cells + wall) * ELEMENTS + q);
}
fn at_front(q: u32) -> real {
    let given = number(info.given);
    if q == ELEMENTS || given == real(0.0) { return real(0.0); }
    return number(info.passed + q) / given;
}
fn at_inlet(q: u32) -> real {
    if q == ELEMENTS { return feedstock_age(); }
    return feedstock(q);
}

@compute @workgroup_size(WORKGROUP)
fn advect(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
          @builtin(local_invocation_index) lane: u32) {
    let cell = linear(group, groups, lane);
    if !enter(group.z) || cell >= info.cells { return; }
    let at = place(cell);
    let i = at.x;
    let j = at.y;
    let first = first_row();
    let face = info.across - info.pore_across;
    let left = moved(info.radial, radial_start(j) + i);
    let right = moved(info.radial, radial_start(j) + i + 1u);
    let lower = moved(info.axial, axial_start(j) + i);
    let upper = moved(info.axial, axial_start(j + 1u) + i);
    for (var q = 0u; q < QUANTITIES; q += 1u) {
        let to = select(info.double + cell * ELEMENTS + q, info.double_age + cell, q == ELEMENTS);
        if j < first {
            keep(to, value(cell, q));
            continue;
        }
        var amount = value(cell, q) * volume(cell, start);
        if i > 0u { amount += carried(cell - 1u, cell, left, q, false); }
        if i + 1u < width(j) {
            amount -= carried(cell, cell + 1u, right, q, false);
        } else if j >= info.mouth_row {
            amount -= exchanged(cell, right, q, beside_in_layer(face + j - info.mouth_row, q));
        }
        if j > first {
            amount += carried(cell_start(j - 1u) + i, cell, lower, q, true);
        } else if j == 0u {
            amount -= exchanged(cell, -lower, q, at_inlet(q));
        }
        if j + 1u == info.rows {
            amount -= exchanged(cell, upper, q, at_front(q));
        } else if i < width(j + 1u) {
            amount -= carried(cell, cell_start(j + 1u) + i, upper, q, true);
        } else {
            amount -= exchanged(cell, upper, q, beside_in_layer(info.across - 1u - i, q));
        }
        var found = amount / volume(cell, end);
        if is_held() && j == first {
            // The row below the mouth gets the feedstock's composition again; what that takes counts as inflow.
            if q < ELEMENTS {
                keep(info.lacking + i * ELEMENTS + q, volume(cell, end) * (feedstock(q) - found));
                found = feedstock(q);
            } else {
                found = feedstock_age();
            }
        }
        keep(to, found);
    }
}
