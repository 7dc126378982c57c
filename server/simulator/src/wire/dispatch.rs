//! One request from its headers to its answer: who asks, what may go wrong, which operation answers.

use std::{
    panic,
    sync::{Arc, PoisonError, atomic::Ordering},
};

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::State,
    response::Response,
};
use http::{HeaderMap, HeaderValue, Request, StatusCode, header::DATE, request::Parts};
use jiff::Timestamp;

use super::{
    BODY_BYTES_MAX, HUB_ACCOUNT, Shared,
    calls::Noted,
    context::Context,
    error::ApiError,
    fault::{Asked, FaultKind},
    lock, operations, organizations,
    page::Paging,
    response::{JSON, RETRY_AFTER, cut, json_error, response, xml_error},
    service::Service,
    sessions::{Identity, Session},
    signature::{self, Claim, Refusal, Signed},
    sts,
};
use crate::{clock, random::Random};

const TARGET: &str = "x-amz-target";

/// Who asks, proven by the signature.
pub(super) struct Caller {
    pub identity: Identity,
    pub region: String,
    /// The server's clock, which a fault may have moved.
    pub clock: Timestamp,
}

/// One request on its way.
struct Exchange {
    shared: Arc<Shared>,
    parts: Parts,
    body: Bytes,
    request_id: String,
    service: Service,
    operation: String,
    /// Systems account and Region, once they are known.
    place: (Arc<str>, String),
    /// Seconds that a fault has put the server's clock ahead.
    skew: Option<i64>,
}

