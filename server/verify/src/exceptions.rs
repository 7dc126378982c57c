//! Verifies the exceptions: the pending updates that each is about, and those that are excepted.

use super::{Check, VerifyError, each_page, meaning::Moment, rows::Instance};
use duckdb::Connection;
use jiff::{Timestamp, civil::Date};
use muster_model::{
    column::Columns, exception::ExceptionState, filter::ExceptionFilter, page::PAGE_ROWS_MAX, ports::Reports,
};
use muster_store::{named_row::each, value::day_of};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// An exception as it is stored.
#[derive(Columns)]
struct Stored {
    exception_id: String,
    cve: String,
    kb_id: String,
    title: String,
    account_id: String,
    patch_group: String,
    instance_id: String,
    until_day: Date,
    made_at: Timestamp,
    revoked_at: Option<Timestamp>,
    #[column(skip)]
    state: Option<ExceptionState>,
}

const STORED: &str = "
    SELECT exception_id, cve, kb_id, title, account_id, patch_group, instance_id, until_day, made_at, revoked_at
    FROM exception";

#[derive(Columns)]
struct Fixed {
    patch_key: i64,
    kb_id: String,
    title: String,
    cve: String,
}

const FIXED: &str = "SELECT patch_key, p.kb_id, p.title, c.cve FROM patch p JOIN patch_cve c USING (patch_key)";

#[derive(Columns)]
struct Exploited {
    cve: String,
    added_on: Date,
}

/// A pending update, as exceptions name it.
pub struct PendingUpdate<'a> {
    pub instance: &'a Instance,
    pub patch_group: &'a str,
    pub patch_key: i64,
    pub kb_id: &'a str,
    pub title: &'a str,
}

/// All exceptions, with the numbers of pending updates that each is about and of those that are excepted.
#[derive(Default)]
pub struct Exceptions {
    /// By account.
    stored: HashMap<String, Vec<Stored>>,
    cves: HashMap<i64, BTreeSet<String>>,
    /// Since when patches are known to fix what is exploited, by name and title.
    exploited_on: HashMap<(String, String), Date>,
    counts: BTreeMap<String, (u64, u64)>,
}

impl Exceptions {
    /// `owned_from` has since when accounts have their present owner, where they had another one.
    pub fn read(
        connection: &Connection,
        moment: Moment,
        owned_from: &BTreeMap<String, Timestamp>,
    ) -> duckdb::Result<Self> {
        let mut all = Self::default();
        let mut cves_of_patch: HashMap<(String, String), BTreeSet<String>> = HashMap::new();
        each(connection, FIXED, [], |fixed: Fixed| {
            all.cves.entry(fixed.patch_key).or_default().insert(fixed.cve.clone());
            cves_of_patch.entry((fixed.kb_id, fixed.title)).or_default().insert(fixed.cve);
        })?;
        let mut exploited: Vec<Exploited> = Vec::new();
        each(connection, "SELECT cve, added_on FROM exploited_cve", [], |found| exploited.push(found))?;
        let mut exceptions: Vec<Stored> = Vec::new();
        each(connection, STORED, [], |stored| exceptions.push(stored))?;
        let today = day_of(moment.now);
        exploited.retain(|one| one.added_on <= today);
        for (patch, cves) in &cves_of_patch {
            let first = exploited.iter().filter(|one| cves.contains(&one.cve)).map(|one| one.added_on).min();
            all.exploited_on.extend(first.map(|first| (patch.clone(), first)));
        }
        for mut stored in exceptions {
            let cves = match stored.cve.is_empty() {
                true => cves_of_patch.get(&(stored.kb_id.clone(), stored.title.clone())).cloned().unwrap_or_default(),
                false => BTreeSet::from([stored.cve.clone()]),
            };
            let known = day_of(stored.made_at);
            let first = |cve: &String| exploited.iter().filter(|one| one.cve == *cve).map(|one| one.added_on).min();
            let is_former = owned_from.get(&stored.account_id).is_some_and(|from| stored.made_at < *from);
            stored.state = Some(match stored.revoked_at {
                Some(_) => ExceptionState::Revoked,
                None if stored.until_day < today || is_former => ExceptionState::Expired,
                None if cves.iter().filter_map(first).any(|day| day > known) => ExceptionState::Reopened,
                None => ExceptionState::Active,
            });
            all.stored.entry(stored.account_id.clone()).or_default().push(stored);
        }
        Ok(all)
    }

    /// Returns since when a CVE that the patch fixes is known to be exploited.
    pub fn exploited_on(&self, name: &str, title: &str) -> Option<Date> {
        self.exploited_on.get(&(name.to_owned(), title.to_owned())).copied()
    }

    /// Counts a pending update of a current instance, and returns whether it is excepted.
    pub fn count(&mut self, update: &PendingUpdate<'_>) -> bool {
        let Self { stored, cves, counts, .. } = self;
        let PendingUpdate { instance, patch_group, patch_key, kb_id, title } = *update;
        let cves = cves.get(&patch_key);
        let includes = |one: &&Stored| {
            (one.instance_id.is_empty() || one.instance_id == instance.instance_id.as_str())
                && (one.patch_group.is_empty() || one.patch_group == patch_group)
                && instance.first_seen_at <= one.made_at
                && match one.cve.is_empty() {
                    true => (one.kb_id.as_str(), one.title.as_str()) == (kb_id, title),
                    false => cves.is_some_and(|cves| cves.contains(&one.cve)),
                }
        };
        let of_account = stored.get(instance.account_id.as_str()).into_iter().flatten();
        let about: Vec<&Stored> = of_account.filter(includes).collect();
        let holds = |one: &&&Stored| one.state == Some(ExceptionState::Active);
        let by_patch = about.iter().filter(holds).any(|one| one.cve.is_empty());
        let accepted: BTreeSet<&String> = about.iter().filter(holds).map(|one| &one.cve).collect();
        let is_excepted = by_patch || cves.is_some_and(|cves| cves.iter().all(|cve| accepted.contains(cve)));
        for one in about {
            let (pending, excepted) = counts.entry(one.exception_id.clone()).or_default();
            *pending += 1;
            *excepted += u64::from(is_excepted && one.state == Some(ExceptionState::Active));
        }
        is_excepted
    }
}

impl Check {
    /// Compares the list of exceptions with what was counted for the service level.
    pub(super) async fn exceptions(&mut self) -> Result<(), VerifyError> {
        let Self { reports, recomputed, tally, .. } = self;
        let Exceptions { stored, counts, .. } = &recomputed.exceptions;
        let in_view = |stored: &&Stored| recomputed.accounts.keys().any(|one| one.as_str() == stored.account_id);
        let mut expected: BTreeMap<&str, &Stored> =
            stored.values().flatten().filter(in_view).map(|stored| (stored.exception_id.as_str(), stored)).collect();
        let reports = &*reports;
        let page = |window| async move { reports.exceptions(ExceptionFilter { window, ..Default::default() }).await };
        each_page(PAGE_ROWS_MAX, page, |page| {
            for row in page.rows {
                let place = format!("the exception {}", row.exception_id);
                let counted = counts.get(&row.exception_id).copied().unwrap_or_default();
                tally.equal("pending updates", &place, &(row.pending_updates, row.excepted_updates), &counted);
                let state = expected.remove(row.exception_id.as_str()).and_then(|stored| stored.state);
                tally.equal("state", &place, &Some(row.state), &state);
            }
        })
        .await?;
        tally.equal("exceptions that are not listed", "the exceptions", &0, &expected.len());
        Ok(())
    }
}
