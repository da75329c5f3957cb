//! The shape of the pore wall: what a mesh file says of it, and the radius that follows.

use super::profile::{RADII, WallProfile};
use crate::physics::Violation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Shape of the pore wall. Lengths in pore radii R, the radius at the mouth being 1; z is the distance from the mold face.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Wall {
    /// Profile of the wall along the pore. The other keys belong to profiles: slope to tapered, amplitude and period to wavy, one of points, points_nm and file to measured.
    pub profile: WallKind,
    /// Tapered: how much the radius falls per depth, R_w = 1 − slope z; negative where the pore widens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slope: Option<f64>,
    /// Wavy: R_w = 1 + amplitude sin(2πz/period); negative where a neck comes first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amplitude: Option<f64>,
    /// Wavy: length of a wave.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period: Option<f64>,
    /// Measured: [z, R_w] from the mouth, [0, 1], downwards; between them a smooth curve that rises and falls where they do, beyond the last a cylinder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub points: Option<Vec<[f64; 2]>>,
    /// Measured: the same in nm; the radius at the mouth is half the pore's diameter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub points_nm: Option<Vec<[f64; 2]>>,
    /// Measured: a CSV file with the columns z_nm and r_nm instead, relative to the folder of this file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
}

/// How far the radius at the mouth may be from half the pore's diameter, relatively: two ways to write one number.
const SAME: f64 = 1e-3;

/// Profile of the pore wall along z.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(extend("x-later" = ["stepped"]))]
pub enum WallKind {
    /// A cylinder with a sharp mouth.
    #[default]
    Straight,
    /// A cone.
    Tapered,
    /// A cylinder with a sine wave on it.
    Wavy,
    /// A curve through points.
    Measured,
}

/// Steepest wall, |dR_w/dz|: beyond it the mapped grid is too oblique for the multigrid (measured, `docs/numerics.md`, "Pores that
/// are no cylinders").
const STEEPEST: f64 = 0.5;

/// Depth in pore radii up to which the rules look at the wall: no single solve goes further.
const DEEPEST: f64 = 1000.0;

impl WallProfile {
    /// What the file would say under `wall`; of a rounded edge it speaks elsewhere.
    pub fn to_file(&self) -> Wall {
        match self {
            WallProfile::Straight => Wall::default(),
            WallProfile::Tapered { slope } => Wall {
                profile: WallKind::Tapered,
                slope: Some(*slope),
                ..Wall::default()
            },
            WallProfile::Wavy { amplitude, period } => Wall {
                profile: WallKind::Wavy,
                amplitude: Some(*amplitude),
                period: Some(*period),
                ..Wall::default()
            },
            WallProfile::Measured { depths, radii, .. } => Wall {
                profile: WallKind::Measured,
                points: Some(depths.iter().zip(radii).map(|(z, r)| [*z, *r]).collect()),
                ..Wall::default()
            },
            WallProfile::Filleted { beyond, .. } => beyond.to_file(),
        }
    }
}

impl Wall {
    /// The profile; a cylinder in whatever words is [`WallProfile::Straight`].
    ///
    /// # Errors
    /// Every rule that is broken, with its key; `diameter_nm` is the pore's, where it is known.
    pub(super) fn resolve(&self, diameter_nm: Option<f64>) -> Result<WallProfile, Vec<Violation>> {
        let mut found = Vec::new();
        self.check_keys(&mut found);
        if !found.is_empty() {
            return Err(found);
        }
        let profile = match self.profile {
            WallKind::Straight => WallProfile::Straight,
            WallKind::Tapered => match self.slope.unwrap_or(0.0) {
                0.0 => WallProfile::Straight,
                slope => WallProfile::Tapered { slope },
            },
            WallKind::Wavy => {
                let (amplitude, period) = (
                    self.amplitude.unwrap_or(0.0),
                    self.period.unwrap_or(f64::INFINITY),
                );
                if period <= 0.0 || !period.is_finite() {
                    let reason = format!("a wave of {period} pore radii has no length");
                    return Err(vec![Violation::new(
                        "wall.period",
                        reason,
                        "a positive length in pore radii, e.g. 4",
                    )]);
                }
                match amplitude {
                    0.0 => WallProfile::Straight,
                    amplitude => WallProfile::Wavy { amplitude, period },
                }
            }
            WallKind::Measured => self.measured(diameter_nm)?,
        };
        check_shape(&profile, self.profile).map(|()| profile)
    }

