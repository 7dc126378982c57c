//! Verifies the service level: which updates are due, and how long updates took. Rows are read by account, so
//! percentiles are only recomputed for accounts; of bands and months, updates are counted.

use super::{
    Check, VerifyError,
    dates::{Dated, clock_starts},
    exceptions::{Exceptions, PendingUpdate},
    meaning::{Ended, FAILED, MISSING, count_time, is_pending, severity},
    patches::{CountedUpdate, Patches},
    recomputed::Recomputed,
    rows::Instance,
    tally::Tally,
};
use duckdb::Connection;
use jiff::{SignedDuration, Timestamp};
use muster_model::{
    column::Columns,
    filter::ServiceLevelFilter,
    ids::AccountId,
    ports::Reports,
    service_level::{DueCounts, PatchTimes},
    severity::SeverityBand,
};
use muster_store::{error::StoreError, named_row::each};
use std::collections::{BTreeMap, HashMap};

/// Days by customer and band; the default has no customer.
type Levels = HashMap<(String, String), i64>;

/// A period in which an update was or is pending.
struct PendingPeriod {
    instance_key: i64,
    severity: String,
    pending_since: Timestamp,
    ended: Ended,
    /// Known while it is pending.
    pending: Option<Pending>,
}

/// A transition of an update, in the order of scans.
#[derive(Columns)]
struct Transition {
    instance_key: i64,
    patch_key: i64,
    from_state: Option<String>,
    to_state: Option<String>,
    happened_at: Timestamp,
    severity: String,
    /// Of those before the first complete scan; later ones are recomputed.
    pending_since: Option<Timestamp>,
}

const TRANSITIONS: &str = "
    SELECT t.* EXCLUDE (pending_since), CASE WHEN t.scan_key < r.scan_key THEN t.pending_since END AS pending_since
    FROM transition t CROSS JOIN retention r
    WHERE t.instance_key IN (SELECT instance_key FROM instance WHERE account_id = $1)
    ORDER BY t.scan_key";

/// An update that is pending.
#[derive(Columns)]
struct Pending {
    instance_key: i64,
    patch_key: i64,
    state: String,
    severity: String,
    first_seen_at: Timestamp,
    title: String,
    kb_id: String,
    classification: String,
    absent_at: Option<Timestamp>,
}

const PENDING_UPDATES: &str = "
    SELECT u.instance_key, u.patch_key, u.state, u.severity, u.first_seen_at, coalesce(p.title, '') AS title,
        coalesce(p.kb_id, '') AS kb_id, u.classification, u.absent_at
    FROM instance_update u LEFT JOIN patch p USING (patch_key)
    WHERE u.state IN ($2, $3) AND u.instance_key IN (SELECT instance_key FROM instance WHERE account_id = $1)";

impl Check {
    /// Also counts the pending updates of each account by patch.
    pub(super) async fn service_level(&mut self) -> Result<(), VerifyError> {
        let Self { reports, recomputed, tally, transaction, .. } = self;
        let published = reports.service_level(ServiceLevelFilter::default()).await?;
        let read = |connection: &Connection| levels(connection).map_err(StoreError::read("the service levels"));
        let levels = transaction.read("the service levels", read).await?;
        let mut bands: BTreeMap<SeverityBand, (DueCounts, PatchTimes)> = BTreeMap::new();
        let (mut all, mut all_times) = (DueCounts::default(), PatchTimes::default());
        let mut months: BTreeMap<String, PatchTimes> = BTreeMap::new();
        let mut patches = Patches::new();
        let moment = recomputed.moment;
        let owned_from = recomputed
            .rows
            .regions
            .values()
            .filter_map(|region| Some((region.account_id.to_string(), recomputed.owned_from(region)?)));
        let owned_from: BTreeMap<String, Timestamp> = owned_from.collect();
        let read = move |connection: &Connection| {
            Exceptions::read(connection, moment, &owned_from).map_err(StoreError::read("the exceptions"))
        };
        let mut exceptions = transaction.read("the exceptions", read).await?;
        for id in recomputed.accounts.keys() {
            let of = id.clone();
            let read = move |connection: &Connection| {
                PendingPeriod::of_account(connection, &of).map_err(StoreError::read("an account's pending updates"))
            };
            let periods = transaction.read("an account's pending updates", read).await?;
            let (mut due, mut times, mut took_ms) = (DueCounts::default(), PatchTimes::default(), Vec::new());
            for period in periods {
                let Some(instance) = recomputed.rows.instances.get(&period.instance_key) else { continue };
                let band = severity(&period.severity, instance.uses_apt());
                let (band_due, band_times) = bands.entry(band).or_default();
                let due_at = due_at(recomputed, &levels, &period, instance, band);
                let pending = period.pending.as_ref().filter(|_| instance.is_current());
                let is_excepted = pending.is_some_and(|pending| {
                    exceptions.count(&PendingUpdate {
                        instance,
                        patch_group: instance.patch_group(),
                        patch_key: pending.patch_key,
                        kb_id: &pending.kb_id,
                        title: &pending.title,
                    })
                });
                if let Some(pending) = pending {
                    let of_account = patches.entry(id.clone()).or_default();
                    let patch = of_account.entry((pending.title.clone(), pending.kb_id.clone())).or_default();
                    patch.add(&CountedUpdate {
                        is_failed: pending.state == FAILED,
                        severity: (band, &pending.severity),
                        first_seen_at: pending.first_seen_at,
                        pending_since: period.pending_since,
                        due_at,
                        is_overdue: due_at.is_some_and(|due_at| due_at < recomputed.moment.now),
                        is_excepted,
                    });
                }
                if let Some(due_at) = due_at {
                    for counts in [&mut due, band_due, &mut all] {
                        recomputed.moment.count_due(counts, due_at, period.pending_since, is_excepted);
                    }
                }
                let ended = period.ended.or(instance.gone_at.or(instance.duplicate_since).map(|at| (at, false)));
                if recomputed.moment.time_counts(ended) {
                    let month = months.entry(recomputed.moment.patch_month(period.pending_since)).or_default();
                    for counts in [&mut times, band_times, &mut all_times, month] {
                        count_time(counts, ended);
                    }
                    took_ms.push(recomputed.moment.took_ms(period.pending_since, ended));
                }
            }
            took_ms.sort_unstable();
            (times.median_days, times.p90_days) = (percentile(&took_ms, 5), percentile(&took_ms, 9));
            let Some(row) = published.accounts.iter().find(|row| row.account_id == *id) else {
                tally.row_of_one_side("service level", &format!("account {id}"), false);
                continue;
            };
            tally.fields("service level", &format!("account {id}"), &row.due, &due);
            tally.fields("time to patch", &format!("account {id}"), &row.times, &times);
        }
        tally.equal("accounts", "the service level", &published.accounts.len(), &recomputed.accounts.len());
        tally.fields("service level", "all accounts", &published.totals, &all);
        counted(tally, "all accounts", &published.times, &all_times);
        for row in &published.severities {
            let (due, times) = bands.remove(&row.severity).unwrap_or_default();
            let place = format!("severity {}", row.severity.code());
            tally.fields("service level", &place, &row.due, &due);
            counted(tally, &place, &row.times, &times);
        }
        for row in &published.months {
            let times = months.remove(&row.month).unwrap_or_default();
            counted(tally, &format!("month {}", row.month), &row.times, &times);
        }
        tally.equal("months that are not shown", "the service level", &0, &months.len());
        recomputed.patches = patches;
        recomputed.exceptions = exceptions;
        Ok(())
    }
}

