//! The access file: TOML that configures how people sign in, named by the key `access` of the configuration. It may hold
//! secrets, so other users of the machine must not be able to read it.

use super::{
    break_glass::BreakGlass, embedder::EmbedderSection, error::AccessError, network::Networks, oidc::OidcSettings,
    proxy::ProxySettings, public_url::PublicUrl, secret::read_private_file,
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

const NAME: &str = "access file";

/// Reads the file. Relative paths in it are resolved against its folder.
pub fn read(path: &Path) -> Result<AccessFile, AccessError> {
    let text = read_private_file(NAME, path)?;
    let invalid = |message| AccessError::Content { name: NAME, path: path.to_owned(), message };
    let mut file: AccessFile = toml::from_str(&text).map_err(|error| invalid(error.to_string()))?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let client_secret = file.oidc.as_mut().and_then(|oidc| oidc.client_secret_file.as_mut());
    let proxy_secret = file.proxy.as_mut().and_then(|proxy| proxy.secret_file.as_mut());
    let key_files = file.embedders.iter_mut().map(|section| &mut section.jwks_file);
    for named in key_files.chain(file.assignments.as_mut()).chain(client_secret).chain(proxy_secret) {
        *named = folder.join(&*named);
    }
    Ok(file)
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
