//! The rules a case must satisfy.

use super::description::{CaseFile, FrontDeposit, FrontModel, Model};
use crate::materials::Material;
use crate::mesh::MeshSpec;
use crate::physics::Violation;
use crate::physics::constants::kelvin;

/// Widest accepted pore in nm (10 µm): wider ones are no nanomolding.
const MAX_DIAMETER_NM: f64 = 1e4;
/// Cells that atoms must wander at least on a front: with two, the contact line ran away from it.
const FEWEST_SPREAD_CELLS: f64 = 3.0;
/// Shortest start of a flat front in cells: with a twentieth the multigrid converges, with a thirtieth (N = 8) or a fiftieth (N = 32) it does not.
const SHORTEST_START: f64 = 0.1;
/// Longest accepted time between checkpoints in minutes: two months, which is never.
const MAX_CHECKPOINT_MINUTES: f64 = 1e5;
/// Longest accepted start in diameters.
const MAX_INITIAL_ASPECT_RATIO: f64 = 100.0;

/// Longest name in bytes: file systems take 255, and the names of shards and tables add to it.
const LONGEST_NAME: usize = 200;

/// What is wrong with the name of a case or sweep, which is also that of its result folder: it must not lead out of the folder that
/// holds the results.
pub fn name_violation(name: &str) -> Option<Violation> {
    let reason = if name.contains(['/', '\\']) || [".", ".."].contains(&name) {
        format!("`{name}` is a path, and the name is that of a folder inside out/")
    } else if name.trim().is_empty() {
        "an empty name is no name for a folder".to_owned()
    } else if name.chars().any(char::is_control) {
        format!("{name:?} holds control characters, and the name is that of a folder")
    } else if name.len() > LONGEST_NAME {
        format!("a name of {} bytes is too long for a folder", name.len())
    } else {
        return None;
    };
    let remedy = "a name without / and \\, e.g. \"ni_d60\"; --out chooses where the results go";
    Some(Violation::new("name", reason, remedy))
}

impl CaseFile {
    /// Every rule of the case itself that is broken.
    pub(super) fn violations(&self) -> Vec<Violation> {
        let mut found: Vec<Violation> = (self.name.as_deref())
            .and_then(name_violation)
            .into_iter()
            .collect();
        self.check_pore(&mut found);
        self.check_depth(&mut found);
        self.check_process(&mut found);
        self.check_front(&mut found);
        self.check_rest(&mut found);
        self.check_composition(&mut found);
        found
    }

    /// Every rule that the case breaks together with its material.
    pub(super) fn violations_with(&self, material: &Material) -> Vec<Violation> {
        let mut found = Vec::new();
        let layers = 2.0 * material.layer_thickness_nm();
        let diameter = self.pore.diameter_nm;
        if diameter > 0.0 && diameter <= layers {
            let reason = format!(
                "a pore of {diameter} nm is no wider than its two interface layers ({layers} nm)"
            );
            found.push(Violation::new(
                "pore.diameter_nm",
                reason,
                format!("a diameter in nm above {layers}"),
            ));
        }
        self.check_composition_with(material, &mut found);
        let mut check = |key: &str, celsius: f64| {
            let issues = material.extrapolations(kelvin(celsius));
            for issue in issues.iter().filter(|issue| issue.refused) {
                let [low, high] = issue.range_celsius;
                found.push(Violation::new(
                    key,
                    issue.to_string(),
                    format!(
                        "a temperature from {low} to {high} °C, or a material whose laws hold there"
                    ),
                ));
            }
        };
        for (key, celsius) in self.process.temperatures() {
            check(&key, celsius);
        }
        self.check_needs(material, &mut found);
        self.check_drive(material, &mut found);
        found
    }

