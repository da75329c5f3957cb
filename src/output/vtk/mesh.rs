//! Points, cells and arrays, whatever file they are written to.

/// A named array of numbers.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Array {
    pub name: String,
    /// Unit as it is written in texts; empty where there is none.
    pub unit: &'static str,
    /// Numbers per cell or point.
    pub components: usize,
    pub values: Vec<f64>,
}

/// How points make cells.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cells {
    /// Quadrilaterals: the points of each, around it.
    Quads(Vec<[u64; 4]>),
    /// One line through all points.
    Line,
    /// Every point by itself.
    Vertices,
    /// A structured grid of so many points in each direction, the first fastest.
    Structured([usize; 3]),
}

/// VTK's blanking: the name of its array, and the bit of a cell that is hidden.
pub(super) const GHOSTS: &str = "vtkGhostType";
pub(super) const HIDDEN_CELL: u8 = 32;

/// A data set.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Mesh {
    pub points: Vec<[f64; 3]>,
    pub cells: Cells,
    /// One value per point.
    pub point_data: Vec<Array>,
    /// One value per cell.
    pub cell_data: Vec<Array>,
    /// [`HIDDEN_CELL`] for each cell that is blanked, if any can be.
    pub ghosts: Option<Vec<u8>>,
}

impl Mesh {
    /// Quadrilaterals with cell data.
    pub fn quads(points: Vec<[f64; 3]>, corners: Vec<[u64; 4]>, cell_data: Vec<Array>) -> Self {
        Mesh {
            points,
            cells: Cells::Quads(corners),
            point_data: Vec::new(),
            cell_data,
            ghosts: None,
        }
    }

    /// One poly-line with point data.
    pub fn line(points: Vec<[f64; 3]>, point_data: Vec<Array>) -> Self {
        Mesh {
            points,
            cells: Cells::Line,
            point_data,
            cell_data: Vec::new(),
            ghosts: None,
        }
    }

    /// Points by themselves with point data.
    pub fn vertices(points: Vec<[f64; 3]>, point_data: Vec<Array>) -> Self {
        Mesh {
            cells: Cells::Vertices,
            ..Mesh::line(points, point_data)
        }
    }

    /// A structured grid with cell data; cells that are not `shown` are blanked.
    pub fn structured(
        nodes: [usize; 3],
        points: Vec<[f64; 3]>,
        cell_data: Vec<Array>,
        shown: Option<&[bool]>,
    ) -> Self {
        let ghost = |on: &bool| if *on { 0 } else { HIDDEN_CELL };
        Mesh {
            points,
            cells: Cells::Structured(nodes),
            point_data: Vec::new(),
            cell_data,
            ghosts: shown.map(|shown| shown.iter().map(ghost).collect()),
        }
    }

    /// What unit each array and the coordinates have.
    pub fn units(&self) -> String {
        let arrays = self.point_data.iter().chain(&self.cell_data);
        units(arrays.map(|array| (array.name.as_str(), array.unit)))
    }
}

/// Names with their units as a text, one line each, the coordinates' first: `pressure_Pa: Pa`, `x_Ni: 1`.
pub(super) fn units<'a>(named: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let all = std::iter::once(("coordinates", "nm")).chain(named);
    let lines = all.map(|(name, unit)| {
        let unit = if unit.is_empty() { "1" } else { unit };
        format!("{name}: {unit}")
    });
    lines.collect::<Vec<_>>().join("\n")
}
