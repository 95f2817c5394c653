//! The node's program.

fn main() -> std::process::ExitCode {
    oxen_node::program::main(std::env::args_os())
}
