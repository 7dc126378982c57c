//! CISA's catalogue of known exploited vulnerabilities.

use super::{Document, time};
use jiff::civil::Date;
use muster_core::feed::ExploitedRecord;
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Catalogue {
    date_released: Option<String>,
    vulnerabilities: Vec<Vulnerability>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Vulnerability {
    #[serde(rename = "cveID")]
    cve_id: String,
    date_added: Date,
    due_date: Option<Date>,
}

pub fn read(document: Value) -> Option<Document> {
    let Catalogue { date_released, vulnerabilities } = serde_json::from_value(document).ok()?;
    let record =
        |one: Vulnerability| ExploitedRecord { cve: one.cve_id, added_on: one.date_added, due_on: one.due_date };
    Some(Document {
        format: "KEV",
        published_at: date_released.as_deref().and_then(time),
        fixes: Vec::new(),
        exploited: vulnerabilities.into_iter().map(record).collect(),
    })
}
