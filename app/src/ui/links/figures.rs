//! The list that each figure links to, with the filter that counted it.

use super::{list::file, with_query};
use crate::model::{
    AccountFilter, AccountId, AgentFilter, CalendarFilter, ChangesFilter, CoverageFilter, Due, Exact, ExceptionFilter,
    ExposureFilter, Filter, HarvestFilter, HarvestState, InstalledFilter, InstanceFilter, InstanceId, PackageFilter,
    PatchFilter, PatchRow, PatchStatus, RunFilter, RunOutcome, RunResultsFilter, RunsFilter, ServiceLevelFilter,
    SeverityBand, TrendFigure, TrendFilter, UpdateFilter, UpdateState,
};

/// The list of updates of each instance.
pub const UPDATE_LIST: &str = "/updates/list";

pub fn overview(filter: &AccountFilter) -> String {
    with_query("/", &filter.to_query())
}

pub fn account(account: &AccountId) -> String {
    with_query(&format!("/accounts/{account}"), "")
}

pub fn instances(filter: &InstanceFilter) -> String {
    with_query("/instances", &filter.to_query())
}

pub fn instance(instance: &InstanceId) -> String {
    with_query(&format!("/instances/{instance}"), "")
}

pub fn instance_tab(id: &InstanceId, tab: &str) -> String {
    with_query(&instance(id), &format!("tab={tab}"))
}

/// The list with a row for each update on each instance, which figures of updates count.
pub fn updates(filter: &UpdateFilter) -> String {
    with_query(UPDATE_LIST, &filter.to_query())
}

pub fn patches(filter: &PatchFilter) -> String {
    with_query("/updates", &filter.to_query())
}

/// The list of results of runs.
pub const RUN_RESULTS: &str = "/runs/results";

pub fn calendar(filter: &CalendarFilter) -> String {
    with_query("/calendar", &filter.to_query())
}

/// The calendar as iCalendar.
pub fn calendar_file(filter: &CalendarFilter) -> String {
    with_query("/export/calendar.ics", &CalendarFilter { window: Default::default(), ..filter.clone() }.to_query())
}

pub fn coverage(filter: &CoverageFilter) -> String {
    with_query("/coverage", &filter.to_query())
}

pub fn exceptions(filter: &ExceptionFilter) -> String {
    with_query("/exceptions", &filter.to_query())
}

pub fn exposure(filter: &ExposureFilter) -> String {
    with_query("/exposure", &filter.to_query())
}

pub fn packages(filter: &PackageFilter) -> String {
    with_query("/software", &filter.to_query())
}

/// The list of instances with a package.
pub const INSTALLED: &str = "/software/list";

pub fn installed(filter: &InstalledFilter) -> String {
    with_query(INSTALLED, &filter.to_query())
}

pub fn runs(filter: &RunsFilter) -> String {
    with_query("/runs", &filter.to_query())
}

pub fn run(command_id: &str) -> String {
    let id: String = form_urlencoded::byte_serialize(command_id.as_bytes()).collect();
    with_query(&format!("/runs/{}", id.replace('+', "%20")), "")
}

pub fn run_results(filter: &RunResultsFilter) -> String {
    with_query(RUN_RESULTS, &filter.to_query())
}

/// The results of a run that ended so; all of them without an outcome.
pub fn results_of_run(command_id: &str, outcome: Option<RunOutcome>) -> String {
    run_results(&RunResultsFilter { run: Some(command_id.to_owned()), outcome, ..RunResultsFilter::default() })
}

/// The updates that a row of a list of patches counts.
pub fn counted_updates(filter: &PatchFilter, row: &PatchRow) -> UpdateFilter {
    let (name, title) = (Some(Exact::new(row.name.clone())), Some(Exact::new(row.title.clone())));
    UpdateFilter { name, title, ..filter.updates() }
}

/// The page of the patch with this name and title, on the instances that a filter selects.
pub fn patch(name: &str, title: &str, filter: &PatchFilter) -> String {
    let PatchFilter { customer, provider, account, .. } = filter.clone();
    let filter = PatchFilter { customer, provider, account, title: Some(Exact::new(title)), ..PatchFilter::default() };
    let name = Exact::new(name).written();
    let name: String = form_urlencoded::byte_serialize(name.as_bytes()).collect();
    with_query(&format!("/updates/{}", name.replace('+', "%20")), &filter.to_query())
}

