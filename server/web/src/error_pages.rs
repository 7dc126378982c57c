//! The final form of every error response: the JSON envelope for programs, a page for people. Both have the request id,
//! and neither discloses a library's own message.

use super::{
    error::{ErrorBody, HttpError, body_of_status},
    request::RequestId,
    route_class::RouteClass,
};
use app::ui::STYLESHEETS;
use axum::{
    extract::Request,
    http::{
        HeaderMap, HeaderName, StatusCode,
        header::{ACCEPT, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING},
    },
    middleware::Next,
    response::{Html, IntoResponse, Response},
};
use std::any::Any;

/// Marks errors of server functions, which only the portal's own pages read (`app/src/rpc/error.rs`).
const SERVER_FUNCTION_ERROR: &str = "serverfnerror";

pub async fn render_errors(request: Request, next: Next) -> Response {
    let class = RouteClass::of(request.uri().path());
    let wants_html = class == RouteClass::Page && has_media_type(request.headers(), ACCEPT, "text/html");
    let id = request.extensions().get::<RequestId>().map(|RequestId(id)| id.clone());
    let response = next.run(request).await;
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error()) || class == RouteClass::Health {
        return response;
    }
    let error = match response.extensions().get::<ErrorBody>() {
        Some(error) => error.clone(),
        None if is_final(class, response.headers()) => return response,
        None => body_of_status(status),
    };
    let body = match wants_html {
        true => Html(page(status, &error, id.as_deref())).into_response(),
        false => error.envelope(id.as_deref()).into_response(),
    };
    let (mut parts, _) = response.into_parts();
    for header in [CONTENT_ENCODING, CONTENT_LENGTH, TRANSFER_ENCODING] {
        parts.headers.remove(header);
    }
    let (rendered, body) = body.into_parts();
    parts.headers.extend(rendered.headers);
    Response::from_parts(parts, body)
}

/// Whether the body was written by the portal, in the format of its route class.
fn is_final(class: RouteClass, headers: &HeaderMap) -> bool {
    let is_json = has_media_type(headers, CONTENT_TYPE, "application/json");
    match class {
        RouteClass::Data => is_json || headers.contains_key(SERVER_FUNCTION_ERROR),
        RouteClass::Page => is_json || has_media_type(headers, CONTENT_TYPE, "text/html"),
        RouteClass::Embedded => headers.contains_key(CONTENT_TYPE),
        RouteClass::Asset | RouteClass::Health => false,
    }
}

fn has_media_type(headers: &HeaderMap, header: HeaderName, media_type: &str) -> bool {
    headers.get(header).and_then(|value| value.to_str().ok()).is_some_and(|value| value.contains(media_type))
}

/// The response after a panic. The panic's message goes to standard error only.
pub fn panic_response(_: Box<dyn Any + Send + 'static>) -> Response {
    tracing::error!("the request panicked");
    HttpError::Internal.into_response()
}

/// A page that needs stylesheets only, because the view itself may have failed.
fn page(status: StatusCode, error: &ErrorBody, id: Option<&str>) -> String {
    let styles: String = STYLESHEETS.map(|file| format!("<link rel=\"stylesheet\" href=\"/pkg/{file}\">")).concat();
    let title = status.canonical_reason().unwrap_or("Error");
    let (code, message, id) = (status.as_u16(), escape(&error.message), escape(id.unwrap_or("-")));
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>{title} · VM Management</title>{styles}</head>\
         <body><main id=\"main\"><section class=\"card error-panel\" aria-labelledby=\"problem-title\">\
         <p class=\"error-code\">{code}</p><h1 id=\"problem-title\">{title}</h1><p>{message}</p>\
         <p>Request id: <code>{id}</code></p><p><a href=\"/\">Overview</a></p>\
         </section></main></body></html>"
    )
}

/// Escapes text for HTML.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_texts_of_the_request() {
        let error = ErrorBody::new("bad_request", "`<script>alert('x')</script>`\u{7}");
        let page = page(StatusCode::BAD_REQUEST, &error, Some("a-request"));
        assert!(page.contains("`&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;` <"), "{page}");
        assert!(page.contains("<code>a-request</code>") && !page.contains("<script"), "{page}");
    }
}
