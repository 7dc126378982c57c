//! Signing in by OpenID Connect, as the section `[oidc]` of the access file sets it up.

pub mod metadata;
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
    /// A client that can keep a secret should have one.
    pub client_secret_file: Option<PathBuf>,
    /// Asked for beside `openid`.
    #[serde(default = "scopes")]
    pub scopes: Vec<String>,
    /// The claim of the ID token that says what somebody is: a text, or a list of texts.
    pub role_claim: String,
    /// What its values mean here.
    pub roles: RoleMap,
    /// The claim with the customer id, or ids, of somebody whose role is customer.
    pub customers_claim: Option<String>,
}

fn scopes() -> Vec<String> {
    ["profile", "email"].map(str::to_owned).to_vec()
}

/// An identity provider's own name for itself: `https://host`, perhaps with a path, or `http` on this machine only.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Issuer(String);

impl Issuer {
    /// Exactly as tokens have it.
    pub fn name(&self) -> &str {
        &self.0
    }

    /// Whether the provider is on this machine, and reached without TLS.
    pub fn is_plain(&self) -> bool {
        self.0.starts_with("http://")
    }

    /// Where it says what it has.
    pub fn discovery(&self) -> String {
        format!("{}/.well-known/openid-configuration", self.0.trim_end_matches('/'))
    }
}

impl TryFrom<String> for Issuer {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let uri = text.parse::<axum::http::Uri>().ok();
        let scheme_and_host = uri.as_ref().and_then(|uri| Some((uri.scheme_str()?, uri.host()?)));
        let right = match scheme_and_host {
            Some(("https", host)) => !host.is_empty(),
            Some(("http", host)) => is_loopback(host),
            _ => false,
        };
        match right && !text.contains(['?', '#', '@']) {
            true => Ok(Self(text)),
            false => Err(format!(
                "the issuer `{text}` is not https://host, with or without a path (http is for this machine only)"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_https_or_on_this_machine() {
        for text in
            ["https://id.example", "https://id.example/tenant/v2.0", "https://id.example/", "http://127.0.0.1:1"]
        {
            let issuer = Issuer::try_from(text.to_owned()).expect(text);
            assert_eq!(issuer.name(), text);
            assert!(issuer.discovery().contains("//") && !issuer.discovery().contains("//.well"), "{text}");
        }
        for text in
            ["", "id.example", "http://id.example", "ftp://localhost", "https://", "https://u@id", "https://i?x"]
        {
            assert!(Issuer::try_from(text.to_owned()).is_err(), "{text}");
        }
    }
}
