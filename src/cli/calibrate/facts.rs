//! `nanomold calibrate --facts`.

use super::{Calibrate, MATERIAL, read};
use crate::calibrate::facts::FactFile;
use crate::calibrate::material_file::{self, DIGITS, digits};
use crate::calibrate::report;
use crate::calibrate::stated::{compare, fit_facts, missing};
use crate::case::load_material;
use crate::cli::failure::Failure;
use crate::cli::properties::stated;
use crate::cli::without_laws_of_pressure;
use std::path::Path;
use std::process::ExitCode;

impl Calibrate {
    /// Fits a material to the facts of the file `path`.
    pub(super) fn fit_to_facts(&self, path: &Path) -> Result<ExitCode, Failure> {
        let file = FactFile::read(path)?;
        let start_path = self.material.clone().unwrap_or_else(|| {
            path.parent()
                .unwrap_or(Path::new(""))
                .join(&file.material_file)
        });
        let mut start = load_material(&start_path, &[])?;
        let left_out = without_laws_of_pressure(&mut start, &start_path);
        let missing = missing(&start, &file);
        if !missing.is_empty() {
            return Err(Failure::Usage(format!(
                "{} asks to fit {}, which {} does not have: its laws have other numbers",
                path.display(),
                missing.join(", "),
                start_path.display()
            )));
        }
        let found = fit_facts(&start, &file)?;
        let fitted = material_file::rounded(&found.material, &found.keys);
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let entries = report::entries_of_facts(&found, &name);
        let start_text = material_file::without(&read(&start_path)?, &left_out)?;
        let text = material_file::write(&start_text, &entries, &[], None, &[])?;
        let folder = self.folder(path)?;
        folder.text(MATERIAL, &text)?;
        let mut lines = vec![format!(
            "{}: {} numbers fitted to the facts of {name}",
            file.alloy,
            found.keys.len()
        )];
        for &key in &found.keys {
            if let Some([value, error]) = found.number(key) {
                lines.push(format!(
                    "  {} = {} ± {}   ({})",
                    key.symbol,
                    digits(value, DIGITS),
                    digits(error, 2),
                    key.path
                ));
            }
        }
        for loose in found.fit.unidentified(1.0) {
            lines.push(format!(
                "  warning: within their tolerances the facts hardly fix {}: one of many sets that are as good",
                loose.named()
            ));
        }
        let comparisons = compare(&fitted, &file.facts);
        let broken = |checked: bool| {
            let unmet = comparisons.iter().filter(|one| !one.holds);
            unmet.filter(|one| one.fact.check_only == checked).count()
        };
        lines.push(
            format!("what the material {}", stated(&comparisons, &file.source))
                .trim_end()
                .to_owned(),
        );
        lines.push(match broken(false) {
            0 => "every fact that was fitted is met".to_owned(),
            count => format!("warning: {count} facts that were fitted are not met"),
        });
        if broken(true) > 0 {
            lines.push(format!(
                "warning: {} facts that are checked only are not met: they contradict the others",
                broken(true)
            ));
        }
        self.finish(&folder, &lines)
    }
}
