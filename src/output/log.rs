//! `log.txt` and the terminal: one stream of events, two readers.

use std::fs::File;
use std::path::Path;
use std::sync::Mutex;
use std::time::SystemTime;

use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;
use tracing_subscriber::layer::{Layer, SubscriberExt};

use super::{OutputError, utc_timestamp};

/// What the terminal shows for `-q` and `-v`: warnings with one `-q`, errors with two, more detail with each `-v`.
pub fn terminal_level(quiet: u8, verbose: u8) -> LevelFilter {
    match i16::from(verbose) - i16::from(quiet) {
        ..=-2 => LevelFilter::ERROR,
        -1 => LevelFilter::WARN,
        0 => LevelFilter::INFO,
        1 => LevelFilter::DEBUG,
        2.. => LevelFilter::TRACE,
    }
}

/// A subscriber that shows events of `terminal` level and above on `writer` (`std::io::stderr`, or one that steps
/// around a progress bar), and writes them to `log_file` if given: at least at info level, more if the terminal shows
/// more, as plain lines with UTC time.
///
/// # Errors
/// [`OutputError::Io`] when the log cannot be written.
pub fn subscriber<W>(
    log_file: Option<&Path>,
    terminal: LevelFilter,
    writer: W,
) -> Result<impl Subscriber + Send + Sync + use<W>, OutputError>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let terminal_lines = tracing_subscriber::fmt::layer()
        .without_time()
        .with_target(false)
        .with_ansi(false)
        .with_writer(writer)
        .with_filter(terminal);
    let file_lines = match log_file {
        None => None,
        Some(path) => {
            let file = File::options()
                .create(true)
                .append(true)
                .open(path)
                .map_err(OutputError::io("write", path))?;
            let layer = tracing_subscriber::fmt::layer()
                .with_timer(UtcTime)
                .with_target(false)
                .with_ansi(false)
                .with_writer(Mutex::new(file))
                .with_filter(terminal.max(LevelFilter::INFO));
            Some(layer)
        }
    };
    Ok(tracing_subscriber::registry()
        .with(terminal_lines)
        .with(file_lines))
}

/// Bytes that a log has so far; none where there is no log.
pub fn length(log_file: &Path) -> u64 {
    log_file.metadata().map_or(0, |meta| meta.len())
}

/// Takes a log back to its first `bytes` bytes: what was said after a checkpoint is said again by the run that goes on from there.
///
/// # Errors
/// [`OutputError::Io`] when it cannot be written; a log that is gone or a link is no error, nothing is done then.
pub fn take_back(log_file: &Path, bytes: u64) -> Result<(), OutputError> {
    if !log_file.symlink_metadata().is_ok_and(|meta| meta.is_file()) {
        return Ok(());
    }
    let failed = || OutputError::io("write", log_file);
    let file = File::options()
        .write(true)
        .open(log_file)
        .map_err(failed())?;
    if length(log_file) > bytes {
        file.set_len(bytes).map_err(failed())?;
    }
    Ok(())
}

/// Installs [`subscriber`] for the whole process. Once per process; a second call is ignored and returns false.
///
/// # Errors
/// [`OutputError::Io`] when the log cannot be written.
pub fn init<W>(
    log_file: Option<&Path>,
    terminal: LevelFilter,
    writer: W,
) -> Result<bool, OutputError>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let subscriber = subscriber(log_file, terminal, writer)?;
    Ok(tracing::subscriber::set_global_default(subscriber).is_ok())
}

/// Runs `work` with its events, at info level and above, going to `log_file` and nowhere else; other threads are not concerned.
///
/// # Errors
/// [`OutputError::Io`] when the log cannot be written; `work` is not done then.
pub fn into_file<R>(log_file: &Path, work: impl FnOnce() -> R) -> Result<R, OutputError> {
    let subscriber = subscriber(Some(log_file), LevelFilter::OFF, std::io::sink)?;
    Ok(tracing::subscriber::with_default(subscriber, work))
}

/// UTC to the second, as in `run.json`.
struct UtcTime;

impl FormatTime for UtcTime {
    fn format_time(&self, writer: &mut Writer<'_>) -> std::fmt::Result {
        writer.write_str(&utc_timestamp(SystemTime::now()))
    }
}