    /// The keys that the profile needs, and no others.
    fn check_keys(&self, found: &mut Vec<Violation>) {
        for (key, given, kind) in [
            ("slope", self.slope.is_some(), WallKind::Tapered),
            ("amplitude", self.amplitude.is_some(), WallKind::Wavy),
            ("period", self.period.is_some(), WallKind::Wavy),
            ("points", self.points.is_some(), WallKind::Measured),
            ("points_nm", self.points_nm.is_some(), WallKind::Measured),
            ("file", self.file.is_some(), WallKind::Measured),
        ] {
            let name = name(kind);
            if given && self.profile != kind {
                let reason = format!(
                    "`{key}` belongs to a {name} wall, and this one is {}",
                    self::name(self.profile)
                );
                let remedy = format!("profile = \"{name}\", or leave `{key}` out");
                found.push(Violation::new(format!("wall.{key}"), reason, remedy));
            } else if !given && self.profile == kind && kind != WallKind::Measured {
                let reason = format!("a {name} wall needs `{key}`");
                let example = match key {
                    "slope" => "slope = 0.02 for R_w = 1 − 0.02 z",
                    "amplitude" => "amplitude = 0.1 for waves of a tenth of the radius",
                    _ => "period = 4 for a wave every four pore radii",
                };
                found.push(Violation::new("wall.profile", reason, example));
            }
        }
    }

    fn measured(&self, diameter_nm: Option<f64>) -> Result<WallProfile, Vec<Violation>> {
        let refused = |key: &str, reason: String, remedy: &str| {
            Err(vec![Violation::new(key, reason, remedy)])
        };
        let (key, radius, points) = match (&self.points, &self.points_nm, &self.file) {
            (Some(points), None, None) => ("wall.points", 1.0, points),
            (None, Some(points), None) => match diameter_nm {
                Some(diameter) => ("wall.points_nm", 0.5 * diameter, points),
                None => {
                    return refused(
                        "wall.points_nm",
                        "the points are in nm, but the pore's diameter is not known here"
                            .to_string(),
                        "give `pore_diameter_nm` too, or use the mesh in a case, or give `points` in pore radii",
                    );
                }
            },
            (points, in_nm, file) => {
                let given = [points.is_some(), in_nm.is_some(), file.is_some()];
                let reason = match given.iter().filter(|given| **given).count() {
                    0 => "a measured wall needs its points".to_string(),
                    _ => "the points are given twice".to_string(),
                };
                return refused(
                    "wall.profile",
                    reason,
                    "one of `points = [[0, 1], [2, 0.9], [8, 0.8]]` (depths and radii in pore radii), `points_nm` (the same in nm) and `file = \"pore.csv\"` \
                     with the columns z_nm and r_nm",
                );
            }
        };
        let wrong = |k: usize, reason: String, remedy: &str| {
            let key = format!("{key}.{k}");
            Err(vec![Violation::new(key, reason, remedy)])
        };
        if points.len() < 2 {
            let reason = format!("{} points are no curve", points.len());
            let remedy = "at least one at the mouth, at depth 0, and one further down";
            return refused(key, reason, remedy);
        }
        let [z, r] = points[0];
        let at_mouth = z == 0.0 && (r / radius - 1.0).abs() < SAME;
        if !at_mouth {
            return wrong(
                0,
                format!(
                    "the curve begins with a radius of {r} at {z}, not with that of the mouth, {radius}, at 0"
                ),
                "depths count from the mouth, and the mouth is as wide as the pore's diameter says",
            );
        }
        let mut points: Vec<[f64; 2]> = (points.iter())
            .map(|point| point.map(|length| length / radius))
            .collect();
        points[0][1] = 1.0;
        if let Some(k) = points.iter().position(|point| point[0] > DEEPEST) {
            let reason = format!(
                "a depth of {:.3e} pore radii is deeper than any pore",
                points[k][0]
            );
            return wrong(k, reason, "depths of 1000 pore radii at most");
        }
        for (k, pair) in points.windows(2).enumerate() {
            let [before, here] = [pair[0], pair[1]];
            if here[0] <= before[0] || here.iter().any(|number| !number.is_finite()) {
                return wrong(
                    k + 1,
                    format!(
                        "the depth {} follows on {}: the wall would have two radii at one depth",
                        here[0], before[0]
                    ),
                    "depths that increase from point to point",
                );
            }
        }
        if points.iter().all(|point| point[1] == 1.0) {
            return Ok(WallProfile::Straight);
        }
        let (depths, radii): (Vec<f64>, Vec<f64>) = points.iter().map(|p| (p[0], p[1])).unzip();
        Ok(WallProfile::measured(depths, radii))
    }
}

