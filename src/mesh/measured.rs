//! A pore's measured shape in a CSV file.

use super::{MeshFile, Wall};
use crate::input::{InputError, Problem, Source, Table, can_be_read};
use crate::physics::Violation;
use std::path::Path;

/// Columns of the file: depth from the mouth and radius.
const COLUMNS: [(&str, &str); 2] = [
    ("z_nm", "depth from the mouth in nm"),
    ("r_nm", "radius of the pore there in nm"),
];

impl MeshFile {
    /// The same with what the files say that it names: relative to `folder`, at `prefix` in the text `source`.
    ///
    /// # Errors
    /// If such a file cannot be read, or holds no depths that increase and positive radii.
    pub(crate) fn with_files(
        self,
        source: &Source,
        prefix: &str,
        folder: &Path,
    ) -> Result<Self, InputError> {
        let Some(name) = &self.wall.file else {
            return Ok(self);
        };
        let path = folder.join(name);
        if let Err(error) = can_be_read(&path) {
            let reason = format!("cannot read `{}`: {error}", path.display());
            let remedy = "a path relative to the folder of this file, or points_nm = [[0, 30], …]";
            let key = format!("{prefix}wall.file");
            return Err(source.locate(&Violation::new(key, reason, remedy)).into());
        }
        let wall = Wall {
            points_nm: Some(read(&Table::read(&path)?)?),
            file: None,
            ..self.wall
        };
        Ok(MeshFile { wall, ..self })
    }
}

/// Depths and radii in nm.
fn read(table: &Table) -> Result<Vec<[f64; 2]>, InputError> {
    table.check_columns(&COLUMNS, &[])?;
    let (mut points, mut problems): (Vec<[f64; 2]>, Vec<Problem>) = (Vec::new(), Vec::new());
    for row in 0..table.len() {
        let mut found = [None; 2];
        for ((column, what), found) in COLUMNS.iter().zip(&mut found) {
            match table.number(row, column) {
                Ok(Some(number)) => *found = Some(number),
                Ok(None) => {
                    let message = format!("the {what} is missing");
                    problems.push(table.problem(row, column, message, "one point per line"));
                }
                Err(problem) => problems.push(problem),
            }
        }
        let [Some(z), Some(r)] = found else { continue };
        if let Some([before, _]) = points.last()
            && z <= *before
        {
            let message = format!(
                "the depth {z} follows on {before}: the wall would have two radii at one depth"
            );
            problems.push(table.problem(
                row,
                "z_nm",
                message,
                "depths that increase from line to line",
            ));
        }
        if r <= 0.0 {
            let message = format!("a radius of {r} nm touches the axis");
            problems.push(table.problem(row, "r_nm", message, "a positive radius"));
        }
        points.push([z, r]);
    }
    InputError::from_problems(problems).map_or(Ok(points), Err)
}
