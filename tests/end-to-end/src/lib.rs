//! The real programs, driven as their users drive them. The tests are in `tests/`; they need the programs built first, so they are ignored unless asked for: `make end-to-end`.
