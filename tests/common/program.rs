//! The program as the tests start it.

use std::path::Path;
use std::process::{Command, Output};

/// The program in a folder, without colours and without the variables that choose, or take away, a device.
pub fn program(folder: impl AsRef<Path>, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nanomold"));
    command
        .env("NO_COLOR", "1")
        .env_remove("WGPU_BACKEND")
        .env_remove("WGPU_ADAPTER_NAME")
        .env_remove("NANOMOLD_LOSE_DEVICE_AFTER")
        .current_dir(folder)
        .args(arguments);
    command
}

/// What [`program`] said and how it ended.
pub fn nanomold(folder: impl AsRef<Path>, arguments: &[&str]) -> Output {
    nanomold_with(folder, arguments, &[])
}

/// As [`nanomold`], with these environment variables.
pub fn nanomold_with(
    folder: impl AsRef<Path>,
    arguments: &[&str],
    environment: &[(&str, &str)],
) -> Output {
    program(folder, arguments)
        .envs(environment.iter().copied())
        .output()
        .expect("the program starts")
}

/// Text that the program wrote.
#[track_caller]
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("the program writes UTF-8")
}

/// What a call that has to succeed wrote to standard output.
#[track_caller]
pub fn done(output: &Output) -> String {
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

/// The program in a shell in which no file can have more than so many blocks of 512 bytes: a disk that is full for large files.
#[cfg(unix)]
pub fn with_small_files(folder: &Path, blocks: u32, arguments: &[&str]) -> Output {
    let own = program(folder, arguments);
    // Told by an error, not by a signal.
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
    let mut shell = Command::new("sh");
    shell
        .args(["-c", &script])
        .arg(own.get_program())
        .args(own.get_args());
    for (key, value) in own.get_envs() {
        match value {
            Some(value) => shell.env(key, value),
            None => shell.env_remove(key),
        };
    }
    shell.current_dir(folder).output().unwrap()
}
