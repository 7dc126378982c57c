//! Deals the troubles of the spec's mix to the machines, and short-lived ones to the healthy, so that the trend moves.

use jiff::civil::Date;

use super::machine;
use crate::{
    catalogue::Platform,
    clock,
    estate::{
        instance::{Instance, ScanDays},
        names,
        site::Site,
        spec::EstateSpec,
        trouble::{Episode, Trouble},
    },
    random::Random,
};

/// Longer than any estate lives.
const FOR_EVER: Date = Date::constant(2999, 1, 1);

/// Short troubles are over so long before the last day: how the estate ends is the mix's business.
const QUIET_DAYS: i64 = 24;

/// Who may get a trouble, and since how many days before the last day they have it.
struct Deal {
    trouble: Trouble,
    count: usize,
    /// None: since ever.
    since_days: Option<(i64, i64)>,
    suits: fn(&Instance) -> bool,
}

pub(super) fn deal(spec: &EstateSpec, sites: &mut [Site]) {
    let mut random = Random::of(spec.seed, "mix");
    let mut order: Vec<(usize, usize)> = (0..sites.len())
        .flat_map(|site| (0..sites[site].instances.len()).map(move |instance| (site, instance)))
        .filter(|&(site, instance)| sites[site].instances[instance].left.is_none())
        .collect();
    random.shuffle(&mut order);
    for deal in deals(spec) {
        for _ in 0..deal.count {
            let suited = order.iter().position(|&(site, instance)| (deal.suits)(&sites[site].instances[instance]));
            let Some(at) = suited else { break };
            let (site, instance) = order.remove(at);
            let from = deal
                .since_days
                .map_or(Date::MIN, |(least, most)| clock::plus_days(spec.last_day, -random.between(least, most)));
            give(&mut sites[site].instances[instance], deal.trouble, from, FOR_EVER);
        }
    }
    let mut healthy = order.into_iter();
    for (site, instance) in healthy.by_ref().take(spec.mix.joins) {
        let joined = clock::plus_days(spec.last_day, -random.between(QUIET_DAYS / 4, lifetime(spec) * 9 / 10));
        join(&mut sites[site], instance, joined, &mut random);
    }
    for (site, instance) in healthy.by_ref().take(spec.mix.returns) {
        let from = clock::plus_days(spec.first_day, lifetime(spec) / 3);
        let until = clock::plus_days(spec.first_day, lifetime(spec) / 2);
        give(&mut sites[site].instances[instance], Trouble::Away, from, until);
    }
    let hostile: Vec<_> = healthy.by_ref().filter(|&(s, i)| !sites[s].instances[i].platform.is_windows()).collect();
    for (index, &(site, instance)) in hostile.iter().take(spec.mix.hostile).enumerate() {
        disguise(&mut sites[site].instances[instance], index);
    }
    for instance in sites.iter_mut().flat_map(|site| &mut site.instances) {
        passing_troubles(spec, instance);
    }
}

fn deals(spec: &EstateSpec) -> Vec<Deal> {
    let mix = &spec.mix;
    let any = |_: &Instance| true;
    let windows = |one: &Instance| one.platform.is_windows();
    // Only where the vendor still publishes something can something be missing; Windows and the Red Hat family
    // publish a reboot's worth often enough to be waiting for one on any day.
    let grouped = |one: &Instance| one.group.is_some() && one.platform.maintained;
    let rebooting = |one: &Instance| one.group.is_some() && gets_kernels(one.platform);
    let deal = |trouble, count, since_days, suits| Deal { trouble, count, since_days, suits };
    vec![
        deal(Trouble::NeverScanned, mix.never_scanned, None, any),
        deal(Trouble::ScanFails, mix.scan_fails, None, windows),
        deal(Trouble::Offline, mix.offline, Some((9, 45)), any),
        deal(Trouble::StubbornUnscanned, mix.stubborn, Some((35, 50)), rebooting),
        deal(Trouble::NoReboot, mix.no_reboot, Some((32, 50)), rebooting),
        deal(Trouble::Frozen, mix.frozen, Some((26, 60)), grouped),
        deal(Trouble::Unreachable, mix.unreachable, Some((9, 20)), |one| one.platform.key == "centos-7"),
        deal(Trouble::Contradiction, mix.contradiction, Some((30, 50)), grouped),
    ]
}

fn gets_kernels(platform: &Platform) -> bool {
    platform.maintained && platform.operating_system != "SUSE"
}

fn lifetime(spec: &EstateSpec) -> i64 {
    clock::days_between(spec.first_day, spec.last_day)
}

fn give(instance: &mut Instance, trouble: Trouble, from: Date, until: Date) {
    instance.episodes.push(Episode { trouble, from, until });
    if trouble == Trouble::Frozen {
        instance.scan_days = ScanDays::Daily;
    }
}

/// A machine that registers during the period, with an image from a month before.
fn join(site: &mut Site, index: usize, joined: Date, random: &mut Random) {
    let instance = &site.instances[index];
    let Some(baseline) = site.baseline_for(instance.platform, instance.group) else { return };
    let image = clock::plus_days(joined, -30);
    let packages = machine::packages(instance.platform, baseline, image, image, random);
    let instance = &mut site.instances[index];
    instance.packages = packages;
    instance.joined = joined;
    instance.registered_at = clock::at(joined, 1, random.below(60) as i8);
}

/// A host name that would be markup or a formula if anybody forgot to escape it.
fn disguise(instance: &mut Instance, index: usize) {
    instance.computer_name = names::hostile_host(index).into();
    instance.name = names::hostile_host(index).into();
}

/// What happens to anybody now and then, and passes.
fn passing_troubles(spec: &EstateSpec, instance: &mut Instance) {
    let last = lifetime(spec) - QUIET_DAYS;
    if last <= 0 || !instance.episodes.is_empty() {
        return;
    }
    let mut random = Random::of(spec.seed, &format!("troubles {}", instance.id));
    let passing = [
        (Trouble::Offline, 22, (1, 14)),
        (Trouble::Stubborn, 14, (7, 15)),
        (Trouble::NoReboot, 16, (7, 20)),
        (Trouble::Frozen, 14, (10, 35)),
        (Trouble::Unreachable, 8, (5, 12)),
        (Trouble::Contradiction, 5, (7, 14)),
    ];
    for (trouble, percent, (shortest, longest)) in passing {
        if random.percent(percent) {
            let start = random.between(-20, last - shortest);
            let until = (start + random.between(shortest, longest)).min(last);
            let [from, until] = [start, until].map(|offset| clock::plus_days(spec.first_day, offset));
            instance.episodes.push(Episode { trouble, from, until });
        }
    }
}
