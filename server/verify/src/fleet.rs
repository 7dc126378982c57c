//! Recomputes the figures of several accounts together: those of the overview, or of an account's page.

use super::{
    patches::{self, PatchFigures},
    recomputed::{AccountFigures, Accounts, Counts, InstanceFigures, Recomputed},
    rows::{Day, Instance, Region},
};
use jiff::{Timestamp, civil::Date};
use muster_model::{
    account::PatchGroupRow,
    exact::Exact,
    freshness::{Freshness, HarvestState},
    ids::AccountId,
    overview::{AttentionReason, Choices},
    patch_status::StatusCounts,
    severity::{SeverityBand, SeverityCount},
};
use muster_store::value::day_of;
use serde::Serialize;
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

/// The number of rows in two of the overview's lists.
const MISSING_SHOWN: usize = 8;
const ATTENTION_SHOWN: usize = 6;

/// A selection of accounts.
pub struct Fleet<'a> {
    recomputed: &'a Recomputed,
    pub accounts: BTreeMap<&'a AccountId, &'a AccountFigures>,
    is_of_owner: bool,
}

/// The sums under the Patching table.
#[derive(Serialize)]
pub struct Totals {
    accounts: usize,
    providers: usize,
    #[serde(flatten)]
    pub counts: Counts,
}

/// A row of the attention list: reason, count, account.
pub type AttentionLine<'a> = (AttentionReason, u64, &'a str);

impl<'a> Fleet<'a> {
    pub fn of(recomputed: &'a Recomputed, belongs: impl Fn(&AccountId, &AccountFigures) -> bool) -> Self {
        Self::among(recomputed, &recomputed.accounts, false, belongs)
    }

    /// Selects a customer's accounts, as the customer sees them.
    pub fn of_owner(recomputed: &'a Recomputed, customer: &str) -> Self {
        Self::among(recomputed, &recomputed.accounts_of_owners, true, |_, account| account.customer_id == customer)
    }

    fn among(
        recomputed: &'a Recomputed,
        accounts: &'a Accounts,
        is_of_owner: bool,
        belongs: impl Fn(&AccountId, &AccountFigures) -> bool,
    ) -> Self {
        let accounts = accounts.iter().filter(|(id, account)| belongs(id, account)).collect();
        Self { recomputed, accounts, is_of_owner }
    }

    pub fn totals(&self) -> Totals {
        let sum = |figure: fn(&Counts) -> u64| self.accounts.values().map(|account| figure(&account.counts)).sum();
        Totals {
            accounts: self.accounts.len(),
            providers: self.accounts.values().map(|account| &account.provider).collect::<BTreeSet<_>>().len(),
            counts: Counts {
                instances: sum(|counts| counts.instances),
                online_instances: sum(|counts| counts.online_instances),
                pending_os_updates: sum(|counts| counts.pending_os_updates),
                instances_pending_os_updates: sum(|counts| counts.instances_pending_os_updates),
                pending_agent_updates: sum(|counts| counts.pending_agent_updates),
                runs_succeeded: sum(|counts| counts.runs_succeeded),
                runs_total: sum(|counts| counts.runs_total),
                available_security_updates: sum(|counts| counts.available_security_updates),
                installed_rejected: sum(|counts| counts.installed_rejected),
                instances_details_missing: sum(|counts| counts.instances_details_missing),
            },
        }
    }

    pub fn status(&self) -> StatusCounts {
        let mut counts = StatusCounts::default();
        for (_, figures) in self.current() {
            *counts.get_mut(figures.patch_status) += 1;
        }
        counts
    }

