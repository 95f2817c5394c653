//! `oxend` as service node operators use it: the real program, its commands against a running node, its keys, its supervisor.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where it fails")]

mod commands;
mod keys;
mod node;
mod registration;
mod service_node;
