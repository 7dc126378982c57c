//! The cache of instances: every instance with its status, and every account and Region with the state of its harvest,
//! computed once for all pages that show the present, or the same past day.
//!
//! It is a database in memory beside the store. Only the holder of the writer changes its present, which nobody can use from
//! before a commit until it has the rows of that commit. docs/decisions/0051-cache-of-instances.md has the reasons.

use super::{
    connection::Store,
    read_queue::{ReadLength, ReadOrigin},
    value::{day, read_time_option, time},
};
use duckdb::{Connection, params_from_iter, types::Value};
use jiff::{Timestamp, civil::Date};
use muster_metrics::{INSTANCE_RUNS, Limits, REGION_STATE, cached_table, definitions::expand};
use parking_lot::Mutex;
use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// It is in no list of tables or databases.
const ATTACH: &str = "
    ATTACH IF NOT EXISTS ':memory:' AS cache (HIDDEN);
    CREATE TABLE IF NOT EXISTS cache.seen (is_seen BOOLEAN)";
/// Its tables, each with the definitions of its rows, what these call them, and the number of their parameters.
const TABLES: [(&str, &str, &str, usize); 2] =
    [(REGION, REGION_STATE, "region_state", 2), (INSTANCE, INSTANCE_RUNS, "instances", 4)];
const REGION: &str = "region";
const INSTANCE: &str = "instance";
const CREATE: &str = "CREATE OR REPLACE TABLE {table} AS {definitions} SELECT * FROM {rows}";
const DELETE: &str = "DELETE FROM {table} WHERE account_id IN ({accounts})";
const INSERT: &str = "INSERT INTO {table} BY NAME {definitions} SELECT * FROM {rows} WHERE account_id IN ({accounts})";
/// The oldest times that are not too old. What is older stays so.
const OLDEST: &str = "
    SELECT (SELECT min(last_read_at) FROM {region} WHERE last_read_at >= $1),
        min(last_scan_at) FILTER (last_scan_at >= $2),
        min(run_requested_at) FILTER (run_requested_at >= $3),
        count(*)
    FROM {instance}";
const BEGIN: &str = "BEGIN TRANSACTION READ ONLY";
/// A transaction sees each database as it was at its first query there.
const SEE_STORE: &str = "SELECT count(*) FROM schema_version";
const SEE_BOTH: &str = "SELECT (SELECT count(*) FROM schema_version), (SELECT count(*) FROM cache.seen)";
/// So many times all rows are replaced before the tables are created anew. DuckDB keeps replaced rows.
const REPLACED_MAX: u64 = 2;
const FORMER_OWNERS: &str =
    "SELECT DISTINCT customer_id FROM {region} WHERE account_id IN (SELECT account_id FROM former_owner)";
/// The number of instances of past days in the cache, but it has at least one day.
const PAST_ROWS_MAX: u64 = 100_000;

/// What a read could use.
#[derive(Clone, Copy, Debug)]
pub struct CacheRequest {
    pub limits: Limits,
    /// The moment of the statuses: now, or the end of the past day.
    pub moment: Timestamp,
    pub past: Option<PastDay>,
    /// Whether a past day that is not in the cache is put there after the read, for the next ones.
    pub creates_past: bool,
}

/// A past day, and what makes a statement read the rows of its end. The name of the day's parameter is passed to it.
#[derive(Clone, Copy, Debug)]
pub struct PastDay {
    pub day: Date,
    pub statement: fn(&str, &Limits, &str) -> String,
}

/// What the cache holds of the present or of a past day, as a reader sees it.
#[derive(Clone, Debug)]
pub struct CachedInstances {
    limits: Limits,
    day: Option<Date>,
    /// The moment of all statuses.
    computed_at: Timestamp,
    oldest: OldestTimes,
    /// The customers with accounts that had other owners. What their scopes contain depends on the scope.
    customers_with_former_owners: BTreeSet<String>,
    rows: u64,
    /// The number of rows that were replaced since the tables were created, and what it was when a reader last used them.
    rows_replaced: u64,
    last_used: Arc<AtomicU64>,
}

/// The oldest times that are not too old.
#[derive(Clone, Copy, Debug)]
struct OldestTimes {
    harvest: Option<Timestamp>,
    scan: Option<Timestamp>,
    run: Option<Timestamp>,
}

