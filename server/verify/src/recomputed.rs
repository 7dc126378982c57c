//! Recomputes what is derived in the rows of instances and accounts from the raw rows.

use super::{
    agents::{NewestAgents, agent_is_latest, newest_agents},
    exceptions::Exceptions,
    meaning::{AVAILABLE, FAILED, MISSING, Moment, PENDING_REBOOT, REJECTED, details_missing, percent},
    patches::Patches,
    rows::{Instance, Region, Rows},
};
use jiff::Timestamp;
use muster_model::{
    freshness::HarvestState,
    ids::{AccountId, InstanceId},
    instance_state::InstanceState,
    patch_status::{PatchStatus, StatusCounts},
    provider::Provider,
    severity::SeverityBand,
    visible::is_blank,
};
use serde::Serialize;
use std::collections::BTreeMap;

/// The columns of an instance's row that are derived and not copied, under their names in lists.
#[derive(Serialize)]
pub struct InstanceFigures {
    pub name: String,
    pub agent_is_latest: Option<bool>,
    pub online: bool,
    pub instance_state: InstanceState,
    pub patch_status: PatchStatus,
    pub missing: u64,
    pub critical_missing: u64,
    pub failed: u64,
    pub pending_reboot: u64,
    pub patch_group: String,
    pub last_scan_at: Option<Timestamp>,
    pub last_harvest_at: Option<Timestamp>,
    pub available_security_updates: u64,
    pub installed_rejected: u64,
    pub details_missing: u64,
    pub patch_policy: String,
}

/// Figures that are summed over instances, under their names in lists.
#[derive(Clone, Copy, Default, Serialize)]
pub struct Counts {
    pub instances: u64,
    pub online_instances: u64,
    pub pending_os_updates: u64,
    pub instances_pending_os_updates: u64,
    pub pending_agent_updates: u64,
    pub runs_succeeded: u64,
    pub runs_total: u64,
    pub available_security_updates: u64,
    pub installed_rejected: u64,
    pub instances_details_missing: u64,
}

/// An account with its derived columns.
#[derive(Serialize)]
pub struct AccountFigures {
    pub provider: Provider,
    pub account_name: String,
    pub customer_id: String,
    #[serde(flatten)]
    pub counts: Counts,
    pub run_success_percent: Option<f64>,
    pub last_scan_at: Option<Timestamp>,
    pub last_harvest_at: Option<Timestamp>,
    pub harvest_state: HarvestState,
    pub status: StatusCounts,
    pub unmanaged_instances: Option<u64>,
}

pub type Accounts = BTreeMap<AccountId, AccountFigures>;

pub struct Recomputed {
    pub moment: Moment,
    pub rows: Rows,
    /// Of every instance that pages show, current or gone, by key.
    pub figures: BTreeMap<i64, InstanceFigures>,
    /// As an operator sees them.
    pub accounts: Accounts,
    /// As their customers see them.
    pub accounts_of_owners: Accounts,
    /// Filled when the service level is verified, which reads each pending update.
    pub patches: Patches,
    /// Counted with them.
    pub exceptions: Exceptions,
    /// The keys of current instances, by account.
    current: BTreeMap<AccountId, Vec<i64>>,
}

impl Recomputed {
    pub fn of(rows: Rows, moment: Moment) -> Self {
        let newest = newest_agents(&rows);
        let mut current: BTreeMap<AccountId, Vec<i64>> = BTreeMap::new();
        for (key, instance) in rows.instances.iter().filter(|(_, instance)| instance.is_current()) {
            current.entry(instance.account_id.clone()).or_default().push(*key);
        }
        let figures_of = |(key, instance): (&i64, &Instance)| {
            let figures = instance_figures(instance, rows.region_of(instance)?, moment, &newest);
            Some((*key, InstanceFigures { patch_policy: rows.policies_of(instance), ..figures }))
        };
        let figures = rows.instances.iter().filter_map(figures_of).collect();
        let (accounts, accounts_of_owners) = (Accounts::new(), Accounts::new());
        let (patches, exceptions) = Default::default();
        let mut recomputed = Self { patches, exceptions, moment, rows, figures, accounts, accounts_of_owners, current };
        recomputed.accounts = recomputed.account_figures(|_| true);
        recomputed.accounts_of_owners = recomputed.account_figures(|instance| recomputed.ran_for_its_owner(instance));
        recomputed
    }

    /// Iterates over an account's current instances.
    pub fn current_of(&self, account_id: &AccountId) -> impl Iterator<Item = (&Instance, &InstanceFigures)> {
        let keys = self.current.get(account_id).map(Vec::as_slice).unwrap_or_default();
        keys.iter().filter_map(|key| Some((self.rows.instances.get(key)?, self.figures.get(key)?)))
    }

