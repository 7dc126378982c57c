//! Which host a request may ask for: the portal's own. A name that somebody else points at this machine would otherwise
//! make their pages the portal's (DNS rebinding), and what is derived from it theirs.

use super::{error::HttpError, kind::Kind, state::ServerState};
use axum::{
    extract::{Request, State},
    http::header::HOST,
    middleware::Next,
    response::{IntoResponse, Response},
};
use muster_access::public_url::PublicUrl;

/// Browsers always name a host; a request without one is a program's, and has no page to fool.
pub async fn only_ours(State(state): State<ServerState>, request: Request, next: Next) -> Response {
    let ours = &state.sign_in.public_url;
    let target = request.uri().authority().map(|authority| authority.as_str().as_bytes());
    let headers = request.headers().get_all(HOST).iter().map(|host| host.as_bytes());
    let mut named = target.into_iter().chain(headers);
    // Those who ask for health know the machine's address only.
    if Kind::of(request.uri().path()) == Kind::Health || named.all(|host| is_ours(ours, host)) {
        return next.run(request).await;
    }
    HttpError::WrongHost.into_response()
}

/// With http the portal is on this machine only (`access/public_url.rs`), which has two names.
fn is_ours(ours: &PublicUrl, host: &[u8]) -> bool {
    let Ok(host) = std::str::from_utf8(host) else { return false };
    let scheme = if ours.is_https() { "https" } else { "http" };
    let Ok(named) = muster_access::public_url::origin(&format!("{scheme}://{host}")) else { return false };
    let on_this_machine = |origin: &str| origin.replacen("//localhost", "//127.0.0.1", 1);
    !host.ends_with('/')
        && (named == ours.origin() || (!ours.is_https() && on_this_machine(&named) == on_this_machine(ours.origin())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(url: &str, host: &str) -> bool {
        is_ours(&PublicUrl::try_from(url.to_owned()).expect("an origin"), host.as_bytes())
    }

    #[test]
    fn only_the_public_address_is_ours() {
        for host in ["vmm.example", "VMM.Example", "vmm.example:443"] {
            assert!(ours("https://vmm.example", host), "{host}");
        }
        for host in [
            "",
            "evil.test",
            "vmm.example.evil.test",
            "vmm.example:8443",
            "vmm.example:80",
            "vmm.example/",
            "vmm.example.",
            "x@vmm.example",
            "127.0.0.1",
            "vmm.example,evil.test",
            "vmm.example evil.test",
        ] {
            assert!(!ours("https://vmm.example", host), "{host}");
        }
        for host in ["127.0.0.1:8080", "localhost:8080"] {
            assert!(ours("http://127.0.0.1:8080", host) && ours("http://localhost:8080", host), "{host}");
        }
        assert!(!ours("http://127.0.0.1:8080", "evil.test:8080") && !ours("http://127.0.0.1:8080", "127.0.0.1:8081"));
    }
}
