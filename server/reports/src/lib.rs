//! The reports of one asker: the port that pages, JSON and exports ask, with the scope already inside.

mod reading;

use async_trait::async_trait;
use duckdb::Connection;
use jiff::{Timestamp, civil::Date};
use muster_access::scope::Scope;
use muster_chart::{one_figure, pending_by_severity, trend as trend_chart};
use muster_core::clock::SharedClock;
use muster_core::schedule::Schedule;
use muster_metrics::Limits;
use muster_model::{
    account::{AccountPage, AccountRow},
    auditor_link::AuditorLinksPage,
    change::{ChangeCounts, ChangesPage},
    filter::{
        AccountFilter, ChangesFilter, HarvestFilter, HistoryFilter, InstanceFilter, ServiceLevelFilter, TrendFilter,
        UpdateFilter,
    },
    harvest::{HarvestPage, ScheduleStatus},
    ids::{AccountId, InstanceId},
    instance::{InstancePage, InstanceRow},
    overview::{Choices, Overview},
    page::{Page, Window},
    past::{self, not_a_day, only_that_day},
    ports::{ReportError, Reports},
    query_string::QueryError,
    run::InvocationRow,
    service_level::ServiceLevelPage,
    software::SoftwareRow,
    transition::TransitionRow,
    trend::TrendPage,
    update::UpdateRow,
};
use muster_query::{
    account_detail, account_list, account_totals, associations, attention, auditor_links, bind::Context, changes,
    choices, freshness, harvest_status, instance_detail, instance_list, maintenance_windows, missing_patches,
    patch_baselines, patch_groups, recent_runs, run_list, service_level, severity_counts, software_list, status_counts,
    transition_list, trend, update_list,
};
use muster_store::{
    connection::Store,
    error::StoreError,
    frozen::Frozen,
    value::{day_of, end_of},
};
use std::{sync::Arc, time::Duration};

/// What takes longer than this is no page that anybody waits for.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(10);

/// Where reports come from, whoever asks.
#[derive(Clone)]
pub struct ReportSource {
    pub store: Store,
    pub limits: Limits,
    pub clock: SharedClock,
    pub schedule: Arc<Schedule>,
}

/// The reports of one asker.
pub struct ScopedReports {
    source: ReportSource,
    scope: Scope,
    /// The one moment that all answers are of; without it each answer is of its own.
    moment: Option<(Frozen, Timestamp)>,
    /// The day at whose end everything is shown; none for the present.
    day: Option<Date>,
    /// The first day of which everything is still known, if anything was dropped.
    kept_since: Option<Date>,
}

impl ReportSource {
    /// The only way to reports: with a scope.
    pub fn for_scope(&self, scope: Scope) -> ScopedReports {
        let kept_since = self.store.kept_since();
        let day = scope.day();
        ScopedReports { source: self.clone(), scope, moment: None, day, kept_since }
    }

    /// Reports that all show the same state of the store, which says since when the history is kept, as it looks at the
    /// same time.
    pub fn at_one_moment(
        &self,
        scope: Scope,
        frozen: Frozen,
        now: Timestamp,
        kept_since: Option<Date>,
    ) -> ScopedReports {
        ScopedReports { source: self.clone(), scope, moment: Some((frozen, now)), day: None, kept_since }
    }
}

impl ScopedReports {
    /// The same reports as they were at the end of a day. The present day has not ended: it is shown as it is.
    pub fn as_of(mut self, day: Option<Date>) -> Result<Self, QueryError> {
        let day = match (self.scope.day(), day) {
            (Some(only), Some(day)) if day != only => return Err(only_that_day(day, only)),
            (Some(only), _) => Some(only),
            (None, day) => day,
        };
        let today = day_of(self.source.clock.now());
        if let Some(day) = day.filter(|day| *day > today) {
            return Err(not_a_day(day.to_string()));
        }
        self.is_kept(past::AS_OF, day)?;
        self.day = day.filter(|day| *day < today);
        Ok(self)
    }

