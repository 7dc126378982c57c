//! Protects connections from request smuggling.

use axum::{
    extract::Request,
    http::{
        HeaderValue,
        header::{CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING},
    },
    middleware::Next,
    response::Response,
};

/// Closes the connection after a request with a chunked body, and after a refused one with any body, which may not have been
/// read. This prevents request smuggling: bytes of a body are never read as another request.
pub async fn close_after_body(request: Request, next: Next) -> Response {
    let is_chunked = request.headers().contains_key(TRANSFER_ENCODING);
    let has_body = request.headers().get(CONTENT_LENGTH).is_some_and(|length| length != "0");
    let mut response = next.run(request).await;
    let is_refused = response.status().is_client_error() || response.status().is_server_error();
    if is_chunked || (has_body && is_refused) {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}
