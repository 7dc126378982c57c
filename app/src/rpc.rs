//! The server functions: one for each question that a page asks.
//!
//! While a page is rendered on the server they run in place; in the browser the same call is a GET to `/rpc/<name>`.
//! They take the page's raw query string, so a filter is parsed in one place only. The reports in the request's context
//! decide what is answered: a server function cannot name a scope.

pub mod error;
#[cfg(feature = "ssr")]
mod request_context;

pub use error::RpcError;

use crate::model::{
    account, auditor_link, calendar, change, coverage, customer, enrollment, enrollment_page, exception, exposure,
    harvest, instance, overview, page::Page, patch, run, service_level, software, transition, trend, update,
};
use leptos::{prelude::*, server_fn::codec::GetUrl};
#[cfg(feature = "ssr")]
use {crate::model::filter, request_context::RequestContext};

/// What the enrollment server answered, or why it did not.
type FromEnrollment<T> = Result<T, enrollment_page::EnrollmentOutage>;

/// The part of another page that the enrollment server knows. None if there is nothing of it: a past day has none.
type PartFromEnrollment<T> = Option<FromEnrollment<T>>;

/// Declares server functions, each with its path below `/rpc`, its parameters, its answer and how the reports give it.
macro_rules! server_functions {
    ($(
        $(#[$doc:meta])*
        $path:literal: fn $name:ident($($parameter:ident),*) -> $answer:ty { |$context:ident| $report:expr }
    )+) => {$(
        $(#[$doc])*
        #[server(prefix = "/rpc", endpoint = $path, input = GetUrl)]
        pub async fn $name($($parameter: String),*) -> Result<$answer, RpcError> {
            let $context = RequestContext::from_request()?;
            $context.respond($report.await)
        }
    )+};
}

server_functions! {
    /// The overview of all accounts.
    "overview": fn overview(query) -> overview::Overview {
        |context| context.reports.overview(context.filter(filter::AccountFilter::from_query(&query))?)
    }

    /// When windows and patch policies start.
    "calendar": fn calendar(query) -> calendar::CalendarPage {
        |context| context.reports.calendar(context.filter(filter::CalendarFilter::from_query(&query))?)
    }

    /// A page of the packages that are installed.
    "packages": fn packages(query) -> Page<software::PackageRow> {
        |context| context.reports.packages(context.filter(filter::PackageFilter::from_query(&query))?)
    }

    /// The instances with a package, and its versions.
    "installed": fn installed(query) -> software::InstalledPage {
        |context| context.reports.installed(context.filter(filter::InstalledFilter::from_query(&query))?)
    }

    /// The instances by how they are covered.
    "coverage": fn coverage(query) -> coverage::CoveragePage {
        |context| context.reports.coverage(context.filter(filter::CoverageFilter::from_query(&query))?)
    }

    /// What is known of the instances for some questions.
    "exposure": fn exposure(query) -> exposure::ExposurePage {
        |context| context.reports.exposure(context.filter(filter::ExposureFilter::from_query(&query))?)
    }

    /// A page of the exceptions.
    "exceptions": fn exceptions(query) -> Page<exception::ExceptionRow> {
        |context| context.reports.exceptions(context.filter(filter::ExceptionFilter::from_query(&query))?)
    }

    /// What a new exception would be about.
    "exception_draft": fn exception_draft(query) -> exception::ExceptionDraftPage {
        |context| context.reports.exception_draft(context.filter(filter::ExceptionDraft::from_query(&query))?)
    }

    /// The customers, and what changed since a day.
    "customers": fn customers(query) -> customer::CustomersPage {
        |context| context.reports.customers(context.filter(filter::CustomersFilter::from_query(&query))?)
    }

    /// One account.
    "account": fn account(account) -> account::AccountPage {
        |context| context.reports.account(context.id(account.parse())?)
    }

    /// The values that the filters above lists offer.
    "choices": fn choices() -> overview::Choices {
        |context| context.reports.choices()
    }

    /// A page of the list of instances.
    "instances": fn instances(query) -> Page<instance::InstanceRow> {
        |context| context.reports.instances(context.filter(filter::InstanceFilter::from_query(&query))?)
    }

    /// One instance, without its lists.
    "instance": fn instance(instance) -> instance::InstancePage {
        |context| context.reports.instance(context.id(instance.parse())?)
    }

    /// A page of a list of updates: of all instances, or of one.
    "updates": fn updates(query) -> Page<update::UpdateRow> {
        |context| context.reports.updates(context.filter(filter::UpdateFilter::from_query(&query))?)
    }

    /// A page of an instance's transitions, newest first.
    "history": fn history(instance, query) -> Page<transition::TransitionRow> {
        |context| context.reports.history(context.instance_list(&instance, &query)?)
    }

    /// A page of the software installed on an instance.
    "software": fn software(instance, query) -> Page<software::SoftwareRow> {
        |context| context.reports.software(context.instance_list(&instance, &query)?)
    }

    /// The runs of some days, and why results failed.
    "run_list": fn run_list(query) -> run::RunsPage {
        |context| context.reports.run_list(context.filter(filter::RunsFilter::from_query(&query))?)
    }

    /// One run, without its results.
    "run": fn run(command) -> run::RunPage {
        |context| context.reports.run(command)
    }

    /// A page of the results of runs.
    "run_results": fn run_results(query) -> Page<run::InvocationRow> {
        |context| context.reports.run_results(context.filter(filter::RunResultsFilter::from_query(&query))?)
    }

    /// A page of an instance's run results, newest first.
    "runs": fn runs(instance, query) -> Page<run::InvocationRow> {
        |context| context.reports.runs(context.instance_list(&instance, &query)?)
    }

    /// A page of the updates by patch.
    "patches": fn patches(query) -> Page<patch::PatchRow> {
        |context| context.reports.patches(context.filter(filter::PatchFilter::from_query(&query))?)
    }

    /// The patches of a name: who has them, and who lacks them.
    "patch": fn patch(name, query) -> patch::PatchPage {
        |context| context.reports.patch(context.patch(&name, &query)?)
    }

    /// Due dates and times to patch.
    "service_level": fn service_level(query) -> service_level::ServiceLevelPage {
        |context| context.reports.service_level(context.filter(filter::ServiceLevelFilter::from_query(&query))?)
    }

    /// One figure by day.
    "trend": fn trend(query) -> trend::TrendPage {
        |context| context.reports.trend(context.filter(filter::TrendFilter::from_query(&query))?)
    }

    /// What changed since a day.
    "changes": fn changes(query) -> change::ChangesPage {
        |context| context.reports.changes(context.filter(filter::ChangesFilter::from_query(&query))?)
    }

    /// The links for auditors.
    "auditor_links": fn auditor_links() -> auditor_link::AuditorLinksPage {
        |context| context.reports.auditor_links()
    }

    /// How to enroll instances of the accounts that may.
    "enrollment_guide": fn enrollment_guide(query) -> FromEnrollment<enrollment_page::EnrollmentPage> {
        |context| {
            let filter = context.filter(filter::EnrollmentFilter::from_query(&query))?;
            let enrollment = context.enrollment()?;
            async move { Ok(enrollment.page(filter).await) }
        }
    }

    /// The enrollments of a list.
    "enrollment_queue": fn enrollment_queue(query) -> FromEnrollment<enrollment_page::EnrollmentQueuePage> {
        |context| {
            let filter = context.filter(filter::EnrollmentQueueFilter::from_query(&query))?;
            let enrollment = context.enrollment()?;
            async move { enrollment.queue(filter).await }
        }
    }

    /// One enrollment.
    "enrollment": fn enrollment(enrollment) -> FromEnrollment<enrollment_page::EnrollmentQueuePage> {
        |context| {
            let reports = context.enrollment()?;
            async move { reports.enrollment(enrollment).await }
        }
    }

    /// How far an account is that may enroll, and how its systems account differs from the settings.
    "enrollment_account": fn enrollment_account(query) -> PartFromEnrollment<enrollment::EnrollmentAccount> {
        |context| {
            let filter = context.filter(filter::EnrollmentFilter::from_query(&query))?;
            let enrollment = context.enrollment.clone();
            async move {
                match enrollment {
                    Some(enrollment) => Ok(part(enrollment.account(filter).await.transpose())),
                    None => Ok(None),
                }
            }
        }
    }

    /// The enrollments of an instance, if its tags name the identity with which it was enrolled.
    "enrollment_trail": fn enrollment_trail(instance) -> PartFromEnrollment<Vec<enrollment::Enrollment>> {
        |context| {
            let (reports, instance) = (context.reports.clone(), context.id(instance.parse())?);
            let enrollment = context.enrollment.clone();
            async move {
                let page = reports.instance(instance).await?;
                let (Some(enrollment), Some(identity)) = (enrollment, enrollment_page::EnrolledAs::of_tags(&page.tags)) else {
                    return Ok(None);
                };
                let trail = enrollment.trail(&identity).await;
                let of_this = |one: &enrollment::Enrollment| identity.is_of(one, &page.instance);
                Ok(part(Some(trail.map(|trail| trail.into_iter().filter(of_this).collect()))))
            }
        }
    }

    /// How the harvest of every account went.
    "harvest": fn harvest(query) -> harvest::HarvestPage {
        |context| context.reports.harvest(context.filter(filter::HarvestFilter::from_query(&query))?)
    }
}

/// Of a past day, other pages have no part from the enrollment server.
#[cfg(feature = "ssr")]
fn part<T>(answer: PartFromEnrollment<T>) -> PartFromEnrollment<T> {
    answer.filter(|answer| !matches!(answer, Err(enrollment_page::EnrollmentOutage::PastDay)))
}
