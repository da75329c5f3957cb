// The outer problem's residual becomes the right-hand side of the correction equation K e = b - K x, and e starts from
// rest: the twin of src/kernels/flow/defect.rs. x, b and K are in the outer precision, the result is rounded.

fn load(k: u32) -> real { return outer_vectors[x_base + levels[0].length + k]; }
fn emit(k: u32, value: real) {
    vectors[vectors_base + levels[0].rhs + k] = f32(value);
    vectors[vectors_base + levels[0].state + k] = 0.0;
}

@compute @workgroup_size(WORKGROUP)
fn defect(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
          @builtin(local_invocation_index) lane: u32) {
    if status[group.z].pending == 0u { return; }
    enter(0u, group.z);
    tables_base = group.z * batch.outer_tables;
    x_base = group.z * batch.outer_vectors;
    let index = linear(group, groups, lane);
    if index < units() { residual_unit(unit(index)); }
}
