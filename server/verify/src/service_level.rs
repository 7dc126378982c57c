//! Verifies the service level: which updates are due, and how long updates took. Rows are read by account, so
//! percentiles are only recomputed for accounts; of bands and months, updates are counted.

use super::{
    Check, VerifyError,
    meaning::{Clock, PENDING, clock_starts, is_pending, release_day, severity},
    rows::{Instance, each},
};
use duckdb::Connection;
use jiff::{SignedDuration, Timestamp};
use muster_model::{
    filter::ServiceLevelFilter,
    ports::Reports,
    service_level::{DueCounts, PatchTimes},
    severity::SeverityBand,
};
use muster_store::{
    error::StoreError,
    value::{read_time, read_time_option},
};
use std::collections::{BTreeMap, HashMap};

/// The rows that only the service level depends on.
struct Levels {
    /// Days by customer and band.
    days: HashMap<(String, String), i64>,
    /// The shortest approval delay in days, by account, Region and baseline.
    approval_delays: HashMap<(String, String, String), i64>,
}

/// A period in which an update was or is pending.
struct PendingPeriod {
    instance_key: i64,
    patch_key: i64,
    severity: String,
    pending_since: Timestamp,
    /// Known while it is pending.
    first_seen_at: Option<Timestamp>,
    /// When it ended, and whether the update was installed.
    ended: Option<(Timestamp, bool)>,
}

/// The times of an account.
#[derive(Default)]
struct Times {
    counts: PatchTimes,
    took_ms: Vec<i64>,
}

impl Check {
    pub(super) async fn service_level(&mut self) -> Result<(), VerifyError> {
        let published = self.reports.service_level(ServiceLevelFilter::default()).await?;
        let read = |connection: &Connection| {
            let seen = first_seen(connection).map_err(StoreError::read("when instances were first seen"))?;
            Ok((Levels::read(connection).map_err(StoreError::read("the service levels"))?, seen))
        };
        let (levels, seen) = self.transaction.read("the service levels", read).await?;
        let mut bands: BTreeMap<SeverityBand, (DueCounts, PatchTimes)> = BTreeMap::new();
        let (mut all, mut all_times) = (DueCounts::default(), PatchTimes::default());
        let mut months: BTreeMap<String, PatchTimes> = BTreeMap::new();
        for id in self.recomputed.accounts.keys().cloned().collect::<Vec<_>>() {
            let of = id.clone();
            let read = move |connection: &Connection| {
                PendingPeriod::of_account(connection, &of).map_err(StoreError::read("an account's pending updates"))
            };
            let periods = self.transaction.read("an account's pending updates", read).await?;
            let (mut due, mut times) = (DueCounts::default(), Times::default());
            for period in periods {
                let Some(instance) = self.recomputed.rows.instances.get(&period.instance_key) else { continue };
                let band = severity(&period.severity, &instance.platform_name);
                let band_counts = bands.entry(band).or_default();
                if let Some(due_at) = self.due_at(&levels, &seen, &period, instance, band) {
                    for counts in [&mut due, &mut band_counts.0, &mut all] {
                        self.recomputed.moment.count_due(counts, due_at, period.pending_since);
                    }
                }
                let ended = period.ended.or(instance.gone_at.map(|at| (at, false)));
                if let Some(time) = self.recomputed.moment.patch_time(period.pending_since, ended) {
                    let month = self.recomputed.moment.patch_month(period.pending_since);
                    for counts in
                        [&mut times.counts, &mut band_counts.1, &mut all_times, months.entry(month).or_default()]
                    {
                        time.count(counts);
                    }
                    times.took_ms.push(time.took_ms());
                }
            }
            times.finish();
            let Some(row) = published.accounts.iter().find(|row| row.account_id.as_str() == id) else {
                self.tally.row_of_one_side("service level", &format!("account {id}"), false);
                continue;
            };
            self.tally.fields("service level", &format!("account {id}"), &row.due, &due);
            self.tally.fields("time to patch", &format!("account {id}"), &row.times, &times.counts);
        }
        let accounts = (published.accounts.len(), self.recomputed.accounts.len());
        self.tally.equal("accounts", "the service level", &accounts.0, &accounts.1);
        self.tally.fields("service level", "all accounts", &published.totals, &all);
        self.counted("all accounts", &published.times, &all_times);
        for row in &published.severities {
            let (due, times) = bands.remove(&row.severity).unwrap_or_default();
            let place = format!("severity {}", row.severity.code());
            self.tally.fields("service level", &place, &row.due, &due);
            self.counted(&place, &row.times, &times);
        }
        for row in &published.months {
            self.counted(&format!("month {}", row.month), &row.times, &months.remove(&row.month).unwrap_or_default());
        }
        self.tally.equal("months that are not shown", "the service level", &0, &months.len());
        Ok(())
    }

