fn main() -> std::process::ExitCode {
    casella::cli::main()
}
