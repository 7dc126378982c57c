//! The cookies: the token of a session and, for some minutes, that of a login under way. For this host only, out of the
//! reach of scripts.

use axum::http::{HeaderMap, HeaderValue, header::COOKIE};
use muster_access::{public_url::PublicUrl, token::Token};

/// The value of a cookie in a request; none where it is sent twice, as only somebody else's would be.
pub fn token<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|header| header.to_str().ok());
    let pairs = cookies.flat_map(|header| header.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut values = pairs.filter(|(key, _)| *key == name).map(|(_, value)| value);
    values.next().filter(|_| values.next().is_none())
}

/// Lax, because somebody comes back from the identity provider and from links in mails.
pub fn set(url: &PublicUrl, token: &Token) -> HeaderValue {
    header(url, url.cookie_name(), token.reveal(), "")
}

/// Makes the browser forget it.
pub fn forget(url: &PublicUrl) -> HeaderValue {
    header(url, url.cookie_name(), "", "; Max-Age=0")
}

/// Binds a login that is under way to the browser.
pub fn set_login(url: &PublicUrl, token: &Token, seconds: i64) -> HeaderValue {
    header(url, url.login_cookie_name(), token.reveal(), &format!("; Max-Age={seconds}"))
}

pub fn forget_login(url: &PublicUrl) -> HeaderValue {
    header(url, url.login_cookie_name(), "", "; Max-Age=0")
}

fn header(url: &PublicUrl, name: &str, value: &str, life: &str) -> HeaderValue {
    let secure = if url.is_https() { "; Secure" } else { "" };
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{life}");
    // Both names and base64url are ASCII.
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(cookies: &[&'static str]) -> HeaderMap {
        cookies.iter().map(|cookie| (COOKIE, HeaderValue::from_static(cookie))).collect()
    }

    #[test]
    fn a_cookie_is_found_by_its_exact_name_and_only_once() {
        assert_eq!(token(&headers(&["a=1; muster=x"]), "muster"), Some("x"));
        assert_eq!(token(&headers(&["a=1", "muster=x"]), "muster"), Some("x"));
        assert_eq!(token(&headers(&["xmuster=1; Muster=2"]), "muster"), None);
        assert_eq!(token(&headers(&["muster=x; muster=y"]), "muster"), None);
    }

    #[test]
    fn a_cookie_is_bound_to_the_host_where_the_browser_can_do_that() {
        let token = Token::random().expect("a token");
        let cookie = |url: &str| {
            let url = PublicUrl::try_from(url.to_owned()).expect("an origin");
            set(&url, &token).to_str().expect("text").replace(token.reveal(), "…")
        };
        assert_eq!(cookie("https://vmm.example"), "__Host-muster=…; Path=/; HttpOnly; SameSite=Lax; Secure");
        assert_eq!(cookie("http://127.0.0.1:8080"), "muster=…; Path=/; HttpOnly; SameSite=Lax");
    }
}
