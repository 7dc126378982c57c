//! The cookies of a session and of a sign-in in progress: for this host only, and not readable by scripts.

use axum::http::{HeaderMap, HeaderValue, header::COOKIE};
use muster_access::{public_url::PublicUrl, token::Token};

/// The value of a cookie. `None` if it is sent twice, because one of them could be set by another site.
pub fn token<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|header| header.to_str().ok());
    let pairs = cookies.flat_map(|header| header.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut values = pairs.filter(|(key, _)| *key == name).map(|(_, value)| value);
    values.next().filter(|_| values.next().is_none())
}

/// A cookie that holds a token, until the browser ends or for some seconds. `Lax`, because users return from the identity
/// provider and from links in mails.
pub fn set(url: &PublicUrl, name: &str, token: &Token, seconds: Option<i64>) -> HeaderValue {
    header(url, name, token.reveal(), seconds)
}

/// Deletes a cookie.
pub fn forget(url: &PublicUrl, name: &str) -> HeaderValue {
    header(url, name, "", Some(0))
}

fn header(url: &PublicUrl, name: &str, value: &str, seconds: Option<i64>) -> HeaderValue {
    let secure = if url.is_https() { "; Secure" } else { "" };
    let max_age = seconds.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{max_age}");
    // Names and base64url are ASCII, so this never fails.
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(cookies: &[&'static str]) -> HeaderMap {
        cookies.iter().map(|cookie| (COOKIE, HeaderValue::from_static(cookie))).collect()
    }

    #[test]
    fn finds_a_cookie_by_its_exact_name_unless_it_is_sent_twice() {
        assert_eq!(token(&headers(&["a=1; muster=x"]), "muster"), Some("x"));
        assert_eq!(token(&headers(&["a=1", "muster=x"]), "muster"), Some("x"));
        assert_eq!(token(&headers(&["xmuster=1; Muster=2"]), "muster"), None);
        assert_eq!(token(&headers(&["muster=x; muster=y"]), "muster"), None);
    }

    #[test]
    fn binds_the_cookie_to_the_host_over_https() {
        let token = Token::random().expect("a token");
        let cookie = |url: &str| {
            let url = PublicUrl::try_from(url.to_owned()).expect("an origin");
            set(&url, url.cookie_name(), &token, None).to_str().expect("text").replace(token.reveal(), "…")
        };
        assert_eq!(cookie("https://vmm.example"), "__Host-muster=…; Path=/; HttpOnly; SameSite=Lax; Secure");
        assert_eq!(cookie("http://127.0.0.1:8080"), "muster=…; Path=/; HttpOnly; SameSite=Lax");
    }
}
