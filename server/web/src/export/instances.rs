//! `/export/instances.csv`

use super::{
    cell::Cell,
    csv::CsvFile,
    request::ExportRequest,
    respond::{Export, respond},
};
use crate::error::HttpError;
use axum::response::Response;
use muster_model::{filter::InstanceFilter, instance::InstanceRow};
use muster_query::instances;

pub const FILE: CsvFile<InstanceRow> = CsvFile {
    name: "instances",
    header: &[
        "name",
        "instance_id",
        "provider",
        "account_id",
        "account_name",
        "customer_name",
        "region",
        "platform_name",
        "platform_version",
        "agent_version",
        "agent_is_latest",
        "online",
        "last_ping_at",
        "patch_status",
        "missing",
        "critical_missing",
        "failed",
        "pending_reboot",
        "patch_group",
        "last_scan_at",
        "last_harvest_at",
    ],
    cells: |row| {
        vec![
            Cell::text(&row.name),
            Cell::text(row.instance_id.as_str()),
            Cell::text(row.provider.code()),
            Cell::text(row.account_id.as_str()),
            Cell::text(&row.account_name),
            Cell::text(&row.customer_name),
            Cell::text(&row.region),
            Cell::text(&row.platform_name),
            Cell::text(&row.platform_version),
            Cell::text(&row.agent_version),
            Cell::Flag(row.agent_is_latest),
            Cell::Flag(row.online),
            Cell::Time(row.last_ping_at),
            Cell::Code(row.patch_status.code()),
            Cell::Number(row.missing),
            Cell::Number(row.critical_missing),
            Cell::Number(row.failed),
            Cell::Number(row.pending_reboot),
            Cell::text(&row.patch_group),
            Cell::Time(row.last_scan_at),
            Cell::Time(row.last_harvest_at),
        ]
    },
};

pub const EXPORT: Export<InstanceFilter, InstanceRow> = Export {
    file: FILE,
    what: "instances",
    filter: InstanceFilter::from_query,
    instance: |_| None,
    listing: instances::list::listing,
};

pub async fn export_instances(request: ExportRequest) -> Result<Response, HttpError> {
    respond(EXPORT, request).await
}
