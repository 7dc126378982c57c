//! Authenticates each request once, before any handler sees it.

use super::{SignIn, return_to::see_other};
use crate::{
    error::HttpError,
    request::{SignedIn, connection_ip},
};
use app::ui::{AUDIT_LINK, SIGN_IN};
use axum::{
    extract::{Request, State},
    http::{Method, Uri},
    middleware::Next,
    response::{IntoResponse, Response},
};
use std::sync::Arc;

/// Paths of programs, which get an error instead of a redirect to the sign-in page.
const PROGRAM_PATHS: [&str; 3] = ["/api/", "/export/", "/rpc/"];

/// Passes authenticated requests only, with their caller. Others are redirected to the sign-in page or refused.
pub async fn require_sign_in(State(sign_in): State<Arc<SignIn>>, mut request: Request, next: Next) -> Response {
    if let Some(principal) = sign_in.principal(request.headers(), connection_ip(request.extensions())) {
        request.extensions_mut().insert(SignedIn(principal));
        return next.run(request).await;
    }
    let path = request.uri().path();
    if [SIGN_IN, AUDIT_LINK].contains(&path) {
        next.run(request).await
    } else if request.method() == Method::GET && !PROGRAM_PATHS.iter().any(|prefix| path.starts_with(prefix)) {
        match sign_in.has_ended_link(request.headers()) {
            true => see_other(&format!("{AUDIT_LINK}?said=ended")),
            false => see_other(&sign_in_page(request.uri())),
        }
    } else {
        HttpError::NotSignedIn.into_response()
    }
}

/// The sign-in page, which returns to the requested page afterwards.
fn sign_in_page(requested: &Uri) -> String {
    match requested.path_and_query().map(|requested| requested.as_str()) {
        None | Some("/") => SIGN_IN.to_owned(),
        Some(requested) => {
            let mut query = form_urlencoded::Serializer::new(String::new());
            format!("{SIGN_IN}?{}", query.append_pair("return_to", requested).finish())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sign_in_page_returns_to_the_requested_page() {
        let page = |requested: &str| sign_in_page(&requested.parse().expect("a URI"));
        assert_eq!(page("/"), "/sign-in");
        assert_eq!(page("/instances?q=a&b=c"), "/sign-in?return_to=%2Finstances%3Fq%3Da%26b%3Dc");
    }
}
