//! People whom a proxy in front of the portal signed in: it says who they are in headers. Those are believed only from
//! a connection out of its own network, and only beside a secret that it alone shares with us.

use super::{
    network::Networks,
    principal::{Identity, shown_name},
    role_map::{RoleMap, customers},
    secret::{Secret, SecretError},
    token::TokenHash,
};
use axum::http::{HeaderMap, HeaderName};
use serde::Deserialize;
use std::{net::IpAddr, path::PathBuf};

/// Who vouches, in identities.
const ISSUER: &str = "proxy";
const SECRET_LENGTH_MIN: usize = 16;
const USER_LENGTH_MAX: usize = 255;

/// The section `[proxy]` of the access file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProxySettings {
    /// Where the proxy's connections come from.
    #[serde(default)]
    pub(super) trusted_proxies: Networks,
    /// The header in which the proxy sends the secret, and the file that has it.
    pub(super) secret_header: Option<String>,
    pub secret_file: Option<PathBuf>,
    pub(super) user_header: String,
    /// Values with commas between them.
    pub(super) roles_header: String,
    /// Customer ids with commas between them.
    pub(super) customers_header: Option<String>,
    #[serde(default)]
    pub(super) roles: RoleMap,
}

#[derive(Debug, thiserror::Error)]
pub enum ProxyError {
    #[error("[proxy] does not say which proxy to believe: give trusted_proxies its network, such as [\"10.0.0.0/24\"]")]
    NoNetwork,
    #[error(
        "[proxy] has no secret: give it secret_header and secret_file, or anybody in trusted_proxies could be anybody"
    )]
    NoSecret,
    #[error("[proxy.roles] is empty: nobody would have a role")]
    NoRoles,
    #[error("`{0}` in [proxy] is not the name of a header")]
    Header(String),
    #[error(transparent)]
    Secret(#[from] SecretError),
}

pub struct Proxy {
    trusted: Networks,
    secret: (HeaderName, TokenHash),
    user: HeaderName,
    roles: HeaderName,
    customers: Option<HeaderName>,
    map: RoleMap,
}

impl Proxy {
    pub fn new(settings: ProxySettings) -> Result<Self, ProxyError> {
        if settings.trusted_proxies.is_empty() {
            return Err(ProxyError::NoNetwork);
        }
        let (Some(secret_header), Some(secret_file)) = (settings.secret_header, settings.secret_file) else {
            return Err(ProxyError::NoSecret);
        };
        if settings.roles.is_empty() {
            return Err(ProxyError::NoRoles);
        }
        let secret = Secret::read(&secret_file, SECRET_LENGTH_MIN)?;
        Ok(Self {
            trusted: settings.trusted_proxies,
            secret: (header(secret_header)?, TokenHash::of(secret.reveal())),
            user: header(settings.user_header)?,
            roles: header(settings.roles_header)?,
            customers: settings.customers_header.map(header).transpose()?,
            map: settings.roles,
        })
    }

    /// Whom the proxy says that a request is from. `peer` is who opened the connection, which no header can say.
    pub fn identity(&self, headers: &HeaderMap, peer: Option<IpAddr>) -> Option<Identity> {
        if !self.sent(headers, peer) {
            return None;
        }
        let subject = only(headers, &self.user)?;
        let is_name = !subject.is_empty() && subject.len() <= USER_LENGTH_MAX;
        let ids = self.customers.as_ref().map(|name| list(headers, name)).unwrap_or_default();
        let role = self.map.role(list(headers, &self.roles), customers(ids)).filter(|_| is_name)?;
        let (issuer, subject) = (ISSUER.to_owned(), subject.to_owned());
        Some(Identity { issuer, name: shown_name(&subject), subject, role })
    }

    /// Whether a request says who somebody is, or shows a secret, without being from the proxy.
    pub fn is_feigned(&self, headers: &HeaderMap, peer: Option<IpAddr>) -> bool {
        (headers.contains_key(&self.user) || headers.contains_key(&self.secret.0)) && !self.sent(headers, peer)
    }

    fn sent(&self, headers: &HeaderMap, peer: Option<IpAddr>) -> bool {
        let (name, expected) = &self.secret;
        let is_near = peer.is_some_and(|peer| self.trusted.hold(peer));
        // Hashes are compared, so how long it takes says nothing of the secret.
        is_near && only(headers, name).is_some_and(|secret| TokenHash::of(secret) == *expected)
    }
}

fn header(name: String) -> Result<HeaderName, ProxyError> {
    HeaderName::try_from(name.as_str()).map_err(|_| ProxyError::Header(name))
}

/// A header that is there once; of two one could be the sender's own.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().filter(|_| values.next().is_none())?;
    value.to_str().ok().map(str::trim)
}

fn list<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Vec<&'a str> {
    only(headers, name).into_iter().flat_map(|value| value.split(',')).map(str::trim).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_without_its_network_secret_or_roles_is_refused() {
        let refused = |text: &str| {
            let text = format!("user_header = \"x-user\"\nroles_header = \"x-roles\"\n{text}");
            Proxy::new(toml::from_str(&text).expect("settings")).err().expect("refused").to_string()
        };
        let network = "trusted_proxies = [\"10.0.0.0/8\"]\n";
        let secret = "secret_header = \"x-secret\"\nsecret_file = \"nowhere\"\n";
        let roles = "[roles]\nops = \"operator\"\n";
        assert!(refused(&format!("{secret}{roles}")).contains("trusted_proxies"));
        assert!(refused(&format!("{network}{roles}")).contains("secret_file"));
        assert!(refused(&format!("{network}secret_header = \"x-secret\"\n{roles}")).contains("secret_file"));
        assert!(refused(&format!("{network}{secret}")).contains("[proxy.roles]"));
        assert!(refused(&format!("{network}{secret}{roles}")).contains("nowhere"));
    }
}
