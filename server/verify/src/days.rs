//! Today's record, which the trend is drawn from: what a round wrote at its end from the figures of that time.

use super::{
    Check,
    fleet::Fleet,
    meaning::Moment,
    rows::{DAY_FIGURES, LATER_DAY_FIGURES},
};
use jiff::tz::TimeZone;

/// Where the six statuses begin among the figures of a day.
const STATUSES_FROM: usize = 5;

impl Check {
    /// Where a round recorded today, each account's figures are those of now; only scans that grew stale since then
    /// may have moved between statuses, and only runs that grew too old since then no longer count.
    pub(super) fn today(&mut self) {
        let facts = &self.facts;
        let today = facts.moment.now.to_zoned(TimeZone::UTC).date();
        let recorded: Vec<_> = facts.rows.days.iter().filter(|record| record.day == today).collect();
        if recorded.is_empty() {
            return;
        }
        let last_round = facts.rows.regions_in_view().filter_map(|(.., region)| region.last_tried_at).max();
        let then = Moment { now: last_round.unwrap_or(facts.moment.now), ..facts.moment };
        for (id, account) in &facts.accounts {
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
            // An account without machines has no record, which counts as zero.
            let (published, later) =
                mine.next().map_or(([0; 11], [Some(0); 7]), |record| (record.figures, record.later));
            if mine.next().is_some() {
                self.tally.wrong("records", &place, "more than one".to_owned(), "one".to_owned());
            }
            let grew_stale =
                facts.current_of(id).any(|(instance, row)| then.patch_status(instance) != row.patch_status);
            let compared = if grew_stale { STATUSES_FROM } else { DAY_FIGURES.len() };
            for figure in 0..compared {
                self.tally.equal(DAY_FIGURES[figure], &place, &published[figure], &recomputed[figure]);
            }
            let runs = [account.runs_succeeded, account.runs_total];
            let bands = Fleet::of(facts, |other| other.account_id == account.account_id).severities();
            let recomputed = runs.into_iter().chain(bands.iter().map(|band| band.pending_os_updates));
            let grew_old = facts.current_of(id).filter_map(|(instance, _)| instance.latest_install.as_ref());
            let grew_old = grew_old
                .into_iter()
                .any(|run| then.run_counts(run.requested_at) != facts.moment.run_counts(run.requested_at));
            let figures = LATER_DAY_FIGURES.into_iter().zip(later).zip(recomputed);
            for ((name, published), recomputed) in figures.skip(if grew_old { runs.len() } else { 0 }) {
                if let Some(published) = published {
                    self.tally.equal(name, &place, &published, &recomputed);
                }
            }
        }
    }
}
