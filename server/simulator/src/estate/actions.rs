//! Manual changes to one instance between two days, for tests that need them at a certain time.

use std::sync::Arc;

use jiff::civil::Date;

use super::{Episode, Estate, Group, Instance, Operation, Site, Trouble, day::Day};
use crate::{
    catalogue::{Rule, catalogue},
    random::{self, Random},
};

impl Estate {
    /// Gives the instance a trouble from today on. `until` is the first day without it.
    pub fn add_trouble(&mut self, instance_id: &str, trouble: Trouble, until: Date) {
        let from = self.today();
        if let Some((site, index)) = self.find(instance_id) {
            site.instances[index].episodes.push(Episode { trouble, from, until });
        }
    }

    /// Runs a patch operation that was started manually. It ends before now, and nothing else ran meanwhile.
    pub fn patch_now(&mut self, instance_id: &str, operation: Operation) {
        let (from, seed) = (self.today(), self.seed);
        let mut history = std::mem::take(&mut self.history);
        if let Some((site, index)) = self.find(instance_id) {
            let label = format!("{instance_id}/{operation:?}/{}", site.commands.len());
            let mut day = Day { from, random: Random::labelled(seed, &label), history: &mut history };
            day.run_manually(site, index, operation);
        }
        self.history = history;
    }

    /// Registers the instance under a new id, as a new activation does. SSM no longer lists the old id and has no
    /// patch report for the new one.
    pub fn register_again(&mut self, instance_id: &str) -> Option<Arc<str>> {
        let (today, now) = (self.today(), self.now);
        let (site, index) = self.find(instance_id)?;
        let id: Arc<str> = format!("mi-0{}", Random::labelled(0, &format!("{instance_id}/{today}")).hex(16)).into();
        let old = &mut site.instances[index];
        let new = Instance {
            id: id.clone(),
            source_id: id.clone(),
            joined: today,
            registered_at: now,
            episodes: Vec::new(),
            report: None,
            ..old.clone()
        };
        old.left = Some(today);
        let position = site.instances.partition_point(|instance| instance.id < id);
        site.instances.insert(position, new);
        for invocation in site.invocations.iter_mut().filter(|invocation| invocation.instance >= position) {
            invocation.instance += 1;
        }
        Some(id)
    }

    /// Replaces the instance's baseline by one with the same rules. Returns the old and the new id.
    pub fn replace_baseline(&mut self, instance_id: &str) -> Option<(Arc<str>, Arc<str>)> {
        let now = self.now;
        let (site, index) = self.find(instance_id)?;
        let Instance { platform, group, .. } = &site.instances[index];
        let baseline = site.baselines.iter_mut().find(|baseline| baseline.is_for(platform, *group))?;
        let new: Arc<str> = format!("pb-0{:016x}", random::hash(&baseline.id)).into();
        baseline.created = now;
        Some((std::mem::replace(&mut baseline.id, new.clone()), new))
    }

    /// Moves the instance to another patch group. Its next scan uses that group's baseline.
    pub fn move_to_group(&mut self, instance_id: &str, group: Group) {
        if let Some((site, index)) = self.find(instance_id) {
            site.instances[index].group = Some(group);
        }
    }

    /// Uninstalls the most recently released update that the baseline would install again. Returns its KB id.
    pub fn uninstall(&mut self, instance_id: &str) -> Option<&'static str> {
        let today = self.today();
        let (site, index) = self.find(instance_id)?;
        let Site { instances, baselines, .. } = site;
        let instance = &mut instances[index];
        let baseline = baselines.iter().find(|baseline| baseline.is_for(instance.platform, instance.group))?;
        let chains = catalogue().chains(instance.platform);
        let approved = baseline.approved_until(today);
        let removable = instance.packages.iter_mut().filter_map(|package| {
            let chain = &chains[usize::from(package.chain)];
            let newest = package.newest().filter(|&newest| chain.newest_until(approved) == Some(newest))?;
            let release = catalogue().release(chain.releases[newest]);
            let managed = !matches!(chain.rule, Rule::Unmanaged | Rule::NotApplicable);
            (managed && !baseline.rejects(release)).then_some((release, package))
        });
        let (release, package) = removable.max_by_key(|(release, _)| release.released)?;
        package.installed.pop();
        Some(&release.kb_id)
    }

    fn find(&mut self, instance_id: &str) -> Option<(&mut Site, usize)> {
        self.sites_mut().find_map(|site| {
            let index = site.index_of(instance_id)?;
            Some((site, index))
        })
    }
}
