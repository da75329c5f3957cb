//! Which invocation of a dispatch does which part of its work.

/// The sequence of invocations. No result may depend on it: a GPU runs lanes and workgroups as it likes, and a value that one
/// invocation reads while another writes it is a race. A software adapter hides races, because it goes through lanes in
/// their order; against the reversed one it shows them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sequence {
    /// As dispatched.
    #[default]
    Given,
    /// The last lane does the work of the first, the last workgroup that of the first, the last case that of the first.
    Reversed,
}

impl Sequence {
    /// The text of a module in this sequence.
    pub(super) fn arrange(self, text: String) -> String {
        match self {
            Sequence::Given => text,
            Sequence::Reversed => reversed(&text),
        }
    }
}

const GROUP: &str = "@builtin(workgroup_id) group: vec3<u32>";
const GROUPS: &str = "@builtin(num_workgroups) groups: vec3<u32>";
const LANE: &str = "@builtin(local_invocation_index) lane: u32";

/// Entry points count `group` and `lane` from the other end.
///
/// # Panics
/// If an entry point names its workgroup or its lane otherwise: it would not be reversed.
#[expect(clippy::expect_used, reason = "the shaders are the program's own")]
fn reversed(text: &str) -> String {
    let mut parts = text.split("@workgroup_size(");
    let mut out = parts.next().expect("a first part").to_string();
    for part in parts {
        let (head, body) = part.split_once(") {\n").expect("an entry point has a body");
        let (size, head) = head.split_once(')').expect("a size in parentheses");
        for parameter in [GROUP, LANE] {
            assert!(head.contains(parameter), "`{parameter}` is not in{head}");
        }
        let mut head = head
            .replace(GROUP, &GROUP.replace("group:", "group_given:"))
            .replace(LANE, &LANE.replace("lane:", "lane_given:"));
        if !head.contains(GROUPS) {
            head = format!("{head}, {GROUPS}");
        }
        out += &format!(
            "@workgroup_size({size}){head}) {{\n\
             \x20   let group = groups - vec3<u32>(1u) - group_given;\n\
             \x20   let lane = {size} - 1u - lane_given;\n\
             {body}"
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_point_is_reversed() {
        let text = "const N: u32 = 4u;\n@compute @workgroup_size(N)\n\
            fn a(@builtin(workgroup_id) group: vec3<u32>,\n     @builtin(local_invocation_index) lane: u32) {\n    f(group, lane);\n}\n";
        let two = text.replace("fn a", "fn b");
        let found = Sequence::Reversed.arrange(format!("{text}{two}"));
        assert_eq!(found.matches("let lane = N - 1u - lane_given;").count(), 2);
        assert_eq!(
            found
                .matches("groups - vec3<u32>(1u) - group_given")
                .count(),
            2
        );
        assert_eq!(found.matches("f(group, lane);").count(), 2);
        assert_eq!(Sequence::Given.arrange(text.into()), text);
        // One that cannot be reversed is not passed over.
        let other = text.replace("lane: u32", "index: u32");
        assert!(std::panic::catch_unwind(|| Sequence::Reversed.arrange(other)).is_err());
    }
}
