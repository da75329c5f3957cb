//! What the points of a sweep have cost.

use std::collections::BTreeMap;
use std::path::Path;

/// Wall times and devices of a sweep's points.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Timings {
    /// Sum of the wall times in s.
    pub seconds: f64,
    /// Points by what computed them; empty where the table does not tell.
    pub devices: BTreeMap<String, u64>,
}

/// Reads the table of times of a sweep's folder; lines that cannot be understood count nothing, nor does a table that is missing.
pub fn timings(folder: &Path) -> Timings {
    let mut found = Timings::default();
    let path = folder.join("timings.csv");
    let reader = csv::ReaderBuilder::new().flexible(true).from_path(path);
    let Ok(mut reader) = reader else {
        return found;
    };
    let place = |reader: &mut csv::Reader<_>, name: &str| {
        let header = reader.headers().ok()?;
        header.iter().position(|one| one == name)
    };
    let time = place(&mut reader, "wall_s");
    let device = place(&mut reader, "device");
    let mut row = csv::StringRecord::new();
    while reader.read_record(&mut row).unwrap_or(false) {
        let seconds = time.and_then(|k| row.get(k)?.parse::<f64>().ok());
        found.seconds += seconds.unwrap_or(0.0);
        if let Some(name) = device.and_then(|k| row.get(k)) {
            match found.devices.get_mut(name) {
                Some(count) => *count += 1,
                None => {
                    found.devices.insert(name.to_owned(), 1);
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_summed_with_and_without_devices() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("timings.csv");
        std::fs::write(&path, "point,wall_s\n0,1.5\n1,0.25\n2,torn").unwrap();
        let found = timings(folder.path());
        assert_eq!((found.seconds, found.devices.len()), (1.75, 0));
        std::fs::write(
            &path,
            "point,wall_s,device\n0,1.5,cpu\n1,0.25,gpu\n2,1,cpu\n",
        )
        .unwrap();
        let found = timings(folder.path());
        assert_eq!((found.seconds, found.devices["cpu"]), (2.75, 2));
        std::fs::remove_file(&path).unwrap();
        assert_eq!(timings(folder.path()), Timings::default());
    }
}
