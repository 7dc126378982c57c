//! `muster password-hash`: what the access file keeps of the break-glass operator's password.

use anyhow::Context;
use muster_access::break_glass;
use std::io::Write;

/// The password is the first line of standard input, so that no list of processes and no shell's history has it.
pub fn run() -> anyhow::Result<()> {
    let mut password = String::new();
    std::io::stdin().read_line(&mut password).context("cannot read the password from standard input")?;
    let hash = break_glass::password_hash(password.trim_end_matches(['\r', '\n']))?;
    writeln!(std::io::stdout(), "{hash}")?;
    Ok(())
}
