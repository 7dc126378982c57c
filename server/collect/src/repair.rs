//! Replaces invalid characters in JSON answers, so that one instance's name cannot make a whole page unreadable.
//!
//! AWS forwards names and titles as instances report them. The SDK rejects a page with half a surrogate pair or invalid
//! UTF-8; here each becomes U+FFFD.

use aws_smithy_runtime_api::client::{
    http::{HttpClient, HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn},
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
};
use aws_smithy_types::{body::SdkBody, byte_stream::ByteStream};
use std::borrow::Cow;

const UNREADABLE: &[u8] = b"\\ufffd";
/// The length of `\u` with four digits.
const ESCAPE_LENGTH: usize = 6;

/// Wraps a client so that its answers are repaired before the SDK reads them.
pub fn repairing(client: SharedHttpClient) -> SharedHttpClient {
    http_client_fn(move |settings, components| {
        SharedHttpConnector::new(Repairing(client.http_connector(settings, components)))
    })
}

#[derive(Debug)]
struct Repairing(SharedHttpConnector);

impl HttpConnector for Repairing {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let answer = self.0.call(request);
        HttpConnectorFuture::new(async move { repair_answer(answer.await?).await })
    }
}

async fn repair_answer(mut answer: HttpResponse) -> Result<HttpResponse, ConnectorError> {
    // STS answers with XML.
    if !answer.headers().get("content-type").is_some_and(|kind| kind.contains("json")) {
        return Ok(answer);
    }
    let body = ByteStream::new(answer.take_body()).collect().await.map_err(|error| ConnectorError::io(error.into()))?;
    let body = body.into_bytes();
    *answer.body_mut() = match repair(&body) {
        Some(repaired) => SdkBody::from(repaired),
        None => SdkBody::from(body),
    };
    Ok(answer)
}

/// Replaces every character that JSON cannot have. Returns None when there is none.
fn repair(body: &[u8]) -> Option<Vec<u8>> {
    let text = String::from_utf8_lossy(body);
    if !text.contains("\\ud") && !text.contains("\\uD") {
        return match text {
            Cow::Borrowed(_) => None,
            Cow::Owned(text) => Some(text.into_bytes()),
        };
    }
    let mut repaired = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    // Only strings have backslashes.
    while let Some(at) = rest.iter().position(|byte| *byte == b'\\') {
        let (plain, escaped) = rest.split_at(at);
        let (length, escape) = escape(escaped);
        repaired.extend_from_slice(plain);
        repaired.extend_from_slice(escape);
        rest = &escaped[length..];
    }
    repaired.extend_from_slice(rest);
    Some(repaired)
}

/// Returns the length of the escape at the start of the text, and its replacement.
fn escape(text: &[u8]) -> (usize, &[u8]) {
    let is_low = |unit| (0xdc00..0xe000).contains(&unit);
    match unit(text) {
        Some(0xd800..0xdc00) if text.get(ESCAPE_LENGTH..).and_then(unit).is_some_and(is_low) => {
            (2 * ESCAPE_LENGTH, &text[..2 * ESCAPE_LENGTH])
        }
        Some(0xd800..0xe000) => (ESCAPE_LENGTH, UNREADABLE),
        _ => {
            let length = text.len().min(2);
            (length, &text[..length])
        }
    }
}

/// Parses the UTF-16 unit of a `\u` escape.
fn unit(text: &[u8]) -> Option<u16> {
    let digits = text.strip_prefix(b"\\u")?.get(..4)?;
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_only_characters_that_json_cannot_have() {
        for (body, expected) in [
            (&br#"{"a":"\ud800"}"#[..], &br#"{"a":"\ufffd"}"#[..]),
            (br#"{"a":"x\uDFFFy\ud83d\ude00"}"#, br#"{"a":"x\ufffdy\ud83d\ude00"}"#),
            (br#"{"a":"\ud800\ud83d\ude00"}"#, br#"{"a":"\ufffd\ud83d\ude00"}"#),
            (br#"{"a":"\\ud800"}"#, br#"{"a":"\\ud800"}"#),
            (b"{\"a\":\"x\xff\xfe\"}", "{\"a\":\"x\u{fffd}\u{fffd}\"}".as_bytes()),
            (br#"{"a":"\ud8"#, br#"{"a":"\ud8"#),
            (br#"{"a":"\ud800\"#, br#"{"a":"\ufffd\"#),
        ] {
            let result = repair(body).unwrap_or_else(|| body.to_vec());
            assert_eq!(String::from_utf8_lossy(&result), String::from_utf8_lossy(expected));
        }
        assert_eq!(repair("{\"a\":\"Zürich \\u00e9\"}".as_bytes()), None);
    }
}
