//! Assigns troubles to instances: lasting ones as the spec counts them, and short ones, so that trends move.

use jiff::civil::Date;

use super::instance::packages;
use crate::{
    clock,
    estate::{Episode, EstateSpec, Instance, ScanDays, Site, Trouble, names},
    random::Random,
};

/// A day that no simulation reaches.
const NEVER: Date = Date::constant(2999, 1, 1);

/// Short troubles end this many days before the last day, so that the spec alone decides how the estate ends.
const QUIET_DAYS: i64 = 24;

/// How many days before the last day details are withheld first.
const DETAILS_WITHHELD_DAYS: i64 = 40;

/// How many days before the last day instances are upgraded to an unsupported system.
const UNSUPPORTED_DAYS: i64 = 12;

/// A lasting trouble.
struct Lasting {
    trouble: Trouble,
    /// How many instances have it.
    count: usize,
    /// How many days before the last day it starts, at least and at most. None if it has always been there.
    since_days: Option<(i64, i64)>,
    can_have: fn(&Instance) -> bool,
}

pub(super) fn assign(spec: &EstateSpec, sites: &mut [Site]) {
    let mut random = Random::labelled(spec.seed, "mix");
    let mut order: Vec<(usize, usize)> = (0..sites.len())
        .flat_map(|site| (0..sites[site].instances.len()).map(move |instance| (site, instance)))
        .filter(|&(site, instance)| sites[site].instances[instance].left.is_none())
        .collect();
    random.shuffle(&mut order);
    for Lasting { trouble, count, since_days, can_have } in lasting_troubles(spec) {
        for _ in 0..count {
            let found = order.iter().position(|&(site, instance)| can_have(&sites[site].instances[instance]));
            let Some(position) = found else { break };
            let (site, instance) = order.remove(position);
            let from = since_days
                .map_or(Date::MIN, |(least, most)| clock::plus_days(spec.last_day, -random.between(least, most)));
            let instance = &mut sites[site].instances[instance];
            instance.episodes.push(Episode { trouble, from, until: NEVER });
            if trouble == Trouble::ChangeFreeze {
                instance.scan_days = ScanDays::Daily;
            }
        }
    }
    let days = clock::days_between(spec.first_day, spec.last_day);
    for _ in 0..spec.mix.details_withheld {
        let found = order.iter().rposition(|&(site, instance)| can_miss_updates(&sites[site].instances[instance]));
        let Some(position) = found else { break };
        let (site, instance) = order.remove(position);
        withhold_details(&mut sites[site].instances[instance], spec);
    }
    for _ in 0..spec.mix.unsupported {
        let found = order.iter().position(|&(site, instance)| can_miss_updates(&sites[site].instances[instance]));
        let Some(position) = found else { break };
        let (site, instance) = order.remove(position);
        let from = clock::plus_days(spec.last_day, -UNSUPPORTED_DAYS);
        sites[site].instances[instance].episodes.push(Episode { trouble: Trouble::Unsupported, from, until: NEVER });
    }
    let mut healthy = order.into_iter();
    for (site, instance) in healthy.by_ref().take(spec.mix.joins) {
        let joined = clock::plus_days(spec.last_day, -random.between(QUIET_DAYS / 4, days * 9 / 10));
        join_later(&mut sites[site], instance, joined, &mut random);
    }
    for (site, instance) in healthy.by_ref().take(spec.mix.returns) {
        let [from, until] = [days / 3, days / 2].map(|offset| clock::plus_days(spec.first_day, offset));
        sites[site].instances[instance].episodes.push(Episode { trouble: Trouble::Stopped, from, until });
    }
    let hostile = healthy.filter(|&(s, i)| !sites[s].instances[i].platform.is_windows()).take(spec.mix.hostile_names);
    for (index, (site, instance)) in hostile.collect::<Vec<_>>().into_iter().enumerate() {
        let instance = &mut sites[site].instances[instance];
        instance.computer_name = names::hostile_host_name(index).into();
        instance.name = names::hostile_host_name(index).into();
    }
    for instance in sites.iter_mut().flat_map(|site| &mut site.instances) {
        add_short_troubles(spec, days, instance);
    }
}

