//! Verifies today's record, which a round writes at its end and trends are drawn from.

use super::{Check, fleet::Fleet, meaning::Moment, rows::Day};
use muster_store::value::day_of;

impl Check {
    /// Compares today's record, if there is one, with the present figures. Since the round, instances may have
    /// changed their status because their scan became stale, and runs may have become too old to count; then those
    /// are not compared.
    pub(super) fn today(&mut self) {
        let Self { recomputed, tally, .. } = self;
        let moment = recomputed.moment;
        let today = day_of(moment.now);
        let recorded: Vec<&Day> = recomputed.rows.days.iter().filter(|record| record.day == today).collect();
        if recorded.is_empty() {
            return;
        }
        let last_round = recomputed.rows.regions.values().filter_map(|region| region.last_tried_at).max();
        let then = Moment { now: last_round.unwrap_or(moment.now), ..moment };
        // An account without instances has no record, which counts as zero.
        let without = Day { has_every_status: true, ..Day::default() };
        for (id, account) in &recomputed.accounts {
            let place = format!("the record of {today} of account {id}");
            let mut mine = recorded.iter().filter(|record| record.account_id == id.as_str());
            let published = mine.next().copied().unwrap_or(&without);
            tally.equal("records beside the first", &place, &mine.count(), &0);
            let grew_stale =
                recomputed.current_of(id).any(|(instance, row)| then.patch_status(instance) != row.patch_status);
            let mut installs = recomputed.current_of(id).filter_map(|(instance, _)| instance.latest_install.as_ref());
            let grew_old = installs.any(|run| then.run_counts(run.requested_at) != moment.run_counts(run.requested_at));
            let counts = &account.counts;
            let if_recorded = |published: Option<u64>, recomputed: u64| published.map(|_| recomputed);
            let pending =
                Fleet::of(recomputed, |other, _| other == id).severities().map(|band| band.pending_os_updates);
            let (runs_succeeded, runs_total) = match (published.runs_succeeded, published.runs_total) {
                runs if grew_old => runs,
                (succeeded, total) => {
                    (if_recorded(succeeded, counts.runs_succeeded), if_recorded(total, counts.runs_total))
                }
            };
            let figures = Day {
                instances: counts.instances,
                online_instances: counts.online_instances,
                pending_os_updates: counts.pending_os_updates,
                instances_pending_os_updates: counts.instances_pending_os_updates,
                pending_agent_updates: counts.pending_agent_updates,
                status: if grew_stale || !published.has_every_status { published.status } else { account.status },
                runs_succeeded,
                runs_total,
                pending_critical: if_recorded(published.pending_critical, pending[0]),
                pending_important: if_recorded(published.pending_important, pending[1]),
                pending_moderate: if_recorded(published.pending_moderate, pending[2]),
                pending_low: if_recorded(published.pending_low, pending[3]),
                pending_unrated: if_recorded(published.pending_unrated, pending[4]),
                ..Day::default()
            };
            tally.fields("", &place, published, &figures);
        }
    }
}
