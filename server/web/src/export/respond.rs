//! Answers a request for a file: takes a slot, counts the rows, writes the audit entry, and then sends the rows.

use super::{
    download::{Download, Piece},
    lists::List,
    options::FileOptions,
    request::ExportRequest,
    rows::write,
};
use crate::error::HttpError;
use axum::{
    body::Body,
    http::{
        HeaderName, HeaderValue,
        header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use muster_audit::event::{Action, Event, Outcome};
use muster_model::{
    column::Columns,
    ports::{ReportError, Reports},
};
use serde::Serialize;
use std::ops::ControlFlow;
use tokio::{
    runtime::Handle,
    sync::{mpsc, oneshot},
    time::{Instant, timeout_at},
};

/// The number of finished pieces that wait for the client; with more, the store waits.
const PIECES_WAITING: usize = 4;
const ROW_COUNT: HeaderName = HeaderName::from_static("x-row-count");

/// Answers with a list as a file.
pub async fn respond<F, Row>(list: List<F, Row>, request: ExportRequest) -> Result<Response, HttpError>
where
    F: Send + 'static,
    Row: Columns + Serialize + Send + 'static,
{
    let ExportRequest { exports, reports, person, query, counts_only, trail } = request;
    let (options, query) = FileOptions::split(&query);
    let filter = (list.filter)(&query)?;
    let turn = exports.enter(person).ok_or(HttpError::TooManyExports)?;
    if let Some(instance) = (list.instance)(&filter) {
        reports.instance(instance).await?;
    }
    let limits = exports.limits;
    let until = Instant::now() + limits.time_max;
    let (counted, count) = oneshot::channel();
    let (sender, pieces) = mpsc::channel(PIECES_WAITING);
    let (runtime, what) = (Handle::current(), list.what);
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
            Ok(written) if written.whole => {
                let _ = send(Piece::End);
            }
            Ok(_) => {}
            Err(error) => tracing::error!("cannot write a row into a file: {error}"),
        }
        Ok(())
    });
    let Ok(rows) = count.await else {
        reports.answer(what, reading).await?;
        return Err(ReportError::NotFound.into());
    };
    let object = format!("{}.{}", list.name, if options.json { "jsonl" } else { "csv" });
    let event = |outcome| Event::new(Action::Export, outcome).object(&object).rows(rows).detail(&said(options, &query));
    if counts_only {
        let mut response = answer(Body::empty(), options, &name);
        response.headers_mut().insert(ROW_COUNT, HeaderValue::from(rows));
        return Ok(response);
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
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(options.content_type()));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(disposition) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(CONTENT_DISPOSITION, disposition);
    }
    response
}
