//! The service level a second time: what is due in each account and band, and how long updates took there. An account's
//! rows are held at a time, so of bands and months the times are counted, but only accounts' percentiles recomputed.

use super::{
    Check, VerifyError,
    meaning::{Clock, clock_starts, release_day, severity},
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

/// What of the store nothing else that is verified needs.
struct Levels {
    /// Days by customer and band.
    days: HashMap<(String, String), i64>,
    /// Days that a baseline's first rule waits, by account, Region and baseline.
    waits: HashMap<(String, String, String), i64>,
}

/// An update that is pending, or was: then with when and how it ended.
struct Spell {
    instance_key: i64,
    patch_key: i64,
    severity: String,
    pending_since: Timestamp,
    /// Of one that is pending.
    first_seen_at: Option<Timestamp>,
    ended: Option<(Timestamp, bool)>,
}

/// Times of one account or of several.
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
        let (levels, seen) = self.frozen.read("the service levels", read).await?;
        let mut bands: BTreeMap<SeverityBand, (DueCounts, PatchTimes)> = BTreeMap::new();
        let (mut all, mut all_times) = (DueCounts::default(), PatchTimes::default());
        let mut months: BTreeMap<String, PatchTimes> = BTreeMap::new();
        for id in self.facts.accounts.keys().cloned().collect::<Vec<_>>() {
            let of = id.clone();
            let read = move |connection: &Connection| {
                Spell::of_account(connection, &of).map_err(StoreError::read("an account's pending updates"))
            };
            let spells = self.frozen.read("an account's pending updates", read).await?;
            let (mut due, mut times) = (DueCounts::default(), Times::default());
            for spell in spells {
                let Some(instance) = self.facts.rows.instances.get(&spell.instance_key) else { continue };
                let band = severity(&spell.severity, &instance.platform_name);
                let of_band = bands.entry(band).or_default();
                if let Some(due_at) = self.due_at(&levels, &seen, &spell, instance, band) {
                    for counts in [&mut due, &mut of_band.0, &mut all] {
                        self.facts.moment.count_due(counts, due_at, spell.pending_since);
                    }
                }
                let ended = spell.ended.or(instance.gone_at.map(|at| (at, false)));
                if let Some(time) = self.facts.moment.patch_time(spell.pending_since, ended) {
                    let month = self.facts.moment.patch_month(spell.pending_since);
                    for counts in [&mut times.counts, &mut of_band.1, &mut all_times, months.entry(month).or_default()]
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
        let accounts = (published.accounts.len(), self.facts.accounts.len());
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

    /// When an update of an instance that counts is due; none of one that is not pending.
    fn due_at(
        &self,
        levels: &Levels,
        seen: &HashMap<i64, Timestamp>,
        spell: &Spell,
        instance: &Instance,
        band: SeverityBand,
    ) -> Option<Timestamp> {
        let first_seen_at = spell.first_seen_at.filter(|_| instance.is_current())?;
        let title = self.facts.rows.patches.get(&spell.patch_key).map(|(title, _)| title.as_str()).unwrap_or_default();
        let customer = &self.facts.rows.accounts.get(&instance.account_id)?.customer_id;
        let baseline = instance.scan.as_ref().map(|scan| scan.baseline_id.clone()).unwrap_or_default();
        let starts = clock_starts(&Clock {
            pending_since: spell.pending_since,
            first_seen_at,
            machine_seen_at: *seen.get(&spell.instance_key)?,
            released: release_day(title, &instance.platform_type),
            waits: levels.waits.get(&(instance.account_id.clone(), instance.region.clone(), baseline)).copied(),
        });
        starts.checked_add(SignedDuration::from_hours(24 * levels.of(customer, band)?)).ok()
    }

    /// Compares without percentiles.
    fn counted(&mut self, place: &str, published: &PatchTimes, recomputed: &PatchTimes) {
        let published = PatchTimes { median_days: None, p90_days: None, ..published.clone() };
        self.tally.fields("time to patch", place, &published, recomputed);
    }
}

impl Levels {
    fn read(connection: &Connection) -> duckdb::Result<Self> {
        let (mut days, mut waits) = (HashMap::new(), HashMap::new());
        each(connection, "SELECT customer_id, band, days FROM service_level", [], |row| {
            days.insert((row.get(0)?, row.get(1)?), row.get(2)?);
            Ok(())
        })?;
        let rules = "SELECT account_id, region, baseline_id, approve_after_days FROM patch_rule
                     WHERE approve_after_days IS NOT NULL";
        each(connection, rules, [], |row| {
            let wait: i64 = row.get(3)?;
            waits
                .entry((row.get(0)?, row.get(1)?, row.get(2)?))
                .and_modify(|first: &mut i64| *first = wait.min(*first))
                .or_insert(wait);
            Ok(())
        })?;
        Ok(Self { days, waits })
    }

    /// The customer's own days, or else the default's.
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

impl Spell {
    /// From the history itself, not from the times that are kept beside it; but where its beginning was dropped.
    fn of_account(connection: &Connection, account_id: &str) -> duckdb::Result<Vec<Self>> {
        let mut spells = Vec::new();
        let mut began: HashMap<(i64, i64), Timestamp> = HashMap::new();
        let turns = "SELECT t.instance_key, t.patch_key, t.from_state, t.to_state, t.happened_at, t.severity,
                         CASE WHEN t.scan_key < r.scan_key THEN t.pending_since END
                     FROM transition t CROSS JOIN retention r
                     WHERE t.instance_key IN (SELECT instance_key FROM instance WHERE account_id = $1)
                     ORDER BY t.scan_key";
        each(connection, turns, [account_id], |row| {
            let key: (i64, i64) = (row.get(0)?, row.get(1)?);
            let states: [Option<String>; 2] = [row.get(2)?, row.get(3)?];
            let [was, is] = states.each_ref().map(|state| matches!(state.as_deref(), Some("Missing" | "Failed")));
            let at = read_time(row, 4)?;
            match (was, is) {
                (false, true) => drop(began.insert(key, at)),
                (true, false) => {
                    let installed = states[1].as_deref().is_some_and(|state| state.starts_with("Installed"));
                    if let Some(pending_since) = began.remove(&key).or(read_time_option(row, 6)?) {
                        spells.push(Self {
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
        let pending = "SELECT u.instance_key, u.patch_key, u.severity, u.first_seen_at FROM instance_update u
                       WHERE u.state IN ('Missing', 'Failed')
                         AND u.instance_key IN (SELECT instance_key FROM instance WHERE account_id = $1)";
        each(connection, pending, [account_id], |row| {
            let key = (row.get(0)?, row.get(1)?);
            if let Some(pending_since) = began.get(&key) {
                spells.push(Self {
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
        Ok(spells)
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
