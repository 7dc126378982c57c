//! The file that says how people sign in: TOML, named by the key `access` of the configuration. It may hold secrets, so
//! nobody else on the machine may read it.

use super::{
    break_glass::BreakGlass, embedder::EmbedderSection, network::Networks, oidc::OidcSettings, proxy::ProxySettings,
    public_url::PublicUrl, secret::READ_BY_OTHERS,
};
use serde::Deserialize;
use std::{
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessFile {
    /// The address under which people reach the portal.
    pub public_url: PublicUrl,
    /// Networks of proxies that say truly for whom they ask, as `X-Forwarded-For` and `X-Forwarded-Host`.
    #[serde(default)]
    pub trusted_proxies: Networks,
    /// CSV, `subject,customer_id`: the customers of each account manager.
    pub assignments: Option<PathBuf>,
    /// The operator for the day on which nobody else can sign in.
    pub break_glass: Option<BreakGlass>,
    /// The identity provider.
    pub oidc: Option<OidcSettings>,
    /// The proxy in front of the portal that signs people in.
    pub proxy: Option<ProxySettings>,
    /// Pages of others that may frame the portal.
    #[serde(default, rename = "embedder")]
    pub embedders: Vec<EmbedderSection>,
}

#[derive(Debug, thiserror::Error)]
pub enum AccessFileError {
    #[error("cannot read the access file `{}`", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error(
        "the access file `{}` can be read by others on this machine (mode {mode:o}); it may hold secrets: chmod 600",
        path.display()
    )]
    Open { path: PathBuf, mode: u32 },
    #[error("the access file `{}` is not right: {message}", path.display())]
    Content { path: PathBuf, message: String },
}

pub fn read(path: &Path) -> Result<AccessFile, AccessFileError> {
    let failed = |source| AccessFileError::Read { path: path.to_owned(), source };
    let mode = std::fs::metadata(path).map_err(failed)?.permissions().mode() & 0o777;
    if mode & READ_BY_OTHERS != 0 {
        return Err(AccessFileError::Open { path: path.to_owned(), mode });
    }
    let text = std::fs::read_to_string(path).map_err(failed)?;
    let file: AccessFile = toml::from_str(&text)
        .map_err(|error| AccessFileError::Content { path: path.to_owned(), message: error.to_string() })?;
    // Files that it names are beside it unless they say otherwise.
    let beside = |named: PathBuf| path.parent().map(|folder| folder.join(&named)).unwrap_or(named);
    let oidc = file.oidc.map(|oidc| OidcSettings { client_secret_file: oidc.client_secret_file.map(beside), ..oidc });
    let proxy = file.proxy.map(|proxy| ProxySettings { secret_file: proxy.secret_file.map(beside), ..proxy });
    let folder = path.parent().unwrap_or(Path::new(""));
    let embedders = file.embedders.into_iter().map(|section| section.beside(folder)).collect();
    Ok(AccessFile { assignments: file.assignments.map(beside), embedders, oidc, proxy, ..file })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str, mode: u32) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("access.toml");
        std::fs::write(&path, text).expect("written");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("a mode");
        (folder, path)
    }

    #[test]
    fn a_file_that_others_can_read_is_refused() {
        let (_folder, path) = written("public_url = \"https://vmm.example\"\n", 0o644);
        let message = read(&path).expect_err("open to all").to_string();
        assert!(message.contains("mode 644") && message.contains("chmod 600"), "{message}");
    }

    #[test]
    fn files_are_beside_it_and_a_misspelt_key_is_named() {
        let (folder, path) = written("public_url = \"https://vmm.example\"\nassignments = \"a.csv\"\n", 0o600);
        assert_eq!(read(&path).expect("right").assignments, Some(folder.path().join("a.csv")));
        let (_folder, path) =
            written("public_url = \"https://vmm.example\"\ntrusted_proxies = [\"0.0.0.0/0\"]\n", 0o600);
        let message = read(&path).expect_err("everybody").to_string();
        assert!(message.contains("`0.0.0.0/0` is every address"), "{message}");
        let (_folder, path) = written("public_uri = \"https://vmm.example\"\n", 0o600);
        let message = read(&path).expect_err("misspelt").to_string();
        assert!(message.contains("public_uri"), "{message}");
    }
}