    /// The same reports, if the day that the query string compares with is still known.
    pub fn compared_with(self, since: Option<Date>) -> Result<Self, QueryError> {
        self.is_kept(past::SINCE, since)?;
        Ok(self)
    }

    fn is_kept(&self, key: &str, day: Option<Date>) -> Result<(), QueryError> {
        match (day, self.kept_since) {
            (Some(day), Some(first)) if day < first => Err(past::no_longer_kept(key, day, first)),
            _ => Ok(()),
        }
    }

    /// The first day of which everything is still known, if anything was dropped.
    pub fn kept_since(&self) -> Option<Date> {
        self.kept_since
    }

    /// The past day that is shown.
    pub fn day(&self) -> Option<Date> {
        self.day
    }

    /// The moment that ages are counted from.
    fn now(&self) -> Timestamp {
        match (&self.day, &self.moment) {
            (Some(day), _) => end_of(*day),
            (None, Some((_, now))) => *now,
            (None, None) => self.source.clock.now(),
        }
    }

    /// Runs queries on a connection of their own, all with the same context.
    async fn ask<T: Send + 'static>(
        &self,
        what: &'static str,
        queries: impl FnOnce(&Connection, Context<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, ReportError> {
        let answer = match &self.moment {
            Some((frozen, _)) => frozen.read(what, self.in_context(queries)).await,
            None => self.start(what, ANSWER_TIME_MAX, queries).await,
        };
        answer.map_err(|error| unavailable(what, &error))
    }

    /// A list with its total and age. Exports ask without a window and get every row.
    pub async fn list<F, T>(
        &self,
        what: &'static str,
        filter: F,
        window: Option<Window>,
        query: impl FnOnce(&Connection, Context<'_>, &F, Option<Window>) -> Result<(u64, Vec<T>), StoreError>
        + Send
        + 'static,
    ) -> Result<Page<T>, ReportError>
    where
        F: Send + 'static,
        T: Send + 'static,
    {
        self.ask(what, move |connection, context| {
            let as_of = as_of(connection, context)?;
            let (total, rows) = query(connection, context, &filter, window)?;
            let whole = Window { offset: 0, limit: u32::MAX };
            Ok(Page::of(as_of, total, rows, window.unwrap_or(whole)))
        })
        .await
    }
}

fn as_of(connection: &Connection, context: Context<'_>) -> Result<Option<Timestamp>, StoreError> {
    Ok(freshness::freshness(connection, context, None, None, None)?.oldest_harvest_at)
}

/// Logs the cause once and gives the person a reference to it.
pub fn unavailable(what: &'static str, error: &StoreError) -> ReportError {
    let reference = format!("{:08x}", next_reference());
    let cause = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    tracing::error!(report.what = what, report.reference = %reference, error.cause = %cause, "{error}");
    ReportError::Unavailable { reference }
}

/// Numbers failures within this process; the start time keeps two processes apart.
fn next_reference() -> u32 {
    use std::sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering},
    };
    static NEXT: LazyLock<AtomicU32> = LazyLock::new(|| AtomicU32::new(std::process::id() << 12));
    NEXT.fetch_add(1, Ordering::Relaxed)
}

#[async_trait]
impl Reports for ScopedReports {
    async fn overview(&self, filter: AccountFilter) -> Result<Overview, ReportError> {
        self.ask("the overview", move |connection, context| overview(connection, context, &filter)).await
    }

    async fn accounts(&self, filter: AccountFilter) -> Result<Page<AccountRow>, ReportError> {
        let window = Some(filter.window);
        self.list("accounts", filter, window, account_list::accounts).await
    }

    async fn account(&self, account: AccountId) -> Result<AccountPage, ReportError> {
        let page = self.ask("an account", move |connection, context| account_page(connection, context, &account));
        page.await?.ok_or(ReportError::NotFound)
    }

