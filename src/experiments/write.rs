//! Writing a table of measurements.

use super::profile::WireProfile;
use super::record::{Column, Experiment, Measured};

/// The text of a CSV file that [`super::parse`] reads back, with `comments` (without their `#`) before the header. Columns
/// that no row has are left out.
#[expect(clippy::expect_used, reason = "memory takes texts, and they are UTF-8")]
pub fn to_csv(rows: &[Experiment], comments: &[String]) -> String {
    let used = |column: &Column| match column {
        Column::NormalisedLength | Column::Flag => false,
        Column::Measured => rows.iter().any(|row| row.measured != Measured::default()),
        column => rows.iter().any(|row| !cell(row, *column).is_empty()),
    };
    let columns: Vec<Column> = Column::ALL.into_iter().filter(used).collect();
    let mut writer = csv::Writer::from_writer(Vec::new());
    let records = rows
        .iter()
        .map(|row| columns.iter().map(|&column| cell(row, column)).collect());
    let header = columns
        .iter()
        .map(|column| column.name().to_owned())
        .collect();
    for record in std::iter::once(header).chain(records) {
        let record: Vec<String> = record;
        writer
            .write_record(record)
            .expect("memory takes a record of text");
    }
    let bytes = writer.into_inner().expect("memory does not fail to flush");
    let comments: String = comments
        .iter()
        .map(|comment| format!("# {comment}\n"))
        .collect();
    comments + &String::from_utf8(bytes).expect("the cells are text")
}

fn cell(row: &Experiment, column: Column) -> String {
    let optional = |value: Option<f64>| value.map_or(String::new(), |v| v.to_string());
    match column {
        Column::Diameter => row.d_nm.to_string(),
        Column::Temperature => row.T_C.to_string(),
        Column::Pressure => row.p_GPa.to_string(),
        Column::Time => row.t_s.to_string(),
        Column::Length => row.L_nm.to_string(),
        Column::NormalisedLength | Column::Flag => String::new(),
        // What follows from scatter and number is not stated again.
        Column::Sigma if row.scatter_nm.is_some() => String::new(),
        Column::Sigma => optional(row.sigma_nm),
        Column::Scatter => optional(row.scatter_nm),
        Column::Count => optional(row.wires),
        Column::InitialLength => optional(row.L0_nm),
        Column::DiameterSpread => optional(row.spread_d_nm),
        Column::DiameterBias => optional(row.bias_d_nm),
        Column::Mold => row.mold.clone(),
        Column::Pitch => optional(row.pitch_nm),
        Column::Measured => row.measured.name().to_string(),
        Column::Note => row.note.clone(),
    }
}

/// The text of a CSV file that [`super::parse_profile`] reads back, with `comments` (without their `#`) before the header.
pub fn profile_to_csv(profile: &WireProfile, comments: &[String]) -> String {
    let sigmas = profile.points.iter().any(|point| point.sigma.is_some());
    let conditions = [
        (Column::Diameter, profile.d_nm),
        (Column::Temperature, profile.T_C),
        (Column::Pressure, profile.p_GPa),
        (Column::Time, profile.t_s),
        (Column::Length, profile.L_nm),
    ];
    let conditions = conditions
        .iter()
        .filter_map(|(column, value)| Some((column.name(), (*value)?)));
    let conditions: Vec<(&str, f64)> = conditions.collect();
    let mut header = vec!["z_nm".to_owned()];
    for part in &profile.parts {
        header.push(part.name());
        header.extend(sigmas.then(|| format!("sigma_{}", part.name())));
    }
    header.extend(conditions.iter().map(|(name, _)| (*name).to_owned()));
    let mut lines = vec![header];
    let mut places: Vec<f64> = profile.points.iter().map(|point| point.z_nm).collect();
    places.dedup();
    for place in places {
        let mut line = vec![place.to_string()];
        for part in 0..profile.parts.len() {
            let mut points = profile.points.iter();
            let point = points.find(|point| point.z_nm == place && point.part == part);
            line.push(point.map_or(String::new(), |point| point.value.to_string()));
            if sigmas {
                let sigma = point.and_then(|point| point.sigma);
                line.push(sigma.map_or(String::new(), |sigma| sigma.to_string()));
            }
        }
        line.extend(conditions.iter().map(|(_, value)| value.to_string()));
        lines.push(line);
    }
    let comments = comments.iter().map(|comment| format!("# {comment}"));
    let lines = lines.iter().map(|line| line.join(","));
    comments
        .chain(lines)
        .fold(String::new(), |text, line| text + &line + "\n")
}
