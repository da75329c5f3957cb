//! Licences of everything that the program and the Python module are built from, from Cargo's own metadata: works offline.

use crate::common::root;
use std::process::Command;

/// Licences under which code (or fonts) may come along in a program under MIT or Apache-2.0 without asking anything of its users but
/// to keep the notice.
const FREE: [&str; 13] = [
    "MIT",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "0BSD",
    "BSL-1.0",
    "ISC",
    "Zlib",
    "Unlicense",
    "Unicode-3.0",
    // Of the fonts in pictures.
    "OFL-1.1",
    "Ubuntu-font-1.0",
];

/// Whether an SPDX expression leaves a choice of which every part is free.
fn is_free(expression: &str) -> bool {
    // Cargo's old way of writing OR.
    let expression = expression.replace('/', " OR ");
    // The first operator outside of brackets, OR before AND: it binds less.
    for (operator, all) in [(" OR ", false), (" AND ", true)] {
        let mut depth = 0;
        for (at, letter) in expression.char_indices() {
            match letter {
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => {}
            }
            if depth == 0 && expression[at..].starts_with(operator) {
                let (left, right) = (&expression[..at], &expression[at + operator.len()..]);
                return match all {
                    true => is_free(left) && is_free(right),
                    false => is_free(left) || is_free(right),
                };
            }
        }
    }
    let one = expression.trim();
    match one
        .strip_prefix('(')
        .and_then(|rest| rest.strip_suffix(')'))
    {
        Some(inner) => is_free(inner),
        None => FREE.contains(&one),
    }
}

#[test]
fn every_dependency_is_free() {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version",
            "1",
            "--offline",
            "--all-features",
        ])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "`cargo fetch` brings what is missing: {said}"
    );
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    assert!(packages.len() > 100, "{}", packages.len());
    let bad: Vec<String> = (packages.iter())
        .filter(|package| !package["license"].as_str().is_some_and(is_free))
        .map(|package| {
            format!(
                "{} {}: {}",
                package["name"], package["version"], package["license"]
            )
        })
        .collect();
    assert!(bad.is_empty(), "{}", bad.join("\n"));
    // Negative controls.
    assert!(
        is_free("(MIT OR Apache-2.0) AND Unicode-3.0") && is_free("LGPL-2.1-or-later OR MIT/X")
    );
    for wrong in [
        "GPL-3.0-only",
        "MIT AND GPL-2.0-only",
        "(MIT OR Apache-2.0) AND SSPL-1.0",
        "",
    ] {
        assert!(!is_free(wrong), "{wrong}");
    }
}
