//! Mutated inputs: a reader takes them or refuses them with a message that has a place; none ends, stops or fills the program.
//!
//! Some hundred inputs per reader in every run; `NANOMOLD_FUZZ=1000000` makes as many as it says. The seeds are fixed: what fails
//! once fails again, and is printed.

use crate::common::root;
use nanomold::calibrate::facts::FactFile;
use nanomold::input::{InputError, Table};
use nanomold::output::{Checkpoint, RunRecord, parse_history};
use nanomold::sweep::{Existing, Plan, Store};
use nanomold::wafer::{self, Defaults};
use nanomold::{case, experiments, mesh, reduced};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Longest time that a reader may take.
const LONGEST: Duration = Duration::from_secs(1);

/// Longest message, in bytes: no more than a few lines' worth of the input is quoted.
const LONGEST_MESSAGE: usize = 8000;

fn count(usual: u64) -> u64 {
    let given = std::env::var("NANOMOLD_FUZZ").ok();
    given.and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// What is written over numbers and between words.
const PIECES: [&str; 28] = [
    "1e300",
    "-1e300",
    "-1",
    "0",
    "-0.0",
    "nan",
    "inf",
    "-inf",
    "5e-324",
    "9223372036854775807",
    "18446744073709551616",
    "1e-300",
    "4294967296",
    "\"\"",
    "[]",
    "{}",
    "[[]]",
    "true",
    "\"\\u0000\"",
    "\u{0}",
    "\u{feff}",
    "é",
    "𝄞",
    "\r",
    "\n",
    ",",
    ";",
    "=",
];

/// One of the corpus with a few changes.
fn mutated(rng: &mut ChaCha8Rng, corpus: &[Vec<u8>]) -> Vec<u8> {
    let below = |rng: &mut ChaCha8Rng, n: usize| (rng.next_u64() % n.max(1) as u64) as usize;
    let mut bytes = corpus[below(rng, corpus.len())].clone();
    for _ in 0..=below(rng, 6) {
        let at = below(rng, bytes.len() + 1);
        let end = (at + 1 + below(rng, 40)).min(bytes.len());
        match below(rng, 10) {
            0 if at < bytes.len() => bytes[at] ^= 1 << below(rng, 8),
            1 => bytes.insert(at, rng.next_u32() as u8),
            2 if at < end => drop(bytes.drain(at..end)),
            3 => {
                let part = bytes[at..end].to_vec();
                for _ in 0..=below(rng, 50) {
                    bytes.splice(at..at, part.iter().copied());
                }
            }
            4 => bytes.truncate(at),
            5 => {
                let other = &corpus[below(rng, corpus.len())];
                let from = below(rng, other.len());
                let to = (from + below(rng, 200)).min(other.len());
                bytes.splice(at..end, other[from..to].iter().copied());
            }
            6 => {
                let piece = PIECES[below(rng, PIECES.len())];
                bytes.splice(at..at, piece.bytes());
            }
            // A number becomes another one.
            _ => {
                let digit = |b: &u8| b.is_ascii_digit();
                let Some(from) = bytes[at..].iter().position(digit).map(|k| at + k) else {
                    continue;
                };
                let inside = |b: &u8| b.is_ascii_digit() || b".eE+-".contains(b);
                let length = bytes[from..].iter().take_while(|b| inside(b)).count();
                let piece = PIECES[below(rng, PIECES.len())];
                bytes.splice(from..from + length, piece.bytes());
            }
        }
    }
    bytes
}

/// What a reader said: taken, or refused with messages that do or do not have a place.
type Said = Result<(), Vec<(String, bool)>>;

fn of_input<T>(found: Result<T, InputError>) -> Said {
    found.map(|_| ()).map_err(|error| {
        let shown = format!("{:?}", miette::Report::new(error.clone()));
        assert!(
            shown.len() < 40 * LONGEST_MESSAGE,
            "{} bytes are shown",
            shown.len()
        );
        let problems = error.problems().iter();
        problems
            .map(|one| {
                let message = one.to_string();
                let placed = one.location().is_some() || message.contains(", line ");
                (message, placed)
            })
            .collect()
    })
}

/// Feeds `usual` mutated inputs (or as many as asked for) to a reader.
fn feed(name: &str, corpus: &[Vec<u8>], usual: u64, read: impl Fn(&[u8]) -> Said) {
    assert!(!corpus.is_empty());
    for base in corpus {
        // Unchanged they are taken: what is refused is refused for its changes.
        assert_eq!(read(base), Ok(()), "{name}");
    }
    let seed = name.bytes().fold(7u64, |sum, b| {
        sum.wrapping_mul(31).wrapping_add(u64::from(b))
    });
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let (mut refused, mut slowest) = (0, Duration::ZERO);
    let total = count(usual);
    let watch = Watch::new(name);
    for round in 0..total {
        let input = mutated(&mut rng, corpus);
        let shown = || String::from_utf8_lossy(&input).into_owned();
        let clock = Instant::now();
        let said = watch.over(&input, || catch_unwind(AssertUnwindSafe(|| read(&input))));
        let mut time = clock.elapsed();
        // On a machine that does something else as well a reader waits: it is given two more chances.
        for _ in 0..2 {
            if time >= LONGEST && said.is_ok() {
                let clock = Instant::now();
                let again = watch.over(&input, || read(&input));
                assert_eq!(Ok(&again), said.as_ref().map_err(|_| ()), "{name} {round}");
                time = time.min(clock.elapsed());
            }
        }
        slowest = slowest.max(time);
        assert!(
            time < LONGEST,
            "{name} {round} took {time:.2?}:\n{}",
            shown()
        );
        let said = said.unwrap_or_else(|_| panic!("{name} {round} panicked:\n{}", shown()));
        if let Err(messages) = said {
            refused += 1;
            assert!(!messages.is_empty(), "{name} {round}");
            for (message, placed) in messages {
                assert!(
                    placed && !message.is_empty() && message.len() < LONGEST_MESSAGE,
                    "{name} {round}: no place, or no message: {message}\n{}",
                    shown()
                );
            }
        }
    }
    println!("{name}: {total} inputs, {refused} refused, the slowest took {slowest:.2?}");
    // Negative control: the changes matter.
    assert!(refused * 10 > total, "{name}: {refused} of {total}");
}

/// An input and since when it is being read.
type Current = Option<(Instant, Vec<u8>)>;

/// Ends the program with the input when a reader hangs.
struct Watch {
    current: Arc<Mutex<Current>>,
}

impl Watch {
    fn new(name: &str) -> Self {
        let current = Arc::new(Mutex::new(None::<(Instant, Vec<u8>)>));
        let (name, seen) = (name.to_owned(), Arc::downgrade(&current));
        std::thread::spawn(move || {
            while let Some(current) = seen.upgrade() {
                if let Some((since, input)) = &*current.lock().unwrap()
                    && since.elapsed() > Duration::from_secs(30)
                {
                    eprintln!("{name} hangs:\n{}", String::from_utf8_lossy(input));
                    std::process::abort();
                }
                drop(current);
                std::thread::sleep(Duration::from_secs(1));
            }
        });
        Watch { current }
    }

    fn over<R>(&self, input: &[u8], work: impl FnOnce() -> R) -> R {
        *self.current.lock().unwrap() = Some((Instant::now(), input.to_vec()));
        let found = work();
        *self.current.lock().unwrap() = None;
        found
    }
}

/// The contents of files of the project.
fn files(names: &[&str]) -> Vec<Vec<u8>> {
    let read = |name: &&str| fs::read(root().join(name)).unwrap();
    names.iter().map(read).collect()
}

/// A reader of a file at a path.
fn at(path: &Path, read: impl Fn(&Path) -> Said) -> impl Fn(&[u8]) -> Said {
    move |bytes| {
        fs::write(path, bytes).unwrap();
        read(path)
    }
}

#[test]
fn cases() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("case.toml");
    let sets: [&[&str]; 3] = [
        &[],
        &["composition.model=elements", "front.deposit=wandering"],
        &["model=reduced", "pore.depth_nm=500"],
    ];
    let mut corpus = Vec::new();
    for name in ["ni_d60_297C", "process_zr", "pt_d100_270C"] {
        for sets in sets {
            let sets: Vec<String> = sets.iter().map(|one| (*one).to_owned()).collect();
            let file = root().join(format!("cases/{name}.toml"));
            if let Ok(loaded) = case::load(&file, &sets) {
                corpus.push(loaded.resolved_toml().into_bytes());
            }
        }
    }
    assert!(corpus.len() >= 5, "{}", corpus.len());
    feed(
        "case",
        &corpus,
        300,
        at(&path, |path| of_input(case::load(path, &[]))),
    );
}

