//! Tells the program which commit it was built from. Every failure is tolerated: a source archive has no git.

use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-env-changed=NANOMOLD_GIT_HASH");
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("NANOMOLD_GIT_HASH").is_ok() {
        return; // given from outside; option_env! sees it
    }
    let root = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    // A package unpacked inside some other repository must not claim that repository's commit.
    let own = git(&root, &["rev-parse", "--show-toplevel"])
        .and_then(|top| Path::new(&top).canonicalize().ok())
        .is_some_and(|top| {
            Path::new(&root)
                .canonicalize()
                .is_ok_and(|root| root == top)
        });
    if !own {
        return;
    }
    if let Some(hash) = git(&root, &["rev-parse", "HEAD"]) {
        println!("cargo:rustc-env=NANOMOLD_GIT_HASH={hash}");
    }
    // The reflog changes with every commit and checkout.
    if let Some(log) = git(&root, &["rev-parse", "--git-path", "logs/HEAD"])
        && Path::new(&root).join(&log).exists()
    {
        println!("cargo:rerun-if-changed={log}");
    }
}

/// The trimmed output of a git command; `None` when git is missing or fails.
fn git(root: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git")
        .args(arguments)
        .current_dir(root)
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    (output.status.success() && !text.trim().is_empty()).then(|| text.trim().to_string())
}
