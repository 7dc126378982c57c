//! Who sent a request, found out once, before anything else of the portal sees it.

use super::return_to::see_other;
use crate::{error::HttpError, state::ServerState};
use app::ui::{AUDIT_LINK, SIGN_IN};
use axum::{
    extract::{ConnectInfo, Request, State},
    http::{Extensions, Method, Uri},
    middleware::Next,
    response::{IntoResponse, Response},
};
use muster_access::principal::Principal;
use std::net::{IpAddr, SocketAddr};

/// What handlers find of whoever sent the request.
#[derive(Clone, Debug)]
pub struct SignedIn(pub Principal);

/// Paths under which programs ask, who are told what is wrong instead of being led to a page.
const FOR_PROGRAMS: [&str; 3] = ["/api/", "/export/", "/rpc/"];

/// Lets a request pass with its sender, and nobody else's: people are led to the sign-in page, programs told so.
pub async fn signed_in_only(State(state): State<ServerState>, mut request: Request, next: Next) -> Response {
    if let Some(principal) = state.sign_in.principal(request.headers(), connection(request.extensions())) {
        request.extensions_mut().insert(SignedIn(principal));
        return next.run(request).await;
    }
    let path = request.uri().path();
    if [SIGN_IN, AUDIT_LINK].contains(&path) {
        next.run(request).await
    } else if request.method() == Method::GET && !FOR_PROGRAMS.iter().any(|start| path.starts_with(start)) {
        see_other(&sign_in_page(request.uri()))
    } else {
        HttpError::NotSignedIn.into_response()
    }
}

/// The machine at the other end of a request's connection, which no header can say.
pub fn connection(extensions: &Extensions) -> Option<IpAddr> {
    extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip())
}

/// The sign-in page, which knows where to lead afterwards.
fn sign_in_page(wanted: &Uri) -> String {
    match wanted.path_and_query().map(|wanted| wanted.as_str()) {
        None | Some("/") => SIGN_IN.to_owned(),
        Some(wanted) => {
            let query: String = url_query(wanted);
            format!("{SIGN_IN}?{query}")
        }
    }
}

fn url_query(wanted: &str) -> String {
    form_urlencoded::Serializer::new(String::new()).append_pair("return_to", wanted).finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sign_in_page_is_told_where_to_lead_afterwards() {
        let page = |wanted: &str| sign_in_page(&wanted.parse().expect("an address"));
        assert_eq!(page("/"), "/sign-in");
        assert_eq!(page("/instances?q=a&b=c"), "/sign-in?return_to=%2Finstances%3Fq%3Da%26b%3Dc");
    }
}
