//! Verifies which rows the list of updates has, account by account.

use super::{Check, VerifyError, each_page, rows::Instance};
use muster_model::{filter::UpdateFilter, page::Window, ports::Reports, update::UpdateState};
use std::collections::{BTreeMap, HashMap};

/// The rows of one page, which are held in memory.
const WINDOW: u32 = 20_000;

impl Check {
    /// Compares the numbers of each instance's updates, by state.
    pub(super) async fn updates(&mut self) -> Result<(), VerifyError> {
        let Self { reports, recomputed, tally, .. } = self;
        for account in recomputed.accounts.keys() {
            let of_account = UpdateFilter { account: Some(account.clone()), ..UpdateFilter::default() };
            let mut published: HashMap<i64, BTreeMap<String, u64>> = HashMap::new();
            let read = |window| reports.updates(UpdateFilter { window, ..of_account.clone() });
            each_page(WINDOW, read, |page| {
                for row in page.rows {
                    let Some((instance, figures)) = recomputed.shown(&row.account_id, &row.region, &row.instance_id)
                    else {
                        tally.row_of_one_side("updates", &format!("instance {}", row.instance_id), true);
                        continue;
                    };
                    if row.instance_name != figures.name {
                        let place = format!("update {} of instance {}", row.description, row.instance_id);
                        tally.equal("instance_name", &place, &row.instance_name, &figures.name);
                    }
                    let states = published.entry(instance.instance_key).or_default();
                    *states.entry(row.install_status.code().to_owned()).or_default() += 1;
                }
            })
            .await?;
            for (instance, _) in recomputed.current_of(account) {
                let published = published.remove(&instance.instance_key).unwrap_or_default();
                tally.equal(
                    "updates",
                    &recomputed.place_of(instance.instance_key),
                    &published,
                    &instance.updates.states,
                );
            }
            // The lists that figures of the account link to.
            for states in [
                vec![UpdateState::Missing, UpdateState::Failed],
                vec![UpdateState::AvailableSecurityUpdate],
                vec![UpdateState::InstalledRejected],
            ] {
                let codes: Vec<String> = states.iter().map(|state| state.code().to_owned()).collect();
                let place = format!("updates?account={account}&state={}", codes.join(","));
                let filter = UpdateFilter { states, window: Window { offset: 0, limit: 1 }, ..of_account.clone() };
                let in_states =
                    |instance: &Instance| codes.iter().map(|state| instance.updates.in_state(state)).sum::<u64>();
                let recomputed: u64 = recomputed.current_of(account).map(|(instance, _)| in_states(instance)).sum();
                tally.equal("total", &place, &reports.updates(filter).await?.total, &recomputed);
            }
        }
        Ok(())
    }
}
