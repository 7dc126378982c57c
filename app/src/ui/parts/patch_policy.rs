//! A patch policy in words: what it does and when, on which instances, by which baselines.

use crate::{
    model::{PatchPolicyRow, visible::quoted_blanks},
    ui::prelude::*,
};

const COLUMNS: [Column; 6] = [
    Column::text("Policy"),
    Column::text("Operation"),
    Column::text("Schedule"),
    Column::text("Targets"),
    Column::text("Baselines"),
    Column::numeric("Instances"),
];

/// The rule of what policies overrule, for the heads of cards.
pub const POLICY_RULE: &str = "Their baselines count, whatever patch groups say";

/// A table of policies, whose last column only the list of an account has.
pub fn policies_table(caption: &'static str, policies: &[PatchPolicyRow], has_instances: bool) -> AnyView {
    let columns = if has_instances { &COLUMNS[..] } else { &COLUMNS[..COLUMNS.len() - 1] };
    data_table(caption, columns, policies.iter().map(row))
}

fn row(policy: &PatchPolicyRow) -> Vec<AnyView> {
    let operation = match policy.operation.as_str() {
        "" => "Unknown".into_any(),
        "Scan" => "Scan only".into_any(),
        "ScanAndInstall" => "Scan and install".into_any(),
        other => view! { <bdi>{other.to_owned()}</bdi> }.into_any(),
    };
    let reboot = match policy.reboot_option.as_str() {
        "" => None,
        "RebootIfNeeded" => Some("Reboots if needed".to_owned()),
        "NoReboot" => Some("Does not reboot".to_owned()),
        other => Some(other.to_owned()),
    };
    cells![
        view! {
            <bdi>{quoted_blanks(&policy.name).into_owned()}</bdi>
            <span class="secondary">{policy.region.clone()}</span>
            {status(&policy.status)}
        },
        view! { {operation}<span class="secondary"><bdi>{reboot}</bdi></span> },
        schedule(policy),
        targets(policy),
        baselines(policy),
        count(policy.instances),
    ]
}

/// The state of the deployment, unless it is as it should be.
fn status(status: &str) -> Option<AnyView> {
    let (tone, shape) = match status {
        "" | "SUCCEEDED" | "NONE" => return None,
        "FAILED" | "DELETE_FAILED" | "STOP_FAILED" => ("failed", Icon::Failure),
        _ => ("stale", Icon::Clock),
    };
    Some(badge(tone, shape, format!("Deployment {}", status.to_lowercase().replace('_', " "))))
}

fn schedule(policy: &PatchPolicyRow) -> AnyView {
    let line = |what: &'static str, schedule: &str, waits: bool| {
        let waits = if waits { "" } else { ", first when deployed" };
        (!schedule.is_empty()).then(|| {
            view! {
                <span class="block">{what}<bdi class="mono">{schedule.to_owned()}</bdi>{format!(" UTC{waits}")}</span>
            }
        })
    };
    let scan = line("Scan ", &policy.scan_schedule, policy.scan_waits);
    // A policy that only scans may still name the schedule of its installations.
    let install = (policy.operation != "Scan")
        .then(|| line("Install ", &policy.install_schedule, policy.install_waits))
        .flatten();
    match (scan, install) {
        (None, None) => "Unknown".into_any(),
        both => view! { {both.0}{both.1} }.into_any(),
    }
}

fn targets(policy: &PatchPolicyRow) -> AnyView {
    let target = policy.target.clone();
    let what = match policy.target_type.as_str() {
        "" => return view! { "Instances with its tag"<span class="secondary">"Details not read"</span> }.into_any(),
        "*" => "All instances".into_any(),
        "Tags" => view! { "Tag "<bdi>{target}</bdi> }.into_any(),
        "InstanceIds" => {
            let ids = target.split(',').filter(|id| !id.is_empty()).count() as u64;
            view! { <span title=target.clone()>{format!("{} by id", plural(ids, "instance", "instances"))}</span> }
                .into_any()
        }
        "ResourceGroups" => view! {
            "Resource group "<bdi>{target}</bdi>
            <span class="secondary">"Only tagged members are known"</span>
        }
        .into_any(),
        other => view! { <bdi>{other.to_owned()}</bdi> }.into_any(),
    };
    let elsewhere =
        (!policy.is_target).then(|| view! { <span class="secondary">"In other accounts or Regions"</span> });
    let unknown = (!policy.is_known)
        .then(|| view! { <span class="secondary warning">"Not known whether this instance is one"</span> });
    view! { {what}{elsewhere}{unknown} }.into_any()
}

fn baselines(policy: &PatchPolicyRow) -> AnyView {
    if policy.baselines.is_empty() {
        return "Unknown".into_any();
    }
    let lines = policy.baselines.iter().cloned().map(|one| view! { <bdi class="block">{one}</bdi> });
    view! { {lines.collect_view()} }.into_any()
}