    /// Returns when a pending update of a current instance is due.
    fn due_at(
        &self,
        levels: &Levels,
        seen: &HashMap<i64, Timestamp>,
        period: &PendingPeriod,
        instance: &Instance,
        band: SeverityBand,
    ) -> Option<Timestamp> {
        let first_seen_at = period.first_seen_at.filter(|_| instance.is_current())?;
        let title =
            self.recomputed.rows.patches.get(&period.patch_key).map(|(title, _)| title.as_str()).unwrap_or_default();
        let customer = &self.recomputed.rows.accounts.get(&instance.account_id)?.customer_id;
        let baseline = instance.scan.as_ref().map(|scan| scan.baseline_id.clone()).unwrap_or_default();
        let starts = clock_starts(&Clock {
            pending_since: period.pending_since,
            first_seen_at,
            instance_first_seen_at: *seen.get(&period.instance_key)?,
            released: release_day(title, &instance.platform_type),
            approval_delay_days: levels
                .approval_delays
                .get(&(instance.account_id.clone(), instance.region.clone(), baseline))
                .copied(),
        });
        starts.checked_add(SignedDuration::from_hours(24 * levels.of(customer, band)?)).ok()
    }

    /// Compares the numbers of updates, without percentiles.
    fn counted(&mut self, place: &str, published: &PatchTimes, recomputed: &PatchTimes) {
        let published = PatchTimes { median_days: None, p90_days: None, ..published.clone() };
        self.tally.fields("time to patch", place, &published, recomputed);
    }
}

impl Levels {
    fn read(connection: &Connection) -> duckdb::Result<Self> {
        let (mut days, mut approval_delays) = (HashMap::new(), HashMap::new());
        each(connection, "SELECT customer_id, band, days FROM service_level", [], |row| {
            days.insert((row.get(0)?, row.get(1)?), row.get(2)?);
            Ok(())
        })?;
        let rules = "SELECT account_id, region, baseline_id, approve_after_days FROM patch_rule
                     WHERE approve_after_days IS NOT NULL";
        each(connection, rules, [], |row| {
            let wait: i64 = row.get(3)?;
            approval_delays
                .entry((row.get(0)?, row.get(1)?, row.get(2)?))
                .and_modify(|first: &mut i64| *first = wait.min(*first))
                .or_insert(wait);
            Ok(())
        })?;
        Ok(Self { days, approval_delays })
    }

    /// Returns the days of the customer, or of the default.
    fn of(&self, customer: &str, band: SeverityBand) -> Option<i64> {
        let days = |customer: &str| self.days.get(&(customer.to_owned(), band.code().to_owned())).copied();
        days(customer).or_else(|| days(""))
    }
}

fn first_seen(connection: &Connection) -> duckdb::Result<HashMap<i64, Timestamp>> {
    let mut seen = HashMap::new();
    each(connection, "SELECT instance_key, first_seen_at FROM instance", [], |row| {
        seen.insert(row.get(0)?, read_time(row, 1)?);
        Ok(())
    })?;
    Ok(seen)
}

impl PendingPeriod {
    /// Reads an account's periods from its transitions. Their stored start is only used if the first transition was
    /// dropped.
    fn of_account(connection: &Connection, account_id: &str) -> duckdb::Result<Vec<Self>> {
        let mut periods = Vec::new();
        let mut began: HashMap<(i64, i64), Timestamp> = HashMap::new();
        let turns = "SELECT t.instance_key, t.patch_key, t.from_state, t.to_state, t.happened_at, t.severity,
                         CASE WHEN t.scan_key < r.scan_key THEN t.pending_since END
                     FROM transition t CROSS JOIN retention r
                     WHERE t.instance_key IN (SELECT instance_key FROM instance WHERE account_id = $1)
                     ORDER BY t.scan_key";
        each(connection, turns, [account_id], |row| {
            let key: (i64, i64) = (row.get(0)?, row.get(1)?);
            let states: [Option<String>; 2] = [row.get(2)?, row.get(3)?];
            let [was, is] = states.each_ref().map(|state| state.as_deref().is_some_and(is_pending));
            let at = read_time(row, 4)?;
            match (was, is) {
                (false, true) => drop(began.insert(key, at)),
                (true, false) => {
                    let installed = states[1].as_deref().is_some_and(|state| state.starts_with("Installed"));
                    if let Some(pending_since) = began.remove(&key).or(read_time_option(row, 6)?) {
                        periods.push(Self {
                            instance_key: key.0,
                            patch_key: key.1,
                            severity: row.get(5)?,
                            pending_since,
                            first_seen_at: None,
                            ended: Some((at, installed)),
                        });
                    }
                }
                _ => {}
            }
            Ok(())
        })?;
        let pending = format!(
            "SELECT u.instance_key, u.patch_key, u.severity, u.first_seen_at FROM instance_update u
             WHERE u.state IN ('{}') AND u.instance_key IN (SELECT instance_key FROM instance WHERE account_id = $1)",
            PENDING.join("', '")
        );
        each(connection, &pending, [account_id], |row| {
            let key = (row.get(0)?, row.get(1)?);
            if let Some(pending_since) = began.get(&key) {
                periods.push(Self {
                    instance_key: key.0,
                    patch_key: key.1,
                    severity: row.get(2)?,
                    pending_since: *pending_since,
                    first_seen_at: read_time_option(row, 3)?,
                    ended: None,
                });
            }
            Ok(())
        })?;
        Ok(periods)
    }
}

impl Times {
    fn finish(&mut self) {
        self.took_ms.sort_unstable();
        let tenths = |tenths: usize| {
            let place = (self.took_ms.len() * tenths).div_ceil(10).max(1) - 1;
            self.took_ms.get(place).map(|ms| (*ms as f64 / 86_400_000.0 * 10.0).round() / 10.0)
        };
        (self.counts.median_days, self.counts.p90_days) = (tenths(5), tenths(9));
    }
}
