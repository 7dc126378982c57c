//! Errors of the ledger.

use std::path::PathBuf;

#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    #[error("the ledger's folder `{}` is in use by another process; run one enrollment service", folder.display())]
    InUse { folder: PathBuf },
    #[error("cannot use the ledger `{}`; check its permissions and the free space", path.display())]
    Io { path: PathBuf, source: std::io::Error },
    #[error(
        "the ledger `{}` was changed or is damaged: line {line} {what}. Keep the file for investigation, and restore the \
         newest backup", path.display()
    )]
    Broken { path: PathBuf, line: u64, what: &'static str },
    /// Identities that were enrolled since would be accepted again.
    #[error(
        "the ledger `{}` is older than the audit log: it ends with line {number}, and the audit log states line {audited}, \
         {head}. It was probably restored from a backup. Restore the newest one; if there is none newer, check the \
         enrollments since by the audit log, and accept this ledger: set `accepted_ledger` to its own last line, {own_head}", path.display()
    )]
    Older { path: PathBuf, number: u64, own_head: String, audited: u64, head: String },
    #[error(
        "the ledger `{}` has another line {number} than the audit log states, {head}. Restore the ledger that belongs to \
         this audit log", path.display()
    )]
    Differs { path: PathBuf, number: u64, head: String },
}
