//! Takes one request from its headers to its response: caller, faults, rate limit, operation.

use std::{
    panic,
    sync::{Arc, atomic::Ordering},
};

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::State,
    response::Response,
};
use http::{HeaderMap, HeaderValue, Request, StatusCode, header::DATE, request::Parts};
use jiff::Timestamp;

use super::{
    calls::Target,
    context::Context,
    created,
    error::ApiError,
    fault::{FaultKind, RequestInfo},
    iam, operations, organizations, queue, quick_setup,
    response::{JSON, JSON_1_0, REST_JSON, RETRY_AFTER, json_error, response, truncate, xml_error},
    service::Service,
    sessions::{Caller, Identity, Session},
    signature::{self, Authorization, SignatureError, SignedRequest},
    state::{HUB_ACCOUNT, Shared, hub_user_arn, lock},
    sts,
};
use crate::{
    clock,
    estate::{Estate, ROLE_NAME, Site},
    random::Random,
};

/// The largest request body.
const MAX_BODY_BYTES: usize = 1 << 20;

const TARGET: &str = "x-amz-target";

/// The operations that agents call without a signature.
const REGISTER: &str = "RegisterManagedInstance";
const UPDATE: &str = "UpdateInstanceInformation";

/// The Region of agents that reach the simulator at an address without one.
const AGENT_REGION: &str = "us-east-1";

/// One request and what is known about it.
struct Exchange {
    shared: Arc<Shared>,
    parts: Parts,
    body: Bytes,
    request_id: String,
    service: Service,
    operation: String,
    /// Empty until the caller is known.
    systems_account: Arc<str>,
    region: String,
    /// How many seconds a fault has put the server's clock ahead.
    skew: Option<i64>,
}

