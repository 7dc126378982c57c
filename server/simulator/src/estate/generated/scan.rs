//! One round of scans at a generated site: one command, and a new report for each machine whose turn it is.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::{
    clock,
    estate::{
        association,
        command::{Command, Invocation, Operation, Outcome},
        instance::{Instance, Report, Rows},
        report::Counts,
        site::Site,
    },
    random::Random,
};

/// A command is sent so long before the estate's moment; the last of its scans is over well before that.
const SENT_SECONDS_AGO: i64 = 12 * 60;
const STAGGER_SECONDS: u64 = 120;
const SCAN_MILLISECONDS: (i64, i64) = (3_000, 30_000);

/// Scans the next machines in turn, exactly so large a share of the site.
pub(super) fn turn(site: &mut Site, seed: u64, share: f64, now: Timestamp) {
    let all = site.instances.len();
    let count = ((share.clamp(0.0, 1.0) * all as f64).round() as usize).min(all);
    if count == 0 {
        return;
    }
    let mut random = Random::of(seed, &format!("scan {}/{}/{now}", site.systems_account, site.region));
    let requested_at = now - clock::seconds(SENT_SECONDS_AGO);
    let snapshot_id: Arc<str> = random.uuid().into();
    let (command, first) = (site.commands.len(), site.invocations.len());
    site.invocations.reserve_exact(count);
    for place in 0..count {
        let index = (site.turn + place) % all;
        let invocation = scan(site, index, &snapshot_id, requested_at, &mut random);
        site.invocations.push(Invocation { command, ..invocation });
    }
    site.turn = (site.turn + count) % all;
    site.commands.push(Command {
        id: random.uuid().into(),
        operation: Operation::Scan,
        no_reboot: false,
        group: None,
        comment: format!("{}:{}", association::scan_id(site), random.uuid()),
        requested_at,
        invocations: first..site.invocations.len(),
    });
}

fn scan(
    site: &mut Site,
    index: usize,
    snapshot_id: &Arc<str>,
    requested_at: Timestamp,
    random: &mut Random,
) -> Invocation {
    let started_at = requested_at + clock::seconds(2 + random.below(STAGGER_SECONDS) as i64);
    let took = random.between(SCAN_MILLISECONDS.0, SCAN_MILLISECONDS.1);
    let ended_at = started_at + SignedDuration::from_millis(took);
    let baseline_id = baseline_id(site, &site.instances[index]);
    let instance = &mut site.instances[index];
    let mut counts = None;
    if let Some(recipe) = instance.recipe {
        let generation = instance.report.as_ref().map_or(0, |report| report.generation() + 1);
        let found = Counts::of(&recipe.rows(instance.platform, generation));
        counts = Some(found);
        instance.report = Some(Report {
            rows: Rows::Generated { recipe, platform: instance.platform, generation },
            counts: found,
            baseline_id,
            snapshot_id: snapshot_id.clone(),
            operation: Operation::Scan,
            no_reboot: false,
            started_at,
            ended_at,
            last_no_reboot_install_at: None,
        });
    }
    let outcome = Outcome::Success;
    let snapshot_id = snapshot_id.clone();
    Invocation { command: 0, instance: index, outcome, started_at, finished_at: ended_at, snapshot_id, counts }
}

fn baseline_id(site: &Site, instance: &Instance) -> Arc<str> {
    let baseline = site.baseline_for(instance.platform, instance.group);
    baseline.map_or_else(|| "".into(), |baseline| baseline.id.clone())
}
