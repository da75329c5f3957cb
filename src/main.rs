//! The `nanomold` program; everything is in the library.

fn main() -> std::process::ExitCode {
    nanomold::cli::main()
}