    async fn choices(&self) -> Result<Choices, ReportError> {
        self.ask("the filters' values", choices::choices).await
    }

    async fn instances(&self, filter: InstanceFilter) -> Result<Page<InstanceRow>, ReportError> {
        let window = Some(filter.window);
        self.list("instances", filter, window, instance_list::instances).await
    }

    async fn instance(&self, instance: InstanceId) -> Result<InstancePage, ReportError> {
        let page = self
            .ask("an instance", move |connection, context| instance_detail::instance(connection, context, &instance));
        page.await?.ok_or(ReportError::NotFound)
    }

    async fn updates(&self, filter: UpdateFilter) -> Result<Page<UpdateRow>, ReportError> {
        let window = Some(filter.window);
        self.list("updates", filter, window, update_list::updates).await
    }

    async fn service_level(&self, filter: ServiceLevelFilter) -> Result<ServiceLevelPage, ReportError> {
        self.ask("the service level", move |connection, context| {
            service_level::service_level(connection, context, &filter)
        })
        .await
    }

    async fn history(&self, filter: HistoryFilter) -> Result<Page<TransitionRow>, ReportError> {
        let window = Some(filter.window);
        self.list("the history", filter, window, transition_list::history).await
    }

    async fn software(&self, filter: HistoryFilter) -> Result<Page<SoftwareRow>, ReportError> {
        let window = Some(filter.window);
        self.list("software", filter, window, software_list::software).await
    }

    async fn runs(&self, filter: HistoryFilter) -> Result<Page<InvocationRow>, ReportError> {
        let window = Some(filter.window);
        self.list("runs", filter, window, run_list::runs).await
    }

    async fn trend(&self, filter: TrendFilter) -> Result<TrendPage, ReportError> {
        self.ask("the trend", move |connection, context| trend_page(connection, context, &filter)).await
    }

    async fn changes(&self, filter: ChangesFilter) -> Result<ChangesPage, ReportError> {
        self.ask("changes", move |connection, context| changes_page(connection, context, &filter)).await
    }

    async fn auditor_links(&self) -> Result<AuditorLinksPage, ReportError> {
        if !self.scope.lets_auditors_in() {
            return Err(ReportError::NotFound);
        }
        self.ask("links for auditors", auditor_links::auditor_links).await
    }

    async fn harvest(&self, filter: HarvestFilter) -> Result<HarvestPage, ReportError> {
        // How the rounds go, and what is amiss with the store, is only known of the present.
        let past = self.day.is_some();
        if !self.scope.sees_harvest() {
            return Err(ReportError::NotFound);
        }
        let schedule = if past { ScheduleStatus::default() } else { self.source.schedule.status() };
        self.ask("the harvest", move |connection, context| {
            Ok(HarvestPage {
                freshness: freshness::freshness(connection, context, None, None, None)?,
                rows: harvest_status::harvests(connection, context, &filter)?,
                operations: harvest_status::operations(connection, context)?,
                organization: if past { None } else { harvest_status::organization(connection, context)? },
                lost_log: if past { None } else { harvest_status::lost_log(connection, context)? },
                schedule,
            })
        })
        .await
    }
}

