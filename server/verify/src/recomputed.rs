//! Recomputes the row of each instance and each account from the raw rows, as lists publish it.

use super::{
    meaning::{Moment, agent_is_latest, agent_version, percent},
    rows::{Instance, Rows},
    updates::MissingByPatch,
};
use jiff::Timestamp;
use muster_model::{
    account::AccountRow,
    freshness::HarvestState,
    ids::AccountId,
    instance::InstanceRow,
    patch_status::{PatchStatus, StatusCounts},
    provider::Provider,
};
use std::collections::BTreeMap;

pub struct Recomputed {
    pub moment: Moment,
    pub rows: Rows,
    pub missing: MissingByPatch,
    pub newest_agent: Option<[i64; 3]>,
    /// Every instance that pages show, current or gone, by key.
    pub instances: BTreeMap<i64, InstanceRow>,
    /// As an operator sees them.
    pub accounts: BTreeMap<String, AccountRow>,
    /// As their customers see them.
    pub accounts_of_owners: BTreeMap<String, AccountRow>,
    /// The keys of current instances, by account.
    current: BTreeMap<String, Vec<i64>>,
}

impl Recomputed {
    pub fn of(rows: Rows, missing: MissingByPatch, moment: Moment) -> Self {
        let newest_agent = newest_agent(&rows);
        let mut current: BTreeMap<String, Vec<i64>> = BTreeMap::new();
        for (key, instance) in rows.instances.iter().filter(|(_, instance)| instance.is_current()) {
            current.entry(instance.account_id.clone()).or_default().push(*key);
        }
        let (instances, accounts, accounts_of_owners) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let mut recomputed =
            Self { moment, rows, missing, newest_agent, instances, accounts, accounts_of_owners, current };
        let shown = recomputed.rows.instances.iter().filter(|(_, instance)| instance.in_view);
        recomputed.instances =
            shown.filter_map(|(key, instance)| Some((*key, recomputed.instance_row(instance)?))).collect();
        recomputed.accounts = recomputed.account_rows(|_| true);
        recomputed.accounts_of_owners = recomputed.account_rows(|instance| recomputed.ran_for_its_owner(instance));
        recomputed
    }

    /// Iterates over the raw and the recomputed rows of an account's current instances.
    pub fn current_of(&self, account_id: &str) -> impl Iterator<Item = (&Instance, &InstanceRow)> {
        let keys = self.current.get(account_id).map(Vec::as_slice).unwrap_or_default();
        keys.iter().filter_map(|key| Some((self.rows.instances.get(key)?, self.instances.get(key)?)))
    }

    /// Iterates over the raw and the recomputed rows of all current instances.
    pub fn current(&self) -> impl Iterator<Item = (&Instance, &InstanceRow)> {
        self.current.keys().flat_map(|account_id| self.current_of(account_id))
    }

    /// Returns whether the latest finished Install run succeeded, if one counts.
    pub fn run_success(&self, instance: &Instance) -> Option<bool> {
        let counts = instance.latest_install.as_ref().filter(|run| self.moment.run_counts(run.requested_at));
        counts.map(|run| run.succeeded)
    }

    /// Returns whether the latest Install run was not requested by a former owner of the account.
    fn ran_for_its_owner(&self, instance: &Instance) -> bool {
        let requested_at = instance.latest_install.as_ref().map(|run| run.requested_at);
        // `None` is less than any time.
        requested_at >= self.owned_from(&instance.account_id)
    }

    /// Returns when the account last changed owners, if that limits what is shown.
    pub fn owned_from(&self, account_id: &str) -> Option<Timestamp> {
        let account = self.rows.accounts.get(account_id).filter(|_| !self.moment.limits.history_follows_account);
        account.and_then(|account| account.owned_from)
    }

    /// Returns the harvest state of an account in a Region.
    pub fn harvest_state(&self, account_id: &str, region: &str) -> HarvestState {
        let region = self.rows.regions.get(&(account_id.to_owned(), region.to_owned()));
        region.map_or(HarvestState::Never, |region| {
            let last = region.last_harvest_id.and_then(|id| self.rows.harvests.get(&id));
            self.moment.harvest_state(region, last)
        })
    }

