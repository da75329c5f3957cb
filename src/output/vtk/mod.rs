//! Fields for ParaView: `flow.pvd` (bulk), `layer.pvd` (interface layer) and `front.pvd` (free front) with their pieces in
//! `fields/`.
//!
//! Geometry is in nm, because VTK compares coordinates with absolute tolerances that a wire of 1e-8 m falls below;
//! fields are in SI. The half plane of the calculation is the x-z plane: x = r, y = 0, z along the pore, z = 0 on the
//! mold face, z > 0 in the pore.

mod flow;
mod front;
mod layer;
mod pvd;
mod revolve;
mod xml;

use std::path::{Path, PathBuf};

pub use flow::FlowFrame;
pub use front::FrontFrame;
pub use layer::LayerFrame;
pub use pvd::Pvd;

use super::{OutputError, RunFolder, require_finite, write_atomic};
use xml::{Field, vertices};

/// Folder of the pieces, inside the run folder.
pub const FIELDS: &str = "fields";

/// A short script that shows the velocity of the last frame; needs Python with `vtk`, or ParaView's `pvpython`.
pub const VIEW_SCRIPT: &str = include_str!("view.py");

/// Names and extensions of the pieces: `fields/NAME_0000.EXTENSION`.
const PIECES: [(&str, &str); 5] = [
    ("flow", "vtr"),
    ("layer", "vtp"),
    ("revolved", "vts"),
    ("front", "vtp"),
    ("wire", "vts"),
];

/// Time (s) and file of the frames of every collection.
pub type Frames = [Vec<(f64, String)>; 5];
/// Points in a plane with numbers of their own, as the bytes of a `.vtp` file. A number that is not known is NaN.
///
/// # Errors
/// [`OutputError::NotFinite`] for a place that is none, [`OutputError::Shape`] where a field has not one number per point.
pub fn points_vtp(
    places: &[[f64; 2]],
    fields: Vec<(&'static str, Vec<f64>)>,
) -> Result<Vec<u8>, OutputError> {
    require_finite("a place of the map", places.as_flattened())?;
    if let Some((name, values)) = fields
        .iter()
        .find(|(_, values)| values.len() != places.len())
    {
        return Err(OutputError::Shape {
            what: format!(
                "{name} has {} values for {} points",
                values.len(),
                places.len()
            ),
        });
    }
    let points: Vec<[f64; 3]> = places.iter().map(|[x, y]| [*x, *y, 0.0]).collect();
    let fields = fields
        .into_iter()
        .map(|(name, values)| Field::scalar(name, values));
    vertices(&points, fields.collect())
}

/// The time series of one run: numbers the frames, writes the pieces, keeps the `.pvd` files up to date.
#[derive(Debug)]
pub struct FieldSeries {
    folder: PathBuf,
    flow: Pvd,
    layer: Pvd,
    revolved: Pvd,
    front: Pvd,
    wire: Pvd,
}

impl FieldSeries {
    /// Starts the series of a new run and writes `view.py`.
    ///
    /// # Errors
    /// [`OutputError::Io`].
    pub fn create(folder: &RunFolder) -> Result<Self, OutputError> {
        let fields = folder.join(FIELDS);
        // A link could lead into somebody else's folder.
        if fields.symlink_metadata().is_ok_and(|meta| !meta.is_dir()) {
            return Err(OutputError::NotAFolder { path: fields });
        }
        std::fs::create_dir_all(&fields).map_err(OutputError::io("create the folder", &fields))?;
        folder.write("view.py", VIEW_SCRIPT.as_bytes())?;
        Ok(Self {
            folder: folder.path().to_path_buf(),
            flow: Pvd::new(folder.join("flow.pvd")),
            layer: Pvd::new(folder.join("layer.pvd")),
            revolved: Pvd::new(folder.join("revolved.pvd")),
            front: Pvd::new(folder.join("front.pvd")),
            wire: Pvd::new(folder.join("wire.pvd")),
        })
    }

    /// Continues the series of a run from what [`FieldSeries::frames`] gave: later frames are dropped, and their files go.
    ///
    /// # Errors
    /// [`OutputError::Io`].
    pub fn resume(folder: &RunFolder, frames: Frames) -> Result<Self, OutputError> {
        let mut series = Self::create(folder)?;
        let known: Vec<PathBuf> = (frames.iter().flatten())
            .map(|(_, file)| folder.join(file))
            .collect();
        for (pvd, frames) in series.collections_mut().into_iter().zip(frames) {
            *pvd = Pvd::resume(pvd.path(), frames)?;
        }
        for piece in existing_pieces(folder.path()) {
            if !known.contains(&piece) {
                std::fs::remove_file(&piece).map_err(OutputError::io("remove", &piece))?;
            }
        }
        Ok(series)
    }

    /// The frames of every collection so far.
    pub fn frames(&self) -> Frames {
        let all = [
            &self.flow,
            &self.layer,
            &self.revolved,
            &self.front,
            &self.wire,
        ];
        all.map(|pvd| pvd.frames().to_vec())
    }

    fn collections_mut(&mut self) -> [&mut Pvd; 5] {
        [
            &mut self.flow,
            &mut self.layer,
            &mut self.revolved,
            &mut self.front,
            &mut self.wire,
        ]
    }

    /// Writes one frame of bulk and layer.
    ///
    /// # Errors
    /// [`OutputError::Shape`], [`OutputError::NotFinite`] (nothing is written then), [`OutputError::Io`].
    pub fn write(&mut self, flow: &FlowFrame, layer: &LayerFrame) -> Result<(), OutputError> {
        let flow_bytes = flow.encode()?;
        let layer_bytes = layer.encode()?;
        add(&self.folder, &mut self.flow, 0, flow.time_s, &flow_bytes)?;
        add(&self.folder, &mut self.layer, 1, layer.time_s, &layer_bytes)
    }

    /// Writes one frame of a free front.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn write_front(&mut self, front: &FrontFrame) -> Result<(), OutputError> {
        let bytes = front.encode()?;
        add(&self.folder, &mut self.front, 3, front.time_s, &bytes)
    }

    /// Writes the surface of the wire, the front and the pore wall revolved with `sections` cells around (`wire.pvd`).
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn write_wire(&mut self, front: &FrontFrame, sections: usize) -> Result<(), OutputError> {
        let bytes = front.encode_wire(sections)?;
        add(&self.folder, &mut self.wire, 4, front.time_s, &bytes)
    }

    /// Writes one bulk frame revolved about the axis to three dimensions, with `sections` cells around (`revolved.pvd`).
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn write_revolved(&mut self, flow: &FlowFrame, sections: usize) -> Result<(), OutputError> {
        let bytes = revolve::encode(flow, sections)?;
        add(&self.folder, &mut self.revolved, 2, flow.time_s, &bytes)
    }
}