#[test]
fn materials_and_meshes() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("m.toml");
    let corpus = files(&[
        "cases/materials/ni45pd35p16b4.toml",
        "cases/materials/zr46cu46al8.toml",
        "cases/materials/pt57cu15ni5p22.toml",
    ]);
    feed(
        "material",
        &corpus,
        300,
        at(&path, |path| of_input(case::load_material(path, &[]))),
    );
    let corpus = files(&[
        "meshes/standard.toml",
        "meshes/reference.toml",
        "meshes/scan.toml",
    ]);
    let loads = |path: &Path| of_input(mesh::load(path, &["pore_diameter_nm=60".to_owned()]));
    let corpus: Vec<_> = corpus
        .into_iter()
        .filter(|one| at(&path, loads)(one).is_ok())
        .collect();
    feed("mesh", &corpus, 300, at(&path, loads));
}

#[test]
fn shapes_of_pores() {
    let folder = TempDir::new().unwrap();
    let mesh = folder.path().join("mesh.toml");
    let text = "cell_radius = 2.5\nreservoir_depth = 5\ncells_per_radius = 16\npore_diameter_nm = 60\n[wall]\nprofile = \"measured\"\nfile = \"pore.csv\"\n";
    fs::write(&mesh, text).unwrap();
    let path = folder.path().join("pore.csv");
    let corpus = files(&["cases/data/pore_sem.csv"]);
    let read = |_: &Path| of_input(mesh::load(&mesh, &[]));
    feed("pore", &corpus, 300, at(&path, read));
}

