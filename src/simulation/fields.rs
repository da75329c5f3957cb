//! All fields of one moment in SI, at cell centres and along the wall.

use super::conditions::Conditions;
use super::free::FreeFront;
use crate::flow::solver::FlowSolver;
use crate::flow::strain;
use crate::front;
use crate::kernels::{self, LevelTables};
use crate::physics::Dimensionless;

/// Bulk and layer at one moment; SI. Bulk arrays cover the full rectangle of the tensor grid, radius fastest.
#[derive(Clone, Debug, PartialEq)]
pub struct Fields {
    /// Time in s.
    pub time: f64,
    /// Radii of the grid lines in m.
    pub r: Vec<f64>,
    /// Heights of the grid lines in m.
    pub z: Vec<f64>,
    /// Whether a cell holds liquid.
    pub active: Vec<bool>,
    /// Share of a cell that a free front leaves liquid (1 everywhere behind a flat one).
    pub liquid_fraction: Vec<f64>,
    /// Radial and axial velocity at cell centres in m/s.
    pub velocity: Vec<[f64; 2]>,
    /// Pressure in Pa.
    pub pressure: Vec<f64>,
    /// Shear stress σ_rz at cell centres in Pa.
    pub shear_stress: Vec<f64>,
    /// Strain rate √(2 D:D) in 1/s.
    pub strain_rate: Vec<f64>,
    /// The free front from the axis to the contact line; empty where it is flat.
    pub front: Vec<FrontPoint>,
    /// The interface layer, from the cell radius along the mold face and the pore wall to the tip.
    pub layer: Vec<LayerPoint>,
    /// Cell arrays of the species by name: `x_Ni`, … (atomic fractions), `crystallised`; empty where the composition is uniform.
    pub species: Vec<(String, Vec<f64>)>,
    /// The same along the layer.
    pub layer_species: Vec<(String, Vec<f64>)>,
}

/// One point of the interface layer; SI.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LayerPoint {
    /// Radius and height in m.
    pub position: [f64; 2],
    /// Arc length from the cell radius in m.
    pub arc_length: f64,
    /// Compressive normal stress λ in Pa.
    pub normal_stress: f64,
    /// Volume flux per perimeter towards the tip in m²/s.
    pub flux: f64,
    /// Velocity from the bulk into the layer in m/s.
    pub exchange_velocity: f64,
}

/// One marker of the free front; SI.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct FrontPoint {
    /// Radius and height in m.
    pub position: [f64; 2],
    /// Sum of the principal curvatures in 1/m, positive where the wire bulges.
    pub curvature: f64,
    /// Velocity of the bulk along the outward normal in m/s.
    pub normal_velocity: f64,
    /// What the deposit from the layer adds to it, in m/s.
    pub deposit_velocity: f64,
}

impl Fields {
    /// Converts a solution (driving pressure 1, gas 0), that of a free `front` where there is one, to SI.
    pub(super) fn new(
        solver: &FlowSolver<f64>,
        front: Option<&FreeFront>,
        conditions: &Conditions,
    ) -> Self {
        let filling = front.map(|front| front::filling(&front.curve().chain(), &solver.grid));
        let tables = &solver.backend.levels[0].tables;
        let x = kernels::Fields::of(&tables.layout, solver.state());
        // Below the capillary threshold nothing moves and the stress is the applied pressure.
        let scales = Dimensionless {
            pressure: conditions.scales.pressure.max(0.0),
            ..conditions.scales
        };
        let stress = |p: f64| conditions.tip_pressure + conditions.scales.pressure * p;
        let velocity = if scales.pressure > 0.0 {
            scales.velocity()
        } else {
            0.0
        };
        let mut fields = Fields {
            time: conditions.time,
            r: solver.grid.r.iter().map(|r| r * scales.radius).collect(),
            z: solver.grid.z.iter().map(|z| z * scales.radius).collect(),
            active: Vec::new(),
            liquid_fraction: Vec::new(),
            velocity: Vec::new(),
            pressure: Vec::new(),
            shear_stress: Vec::new(),
            strain_rate: Vec::new(),
            front: front.map_or(Vec::new(), |front| front_points(front, &scales, velocity)),
            layer: layer(solver, tables, &x, &scales, stress),
            species: Vec::new(),
            layer_species: Vec::new(),
        };
        let strain_unit = velocity / scales.radius;
        let liquid = conditions.liquid();
        let (nr, _, _, nz) = tables.layout.sizes();
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
                fields.active.push(wet);
                fields.liquid_fraction.push(share);
                let (v, strain) = if wet {
                    cell(tables, &x, i, j)
                } else {
                    ([0.0; 2], Strain::default())
                };
                fields.velocity.push(v.map(|v| v * velocity));
                fields.pressure.push(if wet {
                    // A cut cell's unknown is the pressure times its filling.
                    stress(x.pressure[tables.layout.cell_row(j).start + i] / share.max(CUT))
                } else {
                    0.0
                });
                let rate = strain_unit * strain.rate();
                let viscosity = liquid.viscosity_at_rate(rate);
                fields
                    .shear_stress
                    .push(viscosity * strain_unit * strain.shear);
                fields.strain_rate.push(rate);
            }
        }
        fields
    }
}

/// Share below which a cut cell's pressure is not scaled up any further.
const CUT: f64 = 0.1;

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

fn front_points(front: &FreeFront, scales: &Dimensionless, velocity: f64) -> Vec<FrontPoint> {
    let (chain, curvature) = (front.curve().chain(), front.curve().curvatures());
    let points = chain.points().iter().enumerate();
    points
        .map(|(k, p)| FrontPoint {
            position: [p.x * scales.radius, p.y * scales.radius],
            curvature: curvature[k] / scales.radius,
            normal_velocity: front.normal[k] * velocity,
            deposit_velocity: front.growth[k] * velocity,
        })
        .collect()
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
    let outer = grid.r[nr];
    let point = |r: f64, z: f64, lambda: f64, flow: f64, exchange: f64| LayerPoint {
        position: [r * scales.radius, z * scales.radius],
        arc_length: (outer - r + z) * scales.radius,
        normal_stress: stress(lambda),
        flux: flow / r * flux_unit,
        exchange_velocity: exchange * speed,
    };
    let cell = |k: usize| {
        let (r, z, exchange) = if k < nr - np {
            let i = nr - 1 - k;
            (
                0.5 * (grid.r[i] + grid.r[i + 1]),
                0.0,
                x.axial[layout.axial_row(jm).start + i],
            )
        } else {
            let j = jm + k - (nr - np);
            (
                grid.r[np],
                0.5 * (grid.z[j] + grid.z[j + 1]),
                x.radial[layout.radial_row(j).start + np],
            )
        };
        (r, z, exchange, 0.5 * (flow(k) + flow(k + 1)))
    };
    let mut points = Vec::with_capacity(wall + 3);
    let (_, _, first_exchange, _) = cell(0);
    points.push(point(outer, 0.0, x.layer[0], 0.0, first_exchange));
    for k in 0..wall {
        if k == nr - np {
            // The mouth corner, where the wall has no normal.
            let lambda = 0.5 * (x.layer[k - 1] + x.layer[k]);
            points.push(point(grid.r[np], 0.0, lambda, flow(k), 0.0));
        }
        let (r, z, exchange, flow) = cell(k);
        points.push(point(r, z, x.layer[k], flow, exchange));
    }
    let (_, _, last_exchange, _) = cell(wall - 1);
    points.push(point(
        grid.r[np],
        grid.z[grid.contact_row],
        tip,
        flow(wall),
        last_exchange,
    ));
    points
}
