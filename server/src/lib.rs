//! The `muster` binary: its configuration and its commands. What they do is in the crates beside it; ARCHITECTURE.md has
//! the map.

pub mod command;
pub mod config;

/// Also serves DuckDB: the C functions are overridden.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
