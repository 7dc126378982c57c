//! `/operators/v1`: the portal's queue of enrollments. Only who has the operators' secret gets anything but 401.

use super::{body::read_json, permit, to_the_end};
use crate::{
    config::PEER_IPV6_BITS,
    ledger::{ActionError, record::EnrollmentId},
    messages::{ErrorAnswer, OperatorRequest, RefusedReset, ResetAnswer, ResetRequest},
    operators::{AccountFilter, EnrollmentFilter, LIST_MAX},
    refusal::{EnrollError, with_causes},
    service::Service,
};
use axum::{
    Extension, Json, Router,
    body::Body,
    extract::{
        Path, Query, Request, State,
        rejection::{PathRejection, QueryRejection},
    },
    http::{HeaderMap, header::AUTHORIZATION},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use muster_access::{
    principal::{Identity, Principal, Role, display_name},
    token::TokenHash,
};
use muster_audit::event::Source;
use muster_http::rate_limiter::network_of;
use muster_model::enrollment::{Enrollment, EnrollmentAccount, EnrollmentAction, EnrollmentGuide, Enrollments};
use secrecy::ExposeSecret;
use std::{
    collections::BTreeSet,
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};

/// All addresses of operators start with this.
pub(super) const PREFIX: &str = "/operators/v1/";
/// The longest subject of an operator, in bytes.
const SUBJECT_BYTES_MAX: usize = 255;
/// The longest request id of the portal, in bytes.
const REQUEST_ID_BYTES_MAX: usize = 64;

pub(super) fn router(service: &Arc<Service>) -> Router<Arc<Service>> {
    Router::new()
        .route("/operators/v1/enrollments", get(list_enrollments))
        .route("/operators/v1/enrollments/{id}", get(show_enrollment))
        .route("/operators/v1/enrollments/{id}/{action}", post(change_enrollment))
        .route("/operators/v1/reset", post(reset_enrollments))
        .route("/operators/v1/accounts", get(list_accounts))
        .route("/operators/v1/guide", get(show_guide))
        .route_layer(from_fn_with_state(service.clone(), require_secret))
}

/// Refuses requests without the secret before anything of them is read. Their number is limited per client.
async fn require_secret(State(service): State<Arc<Service>>, mut request: Request, next: Next) -> Response {
    let mut source = request.extensions().get::<Source>().cloned().unwrap_or_default();
    if has_secret(&service, request.headers()) {
        // The portal's own id, so that its log, its audit log and ours can be compared.
        if let Some(id) = portal_request_id(request.headers()) {
            tracing::info!(portal.request_id = id, "request of the portal");
            source.request_id = Some(id.to_owned());
        }
        request.extensions_mut().insert(source);
        return next.run(request).await;
    }
    let ip = source.ip.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    let refusal = match service.operator_failures.check(network_of(ip, PEER_IPV6_BITS)) {
        Ok(()) => EnrollError::Unauthorized,
        Err(retry_after) => EnrollError::RateLimited { retry_after },
    };
    service.count_refusal("operators_unauthorized", source).await;
    refusal.into_response()
}

fn has_secret(service: &Service, headers: &HeaderMap) -> bool {
    let bearer = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let sent = bearer.and_then(|value| value.strip_prefix("Bearer "));
    let (Some(sent), Some(secret)) = (sent, &service.config.operators_secret) else { return false };
    // Hashes are compared, so that timing does not disclose the secret.
    TokenHash::of(sent) == TokenHash::of(secret.expose_secret())
}

fn portal_request_id(headers: &HeaderMap) -> Option<&str> {
    let id = headers.get(super::REQUEST_ID)?.to_str().ok()?;
    let is_id = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    ((1..=REQUEST_ID_BYTES_MAX).contains(&id.len()) && id.bytes().all(is_id)).then_some(id)
}

fn operator(subject: String, name: &str) -> Result<Principal, EnrollError> {
    if subject.is_empty() || subject.len() > SUBJECT_BYTES_MAX {
        return Err(EnrollError::Malformed(format!("its subject has not 1 to {SUBJECT_BYTES_MAX} bytes")));
    }
    let role = Role::Operator { command_output: false };
    let identity = Identity { issuer: "portal".to_owned(), subject, name: display_name(name), role };
    Ok(Principal::new(identity, BTreeSet::new()))
}

fn parameters<T>(query: Result<Query<T>, QueryRejection>) -> Result<T, EnrollError> {
    let Query(parameters) = query.map_err(|_| {
        EnrollError::Malformed("a parameter is unknown, occurs twice or has an invalid value".to_owned())
    })?;
    Ok(parameters)
}

/// Lists enrollments, the latest change first. At most 500 are listed, and `total` says how many there are.
#[utoipa::path(
    get,
    path = "/operators/v1/enrollments",
    params(EnrollmentFilter),
    responses(
        (status = 200, body = Enrollments),
        (status = "default", body = ErrorAnswer, description = "400 malformed; 401 unauthorized; 429 rate_limited; 503 unavailable")
    )
)]
pub(super) async fn list_enrollments(
    State(service): State<Arc<Service>>,
    query: Result<Query<EnrollmentFilter>, QueryRejection>,
) -> Result<Json<Enrollments>, EnrollError> {
    let filter = parameters(query)?;
    let _held = permit(&service)?;
    Ok(Json(service.enrollments(&filter)))
}