/// The cache that readers may use at this moment, if any.
#[derive(Default)]
pub(super) struct InstanceCache {
    /// The last used is the last.
    open: Mutex<Vec<Arc<CachedInstances>>>,
    past: Mutex<PastTables>,
}

/// The tables of past days. One day after another is created.
#[derive(Default)]
struct PastTables {
    creating: Option<CreatingPast>,
    days: BTreeSet<Date>,
}

struct CreatingPast {
    day: Date,
    /// Whether somebody changes what was read for it.
    is_closed: bool,
}

impl CachedInstances {
    /// Returns whether all statuses are still those of `now`: whether nothing has become too old since.
    pub fn is_right(&self, limits: &Limits, now: Timestamp, day: Option<Date>) -> bool {
        let OldestTimes { harvest, scan, run } = self.oldest;
        let is_not_before = |oldest: Option<Timestamp>, limit| oldest.is_none_or(|oldest| oldest >= limit);
        day == self.day
            && *limits == self.limits
            && now >= self.computed_at
            && is_not_before(harvest, limits.stale_harvest_before(now))
            && is_not_before(scan, limits.stale_scan_before(now))
            && is_not_before(run, limits.runs_since(now))
    }

    /// Returns whether replacing rows costs less than new tables would: not after nobody used them for so many rows, nor
    /// after so many were replaced that new ones are smaller.
    fn is_worth_following(&self) -> bool {
        let unused = self.rows_replaced.saturating_sub(self.last_used.load(Ordering::Relaxed));
        unused <= self.rows && self.rows_replaced <= REPLACED_MAX * self.rows
    }

    /// The customers whose scopes must read the store instead.
    pub fn customers_with_former_owners(&self) -> &BTreeSet<String> {
        &self.customers_with_former_owners
    }

    fn create(connection: &Connection, request: CacheRequest) -> duckdb::Result<Self> {
        let CacheRequest { limits, moment, past, .. } = request;
        connection.execute_batch(ATTACH)?;
        let shown = past.map(|past| past.day);
        for (table, definitions, rows, parameters) in TABLES {
            let mut sql = statement(CREATE, &cached_table(table, shown), definitions, rows, "");
            let mut values = all_parameters(&limits, moment)[..parameters].to_vec();
            if let Some(past) = past {
                values.push(day(past.day));
                sql = (past.statement)(&sql, &limits, &format!("${}", values.len()));
            }
            connection.execute(&sql, params_from_iter(values))?;
        }
        let mut customers = connection.prepare(&FORMER_OWNERS.replace("{region}", &cached_table(REGION, shown)))?;
        let customers_with_former_owners = customers.query_map([], |row| row.get(0))?.collect::<duckdb::Result<_>>()?;
        let (oldest, rows) = oldest(connection, &limits, moment, shown)?;
        Ok(Self {
            limits,
            day: shown,
            computed_at: moment,
            oldest,
            customers_with_former_owners,
            rows,
            rows_replaced: 0,
            last_used: Arc::default(),
        })
    }

    /// Replaces the rows of accounts by those that the store has now.
    fn replace(&self, connection: &mut Connection, accounts: &BTreeSet<&str>) -> duckdb::Result<Self> {
        let Self { limits, computed_at, .. } = self;
        let accounts: Vec<Value> = accounts.iter().map(|account| Value::Text((*account).to_owned())).collect();
        let names =
            |first: usize| (first..first + accounts.len()).map(|one| format!("${one}")).collect::<Vec<_>>().join(", ");
        let mut rows_replaced = self.rows_replaced;
        let transaction = connection.transaction()?;
        for (table, definitions, rows, parameters) in TABLES {
            let name = cached_table(table, None);
            let sql = statement(DELETE, &name, definitions, rows, &names(1));
            transaction.execute(&sql, params_from_iter(&accounts))?;
            let sql = statement(INSERT, &name, definitions, rows, &names(parameters + 1));
            let values = all_parameters(limits, *computed_at);
            let inserted = transaction.execute(&sql, params_from_iter(values[..parameters].iter().chain(&accounts)))?;
            rows_replaced += inserted as u64;
        }
        let (oldest, rows) = oldest(&transaction, limits, *computed_at, None)?;
        transaction.commit()?;
        Ok(Self { oldest, rows, rows_replaced, ..self.clone() })
    }
}

