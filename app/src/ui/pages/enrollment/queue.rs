//! `/enrollment/queue`: the enrollments that wait for operators, those that failed, and those that are done.

use super::{ENROLLMENT_QUEUE, account::patch_group, enrollment_href, guide_href, outage_page, state_badge, words};
use crate::{
    model::{
        Enrollment, EnrollmentAction, EnrollmentList, EnrollmentOutage, EnrollmentQueueFilter, EnrollmentQueuePage,
        NamedEnrollment,
    },
    ui::{prelude::*, viewer::decides_enrollments},
};

const TITLE: &str = "Enrollments";

const COLUMNS: [Column; 7] = [
    Column::text("Instance"),
    Column::text("Account"),
    Column::text("State"),
    Column::text("Patch group"),
    Column::text("Systems account"),
    Column::numeric("Since (UTC)"),
    Column::text("Actions"),
];

pub fn enrollment_queue_page() -> AnyView {
    page(ENROLLMENT_QUEUE, |at| rpc::enrollment_queue(at.query), show)
}

fn show(at: Address, answer: Result<EnrollmentQueuePage, EnrollmentOutage>) -> AnyView {
    let page = match answer {
        Ok(page) => page,
        Err(outage) => return outage_page(TITLE, outage, ENROLLMENT_QUEUE),
    };
    let filter = EnrollmentQueueFilter::from_query(&at.query).unwrap_or_default();
    let list = filter.list.unwrap_or_default();
    let empty = match list {
        EnrollmentList::Pending => ("Nothing is pending", "No enrollment waits for an operator or a systems account."),
        EnrollmentList::Failed => ("Nothing has failed", "No enrollment needs an operator to retry it."),
        EnrollmentList::Done => ("Nothing is done yet", "No instance was enrolled."),
    };
    let rest = page.total.saturating_sub(page.rows.len() as u64);
    let more = (rest > 0).then(|| {
        view! { <p class="card-footer muted">{format!("and {} earlier ones, which the enrollment server does not list", count(rest))}</p> }
    });
    let table = data_table_or(empty, "Enrollments", &COLUMNS, page.rows.iter().map(row));
    view! {
        <Title text=TITLE />
        <div class="page-header">
            <h1>{TITLE}</h1>
            <p class="muted">"What operators decide. The latest change is first."</p>
        </div>
        {tabs(&filter, list)}
        {Card::new("enrollments", plural(page.total, "enrollment", "enrollments")).content((table, more))}
    }
    .into_any()
}

fn tabs(filter: &EnrollmentQueueFilter, current: EnrollmentList) -> AnyView {
    let tabs = EnrollmentList::ALL.map(|list| {
        let named = (list != EnrollmentList::default()).then_some(list);
        let href = with_query(ENROLLMENT_QUEUE, &EnrollmentQueueFilter { list: named, ..filter.clone() }.to_query());
        view! { <li><a href=href aria-current=(list == current).then_some("page")>{list.label()}</a></li> }
    });
    view! { <nav class="tabs" aria-label="Lists"><ul>{tabs.collect_view()}</ul></nav> }.into_any()
}

fn row(row: &NamedEnrollment) -> Vec<AnyView> {
    let of = &row.enrollment;
    cells![
        view! {
            <a class="whole" href=enrollment_href(&of.id)><bdi>{of.instance.clone()}</bdi></a>
            <span class="secondary"><bdi>{of.evidence.clone()}</bdi></span>
        },
        account_of(row),
        view! { {state_badge(of.state)} {words::explanation(of)} },
        patch_group(of),
        if of.requests_systems_account { "Requested a new one" } else { "Had one" },
        short_time(Some(of.changed_at), ""),
        actions(of),
    ]
}

/// The account with its provider and customer.
pub fn account_of(row: &NamedEnrollment) -> AnyView {
    let of = &row.enrollment;
    view! {
        <a href=guide_href(&of.provider, &of.account_id)><bdi>{row.account_name.clone()}</bdi></a>
        <span class="secondary">{of.provider.label().to_owned()}", "<bdi>{row.customer_name.clone()}</bdi></span>
    }
    .into_any()
}

/// The buttons that act at once, and the link to the page on which a reset is confirmed.
fn actions(of: &Enrollment) -> AnyView {
    let at_once = [EnrollmentAction::Approve, EnrollmentAction::Retry].into_iter();
    let buttons = at_once.filter_map(|action| action_button(of, action)).collect_view();
    let can_reset = decides_enrollments() && EnrollmentAction::Reset.applies_to(of.state);
    let reset = can_reset.then(|| {
        let label = format!("Reset the enrollment of {}", of.instance);
        view! { <a class="button subtle" href=format!("{}#reset", enrollment_href(&of.id)) aria-label=label>"Reset\u{2026}"</a> }
    });
    view! { <div class="row-actions">{buttons}{reset}</div> }.into_any()
}

/// The button of an action, where it does something and the viewer may decide.
pub fn action_button(of: &Enrollment, action: EnrollmentAction) -> Option<AnyView> {
    let name = match action {
        EnrollmentAction::Approve => "Approve",
        EnrollmentAction::Retry => "Retry",
        EnrollmentAction::Reset => "Reset",
    };
    (decides_enrollments() && action.applies_to(of.state)).then(|| {
        let label = format!("{name} the enrollment of {}", of.instance);
        view! {
            <form method="post" action="/enrollment/act">
                <input type="hidden" name="enrollment" value=of.id.clone() />
                <input type="hidden" name="action" value=action.name() />
                <button class="button" type="submit" aria-label=label>{name}</button>
            </form>
        }
        .into_any()
    })
}