pub(super) async fn handle(State(shared): State<Arc<Shared>>, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY_BYTES).await else {
        let error = ApiError::common(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", "The body is too large.");
        return json_error(&error, JSON, "");
    };
    let (service, operation) = Service::of(text(&parts.headers, TARGET), parts.uri.path());
    let operation = operation.map_or_else(|| sts::action(&body), str::to_owned);
    // Both have the query protocol; only the version in the body tells them apart.
    let is_iam = service == Service::Sts && sts::parameter(&body, "Version").as_deref() == Some(iam::VERSION);
    let service = if is_iam { Service::Iam } else { service };
    let request_id = Random::new(shared.requests.fetch_add(1, Ordering::Relaxed)).uuid();
    let (systems_account, region, skew) = (Arc::from(""), String::new(), None);
    let mut exchange = Exchange { shared, parts, body, request_id, service, operation, systems_account, region, skew };
    let mut response = exchange.respond().await;
    if let (Some(response), Some(_)) = (&mut response, exchange.skew)
        && let Ok(date) = HeaderValue::from_str(&exchange.now().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
    {
        response.headers_mut().insert(DATE, date);
    }
    exchange.log(response.as_ref().map_or(0, |response| response.status().as_u16()));
    // Unwinding ends the task of the connection and thereby the connection. Nothing is printed.
    response.unwrap_or_else(|| panic::resume_unwind(Box::new("connection dropped by a fault")))
}

impl Exchange {
    /// The response, or None if the connection must be dropped.
    async fn respond(&mut self) -> Option<Response> {
        if self.service == Service::Ssm && [REGISTER, UPDATE].contains(&&*self.operation) {
            return Some(self.agent());
        }
        let authorization = match signature::authorization(&self.parts.headers) {
            Ok(authorization) => authorization,
            Err(error) => return Some(self.refuse(&self.service.invalid_signature(error))),
        };
        let session = lock(&self.shared.sessions).find(&authorization.access_key_id);
        let Some(session) = session else { return Some(self.refuse(&self.service.unknown_key())) };
        self.systems_account = match &session.identity {
            Identity::Role { systems_account, .. } => systems_account.clone(),
            Identity::Hub if matches!(self.service, Service::Organizations | Service::Sqs) => HUB_ACCOUNT.into(),
            Identity::Hub => sts::role_account(&self.body).into(),
        };
        self.region = authorization.region.clone();
        self.skew = lock(&self.shared.faults).skew(&self.info());
        let caller = match self.authenticate(authorization, session) {
            Ok(caller) => caller,
            Err(error) => return Some(self.refuse(&error)),
        };
        let fault = lock(&self.shared.faults).next(&self.info());
        match &fault {
            Some(FaultKind::DropConnection) => return None,
            Some(FaultKind::Slow(delay)) => tokio::time::sleep(*delay).await,
            Some(kind) => {
                if let Some(response) = self.fault_response(kind) {
                    return Some(response);
                }
            }
            None => {}
        }
        if !lock(&self.shared.rate).allows(self.target()) {
            return Some(self.refuse(&self.service.throttled()));
        }
        let response = match self.service {
            Service::Sts => sts::respond(&self.shared, &caller, &self.body, &self.request_id, fault.as_ref()),
            Service::Ssm | Service::QuickSetup => self.role(&caller, fault.as_ref()).map(|body| self.json(body)),
            Service::Organizations => self.organizations(&caller, fault.as_ref()).map(|body| self.json(body)),
            Service::Sqs => self.sqs(&caller, fault.as_ref()).await.map(|body| self.json(body)),
            Service::Iam => self.iam(&caller),
        };
        let response = response.unwrap_or_else(|error| self.refuse(&error));
        Some(match fault {
            Some(FaultKind::TruncatedBody) => truncate(response, |length| length / 2).await,
            Some(FaultKind::CutAt(bytes)) => truncate(response, |_| bytes).await,
            Some(FaultKind::EmptyBody) => truncate(response, |_| 0).await,
            _ => response,
        })
    }

    fn target(&self) -> Target<'_> {
        Target { systems_account: &self.systems_account, region: &self.region, operation: &self.operation }
    }

    fn info(&self) -> RequestInfo<'_> {
        RequestInfo { systems_account: &self.systems_account, operation: &self.operation, body: &self.body }
    }

    /// The server's clock.
    fn now(&self) -> Timestamp {
        clock::wall_clock() + clock::seconds(self.skew.unwrap_or(0))
    }

    fn authenticate(&self, authorization: Authorization, session: Session) -> Result<Caller, ApiError> {
        let (service, clock) = (self.service, self.now());
        let Parts { method, uri, headers, .. } = &self.parts;
        let signed = SignedRequest { method, uri, headers, body: &self.body };
        signature::verify(&authorization, &session.secret_access_key, &signed, clock)
            .map_err(|error| service.invalid_signature(error))?;
        if text(headers, "x-amz-security-token") != session.token {
            return Err(service.unknown_key());
        }
        if session.expires_at <= clock {
            return Err(service.expired());
        }
        if authorization.service != service.signing_name() {
            return Err(service.invalid_signature(SignatureError::Mismatch));
        }
        Ok(Caller { identity: session.identity, region: authorization.region, clock })
    }

    /// The response to a role of a systems account.
    fn role(&self, caller: &Caller, fault: Option<&FaultKind>) -> Result<Vec<u8>, ApiError> {
        let Identity::Role { systems_account, role, session_name, policy } = &caller.identity else {
            return Err(self.service.denied(&hub_user_arn(), &self.operation));
        };
        let estate = self.shared.estate();
        let mut created = lock(&self.shared.created);
        if let Some(account) = created.account_mut(systems_account) {
            let service = self.service.signing_name();
            if !created::is_allowed(account, role, policy.as_deref(), service, &self.operation) {
                let caller = sts::assumed_role_arn(systems_account, role, session_name);
                return Err(self.service.denied(&caller, &self.operation));
            }
            let now = self.shared.created_now(&estate);
            let context = Context { now, ..self.context(&estate, None, fault) };
            return match self.service {
                Service::QuickSetup => quick_setup::respond(&context, self.parts.uri.path()),
                _ => created::respond(&context, account),
            };
        }
        drop(created);
        let account = estate.account(systems_account);
        if let Some(problem) = account.and_then(|account| account.problem(&self.operation, estate.today())) {
            return Err(match problem.error.as_str() {
                "AccessDeniedException" => {
                    self.service.denied(&sts::assumed_role_arn(systems_account, role, session_name), &self.operation)
                }
                code => ApiError::ssm(code, "An error occurred on the server side."),
            });
        }
        let context = self.context(&estate, estate.site(systems_account, &caller.region), fault);
        match self.service {
            Service::QuickSetup => quick_setup::respond(&context, self.parts.uri.path()),
            _ => operations::respond(&context),
        }
    }

    fn organizations(&self, caller: &Caller, fault: Option<&FaultKind>) -> Result<Vec<u8>, ApiError> {
        organizations::authorize(caller)?;
        let estate = self.shared.estate();
        let mut created = lock(&self.shared.created);
        let context = Context { now: self.shared.created_now(&estate), ..self.context(&estate, None, fault) };
        organizations::respond(&context, &estate, &mut created)
    }

    fn iam(&self, caller: &Caller) -> Result<Response, ApiError> {
        let denied = || self.service.denied(&hub_user_arn(), &self.operation);
        let Identity::Role { systems_account, role, policy, .. } = &caller.identity else { return Err(denied()) };
        let mut created = lock(&self.shared.created);
        let account = created.account_mut(systems_account).ok_or_else(denied)?;
        if !created::is_allowed(account, role, policy.as_deref(), self.service.signing_name(), &self.operation) {
            return Err(denied());
        }
        iam::respond(account, &self.operation, &self.body, &self.request_id)
    }

    /// The response to an agent, whose request has no signature. The host has the Region:
    /// `ssm.REGION.amazonaws.com`. At an address without one it is the endpoint's own.
    fn agent(&mut self) -> Response {
        let host = text(&self.parts.headers, "host");
        let region = host.strip_prefix("ssm.").and_then(|rest| rest.split('.').next()).unwrap_or(AGENT_REGION);
        self.region = region.to_owned();
        let answer = if self.operation == REGISTER { created::register } else { created::update };
        let now = self.shared.created_now(&self.shared.estate());
        let result = answer(&mut lock(&self.shared.created), &self.region, &self.body, now);
        result.map_or_else(|error| self.refuse(&error), |body| self.json(body))
    }

    async fn sqs(&self, caller: &Caller, fault: Option<&FaultKind>) -> Result<Vec<u8>, ApiError> {
        // The estate is not locked while a request waits for messages.
        let request = queue::request(&self.context(&self.shared.estate(), None, fault), caller)?;
        queue::respond(&self.shared.queue, request).await
    }

    fn context<'a>(&'a self, estate: &'a Estate, site: Option<&'a Site>, fault: Option<&'a FaultKind>) -> Context<'a> {
        Context { site, estate, target: self.target(), now: estate.now(), body: &self.body, fault }
    }

    /// The response of a fault that replaces the real one.
    fn fault_response(&self, kind: &FaultKind) -> Option<Response> {
        let error = match kind {
            FaultKind::AccessDenied => {
                self.service.denied(&sts::assumed_role_arn(&self.systems_account, ROLE_NAME, "muster"), &self.operation)
            }
            FaultKind::Refused(code) => ApiError::ssm(code, ""),
            FaultKind::Throttling | FaultKind::ThrottlingShare(_) => self.service.throttled(),
            FaultKind::ThrottlingWithRetryAfter(milliseconds) => {
                let mut response = self.refuse(&self.service.throttled());
                response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(*milliseconds));
                return Some(response);
            }
            FaultKind::InternalServerError => self.service.internal_error(),
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
        response(StatusCode::OK, self.content_type(), &self.request_id, body)
    }

    fn content_type(&self) -> &'static str {
        match self.service {
            Service::QuickSetup => REST_JSON,
            Service::Sqs => JSON_1_0,
            Service::Ssm | Service::Organizations | Service::Sts | Service::Iam => JSON,
        }
    }

    fn refuse(&self, error: &ApiError) -> Response {
        match self.service {
            Service::Sts | Service::Iam => xml_error(error, &self.request_id),
            // Its model spells the member of every error as SSM spells that of its own.
            Service::QuickSetup => {
                json_error(&ApiError { is_common: false, ..error.clone() }, self.content_type(), &self.request_id)
            }
            Service::Ssm | Service::Organizations | Service::Sqs => {
                json_error(error, self.content_type(), &self.request_id)
            }
        }
    }

    fn log(&self, status: u16) {
        let headers = &self.parts.headers;
        // `attempt=1; max=3`
        let attempt = text(headers, "amz-sdk-request");
        let attempt = attempt.split(';').find_map(|part| part.trim().strip_prefix("attempt=")?.parse().ok());
        let invocation_id = text(headers, "amz-sdk-invocation-id");
        lock(&self.shared.calls).record(self.target(), invocation_id, attempt.unwrap_or(1), status);
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
}
