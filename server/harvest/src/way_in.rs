//! Accounts that do not let the harvest in, on record: once when it begins, and once when it is over.

use super::report::HarvestReport;
use muster_audit::{
    Audit,
    event::{Action, Event, Outcome},
};
use muster_model::harvest::ErrorClass;
use muster_store::{connection::Store, credential_failures::credential_failures, error::StoreError};
use std::collections::HashSet;

/// How the last harvest of each account and Region found the way in.
pub struct WayIn {
    audit: Option<Audit>,
    shut_out: HashSet<(String, String)>,
}

impl WayIn {
    /// What was found last is in the store, so that a restart tells nothing twice. Without an audit nothing is told.
    pub async fn as_found_last(store: &Store, audit: Option<Audit>) -> Result<Self, StoreError> {
        let shut_out = match &audit {
            Some(_) => store.read("which accounts let nobody in", credential_failures).await?.into_iter().collect(),
            None => HashSet::new(),
        };
        Ok(Self { audit, shut_out })
    }

    /// Tells of a harvest that found it another way than the one before. What cannot be told stops no harvest: the audit
    /// has said in the log that it fails, and the harvest page shows the error.
    pub async fn found(&mut self, report: &HarvestReport) {
        let Some(audit) = &self.audit else { return };
        let place = (report.account_id.clone(), report.region.clone());
        let refused = report.errors.iter().find(|error| error.class == ErrorClass::Credentials);
        let outcome = match refused {
            Some(_) if self.shut_out.insert(place.clone()) => Outcome::Failed,
            None if self.shut_out.remove(&place) => Outcome::Ok,
            _ => return,
        };
        let event = Event::new(Action::HarvestCredentials, outcome);
        let event = event.about(&format!("{} {}", report.account_id, report.region));
        let event = match refused {
            Some(error) => event.saying(&format!("{} {}", error.operation, error.code)),
            None => event,
        };
        let _ = audit.record(event).await;
    }
}
