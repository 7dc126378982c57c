//! Remembers in a cookie on which days a browser opened the customers' board, so that the board can compare with the day of
//! the last look.

use super::{sign_in::cookie, state::ServerState};
use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, header::SET_COOKIE},
    middleware::Next,
    response::Response,
};
use jiff::{Span, civil::Date, tz::TimeZone};
use muster_model::past;

/// The path of the board, to which alone the cookie is sent.
const BOARD: &str = "/customers";
const COOKIE: &str = "muster_last_look";
const COOKIE_MAX_AGE_SECONDS: u32 = 400 * 86_400;
/// The longest time between two looks that is compared, in days.
const DAYS_MAX: i64 = 31;

/// The day of the last look, as an extension of a request for the board.
#[derive(Clone, Copy, Debug)]
pub struct LastLook(pub Date);

/// The last two days on which the board was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Looks {
    before: Option<Date>,
    latest: Date,
}

impl Looks {
    fn read(headers: &HeaderMap) -> Option<Self> {
        let value = cookie::token(headers, COOKIE)?;
        let (latest, before) = value.split_once('.').unwrap_or((value, ""));
        Some(Self { before: before.parse().ok(), latest: latest.parse().ok()? })
    }

    /// The looks after one today.
    fn and_today(looks: Option<Self>, today: Date) -> Self {
        match looks {
            Some(looks) if looks.latest == today => looks,
            // A day in the future was not written here.
            Some(looks) if looks.latest < today => Self { before: Some(looks.latest), latest: today },
            _ => Self { before: None, latest: today },
        }
    }

    fn header(self) -> Option<HeaderValue> {
        let before = self.before.map(|day| day.to_string()).unwrap_or_default();
        let looks = format!("{}.{before}", self.latest);
        let attributes = format!("Path={BOARD}; HttpOnly; SameSite=Lax; Max-Age={COOKIE_MAX_AGE_SECONDS}");
        HeaderValue::try_from(format!("{COOKIE}={looks}; {attributes}")).ok()
    }
}

/// The layer that tells the board of the last look, and remembers this one. A past day is not a look.
pub async fn remember_last_look(State(state): State<ServerState>, mut request: Request, next: Next) -> Response {
    let is_past = past::as_of(request.uri().query().unwrap_or_default()) != Ok(None);
    if request.uri().path() != BOARD || request.method() != Method::GET || is_past {
        return next.run(request).await;
    }
    let today = state.reports.clock.now().to_zoned_datetime(TimeZone::UTC).date();
    let looks = Looks::and_today(Looks::read(request.headers()), today);
    if let Some(before) = looks.before {
        let first = today.saturating_sub(Span::new().days(DAYS_MAX));
        request.extensions_mut().insert(LastLook(before.max(first)));
    }
    let mut response = next.run(request).await;
    if let Some(cookie) = looks.header().filter(|_| response.status().is_success()) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::header::COOKIE as COOKIE_HEADER;
    use jiff::civil::date;

    fn looks(cookie: &str) -> Option<Looks> {
        let value = HeaderValue::try_from(format!("{COOKIE}={cookie}")).expect("a cookie");
        Looks::read(&HeaderMap::from_iter([(COOKIE_HEADER, value)]))
    }

    #[test]
    fn compares_with_the_day_of_the_look_before_today() {
        let today = date(2025, 11, 23);
        let first = Looks::and_today(None, today);
        assert_eq!(first, Looks { before: None, latest: today });
        let later = Looks::and_today(looks("2025-11-20."), today);
        assert_eq!(later, Looks { before: Some(date(2025, 11, 20)), latest: today });
        let again = Looks::and_today(looks("2025-11-23.2025-11-20"), today);
        assert_eq!(again, later, "a second look on the same day still compares with the last day");
    }

    #[test]
    fn ignores_what_it_did_not_write() {
        for cookie in ["", "x", "2025-11-31.", "%"] {
            assert_eq!(looks(cookie), None, "{cookie}");
        }
        let today = date(2025, 11, 23);
        assert_eq!(Looks::and_today(looks("2099-01-01."), today).before, None);
    }
}
