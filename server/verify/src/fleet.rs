//! Recomputes the figures of several accounts together: those of the overview, or of an account's page.

use super::{
    recomputed::{Recomputed, count_of},
    rows::{Day, Instance},
};
use jiff::civil::Date;
use muster_model::{
    account::{AccountRow, AccountTotals, PatchGroupRow},
    freshness::{Freshness, HarvestState},
    instance::InstanceRow,
    overview::{AttentionReason, Choices},
    patch_status::StatusCounts,
    severity::{SeverityBand, SeverityCount},
    update::MissingPatch,
};
use muster_store::value::day_of;
use std::collections::{BTreeMap, BTreeSet};

/// The number of rows in two of the overview's lists.
const MISSING_SHOWN: usize = 8;
const ATTENTION_SHOWN: usize = 6;

/// A selection of accounts.
pub struct Fleet<'a> {
    pub recomputed: &'a Recomputed,
    pub accounts: Vec<&'a AccountRow>,
    ids: BTreeSet<&'a str>,
    is_of_owner: bool,
}

/// A row of the attention list: reason, count, account.
pub type AttentionLine = (AttentionReason, u64, String);

impl<'a> Fleet<'a> {
    pub fn of(recomputed: &'a Recomputed, belongs: impl Fn(&AccountRow) -> bool) -> Self {
        Self::among(recomputed, &recomputed.accounts, false, belongs)
    }

    /// Selects a customer's accounts, as the customer sees them.
    pub fn of_owner(recomputed: &'a Recomputed, customer: &str) -> Self {
        Self::among(recomputed, &recomputed.accounts_of_owners, true, |account| account.customer_id == customer)
    }

    fn among(
        recomputed: &'a Recomputed,
        accounts: &'a BTreeMap<String, AccountRow>,
        is_of_owner: bool,
        belongs: impl Fn(&AccountRow) -> bool,
    ) -> Self {
        let accounts: Vec<_> = accounts.values().filter(|account| belongs(account)).collect();
        let ids = accounts.iter().map(|account| account.account_id.as_str()).collect();
        Self { recomputed, accounts, ids, is_of_owner }
    }

    pub fn totals(&self) -> AccountTotals {
        let mut totals = AccountTotals { accounts: self.accounts.len() as u64, ..AccountTotals::default() };
        totals.providers = self.accounts.iter().map(|account| &account.provider).collect::<BTreeSet<_>>().len() as u64;
        for account in &self.accounts {
            totals.instances += account.instances;
            totals.online_instances += account.online_instances;
            totals.pending_os_updates += account.pending_os_updates;
            totals.instances_pending_os_updates += account.instances_pending_os_updates;
            totals.pending_agent_updates += account.pending_agent_updates;
            totals.runs_succeeded += account.runs_succeeded;
            totals.runs_total += account.runs_total;
        }
        totals
    }

    pub fn status(&self) -> StatusCounts {
        let mut counts = StatusCounts::default();
        for row in self.instances() {
            *count_of(&mut counts, row.patch_status) += 1;
        }
        counts
    }

    pub fn freshness(&self) -> Freshness {
        let regions = self.recomputed.rows.regions_in_view().filter(|(account_id, ..)| self.ids.contains(account_id));
        let read: Vec<_> = regions.filter_map(|(.., region)| region.last_read_at).collect();
        let fresh = self.accounts.iter().filter(|account| account.harvest_state == HarvestState::Fresh).count() as u64;
        Freshness {
            now: self.recomputed.moment.now,
            newest_harvest_at: read.iter().max().copied(),
            oldest_harvest_at: read.iter().min().copied(),
            accounts: self.accounts.len() as u64,
            accounts_fresh: fresh,
            accounts_stale: self.accounts.len() as u64 - fresh,
        }
    }

    pub fn severities(&self) -> Vec<SeverityCount> {
        let mut counts =
            SeverityBand::ALL.map(|band| SeverityCount { band, pending_os_updates: 0, instances: 0 }).to_vec();
        for (instance, _) in self.current() {
            for (count, updates) in counts.iter_mut().zip(instance.updates.pending) {
                count.pending_os_updates += updates;
                count.instances += u64::from(updates > 0);
            }
        }
        counts
    }

    pub fn top_missing(&self) -> Vec<MissingPatch> {
        let mut found: Vec<((String, String), MissingPatch)> = Vec::new();
        for (patch_key, by_account) in &self.recomputed.missing {
            let mine: Vec<_> = by_account.iter().filter(|(id, _)| self.ids.contains(id.as_str())).collect();
            let Some(first_seen_at) = mine.iter().map(|(_, missing)| missing.first_seen_at).min() else { continue };
            let (title, name) = self.recomputed.rows.patches.get(patch_key).cloned().unwrap_or_default();
            let description = if title.is_empty() { name.clone() } else { title.clone() };
            let severity = mine.iter().map(|(_, missing)| missing.severity.clone()).max().unwrap_or_default();
            let instances = mine.iter().map(|(_, missing)| missing.instances).sum();
            let accounts = mine.len() as u64;
            let row = MissingPatch { description, name: name.clone(), severity, instances, accounts, first_seen_at };
            found.push(((title, name), row));
        }
        found.sort_by(|(names, row), (other_names, other)| {
            other.instances.cmp(&row.instances).then_with(|| names.cmp(other_names))
        });
        found.truncate(MISSING_SHOWN);
        found.into_iter().map(|(_, row)| row).collect()
    }

