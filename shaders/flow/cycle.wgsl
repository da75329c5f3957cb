// The coarse levels of a cycle in one dispatch: one workgroup per case goes through a program of kernels, each a loop over
// the cells of its level. Twin: the same entries of the plan, one by one.

@compute @workgroup_size(FUSED_WORKGROUP)
fn cycle(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    if lane == 0u { go = status[group.z].running; }
    if workgroupUniformLoad(&go) != 0u {
        for (var k = 0u; k < order.source; k += 1u) {
            let next = program[order.argument + k];
            // Entered anew by every kernel: descriptions that all of them share would take the registers of each.
            switch next.kernel {
                case KERNEL_SMOOTH: {
                    enter(next.level, group.z);
                    for (var at = lane; at < smooth_places(next.argument); at += FUSED_WORKGROUP) {
                        smooth_at(next.argument, next.source, at);
                    }
                }
                case KERNEL_RESIDUAL: {
                    enter(next.level, group.z);
                    for (var at = lane; at < units(); at += FUSED_WORKGROUP) { residual_at(at); }
                }
                case KERNEL_RESTRICT: {
                    enter(next.level + 1u, group.z);
                    let count = units();
                    for (var at = lane; at < count; at += FUSED_WORKGROUP) { restrict_at(next.level, at); }
                }
                case KERNEL_PROLONG: {
                    enter(next.level, group.z);
                    let count = units();
                    for (var at = lane; at < count; at += FUSED_WORKGROUP) { prolong_at(next.level, at); }
                }
                case KERNEL_COARSE_FORWARD: {
                    enter(next.level, group.z);
                    coarse_forward(group.z, lane, next.argument, next.source);
                }
                default: {
                    enter(next.level, group.z);
                    coarse_backward(group.z, lane, next.argument, next.source);
                }
            }
            storageBarrier();
        }
    }
}
