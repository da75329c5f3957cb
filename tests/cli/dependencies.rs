//! Licences of everything that the program and the Python module are built from, and known advisories: works offline.

use crate::common::root;
use serde::Deserialize;
use std::fs;
use std::process::Command;

/// What the tests need of `deny.toml`.
#[derive(Deserialize)]
struct Deny {
    licenses: Licences,
    advisories: Advisories,
}

#[derive(Deserialize)]
struct Licences {
    allow: Vec<String>,
}

#[derive(Deserialize)]
struct Advisories {
    ignore: Vec<Ignored>,
}

#[derive(Deserialize)]
struct Ignored {
    id: String,
}

fn deny() -> Deny {
    let text = fs::read_to_string(root().join("deny.toml")).expect("it is there");
    toml::from_str(&text).expect("it has both lists")
}

/// Whether an SPDX expression leaves a choice of which every part is free.
fn is_free(expression: &str, free: &[String]) -> bool {
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
                    true => is_free(left, free) && is_free(right, free),
                    false => is_free(left, free) || is_free(right, free),
                };
            }
        }
    }
    let one = expression.trim();
    match one
        .strip_prefix('(')
        .and_then(|rest| rest.strip_suffix(')'))
    {
        Some(inner) => is_free(inner, free),
        None => free.iter().any(|name| name == one),
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
    let allowed = deny().licenses.allow;
    let is_free = |expression: &str| is_free(expression, &allowed);
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

/// Advisories that a package of this version has, from the rows of `reference/advisories.tsv`.
fn advisories<'a>(table: &'a str, name: &str, version: &str) -> Vec<&'a str> {
    let version = semver::Version::parse(version).expect("Cargo writes such");
    let mut found = Vec::new();
    for row in table.lines().skip(2) {
        let Some(rest) = (row.strip_prefix(name)).and_then(|rest| rest.strip_prefix('\t')) else {
            continue;
        };
        let [id, _, safe] = rest.split('\t').collect::<Vec<_>>()[..] else {
            panic!("four columns: {row}");
        };
        let is_safe = |range: &str| {
            semver::VersionReq::parse(range.trim())
                .unwrap_or_else(|error| panic!("{row}: {error}"))
                .matches(&version)
        };
        if safe.is_empty() || !safe.split(';').any(is_safe) {
            found.push(id);
        }
    }
    found
}

#[test]
fn no_dependency_has_an_advisory_that_is_not_listed() {
    let table = include_str!("../reference/advisories.tsv");
    let lock: toml::Table =
        toml::from_str(&fs::read_to_string(root().join("Cargo.lock")).unwrap()).unwrap();
    let mut found = Vec::new();
    for package in lock["package"].as_array().unwrap() {
        let [name, version] = ["name", "version"].map(|key| package[key].as_str().unwrap());
        for id in advisories(table, name, version) {
            found.push((id, format!("{name} {version}")));
        }
    }
    let ignored: Vec<String> = (deny().advisories.ignore.into_iter())
        .map(|entry| entry.id)
        .collect();
    let new: Vec<_> = (found.iter())
        .filter(|(id, _)| !ignored.iter().any(|known| known == id))
        .collect();
    assert!(new.is_empty(), "see https://rustsec.org: {new:?}");
    // Each exception is still needed, and said where users read of it.
    let told = fs::read_to_string(root().join("docs/reliability.md")).unwrap();
    for id in ignored {
        assert!(found.iter().any(|(known, _)| *known == id), "{id} is over");
        assert!(told.contains(&id), "{id}");
    }
    // Negative controls: a version that was bad, one between two safe ranges, one without any.
    assert_eq!(
        advisories(table, "lz4_flex", "0.11.5"),
        ["RUSTSEC-2026-0041"]
    );
    assert_eq!(
        advisories(table, "lz4_flex", "0.12.0"),
        ["RUSTSEC-2026-0041"]
    );
    assert!(advisories(table, "lz4_flex", "0.11.6").is_empty());
    assert!(advisories(table, "tokio", "1.7.1").contains(&"RUSTSEC-2021-0124"));
    assert_eq!(
        advisories(table, "ttf-parser", "0.25.1"),
        ["RUSTSEC-2026-0192"]
    );
}
