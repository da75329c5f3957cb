//! Lists the shipped cases, materials, facts and molds, so that the wheel carries them.

use std::fmt::Write;
use std::path::{Path, PathBuf};

fn main() {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let root = root
        .parent()
        .expect("python/ is in the project")
        .to_path_buf();
    let mut text = String::from("[\n");
    for folder in [
        "cases",
        "cases/materials",
        "cases/facts",
        "cases/sweeps",
        "meshes",
    ] {
        println!("cargo::rerun-if-changed={}", root.join(folder).display());
        for file in tomls(&root.join(folder)) {
            let name = file
                .file_name()
                .expect("a file")
                .to_string_lossy()
                .into_owned();
            let path = file.display().to_string();
            writeln!(
                text,
                "({:?}, include_str!({path:?})),",
                format!("{folder}/{name}")
            )
            .expect("memory");
        }
    }
    text.push(']');
    let out = PathBuf::from(std::env::var("OUT_DIR").expect("cargo sets it"));
    std::fs::write(out.join("shipped.rs"), text).expect("the build folder can be written");
}

fn tomls(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("the folder is there");
    let mut found: Vec<PathBuf> = entries
        .map(|entry| entry.expect("can be read").path())
        .collect();
    found.retain(|path| path.extension().is_some_and(|end| end == "toml"));
    found.sort();
    found
}