    /// Every rule that the case breaks together with its mesh.
    pub(super) fn violations_on(&self, mesh: &MeshSpec) -> Vec<Violation> {
        let cell = 0.5 * self.pore.diameter_nm / mesh.cells_per_radius as f64;
        let mut found = self.too_short_a_start(cell);
        let (spread, least) = (self.front.spread_nm, FEWEST_SPREAD_CELLS * cell);
        let wanders = self.front.deposit == FrontDeposit::Wandering
            && self.front.model(self.model) == FrontModel::Free;
        if !wanders || spread >= least {
            return found;
        }
        let reason = format!(
            "atoms that wander {spread} nm stay within {:.1} cells of {cell:.3} nm: the front cannot be resolved",
            spread / cell
        );
        let remedy = format!("{least:.3} nm or more, or a finer mesh");
        found.push(Violation::new("front.spread_nm", reason, remedy));
        found
    }

    /// A flat front whose print is next to nothing against a cell (in nm): the flow between mouth and front cannot be solved then.
    fn too_short_a_start(&self, cell: f64) -> Vec<Violation> {
        let length = self.front.initial_length_nm(self.pore.diameter_nm);
        let least = SHORTEST_START * cell;
        let is_flat = self.front.model(self.model) == FrontModel::Flat;
        // What is not positive at all is refused without the mesh.
        if self.model == Model::Reduced || !is_flat || length >= least || length <= 0.0 {
            return Vec::new();
        }
        let key = match self.front.initial_length_nm {
            Some(_) => "front.initial_length_nm",
            None => "front.initial_aspect_ratio",
        };
        let reason = format!(
            "a flat front cannot start at {length:.3e} nm on cells of {cell:.3} nm: the flow through so thin a slice cannot be solved"
        );
        let remedy = format!(
            "{least:.3e} nm or more (a tenth of a cell), a free front, or model = \"reduced\""
        );
        vec![Violation::new(key, reason, remedy)]
    }

    fn check_pore(&self, found: &mut Vec<Violation>) {
        let diameter = self.pore.diameter_nm;
        if diameter <= 0.0 {
            let reason = format!("a pore of {diameter} nm does not exist");
            found.push(Violation::new(
                "pore.diameter_nm",
                reason,
                "a positive diameter in nm, e.g. 60",
            ));
        } else if diameter > MAX_DIAMETER_NM {
            let reason = format!("a pore of {diameter} nm is wider than {MAX_DIAMETER_NM} nm");
            found.push(Violation::new(
                "pore.diameter_nm",
                reason,
                "a diameter in nm, e.g. 60 (not in m or pm)",
            ));
        }
    }

    fn check_depth(&self, found: &mut Vec<Violation>) {
        let Some(depth) = self.pore.depth_nm else {
            return;
        };
        // The tip of a bulging print lies half the bulge above its mean length.
        let bulge = 0.25 * self.front.initial_bulge.max(0.0) * self.pore.diameter_nm;
        let tip = self.front.initial_length_nm(self.pore.diameter_nm) + bulge;
        if depth <= tip {
            found.push(Violation::new(
                "pore.depth_nm",
                format!(
                    "a pore {depth} nm deep is full at the start: the print's tip is at {tip} nm"
                ),
                "a depth in nm beyond the print's tip",
            ));
        }
    }

    fn check_front(&self, found: &mut Vec<Violation>) {
        match (
            self.front.initial_aspect_ratio,
            self.front.initial_length_nm,
        ) {
            (Some(_), Some(_)) => {
                let remedy = "either `front.initial_aspect_ratio` or `front.initial_length_nm`";
                found.push(Violation::new(
                    "front.initial_length_nm",
                    "the initial length is given twice",
                    remedy,
                ));
            }
            (Some(ratio), None)
                if !((ratio > 0.0
                    || (ratio == 0.0 && self.front.model(self.model) == FrontModel::Free))
                    && ratio <= MAX_INITIAL_ASPECT_RATIO) =>
            {
                let reason = format!(
                    "the wire cannot start with L/d = {ratio}: the rate diverges like 1/L at 0"
                );
                found.push(Violation::new("front.initial_aspect_ratio", reason, format!("above 0, up to {MAX_INITIAL_ASPECT_RATIO}; the paper's prints are below 0.5")));
            }
            (None, Some(length))
                if !((length > 0.0
                    || (length == 0.0 && self.front.model(self.model) == FrontModel::Free))
                    && length <= MAX_INITIAL_ASPECT_RATIO * self.pore.diameter_nm.abs()) =>
            {
                let reason = format!(
                    "the wire cannot start with a length of {length} nm: the rate diverges like 1/L at 0"
                );
                found.push(Violation::new(
                    "front.initial_length_nm",
                    reason,
                    "above 0, up to 100 diameters; the paper's prints are below d/2",
                ));
            }
            _ => {}
        }
    }

