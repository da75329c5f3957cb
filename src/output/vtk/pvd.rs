//! The `.pvd` collection: which piece belongs to which time.

use std::path::{Path, PathBuf};

use super::super::{OutputError, require_finite, write_atomic};

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

    /// Continues the collection at `path`, or starts one when there is none.
    ///
    /// # Errors
    /// [`OutputError::Io`]; [`OutputError::Format`] when the file is not a collection as this module writes it.
    pub fn open_or_new(path: impl Into<PathBuf>) -> Result<Self, OutputError> {
        let mut pvd = Self::new(path);
        let text = match std::fs::read_to_string(&pvd.path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(pvd),
            Err(error) => return Err(OutputError::io("read", &pvd.path)(error)),
        };
        let bad = |reason: &str| OutputError::Format {
            path: pvd.path.clone(),
            reason: format!("{reason}; it cannot be continued"),
        };
        if !text.contains("type=\"Collection\"") || !text.contains("</VTKFile>") {
            return Err(bad("not a complete ParaView collection"));
        }
        for line in text.lines().filter(|line| line.contains("<DataSet ")) {
            let frame = attribute(line, "timestep")
                .and_then(|time| time.parse::<f64>().ok())
                .zip(attribute(line, "file"));
            let (time_s, file) = frame.ok_or_else(|| bad("a <DataSet> lacks its time or file"))?;
            pvd.frames.push((time_s, unescape(file)));
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

    /// Drops the frames after `time_s`, as a run does that resumes from an earlier checkpoint, and rewrites the file
    /// if anything changed.
    ///
    /// # Errors
    /// [`OutputError::Io`].
    pub fn truncate_after(&mut self, time_s: f64) -> Result<(), OutputError> {
        let before = self.len();
        self.frames.retain(|(time, _)| *time <= time_s);
        if self.len() == before {
            return Ok(());
        }
        self.write()
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

/// The value of `name="…"` in a line.
fn attribute<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let key = format!(" {name}=\"");
    let start = line.find(&key)? + key.len();
    line[start..].split_once('"').map(|(value, _)| value)
}

fn escape(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('"', "&quot;");
    text.replace('<', "&lt;")
}

fn unescape(text: &str) -> String {
    let text = text.replace("&lt;", "<").replace("&quot;", "\"");
    text.replace("&amp;", "&")
}
