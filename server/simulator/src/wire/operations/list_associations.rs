//! ListAssociations: what State Manager runs on the instances, and how it went.

use super::*;
use crate::estate::association::{Association, associations};

const LIMITS: Limits = Limits::new(1, 50, 50);
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
    association_filter_list: Option<Vec<KeyValueFilter>>,
}

pub(super) fn respond(context: &Context<'_>) -> Result<Vec<u8>, ApiError> {
    let (input, pager): (Input, _) = paged_input(context, LIMITS)?;
    let filters = input.association_filter_list.as_deref();
    if let Some(filters) = filters {
        ApiError::length("associationFilterList", filters.len(), 1..=usize::MAX)?;
    }
    let filters = filters.unwrap_or(&[]);
    for KeyValueFilter { key, value } in filters {
        if !FILTER_KEYS.contains(&key.as_str()) {
            return Err(ApiError::not_in_enum("associationFilterList.key", key, FILTER_KEYS));
        }
        if key.starts_with("LastExecuted") {
            timestamp(key, value)?;
        }
    }
    let mut found = context.site.map(|site| associations(site, context.now)).unwrap_or_default();
    found.retain(|association| filters.iter().all(|filter| matches(association, filter)));
    pager.respond("Associations", "", &found, row)
}

fn matches(association: &Association, KeyValueFilter { key, value }: &KeyValueFilter) -> bool {
    let executed = association.last_execution_at;
    let limit = value.parse().ok();
    match key.as_str() {
        "Name" => association.document == value,
        "AssociationId" => association.id == *value,
        "AssociationStatusName" => association.status() == value,
        "AssociationName" => association.name == value,
        "LastExecutedBefore" => executed.zip(limit).is_some_and(|(at, limit)| at < limit),
        "LastExecutedAfter" => executed.zip(limit).is_some_and(|(at, limit)| at > limit),
        // Only associations with a single instance or a resource group have these, and there are none.
        _ => false,
    }
}

fn row(association: &Association) -> Value {
    let mut row = json!({
        "Name": association.document,
        "AssociationId": association.id,
        "AssociationVersion": "1",
        "DocumentVersion": "$DEFAULT",
        "Targets": [{ "Key": "InstanceIds", "Values": ["*"] }],
        "Overview": {
            "Status": association.status(),
            "DetailedStatus": association.status(),
            "AssociationStatusAggregatedCount": association.counts,
        },
        "ScheduleExpression": association.schedule,
        "AssociationName": association.name,
    });
    if let Some(at) = association.last_execution_at {
        row["LastExecutionDate"] = json!(Epoch(at));
    }
    row
}
