//! Users that an authenticating reverse proxy names in headers. The headers are trusted only on connections from the
//! proxy's network that also carry a secret shared with it.

use super::{
    error::AccessError,
    network::Networks,
    principal::{Identity, display_name},
    role_map::{RoleMap, customer_ids},
    secret::read_secret,
    token::TokenHash,
};
use axum::http::{HeaderMap, HeaderName};
use secrecy::ExposeSecret;
use serde::Deserialize;
use std::{net::IpAddr, path::PathBuf};

/// The issuer of these identities.
const ISSUER: &str = "proxy";
const SECRET_BYTES_MIN: usize = 16;
const USER_BYTES_MAX: usize = 255;

/// The section `[proxy]` of the access file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProxySettings {
    /// The networks from which the proxy connects.
    #[serde(default)]
    pub(super) trusted_proxies: Networks,
    /// The header in which the proxy sends the secret, and the file that holds it.
    pub(super) secret_header: Option<String>,
    pub secret_file: Option<PathBuf>,
    pub(super) user_header: String,
    /// A comma-separated list.
    pub(super) roles_header: String,
    /// A comma-separated list of customer ids.
    pub(super) customers_header: Option<String>,
    #[serde(default)]
    pub(super) roles: RoleMap,
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
    pub fn new(settings: ProxySettings) -> Result<Self, AccessError> {
        if settings.trusted_proxies.is_empty() {
            return Err(AccessError::NoProxyNetwork);
        }
        let (Some(secret_header), Some(secret_file)) = (settings.secret_header, settings.secret_file) else {
            return Err(AccessError::NoProxySecret);
        };
        if settings.roles.is_empty() {
            return Err(AccessError::NoRoles("proxy"));
        }
        let secret = read_secret(&secret_file, SECRET_BYTES_MIN)?;
        Ok(Self {
            trusted: settings.trusted_proxies,
            secret: (header(secret_header)?, TokenHash::of(secret.expose_secret())),
            user: header(settings.user_header)?,
            roles: header(settings.roles_header)?,
            customers: settings.customers_header.map(header).transpose()?,
            map: settings.roles,
        })
    }

    /// The user that the proxy names in a request. `peer` is the address of the connection.
    pub fn identity(&self, headers: &HeaderMap, peer: Option<IpAddr>) -> Option<Identity> {
        if !self.is_sender(headers, peer) {
            return None;
        }
        let subject = single(headers, &self.user)?;
        let is_valid = !subject.is_empty() && subject.len() <= USER_BYTES_MAX;
        let ids = self.customers.as_ref().map(|name| list(headers, name)).unwrap_or_default();
        let role = self.map.role(list(headers, &self.roles), customer_ids(ids)).filter(|_| is_valid)?;
        let (issuer, subject) = (ISSUER.to_owned(), subject.to_owned());
        Some(Identity { issuer, name: display_name(&subject), subject, role })
    }

    /// Whether a request carries the proxy's headers but is not from the proxy.
    pub fn has_forged_headers(&self, headers: &HeaderMap, peer: Option<IpAddr>) -> bool {
        (headers.contains_key(&self.user) || headers.contains_key(&self.secret.0)) && !self.is_sender(headers, peer)
    }

    fn is_sender(&self, headers: &HeaderMap, peer: Option<IpAddr>) -> bool {
        let (name, expected) = &self.secret;
        let is_in_network = peer.is_some_and(|peer| self.trusted.contains(peer));
        // Hashes are compared, so that timing does not disclose the secret.
        is_in_network && single(headers, name).is_some_and(|secret| TokenHash::of(secret) == *expected)
    }
}

fn header(name: String) -> Result<HeaderName, AccessError> {
    HeaderName::try_from(name.as_str()).map_err(|_| AccessError::ProxyHeader(name))
}

/// The value of a header that is sent once. With two values, one could be the client's own.
fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().filter(|_| values.next().is_none())?;
    value.to_str().ok().map(str::trim)
}

fn list<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Vec<&'a str> {
    single(headers, name).into_iter().flat_map(|value| value.split(',')).map(str::trim).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn needs_a_network_a_secret_and_roles() {
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
