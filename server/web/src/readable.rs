//! The last hand on every answer that is an error: programs get the one envelope, people a page. Both name the request,
//! and neither says more than `error.rs` does, whatever a library had to say.

use super::{
    error::{HttpError, Told},
    kind::Kind,
    request::RequestId,
};
use app::ui::STYLESHEETS;
use axum::{
    extract::Request,
    http::{
        HeaderMap, StatusCode,
        header::{ACCEPT, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING},
    },
    middleware::Next,
    response::{Html, IntoResponse, Response},
};
use std::any::Any;

/// The server functions' own errors, which only the portal's pages read (`app/src/rpc/error.rs`).
const OF_SERVER_FUNCTION: &str = "serverfnerror";

pub async fn readable(request: Request, next: Next) -> Response {
    let kind = Kind::of(request.uri().path());
    let by_people = kind == Kind::Page && names(request.headers(), ACCEPT.as_str(), "text/html");
    let id = request.extensions().get::<RequestId>().map(|RequestId(id)| id.clone());
    let response = next.run(request).await;
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error()) || kind == Kind::Health {
        return response;
    }
    let told = response.extensions().get::<Told>().cloned();
    if told.is_none() && is_written(kind, response.headers()) {
        return response;
    }
    let told = told.unwrap_or_else(|| Told::of_status(status));
    let body = match by_people {
        true => Html(page(status, &told, id.as_deref())).into_response(),
        false => told.envelope(id.as_deref()).into_response(),
    };
    let (mut parts, _) = response.into_parts();
    for header in [CONTENT_ENCODING, CONTENT_LENGTH, TRANSFER_ENCODING] {
        parts.headers.remove(header);
    }
    let (written, body) = body.into_parts();
    parts.headers.extend(written.headers);
    Response::from_parts(parts, body)
}

/// Whether somebody of the portal's wrote the answer for those who read it.
fn is_written(kind: Kind, headers: &HeaderMap) -> bool {
    let json = names(headers, CONTENT_TYPE.as_str(), "application/json");
    match kind {
        Kind::Data => json || headers.contains_key(OF_SERVER_FUNCTION),
        Kind::Page => json || names(headers, CONTENT_TYPE.as_str(), "text/html"),
        Kind::Embedded => headers.contains_key(CONTENT_TYPE),
        Kind::Asset | Kind::Health => false,
    }
}

fn names(headers: &HeaderMap, header: &str, media_type: &str) -> bool {
    headers.get(header).and_then(|value| value.to_str().ok()).is_some_and(|value| value.contains(media_type))
}

/// What became of a request that panicked. The panic's own words are on standard error already, and stay there.
pub fn after_panic(_: Box<dyn Any + Send + 'static>) -> Response {
    tracing::error!("the request panicked");
    HttpError::Broken.into_response()
}

/// A page that needs nothing but the stylesheets, as the view may be what is broken.
fn page(status: StatusCode, told: &Told, id: Option<&str>) -> String {
    let styles: String = STYLESHEETS.map(|file| format!("<link rel=\"stylesheet\" href=\"/pkg/{file}\">")).concat();
    let title = status.canonical_reason().unwrap_or("Error");
    let (code, message, id) = (status.as_u16(), escaped(&told.message), escaped(id.unwrap_or("-")));
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>{title} · VM Management</title>{styles}</head>\
         <body><main id=\"main\"><section class=\"card problem\" aria-labelledby=\"problem-title\">\
         <p class=\"code\">{code}</p><h1 id=\"problem-title\">{title}</h1><p>The answer is: {message}.</p>\
         <p>This request is <code>{id}</code> in the portal’s log.</p><p><a href=\"/\">Overview</a></p>\
         </section></main></body></html>"
    )
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c if c.is_control() => safe.push(' '),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_shows_what_was_sent_as_text() {
        let told = Told { code: "bad_request", message: "`<script>alert('x')</script>`\u{7}".to_owned() };
        let page = page(StatusCode::BAD_REQUEST, &told, Some("a-request"));
        assert!(page.contains("`&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;` ."), "{page}");
        assert!(page.contains("<code>a-request</code>") && !page.contains("<script"), "{page}");
    }
}
