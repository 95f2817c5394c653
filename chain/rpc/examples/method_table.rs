//! Prints the tables of `docs/rpc.md`.

fn main() {
    print!("{}", oxen_rpc::docs::markdown_tables());
}
