//! The `.pvd` collection: which piece belongs to which time.

use std::path::{Path, PathBuf};

use super::super::{OutputError, require_finite, write_atomic};
use super::xml::escape;

/// A ParaView collection. After each [`add`](Self::add) the file on disk is complete.
#[derive(Debug, Clone, PartialEq)]
pub struct Pvd {
    path: PathBuf,
    frames: Vec<(f64, String)>,
}

impl Pvd {
    /// An empty collection that will be written to `path` with its first frame.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            frames: Vec::new(),
        }
    }

    /// Continues a collection from the frames that it had at a checkpoint, and rewrites the file; without frames it goes.
    ///
    /// # Errors
    /// [`OutputError::Io`].
    pub fn resume(
        path: impl Into<PathBuf>,
        frames: Vec<(f64, String)>,
    ) -> Result<Self, OutputError> {
        let path = path.into();
        let pvd = Self { path, frames };
        if !pvd.is_empty() {
            pvd.write()?;
        } else if pvd.path.symlink_metadata().is_ok() {
            std::fs::remove_file(&pvd.path).map_err(OutputError::io("remove", &pvd.path))?;
        }
        Ok(pvd)
    }

    /// The collection's own path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Number of frames.
    pub fn len(&self) -> usize {
        self.frames.len()
    }

    /// Whether there is no frame yet.
    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// Time (s) and file of each frame, in order; files are relative to the collection's folder.
    pub fn frames(&self) -> &[(f64, String)] {
        &self.frames
    }

    /// Adds a piece (path relative to the collection's folder, with `/`) and rewrites the file atomically.
    ///
    /// # Errors
    /// [`OutputError::Shape`] when the time is not after the last frame's; [`OutputError::NotFinite`];
    /// [`OutputError::Io`]. The collection is then as it was.
    pub fn add(&mut self, time_s: f64, file: &str) -> Result<(), OutputError> {
        require_finite("time_s", [&time_s])?;
        if let Some((last, _)) = self.frames.last()
            && time_s <= *last
        {
            return Err(OutputError::Shape {
                what: format!("a frame at {time_s} s cannot follow the one at {last} s"),
            });
        }
        self.frames.push((time_s, file.to_string()));
        self.write().inspect_err(|_| {
            self.frames.pop();
        })
    }

    fn write(&self) -> Result<(), OutputError> {
        let mut text = String::from(
            "<?xml version=\"1.0\"?>\n<VTKFile type=\"Collection\" version=\"0.1\" byte_order=\"LittleEndian\">\n  <Collection>\n",
        );
        for (time_s, file) in &self.frames {
            let file = escape(file);
            text += &format!(
                "    <DataSet timestep=\"{time_s:?}\" group=\"\" part=\"0\" file=\"{file}\"/>\n"
            );
        }
        text += "  </Collection>\n</VTKFile>\n";
        write_atomic(&self.path, text.as_bytes())
    }
}
