//! Writing a table of measurements.

use super::record::{Column, Experiment, Measured};

/// The text of a CSV file that [`super::parse`] reads back, with `comments` (without their `#`) before the header. Columns
/// that no row has are left out.
pub fn to_csv(rows: &[Experiment], comments: &[String]) -> String {
    let used = |column: &Column| match column {
        Column::Sigma => rows.iter().any(|row| row.sigma_nm.is_some()),
        Column::InitialLength => rows.iter().any(|row| row.L0_nm.is_some()),
        Column::Measured => rows.iter().any(|row| row.measured != Measured::default()),
        Column::Note => rows.iter().any(|row| !row.note.is_empty()),
        _ => true,
    };
    let columns: Vec<Column> = Column::ALL.into_iter().filter(used).collect();
    let optional = |value: Option<f64>| value.map_or(String::new(), |v| v.to_string());
    let cell = |row: &Experiment, column: &Column| match column {
        Column::Diameter => row.d_nm.to_string(),
        Column::Temperature => row.T_C.to_string(),
        Column::Pressure => row.p_GPa.to_string(),
        Column::Time => row.t_s.to_string(),
        Column::Length => row.L_nm.to_string(),
        Column::Sigma => optional(row.sigma_nm),
        Column::InitialLength => optional(row.L0_nm),
        Column::Measured => row.measured.name().to_string(),
        Column::Note => format!("\"{}\"", row.note.replace('"', "\"\"")),
    };
    let mut text = String::new();
    for comment in comments {
        text += &format!("# {comment}\n");
    }
    let names: Vec<&str> = columns.iter().map(|column| column.name()).collect();
    text += &(names.join(",") + "\n");
    for row in rows {
        let cells: Vec<String> = columns.iter().map(|column| cell(row, column)).collect();
        text += &(cells.join(",") + "\n");
    }
    text
}
