//! `/export/calendar.ics`: the starts of a calendar as iCalendar (RFC 5545), for calendars of people; and the addresses by which their
//! programs read one customer's without signing in.

use super::gate::ExportGate;
use crate::{audit_trail::AuditTrail, caller_reports::CallerReports, error::HttpError, request::SignedIn};
use axum::{
    Extension,
    extract::{Path, RawQuery, State},
    http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use jiff::{SignedDuration, Span, Timestamp, tz::TimeZone};
use muster_access::{
    principal::{Identity, Principal, Role, display_name},
    token::TokenHash,
};
use muster_audit::event::{Action, Event, Outcome};
use muster_model::{
    calendar::{CalendarKind, CalendarRow},
    filter::{CalendarFilter, Window},
    ports::{ReportError, Reports},
};
use muster_reports::{ReportSource, ScopedReports, unavailable};
use muster_store::{auditor_links, value::day_of};
use std::collections::BTreeSet;

/// The most events of a file. Calendars of people become slow with more.
const EVENTS_MAX: u32 = 5_000;
/// The most bytes of a line, without its end.
const LINE_BYTES_MAX: usize = 75;
const OBJECT: &str = "calendar.ics";

/// Answers with the starts that match the filter.
pub async fn calendar(
    CallerReports(reports): CallerReports,
    Extension(SignedIn(caller)): Extension<SignedIn>,
    State(exports): State<ExportGate>,
    RawQuery(query): RawQuery,
    trail: AuditTrail,
) -> Result<Response, HttpError> {
    let query = query.unwrap_or_default();
    let filter = CalendarFilter::from_query(&query)?;
    answer(reports, &caller, &exports, &trail, filter, &query).await
}

/// The path of a calendar's address. Logs and the audit name its pattern only.
const FEED: &str = "/calendar-feed/";
const ENDING: &str = ".ics";
/// The issuer of the identity by which the address of a calendar is recorded.
const LINK_ISSUER: &str = "calendar_link";
/// The days before today that a feed has, so that what became of a start is seen, and all its days.
const FEED_DAYS_BEFORE: i64 = 7;
const FEED_DAYS: i64 = 35;

pub fn calendar_address(token: &str) -> String {
    format!("{FEED}{token}{ENDING}")
}

/// Answers with the starts of the customer whose calendar has this address, if it is valid.
pub async fn feed(
    State(source): State<ReportSource>,
    State(exports): State<ExportGate>,
    Path(file): Path<String>,
    trail: AuditTrail,
) -> Result<Response, HttpError> {
    let hash = TokenHash::of(file.strip_suffix(ENDING).unwrap_or(&file));
    let now = source.clock.now();
    let found = auditor_links::find(&source.store, hash.hex()).await;
    let found = found.map_err(|error| unavailable("the address of a calendar", &error))?;
    let Some(link) = found.filter(|link| link.day.is_none() && link.opens(now)) else {
        tracing::warn!(link.hash = hash.short(), "the address of a calendar was refused");
        return Err(ReportError::NotFound.into());
    };
    let identity = Identity {
        issuer: LINK_ISSUER.to_owned(),
        subject: link.link_id,
        name: display_name(&format!("Calendar of {}", link.customer_name)),
        role: Role::Customer { customers: BTreeSet::from([link.customer_id]) },
    };
    let caller = Principal::new(identity, BTreeSet::new());
    let from = day_of(now).saturating_sub(Span::new().days(FEED_DAYS_BEFORE));
    let to = from.saturating_add(Span::new().days(FEED_DAYS - 1));
    let filter = CalendarFilter { from: Some(from), to: Some(to), ..CalendarFilter::default() };
    let (reports, trail) = (source.for_caller(&caller), trail.of(&caller));
    answer(reports, &caller, &exports, &trail, filter, "").await
}

async fn answer(
    reports: ScopedReports,
    caller: &Principal,
    exports: &ExportGate,
    trail: &AuditTrail,
    filter: CalendarFilter,
    query: &str,
) -> Result<Response, HttpError> {
    let filter = CalendarFilter { window: Window { offset: 0, limit: EVENTS_MAX }, ..filter };
    let person = (caller.identity.issuer.clone(), caller.identity.subject.clone());
    let _turn = exports.enter(person).ok_or(HttpError::TooManyExports)?;
    let page = reports.calendar(filter).await?;
    let (rows, rows_max) = (page.rows.total, u64::from(EVENTS_MAX));
    let event = |outcome| Event::new(Action::Export, outcome).object(OBJECT).rows(rows).detail(query);
    if rows > rows_max {
        trail.record(event(Outcome::Refused)).await?;
        return Err(HttpError::TooManyRows { rows, rows_max });
    }
    trail.record(event(Outcome::Ok)).await?;
    let headers = [
        (CONTENT_TYPE, "text/calendar; charset=utf-8".to_owned()),
        (CACHE_CONTROL, "no-store".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"muster-{OBJECT}\"")),
    ];
    Ok((headers, file(&page.rows.rows, page.freshness.now)).into_response())
}

