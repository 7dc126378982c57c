//! Closes the connection after a request with a chunked body. This prevents request smuggling: if a proxy parses such a
//! body differently, bytes behind it are never read as another request.

use axum::{
    extract::Request,
    http::{
        HeaderValue,
        header::{CONNECTION, TRANSFER_ENCODING},
    },
    middleware::Next,
    response::Response,
};

pub async fn close_chunked(request: Request, next: Next) -> Response {
    let is_chunked = request.headers().contains_key(TRANSFER_ENCODING);
    let mut response = next.run(request).await;
    if is_chunked {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}
