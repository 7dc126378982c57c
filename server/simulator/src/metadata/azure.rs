//! Azure: the instance metadata service, and the certificate that its attested documents need, which Microsoft's web server has.

use std::sync::atomic::Ordering::Relaxed;

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{Method, StatusCode};
use jiff::Timestamp;
use muster_attest::forge::message::Message;
use serde_json::{Value, json};

use super::{Answer, Question, Service, keys::AZURE_INTERMEDIATE};
use crate::clock;

/// Where the intermediate certificate is, at `www.microsoft.com`. The name of that host must lead to this service.
pub const INTERMEDIATE_PATH: &str = "/pkiops/certs/Simulated%20Azure%20Intermediate.crt";
/// The whole address, which signers' certificates name.
pub(super) const INTERMEDIATE_URL: &str = "http://www.microsoft.com/pkiops/certs/Simulated%20Azure%20Intermediate.crt";
const LIFETIME_SECONDS: i64 = 6 * 3_600;
const NONCE_CHARS_MAX: usize = 32;
/// The nonce of documents that come from a cache.
const CACHED_NONCE: &str = "00000000000000000000000000000000";

pub(super) fn answer(service: &Service, question: &Question) -> Answer {
    if question.path == INTERMEDIATE_PATH {
        let certificate = service.keys.azure_intermediate.clone();
        return Answer::new(StatusCode::OK, "application/octet-stream", certificate);
    }
    if question.method != Method::GET {
        return Answer::refused(StatusCode::METHOD_NOT_ALLOWED);
    }
    if question.header("metadata").is_none_or(|value| !value.eq_ignore_ascii_case("true")) || question.is_forwarded() {
        return bad_request("Required metadata header not specified");
    }
    if question.parameter("api-version").is_none_or(|version| version.len() != "2021-02-01".len()) {
        return bad_request("api-version is invalid or was not specified in the request.");
    }
    let instance = &service.instance;
    match question.path.as_str() {
        "/metadata/instance/compute/vmId" => Answer::text(instance.id.as_str()),
        "/metadata/instance/compute/subscriptionId" => Answer::text(instance.account.as_str()),
        "/metadata/instance/compute/tagsList" => {
            let tag = |(name, value): (&String, &String)| json!({ "name": name, "value": value });
            Answer::json(&instance.labels.iter().map(tag).collect::<Vec<Value>>().into())
        }
        "/metadata/attested/document" => attested_document(service, question),
        _ => Answer::new(StatusCode::NOT_FOUND, "application/json", r#"{"error":"Not found"}"#),
    }
}

fn bad_request(problem: &str) -> Answer {
    let body = json!({ "error": format!("Bad request. {problem}") }).to_string();
    Answer::new(StatusCode::BAD_REQUEST, "application/json", body)
}

fn attested_document(service: &Service, question: &Question) -> Answer {
    let now = clock::wall_clock();
    // Without a nonce the service takes the time.
    let requested = question.parameter("nonce").map_or_else(|| now.as_second().to_string(), str::to_owned);
    if requested.len() > NONCE_CHARS_MAX || !requested.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return bad_request("nonce is invalid");
    }
    let is_cached = service.cached_documents.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_ok();
    let nonce = if is_cached { CACHED_NONCE } else { &requested };
    let time = |at: Timestamp| at.strftime("%m/%d/%y %H:%M:%S -0000").to_string();
    let document = json!({
        "licenseType": "",
        "nonce": nonce,
        "plan": { "name": "", "product": "", "publisher": "" },
        "sku": "22_04-lts-gen2",
        "subscriptionId": service.instance.account,
        "timeStamp": { "createdOn": time(now), "expiresOn": time(now + clock::seconds(LIFETIME_SECONDS)) },
        "vmId": service.instance.id,
    });
    let message =
        Message::azure_by(&service.keys.azure, &document.to_string(), vec![service.keys.azure_signer.clone()]);
    let message = Message { signer_name: AZURE_INTERMEDIATE, ..message };
    Answer::json(&json!({ "encoding": "pkcs7", "signature": STANDARD.encode(message.encode()) }))
}
