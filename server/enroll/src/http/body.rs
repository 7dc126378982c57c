//! Reads bodies of requests: JSON, within a number of bytes and a time.

use crate::refusal::{BODY_BYTES_MAX, EnrollError};
use axum::body::Body;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::DeserializeOwned;
use std::time::Duration;

/// Reads a body. The message of an error says where it is wrong, but repeats nothing of it, because evidence is a secret.
pub(super) async fn read_json<T: DeserializeOwned>(body: Body, timeout: Duration) -> Result<T, EnrollError> {
    let collected = tokio::time::timeout(timeout, Limited::new(body, BODY_BYTES_MAX).collect()).await;
    let bytes = match collected.map_err(|_| EnrollError::TooSlow)? {
        Ok(collected) => collected.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => return Err(EnrollError::TooLarge),
        Err(_) => return Err(EnrollError::TooSlow),
    };
    serde_json::from_slice(&bytes).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        EnrollError::Malformed(format!(
            "its body is not the JSON that this address accepts (line {line}, column {column})"
        ))
    })
}