    fn check_rest(&self, found: &mut Vec<Violation>) {
        let numerics = &self.numerics;
        let mut check = |key: &str, value: f64, valid: bool, remedy: &str| {
            if !valid {
                found.push(Violation::new(
                    key,
                    format!("`{key}` cannot be {value}"),
                    remedy,
                ));
            }
        };
        let open_unit = |value: f64, high: f64| value > 0.0 && value <= high;
        check(
            "interface.slip_length_nm",
            self.interface.slip_length_nm,
            self.interface.slip_length_nm >= 0.0,
            "0 (stick) or a positive length in nm",
        );
        check(
            "front.slip_length_nm",
            self.front.slip_length_nm,
            self.front.slip_length_nm >= 0.0,
            "0 (the contact line rolls) or a positive length in nm",
        );
        check(
            "front.spread_nm",
            self.front.spread_nm,
            self.front.spread_nm > 0.0,
            "a positive distance in nm",
        );
        // The print's contact line and its tip lie half the bulge below and above its mean length.
        let length =
            2.0 * self.front.initial_length_nm(self.pore.diameter_nm) / self.pore.diameter_nm;
        let free = self.front.model(self.model) == FrontModel::Free;
        check(
            "front.initial_bulge",
            self.front.initial_bulge,
            self.front.initial_bulge == 0.0
                || (free && self.front.initial_bulge.abs() <= (2.0 * length).min(2.0)),
            "0 with a flat front; with a free one at most twice the initial length, up to 2 (in pore radii; negative for a dimple)",
        );
        check(
            "interface.diffusivity_factor",
            self.interface.diffusivity_factor,
            self.interface.diffusivity_factor >= 0.0,
            "0 (no interface diffusion) or positive",
        );
        check(
            "numerics.flow_tolerance",
            numerics.flow_tolerance(),
            open_unit(numerics.flow_tolerance(), 1e-3) && numerics.flow_tolerance() >= 1e-13,
            "1e-13 (round-off) to 1e-3 (the discretisation error)",
        );
        check(
            "numerics.max_cycles",
            f64::from(numerics.max_cycles),
            numerics.max_cycles >= 1,
            "1 or more",
        );
        check(
            "numerics.step_tolerance",
            numerics.step_tolerance,
            open_unit(numerics.step_tolerance, 0.1) && numerics.step_tolerance >= 1e-10,
            "1e-10 to 0.1",
        );
        check(
            "numerics.max_step_growth",
            numerics.max_step_growth,
            numerics.max_step_growth > 1.0 && numerics.max_step_growth <= 10.0,
            "above 1, up to 10",
        );
        check(
            "numerics.max_steps",
            f64::from(numerics.max_steps),
            numerics.max_steps >= 1,
            "1 or more",
        );
        let minutes = self.output.checkpoint_minutes;
        check(
            "output.checkpoint_minutes",
            minutes,
            (0.0..=MAX_CHECKPOINT_MINUTES).contains(&minutes),
            "0 (after every step) to 100000 minutes",
        );
        check(
            "output.frames",
            f64::from(self.output.frames),
            self.output.frames <= 100_000,
            "up to 100000",
        );
    }
}
