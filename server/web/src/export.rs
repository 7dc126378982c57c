//! Files under `/export`: whole lists with the query strings of their pages, as CSV or JSON lines, and the calendar
//! as iCalendar.
//!
//! A file is never in memory as a whole: a thread reads rows and waits for the receiver ([`csv`]), with a few pieces
//! between the two ([`download`]).

pub mod cell;
pub mod csv;
pub mod download;
pub mod gate;
pub mod ical;
pub mod lists;
pub mod options;
pub mod respond;

use crate::state::ServerState;
use axum::{Router, routing::get};
use lists::{ForEachList, HISTORY, List, ListRow, RUNS, for_each_list};
use muster_model::filter::Filter;
use respond::file;

/// For the portal itself, and for the download tokens of its frame.
pub fn routes() -> Router<ServerState> {
    let router = Router::new()
        .route("/export/calendar.ics", get(ical::calendar))
        .route("/export/history.csv", get(file(HISTORY)))
        .route("/export/runs.csv", get(file(RUNS)));
    let mut files = Files(router);
    for_each_list(&mut files);
    files.0
}

struct Files(Router<ServerState>);

impl ForEachList for Files {
    fn list<F: Filter + Send + 'static, Row: ListRow>(&mut self, list: List<F, Row>) {
        let router = std::mem::take(&mut self.0);
        self.0 = router.route(&format!("/export/{}.csv", list.name), get(file(list)));
    }
}
