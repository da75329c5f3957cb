//! Calibration: from facts to the shipped material, from lengths back to the numbers that made them.

use nanomold::calibrate::facts::FactFile;
use nanomold::calibrate::stated;
use nanomold::case;
use std::path::{Path, PathBuf};

fn shipped(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

#[test]
fn facts() {
    let file = FactFile::read(&shipped("cases/facts/ni45pd35p16b4.toml")).unwrap_or_else(|error| panic!("{:?}", miette::Report::new(error)));
    let material = case::load_material(&shipped("cases/materials/ni45pd35p16b4.toml"), &[]).unwrap();
    let fit = stated::fit_facts(&material, &file).unwrap();
    for key in &fit.keys {
        println!("{} {:?}", key.path, fit.number(*key));
    }
    for s in [1.0, 0.1] { for c in fit.fit.unidentified(s) { println!("{s} {c:?}"); } }
    println!("{}", fit.fit.chi_squared());
    for one in stated::compare(&fit.material, &file.facts) {
        println!("{} {} {:?} {}", one.quantity.name, one.fact.stated(), one.found, one.holds);
    }
}
