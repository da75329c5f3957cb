//! Maps over temperature and diameter: which mechanism moves more, in the manner of Fig. 6b; composition; amorphous length.

mod overlay;

use super::{Drawn, Scene, files, listed, numbered, press, spoken};
use crate::case::LoadedCase;
use crate::output::{ColorScale, HeatMap, MapAxis, MapCurve, OutputError, heat_map};
use crate::sweep::report::gather::{MOST_SLICES, Quantity};
use crate::sweep::report::plane::Plane;

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
            curve: (!line.is_empty()).then(|| MapCurve {
                label: "d_c, equal volumes".into(),
                parts: line,
            }),
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
            "Colour, by the {} model: {shown}. ",
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
        (!varies).then_some(self.first.case.time())
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
