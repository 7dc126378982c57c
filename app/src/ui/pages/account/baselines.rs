//! The patch baselines that the account's machines go by, and when each approves.

use crate::{
    model::plan::{ApprovalRule, PatchBaselineRow},
    ui::{
        format::{count, plural},
        parts::{nothing_here, plain_heading, table_region},
    },
};
use leptos::prelude::*;

pub fn baselines_card(baselines: Vec<PatchBaselineRow>) -> AnyView {
    let (used, unused): (Vec<_>, Vec<_>) = baselines.into_iter().partition(|baseline| baseline.instances > 0);
    let content = match used.is_empty() {
        true => nothing_here("No patch baseline in use", "No machine of this account has been scanned by one."),
        false => table_region("Patch baselines", table("Patch baselines", used)),
    };
    let others = (!unused.is_empty()).then(|| {
        let words =
            plural(unused.len() as u64, "baseline that no machine goes by", "baselines that no machine goes by");
        view! {
            <details class="card-foot">
                <summary>{words}</summary>
                {table_region("Unused patch baselines", table("Unused patch baselines", unused))}
            </details>
        }
    });
    view! {
        <section class="card" aria-labelledby="baselines">
            <div class="card-head"><h2 id="baselines">"Patch baselines"</h2></div>
            {content} {others}
        </section>
    }
    .into_any()
}

fn table(caption: &'static str, baselines: Vec<PatchBaselineRow>) -> AnyView {
    view! {
        <table class="stack">
            <caption class="unseen">{caption}</caption>
            <thead>
                <tr>
                    {plain_heading("Baseline", "")} {plain_heading("Patch groups", "")} {plain_heading("Approves", "")}
                    {plain_heading("Instances", "n")}
                </tr>
            </thead>
            <tbody>{baselines.into_iter().map(row).collect_view()}</tbody>
        </table>
    }
    .into_any()
}

fn row(baseline: PatchBaselineRow) -> AnyView {
    let groups = match (baseline.patch_groups.is_empty(), baseline.is_default) {
        (false, _) => baseline.patch_groups.join(", "),
        (true, true) => "machines outside any group".to_owned(),
        (true, false) => "none".to_owned(),
    };
    view! {
        <tr>
            <th scope="row">
                <bdi>{baseline.name}</bdi>
                <span class="sub">{format!("{} \u{b7} {}", baseline.operating_system, baseline.region)}</span>
            </th>
            <td data-label="Patch groups"><bdi>{groups}</bdi></td>
            <td data-label="Approves"><bdi>{approves(baseline.rules.as_deref())}</bdi></td>
            <td class="n" data-label="Instances">{count(baseline.instances)}</td>
        </tr>
    }
    .into_any()
}

/// When the rules approve, the soonest first, each once.
fn approves(rules: Option<&[ApprovalRule]>) -> String {
    let Some(rules) = rules else { return "not read yet".to_owned() };
    if rules.is_empty() {
        return "only what it lists".to_owned();
    }
    let mut rules: Vec<_> = rules.iter().collect();
    rules.sort_by_key(|rule| rule.approve_after_days);
    let mut words: Vec<String> = rules.into_iter().map(approval).collect();
    words.dedup();
    words.join("; ")
}

fn approval(rule: &ApprovalRule) -> String {
    match (rule.approve_after_days, rule.approve_until.as_str()) {
        (Some(0), _) => "on release".to_owned(),
        (Some(days), _) => format!("{} after release", plural(days.into(), "day", "days")),
        (None, "") => "whatever its repositories offer".to_owned(),
        (None, until) => format!("what was released until {until}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_told_once_the_soonest_first() {
        let rule = |days, until: &str| ApprovalRule { approve_after_days: days, approve_until: until.to_owned() };
        let rules = [rule(Some(14), ""), rule(Some(0), ""), rule(Some(14), "")];
        assert_eq!(approves(Some(&rules)), "on release; 14 days after release");
        assert_eq!(approves(Some(&[rule(None, "")])), "whatever its repositories offer");
        assert_eq!(approves(Some(&[rule(None, "2026-10-31")])), "what was released until 2026-10-31");
        assert_eq!(approves(Some(&[])), "only what it lists");
        assert_eq!(approves(None), "not read yet");
    }
}
