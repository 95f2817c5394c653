//! Networks of nodes in memory, on virtual time.

mod asking;
mod requesting;
mod world;
