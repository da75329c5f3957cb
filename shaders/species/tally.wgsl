// What a held feedstock gave in this part of a step: one workgroup per case, one invocation per element.

@compute @workgroup_size(WORKGROUP)
fn tally(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    if !enter(group.z) || !is_held() || lane >= ELEMENTS { return; }
    var sum = real(0.0);
    for (var i = 0u; i < info.across; i += 1u) { sum += number(info.lacking + i * ELEMENTS + lane); }
    if parameter(BULK) > real(0.0) {
        for (var i = 0u; i < info.pore_across; i += 1u) { sum += number(info.taken + i * ELEMENTS + lane); }
    }
    keep(info.inflow + lane, number(info.inflow + lane) + sum);
}
