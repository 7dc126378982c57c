//! One request from its headers to its answer: who asks, what may go wrong, which operation answers.

use std::{
    panic,
    sync::{Arc, PoisonError},
};

use axum::{
    body::{Body, to_bytes},
    extract::State,
    response::Response,
};
use http::{HeaderMap, Request, StatusCode, request::Parts};

use super::{
    BODY_BYTES_MAX, Shared,
    calls::Call,
    context::Context,
    error::ApiError,
    fault::FaultKind,
    lock, operations,
    page::Paging,
    response::{JSON, json_error, response, xml_error},
    sessions::Identity,
    signature::{self, Refusal, Signed},
    sts,
};
use crate::{clock, random::Random};

const TARGET: &str = "x-amz-target";
const SSM_PREFIX: &str = "AmazonSSM.";

/// Who asks, proven by the signature.
pub(super) struct Caller {
    pub identity: Identity,
    pub region: String,
}

/// One request on its way.
struct Exchange {
    shared: Arc<Shared>,
    parts: Parts,
    body: Vec<u8>,
    request_id: String,
    is_sts: bool,
    operation: String,
    /// For the log, once it is known.
    place: (String, String),
}

pub(super) async fn handle(State(shared): State<Arc<Shared>>, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_BYTES_MAX).await else {
        let error = ApiError::common(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", "The body is too large.");
        return json_error(&error, "");
    };
    let target = text(&parts.headers, TARGET);
    let is_sts = target.is_empty();
    let operation = if is_sts { sts::action(&body) } else { operation_name(&target) };
    let request_id = Random::new(clock::wall().as_nanosecond() as u64).uuid();
    let place = (String::new(), String::new());
    let mut exchange = Exchange { shared, parts, body: body.to_vec(), request_id, is_sts, operation, place };
    let answer = exchange.answer().await;
    exchange.log(answer.as_ref().map_or(0, |response| response.status().as_u16()));
    // Unwinding ends this connection's task, and with it the connection; nothing is printed.
    answer.unwrap_or_else(|| panic::resume_unwind(Box::new("connection dropped by a fault")))
}

impl Exchange {
    /// None: the connection is to be dropped.
    async fn answer(&mut self) -> Option<Response> {
        let caller = match self.authenticate() {
            Ok(caller) => caller,
            Err(error) => return Some(self.refuse(&error)),
        };
        let account = match &caller.identity {
            Identity::Role { systems_account, .. } => systems_account.clone(),
            Identity::Hub => sts::role_account(&self.body),
        };
        self.place = (account, caller.region.clone());
        let fault = lock(&self.shared.faults).strike(&self.place.0, &self.operation);
        let mut paging = Paging::Honest;
        match &fault {
            Some(FaultKind::DropConnection) => return None,
            Some(FaultKind::Slow(delay)) => tokio::time::sleep(*delay).await,
            Some(FaultKind::RepeatingToken) => paging = Paging::RepeatingToken,
            Some(FaultKind::EmptyPageWithToken) => paging = Paging::EmptyPageWithToken,
            Some(kind) => {
                if let Some(answer) = self.faulty(kind) {
                    return Some(answer);
                }
            }
            None => {}
        }
        if !lock(&self.shared.rate).admits(&self.place.0, &self.place.1, &self.operation) {
            return Some(self.refuse(&ApiError::throttled()));
        }
        let wrong_account = fault == Some(FaultKind::WrongAccount);
        let answer = if self.is_sts {
            sts::answer(&self.shared, &caller, &self.body, &self.request_id, wrong_account)
        } else {
            self.ssm(&caller, paging).map(|body| response(StatusCode::OK, JSON, &self.request_id, body))
        };
        let answer = answer.unwrap_or_else(|error| self.refuse(&error));
        match fault {
            Some(FaultKind::TruncatedBody) => Some(cut(answer, 2).await),
            Some(FaultKind::EmptyBody) => Some(cut(answer, usize::MAX).await),
            _ => Some(answer),
        }
    }

    fn authenticate(&self) -> Result<Caller, ApiError> {
        let refuse = |refusal| refused(refusal, self.is_sts);
        let claim = signature::claim(&self.parts.headers).map_err(refuse)?;
        let session = lock(&self.shared.sessions).find(&claim.access_key_id);
        let session = session.ok_or_else(|| unknown_key(self.is_sts))?;
        let Parts { method, uri, headers, .. } = &self.parts;
        let signed = Signed { method, uri, headers, body: &self.body };
        signature::verify(&claim, &session.secret_access_key, &signed).map_err(refuse)?;
        if text(headers, "x-amz-security-token") != session.token {
            return Err(unknown_key(self.is_sts));
        }
        if session.expires_at <= clock::wall() {
            return Err(expired(self.is_sts));
        }
        if claim.service != if self.is_sts { "sts" } else { "ssm" } {
            return Err(refused(Refusal::Wrong, self.is_sts));
        }
        Ok(Caller { identity: session.identity, region: claim.region })
    }

    fn ssm(&self, caller: &Caller, paging: Paging) -> Result<Vec<u8>, ApiError> {
        let Identity::Role { systems_account, session_name } = &caller.identity else {
            let who = format!("arn:aws:iam::{}:user/muster", super::HUB_ACCOUNT);
            return Err(denied(&who, &self.operation));
        };
        let estate = self.shared.estate.read().unwrap_or_else(PoisonError::into_inner);
        let account = estate.accounts().iter().find(|account| *account.systems_account == **systems_account);
        if let Some(problem) = account.and_then(|account| account.problem(&self.operation, estate.today())) {
            return Err(match problem.error.as_str() {
                "AccessDeniedException" => denied(&assumed_role_arn(systems_account, session_name), &self.operation),
                code => ApiError::ssm(code, "An error occurred on the server side."),
            });
        }
        operations::answer(&Context {
            site: estate.site(systems_account, &caller.region),
            systems_account,
            region: &caller.region,
            operation: &self.operation,
            now: estate.now(),
            body: &self.body,
            paging,
        })
    }

