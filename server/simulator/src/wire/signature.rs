//! Signature Version 4, verified for real: a client that signs wrongly must hear it here, not in production.

use hmac::{Hmac, Mac};
use http::{HeaderMap, Method, Uri, header::AUTHORIZATION};
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use sha2::{Digest, Sha256};

use crate::clock;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// A signature may be so much older or newer than the server's clock.
const SKEW_SECONDS_MAX: i64 = 15 * 60;

/// What the Authorization header says.
pub(super) struct Claim {
    pub access_key_id: String,
    pub date: String,
    pub region: String,
    pub service: String,
    signed_headers: String,
    signature: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    Missing,
    Incomplete,
    /// Signed too long ago or in the future, in the words that say so.
    Skewed(String),
    Wrong,
}

/// One request, as far as it is signed.
pub(super) struct Signed<'a> {
    pub method: &'a Method,
    pub uri: &'a Uri,
    pub headers: &'a HeaderMap,
    pub body: &'a [u8],
}

pub(super) fn claim(headers: &HeaderMap) -> Result<Claim, Refusal> {
    let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).ok_or(Refusal::Missing)?;
    let fields = header.strip_prefix(ALGORITHM).ok_or(Refusal::Incomplete)?;
    let field = |name: &str| {
        let mut parts = fields.split(',').map(str::trim);
        parts.find_map(|part| part.strip_prefix(name)?.strip_prefix('=')).ok_or(Refusal::Incomplete)
    };
    let credential: Vec<&str> = field("Credential")?.split('/').collect();
    let [access_key_id, date, region, service, "aws4_request"] = credential.as_slice() else {
        return Err(Refusal::Incomplete);
    };
    Ok(Claim {
        access_key_id: (*access_key_id).to_owned(),
        date: (*date).to_owned(),
        region: (*region).to_owned(),
        service: (*service).to_owned(),
        signed_headers: field("SignedHeaders")?.to_owned(),
        signature: field("Signature")?.to_owned(),
    })
}

/// `now` is the server's clock.
pub(super) fn verify(claim: &Claim, secret: &str, request: &Signed<'_>, now: Timestamp) -> Result<(), Refusal> {
    let stamp = header(request.headers, "x-amz-date").ok_or(Refusal::Incomplete)?;
    let signed_at = parse_stamp(&stamp).ok_or(Refusal::Incomplete)?;
    in_time(&stamp, signed_at, now)?;
    if !stamp.starts_with(&claim.date) || !claim.signed_headers.split(';').any(|name| name == "host") {
        return Err(Refusal::Wrong);
    }
    let canonical = canonical_request(claim, request).ok_or(Refusal::Wrong)?;
    let scope = format!("{}/{}/{}/aws4_request", claim.date, claim.region, claim.service);
    let to_sign = format!("{ALGORITHM}\n{stamp}\n{scope}\n{}", hex(&Sha256::digest(canonical.as_bytes())));
    let mut key = format!("AWS4{secret}").into_bytes();
    for part in [claim.date.as_str(), &claim.region, &claim.service, "aws4_request"] {
        key = keyed(&key, part).ok_or(Refusal::Wrong)?;
    }
    let expected = keyed(&key, &to_sign).ok_or(Refusal::Wrong)?;
    if hex(&expected) == claim.signature { Ok(()) } else { Err(Refusal::Wrong) }
}

fn in_time(stamp: &str, signed_at: Timestamp, now: Timestamp) -> Result<(), Refusal> {
    let text = |at: Timestamp| at.strftime("%Y%m%dT%H%M%SZ").to_string();
    let (earliest, latest) = (now - clock::seconds(SKEW_SECONDS_MAX), now + clock::seconds(SKEW_SECONDS_MAX));
    let minutes = SKEW_SECONDS_MAX / 60;
    let words = if signed_at.as_second() < earliest.as_second() {
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
    Err(Refusal::Skewed(words))
}

fn canonical_request(claim: &Claim, request: &Signed<'_>) -> Option<String> {
    let mut headers = String::new();
    for name in claim.signed_headers.split(';') {
        let value = header(request.headers, name)?;
        headers.push_str(&format!("{name}:{}\n", value.split_whitespace().collect::<Vec<_>>().join(" ")));
    }
    let payload = match header(request.headers, "x-amz-content-sha256") {
        Some(unsigned) if unsigned == "UNSIGNED-PAYLOAD" => unsigned,
        _ => hex(&Sha256::digest(request.body)),
    };
    let mut query: Vec<&str> = request.uri.query().unwrap_or("").split('&').filter(|part| !part.is_empty()).collect();
    query.sort_unstable();
    let (method, path, query) = (request.method, request.uri.path(), query.join("&"));
    Some(format!("{method}\n{path}\n{query}\n{headers}\n{}\n{payload}", claim.signed_headers))
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

fn keyed(key: &[u8], message: &str) -> Option<Vec<u8>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(message.as_bytes());
    Some(mac.finalize().into_bytes().to_vec())
}

pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    digits.map(char::from).collect()
}
