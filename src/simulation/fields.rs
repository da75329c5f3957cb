//! All fields of one moment, at cell centres, along the wall and along a free front: each is one entry with name, unit and place.

use super::conditions::Conditions;
use super::free::FreeFront;
use crate::fields::{Field, Place, Values};
use crate::flow::filling::whole_pressure;
use crate::flow::mapped::Pore;
use crate::flow::solver::FlowSolver;
use crate::flow::strain;
use crate::front;
use crate::kernels::{self, LevelTables, Wall};
use crate::physics::constants::NANOMETRE;
use crate::physics::{Dimensionless, Eyring};

/// Bulk, layer and free front at one moment. Geometry in m; fields in the unit that each of them names.
#[derive(Clone, Debug, PartialEq)]
pub struct Fields {
    /// Time in s.
    pub time: f64,
    /// Radii of the grid lines in m, where the pore is as wide as at its mouth.
    pub r: Vec<f64>,
    /// Heights of the grid lines in m.
    pub z: Vec<f64>,
    /// Factor on the radii of the nodes on each of these heights: the pore's radius in that of its mouth, 1 in the feedstock.
    pub widths: Vec<f64>,
    /// How much higher the line of the mouth is at each radius than on the axis: outside of a mouth whose edge is rounded it falls with the mold's face.
    pub rises: Vec<f64>,
    /// The share of that in every line: 1 at the mouth, none in the pore and far below.
    pub falling: Vec<f64>,
    /// Height of the mouth above the mold face: 0, or the middle of a rounded edge.
    pub mouth: f64,
    /// Whether a cell of the full rectangle of the grid holds liquid, radius fastest.
    pub active: Vec<bool>,
    /// Radius and height in m of the points of the interface layer, from the cell radius along the mold face and the pore wall to the
    /// tip.
    pub layer: Vec<[f64; 2]>,
    /// Radius and height in m of the points of the free front from the axis to the contact line; empty where it is flat.
    pub front: Vec<[f64; 2]>,
    /// All fields.
    pub all: Vec<Field>,
}

/// One point of the interface layer; SI.
struct LayerPoint {
    /// Radius and height in m.
    position: [f64; 2],
    /// Arc length from the cell radius in m.
    arc_length: f64,
    /// Compressive normal stress λ in Pa.
    normal_stress: f64,
    /// Volume flux per perimeter towards the tip in m²/s.
    flux: f64,
    /// Velocity from the bulk into the layer in m/s.
    exchange_velocity: f64,
}

impl Fields {
    /// Converts a solution (driving pressure 1, gas 0), that of a free `front` where there is one.
    pub(super) fn new(
        solver: &FlowSolver<f64>,
        front: Option<&FreeFront>,
        conditions: &Conditions,
    ) -> Self {
        // Below the capillary threshold nothing moves and the stress is the applied pressure.
        let scales = Dimensionless {
            pressure: conditions.scales.pressure.max(0.0),
            ..conditions.scales
        };
        let velocity = if scales.pressure > 0.0 {
            scales.velocity()
        } else {
            0.0
        };
        let tables = &solver.backend.levels[0].tables;
        let x = kernels::Fields::of(&tables.layout, solver.state());
        let stress = |p: f64| conditions.tip_pressure + conditions.scales.pressure * p;
        let points = layer(solver, tables, &x, &scales, stress);
        let mut fields = Fields {
            time: conditions.time,
            r: solver.grid.r.iter().map(|r| r * scales.radius).collect(),
            z: solver.grid.z.iter().map(|z| z * scales.radius).collect(),
            widths: (solver.grid.z.iter())
                .map(|&z| solver.grid.wall.radius(z))
                .collect(),
            rises: (solver.grid.r.iter())
                .map(|r| solver.grid.wall.face(r * solver.grid.wall.mouth_radius()) * scales.radius)
                .collect(),
            falling: (solver.grid.z.iter().enumerate())
                .map(|(j, &z)| match j <= solver.grid.mouth_row {
                    true => solver.grid.wall.falling(z),
                    false => 0.0,
                })
                .collect(),
            mouth: solver.grid.wall.mouth() * scales.radius,
            active: Vec::new(),
            layer: points.iter().map(|point| point.position).collect(),
            front: Vec::new(),
            all: Vec::new(),
        };
        fields.add_cells(solver, front, conditions, velocity, stress);
        fields.add_layer(&points);
        if let Some(front) = front {
            fields.add_front(front, &scales, velocity);
        }
        fields
    }