fn statement(template: &str, table: &str, definitions: &str, rows: &str, accounts: &str) -> String {
    let sql = template.replace("{table}", table).replace("{definitions}", definitions);
    expand(&sql.replace("{rows}", rows).replace("{accounts}", accounts))
}

/// The parameters of [`INSTANCE_RUNS`] for all customers.
fn all_parameters(limits: &Limits, computed_at: Timestamp) -> [Value; 4] {
    let [harvest, scan, run] = too_old_before(limits, computed_at);
    [Value::Null, harvest, scan, run]
}

fn too_old_before(limits: &Limits, computed_at: Timestamp) -> [Value; 3] {
    let before = [
        limits.stale_harvest_before(computed_at),
        limits.stale_scan_before(computed_at),
        limits.runs_since(computed_at),
    ];
    before.map(time)
}

/// Reads the oldest times that are not too old, and the number of instances.
fn oldest(
    connection: &Connection,
    limits: &Limits,
    computed_at: Timestamp,
    day: Option<Date>,
) -> duckdb::Result<(OldestTimes, u64)> {
    let sql =
        OLDEST.replace("{region}", &cached_table(REGION, day)).replace("{instance}", &cached_table(INSTANCE, day));
    connection.query_row(&sql, params_from_iter(too_old_before(limits, computed_at)), |row| {
        let oldest = OldestTimes {
            harvest: read_time_option(row, 0)?,
            scan: read_time_option(row, 1)?,
            run: read_time_option(row, 2)?,
        };
        Ok((oldest, row.get(3)?))
    })
}

impl InstanceCache {
    fn position(open: &[Arc<CachedInstances>], request: &CacheRequest) -> Option<usize> {
        let day = request.past.map(|past| past.day);
        open.iter().position(|cached| cached.is_right(&request.limits, request.moment, day))
    }

    fn get(&self, request: &CacheRequest) -> Option<Arc<CachedInstances>> {
        let mut open = self.open.lock();
        let found = Self::position(&open, request)?;
        let cached = open.remove(found);
        cached.last_used.store(cached.rows_replaced, Ordering::Relaxed);
        open.push(cached.clone());
        Some(cached)
    }

    pub(super) fn is_open(&self, cached: &Arc<CachedInstances>) -> bool {
        self.open.lock().iter().any(|one| Arc::ptr_eq(one, cached))
    }

    /// Lets nobody use what a commit of this day will change: the present, and past days from this day on, as just after
    /// midnight. Returns the present.
    pub fn close(&self, from: Date) -> Option<Arc<CachedInstances>> {
        // Locked until all are closed, so that a day that is being created is found here or there.
        let mut past = self.past.lock();
        if let Some(creating) = past.creating.as_mut().filter(|creating| creating.day >= from) {
            creating.is_closed = true;
        }
        let is_before = |cached: &CachedInstances| cached.day.is_some_and(|day| day < from);
        let mut open = self.open.lock();
        let closed: Vec<_> = open.extract_if(.., |cached| !is_before(cached)).collect();
        closed.into_iter().find(|cached| cached.day.is_none())
    }

    /// Lets nobody use the cache from now on.
    pub fn close_all(&self) {
        self.close(Date::MIN);
    }

    /// Opens the cache again after a commit that changed only instances of these accounts, if it is still used.
    pub fn follow(&self, connection: &mut Connection, closed: Option<Arc<CachedInstances>>, accounts: &BTreeSet<&str>) {
        let Some(closed) = closed.filter(|cache| cache.is_worth_following()) else { return };
        let followed = opened(closed.replace(connection, accounts));
        self.open.lock().extend(followed);
    }

    /// Creates the tables of a past day, opens them unless somebody has closed the day since, and drops those that nobody
    /// can use any more.
    fn open_past(&self, connection: &Connection, request: CacheRequest) {
        let created = opened(CachedInstances::create(connection, request));
        let unused = {
            let mut past = self.past.lock();
            if past.creating.as_ref().is_some_and(|creating| !creating.is_closed) {
                self.open.lock().extend(created);
            }
            self.close_unused();
            let open: Vec<Option<Date>> = self.open.lock().iter().map(|cached| cached.day).collect();
            past.days.extract_if(.., |day| !open.contains(&Some(*day))).collect::<Vec<_>>()
        };
        for day in unused {
            let drop = |table| format!("DROP TABLE IF EXISTS {};", cached_table(table, Some(day)));
            if let Err(error) = connection.execute_batch(&[REGION, INSTANCE].map(drop).concat()) {
                tracing::warn!(error.cause = %error, "cannot drop the cache of a past day");
            }
        }
    }

