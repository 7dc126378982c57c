//! Responses in JSON 1.1 (SSM and Organizations), JSON (Quick Setup) and XML (STS).

use axum::{
    body::{Body, to_bytes},
    response::Response,
};
use http::{
    HeaderValue, StatusCode,
    header::{CONTENT_LENGTH, CONTENT_TYPE},
};
use serde_json::json;

use super::error::ApiError;

pub(super) const JSON: &str = "application/x-amz-json-1.1";
pub(super) const REST_JSON: &str = "application/json";
/// SQS's.
pub(super) const JSON_1_0: &str = "application/x-amz-json-1.0";
pub(super) const XML: &str = "text/xml";
const REQUEST_ID: &str = "x-amzn-RequestId";
const ERROR_TYPE: &str = "x-amzn-errortype";
/// The delay in milliseconds that the SDKs obey.
pub(super) const RETRY_AFTER: &str = "x-amz-retry-after";

pub(super) fn response(status: StatusCode, content_type: &'static str, request_id: &str, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    if let Ok(value) = HeaderValue::from_str(request_id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

pub(super) fn json_error(error: &ApiError, content_type: &'static str, request_id: &str) -> Response {
    let member = if error.is_common { "message" } else { "Message" };
    let mut body = match error.message.as_str() {
        "" => json!({ "__type": error.code }),
        message => json!({ "__type": error.code, member: message }),
    };
    if let Some(reason) = error.reason {
        body["Reason"] = reason.into();
    }
    let mut response = response(error.status, content_type, request_id, body.to_string().into_bytes());
    if let Ok(value) = HeaderValue::from_str(&error.code) {
        response.headers_mut().insert(ERROR_TYPE, value);
    }
    response
}

pub(super) fn xml_error(error: &ApiError, request_id: &str) -> Response {
    let side = if error.status.is_server_error() { "Receiver" } else { "Sender" };
    let body = format!(
        "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n  <Error>\n    <Type>{side}</Type>\n    \
         <Code>{}</Code>\n    <Message>{}</Message>\n  </Error>\n  <RequestId>{request_id}</RequestId>\n</ErrorResponse>\n",
        escape(&error.code),
        escape(&error.message)
    );
    response(error.status, XML, request_id, body.into_bytes())
}

/// Truncates a body to the length that `kept` returns for its full length. Keeps the other headers.
pub(super) async fn truncate(response: Response, kept: impl Fn(usize) -> usize) -> Response {
    let (mut parts, body) = response.into_parts();
    parts.headers.remove(CONTENT_LENGTH);
    let whole = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let kept = kept(whole.len()).min(whole.len());
    Response::from_parts(parts, Body::from(whole.slice(..kept)))
}

pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
