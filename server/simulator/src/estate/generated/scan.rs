//! Scans a share of a generated site: one command, and a new report for each scanned instance.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::{
    clock,
    estate::{Command, Invocation, Operation, Outcome, PatchCounts, Report, Site, report::Rows},
    random::Random,
};

/// How long before now a command is sent. The last of its scans ends well before now.
const SENT_SECONDS_AGO: i64 = 12 * 60;
const STAGGER_SECONDS: u64 = 120;
const SCAN_MILLISECONDS: (i64, i64) = (3_000, 30_000);

/// Scans exactly this share of the site, in rotation.
pub(in crate::estate) fn scan_share(site: &mut Site, seed: u64, share: f64, now: Timestamp) {
    let all = site.instances.len();
    let count = ((share.clamp(0.0, 1.0) * all as f64).round() as usize).min(all);
    if count == 0 {
        return;
    }
    let mut random = Random::labelled(seed, &format!("scan {}/{}/{now}", site.systems_account, site.region));
    let requested_at = now - clock::seconds(SENT_SECONDS_AGO);
    let snapshot_id: Arc<str> = random.uuid().into();
    let first = site.invocations.len();
    site.invocations.reserve_exact(count);
    for offset in 0..count {
        let index = (site.next_to_scan + offset) % all;
        let invocation = scan(site, index, &snapshot_id, requested_at, &mut random);
        site.invocations.push(invocation);
    }
    site.next_to_scan = (site.next_to_scan + count) % all;
    site.commands.push(Command {
        id: random.uuid().into(),
        operation: Operation::Scan,
        no_reboot: false,
        group: None,
        comment: format!("{}:{}", site.scan_association_id(), random.uuid()),
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
    let milliseconds = random.between(SCAN_MILLISECONDS.0, SCAN_MILLISECONDS.1);
    let finished_at = started_at + SignedDuration::from_millis(milliseconds);
    let instance = &site.instances[index];
    let baseline = site.baseline_for(instance.platform, instance.group);
    let baseline_id = baseline.map_or_else(|| "".into(), |baseline| baseline.id.clone());
    let instance = &mut site.instances[index];
    let mut invocation = Invocation {
        command: site.commands.len(),
        instance: index,
        outcome: Outcome::Success,
        started_at,
        finished_at,
        snapshot_id: snapshot_id.clone(),
        counts: None,
    };
    if let Some(rows) = instance.generated_rows {
        let platform = instance.platform;
        let generation = instance.report.as_ref().map_or(0, |report| report.generation() + 1);
        let counts = PatchCounts::of(&rows.at(platform, generation));
        invocation.counts = Some(counts);
        instance.report = Some(Report {
            rows: Rows::Generated { rows, platform, generation },
            counts,
            baseline_id,
            snapshot_id: snapshot_id.clone(),
            operation: Operation::Scan,
            no_reboot: false,
            started_at,
            ended_at: finished_at,
            last_no_reboot_install_at: None,
        });
    }
    invocation
}
