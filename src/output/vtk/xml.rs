//! Data sets as VTK XML: every array inline in base64, compressed in blocks.

use super::super::OutputError;
use super::mesh::{Array, Cells, GHOSTS, Mesh};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::io::Write as _;

/// How arrays are compressed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Packing {
    /// What every reader of VTK files understands.
    #[default]
    Zlib,
    /// Faster; VTK and ParaView read it, meshio does not.
    Lz4,
    /// As it is.
    None,
}

/// Bytes of a block before compression, as VTK's own writers have it.
const BLOCK: usize = 32_768;
/// Number of a quadrilateral among VTK's cell types.
pub(super) const QUAD: u8 = 9;

impl Packing {
    /// What VTK calls the compressor, as an attribute.
    fn attribute(self) -> &'static str {
        match self {
            Packing::Zlib => " compressor=\"vtkZLibDataCompressor\"",
            Packing::Lz4 => " compressor=\"vtkLZ4DataCompressor\"",
            Packing::None => "",
        }
    }

    fn pack(self, block: &[u8]) -> std::io::Result<Vec<u8>> {
        match self {
            Packing::Zlib => {
                let level = flate2::Compression::fast();
                let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), level);
                encoder.write_all(block)?;
                encoder.finish()
            }
            Packing::Lz4 => Ok(lz4_flex::block::compress(block)),
            Packing::None => Ok(block.to_vec()),
        }
    }

    /// The text of an array's bytes: a header of 64-bit numbers, then the data.
    fn text(self, bytes: &[u8]) -> std::io::Result<String> {
        let numbers = |numbers: &[usize]| -> Vec<u8> {
            let all = numbers.iter();
            all.flat_map(|&n| (n as u64).to_le_bytes()).collect()
        };
        if self == Packing::None {
            return Ok(STANDARD.encode([numbers(&[bytes.len()]), bytes.to_vec()].concat()));
        }
        let blocks = bytes.chunks(BLOCK).map(|block| self.pack(block));
        let blocks: Vec<Vec<u8>> = blocks.collect::<Result<_, _>>()?;
        // Number of blocks, size of a block, size of the last one where it is not full, sizes when compressed.
        let mut header = vec![blocks.len(), BLOCK, bytes.len() % BLOCK];
        header.extend(blocks.iter().map(Vec::len));
        // Header and data are encoded each by itself.
        Ok(STANDARD.encode(numbers(&header)) + &STANDARD.encode(blocks.concat()))
    }
}

/// A data set at a time (s), if it belongs to one, as the bytes of a file of VTK XML.
pub(super) fn encode(
    mesh: &Mesh,
    time_s: Option<f64>,
    packing: Packing,
) -> Result<Vec<u8>, OutputError> {
    document(mesh, time_s, packing).map_err(|error| OutputError::Shape {
        what: format!("the fields could not be encoded for VTK: {error}"),
    })
}

