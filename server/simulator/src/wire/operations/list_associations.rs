//! ListAssociations: what State Manager has the machines do, and how that went.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    super::{
        context::Context,
        epoch::Epoch,
        error::ApiError,
        page::{Limits, Request, page},
    },
    shared::moment,
};
use crate::estate::association::{Association, associations};

const LIMITS: Limits = Limits::new(1, 50, 50);

/// `key` and `value` in lower case here, as for commands.
#[derive(Deserialize)]
struct AssociationFilter {
    key: String,
    value: String,
}

const FILTER_KEYS: &[&str] = &[
    "InstanceId",
    "Name",
    "AssociationId",
    "AssociationStatusName",
    "LastExecutedBefore",
    "LastExecutedAfter",
    "AssociationName",
    "ResourceGroupName",
];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    association_filter_list: Option<Vec<AssociationFilter>>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Output<'a> {
    associations: Vec<Row<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Row<'a> {
    name: &'static str,
    association_id: &'a str,
    association_version: &'static str,
    document_version: &'static str,
    targets: [Target; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    last_execution_date: Option<Epoch>,
    overview: Overview<'a>,
    schedule_expression: &'static str,
    association_name: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Target {
    key: &'static str,
    values: [&'static str; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Overview<'a> {
    status: &'static str,
    detailed_status: &'static str,
    association_status_aggregated_count: &'a BTreeMap<&'static str, usize>,
}

pub(super) fn answer(context: &Context<'_>) -> Result<Vec<u8>, ApiError> {
    let input: Input = context.input()?;
    let filters = input.association_filter_list.as_deref();
    if let Some(filters) = filters {
        ApiError::length("associationFilterList", filters.len(), 1..=usize::MAX)?;
    }
    let filters = filters.unwrap_or(&[]);
    for AssociationFilter { key, value } in filters {
        if !FILTER_KEYS.contains(&key.as_str()) {
            return Err(ApiError::not_of("associationFilterList.key", key, FILTER_KEYS));
        }
        if key.starts_with("LastExecuted") {
            moment(key, value)?;
        }
    }
    let mut found = context.site.map(|site| associations(site, context.now)).unwrap_or_default();
    found.retain(|association| filters.iter().all(|filter| matches(association, filter)));
    let request = Request {
        limits: LIMITS,
        max_results: input.max_results,
        next_token: input.next_token.as_deref(),
        subject: "",
    };
    let page = page(context, &request, found.len())?;
    let associations = found[page.range].iter().map(row).collect();
    context.answer(&Output { associations, next_token: page.next_token })
}

fn matches(association: &Association, AssociationFilter { key, value }: &AssociationFilter) -> bool {
    let executed = association.last_execution_at;
    let limit = value.parse().ok();
    match key.as_str() {
        "Name" => association.document == value,
        "AssociationId" => association.id == *value,
        "AssociationStatusName" => association.status() == value,
        "AssociationName" => association.name == value,
        "LastExecutedBefore" => executed.zip(limit).is_some_and(|(at, limit)| at < limit),
        "LastExecutedAfter" => executed.zip(limit).is_some_and(|(at, limit)| at > limit),
        // Only associations of the old kind, with one instance or a group, have these; there are none.
        _ => false,
    }
}

fn row(association: &Association) -> Row<'_> {
    Row {
        name: association.document,
        association_id: &association.id,
        association_version: "1",
        document_version: "$DEFAULT",
        targets: [Target { key: "InstanceIds", values: ["*"] }],
        last_execution_date: association.last_execution_at.map(Epoch),
        overview: Overview {
            status: association.status(),
            detailed_status: association.status(),
            association_status_aggregated_count: &association.counts,
        },
        schedule_expression: association.schedule,
        association_name: association.name,
    }
}
