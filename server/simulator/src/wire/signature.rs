//! Verification of Signature Version 4, so that a client that signs wrongly fails here and not in production.

use hmac::{Hmac, Mac};
use http::{HeaderMap, Method, Uri, header::AUTHORIZATION};
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use sha2::{Digest, Sha256};

use crate::clock;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// The largest difference between a signature and the server's clock.
const SKEW_SECONDS_MAX: i64 = 15 * 60;

/// The contents of an Authorization header.
pub(super) struct Authorization {
    pub access_key_id: String,
    pub date: String,
    pub region: String,
    pub service: String,
    signed_headers: String,
    signature: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum SignatureError {
    Missing,
    Incomplete,
    /// Signed too long ago or in the future, with the message.
    Skewed(String),
    Mismatch,
}

/// The signed parts of a request.
pub(super) struct SignedRequest<'a> {
    pub method: &'a Method,
    pub uri: &'a Uri,
    pub headers: &'a HeaderMap,
    pub body: &'a [u8],
}

pub(super) fn authorization(headers: &HeaderMap) -> Result<Authorization, SignatureError> {
    let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).ok_or(SignatureError::Missing)?;
    let fields = header.strip_prefix(ALGORITHM).ok_or(SignatureError::Incomplete)?;
    let field = |name: &str| {
        let mut parts = fields.split(',').map(str::trim);
        parts.find_map(|part| part.strip_prefix(name)?.strip_prefix('=')).ok_or(SignatureError::Incomplete)
    };
    let credential: Vec<&str> = field("Credential")?.split('/').collect();
    let [access_key_id, date, region, service, "aws4_request"] = credential.as_slice() else {
        return Err(SignatureError::Incomplete);
    };
    Ok(Authorization {
        access_key_id: (*access_key_id).to_owned(),
        date: (*date).to_owned(),
        region: (*region).to_owned(),
        service: (*service).to_owned(),
        signed_headers: field("SignedHeaders")?.to_owned(),
        signature: field("Signature")?.to_owned(),
    })
}

/// `now` is the server's clock.
pub(super) fn verify(
    authorization: &Authorization,
    secret: &str,
    request: &SignedRequest<'_>,
    now: Timestamp,
) -> Result<(), SignatureError> {
    let stamp = header(request.headers, "x-amz-date").ok_or(SignatureError::Incomplete)?;
    let signed_at = parse_stamp(&stamp).ok_or(SignatureError::Incomplete)?;
    check_time(&stamp, signed_at, now)?;
    if !stamp.starts_with(&authorization.date) || !authorization.signed_headers.split(';').any(|name| name == "host") {
        return Err(SignatureError::Mismatch);
    }
    let canonical = canonical_request(authorization, request).ok_or(SignatureError::Mismatch)?;
    let scope = format!("{}/{}/{}/aws4_request", authorization.date, authorization.region, authorization.service);
    let to_sign = format!("{ALGORITHM}\n{stamp}\n{scope}\n{:x}", Sha256::digest(canonical));
    let mut key = format!("AWS4{secret}").into_bytes();
    for part in [authorization.date.as_str(), &authorization.region, &authorization.service, "aws4_request"] {
        key = hmac_sha256(&key, part).ok_or(SignatureError::Mismatch)?;
    }
    let expected = hmac_sha256(&key, &to_sign).ok_or(SignatureError::Mismatch)?;
    let expected: String = expected.iter().map(|byte| format!("{byte:02x}")).collect();
    if expected == authorization.signature { Ok(()) } else { Err(SignatureError::Mismatch) }
}

fn check_time(stamp: &str, signed_at: Timestamp, now: Timestamp) -> Result<(), SignatureError> {
    let text = |at: Timestamp| at.strftime("%Y%m%dT%H%M%SZ").to_string();
    let (earliest, latest) = (now - clock::seconds(SKEW_SECONDS_MAX), now + clock::seconds(SKEW_SECONDS_MAX));
    let minutes = SKEW_SECONDS_MAX / 60;
    let message = if signed_at.as_second() < earliest.as_second() {
        format!("Signature expired: {stamp} is now earlier than {} ({} - {minutes} min.)", text(earliest), text(now))
    } else if signed_at.as_second() > latest.as_second() {
        format!(
            "Signature not yet current: {stamp} is still later than {} ({} + {minutes} min.)",
            text(latest),
            text(now)
        )
    } else {
        return Ok(());
    };
    Err(SignatureError::Skewed(message))
}

fn canonical_request(authorization: &Authorization, request: &SignedRequest<'_>) -> Option<String> {
    let mut headers = String::new();
    for name in authorization.signed_headers.split(';') {
        let value = header(request.headers, name)?;
        headers.push_str(&format!("{name}:{}\n", value.split_whitespace().collect::<Vec<_>>().join(" ")));
    }
    let payload = match header(request.headers, "x-amz-content-sha256") {
        Some(unsigned) if unsigned == "UNSIGNED-PAYLOAD" => unsigned,
        _ => format!("{:x}", Sha256::digest(request.body)),
    };
    let mut query: Vec<&str> = request.uri.query().unwrap_or("").split('&').filter(|part| !part.is_empty()).collect();
    query.sort_unstable();
    let (method, path, query) = (request.method, request.uri.path(), query.join("&"));
    Some(format!("{method}\n{path}\n{query}\n{headers}\n{}\n{payload}", authorization.signed_headers))
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    let values: Vec<&str> = headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
    (!values.is_empty()).then(|| values.join(","))
}

/// `20261123T030441Z`
fn parse_stamp(text: &str) -> Option<Timestamp> {
    let at = DateTime::strptime("%Y%m%dT%H%M%SZ", text).ok()?;
    TimeZone::UTC.to_timestamp(at).ok()
}

fn hmac_sha256(key: &[u8], message: &str) -> Option<Vec<u8>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(message.as_bytes());
    Some(mac.finalize().into_bytes().to_vec())
}