fn document(mesh: &Mesh, time_s: Option<f64>, packing: Packing) -> std::io::Result<Vec<u8>> {
    let floats =
        |values: &[f64]| -> Vec<u8> { values.iter().flat_map(|v| v.to_le_bytes()).collect() };
    let integers = |values: &mut dyn Iterator<Item = u64>| -> Vec<u8> {
        values.flat_map(|v| (v as i64).to_le_bytes()).collect()
    };
    let data = |kind: &str, name: &str, components: usize, bytes: &[u8]| {
        let text = packing.text(bytes)?;
        // meshio takes numbers that are said to be single for vectors of one.
        let components = match components {
            1 => String::new(),
            more => format!(" NumberOfComponents=\"{more}\""),
        };
        std::io::Result::Ok(format!(
            "<DataArray type=\"{kind}\" Name=\"{}\"{components} format=\"binary\">{text}</DataArray>\n",
            escape(name)
        ))
    };
    let arrays = |tag: &str, arrays: &[Array], ghosts: Option<&[u8]>| {
        let mut text = format!("<{tag}>\n");
        for array in arrays {
            let bytes = floats(&array.values);
            text += &data("Float64", &array.name, array.components, &bytes)?;
        }
        if let Some(ghosts) = ghosts {
            text += &data("UInt8", GHOSTS, 1, ghosts)?;
        }
        std::io::Result::Ok(text + &format!("</{tag}>\n"))
    };
    let count = mesh.points.len() as u64;
    let (kind, header, cells) = match &mesh.cells {
        Cells::Quads(corners) => {
            let ends = &mut (1..=corners.len() as u64).map(|k| 4 * k);
            let connectivity = integers(&mut corners.as_flattened().iter().copied());
            let cells = [
                "<Cells>\n".to_owned(),
                data("Int64", "connectivity", 1, &connectivity)?,
                data("Int64", "offsets", 1, &integers(ends))?,
                data("UInt8", "types", 1, &vec![QUAD; corners.len()])?,
                "</Cells>\n".to_owned(),
            ];
            let header = format!(
                "NumberOfPoints=\"{count}\" NumberOfCells=\"{}\"",
                corners.len()
            );
            ("UnstructuredGrid", header, cells.concat())
        }
        Cells::Line | Cells::Vertices => {
            let (tag, lines, ends) = match mesh.cells {
                Cells::Line => (
                    "Lines",
                    "NumberOfVerts=\"0\" NumberOfLines=\"1\"".to_owned(),
                    count..=count,
                ),
                _ => (
                    "Verts",
                    format!("NumberOfVerts=\"{count}\" NumberOfLines=\"0\""),
                    1..=count,
                ),
            };
            let cells = [
                format!("<{tag}>\n"),
                data("Int64", "connectivity", 1, &integers(&mut (0..count)))?,
                data("Int64", "offsets", 1, &integers(&mut ends.into_iter()))?,
                format!("</{tag}>\n"),
            ];
            let header = format!(
                "NumberOfPoints=\"{count}\" {lines} NumberOfStrips=\"0\" NumberOfPolys=\"0\""
            );
            ("PolyData", header, cells.concat())
        }
        Cells::Structured(nodes) => {
            let [a, b, c] = nodes.map(|nodes| nodes - 1);
            let extent = format!("Extent=\"0 {a} 0 {b} 0 {c}\"");
            ("StructuredGrid", extent, String::new())
        }
    };
    let whole = match &mesh.cells {
        Cells::Structured(_) => format!(" Whole{header}"),
        _ => String::new(),
    };
    let mut text = format!(
        "<?xml version=\"1.0\"?>\n<VTKFile type=\"{kind}\" version=\"1.0\" byte_order=\"LittleEndian\" header_type=\"UInt64\"{}>\n<{kind}{whole}>\n",
        packing.attribute()
    );
    if let Some(time_s) = time_s {
        text += &field_data(mesh, time_s);
    }
    text += &format!("<Piece {header}>\n");
    text += &arrays("PointData", &mesh.point_data, None)?;
    text += &arrays("CellData", &mesh.cell_data, mesh.ghosts.as_deref())?;
    let points = data("Float64", "Points", 3, &floats(mesh.points.as_flattened()))?;
    text += &format!("<Points>\n{points}</Points>\n{cells}</Piece>\n</{kind}>\n</VTKFile>\n");
    Ok(text.into_bytes())
}

/// The time, and what unit every array has.
fn field_data(mesh: &Mesh, time_s: f64) -> String {
    let units = mesh.units();
    // As the bytes of a text: meshio refuses files that hold texts as such.
    let codes: Vec<String> = units.bytes().map(|byte| byte.to_string()).collect();
    format!(
        "<FieldData>\n<DataArray type=\"Float64\" Name=\"TimeValue\" NumberOfTuples=\"1\" format=\"ascii\">{time_s:?}</DataArray>\n\
         <DataArray type=\"UInt8\" Name=\"units\" NumberOfTuples=\"{}\" format=\"ascii\">{}</DataArray>\n</FieldData>\n",
        units.len(),
        codes.join(" ")
    )
}

pub(super) fn escape(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('"', "&quot;");
    text.replace('<', "&lt;")
}