fn lasting_troubles(spec: &EstateSpec) -> [Lasting; 8] {
    let mix = &spec.mix;
    let any = |_: &Instance| true;
    let windows = |one: &Instance| one.platform.is_windows();
    let centos_7 = |one: &Instance| one.platform.key == "centos-7";
    let patched = can_miss_updates;
    // All vendors but SUSE publish updates that need a reboot often enough for one to be pending on any day.
    let rebooted =
        |one: &Instance| one.group.is_some() && one.platform.maintained && one.platform.operating_system != "SUSE";
    let lasting = |trouble, count, since_days, can_have| Lasting { trouble, count, since_days, can_have };
    [
        lasting(Trouble::NeverScanned, mix.never_scanned, None, any),
        lasting(Trouble::ScanFails, mix.scan_fails, None, windows),
        lasting(Trouble::Offline, mix.offline, Some((9, 45)), any),
        lasting(Trouble::InstallFailsUnscanned, mix.install_fails, Some((35, 50)), rebooted),
        lasting(Trouble::NoReboot, mix.no_reboot, Some((32, 50)), rebooted),
        lasting(Trouble::ChangeFreeze, mix.change_freeze, Some((26, 60)), patched),
        lasting(Trouble::RepositoryUnreachable, mix.repository_unreachable, Some((9, 20)), centos_7),
        lasting(Trouble::FailsAfterPatching, mix.fails_after_patching, Some((30, 50)), patched),
    ]
}

/// Updates can only be missing where the vendor still publishes some.
fn can_miss_updates(one: &Instance) -> bool {
    one.group.is_some() && one.platform.maintained
}

/// Makes the scans of an instance report counts without rows. It is not patched, so that there is something to count.
fn withhold_details(instance: &mut Instance, spec: &EstateSpec) {
    instance.scan_days = ScanDays::Daily;
    let from = clock::plus_days(spec.last_day, -DETAILS_WITHHELD_DAYS);
    for trouble in [Trouble::ChangeFreeze, Trouble::DetailsWithheld] {
        instance.episodes.push(Episode { trouble, from, until: NEVER });
    }
}

/// Makes an instance register during the period, with an image from a month before.
fn join_later(site: &mut Site, index: usize, joined: Date, random: &mut Random) {
    let instance = &site.instances[index];
    let Some(baseline) = site.baseline_for(instance.platform, instance.group) else { return };
    let image = clock::plus_days(joined, -30);
    let packages = packages(instance.platform, baseline, image, image, random);
    let instance = &mut site.instances[index];
    instance.packages = packages;
    instance.joined = joined;
    instance.registered_at = clock::at(joined, 1, random.below(60) as i8);
}

/// Short troubles that any healthy instance may have.
fn add_short_troubles(spec: &EstateSpec, days: i64, instance: &mut Instance) {
    /// Trouble, percentage of instances that have it, and how many days it takes at least and at most.
    const SHORT: [(Trouble, u64, (i64, i64)); 6] = [
        (Trouble::Offline, 22, (1, 14)),
        (Trouble::InstallFails, 14, (7, 15)),
        (Trouble::NoReboot, 16, (7, 20)),
        (Trouble::ChangeFreeze, 14, (10, 35)),
        (Trouble::RepositoryUnreachable, 8, (5, 12)),
        (Trouble::FailsAfterPatching, 5, (7, 14)),
    ];
    let last = days - QUIET_DAYS;
    if last <= 0 || !instance.episodes.is_empty() {
        return;
    }
    let mut random = Random::labelled(spec.seed, &format!("troubles {}", instance.id));
    for (trouble, percent, (shortest, longest)) in SHORT {
        if random.percent(percent) {
            let start = random.between(-20, last - shortest);
            let until = (start + random.between(shortest, longest)).min(last);
            let [from, until] = [start, until].map(|offset| clock::plus_days(spec.first_day, offset));
            instance.episodes.push(Episode { trouble, from, until });
        }
    }
}