/// Writes a piece, then lists it: a `.pvd` never names a file that is not there.
fn add(
    folder: &Path,
    pvd: &mut Pvd,
    piece: usize,
    time_s: f64,
    bytes: &[u8],
) -> Result<(), OutputError> {
    let (name, extension) = PIECES[piece];
    let file = format!("{FIELDS}/{name}_{:04}.{extension}", pvd.len());
    write_atomic(&folder.join(&file), bytes)?;
    pvd.add(time_s, &file)
}

/// The pieces that earlier runs left in a run folder; other files in `fields/` are not ours.
pub(super) fn existing_pieces(folder: &Path) -> Vec<PathBuf> {
    let fields = folder.join(FIELDS);
    // A link could lead into somebody else's folder.
    if !fields.symlink_metadata().is_ok_and(|meta| meta.is_dir()) {
        return Vec::new();
    }
    let Ok(entries) = std::fs::read_dir(&fields) else {
        return Vec::new();
    };
    let mut pieces: Vec<PathBuf> = entries
        .flatten()
        .filter(|entry| is_piece(&entry.file_name().to_string_lossy()))
        .map(|entry| entry.path())
        .collect();
    pieces.sort();
    pieces
}

pub(super) fn is_piece(file: &str) -> bool {
    PIECES.iter().any(|(name, extension)| {
        file.strip_prefix(name)
            .and_then(|rest| rest.strip_prefix('_'))
            .and_then(|rest| rest.strip_suffix(extension))
            .and_then(|rest| rest.strip_suffix('.'))
            .is_some_and(|number| number.len() >= 4 && number.bytes().all(|b| b.is_ascii_digit()))
    })
}