/// Shows one enrollment.
#[utoipa::path(
    get,
    path = "/operators/v1/enrollments/{id}",
    params(("id" = String, Path)),
    responses(
        (status = 200, body = Enrollment),
        (status = "default", body = ErrorAnswer, description = "401 unauthorized; 404 not_found; 429 rate_limited; 503 unavailable")
    )
)]
pub(super) async fn show_enrollment(
    State(service): State<Arc<Service>>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<Enrollment>, EnrollError> {
    let Path(id) = id.map_err(|_| EnrollError::NotFound)?;
    let _held = permit(&service)?;
    let record = service.find(&EnrollmentId::from(id.as_str())).ok_or(EnrollError::NotFound)?;
    Ok(Json(Enrollment::from(&record)))
}

/// Approves, retries or resets an enrollment, for the operator whom the portal authenticated.
#[utoipa::path(
    post,
    path = "/operators/v1/enrollments/{id}/{action}",
    params(
        ("id" = String, Path),
        ("action" = String, Path, description = "`approve`, `retry` or `reset`"),
        ("X-Request-Id" = Option<String>, Header, description = "The portal's own id of the request, for the audit log")
    ),
    request_body = OperatorRequest,
    responses(
        (status = 200, body = Enrollment),
        (
            status = "default",
            body = ErrorAnswer,
            description = "400 malformed; 401 unauthorized; 404 not_found; 409 wrong_state, in_progress; 413 too_large; \
                429 rate_limited; 503 too_slow, unavailable"
        )
    )
)]
pub(super) async fn change_enrollment(
    State(service): State<Arc<Service>>,
    Extension(source): Extension<Source>,
    path: Result<Path<(String, String)>, PathRejection>,
    body: Body,
) -> Result<Json<Enrollment>, EnrollError> {
    let Path((id, action)) = path.map_err(|_| EnrollError::NotFound)?;
    let action = EnrollmentAction::named(&action).ok_or(EnrollError::NotFound)?;
    let OperatorRequest { subject, name } = read_json(body, service.config.limits.body_timeout).await?;
    let by = operator(subject, &name)?;
    let permit = permit(&service)?;
    let done = to_the_end(async move {
        let _held = permit;
        service.act(&EnrollmentId::from(id.as_str()), action, &by, &source).await
    });
    Ok(Json(Enrollment::from(&done.await??)))
}

/// Resets many enrollments, such as those of instances that no longer exist. Each is reset or refused alone.
#[utoipa::path(
    post,
    path = "/operators/v1/reset",
    params(("X-Request-Id" = Option<String>, Header, description = "The portal's own id of the request, for the audit log")),
    request_body = ResetRequest,
    responses(
        (status = 200, body = ResetAnswer),
        (
            status = "default",
            body = ErrorAnswer,
            description = "400 malformed; 401 unauthorized; 413 too_large; 429 rate_limited; 503 too_slow, unavailable"
        )
    )
)]
pub(super) async fn reset_enrollments(
    State(service): State<Arc<Service>>,
    Extension(source): Extension<Source>,
    body: Body,
) -> Result<Json<ResetAnswer>, EnrollError> {
    let ResetRequest { subject, name, ids } = read_json(body, service.config.limits.body_timeout).await?;
    let by = operator(subject, &name)?;
    if !(1..=LIST_MAX).contains(&ids.len()) {
        return Err(EnrollError::Malformed(format!("it has not 1 to {LIST_MAX} ids")));
    }
    let permit = permit(&service)?;
    let done = to_the_end(async move {
        let _held = permit;
        let mut answer = ResetAnswer { reset: Vec::new(), refused: Vec::new() };
        for id in ids {
            match service.act(&EnrollmentId::from(id.as_str()), EnrollmentAction::Reset, &by, &source).await {
                Ok(_) => answer.reset.push(id),
                Err(error) => {
                    let refusal = EnrollError::from(error);
                    answer.refused.push(RefusedReset { id, code: refusal.code(), message: refusal.to_string() });
                }
            }
        }
        answer
    });
    Ok(Json(done.await?))
}

/// Lists the cloud accounts that may enroll, and how far their systems accounts are.
#[utoipa::path(
    get,
    path = "/operators/v1/accounts",
    params(AccountFilter),
    responses(
        (status = 200, body = Vec<EnrollmentAccount>),
        (status = "default", body = ErrorAnswer, description = "400 malformed; 401 unauthorized; 429 rate_limited; 503 unavailable")
    )
)]
pub(super) async fn list_accounts(
    State(service): State<Arc<Service>>,
    query: Result<Query<AccountFilter>, QueryRejection>,
) -> Result<Json<Vec<EnrollmentAccount>>, EnrollError> {
    let filter = parameters(query)?;
    let _held = permit(&service)?;
    service.accounts(&filter).await.map(Json).ok_or(EnrollError::Unavailable)
}

/// Says what an instance's owner needs to know: the labels, and the scripts with their hashes.
#[utoipa::path(
    get,
    path = "/operators/v1/guide",
    responses(
        (status = 200, body = EnrollmentGuide),
        (status = "default", body = ErrorAnswer, description = "401 unauthorized; 429 rate_limited; 503 unavailable")
    )
)]
pub(super) async fn show_guide(State(service): State<Arc<Service>>) -> Result<Json<EnrollmentGuide>, EnrollError> {
    let _held = permit(&service)?;
    service.guide().await.map(Json).ok_or(EnrollError::Unavailable)
}

impl From<ActionError> for EnrollError {
    fn from(error: ActionError) -> Self {
        match error {
            ActionError::NotFound => Self::NotFound,
            ActionError::WrongState(_) => Self::WrongState(error.to_string()),
            ActionError::InProgress => Self::InProgress,
            ActionError::NotOperator => Self::Unauthorized,
            ActionError::Ledger(_) | ActionError::Audit(_) | ActionError::SystemsAccount(_) => {
                tracing::error!("an operator's action failed: {}", with_causes(&error));
                Self::Unavailable
            }
        }
    }
}
