//! Answers a request for a file: takes a slot, counts the rows, writes the audit entry, and then sends the rows.

use super::{
    csv::write,
    download::{Download, Piece},
    gate::ExportGate,
    lists::{List, ListRow},
    options::FileOptions,
};
use crate::{audit_trail::AuditTrail, caller_reports::CallerReports, error::HttpError, request::SignedIn};
use axum::{
    Extension,
    body::Body,
    extract::{RawQuery, State},
    http::{
        HeaderName, Method,
        header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use futures::future::BoxFuture;
use muster_audit::event::{Action, Event, Outcome};
use muster_model::ports::{ReportError, Reports};
use muster_reports::ScopedReports;
use std::ops::ControlFlow;
use tokio::{
    runtime::Handle,
    sync::{mpsc, oneshot},
    time::{Instant, timeout_at},
};

/// The number of finished pieces that wait for the client; with more, the store waits.
const PIECES_WAITING: usize = 4;
const ROW_COUNT: HeaderName = HeaderName::from_static("x-row-count");

type Caller = Extension<SignedIn>;
type Exports = State<ExportGate>;
type Answer = BoxFuture<'static, Result<Response, HttpError>>;

/// The handler that answers with a list as a file.
pub fn file<F: Send + 'static, Row: ListRow>(
    list: List<F, Row>,
) -> impl Fn(CallerReports, Caller, Exports, Method, RawQuery, AuditTrail) -> Answer + Clone + Send + Sync + 'static {
    move |CallerReports(reports), Extension(caller), State(exports), method, RawQuery(query), trail| {
        Box::pin(respond(list, reports, caller, exports, method, query.unwrap_or_default(), trail))
    }
}

async fn respond<F: Send + 'static, Row: ListRow>(
    list: List<F, Row>,
    reports: ScopedReports,
    SignedIn(caller): SignedIn,
    exports: ExportGate,
    method: Method,
    query: String,
    trail: AuditTrail,
) -> Result<Response, HttpError> {
    let (options, query) = FileOptions::split(&query);
    let filter = (list.filter)(&query)?;
    let person = (caller.identity.issuer, caller.identity.subject);
    let turn = exports.enter(person).ok_or(HttpError::TooManyExports)?;
    // For HEAD requests only the number of rows is wanted.
    let counts_only = method == Method::HEAD;
    if let Some(instance) = (list.instance)(&filter) {
        reports.instance(instance).await?;
    }
    let limits = exports.limits;
    let until = Instant::now() + limits.time_max;
    let (counted, count) = oneshot::channel();
    let (sender, pieces) = mpsc::channel(PIECES_WAITING);
    let (runtime, what) = (Handle::current(), list.name);
    let send = move |piece| match runtime.block_on(async { timeout_at(until, sender.send(piece)).await }) {
        Ok(Ok(())) => ControlFlow::Continue(()),
        _ => ControlFlow::Break(()),
    };
    let name = options.file_name(list.name, reports.shown_day());
    let reading = reports.start(what, limits.time_max, move |context| {
        let listing = (list.listing)(context, &filter)?;
        let total = listing.total()?;
        if counted.send(total).is_err() || counts_only || total > limits.rows_max {
            return Ok(());
        }
        let put = |piece| send(Piece::Bytes(piece));
        match write(list.name, options, put, |take| listing.each(take))? {
            Ok(true) => drop(send(Piece::End)),
            Ok(false) => {}
            Err(error) => tracing::error!("cannot write a row into a file: {error}"),
        }
        Ok(())
    });
    let Ok(rows) = count.await else {
        reports.answer(what, reading).await?;
        return Err(ReportError::NotFound.into());
    };
    // The rows are taken at the pace of the client, for whom other reads must not wait.
    reading.release_permit();
    let object = format!("{}.{}", list.name, if options.json { "jsonl" } else { "csv" });
    let event = |outcome| Event::new(Action::Export, outcome).object(&object).rows(rows).detail(&said(options, &query));
    if counts_only {
        return Ok(([(ROW_COUNT, rows)], answer(Body::empty(), options, &name)).into_response());
    }
    if rows > limits.rows_max {
        trail.record(event(Outcome::Refused)).await?;
        return Err(HttpError::TooManyRows { rows, rows_max: limits.rows_max });
    }
    // Before the first byte: an export that cannot be audited is not sent.
    trail.record(event(Outcome::Ok)).await?;
    let body = Download { pieces, reports, what, reading: Some(reading), trail, object, bytes: 0, turn }.body();
    Ok(answer(body, options, &name))
}

/// The request, for the audit log: filters hold no secrets.
fn said(options: FileOptions, query: &str) -> String {
    let kind = match options {
        FileOptions { json: true, .. } => "lossless",
        FileOptions { raw: true, .. } => "raw",
        _ => "for spreadsheets",
    };
    format!("{kind}; {query}")
}

fn answer(body: Body, options: FileOptions, name: &str) -> Response {
    let headers = [
        (CONTENT_TYPE, options.content_type().to_owned()),
        (CACHE_CONTROL, "no-store".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    (headers, body).into_response()
}
