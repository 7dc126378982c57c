//! The state of an account that may enroll: its systems account, and the enrollments that are not done.

use super::{ENROLLMENT, state_badge, words};
use crate::{
    model::{Enrollment, EnrollmentAccount, EnrollmentPage, Enrollments},
    ui::prelude::*,
};

const COLUMNS: [Column; 4] =
    [Column::text("Instance"), Column::text("State"), Column::text("Patch group"), Column::numeric("Since (UTC)")];

pub fn account_card(account: &EnrollmentAccount) -> AnyView {
    let fact = |name: &'static str, value: AnyView, about: AnyView| {
        view! { <div><dt>{name}</dt><dd><b>{value}</b><span class="muted">{about}</span></dd></div> }
    };
    let systems_account = match &account.systems_account {
        Some(id) => view! { <bdi class="mono">{id.clone()}</bdi> }.into_any(),
        None => "None yet".into_any(),
    };
    let stage = view! { <bdi>{words::stage(account.stage.as_deref())}</bdi> }.into_any();
    let limit =
        format!("enrolled or in progress; {} may in all accounts of the customer", count(account.instances_max.into()));
    let failure = account.failure.clone().map(|failure| {
        let text = view! { <p><strong>"The systems account could not be created. "</strong><bdi>{failure}</bdi></p> };
        notice("failed", "Systems account", Icon::Failure, text)
    });
    let others = view! { <a class="button" href=with_query(ENROLLMENT, "")>"All accounts"</a> };
    let facts = view! {
        <dl class="details-grid">
            {fact(
                "Account",
                view! { <bdi>{account.account_id.clone()}</bdi> }.into_any(),
                view! { {account.provider.label().to_owned()} }.into_any(),
            )}
            {fact(
                "Customer",
                view! { <bdi>{account.customer_name.clone()}</bdi> }.into_any(),
                view! { <bdi>{account.customer_id.clone()}</bdi> }.into_any(),
            )} {fact("Systems account", systems_account, stage)}
            {fact("Region", view! { <bdi>{account.region.clone()}</bdi> }.into_any(), "in which instances register".into_any())}
            {fact("Instances", count(account.instances).into_any(), limit.into_any())}
            {fact(
                "Approval",
                view! { <bdi>{account.approval.clone()}</bdi> }.into_any(),
                "when an operator must approve".into_any(),
            )}
        </dl>
    };
    view! { {failure} {Card::new("account", account.account_name.clone()).actions(others).content(facts)} }.into_any()
}

/// The enrollments that are pending or failed, the failed ones first.
pub fn enrollments_card(page: &EnrollmentPage) -> AnyView {
    let shown = page.failed.enrollments.iter().chain(&page.pending.enrollments);
    let empty = ("Nothing is pending", "No enrollment of this account waits or has failed.");
    let content = data_table_or(empty, "Enrollments in progress", &COLUMNS, shown.map(row));
    let note = format!("{}, {} failed", plural(page.pending.total, "pending", "pending"), count(page.failed.total));
    Card::new("in-progress", "Enrollments in progress").note(note).content((content, more(&page.pending, &page.failed)))
}

/// How many the server did not list.
fn more(pending: &Enrollments, failed: &Enrollments) -> Option<AnyView> {
    let listed = pending.enrollments.len() + failed.enrollments.len();
    let rest = (pending.total + failed.total).saturating_sub(listed as u64);
    (rest > 0).then(|| view! { <p class="card-footer muted">{format!("and {} more", count(rest))}</p> }.into_any())
}

fn row(of: &Enrollment) -> Vec<AnyView> {
    cells![
        view! {
            <bdi class="whole">{of.instance.clone()}</bdi>
            <span class="secondary"><bdi>{of.evidence.clone()}</bdi></span>
        },
        view! { {state_badge(of.state)} {words::explanation(of)} },
        patch_group(of),
        short_time(Some(of.changed_at), ""),
    ]
}

/// The patch group, and what was wrong with its label.
pub fn patch_group(of: &Enrollment) -> AnyView {
    let note = of.label_note.clone().map(|note| view! { <span class="secondary warning"><bdi>{note}</bdi></span> });
    view! { <bdi>{of.patch_group.clone()}</bdi>{note} }.into_any()
}
