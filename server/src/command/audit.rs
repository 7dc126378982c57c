//! `muster audit verify`: checks that the audit log was not changed. May run while the portal does.

use super::{cli::AuditVerifyArguments, setup};
use muster_audit::verify::verify_after;
use std::io::Write;

pub fn verify(arguments: &AuditVerifyArguments) -> anyhow::Result<()> {
    let folder = match &arguments.dir {
        Some(folder) => folder.clone(),
        None => setup::config(&arguments.config)?.audit_dir(),
    };
    let verified = verify_after(&folder, arguments.after, arguments.expect_head)?;
    let (lines, files, head) = (verified.lines, verified.files, verified.head);
    Ok(writeln!(std::io::stdout(), "{lines} lines in {files} files are unchanged, head {head}")?)
}
