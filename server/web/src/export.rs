//! Files under `/export`: whole lists with the query strings of their pages, as CSV or JSON lines.
//!
//! A file is never in memory as a whole: a thread reads rows and waits for the receiver ([`rows`]), with a few pieces
//! between the two ([`download`]).

pub mod cell;
pub mod csv;
pub mod download;
pub mod gate;
pub mod lists;
pub mod options;
pub mod request;
pub mod respond;
pub mod rows;

use crate::state::ServerState;
use axum::{Router, routing::get};
use lists::{ForEachList, HISTORY, List, RUNS, for_each_list};
use muster_model::{column::Columns, filter::Filter};
use request::ExportRequest;
use respond::respond;
use serde::Serialize;
use utoipa::ToSchema;

/// For the portal itself, and for the download tokens of its frame.
pub fn routes() -> Router<ServerState> {
    let router = Router::new()
        .route("/export/history.csv", get(|request: ExportRequest| respond(HISTORY, request)))
        .route("/export/runs.csv", get(|request: ExportRequest| respond(RUNS, request)));
    let mut files = Files(router);
    for_each_list(&mut files);
    files.0
}

struct Files(Router<ServerState>);

impl ForEachList for Files {
    fn list<F, Row>(&mut self, list: List<F, Row>)
    where
        F: Filter + Send + 'static,
        Row: Columns + Serialize + ToSchema + Send + 'static,
    {
        let router = std::mem::take(&mut self.0);
        let file = move |request: ExportRequest| respond(list, request);
        self.0 = router.route(&format!("/export/{}.csv", list.name), get(file));
    }
}
