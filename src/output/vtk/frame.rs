//! One frame: grid, lines and fields of one moment, checked and masked once for everything that is written of it.

use super::super::{OutputError, require_finite};
use super::mesh::{Array, Mesh};
use crate::fields::{Field, Place, Values};
use std::f64::consts::TAU;

/// Grid, lines and fields at one time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Frame {
    /// Time since the start of molding (s).
    pub time_s: f64,
    /// Radii of the grid lines, strictly increasing from 0, where the pore is as wide as at its mouth (nm).
    pub r_nodes_nm: Vec<f64>,
    /// Heights of the grid lines on the axis, strictly increasing, 0 in the plane of the mold face (nm).
    pub z_nodes_nm: Vec<f64>,
    /// Factor on the radii of the nodes at each height: the pore's radius in that of its mouth, 1 in the feedstock.
    pub widths: Vec<f64>,
    /// How much higher the nodes of the mouth's line are at each radius than on the axis (nm): they fall outside of a mouth whose edge is rounded, with the
    /// mold face. Empty where the edge is sharp.
    pub rises_nm: Vec<f64>,
    /// The share of that at each height; empty where the edge is sharp.
    pub falling: Vec<f64>,
    /// Height of the mouth above the mold face (nm): 0 where its edge is sharp.
    pub mouth_nm: f64,
    /// Whether a cell is liquid, r fastest; what fields say of the others is not looked at.
    pub active: Vec<bool>,
    /// Radius and height of the points of the layer, from the cell radius inwards on the mold face, around the mouth corner, up the
    /// pore wall to the tip (nm).
    pub layer_nm: Vec<[f64; 2]>,
    /// Radius and height of the points of a free front, from the axis to the contact line; empty where it is flat (nm).
    pub front_nm: Vec<[f64; 2]>,
    /// The fields, one value for each cell, point of the layer or point of the front.
    pub fields: Vec<Field>,
}

/// Points that follow a line have this field, which increases.
const ARC_LENGTH: &str = "arc_length_nm";

impl Frame {
    /// Number of cells across and along.
    fn cells(&self) -> (usize, usize) {
        let count = |nodes: &[f64]| nodes.len().saturating_sub(1);
        (count(&self.r_nodes_nm), count(&self.z_nodes_nm))
    }

    /// Number of values of a field at a place.
    fn count(&self, place: Place) -> usize {
        match place {
            Place::Cells => self.active.len(),
            Place::Layer => self.layer_nm.len(),
            Place::Front => self.front_nm.len(),
        }
    }

    /// The values of a field, zero in cells that are not liquid.
    fn masked(&self, field: &Field) -> Values {
        fn keep<T: Copy + Default>(values: &[T], active: &[bool]) -> Vec<T> {
            let cells = values.iter().zip(active);
            cells
                .map(|(value, on)| if *on { *value } else { T::default() })
                .collect()
        }
        match (field.place, &field.values) {
            (Place::Cells, Values::Scalars(values)) => Values::Scalars(keep(values, &self.active)),
            (Place::Cells, Values::Vectors(values)) => Values::Vectors(keep(values, &self.active)),
            (_, values) => values.clone(),
        }
    }

