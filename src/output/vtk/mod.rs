//! Fields for ParaView: the bulk (`flow`), the interface layer (`layer`) and a free front (`front`), each as a `.pvd` collection with its
//! pieces in `fields/`, or as one `.vtkhdf` file with all times; on request also revolved to three dimensions (`.pvd`).
//!
//! Geometry is in nm, because VTK compares coordinates with absolute tolerances that a wire of 1e-8 m falls below; fields are in the
//! unit of their name, velocities in m/s and in nm/s. The half plane of the calculation is the x-z plane: x = r, y = 0, z along the pore,
//! z = 0 on the mold face, z > 0 in the pore. There are cells where there is liquid: probes and streamlines find them as they are.

mod frame;
mod hdf;
mod mesh;
mod pvd;
mod xml;

use std::path::{Path, PathBuf};

pub use frame::Frame;
pub use pvd::Pvd;
pub use xml::Packing;

use super::{OutputError, RunFolder, require_finite, write_atomic};
use hdf::Temporal;
use mesh::{Array, Mesh};

/// Folder of the pieces, inside the run folder.
pub const FIELDS: &str = "fields";

/// A short script that shows the velocity of the last frame; needs Python with `vtk`, or ParaView's `pvpython`.
pub const VIEW_SCRIPT: &str = include_str!("view.py");

/// Names and extensions of the pieces: `fields/NAME_0000.EXTENSION`.
const PIECES: [(&str, &str); 5] = [
    ("flow", "vtu"),
    ("layer", "vtp"),
    ("revolved", "vts"),
    ("front", "vtp"),
    ("wire", "vts"),
];
const FLOW: usize = 0;
const LAYER: usize = 1;
const REVOLVED: usize = 2;
const FRONT: usize = 3;
const WIRE: usize = 4;

/// Time (s) and file of the frames of every collection.
pub type Frames = [Vec<(f64, String)>; 5];

/// How the frames of a run are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Format {
    /// One `.vtkhdf` file with all times instead of a file for each; what is revolved stays a collection.
    pub in_one_file: bool,
    /// How the files of a collection are compressed.
    pub packing: Packing,
    /// Also revolve every frame to three dimensions, with so many cells around.
    pub sections: Option<usize>,
}

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
    let fields = fields.into_iter().map(|(name, values)| Array {
        name: name.to_owned(),
        unit: "",
        components: 1,
        values,
    });
    xml::encode(
        &Mesh::vertices(points, fields.collect()),
        None,
        Packing::default(),
    )
}

/// The frames of one kind.
#[derive(Debug)]
enum Collection {
    Pvd(Pvd),
    Temporal(Temporal),
}

impl Collection {
    /// An empty one.
    fn new(folder: &Path, piece: usize, format: Format) -> Self {
        let (name, extension) = PIECES[piece];
        match format.in_one_file && extension != "vts" {
            true => Collection::Temporal(Temporal::new(folder.join(format!("{name}.vtkhdf")))),
            false => Collection::Pvd(Pvd::new(folder.join(format!("{name}.pvd")))),
        }
    }

    /// Continues it from the frames that it had at a checkpoint.
    fn resume(&mut self, frames: Vec<(f64, String)>) -> Result<(), OutputError> {
        match self {
            Collection::Pvd(pvd) => *pvd = Pvd::resume(pvd.path(), frames)?,
            Collection::Temporal(series) => {
                *series = Temporal::resume(series.path().to_path_buf(), &frames)?;
            }
        }
        Ok(())
    }

    fn frames(&self) -> Vec<(f64, String)> {
        match self {
            Collection::Pvd(pvd) => pvd.frames().to_vec(),
            Collection::Temporal(series) => series.frames(),
        }
    }
}

/// The time series of one run: numbers the frames, writes the pieces, keeps the collections up to date.
#[derive(Debug)]
pub struct FieldSeries {
    folder: PathBuf,
    format: Format,
    collections: [Collection; 5],
}

impl FieldSeries {
    /// Starts the series of a new run and writes `view.py`.
    ///
    /// # Errors
    /// [`OutputError::Io`].
    pub fn create(folder: &RunFolder, format: Format) -> Result<Self, OutputError> {
        let fields = folder.join(FIELDS);
        // A link could lead into somebody else's folder.
        if fields.symlink_metadata().is_ok_and(|meta| !meta.is_dir()) {
            return Err(OutputError::NotAFolder { path: fields });
        }
        if !format.in_one_file || format.sections.is_some() {
            std::fs::create_dir_all(&fields)
                .map_err(OutputError::io("create the folder", &fields))?;
        }
        folder.write("view.py", VIEW_SCRIPT.as_bytes())?;
        Ok(Self {
            folder: folder.path().to_path_buf(),
            format,
            collections: std::array::from_fn(|k| Collection::new(folder.path(), k, format)),
        })
    }

    /// Continues the series of a run from what [`FieldSeries::frames`] gave: later frames are dropped, and their files go.
    ///
    /// # Errors
    /// [`OutputError::Io`]; [`OutputError::Format`] if a file with all times lacks some.
    pub fn resume(folder: &RunFolder, format: Format, frames: Frames) -> Result<Self, OutputError> {
        let mut series = Self::create(folder, format)?;
        let known: Vec<PathBuf> = (frames.iter().flatten())
            .map(|(_, file)| folder.join(file))
            .collect();
        for (collection, frames) in series.collections.iter_mut().zip(frames) {
            collection.resume(frames)?;
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
        self.collections.each_ref().map(Collection::frames)
    }

    /// Writes all of one frame: bulk, layer, a front that is free, and both revolved where that is wanted.
    ///
    /// # Errors
    /// [`OutputError::Shape`], [`OutputError::NotFinite`] (nothing is written then), [`OutputError::Io`].
    pub fn write(&mut self, frame: &Frame) -> Result<(), OutputError> {
        frame.validate()?;
        self.add(FLOW, frame.time_s, &frame.flow())?;
        self.add(LAYER, frame.time_s, &frame.layer())?;
        if let Some(front) = frame.front() {
            self.add(FRONT, frame.time_s, &front)?;
        }
        if let Some(sections) = self.format.sections {
            self.add(REVOLVED, frame.time_s, &frame.revolved(sections)?)?;
            if let Some(wire) = frame.wire(sections) {
                self.add(WIRE, frame.time_s, &wire)?;
            }
        }
        Ok(())
    }

    /// Writes a piece, then lists it: a collection never names a file that is not there.
    fn add(&mut self, piece: usize, time_s: f64, mesh: &Mesh) -> Result<(), OutputError> {
        let pvd = match &mut self.collections[piece] {
            Collection::Temporal(series) => return series.add(time_s, mesh),
            Collection::Pvd(pvd) => pvd,
        };
        let (name, extension) = PIECES[piece];
        let file = format!("{FIELDS}/{name}_{:04}.{extension}", pvd.len());
        let bytes = xml::encode(mesh, Some(time_s), self.format.packing)?;
        write_atomic(&self.folder.join(&file), &bytes)?;
        pvd.add(time_s, &file)
    }
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
