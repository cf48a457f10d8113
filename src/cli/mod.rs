//! The command line: one file per command, wiring only.

/// Runs the command named by the process arguments.
pub fn main() -> std::process::ExitCode {
    std::process::ExitCode::SUCCESS
}
