//! Builds accounts and their sites: identity, baselines, windows, and the instances distributed over the Regions.

use std::{collections::BTreeSet, sync::Arc};

use jiff::civil::{Date, Weekday};
use strum::VariantArray;

use super::instance;
use crate::{
    catalogue::Platform,
    clock,
    estate::{
        Account, AccountSpec, Baseline, CustomerSpec, EstateSpec, Group, Policy, PolicySpec, PolicyTarget, Site, Window,
    },
    random::{self, Random},
};

/// The operation in a spec's problem that puts a wrong ExternalId into the roster.
const WRONG_EXTERNAL_ID: &str = "ExternalId";

/// The accounts in which AWS keeps its default baselines, where they are known.
const AWS_BASELINE_OWNERS: &[(&str, &str)] =
    &[("us-east-1", "075727635805"), ("us-east-2", "733109147000"), ("us-west-2", "280605243866")];
const AWS_BASELINE_OWNER_ELSEWHERE: &str = "733109147000";

pub(in crate::estate) fn account(customer: &CustomerSpec, spec: &AccountSpec, random: &mut Random) -> Account {
    // An AWS account is its own systems account. Accounts of other clouds get one of their own.
    let drawn = random.aws_account();
    let systems_account = if spec.provider == "aws" { spec.id.clone() } else { drawn };
    let trusted_external_id = format!("muster-{}", random.hex(12));
    let wrong = spec.problems.iter().any(|problem| problem.operation == WRONG_EXTERNAL_ID);
    let roster_external_id = if wrong { format!("muster-{}", random.hex(12)) } else { trusted_external_id.clone() };
    // Drawn apart, so that the rest of the estate does not depend on it.
    let mut ids = Random::labelled(0, &format!("unmanaged {}", spec.id));
    Account {
        provider: spec.provider.clone(),
        account_id: spec.id.as_str().into(),
        account_name: spec.name.clone(),
        customer_id: customer.id.clone(),
        customer_name: customer.name.clone(),
        systems_account: systems_account.into(),
        trusted_external_id,
        roster_external_id,
        regions: spec.regions.iter().map(|region| region.as_str().into()).collect(),
        problems: spec.problems.clone(),
        lists_nodes: spec.lists_nodes,
        unmanaged: (0..spec.unmanaged).map(|_| format!("i-0{}", ids.hex(16))).collect(),
        nodes_elsewhere: spec.nodes_elsewhere.clone(),
    }
}

pub(in crate::estate) fn sites(
    estate: &EstateSpec,
    spec: &AccountSpec,
    account: &Account,
    born: Date,
    random: &mut Random,
) -> Vec<Site> {
    let platforms: Vec<&'static Platform> = spec.platforms.iter().filter_map(|key| Platform::named(key)).collect();
    let empty_site = |region: &Arc<str>| {
        let baselines = baselines(spec, &platforms, region, born, random);
        let windows = Group::VARIANTS.iter().map(|&group| window(spec, group, random));
        let windows = windows.chain(spec.disabled_window.then(|| disabled_window(spec, region))).collect();
        let policies = spec.patch_policies.iter().map(|policy| self::policy(policy, account, region, born)).collect();
        Site { policies, ..Site::new(account, region, baselines, windows) }
    };
    let mut sites: Vec<Site> = account.regions.iter().map(empty_site).collect();
    let regions = sites.len().max(1);
    for number in 1..=spec.instances + spec.retired {
        let Some(&platform) = platforms.get((number - 1) % platforms.len().max(1)) else { break };
        let site = &mut sites[(number - 1) % regions];
        let seed = random::hash(&format!("{}/{number}", spec.id)) ^ estate.seed;
        let mut instance = instance::build(spec, site, platform, number, born, &mut Random::new(seed));
        if number > spec.instances {
            instance.left = Some(leaving_day(estate, &mut Random::new(!seed)));
        }
        site.instances.push(instance);
    }
    sites
}

/// A day in the middle of the period.
fn leaving_day(estate: &EstateSpec, random: &mut Random) -> Date {
    let days = clock::days_between(estate.first_day, estate.last_day);
    clock::plus_days(estate.first_day, random.between(days / 5, days * 9 / 10))
}

