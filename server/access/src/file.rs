//! The access file: TOML that configures how people sign in, named by the key `access` of the configuration. It may hold
//! secrets, so other users of the machine must not be able to read it.

use super::{
    break_glass::BreakGlass,
    embedder::EmbedderSection,
    network::Networks,
    oidc::OidcSettings,
    proxy::ProxySettings,
    public_url::PublicUrl,
    secret::{PrivateFileError, read_private_file},
};
use serde::Deserialize;
use std::path::{Path, PathBuf};

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessFile {
    /// The URL at which people reach the portal.
    pub public_url: PublicUrl,
    /// Networks of reverse proxies whose `X-Forwarded-For` and `X-Forwarded-Host` are trusted.
    #[serde(default)]
    pub trusted_proxies: Networks,
    /// CSV, `subject,customer_id`: the customers of each account manager.
    pub assignments: Option<PathBuf>,
    /// The emergency operator account.
    pub break_glass: Option<BreakGlass>,
    /// The identity provider.
    pub oidc: Option<OidcSettings>,
    /// The authenticating proxy in front of the portal.
    pub proxy: Option<ProxySettings>,
    /// Pages that may embed the portal.
    #[serde(default, rename = "embedder")]
    pub embedders: Vec<EmbedderSection>,
}

#[derive(Debug, thiserror::Error)]
pub enum AccessFileError {
    #[error(transparent)]
    File(#[from] PrivateFileError),
    #[error("the access file `{}` is invalid: {message}", path.display())]
    Content { path: PathBuf, message: String },
}

/// Reads the file. Relative paths in it are resolved against its folder.
pub fn read(path: &Path) -> Result<AccessFile, AccessFileError> {
    let text = read_private_file("access file", path)?;
    let file: AccessFile = toml::from_str(&text)
        .map_err(|error| AccessFileError::Content { path: path.to_owned(), message: error.to_string() })?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let resolve = |named: PathBuf| folder.join(named);
    let oidc = file.oidc.map(|oidc| OidcSettings { client_secret_file: oidc.client_secret_file.map(resolve), ..oidc });
    let proxy = file.proxy.map(|proxy| ProxySettings { secret_file: proxy.secret_file.map(resolve), ..proxy });
    let embedders = file.embedders.into_iter().map(|section| section.resolve_paths(folder)).collect();
    Ok(AccessFile { assignments: file.assignments.map(resolve), embedders, oidc, proxy, ..file })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs::Permissions, os::unix::fs::PermissionsExt};

    fn written(text: &str, mode: u32) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("access.toml");
        std::fs::write(&path, text).expect("written");
        std::fs::set_permissions(&path, Permissions::from_mode(mode)).expect("a mode");
        (folder, path)
    }

    #[test]
    fn rejects_a_file_that_other_users_can_read() {
        let (_folder, path) = written("public_url = \"https://vmm.example\"\n", 0o644);
        let message = read(&path).expect_err("readable by all").to_string();
        assert!(message.contains("mode 644") && message.contains("chmod 600"), "{message}");
    }

    #[test]
    fn resolves_paths_against_its_folder_and_names_invalid_keys_and_values() {
        let (folder, path) = written("public_url = \"https://vmm.example\"\nassignments = \"a.csv\"\n", 0o600);
        assert_eq!(read(&path).expect("valid").assignments, Some(folder.path().join("a.csv")));
        let (_folder, path) =
            written("public_url = \"https://vmm.example\"\ntrusted_proxies = [\"0.0.0.0/0\"]\n", 0o600);
        let message = read(&path).expect_err("every address").to_string();
        assert!(message.contains("`0.0.0.0/0` contains every address"), "{message}");
        let (_folder, path) = written("public_uri = \"https://vmm.example\"\n", 0o600);
        let message = read(&path).expect_err("misspelt").to_string();
        assert!(message.contains("public_uri"), "{message}");
    }
}
