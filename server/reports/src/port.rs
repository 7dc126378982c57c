//! Implements the port [`Reports`]: each method reads one page.

use super::{ScopedReports, pages};
use async_trait::async_trait;
use muster_model::{
    account::{AccountPage, AccountRow},
    auditor_link::AuditorLinksPage,
    calendar::CalendarPage,
    change::ChangesPage,
    coverage::CoveragePage,
    customer::CustomersPage,
    exception::{ExceptionDraftPage, ExceptionRow},
    exposure::ExposurePage,
    filter::{
        AccountFilter, CalendarFilter, ChangesFilter, CoverageFilter, CustomersFilter, ExceptionDraft, ExceptionFilter,
        ExposureFilter, HarvestFilter, HistoryFilter, InstalledFilter, InstanceFilter, InstanceRunsFilter, OfInstance,
        PackageFilter, PatchFilter, RunResultsFilter, RunsFilter, ServiceLevelFilter, SoftwareFilter, TrendFilter,
        UpdateFilter,
    },
    harvest::{HarvestPage, ScheduleStatus},
    ids::{AccountId, InstanceId},
    instance::{InstancePage, InstanceRow},
    overview::{Choices, Overview},
    page::Page,
    patch::{PatchPage, PatchRow},
    ports::{ReportError, Reports},
    run::{InvocationRow, RunPage, RunsPage},
    service_level::ServiceLevelPage,
    software::{InstalledPage, PackageRow, SoftwareRow},
    transition::TransitionRow,
    trend::TrendPage,
    update::UpdateRow,
};
use muster_query::{accounts, auditor_links, choices, exceptions, instances, runs, service_level, software, updates};
use muster_store::read_queue::ReadLength::{Long, Short};

#[async_trait]
impl Reports for ScopedReports {
    async fn overview(&self, filter: AccountFilter) -> Result<Overview, ReportError> {
        self.read_cached("the overview", Short, filter.clone(), move |context| pages::overview(context, &filter)).await
    }

    async fn accounts(&self, filter: AccountFilter) -> Result<Page<AccountRow>, ReportError> {
        self.list("accounts", filter, accounts::list::listing).await
    }

    async fn account(&self, account: AccountId) -> Result<AccountPage, ReportError> {
        let page =
            self.read_cached("an account", Short, account.clone(), move |context| pages::account(context, &account));
        page.await?.ok_or(ReportError::NotFound)
    }

    async fn calendar(&self, filter: CalendarFilter) -> Result<CalendarPage, ReportError> {
        self.read_cached("the calendar", Short, filter.clone(), move |context| pages::calendar(context, &filter)).await
    }

    async fn packages(&self, filter: PackageFilter) -> Result<Page<PackageRow>, ReportError> {
        self.list("packages", filter, software::packages).await
    }

    async fn installed(&self, filter: InstalledFilter) -> Result<InstalledPage, ReportError> {
        self.read_cached("installed software", Short, filter.clone(), move |context| pages::installed(context, &filter))
            .await
    }

    async fn coverage(&self, filter: CoverageFilter) -> Result<CoveragePage, ReportError> {
        self.read_cached("coverage", Short, filter.clone(), move |context| pages::coverage(context, &filter)).await
    }

    async fn exposure(&self, filter: ExposureFilter) -> Result<ExposurePage, ReportError> {
        self.read_cached("the exposure", Short, filter.clone(), move |context| pages::exposure(context, &filter)).await
    }

    async fn exceptions(&self, filter: ExceptionFilter) -> Result<Page<ExceptionRow>, ReportError> {
        self.list("exceptions", filter, exceptions::listing).await
    }

    async fn exception_draft(&self, draft: ExceptionDraft) -> Result<ExceptionDraftPage, ReportError> {
        if !self.scope.may_make_exceptions() {
            return Err(ReportError::NotFound);
        }
        self.read("a new exception", Short, move |context| exceptions::draft(context, &draft)).await
    }

    async fn customers(&self, filter: CustomersFilter) -> Result<CustomersPage, ReportError> {
        self.read_cached("customers", Long, filter.clone(), move |context| pages::customers(context, &filter)).await
    }

