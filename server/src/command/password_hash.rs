//! `muster password-hash`: hashes the break-glass operator's password for the access file.

use anyhow::Context;
use muster_access::break_glass;
use std::io::Write;

/// Reads the password from standard input, so that neither the process list nor the shell's history has it.
pub fn run() -> anyhow::Result<()> {
    let mut password = String::new();
    std::io::stdin().read_line(&mut password).context("cannot read the password from standard input")?;
    let hash = break_glass::password_hash(password.trim_end_matches(['\r', '\n']))?;
    Ok(writeln!(std::io::stdout(), "{hash}")?)
}
