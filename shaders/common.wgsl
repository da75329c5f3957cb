// Numbering of the invocations of a dispatch: x and y together count workgroups, z counts cases.

fn linear(group: vec3<u32>, groups: vec3<u32>, lane: u32) -> u32 {
    return (group.y * groups.x + group.x) * WORKGROUP + lane;
}
