//! Files that only the portal's own user should read: the store, its backups and the audit log hold every customer's data.
//!
//! What the process creates is private, because it sets its umask. Files of earlier versions may be wider: they are warned
//! about, not changed, because a backup program may read them as another user.

use std::{
    ffi::OsStr,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

/// Permission bits of the group and of other users.
const SHARED: u32 = 0o077;

/// Says that other users have access to a file or folder, and what to do; None if they have not.
pub fn shared(path: &Path) -> Option<String> {
    let metadata = fs::metadata(path).ok()?;
    let mode = metadata.permissions().mode() & 0o777;
    let wanted = if metadata.is_dir() { 700 } else { 600 };
    (mode & SHARED != 0).then(|| {
        format!(
            "`{}` is accessible to other users of this machine (mode {mode:o}): run chmod {wanted} on it",
            path.display()
        )
    })
}

/// Finds the files in a folder whose names start like this and that other users can access, with what to say of each.
pub fn shared_files(folder: &Path, start: &str) -> impl Iterator<Item = (PathBuf, String)> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let paths = fs::read_dir(folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()));
    let is_named = |path: &Path| path.file_name().and_then(OsStr::to_str).is_some_and(|name| name.starts_with(start));
    let mut paths: Vec<PathBuf> = paths.filter(|path| path.is_file() && is_named(path)).collect();
    paths.sort();
    paths.into_iter().filter_map(|path| shared(&path).map(|message| (path, message)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_every_file_and_folder_that_other_users_can_access() {
        let folder = tempfile::tempdir().expect("a folder");
        for bits in 0..=0o77 {
            let path = folder.path().join(format!("store{bits}"));
            fs::write(&path, "").expect("written");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600 | bits)).expect("a mode");
            assert_eq!(shared(&path).is_some(), bits != 0, "{bits:o}");
        }
        assert_eq!(shared_files(folder.path(), "store").count(), 0o77);
        assert_eq!(shared_files(folder.path(), "other").count(), 0);
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).expect("a mode");
        assert_eq!(shared(folder.path()), None);
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("a mode");
        assert!(shared(folder.path()).expect("wide").contains("(mode 755): run chmod 700"));
        assert_eq!(shared(&folder.path().join("missing")), None);
    }
}