fn overview(connection: &Connection, context: Context<'_>, filter: &AccountFilter) -> Result<Overview, StoreError> {
    let (customer, provider) = (filter.customer.as_deref(), filter.provider.as_deref());
    // All accounts are read once: cards, sums, attention and the table are all made of the same rows.
    let fleet_filter = AccountFilter { q: None, harvest: None, ..filter.clone() };
    let (_, fleet) = account_list::accounts(connection, context, &fleet_filter, None)?;
    let narrowed = *filter != fleet_filter;
    let all = if narrowed { account_list::accounts(connection, context, filter, None)?.1 } else { fleet.clone() };
    let total = all.len() as u64;
    let freshness = freshness::freshness(connection, context, customer, provider, None)?;
    let severities = severity_counts::severity_counts(connection, context, customer, provider, None)?;
    let trend =
        TrendFilter { customer: filter.customer.clone(), provider: filter.provider.clone(), ..TrendFilter::default() };
    let days = trend::trend(connection, context, &trend)?.days;
    let totals = account_totals::totals(&all);
    let status = status_counts::status_counts(&fleet);
    let attention = attention::attention(&fleet);
    let start = usize::try_from(filter.window.offset).unwrap_or(usize::MAX);
    let rows = all.into_iter().skip(start).take(filter.window.limit as usize).collect();
    Ok(Overview {
        choices: choices::choices(connection, context)?,
        status,
        fleet: account_totals::totals(&fleet),
        totals,
        accounts: Page::of(freshness.oldest_harvest_at, total, rows, filter.window),
        trend: trend_chart::chart(&days),
        severity: pending_by_severity::chart(&severities),
        severities,
        top_missing: missing_patches::missing_patches(connection, context, customer, provider)?,
        attention,
        freshness,
    })
}

fn trend_page(connection: &Connection, context: Context<'_>, filter: &TrendFilter) -> Result<TrendPage, StoreError> {
    let (customer, provider) = (filter.customer.as_deref(), filter.provider.as_deref());
    let trend::Trend { from, to, days } = trend::trend(connection, context, filter)?;
    Ok(TrendPage {
        freshness: freshness::freshness(connection, context, customer, provider, filter.account.as_ref())?,
        chart: one_figure::chart(filter.figure, (from, to), &days),
        from,
        to,
        days,
    })
}

fn changes_page(
    connection: &Connection,
    context: Context<'_>,
    filter: &ChangesFilter,
) -> Result<ChangesPage, StoreError> {
    let freshness = freshness::freshness(
        connection,
        context,
        filter.customer.as_deref(),
        filter.provider.as_deref(),
        filter.account.as_ref(),
    )?;
    let accounts = changes::by_account(connection, context, filter)?;
    let totals: ChangeCounts = accounts.iter().map(|account| account.counts).sum();
    // To count the rows would take as long as the accounts did.
    let total = filter.kind.map_or_else(|| totals.all(), |kind| totals.get(kind));
    let rows = changes::listing(connection, context, filter)?.rows(connection, filter.window)?;
    Ok(ChangesPage {
        since: changes::since(context, filter),
        totals,
        accounts,
        rows: Page::of(freshness.oldest_harvest_at, total, rows, filter.window),
        freshness,
    })
}

fn account_page(
    connection: &Connection,
    context: Context<'_>,
    account: &AccountId,
) -> Result<Option<AccountPage>, StoreError> {
    let Some(row) = account_detail::account(connection, context, account)? else { return Ok(None) };
    let filter = HarvestFilter { account: Some(account.clone()), ..HarvestFilter::default() };
    let harvests = harvest_status::harvests(connection, context, &filter)?;
    let severities = severity_counts::severity_counts(connection, context, None, None, Some(account))?;
    let trend = TrendFilter { account: Some(account.clone()), ..TrendFilter::default() };
    let days = trend::trend(connection, context, &trend)?.days;
    Ok(Some(AccountPage {
        freshness: freshness::freshness(connection, context, None, None, Some(account))?,
        account: row,
        systems_account: harvests.first().map(|harvest| harvest.systems_account.clone()).unwrap_or_default(),
        harvests,
        patch_groups: patch_groups::patch_groups(connection, context, account)?,
        maintenance_windows: maintenance_windows::maintenance_windows(connection, context, account)?,
        patch_baselines: patch_baselines::patch_baselines(connection, context, account)?,
        associations: associations::associations(connection, context, account)?,
        runs: recent_runs::recent_runs(connection, context, account)?,
        trend: trend_chart::chart(&days),
        severity: pending_by_severity::chart(&severities),
        severities,
    }))
}
