// x <- x + e: the correction found in the cycles' precision is added to the state in the outer one. The twin of
// src/kernels/flow/correct.rs.

@compute @workgroup_size(WORKGROUP)
fn correct(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
           @builtin(local_invocation_index) lane: u32) {
    if status[group.z].pending == 0u { return; }
    enter(0u, group.z);
    let k = linear(group, groups, lane);
    if k < levels[0].length {
        let place = group.z * batch.outer_vectors + k;
        outer_vectors[place] = outer_vectors[place] + real(vectors[vectors_base + levels[0].state + k]);
    }
}