#[test]
fn facts() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("facts.toml");
    let corpus = files(&[
        "cases/facts/ni45pd35p16b4.toml",
        "cases/facts/zr46cu46al8.toml",
    ]);
    feed(
        "facts",
        &corpus,
        300,
        at(&path, |path| of_input(FactFile::read(path))),
    );
}

#[test]
fn overrides() {
    let file = root().join("cases/ni_d60_297C.toml");
    let corpus: Vec<Vec<u8>> = [
        "pore.diameter_nm=60",
        "composition.model=elements",
        "process.stages=[{duration_s=10,temperature_C=300,pressure_GPa=1.0}]",
        "material.capillarity.contact_angle_deg=90",
        "mesh.cells_per_radius=16",
        "name=\"a b\"",
    ]
    .map(|one| one.as_bytes().to_vec())
    .to_vec();
    let read = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes).into_owned();
        of_input(case::load(&file, &[text]))
    };
    // Stages stand in the place of temperature, pressure and time.
    let corpus: Vec<_> = corpus.into_iter().filter(|one| read(one).is_ok()).collect();
    assert!(corpus.len() >= 5, "{}", corpus.len());
    feed("set", &corpus, 300, read);
}

#[test]
fn sweep_files() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("sweep.toml");
    fs::write(
        folder.path().join("t.csv"),
        "pore.diameter_nm,process.time_s\n20,100\n30,200\n",
    )
    .unwrap();
    let case = root().join("cases/ni_d60_297C.toml").display().to_string();
    let head = format!("name = \"s\"\ncase_file = {case:?}\nmodel = \"reduced\"\n");
    let corpus: Vec<Vec<u8>> = [
        "[set]\nprocess.time_s = 100\n[[axis]]\nkey = \"pore.diameter_nm\"\nfrom = 8\nto = 250\npoints = 25\nscale = \"logarithmic\"\n",
        "[[axis]]\nkeys = [\"process.temperature_C\", \"process.pressure_GPa\"]\nrows = [[327, 1.0], [297, 1.25]]\n",
        "[[axis]]\ntable_file = \"t.csv\"\n[[axis]]\nkey = \"process.pressure_GPa\"\nvalues = [1, 1.5, 2]\n",
    ]
    .map(|rest| (head.clone() + rest).into_bytes())
    .to_vec();
    let read = |path: &Path| {
        of_input(
            Plan::read(path, &[], None).and_then(|plan| match plan.len() {
                0..=200 => plan.validate(),
                _ => Ok(()),
            }),
        )
    };
    feed("sweep", &corpus, 100, at(&path, read));
}

