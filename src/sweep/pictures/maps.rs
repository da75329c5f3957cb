//! Maps over temperature and diameter: which mechanism moves more, in the manner of Fig. 6b; composition; amorphous length.

use super::{Critical, Drawn, Scene, files, listed, numbered, press, spoken};
use crate::case::LoadedCase;
use crate::output::{ColorScale, HeatMap, MapAxis, MapPoints, Mark, OutputError, heat_map};
use crate::physics::constants::celsius;
use crate::sweep::gather::{MOST_SLICES, Quantity};
use crate::sweep::plane::Plane;

/// Most corners of the line of d_c.
const MOST_CORNERS: usize = 100;

/// Draws the maps of every plane.
pub(super) fn draw(scene: &Scene, plane: &Plane) -> Result<Vec<Drawn>, OutputError> {
    let mut drawn = Vec::new();
    for (slice, maps) in scene.found.maps.iter().enumerate() {
        let Ok(first) = scene.plan.case(plane.first(slice)) else {
            continue;
        };
        let view = View {
            scene,
            plane,
            slice,
            first,
        };
        for (quantity, cells) in scene.quantities.iter().zip(maps) {
            let values = cells.means();
            if let Some(range) = range(&values) {
                drawn.push(view.draw(quantity, values, range)?);
            }
        }
    }
    Ok(drawn)
}

/// One plane of the sweep.
struct View<'a> {
    scene: &'a Scene<'a>,
    plane: &'a Plane,
    slice: usize,
    /// The case of its first point.
    first: LoadedCase,
}

