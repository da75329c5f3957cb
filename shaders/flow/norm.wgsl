// Euclidean norm of the residual and what follows from it: the twin of src/kernels/flow/norm.rs.
//
// Two dispatches with fixed trees, so that the same data give the same bits: `norm_parts` leaves one partial sum per
// workgroup, `norm_whole` (one workgroup per case) adds them up and decides whether the case goes on.

var<workgroup> terms: array<f32, WORKGROUP>;
var<workgroup> go: u32;

// Sum of the workgroup's terms, in lane 0.
fn tree_sum(lane: u32) -> f32 {
    workgroupBarrier();
    for (var half = WORKGROUP / 2u; half > 0u; half /= 2u) {
        if lane < half { terms[lane] += terms[lane + half]; }
        workgroupBarrier();
    }
    return terms[0];
}

// True if the norm asked for is still wanted: of the correction's residual while the case runs, of the outer one while its
// correction is pending.
fn norm_is_due(instance: u32, lane: u32) -> bool {
    if lane == 0u {
        go = select(status[instance].pending, status[instance].running, order.argument == NORM_INNER);
    }
    return workgroupUniformLoad(&go) != 0u;
}

@compute @workgroup_size(WORKGROUP)
fn norm_parts(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
              @builtin(local_invocation_index) lane: u32) {
    if norm_is_due(group.z, lane) {
        enter(0u, group.z);
        let vector = select(levels[0].rhs, levels[0].residual, order.argument == NORM_INNER);
        let part = group.y * groups.x + group.x;
        var sum = 0.0;
        for (var k = 0u; k < NORM_TERMS; k += 1u) {
            let place = (part * NORM_TERMS + k) * WORKGROUP + lane;
            if place < levels[0].length {
                let value = vectors[vectors_base + vector + place];
                sum += value * value;
            }
        }
        terms[lane] = sum;
        let whole = tree_sum(lane);
        if lane == 0u && part < norm_part_count() { vectors[vectors_base + batch.partials + part] = whole; }
    }
}

fn norm_part_count() -> u32 {
    return (levels[0].length + NORM_TERMS * WORKGROUP - 1u) / (NORM_TERMS * WORKGROUP);
}

@compute @workgroup_size(WORKGROUP)
fn norm_whole(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    if norm_is_due(group.z, lane) {
        enter(0u, group.z);
        var sum = 0.0;
        for (var part = lane; part < norm_part_count(); part += WORKGROUP) {
            sum += vectors[vectors_base + batch.partials + part];
        }
        terms[lane] = sum;
        let whole = tree_sum(lane);
        if lane == 0u { decide(group.z, sqrt(whole) * status[group.z].per_load); }
    }
}

// By the bits: a compiler may take a comparison with itself for true.
fn is_finite(value: f32) -> bool { return (bitcast<u32>(value) & 0x7f800000u) != 0x7f800000u; }

fn decide(instance: u32, relative: f32) {
    if order.argument != NORM_INNER {
        status[instance].outer = relative;
        return;
    }
    let check = status[instance].checks;
    status[instance].residuals[check % CHECKS] = relative;
    status[instance].checks = check + 1u;
    if relative <= status[instance].tolerance || !is_finite(relative) { status[instance].running = 0u; }
}
