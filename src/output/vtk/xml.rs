//! The only file that knows vtkio: four data sets to VTK XML, compressed with lz4.

use std::borrow::Cow;

use vtkio::model::{
    Attribute, Attributes, ByteOrder, Coordinates, DataArray, DataSet, Extent, IOBuffer,
    PolyDataPiece, RectilinearGridPiece, StructuredGridPiece, Version, VertexNumbers, Vtk,
};
use vtkio::xml::Compressor;

use super::super::OutputError;

/// A named array with its number of components per cell or point.
pub(super) struct Field {
    name: Cow<'static, str>,
    components: u32,
    data: IOBuffer,
}

impl Field {
    /// One f64 per cell or point.
    pub(super) fn scalar(name: impl Into<Cow<'static, str>>, values: Vec<f64>) -> Self {
        Self {
            name: name.into(),
            components: 1,
            data: IOBuffer::F64(values),
        }
    }

    /// Three f64 per cell or point.
    pub(super) fn vector(name: &'static str, values: &[[f64; 3]]) -> Self {
        Self {
            name: name.into(),
            components: 3,
            data: IOBuffer::F64(values.as_flattened().to_vec()),
        }
    }

    /// VTK's blanking: bit 32 (HIDDENCELL) where a cell is not part of the liquid.
    pub(super) fn blanking(active: impl Iterator<Item = bool>) -> Self {
        const HIDDEN_CELL: u8 = 32;
        Self {
            name: "vtkGhostType".into(),
            components: 1,
            data: IOBuffer::U8(active.map(|on| if on { 0 } else { HIDDEN_CELL }).collect()),
        }
    }

    fn attribute(self) -> Attribute {
        let array = DataArray::new(self.name, self.components);
        Attribute::DataArray(array.with_buf(self.data))
    }
}

/// A rectilinear grid in the x-z plane (y = 0) with cell data, x fastest.
pub(super) fn rectilinear(
    x: &[f64],
    z: &[f64],
    fields: Vec<Field>,
) -> Result<Vec<u8>, OutputError> {
    let piece = RectilinearGridPiece {
        extent: extent([x.len(), 1, z.len()]),
        coords: Coordinates {
            x: IOBuffer::F64(x.to_vec()),
            y: IOBuffer::F64(vec![0.0]),
            z: IOBuffer::F64(z.to_vec()),
        },
        data: cell_data(fields),
    };
    encode(DataSet::inline(piece))
}

/// A structured grid of `nodes` points in each direction with cell data, first direction fastest.
pub(super) fn structured(
    nodes: [usize; 3],
    points: &[[f64; 3]],
    fields: Vec<Field>,
) -> Result<Vec<u8>, OutputError> {
    let piece = StructuredGridPiece {
        extent: extent(nodes),
        points: IOBuffer::F64(points.as_flattened().to_vec()),
        data: cell_data(fields),
    };
    encode(DataSet::inline(piece))
}

/// One poly-line through all points, with point data.
pub(super) fn polyline(points: &[[f64; 3]], fields: Vec<Field>) -> Result<Vec<u8>, OutputError> {
    let piece = PolyDataPiece {
        points: IOBuffer::F64(points.as_flattened().to_vec()),
        lines: Some(VertexNumbers::XML {
            connectivity: (0..points.len() as u64).collect(),
            offsets: vec![points.len() as u64],
        }),
        data: Attributes {
            point: fields.into_iter().map(Field::attribute).collect(),
            cell: Vec::new(),
        },
        ..PolyDataPiece::default()
    };
    encode(DataSet::inline(piece))
}

/// Points by themselves, with point data.
pub(super) fn vertices(points: &[[f64; 3]], fields: Vec<Field>) -> Result<Vec<u8>, OutputError> {
    let piece = PolyDataPiece {
        points: IOBuffer::F64(points.as_flattened().to_vec()),
        verts: Some(VertexNumbers::XML {
            connectivity: (0..points.len() as u64).collect(),
            offsets: (1..=points.len() as u64).collect(),
        }),
        data: Attributes {
            point: fields.into_iter().map(Field::attribute).collect(),
            cell: Vec::new(),
        },
        ..PolyDataPiece::default()
    };
    encode(DataSet::inline(piece))
}

fn cell_data(fields: Vec<Field>) -> Attributes {
    Attributes {
        point: Vec::new(),
        cell: fields.into_iter().map(Field::attribute).collect(),
    }
}

/// The inclusive node ranges. vtkio's own `Extent::Dims` is one node too long when it writes XML.
fn extent(nodes: [usize; 3]) -> Extent {
    Extent::Ranges(nodes.map(|count| 0..=(count as i32 - 1)))
}

fn encode(data: DataSet) -> Result<Vec<u8>, OutputError> {
    let vtk = Vtk {
        version: Version::new_xml(1, 0),
        title: String::new(),
        byte_order: ByteOrder::LittleEndian,
        data,
        file_path: None,
    };
    let failed = |error: &dyn std::fmt::Display| OutputError::Shape {
        what: format!("the fields could not be encoded for VTK: {error}"),
    };
    // lz4 has one level; any number but 0 (which means "uncompressed") selects it.
    let file = vtk
        .try_into_xml_format(Compressor::LZ4, 1)
        .map_err(|error| failed(&error))?;
    let mut bytes = Vec::new();
    file.write(&mut bytes).map_err(|error| failed(&error))?;
    Ok(bytes)
}
