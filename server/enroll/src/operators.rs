//! What operators see and do. The portal's queue of enrollments calls it over HTTP.

use crate::{
    ledger::{
        ActionError,
        record::{EnrollmentId, Record, State},
    },
    registry::{Account, Approval},
    scripts,
    service::Service,
};
use muster_access::principal::{Principal, Role};
use muster_attest::identity::Provider;
use muster_audit::event::{Action as Audited, Event, Outcome, Source};
use muster_model::{
    enrollment::{EnrollmentAccount, EnrollmentAction, EnrollmentGuide, Enrollments},
    provider,
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

/// The most enrollments of a list.
pub const LIST_MAX: usize = 500;

/// The states that a list shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Listed {
    /// What waits for an operator, an instance or a systems account.
    Pending,
    Failed,
    /// Enrolled, or reset afterwards.
    Done,
}

impl Listed {
    fn has(self, state: State) -> bool {
        let of = match state {
            State::AwaitingApproval | State::Admitted | State::Provisioning => Self::Pending,
            State::Failed => Self::Failed,
            State::Enrolled | State::Reset => Self::Done,
        };
        self == of
    }
}

/// Which enrollments are listed. All members are optional, and values are compared exactly.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EnrollmentFilter {
    pub list: Option<Listed>,
    pub provider: Option<Provider>,
    /// The provider's own id of the account.
    pub account: Option<String>,
    /// The customer's id.
    pub customer: Option<String>,
    /// The provider's own id of the instance.
    pub instance: Option<String>,
}

/// Which cloud accounts are listed. All members are optional, and values are compared exactly.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AccountFilter {
    pub provider: Option<Provider>,
    /// The provider's own id of the account.
    pub account: Option<String>,
    /// The customer's id.
    pub customer: Option<String>,
}

/// Whether a value is the wanted one, if one is wanted.
fn is_wanted<T: PartialEq<V>, V: ?Sized>(wanted: &Option<T>, value: &V) -> bool {
    wanted.as_ref().is_none_or(|wanted| wanted == value)
}

impl Service {
    /// Lists enrollments, the latest change first and at most [`LIST_MAX`].
    pub fn enrollments(&self, filter: &EnrollmentFilter) -> Enrollments {
        let EnrollmentFilter { list, provider, account, customer, instance } = filter;
        let matches = |record: &Record| {
            list.is_none_or(|list| list.has(record.state))
                && is_wanted(provider, &record.provider)
                && is_wanted(account, &record.account)
                && is_wanted(customer, &record.customer)
                && is_wanted(instance, &record.instance)
        };
        let (records, total) = self.ledger.list(matches, LIST_MAX);
        Enrollments { enrollments: records.iter().map(Into::into).collect(), total: total as u64 }
    }

    /// Finds one enrollment.
    pub fn find(&self, id: &EnrollmentId) -> Option<Record> {
        self.ledger.find(id)
    }

    /// Lists the cloud accounts that may enroll, by provider and id. `None` if the registry cannot be read.
    pub async fn accounts(&self, filter: &AccountFilter) -> Option<Vec<EnrollmentAccount>> {
        let registry = self.read_registry().await.0?;
        let AccountFilter { provider, account, customer } = filter;
        let is_listed = |it: &&Account| {
            is_wanted(provider, &it.provider) && is_wanted(account, it.id.as_str()) && is_wanted(customer, &it.customer)
        };
        let instances = self.ledger.instances();
        let of = |it: &Account| instances.get(&(it.provider, it.id.to_string())).copied().unwrap_or_default();
        Some(registry.accounts().filter(is_listed).map(|account| self.account(account, of(account))).collect())
    }

