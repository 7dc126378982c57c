//! Audits accounts whose credentials fail: one event when it starts, and one when it is over.

use super::report::HarvestReport;
use muster_audit::{
    Audit,
    event::{Action, Event, Outcome},
};
use muster_model::harvest::ErrorClass;
use muster_store::{connection::Store, credential_failures::credential_failures, error::StoreError};
use std::collections::HashSet;

/// Remembers the accounts and Regions whose credentials failed at the last harvest.
pub struct CredentialWatch {
    audit: Option<Audit>,
    failing: HashSet<(String, String)>,
}

impl CredentialWatch {
    /// Loads the last failures from the store, so that a restart repeats no event. Does nothing without an audit.
    pub async fn load(store: &Store, audit: Option<Audit>) -> Result<Self, StoreError> {
        let failing = match &audit {
            Some(_) => store.read("credential failures", credential_failures).await?.into_iter().collect(),
            None => HashSet::new(),
        };
        Ok(Self { audit, failing })
    }

    /// Records an event if the credentials' state has changed. A failure to record does not stop the harvest: the audit
    /// logs it, and the harvest page shows the error.
    pub async fn update(&mut self, report: &HarvestReport) {
        let Some(audit) = &self.audit else { return };
        let target = (report.account_id.clone(), report.region.clone());
        let error =
            report.errors.iter().map(|reported| &reported.error).find(|error| error.class == ErrorClass::Credentials);
        let outcome = match error {
            Some(_) if self.failing.insert(target.clone()) => Outcome::Failed,
            None if self.failing.remove(&target) => Outcome::Ok,
            _ => return,
        };
        let event = Event::new(Action::HarvestCredentials, outcome);
        let event = event.object(&format!("{} {}", report.account_id, report.region));
        let event = match error {
            Some(error) => event.detail(&format!("{} {}", error.operation, error.code)),
            None => event,
        };
        let _ = audit.record(event).await;
    }
}