pub(super) async fn handle(State(shared): State<Arc<Shared>>, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_BYTES_MAX).await else {
        let error = ApiError::common(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", "The body is too large.");
        return json_error(&error, "");
    };
    let (service, operation) = Service::of(text(&parts.headers, TARGET));
    let operation = operation.map_or_else(|| sts::action(&body), str::to_owned);
    let request_id = Random::new(shared.serial.fetch_add(1, Ordering::Relaxed)).uuid();
    let place = (Arc::from(""), String::new());
    let mut exchange = Exchange { shared, parts, body, request_id, service, operation, place, skew: None };
    let mut answer = exchange.answer().await;
    if let (Some(answer), Some(_)) = (&mut answer, exchange.skew)
        && let Ok(date) = HeaderValue::from_str(&exchange.now().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
    {
        answer.headers_mut().insert(DATE, date);
    }
    exchange.log(answer.as_ref().map_or(0, |response| response.status().as_u16()));
    // Unwinding ends this connection's task, and with it the connection; nothing is printed.
    answer.unwrap_or_else(|| panic::resume_unwind(Box::new("connection dropped by a fault")))
}

impl Exchange {
    /// None: the connection is to be dropped.
    async fn answer(&mut self) -> Option<Response> {
        let claim = match signature::claim(&self.parts.headers) {
            Ok(claim) => claim,
            Err(refusal) => return Some(self.refuse(&self.service.refused(refusal))),
        };
        let session = lock(&self.shared.sessions).find(&claim.access_key_id);
        let Some(session) = session else { return Some(self.refuse(&self.service.unknown_key())) };
        let account = match &session.identity {
            Identity::Role { systems_account, .. } => systems_account.clone(),
            Identity::Hub if self.service == Service::Organizations => HUB_ACCOUNT.into(),
            Identity::Hub => sts::role_account(&self.body).into(),
        };
        self.place = (account, claim.region.clone());
        self.skew = lock(&self.shared.faults).skew(&self.asked());
        let caller = match self.authenticate(claim, session) {
            Ok(caller) => caller,
            Err(error) => return Some(self.refuse(&error)),
        };
        let fault = lock(&self.shared.faults).strike(&self.asked());
        match &fault {
            Some(FaultKind::DropConnection) => return None,
            Some(FaultKind::Slow(delay)) => tokio::time::sleep(*delay).await,
            Some(kind) => {
                if let Some(answer) = self.faulty(kind) {
                    return Some(answer);
                }
            }
            None => {}
        }
        if !lock(&self.shared.rate).admits(&self.place.0, &self.place.1, &self.operation) {
            return Some(self.refuse(&self.service.throttled()));
        }
        let answer = match self.service {
            Service::Sts => sts::answer(&self.shared, &caller, &self.body, &self.request_id, fault.as_ref()),
            Service::Ssm => self.ssm(&caller, fault.as_ref()).map(|body| self.json(body)),
            Service::Organizations => self.organizations(&caller, fault.as_ref()).map(|body| self.json(body)),
        };
        let answer = answer.unwrap_or_else(|error| self.refuse(&error));
        match fault {
            Some(FaultKind::TruncatedBody) => Some(cut(answer, |whole| whole / 2).await),
            Some(FaultKind::CutAt(bytes)) => Some(cut(answer, |_| bytes).await),
            Some(FaultKind::EmptyBody) => Some(cut(answer, |_| 0).await),
            _ => Some(answer),
        }
    }

    fn asked(&self) -> Asked<'_> {
        Asked { systems_account: &self.place.0, operation: &self.operation, body: &self.body }
    }

    /// The server's clock.
    fn now(&self) -> Timestamp {
        clock::wall() + clock::seconds(self.skew.unwrap_or(0))
    }

    fn authenticate(&self, claim: Claim, session: Session) -> Result<Caller, ApiError> {
        let (service, clock) = (self.service, self.now());
        let Parts { method, uri, headers, .. } = &self.parts;
        let signed = Signed { method, uri, headers, body: &self.body };
        signature::verify(&claim, &session.secret_access_key, &signed, clock)
            .map_err(|refusal| service.refused(refusal))?;
        if text(headers, "x-amz-security-token") != session.token {
            return Err(service.unknown_key());
        }
        if session.expires_at <= clock {
            return Err(service.expired());
        }
        if claim.service != service.signing_name() {
            return Err(service.refused(Refusal::Wrong));
        }
        Ok(Caller { identity: session.identity, region: claim.region, clock })
    }

    fn ssm(&self, caller: &Caller, fault: Option<&FaultKind>) -> Result<Vec<u8>, ApiError> {
        let Identity::Role { systems_account, session_name } = &caller.identity else {
            let who = format!("arn:aws:iam::{HUB_ACCOUNT}:user/muster");
            return Err(self.service.denied(&who, &self.operation));
        };
        let estate = self.shared.estate.read().unwrap_or_else(PoisonError::into_inner);
        let account = estate.account(systems_account);
        if let Some(problem) = account.and_then(|account| account.problem(&self.operation, estate.today())) {
            return Err(match problem.error.as_str() {
                "AccessDeniedException" => {
                    self.service.denied(&sts::assumed_role_arn(systems_account, session_name), &self.operation)
                }
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
            paging: Paging::under(fault),
            lagging: fault == Some(&FaultKind::Lagging),
        })
    }

    fn organizations(&self, caller: &Caller, fault: Option<&FaultKind>) -> Result<Vec<u8>, ApiError> {
        organizations::admit(caller)?;
        let estate = self.shared.estate.read().unwrap_or_else(PoisonError::into_inner);
        let context = Context {
            site: None,
            systems_account: HUB_ACCOUNT,
            region: &caller.region,
            operation: &self.operation,
            now: estate.now(),
            body: &self.body,
            paging: Paging::under(fault),
            lagging: false,
        };
        organizations::answer(&context, &estate)
    }

    /// The answer of a fault that replaces the real one.
    fn faulty(&self, kind: &FaultKind) -> Option<Response> {
        let error = match kind {
            FaultKind::AccessDenied => {
                self.service.denied(&sts::assumed_role_arn(&self.place.0, "muster"), &self.operation)
            }
            FaultKind::Throttling | FaultKind::ThrottlingShare(_) => self.service.throttled(),
            FaultKind::ThrottlingWithRetryAfter(milliseconds) => {
                let mut answer = self.refuse(&self.service.throttled());
                answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(*milliseconds));
                return Some(answer);
            }
            FaultKind::InternalServerError => self.service.broken(),
            FaultKind::ServiceUnavailable => {
                let message = "Service is unable to handle request.";
                ApiError::common(StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable", message)
            }
            FaultKind::ExpiredToken => self.service.expired(),
            FaultKind::InvalidNextToken => self.service.invalid_next_token(),
            FaultKind::Body(bytes) => return Some(self.json(bytes.clone())),
            FaultKind::HtmlBody500 => {
                let page = b"<html><head><title>500 Internal Server Error</title></head><body></body></html>".to_vec();
                let status = StatusCode::INTERNAL_SERVER_ERROR;
                return Some(response(status, "text/html", &self.request_id, page));
            }
            _ => return None,
        };
        Some(self.refuse(&error))
    }

    fn json(&self, body: Vec<u8>) -> Response {
        response(StatusCode::OK, JSON, &self.request_id, body)
    }

    fn refuse(&self, error: &ApiError) -> Response {
        match self.service {
            Service::Sts => xml_error(error, &self.request_id),
            Service::Ssm | Service::Organizations => json_error(error, &self.request_id),
        }
    }

    fn log(&self, status: u16) {
        let headers = &self.parts.headers;
        // `attempt=1; max=3`
        let attempt = text(headers, "amz-sdk-request");
        let attempt = attempt.split(';').find_map(|part| part.trim().strip_prefix("attempt=")?.parse().ok());
        lock(&self.shared.calls).record(&Noted {
            systems_account: &self.place.0,
            region: &self.place.1,
            operation: &self.operation,
            invocation_id: text(headers, "amz-sdk-invocation-id"),
            attempt: attempt.unwrap_or(1),
            status,
        });
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
}