    /// Shapes, order of the nodes and finiteness.
    ///
    /// # Errors
    /// [`OutputError::Shape`] when arrays do not fit each other or no cell is active, [`OutputError::NotFinite`] for NaN or
    /// infinity where there is liquid.
    pub fn validate(&self) -> Result<(), OutputError> {
        let shape = |what: String| Err(OutputError::Shape { what });
        require_finite("time_s", [&self.time_s])?;
        for (name, nodes) in [
            ("r_nodes_nm", &self.r_nodes_nm),
            ("z_nodes_nm", &self.z_nodes_nm),
        ] {
            require_finite(name, nodes)?;
            if nodes.len() < 2 || nodes.windows(2).any(|pair| pair[1] <= pair[0]) {
                return shape(format!("{name} must be at least two increasing numbers"));
            }
        }
        let (nr, nz) = self.cells();
        require_finite("widths", &self.widths)?;
        if self.widths.len() != nz + 1 || self.widths.iter().any(|width| *width <= 0.0) {
            return shape("widths must be one positive number per height".to_string());
        }
        require_finite("rises_nm", &self.rises_nm)?;
        require_finite("falling", &self.falling)?;
        let counts = [self.rises_nm.len(), self.falling.len()];
        if counts != [0, 0] && counts != [nr + 1, nz + 1] {
            let what = "rises_nm and falling must be one number per radius and per height, or none";
            return shape(what.to_string());
        }
        if self.active.len() != nr * nz {
            let (found, cells) = (self.active.len(), nr * nz);
            return shape(format!(
                "active has {found} values for {nr} × {nz} = {cells} cells"
            ));
        }
        if !self.active.contains(&true) {
            return shape("no cell of the frame is active".to_string());
        }
        require_finite("layer_nm", self.layer_nm.as_flattened())?;
        require_finite("front_nm", self.front_nm.as_flattened())?;
        if self.layer_nm.len() < 2 || self.front_nm.len() == 1 {
            return shape("a line has at least two points".to_string());
        }
        for field in &self.fields {
            let (name, found, expected) =
                (field.label(), field.values.len(), self.count(field.place));
            if found != expected {
                let what = match field.place {
                    Place::Cells => "cells",
                    Place::Layer => "points of the wall",
                    Place::Front => "points of the front",
                };
                return shape(format!("{name} has {found} values for {expected} {what}"));
            }
            require_finite(&name, self.masked(field).flat())?;
            let falls = |arcs: &[f64]| arcs.windows(2).any(|pair| pair[1] <= pair[0]);
            if name == ARC_LENGTH && falls(field.values.flat()) {
                return shape(format!("{name} must increase"));
            }
        }
        Ok(())
    }

    /// Arrays of the fields at a place, with the values that `pick` makes of each.
    fn arrays(&self, place: Place, pick: impl Fn(Values) -> Vec<f64>) -> Vec<Array> {
        let fields = self.fields.iter().filter(|field| field.place == place);
        fields
            .map(|field| {
                let values = self.masked(field);
                Array {
                    name: field.label(),
                    unit: field.unit,
                    components: values.components(),
                    values: pick(values),
                }
            })
            .collect()
    }

    /// The liquid cells of the half plane, x = r and y = 0.
    pub(super) fn flow(&self) -> Mesh {
        let (nr, _) = self.cells();
        let liquid: Vec<usize> = (0..self.active.len()).filter(|&k| self.active[k]).collect();
        // Only nodes that a liquid cell has, in the order of the grid.
        let corners = |k: usize| {
            let first = k / nr * (nr + 1) + k % nr;
            [first, first + 1, first + nr + 2, first + nr + 1]
        };
        let mut number = vec![u64::MAX; self.r_nodes_nm.len() * self.z_nodes_nm.len()];
        for node in liquid.iter().flat_map(|&k| corners(k)) {
            number[node] = 0;
        }
        let mut points = Vec::new();
        for (node, number) in number.iter_mut().enumerate().filter(|(_, n)| **n == 0) {
            *number = points.len() as u64;
            let (r, z) = (node % (nr + 1), node / (nr + 1));
            let [r, z] = self.node(r, z);
            points.push([r, 0.0, z]);
        }
        let corners = liquid.iter().map(|&k| corners(k).map(|node| number[node]));
        let arrays = self.arrays(Place::Cells, |values| match values {
            Values::Scalars(values) => liquid.iter().map(|&k| values[k]).collect(),
            Values::Vectors(values) => liquid.iter().flat_map(|&k| values[k]).collect(),
        });
        Mesh::quads(points, corners.collect(), arrays)
    }

    /// The interface layer.
    pub(super) fn layer(&self) -> Mesh {
        let arrays = self.arrays(Place::Layer, |values| values.flat().to_vec());
        Mesh::line(in_half_plane(&self.layer_nm), arrays)
    }

    /// The free front, if there is one.
    pub(super) fn front(&self) -> Option<Mesh> {
        let arrays = self.arrays(Place::Front, |values| values.flat().to_vec());
        (!self.front_nm.is_empty()).then(|| Mesh::line(in_half_plane(&self.front_nm), arrays))
    }

