//! The form fields of filters that several lists have.

use crate::{
    model::{overview::Choice, service_level::Due, severity::SeverityBand, update::UpdateState},
    ui::{
        format::count,
        parts::{Field, Pick},
    },
};

fn of_choices(choices: Vec<Choice>) -> Vec<Pick> {
    choices
        .into_iter()
        .map(|choice| Pick::new(choice.code, format!("{} ({})", choice.label, count(choice.instances))))
        .collect()
}

pub fn chosen(
    name: &'static str,
    label: &'static str,
    any: &'static str,
    value: Option<String>,
    choices: Vec<Choice>,
) -> Field {
    Field::Pick { name, label, any, value, picks: of_choices(choices) }
}

pub fn listed(
    name: &'static str,
    label: &'static str,
    any: &'static str,
    value: Option<String>,
    picks: &[(&str, &str)],
) -> Field {
    let picks = picks.iter().map(|(code, label)| Pick::new(*code, *label)).collect();
    Field::Pick { name, label, any, value, picks }
}

/// Omits a filter that has fewer than two values and is not set.
pub fn worth_asking(field: Field) -> Option<Field> {
    match &field {
        Field::Pick { value: None, picks, .. } if picks.len() < 2 => None,
        _ => Some(field),
    }
}

pub fn severity(value: Option<SeverityBand>) -> Field {
    let picks = SeverityBand::ALL.map(|band| (band.code(), band.label()));
    listed("severity", "Severity", "All severities", value.map(|band| band.code().to_owned()), &picks)
}

pub fn due(value: Option<Due>) -> Field {
    let picks = Due::ALL.map(|due| (due.code(), due.label()));
    listed("due", "Due", "All due dates", value.map(|due| due.code().to_owned()), &picks)
}

/// The states of updates; the first option is the two that count as pending.
pub fn states(value: &[UpdateState]) -> Field {
    let pending = Pick::new("Missing,Failed", "Pending (missing or failed)");
    let each = UpdateState::KNOWN.into_iter().map(|state| Pick::new(state.code(), state.label()));
    let value = value.iter().map(UpdateState::code).collect::<Vec<_>>().join(",");
    let value = match value.as_str() {
        "" => None,
        "Failed,Missing" => Some("Missing,Failed".to_owned()),
        _ => Some(value),
    };
    Field::Pick {
        name: "state",
        label: "Install status",
        any: "All statuses",
        value,
        picks: std::iter::once(pending).chain(each).collect(),
    }
}
