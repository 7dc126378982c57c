//! What makes activations: the provisioning of systems accounts, which is another crate.

use crate::{ledger::record::EnrollmentId, os::OperatingSystem, registry::Account};
use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use muster_attest::identity::Identity;
use muster_model::enrollment::EnrollmentDrift;
use secrecy::SecretString;
use std::time::Duration;

/// How long an activation can be used, and for how long an instance whose activation was not used may ask for another one.
pub const ACTIVATION_LIFETIME: SignedDuration = SignedDuration::from_hours(1);

/// An instance that passed every check and is to get an activation.
#[derive(Clone, Debug)]
pub struct Enrollment {
    /// The same for each attempt of an instance until its activation was used. Made for `DefaultInstanceName`, by which an activation can be
    /// found if its answer was lost.
    pub id: EnrollmentId,
    /// Earlier enrollments of the instance, before a reset or a later start. Activations of them may still be usable.
    pub earlier: Vec<EnrollmentId>,
    pub identity: Identity,
    /// The cloud account as the registry has it. If no systems account exists, the implementation creates one, once, however
    /// many instances request it.
    pub account: Account,
    /// Whether patching resources are wanted.
    pub wants_patching: bool,
    /// The value of the tag `Patch Group`.
    pub patch_group: String,
    /// What the instance says that it runs, which nobody signed.
    pub os: OperatingSystem,
}

/// What became of a request for an activation.
#[derive(Debug)]
pub enum Activated {
    /// The code is handed out once. It is never stored, logged or printed.
    Ready { activation_id: String, activation_code: SecretString, region: String },
    /// The systems account is being created. The instance tries again, at the earliest after this time.
    Provisioning { retry_after: Duration },
}

/// Why there is no activation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ActivationError {
    /// AWS did not answer, or throttled. The instance tries again.
    #[error("activations are not available at the moment: {0}")]
    Unavailable(String),
    /// An activation of this enrollment was used for a registration, so there is none for another one.
    #[error("an instance was registered with an activation of this enrollment before")]
    AlreadyRegistered,
    /// It fails in the same way until an operator does something. The name is one word, such as `account_limit_exceeded`, which
    /// instances and operators see; the message is for operators.
    #[error("{name}: {message}")]
    Failed { name: &'static str, message: String },
}

/// How far the systems account of a cloud account is, for operators.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SystemsAccount {
    /// The AWS account of 12 digits, once there is one.
    pub systems_account: Option<String>,
    /// `requested`, `account`, `role`, `ssm` or `ready`. `None` while nothing was requested.
    pub stage: Option<String>,
    /// Why it could not be created, with what to do. Until a retry, activations fail.
    pub failure: Option<String>,
    /// When it was last compared with the settings. `None` if it was not yet.
    pub compared_at: Option<Timestamp>,
    /// What the settings want and it lacks, in the words of the AWS console.
    pub missing: Vec<String>,
    pub drift: Vec<EnrollmentDrift>,
}

/// Makes activations. Called only for instances that passed every check.
#[async_trait]
pub trait Activations: Send + Sync {
    /// Makes an activation for one registration, or continues the creation of its systems account.
    ///
    /// It is called again with the same enrollment after `Provisioning`, an error or a crash, and within
    /// [`ACTIVATION_LIFETIME`] of an answer that the instance may not have received. So it first looks for earlier activations of
    /// the enrollment: it refuses with [`ActivationError::AlreadyRegistered`] if one was used, and otherwise deletes them. It also
    /// deletes the unused ones of the enrollments in [`Enrollment::earlier`]. At any time at most one activation of an instance
    /// can be used, and it expires after [`ACTIVATION_LIFETIME`].
    ///
    /// # Errors
    ///
    /// [`ActivationError`].
    async fn activate(&self, of: &Enrollment) -> Result<Activated, ActivationError>;

    /// How far the systems account of a cloud account is. It makes no request, so that a page can show all accounts.
    fn systems_account(&self, account: &Account) -> SystemsAccount;

    /// Forgets that the systems account of a cloud account could not be created, so that the next call of
    /// [`Activations::activate`] tries again. It does nothing if there was no failure.
    ///
    /// # Errors
    ///
    /// [`ActivationError`].
    async fn retry(&self, account: &Account) -> Result<(), ActivationError>;
}
