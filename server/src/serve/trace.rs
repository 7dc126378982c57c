//! What the log says of requests: method, route and status. Addresses are not in it, nor headers: people search for names,
//! and identity providers send codes in query strings.

use axum::extract::MatchedPath;
use std::time::Duration;
use tower_http::{
    classify::{ServerErrorsAsFailures, ServerErrorsFailureClass, SharedClassifier},
    trace::{MakeSpan, OnFailure, OnResponse, TraceLayer},
};
use tracing::Span;

type Quiet = ();

pub fn trace() -> TraceLayer<SharedClassifier<ServerErrorsAsFailures>, Route, Quiet, Answered, Quiet, Quiet, Failed> {
    TraceLayer::new_for_http()
        .make_span_with(Route)
        .on_request(())
        .on_response(Answered)
        .on_body_chunk(())
        .on_eos(())
        .on_failure(Failed)
}

#[derive(Clone, Copy)]
pub struct Route;

impl<B> MakeSpan<B> for Route {
    fn make_span(&mut self, request: &axum::http::Request<B>) -> Span {
        let route = request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str);
        tracing::info_span!("request", request.method = %request.method(), request.route = route)
    }
}

#[derive(Clone, Copy)]
pub struct Answered;

impl<B> OnResponse<B> for Answered {
    fn on_response(self, response: &axum::http::Response<B>, latency: Duration, _: &Span) {
        let milliseconds = u64::try_from(latency.as_millis()).unwrap_or(u64::MAX);
        tracing::debug!(response.status = response.status().as_u16(), response.milliseconds = milliseconds, "answered");
    }
}

#[derive(Clone, Copy)]
pub struct Failed;

impl OnFailure<ServerErrorsFailureClass> for Failed {
    fn on_failure(&mut self, class: ServerErrorsFailureClass, _: Duration, _: &Span) {
        tracing::warn!(response.failure = %class, "a request could not be answered as it should");
    }
}
