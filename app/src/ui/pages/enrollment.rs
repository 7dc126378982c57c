//! `/enrollment` and the pages below it: how instances are enrolled, and what operators decide about enrollments. Also the parts of
//! other pages that the enrollment server knows.

mod account;
mod details;
mod drift;
mod guide;
mod providers;
mod queue;
mod trail;
mod words;

pub use details::{RejectedAction, enrollment_page};
pub use drift::drift_card;
pub use guide::enrollment_guide_page;
pub use queue::enrollment_queue_page;
pub use trail::trail_card;

use crate::{
    model::{EnrollmentFilter, EnrollmentOutage, EnrollmentState, Provider, ViewerRole},
    ui::{prelude::*, viewer::viewer},
};

/// The page about enrolling; single enrollments are below it.
pub const ENROLLMENT: &str = "/enrollment";
/// The list for operators.
pub const ENROLLMENT_QUEUE: &str = "/enrollment/queue";

/// The address of the page about enrolling instances of one account.
fn guide_href(provider: &Provider, account_id: &str) -> String {
    let account = account_id.parse().ok();
    let filter = EnrollmentFilter { customer: None, provider: Some(provider.code().to_owned()), account };
    with_query(ENROLLMENT, &filter.to_query())
}

fn enrollment_href(id: &str) -> String {
    with_query(&format!("{ENROLLMENT}/{id}"), "")
}

fn state_badge(state: EnrollmentState) -> AnyView {
    let (tone, shape) = match state {
        EnrollmentState::AwaitingApproval => ("pending", Icon::Question),
        EnrollmentState::Admitted => ("available", Icon::Clock),
        EnrollmentState::Provisioning => ("available", Icon::Clock),
        EnrollmentState::Failed => ("failed", Icon::Failure),
        EnrollmentState::Enrolled => ("up_to_date", Icon::Success),
        EnrollmentState::Reset => ("no_data", Icon::Dot),
    };
    badge(tone, shape, state.label())
}

/// A page without what it is about: silence would look like nothing to do.
fn outage_page(title: &'static str, outage: EnrollmentOutage, path: &'static str) -> AnyView {
    if outage == EnrollmentOutage::PastDay {
        return past_day(title, path);
    }
    respond_with(503);
    view! {
        <Title text=title />
        <div class="page-header"><h1>{title}</h1></div>
        {notice("failed", "Enrollment server", Icon::Failure, outage_words(outage))}
        <p class="actions"><a class="button" href=with_query(path, "")>"Try again"</a></p>
    }
    .into_any()
}

fn past_day(title: &'static str, path: &'static str) -> AnyView {
    // Who may see one day only has no present.
    let is_auditor = viewer().is_some_and(|viewer| viewer.role == ViewerRole::Auditor);
    let present = (!is_auditor).then(|| {
        view! { <p><a class="button" href=links::with_as_of(path, "", None)>"View the present"</a></p> }
    });
    view! {
        <Title text=title />
        <div class="page-header"><h1>{title}</h1></div>
        <section class="card" aria-label="Past day">
            <div class="empty-state">
                <p>{icon(Icon::Clock)}" "<strong>"Enrollment has only a present."</strong></p>
                <p class="muted">"The history of enrollments is not kept by day."</p>
                {present}
            </div>
        </section>
    }
    .into_any()
}

/// What happened, and what the viewer can do about it.
fn outage_words(outage: EnrollmentOutage) -> AnyView {
    let remedy = match sees_harvest() {
        true => outage.remedy(),
        false => "Try again in a few minutes. If it stays so, tell the operators of VM Management.",
    };
    view! { <p><strong>"Nothing is known of enrollments: "{outage.to_string()}"."</strong>" "{remedy}</p> }.into_any()
}
