// The residual in the cycles' precision.

fn load(k: u32) -> real { return vectors[vectors_base + grid.rhs + k]; }
fn emit(k: u32, value: real) { vectors[vectors_base + grid.residual + k] = value; }

fn residual_at(index: u32) {
    x_base = vectors_base + grid.state;
    if index < units() { residual_unit(unit(index)); }
}

@compute @workgroup_size(WORKGROUP)
fn residual(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
            @builtin(local_invocation_index) lane: u32) {
    if status[group.z].running == 0u { return; }
    enter(order.level, group.z);
    residual_at(linear(group, groups, lane));
}