/// Refuses a wall that closes or is too steep where it can be seen to be: of a cone the slope, its end is the length's affair.
fn check_shape(profile: &WallProfile, kind: WallKind) -> Result<(), Vec<Violation>> {
    let (places, key): (Vec<f64>, &str) = match profile {
        WallProfile::Straight | WallProfile::Filleted { .. } => return Ok(()),
        WallProfile::Tapered { .. } => (vec![1e-3], "wall.slope"),
        WallProfile::Wavy { period, .. } => (
            (1..=64).map(|k| f64::from(k) * period / 64.0).collect(),
            "wall.amplitude",
        ),
        WallProfile::Measured { depths, .. } => {
            let last = depths[depths.len() - 1].min(DEEPEST);
            let count = 64 * depths.len();
            (
                (1..count).map(|k| last * k as f64 / count as f64).collect(),
                "wall.points",
            )
        }
    };
    for z in places {
        let [radius, slope] = profile.at(z);
        if !(RADII[0]..=RADII[1]).contains(&radius) {
            let reason = format!(
                "the {} wall has a radius of {radius:.3} at a depth of {z:.3} pore radii, outside {} to {}",
                name(kind),
                RADII[0],
                RADII[1]
            );
            let remedy = "radii in units of that at the mouth";
            return Err(vec![Violation::new(key, reason, remedy)]);
        }
        if slope.abs() > STEEPEST {
            let reason = format!(
                "at a depth of {z:.3} pore radii the {} wall is as steep as {slope:.2}, more than {STEEPEST}",
                name(kind)
            );
            let remedy = "a gentler wall: steps are not computed, a funnel can stand for one, and `mouth_fillet` for a rounded mouth";
            return Err(vec![Violation::new(key, reason, remedy)]);
        }
    }
    Ok(())
}

fn name(kind: WallKind) -> &'static str {
    match kind {
        WallKind::Straight => "straight",
        WallKind::Tapered => "tapered",
        WallKind::Wavy => "wavy",
        WallKind::Measured => "measured",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(text: &str) -> Result<WallProfile, Vec<Violation>> {
        file(text).resolve(Some(60.0))
    }

    fn file(text: &str) -> Wall {
        toml::from_str(text).expect("a wall")
    }

    #[test]
    fn a_cylinder_in_any_words_is_straight() {
        let points: Vec<String> = (0..200)
            .map(|k| format!("[{}, 1]", f64::from(k) * 0.1))
            .collect();
        for text in [
            "profile = \"straight\"".to_string(),
            "profile = \"tapered\"\nslope = 0".to_string(),
            "profile = \"wavy\"\namplitude = 0\nperiod = 3".to_string(),
            "profile = \"measured\"\npoints = [[0, 1], [5, 1]]".to_string(),
            format!("profile = \"measured\"\npoints = [{}]", points.join(", ")),
        ] {
            assert_eq!(resolve(&text), Ok(WallProfile::Straight), "{text}");
        }
    }

    #[test]
    fn points_in_nm_are_those_in_radii() {
        let measured = "profile = \"measured\"\n";
        let expected = resolve(&format!("{measured}points = [[0, 1], [2, 0.9], [8, 0.75]]"));
        let in_nm = format!("{measured}points_nm = [[0, 30], [60, 27], [240, 22.5]]");
        assert_eq!(resolve(&in_nm), expected);
        let wall = expected.expect("a wall");
        assert_eq!(wall.to_file().resolve(None), Ok(wall.clone()));
        // Of another pore they are another curve, which does not begin at its mouth.
        assert!(file(&in_nm).resolve(Some(50.0)).is_err());
        let unknown = file(&in_nm).resolve(None).expect_err("without a diameter");
        assert_eq!(unknown[0].key, "wall.points_nm");
    }

    #[test]
    fn what_is_no_pore_is_refused_at_its_key() {
        for (text, key, said) in [
            ("profile = \"tapered\"", "wall.profile", "needs `slope`"),
            (
                "profile = \"straight\"\nslope = 0.1",
                "wall.slope",
                "belongs to a tapered wall",
            ),
            ("profile = \"tapered\"\nslope = 0.7", "wall.slope", "steep"),
            (
                "profile = \"wavy\"\namplitude = 0.9\nperiod = 40",
                "wall.amplitude",
                "radius of",
            ),
            (
                "profile = \"wavy\"\namplitude = 0.1\nperiod = 0",
                "wall.period",
                "no length",
            ),
            ("profile = \"measured\"", "wall.profile", "needs its points"),
            (
                "profile = \"measured\"\npoints = [[0, 1], [1, 1]]\nfile = \"a.csv\"",
                "wall.profile",
                "given twice",
            ),
            (
                "profile = \"tapered\"\nslope = 0.1\nfile = \"a.csv\"",
                "wall.file",
                "belongs to a measured wall",
            ),
            (
                "profile = \"measured\"\npoints = [[0, 1]]",
                "wall.points",
                "no curve",
            ),
            (
                "profile = \"measured\"\npoints = [[0, 0.9], [1, 1]]",
                "wall.points.0",
                "not with that of the mouth",
            ),
            (
                "profile = \"measured\"\npoints = [[0, 1], [2, 0.9], [2, 0.8]]",
                "wall.points.2",
                "two radii",
            ),
            (
                "profile = \"measured\"\npoints = [[0, 1], [9, 0]]",
                "wall.points",
                "radius of",
            ),
        ] {
            let violations = resolve(text).expect_err(text);
            assert_eq!(violations[0].key, key, "{text}");
            assert!(
                violations[0].reason.contains(said),
                "{}",
                violations[0].reason
            );
        }
    }
}