    /// The numbers of a field, if there is one of that name and place that is no vector.
    pub fn scalars(&self, place: Place, name: &str) -> Option<&[f64]> {
        let mut fields = self.all.iter();
        let field = fields.find(|field| field.place == place && field.name == name)?;
        match &field.values {
            Values::Scalars(values) => Some(values),
            Values::Vectors(_) => None,
        }
    }

    fn add_cells(
        &mut self,
        solver: &FlowSolver<f64>,
        front: Option<&FreeFront>,
        conditions: &Conditions,
        velocity: f64,
        stress: impl Fn(f64) -> f64,
    ) {
        let tables = &solver.backend.levels[0].tables;
        let x = kernels::Fields::of(&tables.layout, solver.state());
        let filling = front.map(|front| front::filling(&front.curve().chain(), &solver.grid));
        let strain_unit = velocity / conditions.scales.radius;
        let (liquid, laws) = (conditions.liquid(), conditions.laws());
        let (mut velocities, mut shares) = (Vec::new(), Vec::new());
        let [mut pressures, mut shears, mut rates] = [Vec::new(), Vec::new(), Vec::new()];
        let mut viscosities = Vec::new();
        let (nr, _, _, nz) = tables.layout.sizes();
        let pore = (!solver.grid.wall.is_straight()).then(|| Pore::of(solver));
        for j in 0..nz {
            for i in 0..nr {
                let inside = i < tables.layout.width(j);
                let share = match &filling {
                    _ if !inside => 0.0,
                    Some(filling) if j >= solver.grid.mouth_row => {
                        filling.cell(i, j - solver.grid.mouth_row)
                    }
                    _ => 1.0,
                };
                let wet = share > 0.0;
                self.active.push(wet);
                shares.push(share);
                let ([u, w], strain) = if wet {
                    match &pore {
                        Some(pore) if pore.is_rounded() || j >= solver.grid.mouth_row => {
                            shaped(pore, solver, i, j)
                        }
                        _ => cell(tables, &x, i, j),
                    }
                } else {
                    ([0.0; 2], Strain::default())
                };
                velocities.push([u * velocity, 0.0, w * velocity]);
                let pressure = match wet {
                    true => whole_pressure(x.pressure[tables.layout.cell_row(j).start + i], share),
                    false => 0.0,
                };
                pressures.push(if wet { stress(pressure) } else { 0.0 });
                let rate = strain_unit * strain.rate();
                let (thick, _) = laws.thickening(1.0, strain.rate(), pressure);
                let local = Eyring {
                    newtonian_viscosity: thick * liquid.newtonian_viscosity,
                    ..liquid
                };
                let viscosity = local.viscosity_at_rate(rate);
                shears.push(viscosity * strain_unit * strain.shear);
                rates.push(rate);
                viscosities.push(if wet { viscosity } else { 0.0 });
            }
        }
        // As fast as the coordinates of the files are long, so that streamlines have times in seconds.
        let in_nm = velocities
            .iter()
            .map(|v| v.map(|v| v / NANOMETRE))
            .collect();
        self.all.extend([
            Field::vectors(Place::Cells, "velocity", "m/s", velocities),
            Field::vectors(Place::Cells, "velocity", "nm/s", in_nm),
            Field::scalars(Place::Cells, "pressure", "Pa", pressures),
            Field::scalars(Place::Cells, "shear_stress", "Pa", shears),
            Field::scalars(Place::Cells, "strain_rate", "1/s", rates),
            Field::scalars(Place::Cells, "liquid_fraction", "", shares),
        ]);
        if liquid.stress_scale.is_finite() || conditions.viscosity_per_pressure != 0.0 {
            let viscosity = Field::scalars(Place::Cells, "viscosity", "Pa s", viscosities);
            self.all.push(viscosity);
        }
    }