    /// Returns the accounts with the worst problems.
    pub fn attention(&self) -> Vec<AttentionLine> {
        let mut lines: Vec<AttentionLine> = Vec::new();
        for account in &self.accounts {
            let status = &account.status;
            let failed_runs = account.runs_total - account.runs_succeeded;
            // One failed run, or less than one in five, is normal.
            let runs_fail = failed_runs >= 2 && 5 * failed_runs >= account.runs_total;
            let trusted = matches!(account.harvest_state, HarvestState::Fresh | HarvestState::Partial);
            let problems = [
                (AttentionReason::HarvestFailing, u64::from(!trusted)),
                (AttentionReason::FailedInstances, status.failed),
                (AttentionReason::FailedRuns, if runs_fail { failed_runs } else { 0 }),
                (AttentionReason::PendingInstances, status.pending),
                (AttentionReason::StaleInstances, status.stale),
                (AttentionReason::PendingReboot, status.pending_reboot),
            ];
            let worst = problems.into_iter().find(|(_, count)| *count > 0);
            lines.extend(worst.map(|(reason, count)| (reason, count, account.account_name.clone())));
        }
        lines.sort_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(&a.1)).then_with(|| a.2.cmp(&b.2)));
        lines.truncate(ATTENTION_SHOWN);
        lines
    }

    pub fn patch_groups(&self) -> Vec<PatchGroupRow> {
        let mut groups: BTreeMap<(bool, &str), PatchGroupRow> = BTreeMap::new();
        for row in self.instances() {
            let group = row.patch_group.as_str();
            let counted = groups.entry((group.is_empty(), group)).or_insert_with(|| PatchGroupRow {
                patch_group: group.to_owned(),
                instances: 0,
                status: StatusCounts::default(),
            });
            counted.instances += 1;
            *count_of(&mut counted.status, row.patch_status) += 1;
        }
        groups.into_values().collect()
    }

    /// Returns the recorded pending OS updates, instances up to date and instances of a day. If any account has a
    /// record of the day, accounts without one count as zero once they had a record; a customer's records start with
    /// the day on which it became the owner.
    pub fn recorded(&self, day: Date) -> Option<[u64; 3]> {
        let days = &self.recomputed.rows.days;
        let began = |account_id: &str| self.recomputed.owned_from(account_id).filter(|_| self.is_of_owner).map(day_of);
        let is_mine = |record: &&Day| {
            self.ids.contains(record.account_id.as_str()) && began(&record.account_id) <= Some(record.day)
        };
        let is_recorded = days.iter().any(|record| record.day == day);
        let is_known = days.iter().filter(is_mine).any(|record| record.day <= day);
        let mine = days.iter().filter(is_mine).filter(|record| record.day == day);
        let sum = mine
            .map(|record| [record.figures[2], record.figures[10], record.figures[0]])
            .fold([0; 3], |sum, figures| std::array::from_fn(|place| sum[place] + figures[place]));
        (is_recorded && is_known).then_some(sum)
    }

    pub fn instances(&self) -> impl Iterator<Item = &'a InstanceRow> {
        self.current().map(|(_, row)| row)
    }

    fn current(&self) -> impl Iterator<Item = (&'a Instance, &'a InstanceRow)> {
        let recomputed = self.recomputed;
        self.accounts.iter().flat_map(move |account| recomputed.current_of(account.account_id.as_str()))
    }

    /// Returns the values that filters offer, by kind, with the number of their instances.
    pub fn choices(&self) -> BTreeMap<(&'static str, String), u64> {
        let mut counts = BTreeMap::new();
        for row in self.instances() {
            for (kind, code) in [
                ("customer", row.customer_id.as_str()),
                ("provider", row.provider.code()),
                ("account", row.account_id.as_str()),
                ("platform", &row.platform_name),
                ("patch_group", &row.patch_group),
            ] {
                *counts.entry((kind, code.to_owned())).or_default() += 1;
            }
        }
        counts
    }
}

/// Converts published choices into the same shape.
pub fn published_choices(choices: &Choices) -> BTreeMap<(&'static str, String), u64> {
    let kinds = [
        ("customer", &choices.customers),
        ("provider", &choices.providers),
        ("account", &choices.accounts),
        ("platform", &choices.platforms),
        ("patch_group", &choices.patch_groups),
    ];
    let all = kinds.into_iter().flat_map(|(kind, list)| list.iter().map(move |choice| (kind, choice)));
    all.map(|(kind, choice)| {
        let no_group = kind == "patch_group" && choice.code == "none" && choice.label != "none";
        ((kind, if no_group { String::new() } else { choice.code.clone() }), choice.instances)
    })
    .collect()
}
