//! The tables of a report: those for programs, made readable.

use super::{Background, CRITICAL_TABLE};
use crate::output::Table;
use crate::sweep::critical::Critical;
use crate::sweep::plan::Plan;
use crate::sweep::report::gather::{Gathered, MOST_LISTED};
use crate::sweep::row::digits;
use crate::sweep::store::TABLE;

/// The tables of a report; of the points every so many-th is listed, or a row per temperature and press if that is 0.
pub(super) fn tables(
    plan: &Plan,
    found: &[Critical],
    gathered: &Gathered,
    background: &Background,
    every: u64,
) -> Vec<Table> {
    let mut tables = Vec::new();
    if !found.is_empty() {
        tables.push(of_csv(&background.critical_csv));
    }
    if every > 0 {
        let columns = plan.columns();
        let note = match every {
            1 => String::new(),
            _ => format!("Every {every}th of {} points.", plan.len()),
        };
        tables.push(Table {
            title: "Points".into(),
            note,
            columns: columns.names().iter().map(|name| head(name)).collect(),
            rows: gathered.listed.iter().map(|row| shortened(row)).collect(),
            file: Some(TABLE.into()),
        });
    } else {
        tables.push(summaries(plan, found));
    }
    tables
}

/// The table of critical diameters for people, from the one for programs.
fn of_csv(text: &str) -> Table {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let columns = reader.headers().cloned().unwrap_or_default();
    let all: Vec<csv::StringRecord> = reader.records().flatten().collect();
    // What is compared with a stated value is shown in any case.
    let stated = columns.iter().position(|name| name == "d_c_stated_nm");
    let compared = |k: &usize| stated.is_some_and(|column| !all[*k][column].is_empty());
    let mut rows: Vec<usize> = evenly(all.len())
        .chain((0..all.len()).filter(compared))
        .collect();
    rows.sort_unstable();
    rows.dedup();
    let shown = match rows.len() < all.len() {
        true => format!(" {} of {} rows, evenly chosen.", rows.len(), all.len()),
        false => String::new(),
    };
    Table {
        title: "Critical diameters".into(),
        note: format!(
            "d_c by the points of the sweep, where layer and core carry equal volumes and where the two fitted laws cross; by the closed \
             form, Eq. (3); and as stated, with the tolerance to which a reproduction is held.{shown}"
        ),
        columns: columns.iter().map(head).collect(),
        rows: (rows.iter())
            .map(|&k| shortened(&all[k].iter().map(str::to_owned).collect::<Vec<_>>()))
            .collect(),
        file: Some(CRITICAL_TABLE.into()),
    }
}

/// A row for each temperature and press.
fn summaries(plan: &Plan, found: &[Critical]) -> Table {
    let mut columns: Vec<String> = ["T_C", "p_GPa", "t_s"].map(head).to_vec();
    columns.extend(plan.columns().further().iter().map(|key| head(key)));
    columns.extend(
        [
            "diameters",
            "smallest d (nm)",
            "largest d (nm)",
            "shortest L (nm)",
            "longest L (nm)",
            "layer's share at the smallest d",
            "at the largest d",
        ]
        .map(str::to_owned),
    );
    let rows = evenly(found.len());
    let note = match rows.len() < found.len() {
        true => format!(
            "{} of {} temperatures and presses, evenly chosen.",
            rows.len(),
            found.len()
        ),
        false => String::new(),
    };
    let row = |one: &Critical| {
        let mut cells = one.cells();
        cells.push(one.diameters.to_string());
        let numbers = [one.span, one.lengths, one.shares].concat();
        cells.extend(numbers.iter().map(f64::to_string));
        shortened(&cells)
    };
    Table {
        title: "Points by temperature and press".into(),
        note,
        columns,
        rows: rows.map(|k| row(&found[k])).collect(),
        file: Some(TABLE.into()),
    }
}

/// Indices of not too many of `count` rows, evenly chosen, the first and the last among them.
fn evenly(count: usize) -> impl ExactSizeIterator<Item = usize> + Clone {
    let shown = count.min(MOST_LISTED as usize);
    let last = count.saturating_sub(1);
    (0..shown).map(move |k| k * last / shown.saturating_sub(1).max(1))
}

/// Cells with their numbers cut to five significant digits.
fn shortened(cells: &[String]) -> Vec<String> {
    let short = |cell: &String| match cell.parse::<f64>() {
        Ok(value) if value.is_finite() && cell.contains('.') => {
            let value = digits(value, 5);
            match value.abs() {
                0.0 | 1e-4..1e7 => value.to_string(),
                _ => format!("{value:e}"),
            }
        }
        _ => cell.clone(),
    };
    cells.iter().map(short).collect()
}

/// The name of a column for people: quantity and unit.
pub(super) fn head(name: &str) -> String {
    let known = [
        ("T_C", "T (°C)"),
        ("p_GPa", "p (GPa)"),
        ("t_s", "t (s)"),
        ("d_nm", "d (nm)"),
        ("length_nm", "L (nm)"),
        ("tip_length_nm", "L to the tip (nm)"),
        ("core_share", "core's share"),
        ("layer_share", "layer's share"),
        (
            "normalised_length_nm_per_sqrt_GPa_s",
            "L/√(pt) (nm/√(GPa·s))",
        ),
        ("lambda", "Λ"),
        ("amorphous_length_nm", "amorphous length (nm)"),
        ("crystalline_share", "crystalline share"),
        ("error_estimate", "estimated error"),
        ("d_c_nm", "d_c, equal volumes (nm)"),
        ("d_c_uncertainty_nm", "± (nm)"),
        ("d_c_crossing_nm", "d_c, crossing (nm)"),
        ("d_c_crossing_uncertainty_nm", "± (nm)"),
        ("d_c_eq3_nm", "d_c, Eq. (3) (nm)"),
        ("d_c_stated_nm", "d_c, stated (nm)"),
        ("d_c_stated_tolerance_nm", "± (nm)"),
    ];
    if let Some(element) = name.strip_prefix("tip_x_") {
        return format!("{element} at the tip");
    }
    let found = known.iter().find(|(column, _)| *column == name);
    found.map_or(name, |(_, words)| words).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_table_keeps_its_ends_and_what_is_compared() {
        let rows = (0..1000).map(|k| match k {
            333 => format!("{k},98.76543,97\n"),
            _ => format!("{k},12.3456789,\n"),
        });
        let text = "T_C,d_c_nm,d_c_stated_nm\n".to_owned() + &rows.collect::<String>();
        let table = of_csv(&text);
        assert!(
            table.rows.len() <= MOST_LISTED as usize + 1,
            "{}",
            table.rows.len()
        );
        let row = |celsius: &str| table.rows.iter().find(|row| row[0] == celsius);
        assert_eq!(row("0").unwrap()[1], "12.346");
        assert!(row("999").is_some());
        assert_eq!(row("333").unwrap()[1..], ["98.765", "97"]);
        // Negative control: its neighbour is not among those evenly chosen.
        assert!(row("334").is_none() && table.note.contains("of 1000 rows"));
        assert_eq!(table.columns[1], "d_c, equal volumes (nm)");
    }
}