    fn add_layer(&mut self, points: &[LayerPoint]) {
        let column = |name: &str, unit, value: fn(&LayerPoint) -> f64| {
            Field::scalars(Place::Layer, name, unit, points.iter().map(value).collect())
        };
        self.all.extend([
            column("arc_length", "nm", |p| p.arc_length / NANOMETRE),
            column("normal_stress", "Pa", |p| p.normal_stress),
            column("layer_flux", "m²/s", |p| p.flux),
            column("exchange_velocity", "m/s", |p| p.exchange_velocity),
        ]);
    }

    fn add_front(&mut self, front: &FreeFront, scales: &Dimensionless, velocity: f64) {
        let (places, curvature) = (front.curve().places(), front.curve().curvatures());
        self.front = places
            .iter()
            .map(|p| [p.x, p.y].map(|x| x * scales.radius))
            .collect();
        let scaled = |values: &[f64], unit: f64| values.iter().map(|v| v * unit).collect();
        self.all.extend([
            Field::scalars(
                Place::Front,
                "curvature",
                "1/m",
                curvature.iter().map(|c| c / scales.radius).collect(),
            ),
            Field::scalars(
                Place::Front,
                "normal_velocity",
                "m/s",
                scaled(&front.normal, velocity),
            ),
            Field::scalars(
                Place::Front,
                "deposit_velocity",
                "m/s",
                scaled(&front.growth, velocity),
            ),
        ]);
    }
}

/// Strains at a cell centre; `shear` is twice the tensor component.
#[derive(Clone, Copy, Default)]
struct Strain {
    normal: strain::Normal,
    shear: f64,
}

impl Strain {
    fn rate(&self) -> f64 {
        (self.normal.square() + self.shear.powi(2)).sqrt()
    }
}

/// Velocity and strain at the centre of a cell.
fn cell(
    tables: &LevelTables<f64>,
    x: &kernels::Fields<f64>,
    i: usize,
    j: usize,
) -> ([f64; 2], Strain) {
    let layout = &tables.layout;
    let (_, np, jm, _) = layout.sizes();
    let u = &x.radial[layout.radial_row(j)];
    let [lower, upper] = [j, j + 1].map(|j| x.axial[layout.axial_row(j)][i]);
    let shear = |i: usize, j: usize| {
        if (i, j) == (np, jm) {
            // Singular at the corner: the cells around it take what their other nodes say and rest here.
            0.0
        } else {
            strain::shear(tables, x, i, j)
        }
    };
    let strain = Strain {
        normal: strain::Normal::of(tables, x, i, j),
        shear: 0.25 * (shear(i, j) + shear(i + 1, j) + shear(i, j + 1) + shear(i + 1, j + 1)),
    };
    ([0.5 * (u[i] + u[i + 1]), 0.5 * (lower + upper)], strain)
}

/// As [`cell`] in a pore that is no cylinder.
fn shaped(pore: &Pore, solver: &FlowSolver<f64>, i: usize, j: usize) -> ([f64; 2], Strain) {
    let (x, layout) = (solver.state(), solver.layout());
    let (nr, np, jm, nz) = layout.sizes();
    let shear = |i: usize, j: usize| {
        // As there at the corner; there is none on the axis, at the cell radius, at the inlet, nor on a flat front.
        if (i, j) == (np, jm) || i == 0 || i == nr || j == 0 || j == nz && i < np {
            0.0
        } else {
            pore.shear_of(x, i, j)
        }
    };
    let strain = Strain {
        normal: pore.normal_of(x, i, j),
        shear: 0.25 * (shear(i, j) + shear(i + 1, j) + shear(i, j + 1) + shear(i + 1, j + 1)),
    };
    (pore.velocity_of(x, i, j), strain)
}

