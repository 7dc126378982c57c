//! The account's patch baselines and when each approves updates.

use super::Empty;
use crate::{
    model::{ApprovalRule, PatchBaselineRow},
    ui::prelude::*,
};

const COLUMNS: [Column; 4] =
    [Column::text("Baseline"), Column::text("Patch groups"), Column::text("Approves"), Column::numeric("Instances")];

pub const EMPTY: Empty = ("No patch baseline in use", "No instance in this account has been scanned with a baseline.");

pub fn baselines_card(baselines: Vec<PatchBaselineRow>, empty: Empty) -> AnyView {
    let (used, unused): (Vec<_>, Vec<_>) = baselines.into_iter().partition(|baseline| baseline.instances > 0);
    let content = data_table_or(empty, "Patch baselines", &COLUMNS, used.into_iter().map(row));
    let others = (!unused.is_empty()).then(|| {
        view! {
            <details class="card-footer">
                <summary>{plural(unused.len() as u64, "unused baseline", "unused baselines")}</summary>
                {data_table("Unused patch baselines", &COLUMNS, unused.into_iter().map(row))}
            </details>
        }
    });
    Card::new("baselines", "Patch baselines").content((content, others))
}

fn row(baseline: PatchBaselineRow) -> Vec<AnyView> {
    let groups = match (baseline.patch_groups.is_empty(), baseline.is_default) {
        (false, _) => baseline.patch_groups.join(", "),
        (true, true) => "Instances without a patch group".to_owned(),
        (true, false) => "None".to_owned(),
    };
    cells![
        view! {
            <bdi>{baseline.name}</bdi>
            <span class="secondary">{format!("{} \u{b7} {}", baseline.operating_system, baseline.region)}</span>
        },
        view! { <bdi>{groups}</bdi> },
        view! {
            <bdi>{approves(baseline.rules.as_deref())}</bdi>
            <span class="secondary">{available(&baseline.available_security_updates_compliance)}</span>
        },
        count(baseline.instances),
    ]
}

/// What security updates that are available and not approved yet make of an instance.
fn available(compliance: &str) -> Option<&'static str> {
    match compliance {
        "NON_COMPLIANT" => Some("Available security updates: non-compliant"),
        "COMPLIANT" => Some("Available security updates: compliant"),
        _ => None,
    }
}

/// When the rules approve updates, soonest first and without repetition.
fn approves(rules: Option<&[ApprovalRule]>) -> String {
    let Some(rules) = rules else { return "Not read yet".to_owned() };
    if rules.is_empty() {
        return "Only listed patches".to_owned();
    }
    let mut rules: Vec<_> = rules.iter().collect();
    rules.sort_by_key(|rule| rule.approve_after_days);
    let mut words: Vec<String> = rules.into_iter().map(approval).collect();
    words.dedup();
    words.join("; ")
}

fn approval(rule: &ApprovalRule) -> String {
    match (rule.approve_after_days, rule.approve_until.as_str()) {
        (Some(0), _) => "On release".to_owned(),
        (Some(days), _) => format!("{} after release", plural(days.into(), "day", "days")),
        (None, "") => "All updates in the repositories".to_owned(),
        (None, until) => format!("Released until {until}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_each_approval_once_and_soonest_first() {
        let rule = |days, until: &str| ApprovalRule { approve_after_days: days, approve_until: until.to_owned() };
        let rules = [rule(Some(14), ""), rule(Some(0), ""), rule(Some(14), "")];
        assert_eq!(approves(Some(&rules)), "On release; 14 days after release");
        assert_eq!(approves(Some(&[rule(None, "")])), "All updates in the repositories");
        assert_eq!(approves(Some(&[rule(None, "2026-10-31")])), "Released until 2026-10-31");
        assert_eq!(approves(Some(&[])), "Only listed patches");
        assert_eq!(approves(None), "Not read yet");
    }
}
