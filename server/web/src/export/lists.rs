//! The lists that there are files of, in one table: the routes, `muster export` and the description of the API follow it.

use muster_model::{
    account::AccountRow,
    change::ChangeRow,
    filter::{
        AccountFilter, ChangesFilter, HistoryFilter, InstanceFilter, ServiceLevelFilter, TrendFilter, UpdateFilter,
    },
    ids::InstanceId,
    instance::InstanceRow,
    query_string::QueryError,
    run::InvocationRow,
    service_level::AccountServiceRow,
    transition::TransitionRow,
    trend::TrendDay,
    update::UpdateRow,
};
use muster_query::{accounts, changes, instances, listing::Lists, service_level, trend, updates};

/// A list that there is a file of.
pub struct List<F, Row> {
    /// The name of the file.
    pub name: &'static str,
    /// What is read, for the log.
    pub what: &'static str,
    pub filter: fn(&str) -> Result<F, QueryError>,
    /// The instance that the list belongs to; out of scope, it has no list.
    pub instance: fn(&F) -> Option<InstanceId>,
    pub listing: Lists<F, Row>,
}

impl<F, Row> List<F, Row> {
    const fn new(
        (name, what): (&'static str, &'static str),
        filter: fn(&str) -> Result<F, QueryError>,
        listing: Lists<F, Row>,
    ) -> Self {
        Self { name, what, filter, instance: |_| None, listing }
    }
}

impl<Row> List<HistoryFilter, Row> {
    const fn of_instance(names: (&'static str, &'static str), listing: Lists<HistoryFilter, Row>) -> Self {
        let instance = |filter: &HistoryFilter| Some(filter.instance.clone());
        Self { instance, ..Self::new(names, HistoryFilter::from_export_query, listing) }
    }
}

pub const ACCOUNTS: List<AccountFilter, AccountRow> =
    List::new(("accounts", "accounts"), AccountFilter::from_query, accounts::list::listing);
pub const CHANGES: List<ChangesFilter, ChangeRow> =
    List::new(("changes", "changes"), ChangesFilter::from_query, changes::listing);
pub const HISTORY: List<HistoryFilter, TransitionRow> =
    List::of_instance(("history", "the history"), instances::history::listing);
pub const INSTANCES: List<InstanceFilter, InstanceRow> =
    List::new(("instances", "instances"), InstanceFilter::from_query, instances::list::listing);
pub const RUNS: List<HistoryFilter, InvocationRow> = List::of_instance(("runs", "runs"), instances::runs::listing);
pub const SERVICE_LEVEL: List<ServiceLevelFilter, AccountServiceRow> =
    List::new(("service_level", "the service level"), ServiceLevelFilter::from_query, service_level::listing);
pub const TREND: List<TrendFilter, TrendDay> =
    List::new(("trend", "the trend"), TrendFilter::from_query, trend::listing);
pub const UPDATES: List<UpdateFilter, UpdateRow> =
    List::new(("updates", "updates"), UpdateFilter::from_query, updates::list::listing);