    fn account(&self, account: &Account, instances: u64) -> EnrollmentAccount {
        let systems_account = self.activations.systems_account(account);
        let existing = account.existing.as_ref().map(|existing| existing.systems_account.clone());
        EnrollmentAccount {
            provider: provider::Provider::new(account.provider.name()),
            account_id: account.id.to_string(),
            account_name: account.name.clone(),
            customer_id: account.customer.clone(),
            customer_name: account.customer_name.clone(),
            region: account.region.clone(),
            approval: match account.approval {
                Approval::None => "Not required",
                Approval::SystemsAccount => "Once, before its systems account is created",
                Approval::Instance => "For each instance",
            }
            .to_owned(),
            systems_account: systems_account.systems_account.or(existing),
            stage: systems_account.stage,
            failure: systems_account.failure,
            instances,
            instances_max: account.quotas.instances_max,
            compared_at: systems_account.compared_at,
            missing: systems_account.missing,
            drift: systems_account.drift,
        }
    }

    /// What an instance's owner needs to know. `None` if the registry cannot be read.
    pub async fn guide(&self) -> Option<EnrollmentGuide> {
        let registry = self.read_registry().await.0?;
        let (server, labels) = (self.config.public_url.origin(), &registry.labels);
        Some(EnrollmentGuide {
            server: server.to_owned(),
            patching_label: labels.patching.clone(),
            patch_group_label: labels.patch_group.clone(),
            patch_groups: self.config.patch_groups.names.clone(),
            default_patch_group: self.config.patch_groups.default.clone(),
            scripts: scripts::ALL.iter().map(|script| script.describe(server, labels)).collect(),
        })
    }

    /// Does an operator's action. It is recorded in the audit log before it is done, and what came of it afterwards.
    ///
    /// - Approve: the instance's next attempt requests an activation. Where a systems account must be approved, this approves it
    ///   for all instances of the cloud account.
    /// - Retry: the instance's next attempt requests an activation again, after one could not be made.
    /// - Reset: forgets that the instance was enrolled. Who sends its evidence first gets the next activation, so the operator
    ///   must know why the instance needs it.
    ///
    /// # Errors
    ///
    /// If the enrollment is in another state than the action is for, if an attempt is in progress, or if a log cannot be written.
    pub async fn act(
        &self,
        id: &EnrollmentId,
        action: EnrollmentAction,
        by: &Principal,
        from: &Source,
    ) -> Result<Record, ActionError> {
        if !matches!(by.identity.role, Role::Operator { .. }) {
            return Err(ActionError::NotOperator);
        }
        let audited = match action {
            EnrollmentAction::Approve => Audited::EnrollmentApproved,
            EnrollmentAction::Retry => Audited::EnrollmentRetried,
            EnrollmentAction::Reset => Audited::EnrollmentReset,
        };
        let event = |outcome| {
            let event = Event::new(audited, outcome).by(by).from(from.clone());
            event.object(id.as_str()).ledger(&self.ledger.position())
        };
        let begins = event(Outcome::Ok).detail("begins; the next line of this enrollment says what came of it");
        self.audit.record(begins).await.map_err(|error| ActionError::Audit(error.to_string()))?;
        let result = self.change(id, action).await;
        let outcome = if result.is_ok() { Outcome::Ok } else { Outcome::Failed };
        // The line after the change states the ledger's new position. If it cannot be written, the first line stands.
        let detail = result.as_ref().err().map_or_else(|| "done".to_owned(), ToString::to_string);
        if let Err(error) = self.audit.record(event(outcome).detail(&detail)).await {
            tracing::error!("cannot record the end of an operator's action: {error}");
        }
        result
    }

    /// Changes the ledger, and first forgets the failure of the systems account if there was one.
    async fn change(&self, id: &EnrollmentId, action: EnrollmentAction) -> Result<Record, ActionError> {
        let is_failed = |record: &Record| action == EnrollmentAction::Retry && record.state == State::Failed;
        let failed = self.ledger.find(id).filter(is_failed);
        if let (Some(record), Some(registry)) = (failed, self.read_registry().await.0) {
            let account = registry.account(record.provider, &record.account);
            if let Some(account) = account.filter(|it| self.activations.systems_account(it).failure.is_some()) {
                self.activations.retry(account).await?;
            }
        }
        let (ledger, id, now) = (self.ledger.clone(), id.clone(), self.clock.now());
        let changed = tokio::task::spawn_blocking(move || ledger.act(&id, action, now)).await;
        changed.unwrap_or(Err(ActionError::InProgress))
    }
}
