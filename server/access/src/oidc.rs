//! OpenID Connect: the section `[oidc]` of the access file, and the metadata of the provider that it names.

pub mod provider;

use super::{fetch::is_loopback, role_map::RoleMap};
use serde::Deserialize;
use std::path::PathBuf;

/// The section `[oidc]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OidcSettings {
    pub issuer: Issuer,
    pub client_id: String,
    /// Absent for public clients.
    pub client_secret_file: Option<PathBuf>,
    /// Requested in addition to `openid`.
    #[serde(default = "default_scopes")]
    pub scopes: Vec<String>,
    /// The ID token's claim with the user's roles: a string or a list of strings.
    pub role_claim: String,
    /// The roles that its values map to.
    pub roles: RoleMap,
    /// The claim with the customer ids of users whose role is customer.
    pub customers_claim: Option<String>,
}

fn default_scopes() -> Vec<String> {
    ["profile", "email"].map(str::to_owned).to_vec()
}

/// An identity provider's issuer: `https://host`, with or without a path. `http` is allowed on loopback only.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Issuer(String);

impl Issuer {
    /// The exact `iss` of its tokens.
    pub fn name(&self) -> &str {
        &self.0
    }

    /// Whether the provider is on loopback, without TLS.
    pub fn is_http(&self) -> bool {
        self.0.starts_with("http://")
    }

    /// The URL of its metadata.
    pub fn discovery_url(&self) -> String {
        format!("{}/.well-known/openid-configuration", self.0.trim_end_matches('/'))
    }
}

impl TryFrom<String> for Issuer {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let uri = text.parse::<axum::http::Uri>().ok();
        let scheme_and_host = uri.as_ref().and_then(|uri| Some((uri.scheme_str()?, uri.host()?)));
        let is_valid = match scheme_and_host {
            Some(("https", host)) => !host.is_empty(),
            Some(("http", host)) => is_loopback(host),
            _ => false,
        };
        match is_valid && !text.contains(['?', '#', '@']) {
            true => Ok(Self(text)),
            false => Err(format!(
                "the issuer `{text}` is not a URL such as https://host, with or without a path (http is for localhost only)"
            )),
        }
    }
}

/// The metadata of an identity provider: its endpoints and the URL of its keys.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Metadata {
    pub issuer: String,
    pub authorization_endpoint: String,
    pub token_endpoint: String,
    pub jwks_uri: String,
    /// Defaults to `client_secret_basic` by the standard.
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
}

impl Metadata {
    pub fn read(json: &[u8]) -> Result<Self, String> {
        serde_json::from_slice(json).map_err(|error| error.to_string())
    }

    /// Whether the client secret may be sent in the `Authorization` header.
    pub fn supports_basic_auth(&self) -> bool {
        let methods = self.token_endpoint_auth_methods_supported.as_deref();
        methods.is_none_or(|methods| methods.iter().any(|method| method == "client_secret_basic"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn issuers_are_https_or_on_loopback() {
        for text in
            ["https://id.example", "https://id.example/tenant/v2.0", "https://id.example/", "http://127.0.0.1:1"]
        {
            let issuer = Issuer::try_from(text.to_owned()).expect(text);
            assert_eq!(issuer.name(), text);
            assert!(issuer.discovery_url().contains("//") && !issuer.discovery_url().contains("//.well"), "{text}");
        }
        for text in
            ["", "id.example", "http://id.example", "ftp://localhost", "https://", "https://u@id", "https://i?x"]
        {
            assert!(Issuer::try_from(text.to_owned()).is_err(), "{text}");
        }
    }
}
