//! Verifies today's record, which a round writes at its end and trends are drawn from.

use super::{
    Check,
    fleet::Fleet,
    meaning::Moment,
    rows::{DAY_FIGURES, LATER_DAY_FIGURES},
};
use jiff::tz::TimeZone;

/// The index of the first of the six statuses among the figures of a day.
const STATUSES_FROM: usize = 5;

impl Check {
    /// Compares today's record, if there is one, with the present figures. Since the round, instances may have
    /// changed their status because their scan became stale, and runs may have become too old to count; then those
    /// are not compared.
    pub(super) fn today(&mut self) {
        let today = self.recomputed.moment.now.to_zoned_datetime(TimeZone::UTC).date();
        let recorded: Vec<_> = self.recomputed.rows.days.iter().filter(|record| record.day == today).collect();
        if recorded.is_empty() {
            return;
        }
        let last_round = self.recomputed.rows.regions_in_view().filter_map(|(.., region)| region.last_tried_at).max();
        let then = Moment { now: last_round.unwrap_or(self.recomputed.moment.now), ..self.recomputed.moment };
        for (id, account) in &self.recomputed.accounts {
            let place = format!("the record of {today} of account {id}");
            let status = &account.status;
            let recomputed = [
                account.instances,
                account.online_instances,
                account.pending_os_updates,
                account.instances_pending_os_updates,
                account.pending_agent_updates,
                status.no_data,
                status.stale,
                status.failed,
                status.pending,
                status.pending_reboot,
                status.up_to_date,
            ];
            let mut mine = recorded.iter().filter(|record| record.account_id == *id);
            // An account without instances has no record, which counts as zero.
            let (published, later) =
                mine.next().map_or(([0; 11], [Some(0); 7]), |record| (record.figures, record.later));
            if mine.next().is_some() {
                self.tally.wrong("records", &place, "more than one".to_owned(), "one".to_owned());
            }
            let grew_stale =
                self.recomputed.current_of(id).any(|(instance, row)| then.patch_status(instance) != row.patch_status);
            let compared = if grew_stale { STATUSES_FROM } else { DAY_FIGURES.len() };
            for figure in 0..compared {
                self.tally.equal(DAY_FIGURES[figure], &place, &published[figure], &recomputed[figure]);
            }
            let runs = [account.runs_succeeded, account.runs_total];
            let bands = Fleet::of(&self.recomputed, |other| other.account_id == account.account_id).severities();
            let recomputed = runs.into_iter().chain(bands.iter().map(|band| band.pending_os_updates));
            let grew_old = self.recomputed.current_of(id).filter_map(|(instance, _)| instance.latest_install.as_ref());
            let grew_old = grew_old
                .into_iter()
                .any(|run| then.run_counts(run.requested_at) != self.recomputed.moment.run_counts(run.requested_at));
            let figures = LATER_DAY_FIGURES.into_iter().zip(later).zip(recomputed);
            for ((name, published), recomputed) in figures.skip(if grew_old { runs.len() } else { 0 }) {
                if let Some(published) = published {
                    self.tally.equal(name, &place, &published, &recomputed);
                }
            }
        }
    }
}
