//! Files that only the portal's own user may read, and secrets in files of their own.

use super::error::AccessError;
use secrecy::SecretString;
use std::{os::unix::fs::PermissionsExt, path::Path};

/// Permission bits of other users. The group may be the portal's own.
const OTHERS: u32 = 0o007;

/// Reads a text file, unless other users of the machine can read it too. `name` is for messages.
pub fn read_private_file(name: &'static str, path: &Path) -> Result<String, AccessError> {
    let failed = |source| AccessError::Read { name, path: path.to_owned(), source };
    let mode = std::fs::metadata(path).map_err(failed)?.permissions().mode() & 0o777;
    match mode & OTHERS {
        0 => std::fs::read_to_string(path).map_err(failed),
        _ => Err(AccessError::Permissions { name, path: path.to_owned(), mode }),
    }
}

/// Reads a secret without the line end that editors add.
pub fn read_secret(path: &Path, bytes_min: usize) -> Result<SecretString, AccessError> {
    let text = read_private_file("secret", path)?;
    let text = text.trim_end_matches(['\r', '\n']);
    match text.len() >= bytes_min {
        true => Ok(text.into()),
        false => Err(AccessError::TooShort { path: path.to_owned(), bytes_min }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    #[test]
    fn reads_private_long_enough_secrets_that_are_never_printed() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("secret");
        let message = |path: &Path| read_secret(path, 8).expect_err("refused").to_string();
        assert!(message(&path).contains("cannot read the secret"));
        std::fs::write(&path, "long enough\n").expect("written");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).expect("a mode");
        assert!(message(&path).contains("mode 644"));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).expect("a mode");
        let secret = read_secret(&path, 8).expect("private");
        assert_eq!(secret.expose_secret(), "long enough");
        assert!(!format!("{secret:?}").contains("long"));
        std::fs::write(&path, "short\n").expect("written");
        assert!(message(&path).contains("fewer than 8"));
    }
}
