//! A proxy between the harvester and the simulator, which records requests and answers and can alter answers.

use crate::support::world::World;
use aws_sdk_ssm::error::{ProvideErrorMetadata, SdkError};
use axum::{
    body::{Body, Bytes, to_bytes},
    extract::Request,
    http::header::CONTENT_LENGTH,
    middleware::{self, Next},
    response::Response,
};
use muster_collect::{calls::CallCounter, client::Connector, rate_limit::RateLimits};
use muster_harvest::round::targets_of;
use muster_simulator::Simulator;
use serde_json::Value;
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};
use tokio::net::TcpListener;

/// Larger than any answer of these estates.
const BODY_BYTES_MAX: usize = 64 << 20;

/// One request to Systems Manager or Organizations, and its answer. STS is not recorded, because it has no JSON.
#[derive(Clone, Debug)]
pub struct Exchange {
    pub operation: String,
    pub sent: Value,
    pub answer: Value,
}

type Alteration = Box<dyn Fn(&str, &Value, &mut Value) + Send + Sync>;

#[derive(Default)]
struct Inner {
    exchanges: Mutex<Vec<Exchange>>,
    alteration: Mutex<Option<Alteration>>,
    /// The session tokens of all requests.
    session_tokens: Mutex<BTreeSet<String>>,
}

/// Records everything that the harvester of one world sends.
#[derive(Clone, Default)]
pub struct WireProxy(Arc<Inner>);

/// The same world with a proxy between its harvester and its simulator.
pub async fn with_wire_proxy(mut world: World) -> (World, WireProxy) {
    let (url, wire_proxy) = start_wire_proxy(&world.simulator).await;
    let keys = Simulator::operator_credentials();
    let connector =
        Connector::to_endpoint(&url, &keys.access_key_id, &keys.secret_access_key, RateLimits::unlimited()).await;
    world.harvester.connector = Arc::new(connector);
    (world, wire_proxy)
}

/// The address of a proxy in front of a simulator, and its records.
pub async fn start_wire_proxy(simulator: &Simulator) -> (String, WireProxy) {
    let wire_proxy = WireProxy::default();
    let recorder = wire_proxy.clone();
    let wire = simulator.service().layer(middleware::from_fn(move |request, next| {
        let wire_proxy = recorder.clone();
        async move { wire_proxy.pass(request, next).await }
    }));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, wire).await });
    (url, wire_proxy)
}

impl WireProxy {
    async fn pass(&self, request: Request, next: Next) -> Response {
        let target = request.headers().get("x-amz-target").and_then(|value| value.to_str().ok());
        let Some(operation) = target.and_then(|target| target.split('.').next_back()).map(str::to_owned) else {
            return next.run(request).await;
        };
        if let Some(token) = request.headers().get("x-amz-security-token").and_then(|token| token.to_str().ok()) {
            self.0.session_tokens.lock().expect("a lock").insert(token.to_owned());
        }
        let (parts, body) = request.into_parts();
        let sent = to_bytes(body, BODY_BYTES_MAX).await.expect("a request's body");
        let response = next.run(Request::from_parts(parts, Body::from(sent.clone()))).await;
        let (mut parts, body) = response.into_parts();
        let mut answered = to_bytes(body, BODY_BYTES_MAX).await.expect("an answer's body");
        let (sent, mut answer) = (json(&sent), json(&answered));
        if let Some(alter) = self.0.alteration.lock().expect("a lock").as_ref() {
            let before = answer.clone();
            alter(&operation, &sent, &mut answer);
            if answer != before {
                answered = Bytes::from(serde_json::to_vec(&answer).expect("JSON"));
                // The server computes the new length when it sends the answer.
                parts.headers.remove(CONTENT_LENGTH);
            }
        }
        let exchange = Exchange { operation, sent, answer };
        self.0.exchanges.lock().expect("a lock").push(exchange);
        Response::from_parts(parts, Body::from(answered))
    }

    /// Alters every answer from now on. The closure gets the operation, the request and the answer.
    pub fn alter(&self, alter: impl Fn(&str, &Value, &mut Value) + Send + Sync + 'static) {
        *self.0.alteration.lock().expect("a lock") = Some(Box::new(alter));
    }

    /// The session tokens of all requests; at least one.
    pub fn session_tokens(&self) -> Vec<String> {
        let tokens: Vec<String> = self.0.session_tokens.lock().expect("a lock").iter().cloned().collect();
        assert!(!tokens.is_empty(), "no request had a session token");
        tokens
    }

    pub fn stop_altering(&self) {
        *self.0.alteration.lock().expect("a lock") = None;
    }

    pub fn forget(&self) {
        self.0.exchanges.lock().expect("a lock").clear();
    }

    /// The number of requests of an operation, which can be 0.
    pub fn count(&self, operation: &str) -> usize {
        self.0.exchanges.lock().expect("a lock").iter().filter(|one| one.operation == operation).count()
    }

    /// The exchanges of one operation, oldest first; at least one.
    pub fn exchanges(&self, operation: &str) -> Vec<Exchange> {
        let all = self.0.exchanges.lock().expect("a lock");
        let found: Vec<_> = all.iter().filter(|one| one.operation == operation).cloned().collect();
        assert!(!found.is_empty(), "there was no request of {operation}");
        found
    }

    /// The rows of one member in all answers of one operation.
    pub fn rows(&self, operation: &str, list: &str) -> Vec<Value> {
        let answers = self.exchanges(operation).into_iter();
        answers.flat_map(|one| one.answer[list].as_array().cloned().unwrap_or_default()).collect()
    }
}

fn json(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap_or(Value::Null)
}

/// A client of the real SDK with a session of the world's first account.
pub async fn sdk(world: &World) -> aws_sdk_ssm::Client {
    let target = targets_of(&world.harvester.accounts[0]).next().expect("a Region");
    world.harvester.connector.connect(&target, &CallCounter::default()).await.expect("a session").ssm
}

/// The code and message of an error of AWS.
pub fn refusal<Output, E, R>(result: Result<Output, SdkError<E, R>>) -> (String, String)
where
    SdkError<E, R>: ProvideErrorMetadata,
{
    let error = result.err().expect("an error");
    (error.code().unwrap_or_default().to_owned(), error.message().unwrap_or_default().to_owned())
}
