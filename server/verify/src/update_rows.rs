//! Verifies every row of the list of updates, account by account.

use super::{
    Check, VerifyError, following,
    updates::{StoredRow, UpdateCounts, fingerprint_published},
};
use muster_model::{
    filter::UpdateFilter,
    ids::AccountId,
    page::Window,
    ports::Reports,
    update::{UpdateRow, UpdateState},
};
use muster_store::error::StoreError;
use std::collections::HashMap;

/// The rows of one page, which are held in memory.
const WINDOW: u32 = 20_000;
/// The most instances whose differing rows are named; of others, only the instance is.
const EXPLAINED_MAX: usize = 20;

impl Check {
    pub(super) async fn updates(&mut self) -> Result<(), VerifyError> {
        let accounts: Vec<AccountId> = self.recomputed.accounts.values().map(|row| row.account_id.clone()).collect();
        let mut differing = Vec::new();
        for account in &accounts {
            let published = self.published_updates(account).await?;
            for (instance, row) in self.recomputed.current_of(account.as_str()) {
                let key = self.recomputed.rows.key_of(account.as_str(), &row.region, row.instance_id.as_str());
                let published = key.and_then(|key| published.get(&key)).cloned().unwrap_or_default();
                self.tally.matched(instance.updates.total());
                if (&published.states, published.digest) != (&instance.updates.states, instance.updates.digest) {
                    differing.extend(key);
                }
            }
            self.pending_list(account).await?;
        }
        for (place, key) in differing.into_iter().enumerate() {
            if place < EXPLAINED_MAX {
                self.explain(key).await?;
            } else {
                let place = format!("instance {}", self.recomputed.rows.instances[&key].instance_id);
                self.tally.wrong("updates", &place, "different rows".to_owned(), "the stored rows".to_owned());
            }
        }
        Ok(())
    }

    /// Verifies the list that *pending OS updates* links to.
    async fn pending_list(&mut self, account: &AccountId) -> Result<(), VerifyError> {
        let filter = UpdateFilter {
            account: Some(account.clone()),
            states: vec![UpdateState::Missing, UpdateState::Failed],
            window: Window { offset: 0, limit: 1 },
            ..UpdateFilter::default()
        };
        let page = self.reports.updates(filter).await?;
        let recomputed =
            self.recomputed.current_of(account.as_str()).map(|(row, _)| row.updates.pending()).sum::<u64>();
        self.tally.equal("total", &format!("updates?account={account}&state=Missing,Failed"), &page.total, &recomputed);
        Ok(())
    }

    /// Counts the published rows of an account by instance.
    async fn published_updates(&mut self, account: &AccountId) -> Result<HashMap<i64, UpdateCounts>, VerifyError> {
        let mut counts: HashMap<i64, UpdateCounts> = HashMap::new();
        let mut window = Some(Window { offset: 0, limit: WINDOW });
        while let Some(current) = window {
            let filter = UpdateFilter { account: Some(account.clone()), window: current, ..UpdateFilter::default() };
            let page = self.reports.updates(filter).await?;
            for row in &page.rows {
                let key = self.recomputed.rows.key_of(row.account_id.as_str(), &row.region, row.instance_id.as_str());
                match key.and_then(|key| Some((key, self.recomputed.instances.get(&key)?))) {
                    Some((key, instance)) => {
                        let owner = (&row.instance_name, &row.provider, &row.account_name, &row.customer_id);
                        let owns = (&instance.name, &instance.provider, &instance.account_name, &instance.customer_id);
                        if owner != owns {
                            let place = format!("update {} of instance {}", row.description, row.instance_id);
                            self.tally.equal("owner", &place, &owner, &owns);
                        }
                        counts.entry(key).or_default().add_published(row);
                    }
                    None => self.tally.row_of_one_side("updates", &format!("instance {}", row.instance_id), true),
                }
            }
            window = following(&page, current);
        }
        Ok(counts)
    }

    /// Reports the rows of an instance that differ.
    async fn explain(&mut self, key: i64) -> Result<(), VerifyError> {
        let Some(instance) = self.recomputed.instances.get(&key).cloned() else { return Ok(()) };
        let filter = UpdateFilter {
            instance: Some(instance.instance_id.clone()),
            account: Some(instance.account_id.clone()),
            window: Window { offset: 0, limit: u32::MAX },
            ..UpdateFilter::default()
        };
        let published = self.reports.updates(filter).await?.rows;
        let patches = self.recomputed.rows.patches.clone();
        let stored = self.transaction.read("an instance's updates", move |connection| {
            StoredRow::of_instance(connection, &patches, key).map_err(StoreError::read("an instance's updates"))
        });
        let mut stored: Vec<StoredRow> = stored.await?;
        for row in published.iter().filter(|row| row.region == instance.region) {
            let print = fingerprint_published(row);
            match stored.iter().position(|stored| stored.fingerprint() == print) {
                Some(same) => drop(stored.swap_remove(same)),
                None => {
                    let same_patch = |stored: &StoredRow| stored.kb_id == row.name;
                    let other = stored.iter().position(same_patch).map(|place| stored.swap_remove(place));
                    self.differs(&instance.instance_id.to_string(), row, other.as_ref());
                }
            }
        }
        for row in stored {
            let place = format!("update {} of instance {}", row.description(), instance.instance_id);
            self.tally.wrong("updates", &place, super::tally::NOTHING.to_owned(), row.state);
        }
        Ok(())
    }

    fn differs(&mut self, instance_id: &str, row: &UpdateRow, stored: Option<&StoredRow>) {
        let place = format!("update {} of instance {instance_id}", row.description);
        let published = [row.install_status.code(), &row.classification, &row.severity].join(", ");
        let recomputed = match stored {
            Some(stored) => [&*stored.state, &stored.classification, &stored.severity].join(", "),
            None => super::tally::NOTHING.to_owned(),
        };
        self.tally.wrong("updates", &place, published, recomputed);
    }
}