    /// Iterates over all current instances.
    pub fn current(&self) -> impl Iterator<Item = (&Instance, &InstanceFigures)> {
        self.current.keys().flat_map(|account_id| self.current_of(account_id))
    }

    /// Iterates over all instances that pages show, current or gone.
    pub fn all_shown(&self) -> impl Iterator<Item = (&Instance, &InstanceFigures)> {
        self.figures.iter().filter_map(|(key, figures)| Some((self.rows.instances.get(key)?, figures)))
    }

    /// Returns an instance that pages show.
    pub fn shown(
        &self,
        account_id: &AccountId,
        region: &str,
        instance_id: &InstanceId,
    ) -> Option<(&Instance, &InstanceFigures)> {
        let key = self.rows.key_of(account_id, region, instance_id)?;
        Some((self.rows.instances.get(&key)?, self.figures.get(&key)?))
    }

    /// Returns how an instance is named in reports of mismatches.
    pub fn place_of(&self, key: i64) -> String {
        let instance = &self.rows.instances[&key];
        format!("instance {} of account {}", instance.instance_id, instance.account_id)
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
        requested_at >= self.rows.region_of(instance).and_then(|region| self.owned_from(region))
    }

    /// Returns when the account last changed owners, if that limits what is shown.
    pub fn owned_from(&self, region: &Region) -> Option<Timestamp> {
        region.owned_from.filter(|_| !self.moment.limits.history_follows_account)
    }

    /// Recomputes accounts with the runs of the instances for which `run_counts`.
    fn account_figures(&self, run_counts: impl Fn(&Instance) -> bool) -> Accounts {
        let mut accounts = Accounts::new();
        for ((account_id, _), region) in &self.rows.regions {
            let harvest_state = self.moment.harvest_state(region);
            let account = accounts.entry(account_id.clone()).or_insert_with(|| AccountFigures {
                provider: region.provider.clone(),
                account_name: region.account_name.clone(),
                customer_id: region.customer_id.clone(),
                counts: Counts::default(),
                run_success_percent: None,
                last_scan_at: None,
                last_harvest_at: region.last_read_at,
                harvest_state,
                status: StatusCounts::default(),
                unmanaged_instances: self.rows.nodes.unmanaged(self, account_id),
            });
            // An account has the state of its worst Region, and an unknown age if one was never read: `None` is less
            // than any time.
            account.harvest_state = account.harvest_state.max(harvest_state);
            account.last_harvest_at = account.last_harvest_at.min(region.last_read_at);
        }
        for (instance, figures) in self.current() {
            let Some(account) = accounts.get_mut(&instance.account_id) else { continue };
            let run = self.run_success(instance).filter(|_| run_counts(instance));
            let pending = instance.updates.pending();
            let counts = &mut account.counts;
            counts.instances += 1;
            counts.online_instances += u64::from(figures.online);
            counts.pending_os_updates += pending;
            counts.instances_pending_os_updates += u64::from(pending > 0);
            counts.pending_agent_updates += u64::from(figures.agent_is_latest == Some(false));
            counts.runs_total += u64::from(run.is_some());
            counts.runs_succeeded += u64::from(run == Some(true));
            counts.available_security_updates += figures.available_security_updates;
            counts.installed_rejected += figures.installed_rejected;
            counts.instances_details_missing += u64::from(figures.details_missing > 0);
            account.last_scan_at = account.last_scan_at.max(figures.last_scan_at);
            *account.status.get_mut(figures.patch_status) += 1;
        }
        for account in accounts.values_mut() {
            account.run_success_percent = percent(account.counts.runs_succeeded, account.counts.runs_total);
        }
        accounts
    }
}

fn instance_figures(instance: &Instance, region: &Region, moment: Moment, newest: &NewestAgents) -> InstanceFigures {
    let names = [instance.name_tag.as_deref().unwrap_or_default(), &instance.name, &instance.computer_name];
    let name = names.into_iter().find(|name| !is_blank(name)).unwrap_or(instance.instance_id.as_str());
    let state = moment.instance_state(instance, region);
    InstanceFigures {
        name: name.to_owned(),
        agent_is_latest: agent_is_latest(instance, newest),
        online: state == InstanceState::Online,
        instance_state: state,
        patch_status: moment.patch_status(instance),
        missing: instance.updates.in_state(MISSING),
        critical_missing: instance.updates.pending[SeverityBand::Critical as usize],
        failed: instance.updates.in_state(FAILED),
        pending_reboot: instance.updates.in_state(PENDING_REBOOT),
        patch_group: instance.patch_group().to_owned(),
        last_scan_at: instance.scanned_at,
        last_harvest_at: region.last_read_at,
        available_security_updates: instance.updates.in_state(AVAILABLE),
        installed_rejected: instance.updates.in_state(REJECTED),
        details_missing: details_missing(instance),
        patch_policy: String::new(),
    }
}
