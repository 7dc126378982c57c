//! The portal's own origin, and the cookie names that follow from it.

use serde::Deserialize;

/// `https://host[:port]`. `http` is allowed on loopback only.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct PublicUrl(String);

impl PublicUrl {
    /// The origin in the form that browsers send.
    pub fn origin(&self) -> &str {
        &self.0
    }

    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }

    /// The session cookie. `__Host-` restricts it to exactly this host; browsers accept the prefix over https only.
    pub fn cookie_name(&self) -> &'static str {
        if self.is_https() { "__Host-muster" } else { "muster" }
    }

    /// The cookie of a sign-in at the identity provider that is in progress.
    pub fn login_cookie_name(&self) -> &'static str {
        if self.is_https() { "__Host-muster-login" } else { "muster-login" }
    }
}

impl TryFrom<String> for PublicUrl {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        normalize_origin(&text).map(Self)
    }
}

/// Validates an origin and normalizes it like browsers: lower case, without default port and path.
pub fn normalize_origin(text: &str) -> Result<String, String> {
    let invalid = || {
        format!(
            "`{text}` is not an origin such as https://host or https://host:8443, without a path (http is for localhost only)"
        )
    };
    let (scheme, host) = text.split_once("://").ok_or_else(invalid)?;
    let host = host.strip_suffix('/').unwrap_or(host).to_ascii_lowercase();
    let (name, port) = host.split_once(':').map_or((host.as_str(), None), |(name, port)| (name, Some(port)));
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte));
    let is_port = port.is_none_or(|port| !port.starts_with('0') && port.parse::<u16>().is_ok());
    let default_port = match (scheme, name) {
        ("https", _) => "443",
        ("http", "localhost" | "127.0.0.1") => "80",
        _ => return Err(invalid()),
    };
    match (is_name && is_port, port) {
        (false, _) => Err(invalid()),
        (true, Some(port)) if port != default_port => Ok(format!("{scheme}://{name}:{port}")),
        (true, _) => Ok(format!("{scheme}://{name}")),
    }
}

#[cfg(test)]
mod tests {
    use super::normalize_origin;

    #[test]
    fn normalizes_origins_like_browsers() {
        for (text, normalized) in [
            ("https://VMM.example", "https://vmm.example"),
            ("https://vmm.example:443/", "https://vmm.example"),
            ("https://vmm.example:8443", "https://vmm.example:8443"),
            ("http://localhost:8080", "http://localhost:8080"),
            ("http://127.0.0.1:80", "http://127.0.0.1"),
        ] {
            assert_eq!(normalize_origin(text).as_deref(), Ok(normalized));
        }
    }

    #[test]
    fn rejects_unsafe_and_malformed_origins() {
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
            assert!(normalize_origin(text).is_err(), "{text}");
        }
    }
}
