//! What can go wrong with the audit, each with what it concerns and what to do.

use std::path::PathBuf;

#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    #[error("cannot use the audit's folder `{}`: check that this user may write there and that space is left", folder.display())]
    Folder { folder: PathBuf, source: std::io::Error },
    #[error("the audit `{}` is in use by another process: give this one a folder of its own by `audit_dir`", folder.display())]
    InUse { folder: PathBuf },
    #[error("cannot read the audit `{}`", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    /// Somebody changed it, or the disk did.
    #[error(
        "the audit is not as it was written: `{}`, line {line}, {what}. Keep it as it is for whoever looks into it, and \
         name another folder by `audit_dir`", path.display()
    )]
    Broken { path: PathBuf, line: u64, what: &'static str },
    #[error(
        "the audit in `{}` begins after line {line} with the hash {head}: where older files were taken elsewhere, verify them \
         there, see that they end with this head, and say so by `--after {head}`", folder.display()
    )]
    BeginsLater { folder: PathBuf, line: u64, head: String },
    #[error("the audit in `{}` does not begin after the line {head}: what came between is missing", folder.display())]
    BeginsElsewhere { folder: PathBuf, head: String },
    #[error("the audit in `{}` does not hold the line {head}: what came after it was there once, and is gone", folder.display())]
    HeadMissing { folder: PathBuf, head: String },
    #[error("there is no audit in `{}`", folder.display())]
    Missing { folder: PathBuf },
    /// The line is not on the disk: what it tells of must not be done.
    #[error("the audit cannot be written: {cause}")]
    Unavailable { cause: String },
}
