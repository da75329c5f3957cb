//! Disks that are full and folders that cannot be written: what was there stays, and what failed is named.

use crate::common::program::{done, program, text, with_small_files};
use crate::common::root;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// A folder with small inputs, and for each command that writes its arguments, the folder or file that it writes and one file in it.
fn commands(folder: &Path) -> Vec<(Vec<String>, &'static str)> {
    let at = |path: &str| root().join(path).display().to_string();
    let case = at("cases/ni_d60_297C.toml");
    let material = at("cases/materials/ni45pd35p16b4.toml");
    let lengths = at("cases/data/ni_synthetic.csv");
    let mut pores = "x_um,y_um,L_nm\n".to_owned();
    for k in 0..100 {
        pores += &format!("{},{},{}\n", k % 10, k / 10, 300 + k);
    }
    fs::write(folder.join("pores.csv"), pores).unwrap();
    fs::write(
        folder.join("sweep.toml"),
        format!(
            "name = \"s\"\ncase_file = {case:?}\nmodel = \"reduced\"\n[[axis]]\nkey = \"pore.diameter_nm\"\nvalues = [20, 60]\n"
        ),
    )
    .unwrap();
    let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    [
        (format!("run {case} --model reduced --out run"), "run"),
        (format!("run {case} --set front.model=flat --set mesh.cells_per_radius=8 --set process.stop_length_nm=40 --out full"), "full"),
        ("sweep sweep.toml --out sweep".to_owned(), "sweep"),
        (format!("synthesize {case} --at 297,1.25,100 --diameters 60 --set front.model=flat --out lengths.csv"), "lengths.csv"),
        (format!("properties {material} --out properties"), "properties"),
        (format!("calibrate {lengths} --material {material} --out calibrate"), "calibrate"),
        (format!("scaling {lengths} --material {material} --out scaling"), "scaling"),
        (format!("map pores.csv --material {material} --at 297,1.25,36000 --diameter 20 --out map"), "map"),
    ]
    .into_iter()
    .map(|(line, out)| (words(&line), out))
    .collect()
}

/// Commands that write tables and pictures.
const REPORTS: [&str; 4] = ["properties", "calibrate", "scaling", "map"];

/// All files at a path, by name.
fn files(path: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    if path.is_file() {
        found.insert(String::new(), fs::read(path).unwrap());
    } else {
        for entry in fs::read_dir(path).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            for (rest, bytes) in files(&entry.path()) {
                found.insert(format!("{name}/{rest}"), bytes);
            }
        }
    }
    found
}

/// Both kinds of trouble for every command, over an earlier result: it ends with 1, names a file, and leaves that result as it was.
#[cfg(unix)]
#[test]
fn a_full_disk_or_a_read_only_folder_costs_no_earlier_result() {
    let folder = TempDir::new().unwrap();
    let path = folder.path();
    for (arguments, out) in commands(path) {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        done(&program(path, &arguments).output().unwrap());
        // What was there is told apart from what the same command would write.
        for name in files(&path.join(out)).keys() {
            let file = match &**name {
                "" => path.join(out),
                name => path.join(out).join(name.trim_end_matches('/')),
            };
            let marked = [&fs::read(&file).unwrap()[..], b" "].concat();
            fs::write(file, marked).unwrap();
        }
        let before = files(&path.join(out));
        assert!(!before.is_empty(), "{out}");
        let again = [&arguments[..], &["--force"]].concat();
        // No file of more than one block of 512 bytes; a short table fits into that.
        let blocks = u32::from(!out.ends_with(".csv"));
        let mut tried = vec![
            ("full", with_small_files(path, blocks, &again)),
            ("read-only", as_one_who_may_not_write(path, &again)),
        ];
        // Tables of 12 kB fit, pictures do not.
        if REPORTS.contains(&out) {
            tried.push(("nearly full", with_small_files(path, 24, &again)));
        }
        for (kind, output) in tried {
            let said = text(&output.stderr);
            assert_eq!(output.status.code(), Some(1), "{out}, {kind}: {said}");
            assert!(
                said.contains("cannot ") && said.contains(out),
                "{out}, {kind}: {said}"
            );
            let mut now = files(&path.join(out));
            // What a run or sweep has begun lies apart.
            now.retain(|name, _| !name.starts_with("replacement/"));
            let lost: Vec<&String> = before
                .keys()
                .filter(|name| now.get(*name) != before.get(*name))
                .collect();
            assert!(lost.is_empty(), "{out}, {kind}: {lost:?}");
        }
        // Negative control: where nothing is in the way the result is replaced.
        done(&program(path, &again).output().unwrap());
        let now = files(&path.join(out));
        assert!(
            before
                .iter()
                .all(|(name, bytes)| now.get(name) != Some(bytes)),
            "{out}"
        );
    }
}

/// The program as somebody who may read everything here and write nothing: for root another user, as root may write everywhere.
#[cfg(unix)]
fn as_one_who_may_not_write(folder: &Path, arguments: &[&str]) -> std::process::Output {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let chmod = |mode: &str| {
        let changed = Command::new("chmod")
            .args(["-R", mode])
            .arg(folder)
            .status();
        assert!(changed.unwrap().success());
    };
    let own = program(folder, arguments);
    if fs::metadata(folder).unwrap().uid() == 0 {
        chmod("a+rX");
        // Where another user can read it.
        let copy = TempDir::new().unwrap();
        fs::set_permissions(copy.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let binary = copy.path().join("nanomold");
        fs::copy(own.get_program(), &binary).unwrap();
        let mut other = Command::new("setpriv");
        other.args(["--reuid", "65534", "--regid", "65534", "--clear-groups"]);
        other.arg(&binary).args(own.get_args()).env("NO_COLOR", "1");
        other.current_dir(folder).output().unwrap()
    } else {
        chmod("a-w");
        let output = program(folder, arguments).output().unwrap();
        chmod("u+w");
        output
    }
}
