//! EC2: version 2 of the instance metadata service, which needs a session.

use std::sync::PoisonError;

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderName, Method, StatusCode};
use muster_attest::forge::message::Message;
use rsa::rand_core::{OsRng, RngCore};
use serde_json::{Value, json};

use super::{Answer, Question, Service};
use crate::{clock, random::Random};

const TTL: &str = "x-aws-ec2-metadata-token-ttl-seconds";
const TTL_SECONDS_MAX: i64 = 21_600;
const TOKEN: &str = "x-aws-ec2-metadata-token";
const TAGS: &str = "/latest/meta-data/tags/instance";
/// Characters in a line of a signature.
const LINE_CHARS: usize = 64;

pub(super) fn answer(service: &Service, question: &Question) -> Answer {
    if question.is_forwarded() {
        return Answer::refused(StatusCode::FORBIDDEN);
    }
    if question.path == "/latest/api/token" {
        return match question.method {
            Method::PUT => start_session(service, question),
            _ => Answer::refused(StatusCode::METHOD_NOT_ALLOWED),
        };
    }
    if question.method != Method::GET {
        return Answer::refused(StatusCode::METHOD_NOT_ALLOWED);
    }
    if !has_session(service, question) {
        return Answer::refused(StatusCode::UNAUTHORIZED);
    }
    match question.path.as_str() {
        "/latest/dynamic/instance-identity/document" => Answer::text(document(service)),
        "/latest/dynamic/instance-identity/rsa2048" => Answer::text(signature(service)),
        "/latest/meta-data/instance-id" => Answer::text(service.instance.id.as_str()),
        path => tags(service, path).map_or_else(|| Answer::refused(StatusCode::NOT_FOUND), Answer::text),
    }
}

fn start_session(service: &Service, question: &Question) -> Answer {
    let seconds = question.header(TTL).and_then(|text| text.parse().ok());
    let Some(seconds) = seconds.filter(|seconds| (1..=TTL_SECONDS_MAX).contains(seconds)) else {
        return Answer::refused(StatusCode::BAD_REQUEST);
    };
    let token = format!("{}==", Random::new(OsRng.next_u64()).hex(54));
    let now = clock::wall_clock();
    let mut sessions = service.sessions.lock().unwrap_or_else(PoisonError::into_inner);
    sessions.retain(|(_, ends_at)| *ends_at > now);
    sessions.push((token.clone(), now + clock::seconds(seconds)));
    let headers = vec![(HeaderName::from_static(TTL), seconds.to_string())];
    Answer { headers, ..Answer::text(token) }
}

fn has_session(service: &Service, question: &Question) -> bool {
    let now = clock::wall_clock();
    let sessions = service.sessions.lock().unwrap_or_else(PoisonError::into_inner);
    sessions.iter().any(|(token, ends_at)| question.header(TOKEN) == Some(token) && *ends_at > now)
}

/// The names of all tags, or the value of one. None if there is no such tag, or no tag at all.
fn tags(service: &Service, path: &str) -> Option<String> {
    let labels = &service.instance.labels;
    match path.strip_prefix(TAGS)?.strip_prefix('/') {
        None | Some("") => (!labels.is_empty()).then(|| labels.keys().cloned().collect::<Vec<_>>().join("\n")),
        Some(name) => labels.get(name).cloned(),
    }
}

fn document(service: &Service) -> String {
    let instance = &service.instance;
    let document = json!({
        "accountId": instance.account,
        "architecture": "x86_64",
        "availabilityZone": format!("{}a", instance.region),
        "billingProducts": Value::Null,
        "devpayProductCodes": Value::Null,
        "imageId": "ami-0fa9e1f64142cde17",
        "instanceId": instance.id,
        "instanceType": "t3.small",
        "kernelId": Value::Null,
        "marketplaceProductCodes": Value::Null,
        "pendingTime": service.started_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "privateIp": "10.0.0.9",
        "ramdiskId": Value::Null,
        "region": instance.region,
        "version": "2017-09-30",
    });
    format!("{document:#}")
}

fn signature(service: &Service) -> String {
    let encoded = STANDARD.encode(Message::ec2_by(&service.keys.ec2, &document(service)).encode());
    let lines: Vec<_> = encoded.as_bytes().chunks(LINE_CHARS).map(String::from_utf8_lossy).collect();
    lines.join("\n")
}
