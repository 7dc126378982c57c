//! Builds the instances of a generated site.

use std::sync::Arc;

use strum::VariantArray;

use super::GeneratedSpec;
use crate::{
    catalogue::{Platform, generated},
    clock,
    estate::{AccountSpec, AgentUpdates, GeneratedRows, Group, Instance, ScanDays, Site, generated_rows::BEGIN, names},
    random::{self, Random},
};

/// The age of instances in days.
const AGE_DAYS: (i64, i64) = (60, 420);

pub(super) fn build(spec: &GeneratedSpec, account: &AccountSpec, site: &Site) -> Vec<Instance> {
    let activation_id: Arc<str> = Random::labelled(spec.seed, &format!("activation {}", account.id)).uuid().into();
    let platforms: Vec<&'static Platform> =
        generated::PLATFORMS.iter().filter_map(|key| Platform::named(key)).collect();
    let (source_type, source_location) = names::source(account);
    let updates = spec.updates_per_instance.min(GeneratedSpec::UPDATES_MAX) as u32;
    let instance = |number: usize| {
        let seed = random::mix(spec.seed ^ random::hash(&account.id)).wrapping_add(number as u64);
        let mut random = Random::new(seed);
        let platform = platforms[number % platforms.len()];
        let names = names::of(account, platform, &site.region, number, &mut random);
        let id: Arc<str> = names::instance_id(&account.provider, &mut random).into();
        let joined = clock::plus_days(BEGIN, -random.between(AGE_DAYS.0, AGE_DAYS.1));
        Instance {
            source_id: id.clone(),
            id,
            platform,
            computer_name: names.computer,
            name: names.name,
            ip_address: names.ip_address,
            group: Some(Group::VARIANTS[number % Group::VARIANTS.len()]),
            activation_id: activation_id.clone(),
            source_type,
            source_location,
            agent: AgentUpdates::draw(&mut random),
            joined,
            registered_at: clock::at(joined, 8 + random.below(10) as i8, random.below(60) as i8),
            left: None,
            scan_days: ScanDays::Daily,
            episodes: Vec::new(),
            packages: Vec::new(),
            generated_rows: Some(GeneratedRows { seed: random.draw(), updates }),
            report: None,
            reboot_after_days: 0,
            reboot_pending_since: None,
            rebooted_at: None,
        }
    };
    let mut instances: Vec<Instance> = (1..=spec.instances_per_account).map(instance).collect();
    instances.sort_by(|a, b| a.id.cmp(&b.id));
    instances
}
