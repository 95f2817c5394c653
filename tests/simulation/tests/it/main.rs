//! Plays of whole networks.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where it fails")]

mod ordinary;
