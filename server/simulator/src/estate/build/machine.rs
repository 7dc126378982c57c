//! One machine as it stands before the estate begins to live: identity and installed software.

use std::sync::Arc;

use jiff::{Timestamp, civil::Date};

use crate::{
    catalogue::{Chain, Platform, Rule, catalogue},
    clock,
    estate::{
        agent::AgentUpdates,
        baseline::{Baseline, Group},
        instance::{Held, Instance, Package, ScanDays},
        names,
        spec::AccountSpec,
        window::Window,
    },
    random::Random,
};

/// Machines were set up so many days before the estate begins.
const AGE_DAYS: (i64, i64) = (60, 420);

/// Of a hundred optional packages a Linux machine has so many.
const PACKAGE_PERCENT: u64 = 85;

/// Every so many machines one is scanned each day instead of twice a week.
const DAILY_EVERY: usize = 9;

/// What is to be built.
pub(super) struct Order<'a> {
    pub spec: &'a AccountSpec,
    pub platform: &'static Platform,
    pub region: Arc<str>,
    /// Counts the machines of the account from 1.
    pub number: usize,
    pub born: Date,
}

pub(super) fn build(order: &Order<'_>, baselines: &[Baseline], windows: &[Window], random: &mut Random) -> Instance {
    let Order { spec, platform, number, .. } = *order;
    let names = names::of(spec, platform, &order.region, number, random);
    let id = names::instance_id(&spec.provider, random);
    let (source_type, source_location) = names::source(spec);
    let ungrouped = spec.ungrouped_every > 0 && number.is_multiple_of(spec.ungrouped_every);
    let group = if ungrouped { None } else { Some(Group::ALL[number % Group::ALL.len()]) };
    let set_up = clock::plus_days(order.born, -random.between(AGE_DAYS.0, AGE_DAYS.1));
    let baseline = baselines.iter().find(|baseline| baseline.is_for(platform, group));
    Instance {
        source_id: names::source_id(source_type, &id, random).into(),
        id: id.into(),
        platform,
        computer_name: names.computer,
        name: names.name,
        ip_address: names.ip_address,
        group,
        activation_id: Random::of(0, &format!("{}/{}", spec.id, order.region)).uuid().into(),
        source_type,
        source_location,
        agent: AgentUpdates::drawn(random),
        joined: set_up,
        registered_at: clock::at(set_up, 8 + random.below(10) as i8, random.below(60) as i8),
        left: None,
        scan_days: scan_days(number, windows.iter().find(|window| Some(window.group) == group), random),
        episodes: Vec::new(),
        packages: baseline.map(|baseline| packages(platform, baseline, set_up, order.born, random)).unwrap_or_default(),
        recipe: None,
        report: None,
        reboot_after_days: random.between(1, 4),
        reboot_pending_since: None,
        rebooted_at: None,
    }
}

/// Two days and four or five days after the window, so that the week is covered evenly.
fn scan_days(number: usize, window: Option<&Window>, random: &mut Random) -> ScanDays {
    if number % DAILY_EVERY == 1 {
        return ScanDays::Daily;
    }
    let week = window.map_or(random.below(7) as i8, |window| window.weekday.to_monday_zero_offset());
    ScanDays::Twice((week + 2) % 7, (week + 4 + random.below(2) as i8) % 7)
}

/// What the machine would have after an installation on its last day before the estate begins.
pub(in crate::estate) fn packages(
    platform: &'static Platform,
    baseline: &Baseline,
    set_up: Date,
    until: Date,
    random: &mut Random,
) -> Vec<Package> {
    let chains = catalogue().chains(platform);
    let mut packages = Vec::with_capacity(chains.len());
    for (index, chain) in chains.iter().enumerate() {
        let has = platform.is_windows() || chain.needs_reboot || random.percent(PACKAGE_PERCENT);
        let held = if has { held(platform, baseline, chain, (set_up, until), random) } else { Vec::new() };
        // Windows is offered what it does not have yet; a Linux machine only gets newer versions of what it has.
        let offered = match chain.rule {
            Rule::NotApplicable => random.percent(PACKAGE_PERCENT),
            _ => platform.is_windows(),
        };
        if !held.is_empty() || offered {
            packages.push(Package { chain: index as u16, held });
        }
    }
    packages
}

fn held(
    platform: &Platform,
    baseline: &Baseline,
    chain: &Chain,
    (set_up, until): (Date, Date),
    random: &mut Random,
) -> Vec<Held> {
    if chain.rule == Rule::NotApplicable {
        return Vec::new();
    }
    let keep = if let Rule::Keep(count) = chain.rule { count } else { 1 };
    // The release that the machine came with, and all those it has got since.
    let Some(newest) = chain.newest_until(baseline.approved_until(until)) else { return Vec::new() };
    let image = chain.newest_until(set_up).unwrap_or(0).min(newest);
    let oldest = image.max((newest + 1).saturating_sub(keep));
    (oldest..=newest)
        .map(|position| {
            let released = catalogue().release(chain.releases[position]).released;
            let delay = baseline.approve_after_days().unwrap_or(0) + random.between(1, 6);
            let installed = clock::plus_days(released, delay).min(until).max(set_up);
            let from_image = released <= set_up;
            let known = !(platform.is_debian() && (from_image || random.percent(50)));
            let at = moment(if from_image { set_up } else { installed }, random);
            Held { position: position as u16, installed_at: known.then_some(at), needs_reboot: false }
        })
        .collect()
}

fn moment(day: Date, random: &mut Random) -> Timestamp {
    clock::at(day, random.below(2) as i8, random.below(60) as i8) + clock::seconds(random.below(60) as i64)
}
