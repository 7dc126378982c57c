//! A request whose body does not say its length is the last on its connection. Where a proxy in front reads such a
//! message in another way than we do, what one takes for a body is a request to the other (request smuggling); here
//! nothing that stands behind it is read.

use axum::{
    extract::Request,
    http::{
        HeaderValue,
        header::{CONNECTION, TRANSFER_ENCODING},
    },
    middleware::Next,
    response::Response,
};

pub async fn last_without_length(request: Request, next: Next) -> Response {
    let without_length = request.headers().contains_key(TRANSFER_ENCODING);
    let mut response = next.run(request).await;
    if without_length {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}
