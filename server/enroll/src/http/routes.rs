//! The handlers.

use super::{body::read_json, permit, to_the_end};
use crate::{
    challenges::{CHALLENGE_SECONDS, Outcome},
    labels,
    messages::{
        AttestAnswer, AttestRequest, ChallengeAnswer, ChallengeRequest, ErrorAnswer, HealthAnswer, StatusAnswer,
        state_name,
    },
    refusal::EnrollError,
    service::Service,
};
use axum::{
    Extension, Json,
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode, header::AUTHORIZATION},
};
use muster_attest::identity::Provider;
use muster_audit::event::Source;
use std::sync::Arc;

/// The longest challenge id that is looked up, in bytes.
const CHALLENGE_ID_BYTES_MAX: usize = 128;

/// Issues a challenge for one provider and one use.
#[utoipa::path(
    post,
    path = "/enroll/v1/challenge",
    request_body = ChallengeRequest,
    responses(
        (status = 200, body = ChallengeAnswer),
        (status = "default", body = ErrorAnswer, description = "400 malformed; 413 too_large; 429 rate_limited; 503 too_slow, unavailable")
    )
)]
pub(super) async fn create_challenge(
    State(service): State<Arc<Service>>,
    Extension(source): Extension<Source>,
    body: Body,
) -> Result<Json<ChallengeAnswer>, EnrollError> {
    let ChallengeRequest { provider } = read_json(body, service.config.limits.body_timeout).await?;
    let _held = permit(&service)?;
    service.count_challenge(&source).await?;
    let (audience, now) = (service.audience(provider), service.clock.now());
    let issued = service.challenges.issue(provider, audience, service.random.as_ref(), now).map_err(|error| {
        tracing::error!("{error}");
        EnrollError::Unavailable
    })?;
    let aud = match provider {
        Provider::Gcp => issued.challenge.audience_with_nonce(),
        _ => issued.challenge.audience.clone(),
    };
    let nonce = issued.challenge.nonce.as_str().to_owned();
    Ok(Json(ChallengeAnswer { challenge_id: issued.id, nonce, aud, expires_in: CHALLENGE_SECONDS }))
}

/// Verifies evidence, and answers with an activation or when to try again. The challenge is used up, whatever the answer.
#[utoipa::path(
    post,
    path = "/enroll/v1/attest",
    request_body = AttestRequest,
    responses(
        (status = 200, body = AttestAnswer),
        (
            status = "default",
            body = ErrorAnswer,
            description = "400 malformed; 401 evidence_invalid, stale, nonce; 403 account_not_enrolled, quota_exceeded; \
                409 replayed, already_enrolled; 413 too_large; 422 wrong_provider; 429 rate_limited; \
                503 challenge_expired, too_slow, keys_unavailable, unavailable, provisioning_failed"
        )
    )
)]
pub(super) async fn attest(
    State(service): State<Arc<Service>>,
    Extension(source): Extension<Source>,
    body: Body,
) -> Result<Json<AttestAnswer>, EnrollError> {
    let request: AttestRequest = read_json(body, service.config.limits.body_timeout).await?;
    let permit = permit(&service)?;
    if request.challenge_id.len() > CHALLENGE_ID_BYTES_MAX {
        return Err(EnrollError::Malformed("its challenge_id is too long".to_owned()));
    }
    if !request.os.is_plain() {
        return Err(EnrollError::Malformed(
            "a member of its os is too long, or has characters beyond ASCII".to_owned(),
        ));
    }
    if !request.os.has_known_architecture() {
        return Err(EnrollError::Malformed("the architecture of its os is neither x86_64 nor aarch64".to_owned()));
    }
    if !labels::are_bounded(&request.labels) {
        return Err(EnrollError::Malformed("it has too many labels, or one that is too long".to_owned()));
    }
    // An instance that disconnects must not leave an activation that nobody recorded.
    let attempt = to_the_end(async move {
        let _held = permit;
        service.attest(request, source).await
    });
    attempt.await?.map(Json)
}

/// Says what became of a challenge, to the one that has it: `Authorization: Bearer <challenge_id>`.
///
/// The challenge id is the secret because it was handed to this instance only. An enrollment id is none: it is in tags and
/// logs. It is in a header, because proxies log addresses. The answer never has an activation.
#[utoipa::path(
    get,
    path = "/enroll/v1/status",
    params(("Authorization" = String, Header, description = "`Bearer ` and the challenge_id")),
    responses(
        (status = 200, body = StatusAnswer),
        (status = "default", body = ErrorAnswer, description = "404 not_found; 429 rate_limited; 503 unavailable")
    )
)]
pub(super) async fn show_status(
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
) -> Result<Json<StatusAnswer>, EnrollError> {
    let _held = permit(&service)?;
    let bearer = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let id = bearer.and_then(|value| value.strip_prefix("Bearer ")).filter(|id| id.len() <= CHALLENGE_ID_BYTES_MAX);
    let outcome = id.and_then(|id| service.challenges.outcome(id, service.clock.now()));
    let plain =
        |status, code: Option<&str>| StatusAnswer { status, code: code.map(str::to_owned), enrollment_id: None };
    let answer = match outcome.ok_or(EnrollError::NotFound)? {
        Outcome::Open => plain("open", None),
        Outcome::InProgress => plain("in_progress", None),
        Outcome::Refused(code) => plain("refused", Some(code)),
        Outcome::Enrollment(id) => {
            let record = service.ledger.find(&id).ok_or(EnrollError::NotFound)?;
            StatusAnswer { status: state_name(record.state), code: record.failure, enrollment_id: Some(id.to_string()) }
        }
    };
    Ok(Json(answer))
}

/// Says whether the service can enroll instances.
#[utoipa::path(
    get,
    path = "/enroll/v1/health",
    responses((status = 200, body = HealthAnswer), (status = 503, body = HealthAnswer))
)]
pub(super) async fn show_health(State(service): State<Arc<Service>>) -> (StatusCode, Json<HealthAnswer>) {
    let (registry, failure) = service.read_registry().await;
    let is_registered = registry.is_some();
    let registry = if failure.is_none() { "current" } else { "outdated" };
    match is_registered && service.audit.check().await.is_ok() {
        true => (StatusCode::OK, Json(HealthAnswer { status: "ok", registry })),
        false => (StatusCode::SERVICE_UNAVAILABLE, Json(HealthAnswer { status: "unavailable", registry })),
    }
}
