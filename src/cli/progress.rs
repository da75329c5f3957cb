//! The progress bar of a run: on a terminal only; a log gets plain lines instead.

use crate::output::{Kept, OutputError};
use crate::physics::constants::NANOMETRE;
use crate::simulation::Simulation;
use crate::watch::Watch;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::time::{Duration, Instant};

/// Resolution of the bar.
const TICKS: u64 = 1000;

/// Seconds between plain lines where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// The style of a bar by its template.
pub(super) fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// A bar over solves that take long each, kept beside what the command writes until it is written.
pub(super) struct Solves {
    bar: ProgressBar,
    kept: Kept,
}

impl Solves {
    /// For the file or folder `out`; `template` is the bar's.
    pub fn new(out: &Path, template: &str, count: usize) -> Self {
        let bar = ProgressBar::new(count as u64);
        bar.set_style(style(template));
        let kept = Kept::beside(out);
        if !kept.is_empty() {
            let (count, path) = (kept.len(), kept.path().display());
            tell!(
                "{count} results that were computed before are in {path}: those that are needed are not computed again"
            );
        }
        Solves { bar, kept }
    }

    /// All that was computed is where it belongs.
    ///
    /// # Errors
    /// [`OutputError::Io`].
    pub fn finish(self) -> Result<(), OutputError> {
        self.kept.finish()
    }

    /// The bar is not needed any more.
    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

impl Watch for Solves {
    fn done(&self) {
        self.bar.inc(1);
    }

    fn expect(&self, count: usize) {
        self.bar.set_length(count as u64);
    }

    fn recall(&self, key: &str) -> Option<Vec<f64>> {
        self.kept.get(key).map(<[f64]>::to_vec)
    }

    fn keep(&self, key: &str, numbers: &[f64]) {
        self.kept.put(key, numbers);
    }
}

pub(super) struct Progress {
    bar: ProgressBar,
    last_line: Instant,
    plain: bool,
}

impl Progress {
    /// A bar on standard error, or plain lines where that is not a terminal; nothing if `quiet`.
    pub fn new(quiet: bool) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let target = if terminal && !quiet {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(Some(TICKS), target);
        bar.set_style(style(
            "{bar:32} {percent:>3} %  {msg}  {elapsed} elapsed, {eta} left",
        ));
        Progress {
            bar,
            last_line: Instant::now(),
            plain: !terminal && !quiet,
        }
    }

    /// Shows where the run is.
    pub fn update(&mut self, simulation: &Simulation) {
        let step = simulation.latest();
        let [core, layer] = step.shares();
        let mechanism = if core >= layer {
            "viscous flow"
        } else {
            "interface diffusion"
        };
        let message = format!(
            "t = {:.4} s, L = {:.2} nm, {mechanism} {:.0} %",
            step.conditions.time,
            step.length / NANOMETRE,
            100.0 * core.max(layer)
        );
        self.bar
            .set_position((simulation.progress() * TICKS as f64) as u64);
        if self.plain && self.last_line.elapsed() >= LINE_EVERY {
            self.last_line = Instant::now();
            tracing::info!("{:.0} %: {message}", 100.0 * simulation.progress());
        }
        self.bar.set_message(message);
    }

    /// Where lines go that are printed meanwhile: standard error, the bar taken away for them.
    pub fn lines(&self) -> impl Fn() -> Lines + Send + Sync + use<> {
        let bar = self.bar.clone();
        move || Lines(bar.clone())
    }

    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// Standard error around a bar.
pub(super) struct Lines(ProgressBar);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        // A terminal that takes nothing, as a full disk, ends no run; whoever writes the log would end it.
        let _ = self.0.suspend(|| std::io::stderr().write_all(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        let _ = std::io::stderr().flush();
        Ok(())
    }
}