#[test]
fn tables_of_measurements() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("lengths.csv");
    let mut corpus = files(&[
        "cases/data/ni_synthetic.csv",
        "cases/data/ni_spreadsheet.csv",
        "cases/data/zr_synthetic.csv",
    ]);
    corpus.push("d (nm);T (K);p (MPa);t (h);L (µm) ;n\n20;570,15;1000;1;0,2 ± 0,01;5\n30;570,15;1000;1;0,3;5\n".into());
    feed(
        "lengths",
        &corpus,
        300,
        at(&path, |path| of_input(experiments::read(path))),
    );
    let corpus = vec![
        b"pore.diameter_nm,process.time_s\n20,100\n30,200\n".to_vec(),
        b"# c\na,b\n\"1,2\",x\n\"3 \"\"4\"\"\",y\n".to_vec(),
    ];
    feed(
        "table",
        &corpus,
        300,
        at(&path, |path| of_input(Table::read(path))),
    );
    let defaults = Defaults {
        diameter: Some(60e-9),
        sigma: 0.05,
    };
    let corpus = vec![
        b"x_um,y_um,L_nm\n1,2,100\n2,2,110\n3,2,\n".to_vec(),
        b"# pores\nx (mm);y (mm);L_nm;d_nm;sigma_nm\n0,1;0,2;100;60;5\n0,2;0,2;n/a;60;5\n".to_vec(),
    ];
    // What is said of the whole file has no line.
    let whole = ["there is no table", "no line has a length", "MiB"];
    let read = |path: &Path| {
        of_input(wafer::read(path, defaults)).map_err(|said| {
            let placed = said.into_iter().map(|(message, placed)| {
                let of_all = whole.iter().any(|what| message.contains(what));
                (message, placed || of_all)
            });
            placed.collect()
        })
    };
    feed("pores", &corpus, 300, at(&path, read));
}

/// Files of ours name themselves in their messages; a line would say nothing more.
fn of_ours<T, E: std::fmt::Display>(found: Result<T, E>) -> Said {
    found
        .map(|_| ())
        .map_err(|error| vec![(error.to_string(), true)])
}

#[test]
fn files_that_runs_leave() {
    let folder = TempDir::new().unwrap();
    let case = root().join("cases/ni_d60_297C.toml");
    let sets = ["model=reduced", "output.plots=false"].map(str::to_owned);
    let loaded = case::load(&case, &sets).unwrap();
    let run = nanomold::reduced::ReducedRun::new(&loaded).unwrap();
    let out = nanomold::output::RunFolder::create(folder.path().join("o"), false).unwrap();
    let record = nanomold::results::write_reduced(&run, &loaded, &out).unwrap();
    out.finish(&record).unwrap();
    let read = |name: &str| fs::read(folder.path().join("o").join(name)).unwrap();
    let history = vec![read("history.csv")];
    let path = Path::new("history.csv");
    feed("history", &history, 300, |bytes| {
        of_ours(parse_history(bytes, path))
    });
    let record = folder.path().join("o/run.json");
    let corpus = vec![read("run.json")];
    let parent = folder.path().join("o");
    feed(
        "record",
        &corpus,
        300,
        at(&record, |_| of_ours(RunRecord::read(&parent))),
    );
}

#[test]
fn entrance_tables() {
    let shipped = files(&["src/reduced/table.json"]);
    let read = |bytes: &[u8]| of_ours(reduced::Table::parse(&String::from_utf8_lossy(bytes)));
    feed("entrance", &shipped, 100, read);
}

