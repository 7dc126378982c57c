//! The lists, in one table: their files, their JSON and the description of both follow it.

use muster_model::{
    account::AccountRow,
    calendar::CalendarRow,
    change::ChangeRow,
    coverage::CoverageRow,
    customer::CustomerRow,
    exception::ExceptionRow,
    exposure::ExposureRow,
    filter::{
        AccountFilter, CalendarFilter, ChangesFilter, CoverageFilter, CustomersFilter, ExceptionFilter, ExposureFilter,
        Filter, HistoryFilter, InstalledFilter, InstanceFilter, InstanceRunsFilter, OfInstance, PackageFilter,
        PatchFilter, RunResultsFilter, RunsFilter, ServiceLevelFilter, TrendFilter, UpdateFilter,
    },
    ids::InstanceId,
    instance::InstanceRow,
    patch::PatchRow,
    query_string::QueryError,
    run::{InvocationRow, RunRow},
    service_level::AccountServiceRow,
    software::{InstalledRow, PackageRow},
    transition::TransitionRow,
    trend::TrendDay,
    update::UpdateRow,
};
use muster_query::{
    accounts, calendar, changes, coverage, customers, exceptions, exposure, instances, listing::Lists, runs,
    service_level, software, trend, updates,
};
use muster_reports::ListedRow;
use utoipa::ToSchema;

/// A list that there is a file of, and JSON unless it has a route of its own.
pub struct List<F, Row> {
    /// The name of the file, of the JSON route, and of the reading in the log.
    pub name: &'static str,
    /// What it lists, for the description of the API.
    pub summary: &'static str,
    pub has_json: bool,
    pub filter: fn(&str) -> Result<F, QueryError>,
    /// The instance that the list belongs to; out of scope, it has no list.
    pub instance: fn(&F) -> Option<InstanceId>,
    pub listing: Lists<F, Row>,
}

/// A row of a list, for every format.
pub trait ListRow: ListedRow + ToSchema {}

impl<Row: ListedRow + ToSchema> ListRow for Row {}

/// Does something for each list.
pub trait ForEachList {
    fn list<F: Filter + Send + 'static, Row: ListRow>(&mut self, list: List<F, Row>);
}

pub fn for_each_list(what: &mut impl ForEachList) {
    what.list(ACCOUNTS);
    what.list(CALENDAR);
    what.list(CHANGES);
    what.list(COVERAGE);
    what.list(CUSTOMERS);
    what.list(EXCEPTIONS);
    what.list(EXPOSURE);
    what.list(INSTALLED);
    what.list(INSTANCES);
    what.list(PACKAGES);
    what.list(PATCHES);
    what.list(RUN_LIST);
    what.list(RUN_RESULTS);
    what.list(SERVICE_LEVEL);
    what.list(TREND);
    what.list(UPDATES);
}

pub const ACCOUNTS: List<AccountFilter, AccountRow> =
    List::new("accounts", "Accounts with the figures of the Patching table", accounts::list::listing);
pub const CALENDAR: List<CalendarFilter, CalendarRow> = List::new(
    "calendar",
    "When windows and patch policies start, what they will meet and how they ended",
    calendar::listing,
);
pub const CHANGES: List<ChangesFilter, ChangeRow> =
    List::new("changes", "What changed between the ends of two days", changes::listing).without_json();
pub const COVERAGE: List<CoverageFilter, CoverageRow> =
    List::new("coverage", "Every instance ever seen with how it is covered", coverage::listing);
pub const CUSTOMERS: List<CustomersFilter, CustomerRow> =
    List::new("customers", "Customers with what needs attention", customers::listing);
pub const EXCEPTIONS: List<ExceptionFilter, ExceptionRow> =
    List::new("exceptions", "Accepted and deferred updates, with what they are about", exceptions::listing);
pub const EXPOSURE: List<ExposureFilter, ExposureRow> = List::new(
    "exposure",
    "Whether instances are affected by CVEs, lack updates, or have versions of packages",
    exposure::listing,
);
pub const HISTORY: List<OfInstance<HistoryFilter>, TransitionRow> =
    List::of_instance("history", "An instance's transitions, newest first", instances::history::listing);
pub const INSTALLED: List<InstalledFilter, InstalledRow> =
    List::new("installed", "Installed packages, a row for each instance", software::installed);
pub const INSTANCES: List<InstanceFilter, InstanceRow> =
    List::new("instances", "Current instances", instances::list::listing);
pub const PACKAGES: List<PackageFilter, PackageRow> =
    List::new("packages", "Installed packages with their versions and instances", software::packages);
pub const PATCHES: List<PatchFilter, PatchRow> =
    List::new("patches", "The updates of current instances by patch", updates::patches::listing);
pub const RUNS: List<OfInstance<InstanceRunsFilter>, InvocationRow> =
    List::of_instance("runs", "An instance's results of runs, newest first", runs::of_instance);
pub const RUN_LIST: List<RunsFilter, RunRow> =
    List::new("run_list", "Runs with how their results ended", runs::listing).without_json();
pub const RUN_RESULTS: List<RunResultsFilter, InvocationRow> =
    List::new("run_results", "Results of runs on instances", runs::results);
pub const SERVICE_LEVEL: List<ServiceLevelFilter, AccountServiceRow> =
    List::new("service_level", "The accounts of the service level", service_level::listing).without_json();
pub const TREND: List<TrendFilter, TrendDay> =
    List::new("trend", "The figures of each recorded day", trend::listing).without_json();
pub const UPDATES: List<UpdateFilter, UpdateRow> =
    List::new("updates", "Updates of current instances", updates::list::listing);

impl<F, Row> List<F, Row> {
    /// The JSON has a route of its own.
    const fn without_json(mut self) -> Self {
        self.has_json = false;
        self
    }
}

impl<F: Filter, Row> List<F, Row> {
    const fn new(name: &'static str, summary: &'static str, listing: Lists<F, Row>) -> Self {
        Self { name, summary, has_json: true, filter: F::from_query, instance: |_| None, listing }
    }
}

impl<F: Filter, Row> List<OfInstance<F>, Row> {
    const fn of_instance(name: &'static str, summary: &'static str, listing: Lists<OfInstance<F>, Row>) -> Self {
        let instance = |filter: &OfInstance<F>| Some(filter.instance.clone());
        let filter = OfInstance::from_export_query;
        Self { name, summary, has_json: false, filter, instance, listing }
    }
}

// `List` is made of pointers only.
impl<F, Row> Clone for List<F, Row> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F, Row> Copy for List<F, Row> {}
