//! The machines of a generated site: who they are, and how to work out what they report.

use super::{BEGIN, GeneratedSpec, recipe::Recipe};
use crate::{
    catalogue::{Platform, filler},
    clock,
    estate::{
        agent::AgentUpdates,
        baseline::Group,
        instance::{Instance, ScanDays},
        names,
        site::Site,
        spec::AccountSpec,
    },
    random::{self, Random},
};

/// They were set up so many days before.
const AGE_DAYS: (i64, i64) = (60, 420);

pub(super) fn of(spec: &GeneratedSpec, account: &AccountSpec, site: &Site) -> Vec<Instance> {
    let activation_id = Random::of(spec.seed, &format!("activation {}", account.id)).uuid().into();
    let platforms: Vec<&'static Platform> = filler::PLATFORMS.iter().filter_map(|key| Platform::named(key)).collect();
    let (source_type, source_location) = names::source(account);
    let updates = spec.updates_per_instance.min(GeneratedSpec::UPDATES_MAX) as u32;
    let machine = |number: usize| {
        let seed = random::mix(spec.seed ^ random::hash(&account.id)).wrapping_add(number as u64);
        let mut random = Random::new(seed);
        let platform = platforms[number % platforms.len()];
        let names = names::of(account, platform, &site.region, number, &mut random);
        let id: std::sync::Arc<str> = names::instance_id(&account.provider, &mut random).into();
        let joined = clock::plus_days(BEGIN, -random.between(AGE_DAYS.0, AGE_DAYS.1));
        Instance {
            source_id: id.clone(),
            id,
            platform,
            computer_name: names.computer,
            name: names.name,
            ip_address: names.ip_address,
            group: Some(Group::ALL[number % Group::ALL.len()]),
            activation_id: std::sync::Arc::clone(&activation_id),
            source_type,
            source_location,
            agent: AgentUpdates::drawn(&mut random),
            joined,
            registered_at: clock::at(joined, 8 + random.below(10) as i8, random.below(60) as i8),
            left: None,
            scan_days: ScanDays::Daily,
            episodes: Vec::new(),
            packages: Vec::new(),
            recipe: Some(Recipe { seed: random.draw(), updates }),
            report: None,
            reboot_after_days: 0,
            reboot_pending_since: None,
            rebooted_at: None,
        }
    };
    let mut instances: Vec<Instance> = (1..=spec.instances_per_account).map(machine).collect();
    instances.sort_by(|a, b| a.id.cmp(&b.id));
    instances
}