/// One baseline per operating system and group, and AWS's default one per operating system.
fn baselines(
    spec: &AccountSpec,
    platforms: &[&'static Platform],
    region: &str,
    born: Date,
    random: &mut Random,
) -> Vec<Baseline> {
    let systems: BTreeSet<&'static str> = platforms.iter().map(|platform| platform.operating_system).collect();
    let mut baselines = Vec::new();
    for operating_system in systems {
        let created = clock::at(clock::plus_days(born, -random.between(100, 400)), 10, random.below(60) as i8);
        for &group in Group::VARIANTS {
            baselines.push(Baseline {
                id: format!("pb-0{}", random.hex(16)).into(),
                name: format!("{}-{}", operating_system.to_lowercase().replace('_', "-"), group.name()),
                operating_system,
                group: Some(group),
                created,
                rejected: spec.rejects.clone(),
                available_security: spec.available_security && operating_system == "WINDOWS",
            });
        }
        baselines.push(aws_baseline(operating_system, region));
    }
    baselines
}

/// AWS's default baseline, which is the same in every account of a Region.
fn aws_baseline(operating_system: &'static str, region: &str) -> Baseline {
    let owner = AWS_BASELINE_OWNERS.iter().find(|(known, _)| *known == region);
    let owner = owner.map_or(AWS_BASELINE_OWNER_ELSEWHERE, |(_, account)| account);
    let id = Random::labelled(0, &format!("{operating_system}/{region}")).hex(16);
    let words: Vec<String> = operating_system.split('_').map(capitalized).collect();
    Baseline {
        id: format!("arn:aws:ssm:{region}:{owner}:patchbaseline/pb-0{id}").into(),
        name: format!("AWS-{}DefaultPatchBaseline", words.concat()),
        operating_system,
        group: None,
        created: clock::at(Date::constant(2021, 1, 21), 18, 3),
        rejected: Vec::new(),
        available_security: false,
    }
}

fn capitalized(word: &str) -> String {
    let (first, rest) = word.split_at(1.min(word.len()));
    format!("{first}{}", rest.to_lowercase())
}

/// A window early in the week for the early group and at the weekend for the late one, never at the harvest time.
fn window(spec: &AccountSpec, group: Group, random: &mut Random) -> Window {
    use Weekday::{Friday, Monday, Saturday, Sunday, Thursday, Tuesday, Wednesday};
    let (weekdays, hours): (&[Weekday], &[i8]) = match group {
        Group::Early => (&[Monday, Tuesday, Wednesday], &[3, 4, 20, 21]),
        Group::OnTime => (&[Wednesday, Thursday, Friday], &[3, 21, 22, 23]),
        Group::Late => (&[Saturday, Sunday], &[1, 3, 4, 22]),
    };
    Window {
        id: format!("mw-0{}", random.hex(16)).into(),
        target_id: random.uuid(),
        task_id: random.uuid(),
        name: format!("{}-{}-patching", spec.prefix, group.name()),
        group,
        weekday: *random.pick(weekdays),
        hour: *random.pick(hours),
        enabled: true,
        missed_days: spec.missed_days.clone(),
    }
}

/// A window that patches nothing any more, with numbers of its own.
fn disabled_window(spec: &AccountSpec, region: &str) -> Window {
    let window = window(spec, Group::Late, &mut Random::labelled(0, &format!("{}/{region}", spec.id)));
    Window { name: format!("{}-before-migration", spec.prefix), enabled: false, ..window }
}

/// A policy with numbers of its own, so that it changes none of those that are drawn for the account.
fn policy(spec: &PolicySpec, account: &Account, region: &str, born: Date) -> Policy {
    let mut of_account = Random::labelled(0, &format!("{}/{}", account.account_id, spec.name));
    let mut of_site = Random::labelled(0, &format!("{}/{region}/{}", account.account_id, spec.name));
    let group = spec.patch_group.as_deref();
    let group = group.and_then(|name| Group::VARIANTS.iter().find(|group| group.name() == name));
    let target = match (group, &spec.resource_group) {
        (Some(&group), _) => PolicyTarget::Group(group),
        (None, Some(name)) => PolicyTarget::ResourceGroup(name.clone()),
        (None, None) => PolicyTarget::All,
    };
    Policy {
        definition_id: of_account.hex(5),
        manager_id: of_account.uuid(),
        id: of_site.uuid(),
        name: spec.name.clone(),
        installs: spec.installs,
        target,
        deployed_at: clock::at(born, 9, 30),
    }
}
