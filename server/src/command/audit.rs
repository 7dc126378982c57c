//! `muster audit verify`: checks that the audit log was not changed. May run while the portal does.

use super::{
    cli::{AuditArguments, AuditCommand, AuditVerifyArguments},
    setup,
};
use muster_audit::verify::verify_after;
use std::io::Write;

pub fn run(arguments: &AuditArguments) -> anyhow::Result<()> {
    let AuditCommand::Verify(AuditVerifyArguments { config, dir, expect_head, after }) = &arguments.command;
    let folder = match dir {
        Some(folder) => folder.clone(),
        None => setup::config(config)?.audit_dir(),
    };
    let verified = verify_after(&folder, *after, *expect_head)?;
    let (lines, files, head) = (verified.lines, verified.files, verified.head);
    Ok(writeln!(std::io::stdout(), "{lines} lines in {files} files are unchanged, head {head}")?)
}
