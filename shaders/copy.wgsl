// A plain copy of vectors onto outer_vectors, one number per invocation: what the memory can do.

@compute @workgroup_size(WORKGROUP)
fn copy(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
    let k = linear(group, groups, lane);
    if k < arrayLength(&vectors) { outer_vectors[k] = vectors[k]; }
}
