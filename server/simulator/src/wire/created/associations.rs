//! State Manager associations of created accounts.

use super::*;

const LIMITS: Limits = Limits::new(1, 50, 50);
const ASSOCIATIONS_MAX: usize = 2_000;
const TARGETS_MAX: usize = 5;

pub(super) fn create(call: &mut Call<'_>) -> Result<Vec<u8>, ApiError> {
    let document = text(&call.input, "Name", 1..=128)?;
    let schedule = optional_text(&call.input, "ScheduleExpression");
    if !schedule.is_empty() && !windows::is_schedule(schedule) {
        return Err(ApiError::ssm("InvalidSchedule", "The schedule is invalid."));
    }
    let targets = call.input["Targets"].as_array().map_or(0, Vec::len);
    ApiError::length("targets", targets, 0..=TARGETS_MAX)?;
    if targets == 0 {
        return Err(ApiError::ssm("InvalidTarget", "The target is not valid or does not exist."));
    }
    if call.site.associations.len() >= ASSOCIATIONS_MAX {
        return Err(ApiError::ssm("AssociationLimitExceeded", "You can have at most 2,000 active associations."));
    }
    let scope = call.scope();
    let id = call.site.next_uuid("association", &scope);
    call.site.associations.push(Resource { id: id.clone(), body: call.input.clone() });
    to_json(&json!({ "AssociationDescription": { "Name": document, "AssociationId": id, "AssociationVersion": "1" } }))
}

pub(super) fn list(call: &mut Call<'_>) -> Result<Vec<u8>, ApiError> {
    let (_, pager): (Value, _) = paged_input(call.context, LIMITS)?;
    pager.respond("Associations", "", &call.site.associations, |association| {
        let mut row = json!({
            "AssociationId": association.id,
            "AssociationVersion": "1",
            "Overview": { "Status": "Pending", "DetailedStatus": "Creating" },
        });
        for member in ["Name", "AssociationName", "ScheduleExpression", "Targets"] {
            if !association.body[member].is_null() {
                row[member] = association.body[member].clone();
            }
        }
        row
    })
}

pub(super) fn describe(call: &mut Call<'_>) -> Result<Vec<u8>, ApiError> {
    let id = text(&call.input, "AssociationId", 36..=36)?;
    let association = call.site.associations.iter().find(|one| one.id == id);
    let association = association
        .ok_or_else(|| ApiError::ssm("AssociationDoesNotExist", "The specified association does not exist."))?;
    let mut description = json!({ "AssociationId": id, "AssociationVersion": "1" });
    for member in ["Name", "AssociationName", "ScheduleExpression", "Targets", "Parameters"] {
        if !association.body[member].is_null() {
            description[member] = association.body[member].clone();
        }
    }
    to_json(&json!({ "AssociationDescription": description }))
}