    fn instance_row(&self, instance: &Instance) -> Option<InstanceRow> {
        let account = self.rows.accounts.get(&instance.account_id)?;
        let region = self.rows.regions.get(&(instance.account_id.clone(), instance.region.clone()))?;
        Some(InstanceRow {
            name: name(instance),
            instance_id: instance.instance_id.parse().ok()?,
            provider: Provider::new(account.provider.as_str()),
            account_id: instance.account_id.parse().ok()?,
            account_name: account.account_name.clone(),
            customer_id: account.customer_id.clone(),
            customer_name: account.customer_name.clone(),
            region: instance.region.clone(),
            platform_name: instance.platform_name.clone(),
            platform_version: instance.platform_version.clone(),
            agent_version: instance.agent_version.clone(),
            agent_is_latest: agent_is_latest(instance, self.newest_agent),
            online: instance.ping_status == "Online",
            last_ping_at: instance.last_ping_at,
            patch_status: self.moment.patch_status(instance),
            missing: instance.updates.missing(),
            critical_missing: instance.updates.critical_missing,
            failed: instance.updates.failed(),
            pending_reboot: instance.updates.pending_reboot(),
            patch_group: patch_group(instance),
            last_scan_at: instance.scan.as_ref().and_then(|scan| scan.ended_at),
            last_harvest_at: region.last_read_at,
            registered_at: instance.registered_at,
        })
    }

    /// Recomputes the rows of accounts with the runs of the instances for which `run_counts`.
    fn account_rows(&self, run_counts: impl Fn(&Instance) -> bool) -> BTreeMap<String, AccountRow> {
        let mut accounts = BTreeMap::new();
        for (account_id, region_name, region) in self.rows.regions_in_view() {
            let Ok(id) = account_id.parse::<AccountId>() else { continue };
            let account = &self.rows.accounts[account_id];
            let state = self.harvest_state(account_id, region_name);
            let row = accounts.entry(account_id.to_owned()).or_insert_with(|| AccountRow {
                provider: Provider::new(account.provider.as_str()),
                account_id: id,
                account_name: account.account_name.clone(),
                customer_id: account.customer_id.clone(),
                customer_name: account.customer_name.clone(),
                instances: 0,
                online_instances: 0,
                pending_os_updates: 0,
                instances_pending_os_updates: 0,
                pending_agent_updates: 0,
                run_success_percent: None,
                runs_succeeded: 0,
                runs_total: 0,
                last_scan_at: None,
                last_harvest_at: region.last_read_at,
                harvest_state: state,
                status: StatusCounts::default(),
            });
            // An account has the state of its worst Region, and an unknown age if one was never read.
            row.harvest_state = row.harvest_state.max(state);
            row.last_harvest_at = row.last_harvest_at.and_then(|at| Some(at.min(region.last_read_at?)));
        }
        for (instance, recomputed) in self.current() {
            let Some(row) = accounts.get_mut(&instance.account_id) else { continue };
            row.instances += 1;
            row.online_instances += u64::from(recomputed.online);
            row.pending_os_updates += instance.updates.pending();
            row.instances_pending_os_updates += u64::from(instance.updates.pending() > 0);
            row.pending_agent_updates += u64::from(!recomputed.agent_is_latest);
            let run = self.run_success(instance).filter(|_| run_counts(instance));
            row.runs_total += u64::from(run.is_some());
            row.runs_succeeded += u64::from(run == Some(true));
            row.last_scan_at = row.last_scan_at.max(recomputed.last_scan_at);
            *count_of(&mut row.status, recomputed.patch_status) += 1;
        }
        for row in accounts.values_mut() {
            row.run_success_percent = percent(row.runs_succeeded, row.runs_total);
        }
        accounts
    }
}

pub fn count_of(counts: &mut StatusCounts, status: PatchStatus) -> &mut u64 {
    match status {
        PatchStatus::NoData => &mut counts.no_data,
        PatchStatus::Stale => &mut counts.stale,
        PatchStatus::Failed => &mut counts.failed,
        PatchStatus::Pending => &mut counts.pending,
        PatchStatus::PendingReboot => &mut counts.pending_reboot,
        PatchStatus::UpToDate => &mut counts.up_to_date,
    }
}

/// Returns the newest agent that an instance other than Windows reports as the latest, whichever customer it belongs
/// to.
fn newest_agent(rows: &Rows) -> Option<[i64; 3]> {
    let reports_latest = |instance: &&Instance| {
        instance.gone_at.is_none() && instance.agent_says_latest == Some(true) && instance.platform_type != "Windows"
    };
    rows.instances.values().filter(reports_latest).map(|instance| agent_version(&instance.agent_version)).max()
}

/// Returns the displayed name: the Name tag, the instance's name, its computer name, or its id.
fn name(instance: &Instance) -> String {
    let names = [instance.name_tag.as_deref().unwrap_or_default(), &instance.name, &instance.computer_name];
    let given = names.into_iter().find(|name| !name.is_empty());
    given.unwrap_or(&instance.instance_id).to_owned()
}

/// Returns the group of the last patch operation, or of the tag `Patch Group`, or of the tag `PatchGroup`.
fn patch_group(instance: &Instance) -> String {
    let scanned = instance.scan.as_ref().map(|scan| scan.patch_group.as_str()).filter(|group| !group.is_empty());
    let tagged = || instance.group_tags.values().next().map(String::as_str);
    scanned.or_else(tagged).unwrap_or_default().to_owned()
}
