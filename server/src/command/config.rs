//! `muster config`: every key of the configuration as a Markdown table.

use crate::config::Config;
use std::io::Write;

pub fn run() -> anyhow::Result<()> {
    Ok(write!(std::io::stdout(), "{}", Config::reference())?)
}
