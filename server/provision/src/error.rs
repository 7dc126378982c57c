//! What keeps an account from being ready.

use crate::ledger::LedgerError;
use muster_collect::error::CollectError;

#[derive(Debug, thiserror::Error)]
pub enum ProvisionError {
    #[error("{0}")]
    Settings(String),
    #[error(transparent)]
    Aws(#[from] CollectError),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// AWS Organizations has refused the account in the background.
    #[error("AWS Organizations could not create the account for {account} ({code}). {advice}")]
    CreationFailed { account: String, code: String, advice: &'static str },
    #[error("AWS Organizations is still creating the account for {account}{}. Continue later.", in_brackets(.reason))]
    CreationPending {
        account: String,
        /// Why a request of ours was refused, where an earlier one may be in progress.
        reason: Option<String>,
    },
    /// The name or the e-mail address belongs to an account that was not made for this one.
    #[error(
        "account {systems_account} has the name or the e-mail address ({email}) for {account}, but its tags do not name it. \
         Use another address, or correct the tags."
    )]
    NotOurs { account: String, systems_account: String, email: String },
    #[error(
        "account {systems_account} of {account} has no tag muster:external-id. Add it, as its harvest role has it."
    )]
    NoExternalId { account: String, systems_account: String },
    #[error("account {systems_account} of {account} is not active in AWS Organizations: its state is {state}.")]
    NotActive { account: String, systems_account: String, state: String },
    /// What was requested cannot be carried out in any account.
    #[error("{account}: {problem}.")]
    Request { account: String, problem: String },
    /// A role lets others in, or keeps the harvester or the agents out.
    #[error(
        "{resource} of {account}: the trust policy is not the one of the settings. Nothing was changed. Correct or delete \
         the role, then continue."
    )]
    WrongTrust { account: String, resource: String },
    #[error("{account} gets no activations: {problem}. Correct it, then provision the account again.")]
    ActivationsBlocked { account: String, problem: String },
    /// An activation of the enrollment was used, so another one would be for a second instance.
    #[error(
        "an instance of {account} was registered with an activation of enrollment {enrollment} before. Have an operator reset \
         the enrollment if it is to be registered again."
    )]
    AlreadyRegistered { account: String, enrollment: String },
    #[error("Region {region} of {account} is not ready. Its ready Regions: {ready}.")]
    RegionNotReady { account: String, region: String, ready: String },
    #[error("the account {account} is not ready: its stage is {stage}. Finish its provisioning first.")]
    NotReady { account: String, stage: &'static str },
    /// A list of AWS lags behind, or somebody deletes what was created.
    #[error(
        "after all steps for {account} were carried out, {} still missing, such as: {first}. Continue later.",
        match .missing { 1 => "1 is".to_owned(), missing => format!("{missing} are") }
    )]
    StillMissing { account: String, missing: usize, first: String },
    #[error("no random numbers are available: {0}")]
    Random(#[from] getrandom::Error),
}

fn in_brackets(reason: &Option<String>) -> String {
    reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default()
}

/// What to do about a reason for which AWS Organizations did not create an account.
pub fn advice(code: &str) -> &'static str {
    match code {
        "ACCOUNT_CREATION_RATE_LIMIT_EXCEEDED" => "Today's quota of new accounts is used up; retry tomorrow.",
        "ACCOUNT_LIMIT_EXCEEDED" | "ACCOUNT_NUMBER_LIMIT_EXCEEDED" => {
            "Ask AWS to raise the organization's quota of accounts, then retry."
        }
        "CONCURRENT_ACCOUNT_MODIFICATION" => "Another request was in progress; retry.",
        "EMAIL_ALREADY_EXISTS" => "An account outside the organization has the e-mail address; configure another.",
        "FAILED_BUSINESS_VALIDATION"
        | "INVALID_IDENTITY_FOR_BUSINESS_VALIDATION"
        | "MISSING_BUSINESS_VALIDATION"
        | "PENDING_BUSINESS_VALIDATION"
        | "UNKNOWN_BUSINESS_VALIDATION" => "Complete the business validation of the management account, then retry.",
        "INTERNAL_FAILURE" => "AWS failed; retry, and ask AWS if it stays so.",
        "INVALID_ADDRESS" => "Correct the address of the management account, then retry.",
        "INVALID_EMAIL" => "Correct the configured e-mail address, then retry.",
        "INVALID_PAYMENT_INSTRUMENT" | "MISSING_PAYMENT_INSTRUMENT" => {
            "Correct the payment method of the management account, then retry."
        }
        "UPDATE_EXISTING_RESOURCE_POLICY_WITH_TAGS_NOT_SUPPORTED" => {
            "Allow tags in the organization's resource policy, then retry."
        }
        _ => "Look the code up in the documentation of AWS Organizations, then retry.",
    }
}
