//! The reports that pages may request. The server implements them for one caller at a time, already restricted to the
//! caller's scope: a page cannot name a scope, so it cannot widen one.

use crate::{
    AccountFilter, AccountId, AccountPage, AccountRow, AuditorLinksPage, CalendarFilter, CalendarPage, ChangesFilter,
    ChangesPage, Choices, CoverageFilter, CoveragePage, CustomersFilter, CustomersPage, EnrolledAs, Enrollment,
    EnrollmentAccount, EnrollmentFilter, EnrollmentOutage, EnrollmentPage, EnrollmentQueueFilter, EnrollmentQueuePage,
    ExceptionDraft, ExceptionDraftPage, ExceptionFilter, ExceptionRow, ExposureFilter, ExposurePage, HarvestFilter,
    HarvestPage, HistoryFilter, InstalledFilter, InstalledPage, InstanceFilter, InstanceId, InstancePage, InstanceRow,
    InstanceRunsFilter, InvocationRow, OfInstance, Overview, PackageFilter, PackageRow, Page, PatchFilter, PatchPage,
    PatchRow, RunPage, RunResultsFilter, RunsFilter, RunsPage, ServiceLevelFilter, ServiceLevelPage, SoftwareFilter,
    SoftwareRow, TransitionRow, TrendFilter, TrendPage, UpdateFilter, UpdateRow,
};
use async_trait::async_trait;
use std::sync::Arc;

/// Why a report failed. An object outside the scope is `NotFound`, as if it did not exist.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    #[error("not found")]
    NotFound,
    /// Too many reads wait, above all of the same caller.
    #[error("too many reads are waiting; try again in {retry_after_seconds} s")]
    Busy { retry_after_seconds: u64 },
    /// The store failed; the server's log has the cause under this reference.
    #[error("the store did not answer (reference {reference})")]
    Unavailable { reference: String },
}

/// The reports of one caller.
#[async_trait]
pub trait Reports: Send + Sync {
    async fn overview(&self, filter: AccountFilter) -> Result<Overview, ReportError>;
    async fn accounts(&self, filter: AccountFilter) -> Result<Page<AccountRow>, ReportError>;
    async fn account(&self, account: AccountId) -> Result<AccountPage, ReportError>;
    async fn calendar(&self, filter: CalendarFilter) -> Result<CalendarPage, ReportError>;
    async fn packages(&self, filter: PackageFilter) -> Result<Page<PackageRow>, ReportError>;
    async fn installed(&self, filter: InstalledFilter) -> Result<InstalledPage, ReportError>;
    async fn coverage(&self, filter: CoverageFilter) -> Result<CoveragePage, ReportError>;
    async fn exposure(&self, filter: ExposureFilter) -> Result<ExposurePage, ReportError>;
    async fn exceptions(&self, filter: ExceptionFilter) -> Result<Page<ExceptionRow>, ReportError>;
    /// `NotFound` unless the caller may make exceptions.
    async fn exception_draft(&self, draft: ExceptionDraft) -> Result<ExceptionDraftPage, ReportError>;
    async fn customers(&self, filter: CustomersFilter) -> Result<CustomersPage, ReportError>;
    /// The values that the filters above lists offer.
    async fn choices(&self) -> Result<Choices, ReportError>;
    async fn instances(&self, filter: InstanceFilter) -> Result<Page<InstanceRow>, ReportError>;
    async fn instance(&self, instance: InstanceId) -> Result<InstancePage, ReportError>;
    async fn updates(&self, filter: UpdateFilter) -> Result<Page<UpdateRow>, ReportError>;
    /// The updates by patch.
    async fn patches(&self, filter: PatchFilter) -> Result<Page<PatchRow>, ReportError>;
    /// The patch that the filter names; `NotFound` if no current instance in scope has it in any state.
    async fn patch(&self, filter: PatchFilter) -> Result<PatchPage, ReportError>;
    async fn service_level(&self, filter: ServiceLevelFilter) -> Result<ServiceLevelPage, ReportError>;
    async fn history(&self, filter: OfInstance<HistoryFilter>) -> Result<Page<TransitionRow>, ReportError>;
    async fn software(&self, filter: OfInstance<SoftwareFilter>) -> Result<Page<SoftwareRow>, ReportError>;
    async fn run_list(&self, filter: RunsFilter) -> Result<RunsPage, ReportError>;
    async fn run(&self, command_id: String) -> Result<RunPage, ReportError>;
    /// The results of runs over all instances in scope.
    async fn run_results(&self, filter: RunResultsFilter) -> Result<Page<InvocationRow>, ReportError>;
    async fn runs(&self, filter: OfInstance<InstanceRunsFilter>) -> Result<Page<InvocationRow>, ReportError>;
    async fn trend(&self, filter: TrendFilter) -> Result<TrendPage, ReportError>;
    async fn changes(&self, filter: ChangesFilter) -> Result<ChangesPage, ReportError>;
    /// `NotFound` unless the caller may create links.
    async fn auditor_links(&self) -> Result<AuditorLinksPage, ReportError>;
    async fn harvest(&self, filter: HarvestFilter) -> Result<HarvestPage, ReportError>;
}

/// What the enrollment server says, to one caller. It is no part of the store, so it is a port of its own: it has only a present, and
/// can be out of reach while the reports are not.
#[async_trait]
pub trait EnrollmentReports: Send + Sync {
    /// The accounts in scope that may enroll.
    async fn accounts(&self, filter: EnrollmentFilter) -> Result<Vec<EnrollmentAccount>, EnrollmentOutage>;
    async fn page(&self, filter: EnrollmentFilter) -> Result<EnrollmentPage, EnrollmentOutage>;
    /// The one account of the filter, for those who may see how it differs from its settings. None if it may not enroll, or not be
    /// seen.
    async fn account(&self, filter: EnrollmentFilter) -> Result<Option<EnrollmentAccount>, EnrollmentOutage>;
    /// The enrollments of an identity in scope, the latest change first.
    async fn trail(&self, of: &EnrolledAs) -> Result<Vec<Enrollment>, EnrollmentOutage>;
    /// `NotFound` unless the caller is an operator.
    async fn queue(
        &self,
        filter: EnrollmentQueueFilter,
    ) -> Result<Result<EnrollmentQueuePage, EnrollmentOutage>, ReportError>;
    /// `NotFound` unless the caller is an operator, and if there is no such enrollment.
    async fn enrollment(&self, id: String) -> Result<Result<EnrollmentQueuePage, EnrollmentOutage>, ReportError>;
}

/// The type under which the server provides what the enrollment server says, if there is one.
pub type EnrollmentRef = Arc<dyn EnrollmentReports>;

/// The type under which the server provides the caller's reports to pages and server functions.
pub type ReportsRef = Arc<dyn Reports>;

/// Provided instead of reports when the request itself is invalid, with the reason.
#[derive(Clone, Debug)]
pub struct InvalidRequest(pub String);
