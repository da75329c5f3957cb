//! Checks the map of the rooms in `lib.rs`: every room imports what the map says, and nothing from a room above it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The only rooms that know of graphics processors.
const KNOW_GPUS: [&str; 3] = ["backend", "compute", "cli"];

/// Rooms of the map from the top down, each with those that it imports.
fn map(text: &str) -> Vec<(String, BTreeSet<String>)> {
    let row = |line: &str| {
        let (room, rest) = line.strip_prefix("//! | `")?.split_once('`')?;
        let imports = rest.trim_end().strip_suffix('|')?.rsplit('|').next()?;
        let names = imports.split(',').map(|name| name.trim().to_owned());
        let names = names.filter(|name| !name.is_empty()).collect();
        Some((room.to_owned(), names))
    };
    text.lines().filter_map(row).collect()
}

/// Lines of code, without comments.
fn code(text: &str) -> impl Iterator<Item = &str> {
    let lines = text.lines().map(str::trim_start);
    lines
        .filter(|line| !line.starts_with("//"))
        .map(|line| line.split(" // ").next().unwrap_or(line))
}

/// The rooms that a text imports from.
fn imports(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for line in code(text) {
        for path in line.split("crate::").skip(1) {
            let room: String = path
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
                .collect();
            assert!(!room.is_empty(), "rooms are imported one by one: {line}");
            found.insert(room);
        }
    }
    found
}

/// Every file of a room.
fn files(room: &str) -> Vec<PathBuf> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = vec![src.join(format!("{room}.rs"))];
    found.retain(|file| file.exists());
    let mut folders = vec![src.join(room)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.expect("the folder can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                found.push(path);
            }
        }
    }
    assert!(!found.is_empty(), "{room} is a room");
    found
}

fn read(file: &Path) -> String {
    std::fs::read_to_string(file).expect("a file of the program can be read")
}

/// What is wrong with a map in which the rooms import what `found` says.
fn wrong(
    map: &[(String, BTreeSet<String>)],
    found: impl Fn(&str) -> BTreeSet<String>,
) -> Vec<String> {
    let mut wrong = Vec::new();
    for (place, (room, stated)) in map.iter().enumerate() {
        let found = found(room);
        if found != *stated {
            let list: Vec<&str> = found.iter().map(String::as_str).collect();
            wrong.push(format!("{room} imports {}", list.join(", ")));
        }
        for other in &found {
            let below = map.iter().skip(place + 1).any(|(name, _)| name == other);
            if !below {
                wrong.push(format!("{other} does not stand below {room}"));
            }
        }
    }
    wrong
}

#[test]
fn the_map_of_the_rooms_is_true() {
    let text = include_str!("lib.rs");
    let map = map(text);
    let named: BTreeSet<&str> = map.iter().map(|(room, _)| room.as_str()).collect();
    let there = text
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod "));
    let there: BTreeSet<&str> = there.map(|room| room.trim_end_matches(';')).collect();
    assert_eq!(named, there, "every room stands in the map once");
    assert_eq!(named.len(), map.len());
    let of_room = |room: &str| {
        let mut all = BTreeSet::new();
        for file in files(room) {
            all.extend(imports(&read(&file)));
        }
        all.remove(room);
        all
    };
    let found = wrong(&map, of_room);
    assert!(found.is_empty(), "{}", found.join("\n"));
    // Negative controls: an import that is not in the map, and one from a room above.
    let planted = |room: &str| {
        let mut all = of_room(room);
        all.extend((room == "materials").then(|| "cli".to_owned()));
        all
    };
    let found = wrong(&map, planted);
    assert_eq!(found.len(), 2, "{found:?}");
    let found = imports("use crate::a::b;\n    // crate::c\nlet x = crate::d::e(); // crate::f");
    assert_eq!(found, BTreeSet::from(["a".to_owned(), "d".to_owned()]));
}

/// The physics does not know who computes it.
#[test]
fn only_what_computes_and_the_commands_know_of_gpus() {
    let knows = |file: &PathBuf| {
        let text = read(file);
        code(&text).any(|line| line.contains("gpu::") || line.contains("Gpu"))
    };
    for (room, _) in map(include_str!("lib.rs")) {
        if !KNOW_GPUS.contains(&room.as_str()) {
            let found: Vec<PathBuf> = files(&room).into_iter().filter(knows).collect();
            assert!(found.is_empty(), "{found:?} name a GPU");
        }
    }
    // Negative control: the search finds them where they are.
    for room in KNOW_GPUS {
        assert!(files(room).iter().any(knows), "{room}");
    }
}
