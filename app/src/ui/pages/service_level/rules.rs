//! What the clock goes by: the days of each customer, and the rules in words.

use crate::{
    model::{service_level::Policy, severity::SeverityBand},
    ui::parts::{plain_heading, table_region},
};
use leptos::prelude::*;

const RULES: [(&str, &str); 5] = [
    (
        "Due date",
        "The days of its severity after the clock starts: when the baseline approved the update if that is known, else when \
         it was first seen missing. For a machine that came later it starts no earlier than the machine was first seen, and \
         for an update that was installed in between, when it went missing again.",
    ),
    (
        "Approval",
        "The release and the days that the patch group's baseline waits (early 0, on-time 7, late 14). Systems Manager gives \
         no release dates with a machine's patches: of Windows' monthly updates the title tells the month, and its second \
         Tuesday counts; of all others the release is unknown. What is missing is approved already.",
    ),
    (
        "Debian, Ubuntu",
        "Their baselines know no waiting days: all patch groups see an update at once, and it goes by the maintenance window \
         when it is installed. The clock starts when it is first seen missing.",
    ),
    (
        "Time to patch",
        "From when an update became missing until it was no longer missing or failed. One that is still pending counts with \
         its age so far, and one that went away uninstalled (superseded, withdrawn, machine gone) with the time until then, \
         so nothing looks better for not having been done. All that were pending in the last 365 days, or \
         since the history is kept.",
    ),
    (
        "Months",
        "Each update counts in the month in which it became pending, so a month is worse the longer its last ones stay.",
    ),
];

pub fn rules_card(policies: Vec<Policy>) -> AnyView {
    let rules = RULES.map(|(name, rule)| view! { <div><dt>{name}</dt><dd>{rule}</dd></div> });
    let heads = SeverityBand::ALL.map(|band| plain_heading(band.label(), "n"));
    let rows = policies.into_iter().map(|policy| {
        let whose = match &policy.customer_id {
            None => view! { "Everybody not named here" }.into_any(),
            Some(id) => {
                let (name, id) = (policy.customer_name.clone(), id.clone());
                view! { <bdi>{name}</bdi><span class="sub"><bdi>{id}</bdi></span> }.into_any()
            }
        };
        let days = SeverityBand::ALL.into_iter().zip(policy.days);
        let days = days.map(|(band, days)| view! { <td class="n" data-label=band.label()>{days}</td> });
        view! { <tr><th scope="row">{whose}</th>{days.collect_view()}</tr> }
    });
    let table = view! {
        <table class="stack">
            <caption class="unseen">"Days until an update is overdue"</caption>
            <thead><tr>{plain_heading("Customer", "")} {heads.collect_view()}</tr></thead>
            <tbody>{rows.collect_view()}</tbody>
        </table>
    };
    view! {
        <section class="card" aria-labelledby="rules">
            <div class="card-head"><h2 id="rules">"Days until an update is overdue"</h2></div>
            {table_region("Days until an update is overdue", table.into_any())}
            <div class="pad">
                <details class="rules">
                    <summary>"How it is counted"</summary>
                    <dl>{rules.collect_view()}</dl>
                </details>
            </div>
        </section>
    }
    .into_any()
}