pub fn harvest(account: Option<&AccountId>) -> String {
    with_query("/harvest", &HarvestFilter { account: account.cloned(), ..HarvestFilter::default() }.to_query())
}

/// The harvests in a state.
pub fn harvest_in(state: HarvestState) -> String {
    with_query("/harvest", &HarvestFilter { state: Some(state), ..HarvestFilter::default() }.to_query())
}

/// The download of all figures of a trend's days.
pub fn trend_export(filter: &TrendFilter, excel: bool) -> String {
    file("trend", filter.to_query(), excel)
}

pub fn changes(filter: &ChangesFilter) -> String {
    with_query("/changes", &filter.to_query())
}

pub fn changes_export(filter: &ChangesFilter, excel: bool) -> String {
    let all_rows = ChangesFilter { window: Default::default(), ..filter.clone() };
    file("changes", all_rows.to_query(), excel)
}

pub fn service_level_export(filter: &ServiceLevelFilter, excel: bool) -> String {
    file("service_level", filter.to_query(), excel)
}

/// Links from the figures of one account, or of all accounts of a customer and provider.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountLinks {
    pub customer: Option<String>,
    pub provider: Option<String>,
    pub account: Option<AccountId>,
}

impl AccountLinks {
    /// The accounts that a filter selects.
    pub fn of(filter: &impl Filter) -> Self {
        let text = |key: &str| filter.value(key).map(|value| value.text().into_owned());
        let account = text("account").and_then(|account| account.parse().ok());
        Self { customer: text("customer"), provider: text("provider"), account }
    }

    pub fn of_account(account: &AccountId) -> Self {
        Self { account: Some(account.clone()), ..Self::default() }
    }

    fn instance_filter(&self) -> InstanceFilter {
        InstanceFilter {
            customer: self.customer.clone(),
            provider: self.provider.clone(),
            account: self.account.clone(),
            ..InstanceFilter::default()
        }
    }

    fn update_filter(&self) -> UpdateFilter {
        UpdateFilter {
            customer: self.customer.clone(),
            provider: self.provider.clone(),
            account: self.account.clone(),
            ..UpdateFilter::default()
        }
    }

    /// The trend of a figure of these accounts.
    pub fn trend(&self, figure: TrendFigure) -> String {
        let (customer, provider, account) = (self.customer.clone(), self.provider.clone(), self.account.clone());
        let filter = TrendFilter { figure, customer, provider, account, ..TrendFilter::default() };
        with_query("/trends", &filter.to_query())
    }

    pub fn all(&self) -> String {
        instances(&self.instance_filter())
    }

    pub fn status(&self, status: PatchStatus) -> String {
        instances(&InstanceFilter { status: Some(status), ..self.instance_filter() })
    }

    /// The accounts among these that have this harvest state.
    pub fn harvest_state(&self, state: HarvestState) -> String {
        match &self.account {
            Some(one) => account(one),
            None => overview(&AccountFilter {
                customer: self.customer.clone(),
                provider: self.provider.clone(),
                harvest: Some(state),
                ..AccountFilter::default()
            }),
        }
    }

    pub fn online(&self, online: bool) -> String {
        instances(&InstanceFilter { online: Some(online), ..self.instance_filter() })
    }

    pub fn with_pending_updates(&self) -> String {
        instances(&InstanceFilter { pending: Some(true), ..self.instance_filter() })
    }

    pub fn with_outdated_agent(&self) -> String {
        instances(&InstanceFilter { agent: Some(AgentFilter::Outdated), ..self.instance_filter() })
    }

    pub fn run(&self, run: RunFilter) -> String {
        instances(&InstanceFilter { run: Some(run), ..self.instance_filter() })
    }

    pub fn patch_group(&self, group: &str, status: Option<PatchStatus>) -> String {
        instances(&InstanceFilter { patch_group: Some(Exact::new(group)), status, ..self.instance_filter() })
    }

    pub fn pending_updates(&self) -> String {
        updates(&UpdateFilter { states: UpdateState::PENDING.to_vec(), ..self.update_filter() })
    }

    pub fn updates_in(&self, state: &UpdateState) -> String {
        updates(&UpdateFilter { states: vec![state.clone()], ..self.update_filter() })
    }

    pub fn details_missing(&self) -> String {
        instances(&InstanceFilter { details_missing: Some(true), ..self.instance_filter() })
    }

