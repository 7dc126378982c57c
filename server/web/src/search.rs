//! `GET /search`: what the search box of the header finds. Questions of exposure are answered on that page, anything else is
//! searched among the instances.

use super::{pages::page_with_context, state::ServerState};
use axum::{
    extract::{Request, State},
    http::Uri,
    response::Response,
};
use muster_model::exposure::{QUESTION_CHARS_MAX, has_question};

const EXPOSURE: &str = "/exposure";
const INSTANCES: &str = "/instances";

/// Renders the page for the text. There is no redirect, which frames could not follow.
pub async fn search(State(state): State<ServerState>, mut request: Request) -> Response {
    *request.uri_mut() = found_on(request.uri());
    page_with_context(&state, request, ()).await
}

fn found_on(uri: &Uri) -> Uri {
    let query = uri.query().unwrap_or_default();
    let is_question = form_urlencoded::parse(query.as_bytes())
        .any(|(key, text)| key == "q" && text.len() <= 4 * QUESTION_CHARS_MAX && has_question(&text));
    let path = if is_question { EXPOSURE } else { INSTANCES };
    // Both parts are those of addresses.
    format!("{path}?{query}").parse().unwrap_or_else(|_| Uri::from_static(INSTANCES))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_are_answered_and_names_are_searched() {
        for (from, to) in [
            ("/search?q=web-01", "/instances?q=web-01"),
            ("/search?q=CVE-2024-6387&as_of=2026-10-31", "/exposure?q=CVE-2024-6387&as_of=2026-10-31"),
            ("/search?q=openssl+%3C+3.0.14", "/exposure?q=openssl+%3C+3.0.14"),
            ("/search", "/instances?"),
        ] {
            assert_eq!(found_on(&Uri::from_static(from)), to);
        }
    }
}
