//! `oxen-wallet-cli`: the wallet for people and scripts.
//!
//! A walk: [`options`] is the command line; [`startup`] opens, makes or restores a wallet; [`program`] runs commands, one or
//! many. An open wallet is a [`session`]: the pure wallet of `oxen-wallet-core` with its encrypted [`mod@file`]s, its [`daemon`]
//! and its [`preferences`]. [`refresh`] brings it up to date, [`sending`] sends, [`command`] is everything a user can do, and
//! [`terminal`] is how it talks.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

pub mod command;
pub mod daemon;
pub mod file;
pub mod format;
pub mod options;
pub mod preferences;
pub mod program;
pub mod refresh;
pub mod sending;
pub mod session;
pub mod startup;
pub mod terminal;
