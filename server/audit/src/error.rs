//! Errors of the audit log.

use std::path::PathBuf;

#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    #[error("cannot use the audit folder `{}`; check its permissions and the free space", folder.display())]
    Folder { folder: PathBuf, source: std::io::Error },
    #[error("the audit folder `{}` is in use by another process; set `audit_dir` to another folder", folder.display())]
    InUse { folder: PathBuf },
    #[error("cannot read the audit file `{}`", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    /// The file was tampered with, or the disk is damaged.
    #[error(
        "the audit log was changed: `{}`, line {line}, {what}. Keep the folder for investigation and set `audit_dir` to \
         another one", path.display()
    )]
    Broken { path: PathBuf, line: u64, what: &'static str },
    #[error(
        "the audit log in `{}` starts mid-chain, after line {line} with the hash {head}. If older files were archived, \
         verify that they end with this hash and pass `--after {head}`", folder.display()
    )]
    StartsMidChain { folder: PathBuf, line: u64, head: String },
    #[error("the audit log in `{}` does not start after the line {head}: lines between are missing", folder.display())]
    WrongStart { folder: PathBuf, head: String },
    #[error("the audit log in `{}` does not contain the line {head}: lines were removed from its end", folder.display())]
    HeadMissing { folder: PathBuf, head: String },
    #[error("there is no audit log in `{}`", folder.display())]
    Missing { folder: PathBuf },
    /// The event is not on disk, so its action must be refused.
    #[error("the audit log cannot be written: {cause}")]
    Unavailable { cause: String },
}