    pub fn severity(&self, band: SeverityBand) -> String {
        updates(&UpdateFilter { states: UpdateState::PENDING.to_vec(), severity: Some(band), ..self.update_filter() })
    }

    /// Pending updates, all of them or by their due date.
    pub fn due(&self, due: Option<Due>, severity: Option<SeverityBand>) -> String {
        let states = if due.is_some() { Vec::new() } else { UpdateState::PENDING.to_vec() };
        updates(&UpdateFilter { states, severity, due, ..self.update_filter() })
    }

    /// Overdue updates with (`any`) or without (`none`) an exception.
    pub fn overdue_by_exception(&self, exception: &str) -> String {
        let exception = Some(exception.to_owned());
        updates(&UpdateFilter { due: Some(Due::Overdue), exception, ..self.update_filter() })
    }

    /// The instances of these accounts on which one update is missing. On Linux a name can stand for several titles.
    pub fn missing(&self, name: &str, title: &str) -> String {
        let (name, title) = (Some(Exact::new(name)), Some(Exact::new(title)));
        updates(&UpdateFilter { name, title, states: vec![UpdateState::Missing], ..self.update_filter() })
    }
}

/// Links from one instance's figures to its filtered updates.
pub struct InstanceLinks<'a>(pub &'a InstanceId);

impl InstanceLinks<'_> {
    /// Its pending updates of a severity.
    pub fn pending(&self, severity: SeverityBand) -> String {
        self.updates(&UpdateState::PENDING, Some(severity))
    }

    pub fn updates(&self, states: &[UpdateState], severity: Option<SeverityBand>) -> String {
        let filter = UpdateFilter { states: states.to_vec(), severity, ..UpdateFilter::default() };
        with_query(&instance(self.0), &filter.to_query())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_an_account_link_to_the_counted_rows() {
        let links = AccountLinks::of_account(&"402155771038".parse().expect("an id"));
        assert_eq!(links.all(), "/instances?account=402155771038");
        assert_eq!(links.online(true), "/instances?account=402155771038&online=true");
        assert_eq!(links.pending_updates(), "/updates/list?account=402155771038&state=Missing%2CFailed");
        assert_eq!(links.with_pending_updates(), "/instances?account=402155771038&pending=true");
        assert_eq!(links.with_outdated_agent(), "/instances?account=402155771038&agent=outdated");
        assert_eq!(links.run(RunFilter::Finished), "/instances?account=402155771038&run=finished");
        assert_eq!(links.trend(TrendFigure::RunSuccess), "/trends?figure=run_success_percent&account=402155771038");
        assert_eq!(links.due(Some(Due::Overdue), None), "/updates/list?account=402155771038&due=overdue");
        assert_eq!(links.due(None, None), links.pending_updates());
        assert_eq!(links.patch_group("", None), "/instances?account=402155771038&patch_group=%5Cnone");
        assert_eq!(links.updates_in(&UpdateState::Missing), "/updates/list?account=402155771038&state=Missing");
        assert_eq!(links.details_missing(), "/instances?account=402155771038&details_missing=true");
    }

    #[test]
    fn links_keep_the_scope_of_the_page() {
        let filter = AccountFilter::from_query("customer=northwind&provider=aws&sort=instances").expect("a filter");
        let links = AccountLinks::of(&filter);
        assert_eq!(links.status(PatchStatus::Failed), "/instances?customer=northwind&provider=aws&status=failed");
        assert_eq!(
            links.severity(SeverityBand::Critical),
            "/updates/list?customer=northwind&provider=aws&state=Missing%2CFailed&severity=critical"
        );
    }

    #[test]
    fn figures_of_an_instance_link_to_its_updates() {
        let id = "i-0cb2b964d3e14fd9f".parse().expect("an id");
        let links = InstanceLinks(&id);
        assert_eq!(links.updates(&[UpdateState::Missing], None), "/instances/i-0cb2b964d3e14fd9f?state=Missing");
        assert_eq!(links.updates(&[], None), "/instances/i-0cb2b964d3e14fd9f");
        let patch = patch("kernel/x", "a b", &PatchFilter::default());
        assert_eq!(patch, "/updates/kernel%2Fx?title=a+b");
        assert_eq!(instance_tab(&id, "runs"), "/instances/i-0cb2b964d3e14fd9f?tab=runs");
    }
}