fn file(rows: &[CalendarRow], now: Timestamp) -> String {
    let mut file = String::new();
    for line in ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Muster//VM Management//EN"] {
        put(&mut file, line);
    }
    for row in rows {
        for line in event(row, now) {
            put(&mut file, &line);
        }
    }
    put(&mut file, "END:VCALENDAR");
    file
}

fn event(row: &CalendarRow, now: Timestamp) -> Vec<String> {
    let instances = if row.instances == 1 { "instance" } else { "instances" };
    let updates = if row.pending_updates == 1 { "pending update" } else { "pending updates" };
    let what = format!(
        "{}, {}\n{} {instances}, {} {updates}\n{}, {}",
        row.kind.label(),
        row.state.label(),
        row.instances,
        row.pending_updates,
        row.customer_name,
        row.region,
    );
    let start = stamp(row.starts_at);
    let kind = row.kind.code();
    let mut lines = vec![
        "BEGIN:VEVENT".to_owned(),
        // The same start keeps its id, so that a file that is imported again changes it.
        format!("UID:{}", text(&format!("{kind}-{}-{}-{}-{start}@muster", row.account_id, row.region, row.id))),
        format!("DTSTAMP:{}", stamp(now)),
        format!("DTSTART:{start}"),
    ];
    if row.kind == CalendarKind::Window {
        let length = SignedDuration::from_hours(row.duration_hours.max(1).into());
        lines.push(format!("DTEND:{}", stamp(row.starts_at.saturating_add(length).unwrap_or(row.starts_at))));
    }
    lines.extend([
        format!("SUMMARY:{}", text(&format!("{} ({})", row.name, row.account_name))),
        format!("DESCRIPTION:{}", text(&what)),
        "TRANSP:TRANSPARENT".to_owned(),
        "END:VEVENT".to_owned(),
    ]);
    lines
}

fn stamp(at: Timestamp) -> String {
    TimeZone::UTC.to_datetime(at).strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// Text as a value: what would end it is escaped, and control characters are left out.
fn text(text: &str) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        match character {
            '\\' | ';' | ',' => escaped.extend(['\\', character]),
            '\n' => escaped.push_str("\\n"),
            character if character.is_control() => {}
            character => escaped.push(character),
        }
    }
    escaped
}

/// Adds a line, folded where it is too long.
fn put(file: &mut String, line: &str) {
    let mut length = 0;
    for character in line.chars() {
        if length + character.len_utf8() > LINE_BYTES_MAX {
            file.push_str("\r\n ");
            length = 1;
        }
        length += character.len_utf8();
        file.push(character);
    }
    file.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_end_no_line_and_lines_are_short() {
        let hostile = "a;b,c\\d\r\nEND:VEVENT\u{0}\u{7f}";
        assert_eq!(text(hostile), "a\\;b\\,c\\\\d\\nEND:VEVENT");
        for line in ["", "x", &"x".repeat(500), &"\u{1f6a8}".repeat(100), &"é".repeat(76)] {
            let mut file = String::new();
            put(&mut file, line);
            assert!(file.split("\r\n").all(|part| part.len() <= LINE_BYTES_MAX), "{file}");
            assert_eq!(file.replace("\r\n ", "").trim_end_matches("\r\n"), line);
        }
    }
}
