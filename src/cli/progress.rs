//! The progress bar of a run: on a terminal only; a log gets plain lines instead.

use crate::physics::constants::NANOMETRE;
use crate::simulation::Simulation;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// Resolution of the bar.
const TICKS: u64 = 1000;

/// Seconds between plain lines where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// The style of a bar by its template.
pub(super) fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
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