fn layer(
    solver: &FlowSolver<f64>,
    tables: &LevelTables<f64>,
    x: &kernels::Fields<f64>,
    scales: &Dimensionless,
    stress: impl Fn(f64) -> f64,
) -> Vec<LayerPoint> {
    let layout = &tables.layout;
    let (nr, np, jm, nz) = layout.sizes();
    let grid = &solver.grid;
    // The layer ends at the contact line.
    let wall = layout.wall_row(grid.contact_row).start;
    let tip = solver.tip_pressure();
    let moving = scales.pressure > 0.0;
    let (speed, flux_unit) = if moving {
        (scales.velocity(), scales.layer_flux())
    } else {
        (0.0, 0.0)
    };
    // Flow per radian towards the tip through face k of the chain.
    let flow = |k: usize| {
        let before = if k > 0 { x.layer[k - 1] } else { 0.0 };
        let after = if k < wall { x.layer[k] } else { tip };
        let conductance = if k == wall && grid.contact_row < nz {
            tables.leakage[k - 1]
        } else {
            tables.conductance[k]
        };
        conductance * (before - after)
    };
    let profile = &grid.wall;
    let scale = profile.mouth_radius();
    let (outer, mouth) = (scale * grid.r[nr], profile.mouth());
    let face_arc = |r: f64| profile.face_sums(r, outer)[0];
    // `exchange` is a flux where the pore is no cylinder: of the velocity along the wall's normal R_w √(1 + R_w′²).
    let point = |[r, z]: [f64; 2], arc: f64, across: f64, lambda: f64, flow: f64, exchange: f64| {
        LayerPoint {
            position: [r * scales.radius, z * scales.radius],
            arc_length: arc * scales.radius,
            normal_stress: stress(lambda),
            flux: flow / r * flux_unit,
            exchange_velocity: exchange / across * speed,
        }
    };
    let on_face = |r: f64, slope: f64, lambda: f64, flow: f64, exchange: f64| {
        let across = scale * scale * slope.hypot(1.0);
        let place = [r, mouth + profile.face(r)];
        point(place, face_arc(r), across, lambda, flow, exchange)
    };
    let in_pore = |z: f64, lambda: f64, flow: f64, exchange: f64| {
        let [radius, slope] = profile.at(z);
        let arc = face_arc(scale) + profile.arc(mouth, z);
        let across = radius * slope.hypot(1.0);
        point([radius, z], arc, across, lambda, flow, exchange)
    };
    let cell = |k: usize| {
        let flow = 0.5 * (flow(k) + flow(k + 1));
        match layout.wall(k) {
            Wall::Face(i) => {
                let r = 0.5 * scale * (grid.r[i] + grid.r[i + 1]);
                let exchange = x.axial[layout.axial_row(jm).start + i];
                on_face(r, grid.ring(i)[1], x.layer[k], flow, exchange)
            }
            Wall::Pore(j) => {
                let z = 0.5 * (grid.z[j] + grid.z[j + 1]);
                let exchange = x.radial[layout.radial_row(j).start + np];
                in_pore(z, x.layer[k], flow, exchange)
            }
        }
    };
    let exchange = |k: usize| match layout.wall(k) {
        Wall::Face(i) => x.axial[layout.axial_row(jm).start + i],
        Wall::Pore(j) => x.radial[layout.radial_row(j).start + np],
    };
    let mut points = Vec::with_capacity(wall + 3);
    points.push(on_face(outer, 0.0, x.layer[0], 0.0, exchange(0)));
    for k in 0..wall {
        if k == nr - np {
            // The mouth corner, where the wall has no normal.
            let lambda = 0.5 * (x.layer[k - 1] + x.layer[k]);
            points.push(in_pore(mouth, lambda, flow(k), 0.0));
        }
        points.push(cell(k));
    }
    let contact = grid.z[grid.contact_row];
    points.push(in_pore(contact, tip, flow(wall), exchange(wall - 1)));
    points
}
