//! What can be wrong with the access file and the files that it names.

use oauth2::url;
use std::{io, path::PathBuf};

#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    #[error("cannot read the {name} `{}`", path.display())]
    Read { name: &'static str, path: PathBuf, source: io::Error },
    #[error(
        "the {name} `{}` may hold secrets but is readable by other users (mode {mode:o}); run chmod 600 on it",
        path.display()
    )]
    Permissions { name: &'static str, path: PathBuf, mode: u32 },
    #[error("the {name} `{}` is invalid: {message}", path.display())]
    Content { name: &'static str, path: PathBuf, message: String },
    #[error("the secret `{}` has fewer than {bytes_min} bytes", path.display())]
    TooShort { path: PathBuf, bytes_min: usize },
    #[error("each [[embedder]] needs an issuer of 1 to {chars_max} characters")]
    EmbedderIssuer { chars_max: usize },
    #[error("two [[embedder]] sections have the issuer `{0}`; merge them")]
    DuplicateIssuer(String),
    #[error("the [[embedder]] `{0}` has no roles; allow `customer`, `account_manager` or both")]
    EmbedderRoles(String),
    #[error("[{0}.roles] is empty; map at least one value to a role")]
    NoRoles(&'static str),
    #[error("[proxy] needs trusted_proxies: the network of the proxy, such as [\"10.0.0.0/24\"]")]
    NoProxyNetwork,
    #[error("[proxy] needs secret_header and secret_file; otherwise anyone in trusted_proxies could sign in as anyone")]
    NoProxySecret,
    #[error("`{0}` in [proxy] is not a valid header name")]
    ProxyHeader(String),
    #[error("{0} of [oidc] is empty")]
    EmptyOidc(&'static str),
    #[error("no CA certificates were found; install ca-certificates")]
    Certificates(#[source] io::Error),
    #[error("cannot build the redirect URL from public_url: {0}")]
    RedirectUrl(#[from] url::ParseError),
}
