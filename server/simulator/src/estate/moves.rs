//! What somebody does to one machine between two days: what tests need to happen at a moment of their choosing.

use std::sync::Arc;

use jiff::civil::Date;

use super::{
    Estate,
    baseline::Group,
    command::Operation,
    day,
    instance::Instance,
    site::Site,
    trouble::{Episode, Trouble},
};
use crate::{
    catalogue::{Rule, catalogue},
    random::{self, Random},
};

impl Estate {
    /// From today until a day, the first one without it.
    pub fn afflict(&mut self, instance_id: &str, trouble: Trouble, until: Date) {
        let from = self.today();
        if let Some((site, index)) = self.find(instance_id) {
            site.instances[index].episodes.push(Episode { trouble, from, until });
        }
    }

    /// Somebody starts a patch operation by hand. It is over before now, and nothing else ran meanwhile.
    pub fn patch_now(&mut self, instance_id: &str, operation: Operation) {
        let (today, seed) = (self.today(), self.seed);
        let mut history = std::mem::take(&mut self.history);
        if let Some((site, index)) = self.find(instance_id) {
            let turn = site.commands.len();
            let mut random = Random::of(seed, &format!("{instance_id}/{operation:?}/{turn}"));
            day::by_hand(site, index, operation, today, &mut random, &mut history);
        }
        self.history = history;
    }

    /// The same machine under a new id, as after a new activation: Systems Manager lists the old one no longer, and has
    /// heard nothing of the new one's patches yet.
    pub fn register_again(&mut self, instance_id: &str) -> Option<Arc<str>> {
        let (today, now) = (self.today(), self.now);
        let (site, index) = self.find(instance_id)?;
        let id: Arc<str> = format!("mi-0{}", Random::of(0, &format!("{instance_id}/{today}")).hex(16)).into();
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
        let place = site.instances.partition_point(|instance| instance.id < id);
        site.instances.insert(place, new);
        for invocation in site.invocations.iter_mut().filter(|invocation| invocation.instance >= place) {
            invocation.instance += 1;
        }
        Some(id)
    }

    /// Another baseline takes the place of the one that the machine goes by, with the same rules. Returns both ids.
    pub fn replace_baseline(&mut self, instance_id: &str) -> Option<(Arc<str>, Arc<str>)> {
        let now = self.now;
        let (site, index) = self.find(instance_id)?;
        let Instance { platform, group, .. } = &site.instances[index];
        let baseline = site.baselines.iter_mut().find(|baseline| baseline.is_for(platform, *group))?;
        let new: Arc<str> = format!("pb-0{:016x}", random::hash(&baseline.id)).into();
        baseline.created = now;
        Some((std::mem::replace(&mut baseline.id, new.clone()), new))
    }

    /// Its next scan goes by the baseline of that group.
    pub fn move_to_group(&mut self, instance_id: &str, group: Group) {
        if let Some((site, index)) = self.find(instance_id) {
            site.instances[index].group = Some(group);
        }
    }

    /// Takes an update off the machine that its baseline approves. Returns the KB id.
    pub fn uninstall(&mut self, instance_id: &str) -> Option<&'static str> {
        let today = self.today();
        let (site, index) = self.find(instance_id)?;
        let Site { instances, baselines, .. } = site;
        let instance = &mut instances[index];
        let baseline = baselines.iter().find(|baseline| baseline.is_for(instance.platform, instance.group))?;
        let chains = catalogue().chains(instance.platform);
        let approved = baseline.approved_until(today);
        // The release that came out last of those that would be installed again.
        let removable = instance.packages.iter_mut().filter_map(|package| {
            let chain = &chains[usize::from(package.chain)];
            let newest = package.newest().filter(|&newest| chain.newest_until(approved) == Some(newest))?;
            let release = catalogue().release(chain.releases[newest]);
            let managed = !matches!(chain.rule, Rule::Unmanaged | Rule::NotApplicable);
            (managed && !baseline.rejects(release)).then_some((release, package))
        });
        let (release, package) = removable.max_by_key(|(release, _)| release.released)?;
        package.held.pop();
        Some(&release.kb_id)
    }

    fn find(&mut self, instance_id: &str) -> Option<(&mut Site, usize)> {
        self.sites_mut().find_map(|site| {
            let index = site.instances.binary_search_by(|instance| (*instance.id).cmp(instance_id)).ok()?;
            Some((site, index))
        })
    }
}