    /// The answer of a fault that replaces the real one.
    fn faulty(&self, kind: &FaultKind) -> Option<Response> {
        let error = match kind {
            FaultKind::AccessDenied if self.is_sts => access_denied_xml(&self.operation),
            FaultKind::AccessDenied => denied(&assumed_role_arn(&self.place.0, "muster"), &self.operation),
            FaultKind::Throttling if self.is_sts => {
                ApiError::common(StatusCode::BAD_REQUEST, "Throttling", "Rate exceeded")
            }
            FaultKind::Throttling => ApiError::throttled(),
            FaultKind::InternalServerError => {
                ApiError::ssm("InternalServerError", "An error occurred on the server side.")
            }
            FaultKind::ServiceUnavailable => {
                let message = "Service is unable to handle request.";
                ApiError::common(StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable", message)
            }
            FaultKind::ExpiredToken => expired(self.is_sts),
            FaultKind::HtmlBody500 => {
                let page = b"<html><head><title>500 Internal Server Error</title></head><body></body></html>".to_vec();
                let status = StatusCode::INTERNAL_SERVER_ERROR;
                return Some(response(status, "text/html", &self.request_id, page));
            }
            _ => return None,
        };
        Some(self.refuse(&error))
    }

    fn refuse(&self, error: &ApiError) -> Response {
        if self.is_sts { xml_error(error, &self.request_id) } else { json_error(error, &self.request_id) }
    }

    fn log(&mut self, status: u16) {
        let headers = &self.parts.headers;
        // `attempt=1; max=3`
        let attempt = text(headers, "amz-sdk-request");
        let attempt = attempt.split(';').find_map(|part| part.trim().strip_prefix("attempt=")?.parse().ok());
        let (systems_account, region) = std::mem::take(&mut self.place);
        lock(&self.shared.calls).record(Call {
            systems_account,
            region,
            operation: std::mem::take(&mut self.operation),
            invocation_id: text(headers, "amz-sdk-invocation-id"),
            attempt: attempt.unwrap_or(1),
            status,
        });
    }
}

/// The first part of a body, under the headers of a good answer.
async fn cut(answer: Response, divisor: usize) -> Response {
    let (mut parts, body) = answer.into_parts();
    parts.headers.remove(http::header::CONTENT_LENGTH);
    let whole = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let kept = whole.len() / divisor;
    Response::from_parts(parts, Body::from(whole.slice(..kept)))
}

fn text(headers: &HeaderMap, name: &str) -> String {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("").to_owned()
}

fn operation_name(target: &str) -> String {
    target.strip_prefix(SSM_PREFIX).unwrap_or(target).to_owned()
}

pub(super) fn assumed_role_arn(systems_account: &str, session_name: &str) -> String {
    let role = crate::estate::account::ROLE_NAME;
    format!("arn:aws:sts::{systems_account}:assumed-role/{role}/{session_name}")
}

fn denied(who: &str, operation: &str) -> ApiError {
    let message = format!(
        "User: {who} is not authorized to perform: ssm:{operation} because no identity-based policy allows the \
         ssm:{operation} action"
    );
    ApiError::common(StatusCode::BAD_REQUEST, "AccessDeniedException", message)
}

pub(super) fn access_denied_xml(operation: &str) -> ApiError {
    let message =
        format!("User: arn:aws:iam::{}:user/muster is not authorized to perform: sts:{operation}", super::HUB_ACCOUNT);
    ApiError::common(StatusCode::FORBIDDEN, "AccessDenied", message)
}

fn unknown_key(is_sts: bool) -> ApiError {
    let message = "The security token included in the request is invalid.";
    match is_sts {
        true => ApiError::common(StatusCode::FORBIDDEN, "InvalidClientTokenId", message),
        false => ApiError::common(StatusCode::BAD_REQUEST, "UnrecognizedClientException", message),
    }
}

fn expired(is_sts: bool) -> ApiError {
    let message = "The security token included in the request is expired";
    match is_sts {
        true => ApiError::common(StatusCode::FORBIDDEN, "ExpiredToken", message),
        false => ApiError::common(StatusCode::BAD_REQUEST, "ExpiredTokenException", message),
    }
}

fn refused(refusal: Refusal, is_sts: bool) -> ApiError {
    let status = if is_sts { StatusCode::FORBIDDEN } else { StatusCode::BAD_REQUEST };
    let mismatch = if is_sts { "SignatureDoesNotMatch" } else { "InvalidSignatureException" };
    let (code, message) = match refusal {
        Refusal::Missing if is_sts => ("MissingAuthenticationToken", "Request is missing Authentication Token"),
        Refusal::Missing => ("MissingAuthenticationTokenException", "Missing Authentication Token"),
        Refusal::Incomplete if is_sts => ("IncompleteSignature", "The Authorization header is not complete."),
        Refusal::Incomplete => ("IncompleteSignatureException", "The Authorization header is not complete."),
        Refusal::Skewed => (mismatch, "Signature expired: the date of the request is too far from the server's clock."),
        Refusal::Wrong => (
            mismatch,
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret \
             Access Key and signing method. Consult the service documentation for details.",
        ),
    };
    ApiError::common(status, code, message)
}
