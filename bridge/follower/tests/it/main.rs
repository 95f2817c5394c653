//! The follower against providers that are honest, dead, behind, or lying, and against anvil.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where it fails")]

mod anvil;
mod fake_provider;
mod lies;
mod local_chain;
mod reorganisations;
mod restart;
mod scene;
