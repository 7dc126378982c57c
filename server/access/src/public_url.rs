//! The address under which people reach the portal, and what follows from it for cookies.

use serde::Deserialize;
use std::fmt;

/// `https://host[:port]`, or `http` on this machine only.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct PublicUrl(String);

impl PublicUrl {
    /// The origin, as browsers spell it.
    pub fn origin(&self) -> &str {
        &self.0
    }

    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }

    /// `__Host-` holds the cookie to exactly this host; a browser takes it only from https.
    pub fn cookie_name(&self) -> &'static str {
        if self.is_https() { "__Host-muster" } else { "muster" }
    }

    /// Of a login that is under way at the identity provider.
    pub fn login_cookie_name(&self) -> &'static str {
        if self.is_https() { "__Host-muster-login" } else { "muster-login" }
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl TryFrom<String> for PublicUrl {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        origin(&text).map(Self)
    }
}

/// Checks an origin and spells it as browsers do: lower case, no default port, nothing behind it.
pub fn origin(text: &str) -> Result<String, String> {
    let wrong = || {
        format!(
            "`{text}` is not https://host or https://host:port (http is for localhost and 127.0.0.1 only), without a path"
        )
    };
    let (scheme, host) = text.split_once("://").ok_or_else(wrong)?;
    let host = host.strip_suffix('/').unwrap_or(host).to_ascii_lowercase();
    let (name, port) = host.split_once(':').map_or((host.as_str(), None), |(name, port)| (name, Some(port)));
    let named = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte));
    let ported = port.is_none_or(|port| !port.starts_with('0') && port.parse::<u16>().is_ok());
    let default_port = match (scheme, name) {
        ("https", _) => "443",
        ("http", "localhost" | "127.0.0.1") => "80",
        _ => return Err(wrong()),
    };
    match (named && ported, port) {
        (false, _) => Err(wrong()),
        (true, Some(port)) if port != default_port => Ok(format!("{scheme}://{name}:{port}")),
        (true, _) => Ok(format!("{scheme}://{name}")),
    }
}

#[cfg(test)]
mod tests {
    use super::origin;

    #[test]
    fn origins_are_spelt_as_browsers_spell_them() {
        for (text, spelt) in [
            ("https://VMM.example", "https://vmm.example"),
            ("https://vmm.example:443/", "https://vmm.example"),
            ("https://vmm.example:8443", "https://vmm.example:8443"),
            ("http://localhost:8080", "http://localhost:8080"),
            ("http://127.0.0.1:80", "http://127.0.0.1"),
        ] {
            assert_eq!(origin(text).as_deref(), Ok(spelt));
        }
    }

    #[test]
    fn what_is_no_origin_or_not_safe_is_refused() {
        for text in [
            "",
            "*",
            "null",
            "vmm.example",
            "https://",
            "https://*.example",
            "https://vmm.example/path",
            "http://vmm.example",
            "http://localhost.evil.test",
            "https://a b",
            "https://vmm.example:0",
            "https://vmm.example:99999",
            "https://u@h",
            "https://vmm.example:",
            "javascript://localhost",
            "https://vmm.example;",
            "https://vmm.example?x",
            "https://[::1]",
        ] {
            assert!(origin(text).is_err(), "{text}");
        }
    }
}
