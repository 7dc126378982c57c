//! `/enrollment/{enrollment}`: one enrollment, for operators. A reset is confirmed here.

use super::{
    ENROLLMENT_QUEUE,
    account::patch_group,
    enrollment_href, outage_page,
    queue::{account_of, action_button},
    state_badge, words,
};
use crate::{
    model::{Enrollment, EnrollmentAction, EnrollmentOutage, EnrollmentQueuePage, NamedEnrollment},
    ui::prelude::*,
};

const TITLE: &str = "Enrollment";

/// Why an action was not carried out; the server provides it when the page answers the form.
#[derive(Clone, Debug)]
pub struct RejectedAction {
    pub action: EnrollmentAction,
    pub reason: String,
}

pub fn enrollment_page() -> AnyView {
    page(ENROLLMENT_QUEUE, |at| rpc::enrollment(at.id), show)
}

fn show(_: Address, answer: Result<EnrollmentQueuePage, EnrollmentOutage>) -> AnyView {
    let page = match answer {
        Ok(page) => page,
        Err(outage) => return view! { {rejected()}{outage_page(TITLE, outage, ENROLLMENT_QUEUE)} }.into_any(),
    };
    let rows = page.rows.iter().map(|row| whole(row, page.now));
    view! { <Title text=TITLE /> {rows.collect_view()} }.into_any()
}

fn rejected() -> Option<AnyView> {
    use_context::<RejectedAction>().map(|RejectedAction { action, reason }| {
        respond_with(409);
        let name = action.name();
        view! {
            <section class="notice tone-failed" role="alert">
                {icon(Icon::Failure)} <p><strong>"Not done: "{name}". "</strong><bdi>{reason}</bdi></p>
            </section>
        }
        .into_any()
    })
}

fn whole(row: &NamedEnrollment, now: Timestamp) -> AnyView {
    let of = &row.enrollment;
    let at_once = [EnrollmentAction::Approve, EnrollmentAction::Retry].into_iter();
    let buttons = at_once.filter_map(|action| action_button(of, action)).collect_view();
    view! {
        <div class="page-header">
            {breadcrumbs(vec![("Enrollments".to_owned(), ENROLLMENT_QUEUE.to_owned())], of.instance.clone())}
            <div class="page-title"><h1><bdi class="whole">{of.instance.clone()}</bdi></h1>{state_badge(of.state)}</div>
            <ul class="metadata"><li><bdi class="mono">{of.id.clone()}</bdi></li></ul>
        </div>
        {rejected()}
        {Card::new("facts", "Enrollment").actions(view! { <div class="row-actions">{buttons}</div> }).content(facts(row, now))}
        {reset(of)}
    }
    .into_any()
}

fn facts(row: &NamedEnrollment, now: Timestamp) -> AnyView {
    let of = &row.enrollment;
    let fact = |name: &'static str, value: AnyView| view! { <dt>{name}</dt><dd>{value}</dd> };
    let systems_account = if of.requests_systems_account { "Requested a new one" } else { "Had one" };
    let activation = match &of.activation_id {
        Some(id) => view! { <bdi class="mono">{id.clone()}</bdi>", "{time_or(of.activated_at, "at an unknown time")} }
            .into_any(),
        None => "None yet".into_any(),
    };
    let earlier = of
        .earlier
        .iter()
        .map(|id| view! { <li><a class="mono" href=enrollment_href(id)><bdi>{id.clone()}</bdi></a></li> });
    let earlier = match of.earlier.is_empty() {
        true => "None".into_any(),
        false => view! { <ul class="words">{earlier.collect_view()}</ul> }.into_any(),
    };
    view! {
        <dl class="explained card-body">
            {fact("State", view! { {of.state.label()} {words::explanation(of)} }.into_any())}
            {fact("Evidence", view! { <bdi>{of.evidence.clone()}</bdi> }.into_any())} {fact("Account", account_of(row))}
            {fact("Systems account", systems_account.into_any())}
            {fact("Region", view! { <bdi>{of.region.clone()}</bdi> }.into_any())} {fact("Patch group", patch_group(of))}
            {fact("Requested", view! { {time_or(Some(of.requested_at), "")}" ("{age_of(now, of.requested_at)}")" }.into_any())}
            {fact("Last change", view! { {time_or(Some(of.changed_at), "")}" ("{age_of(now, of.changed_at)}")" }.into_any())}
            {fact("Activation", activation)} {fact("Earlier enrollments", earlier)}
        </dl>
    }
    .into_any()
}

/// What a reset does, and its button.
fn reset(of: &Enrollment) -> Option<AnyView> {
    action_button(of, EnrollmentAction::Reset).map(|button| {
        let content = view! {
            <div class="card-body confirm">
                <p>
                    "The enrollment server forgets that this instance was enrolled, and frees its token. Unused activations are deleted, and "
                    <strong>"who sends the evidence of the instance first gets the next activation"</strong>
                    ". Reset it only if you know why the instance needs it, such as after its registration was cleared. It cannot be undone."
                </p>
                {button}
            </div>
        };
        Card::new("reset", "Reset").content(content)
    })
}