impl View<'_> {
    fn draw(
        &self,
        quantity: &Quantity,
        values: Vec<f32>,
        [low, high]: [f64; 2],
    ) -> Result<Drawn, OutputError> {
        let scene = self.scene;
        let mechanism = *quantity == Quantity::LayerShare;
        let unknown = values.iter().any(|value| value.is_nan());
        let (name, title, scale, shown) = match quantity {
            Quantity::LayerShare => (
                "map",
                "deformation mechanisms".to_owned(),
                scale("share of the interface layer in the volume", 0.0, 1.0),
                "share of the interface layer in the transported volume: 1 where the wire grows by interface diffusion alone, 0 where by viscous flow alone".to_owned(),
            ),
            Quantity::TipRatio([a, b]) => {
                // From the feedstock on, in per cent; colours tell at least one of them apart.
                let feedstock = self.feedstock([a, b]);
                let (low, high) = (low.min(feedstock), high.max(feedstock));
                let middle = 50.0 * (low + high);
                let half = (50.0 * (high - low)).max(0.5);
                (
                    "map_tip_composition",
                    format!("{a}/({a} + {b}) at the tip"),
                    scale(&format!("{a}/({a} + {b}) at the tip (%)"), middle - half, middle + half),
                    format!("{a}/({a} + {b}) at the tip of the wire, mean of the cross-section, in atomic per cent of the two main elements as in Fig. 2; the feedstock has {} %", spoken(100.0 * feedstock)),
                )
            }
            Quantity::AmorphousLength => {
                let decades = low > 0.0 && high > 20.0 * low;
                let mut scale = scale("amorphous length (nm)", low, high.max(low + 1e-3 * low.abs().max(1.0)));
                scale.logarithmic = decades;
                (
                    "map_amorphous_length",
                    "amorphous length".to_owned(),
                    scale,
                    "length up to which the wire is amorphous (crystallised fraction up to a half); the whole length where nothing crystallises".to_owned(),
                )
            }
        };
        let values = match quantity {
            Quantity::TipRatio(_) => values.iter().map(|value| 100.0 * value).collect(),
            _ => values,
        };
        let line = self.line();
        let (points, stated) = if mechanism {
            self.stated()
        } else {
            Default::default()
        };
        let marks = if mechanism {
            self.transitions()
        } else {
            Vec::new()
        };
        let conditions = self.conditions();
        let map = HeatMap {
            title: format!("{}: {title}", scene.plan.name()),
            subtitle: format!("{} model; {conditions}", scene.plan.model().name()),
            axes: [
                MapAxis {
                    label: "temperature T (°C)".into(),
                    edges: self.plane.temperature.edges.clone(),
                    logarithmic: false,
                },
                MapAxis {
                    label: "diameter d (nm)".into(),
                    edges: self.plane.diameter.edges.clone(),
                    logarithmic: true,
                },
            ],
            values,
            scale,
            curve: (!line.is_empty()).then(|| ("d_c, equal volumes".into(), line)),
            points,
            marks,
        };
        let name = numbered(name, self.slice);
        let [png, svg] = files(scene.folder, &name);
        heat_map(&png, &svg, &map)?;
        Ok(Drawn {
            name,
            title: format!("Map of {title}{}", self.suffix(&conditions)),
            computed: self.computed(&shown, &map, unknown),
            stated,
        })
    }

    fn computed(&self, shown: &str, map: &HeatMap, unknown: bool) -> String {
        let mut text = format!(
            "Colour: {shown}, by the {} model. ",
            self.scene.plan.model().name()
        );
        if map.curve.is_some() {
            text += "Line: d_c, where layer and core have carried equal volumes, interpolated between the points of the sweep. ";
        }
        if !map.marks.is_empty() {
            let marks: Vec<String> = map.marks.iter().map(|mark| mark.label.clone()).collect();
            text += &format!(
                "Dashed: the kinetic glass transitions of the material, where the relaxation time of the bulk or of the interface equals the molding time: {}. ",
                listed(&marks)
            );
        }
        if unknown {
            text += "Grey: no result. ";
        }
        let slices = self.plane.slices();
        if slices > MOST_SLICES && self.slice == 0 {
            text +=
                &format!("The sweep has {slices} such maps; the first {MOST_SLICES} are drawn. ");
        }
        text.trim_end().to_owned()
    }

    /// Fraction of the first element of the two in the feedstock.
    fn feedstock(&self, pair: [&String; 2]) -> f64 {
        let of = |element: &String| self.first.material.composition.get(element);
        let [a, b] = pair.map(|element| of(element).map_or(0.0, |x| x.value));
        a / (a + b)
    }

    fn suffix(&self, conditions: &str) -> String {
        match self.plane.slices() {
            1 => String::new(),
            _ => format!(" ({conditions})"),
        }
    }

    /// Pressure and time where they are those of the whole plane, and what tells the plane from others.
    fn conditions(&self) -> String {
        let process = &self.first.case.process;
        let varies = |key: &str| self.plane.varies(|one| one == key);
        let pressure = process
            .pressure_GPa
            .filter(|_| !varies("process.pressure_GPa"));
        let mut parts = vec![press(pressure, self.time())];
        let plan = self.scene.plan;
        for (key, value) in plan.values(self.plane.first(self.slice)) {
            let told = self.plane.varies(|one| one == key)
                || ["process.pressure_GPa", "process.time_s"].contains(&key);
            if !told {
                let short = key.rsplit('.').next().unwrap_or(key);
                parts.push(format!("{short} = {value}"));
            }
        }
        if [pressure, self.time()].contains(&None) {
            parts.push("the press varies within the map".into());
        }
        parts.retain(|part| !part.is_empty());
        parts.join(", ")
    }

    /// Molding time in s, if the whole plane has one.
    fn time(&self) -> Option<f64> {
        let varies = self.plane.varies(|key| key == "process.time_s");
        (!varies).then_some(self.first.case.process.time_s)
    }

    /// d_c over the temperature, in parts where some temperatures have none.
    fn line(&self) -> Vec<Vec<(f64, f64)>> {
        let mut own: Vec<&Critical> = (self.scene.criticals.iter())
            .filter(|one| self.holds(one) && one.conditions[0].is_some())
            .collect();
        let celsius = |one: &Critical| one.conditions[0].unwrap_or(f64::NAN);
        own.sort_by(|a, b| celsius(a).total_cmp(&celsius(b)));
        // Pixels would make a fine line jagged; its ends and its summit are kept.
        let step = own.len().div_ceil(MOST_CORNERS).max(1);
        let height = |one: &Critical| one.equal_volumes.map_or(0.0, |[nm, _]| nm);
        let order = |a: &usize, b: &usize| height(own[*a]).total_cmp(&height(own[*b]));
        let summit = (0..own.len()).max_by(order).unwrap_or(0);
        let mut parts = vec![Vec::new()];
        for (k, one) in own.iter().enumerate() {
            let end = k == 0
                || [k - 1, k + 1].iter().any(|&next| {
                    own.get(next)
                        .is_none_or(|next| next.equal_volumes.is_none())
                });
            match one.equal_volumes {
                Some([nm, _]) if end || k % step == summit % step => {
                    parts
                        .last_mut()
                        .expect("there is one")
                        .push((celsius(one), nm));
                }
                Some(_) => {}
                None => parts.push(Vec::new()),
            }
        }
        parts.retain(|part: &Vec<(f64, f64)>| part.len() > 1);
        parts
    }

    /// Whether a group of points lies in this plane.
    fn holds(&self, one: &Critical) -> bool {
        self.plane.place(&self.scene.plan.rows(one.point)).0 == self.slice
    }

    /// The published points: those for the time of the map as black discs, others as white ones. And what to say of them.
    fn stated(&self) -> (Vec<MapPoints>, String) {
        let time_at = |celsius: f64| {
            let mut own = self.scene.criticals.iter();
            let here = |one: &&Critical| one.conditions[0] == Some(celsius) && self.holds(one);
            self.time().or_else(|| own.find(here)?.conditions[2])
        };
        let inside = |edges: &[f64], value: f64| {
            edges.first().is_some_and(|low| *low <= value)
                && edges.last().is_some_and(|high| value <= *high)
        };
        let mut groups =
            [("stated d_c", true), ("stated d_c for other times", false)].map(|(label, filled)| {
                MapPoints {
                    label: label.into(),
                    filled,
                    ..MapPoints::default()
                }
            });
        let mut said = Vec::new();
        for one in self.scene.stated {
            let shown = inside(&self.plane.temperature.edges, one.celsius)
                && inside(&self.plane.diameter.edges, one.diameter);
            if !shown {
                continue;
            }
            let other = time_at(one.celsius) != Some(one.time);
            let group = &mut groups[usize::from(other)];
            group.points.push((one.celsius, one.diameter));
            group.bars.push((
                one.diameter * (1.0 - one.tolerance),
                one.diameter * (1.0 + one.tolerance),
            ));
            let (nm, at) = (spoken(one.diameter), spoken(one.celsius));
            said.push(format!("{nm} nm at {at} °C in {} s", one.time));
        }
        let groups: Vec<MapPoints> = groups
            .into_iter()
            .filter(|g| !g.points.is_empty())
            .collect();
        if groups.is_empty() {
            return (groups, String::new());
        }
        let white = match groups.iter().any(|group| !group.filled) {
            true => {
                " White discs are for other molding times than this map's, as in Fig. 6b, where all stand on one map."
            }
            false => "",
        };
        let text = format!(
            "Discs: d_c = {}; bars: the tolerance to which a reproduction is held, not the paper's error ({}).{white}",
            listed(&said),
            self.scene.source
        );
        (groups, text)
    }

    /// The kinetic glass transitions for the molding time, where the plane has one material and one time.
    fn transitions(&self) -> Vec<Mark> {
        let Some(time) = self
            .time()
            .filter(|_| !self.plane.varies(|key| key.starts_with("material.")))
        else {
            return Vec::new();
        };
        let material = &self.first.material;
        let found = [
            ("interface", material.interface_glass_transition(time)),
            ("bulk", Some(material.bulk_glass_transition(time))),
        ];
        let edges = &self.plane.temperature.edges;
        let inside = |at: &f64| edges[0] < *at && *at < edges[edges.len() - 1];
        let marks = found.into_iter().filter_map(|(what, kelvin)| {
            let at = kelvin.map(celsius).filter(inside)?;
            Some(Mark {
                at,
                label: format!("{what} glass transition {at:.0} °C"),
            })
        });
        marks.collect()
    }
}

fn scale(label: &str, low: f64, high: f64) -> ColorScale {
    ColorScale {
        label: label.to_owned(),
        low,
        high,
        logarithmic: false,
    }
}

/// Smallest and largest value; none if there is no value.
fn range(values: &[f32]) -> Option<[f64; 2]> {
    let known = values.iter().filter(|value| value.is_finite());
    let ends = known.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], &value| {
        [low.min(f64::from(value)), high.max(f64::from(value))]
    });
    (ends[0] <= ends[1]).then_some(ends)
}
