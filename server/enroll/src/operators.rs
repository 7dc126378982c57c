//! Operators' actions, which the portal's queue of enrollments calls. Each is recorded in the audit log before it is done.

use crate::{
    ledger::{
        Action, ActionError,
        record::{EnrollmentId, Record, State},
    },
    service::Service,
};
use muster_access::principal::{Principal, Role};
use muster_audit::event::{Action as Audited, Event, Outcome};

/// The states that a list shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed {
    /// What waits for an operator, an instance or a systems account.
    Pending,
    Failed,
    /// Enrolled, or reset afterwards.
    Done,
}

impl Listed {
    fn states(self) -> &'static [State] {
        match self {
            Self::Pending => &[State::AwaitingApproval, State::Admitted, State::Provisioning],
            Self::Failed => &[State::Failed],
            Self::Done => &[State::Enrolled, State::Reset],
        }
    }
}

impl Service {
    /// Lists enrollments, the latest change first.
    pub fn list(&self, listed: Listed) -> Vec<Record> {
        self.ledger.list(listed.states())
    }

    /// Finds one enrollment.
    pub fn find(&self, id: &EnrollmentId) -> Option<Record> {
        self.ledger.find(id)
    }

    /// Approves an enrollment that waits for it, so that its instance's next attempt requests an activation. Where a systems
    /// account must be approved, this approves it for all instances of the cloud account.
    ///
    /// # Errors
    ///
    /// If the enrollment does not wait for approval, or if a log cannot be written.
    pub async fn approve(&self, id: &EnrollmentId, by: &Principal) -> Result<Record, ActionError> {
        self.act(id, by, Action::Approve, Audited::EnrollmentApproved).await
    }

    /// Lets the instance's next attempt request an activation again, after one could not be made.
    ///
    /// # Errors
    ///
    /// If the enrollment has not failed, or if a log cannot be written.
    pub async fn retry(&self, id: &EnrollmentId, by: &Principal) -> Result<Record, ActionError> {
        self.act(id, by, Action::Retry, Audited::EnrollmentRetried).await
    }

    /// Forgets that an instance was enrolled. Who sends its evidence first gets the next activation, so the operator must
    /// know why the instance needs it.
    ///
    /// # Errors
    ///
    /// If the enrollment was reset already, if an attempt is in progress, or if a log cannot be written.
    pub async fn reset(&self, id: &EnrollmentId, by: &Principal) -> Result<Record, ActionError> {
        self.act(id, by, Action::Reset, Audited::EnrollmentReset).await
    }

    async fn act(
        &self,
        id: &EnrollmentId,
        by: &Principal,
        action: Action,
        audited: Audited,
    ) -> Result<Record, ActionError> {
        if !matches!(by.identity.role, Role::Operator { .. }) {
            return Err(ActionError::NotOperator);
        }
        let event = |outcome| Event::new(audited, outcome).by(by).object(id.as_str()).ledger(&self.ledger.position());
        let begins = event(Outcome::Ok).detail("begins; the next line of this enrollment says what came of it");
        self.audit.record(begins).await.map_err(|error| ActionError::Audit(error.to_string()))?;
        let (ledger, owned, now) = (self.ledger.clone(), id.clone(), self.clock.now());
        let done = tokio::task::spawn_blocking(move || ledger.act(&owned, action, now)).await;
        let result = done.unwrap_or(Err(ActionError::InProgress));
        let outcome = if result.is_ok() { Outcome::Ok } else { Outcome::Failed };
        // The line after the change states the ledger's new position. If it cannot be written, the first line stands.
        let detail = result.as_ref().err().map_or_else(|| "done".to_owned(), ToString::to_string);
        if let Err(error) = self.audit.record(event(outcome).detail(&detail)).await {
            tracing::error!("cannot record the end of an operator's action: {error}");
        }
        result
    }
}
