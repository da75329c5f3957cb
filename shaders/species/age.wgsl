// Crystallisation as the age of the material: the twin of src/kernels/species/age.rs. One invocation per cell.

@compute @workgroup_size(WORKGROUP)
fn ripen(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
         @builtin(local_invocation_index) lane: u32) {
    let cell = linear(group, groups, lane);
    if !enter(group.z) || cell >= info.cells { return; }
    var distance = real(0.0);
    for (var q = 0u; q < ELEMENTS; q += 1u) {
        let off = number(info.fractions + cell * ELEMENTS + q) - feedstock(q);
        distance += off * off;
    }
    let gain = share_of_step * parameter(AGEING) * exponential(distance * parameter(PER_SQUARED_WIDTH));
    keep(info.age + cell, number(info.double_age + cell) + gain);
}