    fn regions(&self) -> impl Iterator<Item = &'a Region> {
        self.recomputed.rows.regions.values().filter(|region| self.accounts.contains_key(&region.account_id))
    }

    pub fn freshness(&self) -> Freshness {
        let read = || self.regions().filter_map(|region| region.last_read_at);
        let accounts = self.accounts.len() as u64;
        let of = |state| self.accounts.values().filter(|account| account.harvest_state == state).count() as u64;
        Freshness {
            now: self.recomputed.moment.now,
            newest_harvest_at: read().max(),
            oldest_harvest_at: read().min(),
            accounts,
            accounts_fresh: of(HarvestState::Fresh),
            accounts_partial: of(HarvestState::Partial),
            accounts_stale: of(HarvestState::Stale),
            accounts_failing: of(HarvestState::Failing),
            accounts_never: of(HarvestState::Never),
        }
    }

    pub fn severities(&self) -> [SeverityCount; 5] {
        let mut counts = SeverityBand::ALL.map(|band| SeverityCount { band, pending_os_updates: 0, instances: 0 });
        for (instance, _) in self.current() {
            for (count, updates) in counts.iter_mut().zip(instance.updates.pending) {
                count.pending_os_updates += updates;
                count.instances += u64::from(updates > 0);
            }
        }
        counts
    }

    /// Returns since when the first of the available security updates has been waiting.
    pub fn available_since(&self) -> Option<Timestamp> {
        self.current().filter_map(|(instance, _)| instance.updates.available_since).min()
    }

    pub fn top_missing(&self) -> Vec<PatchFigures> {
        let accounts = self.accounts.iter().map(|(id, account)| (*id, account.customer_id.as_str()));
        let mut found =
            patches::sum((&self.recomputed.patches, &self.recomputed.exceptions), accounts, |counts| &counts.missing);
        found.sort_by_key(|patch| (Reverse(patch.instances), patch.severity_band));
        found.truncate(MISSING_SHOWN);
        found
    }

    /// Returns the worst problem of all accounts together, if they have one.
    pub fn problem(&self, overdue: u64) -> Option<AttentionReason> {
        let unread = self.accounts.values().filter(|account| !is_trusted(account.harvest_state)).count() as u64;
        problem(&self.status(), &self.totals().counts, overdue, unread).map(|(reason, _)| reason)
    }

    /// Returns the accounts with the worst problems, and the number of all accounts with problems.
    pub fn attention(&self) -> (Vec<AttentionLine<'a>>, u64) {
        let mut lines: Vec<AttentionLine<'a>> = Vec::new();
        for account in self.accounts.values() {
            let unread = u64::from(!is_trusted(account.harvest_state));
            let worst = problem(&account.status, &account.counts, 0, unread);
            lines.extend(worst.map(|(reason, count)| (reason, count, account.account_name.as_str())));
        }
        lines.sort_by_key(|(reason, count, name)| (*reason, Reverse(*count), *name));
        let all = lines.len() as u64;
        lines.truncate(ATTENTION_SHOWN);
        (lines, all)
    }

    pub fn patch_groups(&self) -> Vec<PatchGroupRow> {
        let mut groups: BTreeMap<(bool, &str), PatchGroupRow> = BTreeMap::new();
        for (_, figures) in self.current() {
            let group = figures.patch_group.as_str();
            let counted = groups.entry((group.is_empty(), group)).or_insert_with(|| PatchGroupRow {
                patch_group: group.to_owned(),
                instances: 0,
                status: StatusCounts::default(),
            });
            counted.instances += 1;
            *counted.status.get_mut(figures.patch_status) += 1;
        }
        groups.into_values().collect()
    }

    /// Returns the recorded pending OS updates, instances up to date and instances of a day. If any account has a
    /// record of the day, accounts without one count as zero once they had a record; a customer's records start with
    /// the day on which it became the owner.
    pub fn recorded(&self, day: Date) -> Option<[u64; 3]> {
        let owned_from = |region: &Region| self.recomputed.owned_from(region).filter(|_| self.is_of_owner).map(day_of);
        let began: BTreeMap<&str, Option<Date>> =
            self.regions().map(|region| (region.account_id.as_str(), owned_from(region))).collect();
        let days = &self.recomputed.rows.days;
        let is_mine =
            |record: &&Day| began.get(record.account_id.as_str()).is_some_and(|began| *began <= Some(record.day));
        let is_recorded = days.iter().any(|record| record.day == day);
        let is_known = days.iter().filter(is_mine).any(|record| record.day <= day);
        let mine = || days.iter().filter(is_mine).filter(|record| record.day == day);
        let sum = |figure: fn(&Day) -> u64| mine().map(figure).sum::<u64>();
        (is_recorded && is_known).then(|| {
            [
                sum(|record| record.pending_os_updates),
                sum(|record| record.status.up_to_date),
                sum(|record| record.instances),
            ]
        })
    }

    fn current(&self) -> impl Iterator<Item = (&'a Instance, &'a InstanceFigures)> {
        let recomputed = self.recomputed;
        self.accounts.keys().flat_map(move |account_id| recomputed.current_of(account_id))
    }

    /// Returns the values that filters offer, by kind and code, with the number of their instances.
    pub fn choices(&self) -> BTreeMap<String, u64> {
        let mut counts = BTreeMap::new();
        for (instance, figures) in self.current() {
            let account = self.accounts[&instance.account_id];
            for (kind, code) in [
                ("customer", account.customer_id.as_str()),
                ("provider", account.provider.code()),
                ("account", instance.account_id.as_str()),
                ("platform", &instance.platform_name),
                ("patch_group", &figures.patch_group),
            ] {
                *counts.entry(format!("{kind} {code}")).or_default() += 1;
            }
        }
        counts
    }
}

fn is_trusted(state: HarvestState) -> bool {
    matches!(state, HarvestState::Fresh | HarvestState::Partial)
}

/// Returns what is worst among accounts, and how much of it there is.
fn problem(status: &StatusCounts, counts: &Counts, overdue: u64, unread: u64) -> Option<(AttentionReason, u64)> {
    let failed_runs = counts.runs_total - counts.runs_succeeded;
    // One failed run, or less than one in five, is normal.
    let runs_fail = failed_runs >= 2 && 5 * failed_runs >= counts.runs_total;
    let problems = [
        (AttentionReason::HarvestFailing, unread),
        (AttentionReason::OverdueUpdates, overdue),
        (AttentionReason::FailedInstances, status.failed),
        (AttentionReason::FailedRuns, if runs_fail { failed_runs } else { 0 }),
        (AttentionReason::PendingInstances, status.pending),
        (AttentionReason::DetailsMissing, status.details_missing),
        (AttentionReason::StaleInstances, status.stale),
        (AttentionReason::NeverScanned, status.no_data),
        (AttentionReason::PendingReboot, status.pending_reboot),
        (AttentionReason::NonCompliant, status.non_compliant),
        (AttentionReason::Unsupported, status.unsupported),
    ];
    problems.into_iter().find(|(_, count)| *count > 0)
}

/// Converts published choices into the same shape.
pub fn published_choices(choices: &Choices) -> BTreeMap<String, u64> {
    let kinds = [
        ("customer", &choices.customers),
        ("provider", &choices.providers),
        ("account", &choices.accounts),
        ("platform", &choices.platforms),
        ("patch_group", &choices.patch_groups),
    ];
    let all = kinds.into_iter().flat_map(|(kind, list)| list.iter().map(move |choice| (kind, choice)));
    all.map(|(kind, choice)| {
        let text = match kind {
            "platform" | "patch_group" => Exact::read(&choice.code).unwrap_or_default().as_str().to_owned(),
            _ => choice.code.clone(),
        };
        (format!("{kind} {text}"), choice.instances)
    })
    .collect()
}