/// Also where its checksum is right: whoever writes checkpoints of his own gets an error, at worst.
#[test]
fn checkpoints() {
    let sets = [
        "front.model=flat",
        "mesh.cells_per_radius=8",
        "composition.model=elements",
        "composition.rows=8",
    ];
    let loaded = case::load(
        &root().join("cases/ni_d60_297C.toml"),
        &sets.map(str::to_owned),
    )
    .unwrap();
    let mut simulation = nanomold::simulation::Simulation::new(&loaded).unwrap();
    for _ in 0..3 {
        simulation.advance().unwrap();
    }
    let bytes = Checkpoint {
        origin: Default::default(),
        case: loaded.resolved_toml(),
        recorder: serde_json::json!({ "history": "a,b" }),
        state: simulation.save(),
    }
    .to_bytes();
    let restored = |bytes: &[u8]| -> Said {
        let checkpoint = Checkpoint::from_bytes(bytes).map_err(|reason| vec![(reason, true)])?;
        let computer = nanomold::compute::Computer::cpu();
        let stop = nanomold::stop::Stop::never();
        let found =
            nanomold::simulation::Simulation::restore(&loaded, computer, stop, &checkpoint.state);
        of_ours(found)
    };
    feed("checkpoint", std::slice::from_ref(&bytes), 200, |bytes| {
        restored(bytes)
    });
    let resealed = |bytes: &[u8]| {
        let mut bytes = bytes.to_vec();
        if bytes.len() > 32 {
            let length = bytes.len() as u64;
            bytes[8..16].copy_from_slice(&length.to_le_bytes());
            let end = bytes.len() - 8;
            let sum = u64::from(crc32fast::hash(&bytes[..end]));
            bytes[end..].copy_from_slice(&sum.to_le_bytes());
        }
        restored(&bytes)
    };
    // Most changes of a megabyte of numbers leave a state that can be taken up: the header is what is changed here.
    let end = 24 + u64::from_le_bytes(bytes[16..24].try_into().unwrap()) as usize;
    let (head, rest) = (bytes[..end].to_vec(), bytes[end..].to_vec());
    feed("resealed checkpoint", &[head], 200, |head| {
        resealed(&[head, &rest].concat())
    });
}

/// Rows of a sweep that are not as they were written are not believed, whatever was changed, in either table.
#[test]
fn rows_of_sweeps() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("sweep.toml");
    let case = root().join("cases/ni_d60_297C.toml").display().to_string();
    let text = format!(
        "case_file = {case:?}\nmodel = \"reduced\"\n[[axis]]\nkey = \"pore.diameter_nm\"\nfrom = 20\nto = 200\npoints = 12\n"
    );
    fs::write(&path, text).unwrap();
    let plan = Plan::read(&path, &[], None).unwrap();
    let out = folder.path().join("o");
    let (mut store, mut done) = Store::open(&out, &plan, Existing::Refuse).unwrap();
    let never = nanomold::stop::Stop::never();
    let all = nanomold::sweep::Shard::WHOLE;
    nanomold::sweep::execute(
        &plan,
        &all.points(&plan),
        &mut store,
        &mut done,
        1,
        &never,
        |_| {},
    )
    .unwrap();
    store.finish().unwrap();
    let names = ["sweep.csv", "timings.csv"];
    let original = names.map(|name| fs::read(out.join(name)).unwrap());
    let lines: Vec<Vec<u8>> = original[0]
        .split(|&b| b == b'\n')
        .map(<[u8]>::to_vec)
        .collect();
    for (which, name) in names.iter().enumerate() {
        let read = |bytes: &[u8]| -> Said {
            for (name, original) in names.iter().zip(&original) {
                fs::write(out.join(name), original).unwrap();
            }
            fs::write(out.join(name), bytes).unwrap();
            let opened = Store::open(&out, &plan, Existing::Resume);
            let (store, done) = opened.map_err(|error| vec![(error.to_string(), true)])?;
            drop(store);
            // Every row that counts is one that was written.
            let kept = fs::read(out.join(names[0])).unwrap();
            for line in kept.split(|&b| b == b'\n') {
                let is_own = lines.iter().any(|one| one == line);
                assert!(is_own, "{} is believed", String::from_utf8_lossy(line));
            }
            match done.count {
                12 => Ok(()),
                n => Err(vec![(format!("{n} rows"), true)]),
            }
        };
        feed(name, std::slice::from_ref(&original[which]), 200, read);
    }
}