    /// Closes the past days that were not used for longest, if there are too many.
    fn close_unused(&self) {
        let mut open = self.open.lock();
        let mut rows: u64 = open.iter().filter(|cached| cached.day.is_some()).map(|cached| cached.rows).sum();
        let mut days = open.iter().filter(|cached| cached.day.is_some()).count();
        open.retain(|cached| {
            let is_kept = cached.day.is_none() || days == 1 || rows <= PAST_ROWS_MAX;
            if !is_kept {
                (rows, days) = (rows - cached.rows, days - 1);
            }
            is_kept
        });
    }
}

fn opened(cached: duckdb::Result<CachedInstances>) -> Option<Arc<CachedInstances>> {
    // Pages then read the store itself.
    let cached = cached.inspect_err(|error| tracing::warn!(error.cause = %error, "cannot cache instances"));
    cached.ok().map(Arc::new)
}

impl Store {
    /// Begins a read-only transaction that sees what is stored now, and returns the cache if it is right for the request
    /// and has the same rows. Who finds that there is none of the present creates it, if nobody is writing.
    pub(super) fn begin(
        &self,
        reader: &Connection,
        request: Option<CacheRequest>,
    ) -> duckdb::Result<Option<Arc<CachedInstances>>> {
        let cached = request.and_then(|request| self.cached_instances(request));
        self.begin_with(reader, cached.as_deref())?;
        // It is closed before anything is committed.
        Ok(cached.filter(|cached| self.instance_cache().is_open(cached)))
    }

    /// Begins a read-only transaction that sees the store, and the cache if there is one, as they are now.
    pub(super) fn begin_with(&self, reader: &Connection, cached: Option<&CachedInstances>) -> duckdb::Result<()> {
        reader.execute_batch(BEGIN)?;
        let see = if cached.is_some() { SEE_BOTH } else { SEE_STORE };
        reader.prepare_cached(see)?.query_row([], |_| Ok(()))
    }

    fn cached_instances(&self, request: CacheRequest) -> Option<Arc<CachedInstances>> {
        let cache = self.instance_cache();
        cache.get(&request).or_else(|| {
            if request.past.is_none() {
                self.try_hold(|writer| {
                    cache.open.lock().retain(|cached| cached.day.is_some());
                    let created = opened(CachedInstances::create(&writer.connection, request));
                    cache.open.lock().extend(created);
                });
            }
            cache.get(&request)
        })
    }

    /// Puts the past day of a read into the cache, for the reads after it, unless it is there, another day is being put
    /// there, or somebody is writing. Nobody waits for it.
    pub(super) fn create_past_later(&self, request: CacheRequest) {
        let Some(PastDay { day, .. }) = request.past.filter(|_| request.creates_past) else { return };
        {
            let cache = self.instance_cache();
            let mut past = cache.past.lock();
            if past.creating.is_some() || InstanceCache::position(&cache.open.lock(), &request).is_some() {
                return;
            }
            past.creating = Some(CreatingPast { day, is_closed: false });
            // Who closed the day before may not have committed yet.
            if self.answer_cache().version_at_rest().is_none() {
                past.creating = None;
                return;
            }
            past.days.insert(day);
        }
        let store = self.clone();
        tokio::spawn(async move {
            let queued = store.read_queue().enter(ReadOrigin::Internal("a past day of the cache"), ReadLength::Long);
            let _permit = queued.await;
            let creator = store.clone();
            let created = tokio::task::spawn_blocking(move || match creator.reader() {
                Ok(reader) => {
                    creator.instance_cache().open_past(&reader, request);
                    creator.give_back(reader);
                }
                Err(error) => tracing::warn!(error.cause = %error, "cannot cache the instances of a past day"),
            });
            if created.await.is_err() {
                tracing::error!("caching the instances of a past day panicked");
            }
            store.instance_cache().past.lock().creating = None;
        });
    }
}
