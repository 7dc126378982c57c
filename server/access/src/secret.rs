//! Secrets that lie in files of their own: read once, at the start, and only if nobody else on the machine can.

use std::{
    fmt,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

/// Others on the machine: the group may be the portal's own.
pub const READ_BY_OTHERS: u32 = 0o007;

/// It cannot be printed by accident.
#[derive(Clone)]
pub struct Secret(String);

#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error("cannot read the secret `{}`", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("the secret `{}` can be read by others on this machine (mode {mode:o}): chmod 600", path.display())]
    Open { path: PathBuf, mode: u32 },
    #[error("the secret `{}` has fewer than {least} characters", path.display())]
    Short { path: PathBuf, least: usize },
}

impl Secret {
    /// The file's text without the line end that editors put there.
    pub fn read(path: &Path, least: usize) -> Result<Self, SecretError> {
        let failed = |source| SecretError::Read { path: path.to_owned(), source };
        let mode = std::fs::metadata(path).map_err(failed)?.permissions().mode() & 0o777;
        if mode & READ_BY_OTHERS != 0 {
            return Err(SecretError::Open { path: path.to_owned(), mode });
        }
        let text = std::fs::read_to_string(path).map_err(failed)?;
        let text = text.trim_end_matches(['\r', '\n']);
        match text.len() >= least {
            true => Ok(Self(text.to_owned())),
            false => Err(SecretError::Short { path: path.to_owned(), least }),
        }
    }

    /// For the one place that sends or compares it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_for_us_alone_long_enough_and_never_printed() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("secret");
        let message = |path: &Path| Secret::read(path, 8).expect_err("refused").to_string();
        assert!(message(&path).contains("cannot read the secret"));
        std::fs::write(&path, "long enough\n").expect("written");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).expect("a mode");
        assert!(message(&path).contains("mode 644"));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).expect("a mode");
        let secret = Secret::read(&path, 8).expect("ours");
        assert_eq!((secret.reveal(), format!("{secret:?}").as_str()), ("long enough", "Secret(…)"));
        std::fs::write(&path, "short\n").expect("written");
        assert!(message(&path).contains("fewer than 8"));
    }
}