/// Returns when a pending update of a current instance is due.
fn due_at(
    recomputed: &Recomputed,
    levels: &Levels,
    period: &PendingPeriod,
    instance: &Instance,
    band: SeverityBand,
) -> Option<Timestamp> {
    let pending = period.pending.as_ref().filter(|_| instance.is_current())?;
    let customer = &recomputed.rows.region_of(instance)?.customer_id;
    let days = |customer: &str| levels.get(&(customer.to_owned(), band.code().to_owned())).copied();
    let update = Dated {
        title: &pending.title,
        kb_id: &pending.kb_id,
        classification: &pending.classification,
        severity: &pending.severity,
        first_seen_at: pending.first_seen_at,
        pending_since: period.pending_since,
        absent_at: pending.absent_at,
    };
    let baseline_id = instance.baseline_id.clone().unwrap_or_default();
    let baseline = (instance.account_id.clone(), instance.region.clone(), baseline_id);
    let starts = clock_starts(&update, instance, recomputed.rows.baselines.get(&baseline));
    starts.checked_add(SignedDuration::from_hours(24 * days(customer).or_else(|| days(""))?)).ok()
}

/// Compares the numbers of updates, without percentiles.
fn counted(tally: &mut Tally, place: &str, published: &PatchTimes, recomputed: &PatchTimes) {
    let published = PatchTimes { median_days: None, p90_days: None, ..published.clone() };
    tally.fields("time to patch", place, &published, recomputed);
}

fn levels(connection: &Connection) -> duckdb::Result<Levels> {
    connection
        .prepare("SELECT customer_id, band, days FROM service_level")?
        .query_map([], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?)))?
        .collect()
}

/// Returns the time in days that this number of tenths of the sorted times do not exceed.
fn percentile(took_ms: &[i64], tenths: usize) -> Option<f64> {
    let place = (took_ms.len() * tenths).div_ceil(10).max(1) - 1;
    took_ms.get(place).map(|ms| (*ms as f64 / 86_400_000.0 * 10.0).round() / 10.0)
}

impl PendingPeriod {
    /// Reads an account's periods from its transitions. Their stored start is only used if the first transition was
    /// dropped.
    fn of_account(connection: &Connection, account_id: &AccountId) -> duckdb::Result<Vec<Self>> {
        let mut periods = Vec::new();
        let mut began: HashMap<(i64, i64), Timestamp> = HashMap::new();
        each(connection, TRANSITIONS, [account_id.as_str()], |row: Transition| {
            let key = (row.instance_key, row.patch_key);
            let [was, is] = [&row.from_state, &row.to_state].map(|state| state.as_deref().is_some_and(is_pending));
            match (was, is) {
                (false, true) => drop(began.insert(key, row.happened_at)),
                (true, false) => {
                    let installed = row.to_state.is_some_and(|state| state.starts_with("Installed"));
                    periods.extend(began.remove(&key).or(row.pending_since).map(|pending_since| Self {
                        instance_key: row.instance_key,
                        severity: row.severity,
                        pending_since,
                        ended: Some((row.happened_at, installed)),
                        pending: None,
                    }));
                }
                _ => {}
            }
        })?;
        each(connection, PENDING_UPDATES, [account_id.as_str(), MISSING, FAILED], |row: Pending| {
            periods.extend(began.get(&(row.instance_key, row.patch_key)).map(|pending_since| Self {
                instance_key: row.instance_key,
                severity: row.severity.clone(),
                pending_since: *pending_since,
                ended: None,
                pending: Some(row),
            }));
        })?;
        Ok(periods)
    }
}