    /// The whole grid revolved into `sections` equal wedges (at least 3), cells that are not liquid blanked. Vectors are turned into
    /// Cartesian components at each wedge's middle, numbers are repeated.
    pub(super) fn revolved(&self, sections: usize) -> Result<Mesh, OutputError> {
        if sections < 3 {
            return Err(OutputError::Shape {
                what: format!("a revolved frame needs at least 3 sections, not {sections}"),
            });
        }
        let (nr, nz) = self.cells();
        let mut points = Vec::new();
        for row in 0..=nz {
            for section in 0..=sections {
                let (sin, cos) = node_angle(section, sections).sin_cos();
                let nodes = (0..=nr).map(|column| self.node(column, row));
                points.extend(nodes.map(|[r, z]| [r * cos, r * sin, z]));
            }
        }
        let turned = |values: &[[f64; 3]]| -> Vec<f64> {
            let rows = values.chunks(nr).flat_map(|row| {
                (0..sections).flat_map(move |section| {
                    let (sin, cos) = (TAU * (section as f64 + 0.5) / sections as f64).sin_cos();
                    row.iter().flat_map(move |[radial, azimuthal, axial]| {
                        let x = radial * cos - azimuthal * sin;
                        [x, radial * sin + azimuthal * cos, *axial]
                    })
                })
            });
            rows.collect()
        };
        let arrays = self.arrays(Place::Cells, |values| match values {
            Values::Scalars(values) => repeat_rows(&values, nr, sections),
            Values::Vectors(values) => turned(&values),
        });
        let hidden = repeat_rows(&self.active, nr, sections);
        let nodes = [nr + 1, sections + 1, nz + 1];
        Ok(Mesh::structured(nodes, points, arrays, Some(&hidden)))
    }

    /// Radius and height of a node of the grid (nm).
    fn node(&self, column: usize, row: usize) -> [f64; 2] {
        let z = self.z_nodes_nm[row];
        let rise = match (self.rises_nm.get(column), self.falling.get(row)) {
            (Some(rise), Some(share)) => rise * share,
            _ => 0.0,
        };
        [self.r_nodes_nm[column] * self.widths[row], z + rise]
    }

    /// Width of the pore at a height, in that of its mouth: linear between the grid's lines.
    fn width(&self, z: f64) -> f64 {
        let (lines, last) = (&self.z_nodes_nm, self.z_nodes_nm.len() - 1);
        let k = lines.partition_point(|line| *line <= z).clamp(1, last) - 1;
        let t = (z - lines[k]) / (lines[k + 1] - lines[k]);
        self.widths[k] + t * (self.widths[k + 1] - self.widths[k])
    }

    /// The surface of a wire with a free front, from the tip over the front and down the pore wall to the mold face. Cells carry the
    /// height of their middle above the mold face.
    pub(super) fn wire(&self, sections: usize) -> Option<Mesh> {
        let mut profile = self.front_nm.clone();
        let [radius, contact] = *profile.last()?;
        let depth = contact - self.mouth_nm;
        if depth > 0.0 {
            // As many wall cells as make them about as long as the wire is wide.
            let cells = (depth / radius).ceil().max(1.0) as usize;
            let mouth = radius / self.width(contact);
            profile.extend((1..=cells).map(|k| {
                let z = self.mouth_nm + depth * (1.0 - k as f64 / cells as f64);
                [mouth * self.width(z), z]
            }));
        }
        let mut points = Vec::with_capacity(profile.len() * (sections + 1));
        for section in 0..=sections {
            let (sin, cos) = node_angle(section, sections).sin_cos();
            points.extend(profile.iter().map(|[r, z]| [r * cos, r * sin, *z]));
        }
        let heights = profile.windows(2).map(|p| 0.5 * (p[0][1] + p[1][1]));
        let heights: Vec<f64> = heights.collect();
        let height = Array {
            name: "height_nm".into(),
            unit: "nm",
            components: 1,
            values: heights.repeat(sections),
        };
        let nodes = [profile.len(), sections + 1, 1];
        Some(Mesh::structured(nodes, points, vec![height], None))
    }
}

/// Angle of the plane of nodes before a section; the seam repeats the first plane exactly.
fn node_angle(section: usize, sections: usize) -> f64 {
    TAU * (section % sections) as f64 / sections as f64
}

fn in_half_plane(points: &[[f64; 2]]) -> Vec<[f64; 3]> {
    points.iter().map(|[r, z]| [*r, 0.0, *z]).collect()
}

/// Each row of `nr` values once per section.
fn repeat_rows<T: Copy>(values: &[T], nr: usize, sections: usize) -> Vec<T> {
    let rows = values.chunks(nr);
    rows.flat_map(|row| std::iter::repeat_n(row, sections).flatten().copied())
        .collect()
}
