//! Builds one instance as it is before the simulation starts: identity and installed software.

use jiff::{Timestamp, civil::Date};
use strum::VariantArray;

use crate::{
    catalogue::{Chain, Platform, Rule, catalogue},
    clock,
    estate::{
        AccountSpec, AgentUpdates, Baseline, Group, InstalledRelease, Instance, Package, ScanDays, Site, Window, names,
    },
    random::Random,
};

/// The age of instances in days when the simulation starts.
const AGE_DAYS: (i64, i64) = (60, 420);

/// The share of optional packages that a Linux instance has.
const PACKAGE_PERCENT: u64 = 85;

/// One in this many instances is scanned daily instead of twice a week.
const DAILY_EVERY: usize = 9;

/// Builds the instance with a number, which counts from 1 within its account.
pub(super) fn build(
    spec: &AccountSpec,
    site: &Site,
    platform: &'static Platform,
    number: usize,
    born: Date,
    random: &mut Random,
) -> Instance {
    let names = names::of(spec, platform, &site.region, number, random);
    let id = names::instance_id(&spec.provider, random);
    let (source_type, source_location) = names::source(spec);
    let ungrouped = spec.ungrouped_every > 0 && number.is_multiple_of(spec.ungrouped_every);
    let group = (!ungrouped).then(|| Group::VARIANTS[number % Group::VARIANTS.len()]);
    let set_up = clock::plus_days(born, -random.between(AGE_DAYS.0, AGE_DAYS.1));
    let baseline = site.baseline_for(platform, group);
    let window = site.windows.iter().find(|window| Some(window.group) == group);
    let activation = format!("{}/{}", spec.id, site.region);
    // The order of the random draws below decides what the estate looks like.
    Instance {
        source_id: names::source_id(source_type, &id, random).into(),
        id: id.into(),
        platform,
        computer_name: names.computer,
        name: names.name,
        ip_address: names.ip_address,
        group,
        activation_id: Random::labelled(0, &activation).uuid().into(),
        source_type,
        source_location,
        agent: AgentUpdates::draw(random),
        joined: set_up,
        registered_at: clock::at(set_up, 8 + random.below(10) as i8, random.below(60) as i8),
        left: None,
        scan_days: scan_days(number, window, random),
        episodes: Vec::new(),
        packages: baseline.map(|baseline| packages(platform, baseline, set_up, born, random)).unwrap_or_default(),
        generated_rows: None,
        report: None,
        reboot_after_days: random.between(1, 4),
        reboot_pending_since: None,
        rebooted_at: None,
    }
}

/// Two days and four or five days after the window, so that scans are spread over the week.
fn scan_days(number: usize, window: Option<&Window>, random: &mut Random) -> ScanDays {
    if number % DAILY_EVERY == 1 {
        return ScanDays::Daily;
    }
    let week = window.map_or(random.below(7) as i8, |window| window.weekday.to_monday_zero_offset());
    ScanDays::Twice((week + 2) % 7, (week + 4 + random.below(2) as i8) % 7)
}

/// The packages of an instance that was set up on one day and last patched on another one.
pub(super) fn packages(
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
        let installed = if has { installed(platform, baseline, chain, (set_up, until), random) } else { Vec::new() };
        // Windows is offered what it does not have yet. Linux only gets newer versions of what it has.
        let offered = match chain.rule {
            Rule::NotApplicable => random.percent(PACKAGE_PERCENT),
            _ => platform.is_windows(),
        };
        if !installed.is_empty() || offered {
            packages.push(Package { chain: index as u16, installed });
        }
    }
    packages
}

/// The release that came with the image, and those that were installed since, as far as they are kept.
fn installed(
    platform: &Platform,
    baseline: &Baseline,
    chain: &Chain,
    (set_up, until): (Date, Date),
    random: &mut Random,
) -> Vec<InstalledRelease> {
    if chain.rule == Rule::NotApplicable {
        return Vec::new();
    }
    let keep = if let Rule::Keep(count) = chain.rule { count } else { 1 };
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
            let at = at_night(if from_image { set_up } else { installed }, random);
            InstalledRelease { position: position as u16, installed_at: known.then_some(at), needs_reboot: false }
        })
        .collect()
}

fn at_night(day: Date, random: &mut Random) -> Timestamp {
    clock::at(day, random.below(2) as i8, random.below(60) as i8) + clock::seconds(random.below(60) as i64)
}