    async fn choices(&self) -> Result<Choices, ReportError> {
        self.read_cached("the filters' values", Short, (), choices::choices).await
    }

    async fn instances(&self, filter: InstanceFilter) -> Result<Page<InstanceRow>, ReportError> {
        self.list("instances", filter, instances::list::listing).await
    }

    async fn instance(&self, instance: InstanceId) -> Result<InstancePage, ReportError> {
        let reports = self.of_one_instance();
        let page = reports.read_cached("an instance", Short, instance.clone(), move |context| {
            instances::detail::instance(context, &instance)
        });
        page.await?.ok_or(ReportError::NotFound)
    }

    async fn updates(&self, filter: UpdateFilter) -> Result<Page<UpdateRow>, ReportError> {
        let reports = if filter.instance.is_some() { self.of_one_instance() } else { self.clone() };
        reports.list("updates", filter, updates::list::listing).await
    }

    async fn patches(&self, filter: PatchFilter) -> Result<Page<PatchRow>, ReportError> {
        self.list("patches", filter, updates::patches::listing).await
    }

    async fn patch(&self, filter: PatchFilter) -> Result<PatchPage, ReportError> {
        let page = self.read_cached("a patch", Short, filter.clone(), move |context| pages::patch(context, &filter));
        page.await?.ok_or(ReportError::NotFound)
    }

    async fn service_level(&self, filter: ServiceLevelFilter) -> Result<ServiceLevelPage, ReportError> {
        self.read_cached("the service level", Long, filter.clone(), move |context| {
            service_level::service_level(context, &filter)
        })
        .await
    }

    async fn history(&self, filter: OfInstance<HistoryFilter>) -> Result<Page<TransitionRow>, ReportError> {
        self.list_of_instance("the history", filter, instances::history::listing).await
    }

    async fn software(&self, filter: OfInstance<SoftwareFilter>) -> Result<Page<SoftwareRow>, ReportError> {
        self.list_of_instance("software", filter, instances::software::listing).await
    }

    async fn run_list(&self, filter: RunsFilter) -> Result<RunsPage, ReportError> {
        self.read_cached("runs", Short, filter.clone(), move |context| pages::runs(context, &filter)).await
    }

    async fn run(&self, command_id: String) -> Result<RunPage, ReportError> {
        let page = self.read("a run", Short, move |context| pages::run(context, &command_id));
        page.await?.ok_or(ReportError::NotFound)
    }

    async fn run_results(&self, filter: RunResultsFilter) -> Result<Page<InvocationRow>, ReportError> {
        self.list("run results", filter, runs::results).await
    }

    async fn runs(&self, filter: OfInstance<InstanceRunsFilter>) -> Result<Page<InvocationRow>, ReportError> {
        self.list_of_instance("runs", filter, runs::of_instance).await
    }

    async fn trend(&self, filter: TrendFilter) -> Result<TrendPage, ReportError> {
        self.read_cached("the trend", Long, filter.clone(), move |context| pages::trend(context, &filter)).await
    }

    async fn changes(&self, filter: ChangesFilter) -> Result<ChangesPage, ReportError> {
        self.read_cached("changes", Long, filter.clone(), move |context| pages::changes(context, &filter)).await
    }

    async fn auditor_links(&self) -> Result<AuditorLinksPage, ReportError> {
        if !self.scope.may_create_auditor_links() {
            return Err(ReportError::NotFound);
        }
        self.read("auditor links", Short, auditor_links::auditor_links).await
    }

    async fn harvest(&self, filter: HarvestFilter) -> Result<HarvestPage, ReportError> {
        if !self.scope.sees_harvest() {
            return Err(ReportError::NotFound);
        }
        // Schedule and store problems are only known for the present.
        let present = self.day.is_none();
        let schedule = if present { self.source.schedule.status() } else { ScheduleStatus::default() };
        self.read("the harvest", Short, move |context| pages::harvest(context, &filter, present, schedule)).await
    }
}
