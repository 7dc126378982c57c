//! Which account is to be provisioned, and how accounts are created.

use muster_model::ids::AccountId;
use serde::Deserialize;
use sha2::{Digest, Sha256};

/// AWS's limit for the name of an account.
const ACCOUNT_NAME_CHARS_MAX: usize = 50;
/// Enough hexadecimal digits of a digest to tell accounts apart.
const DIGEST_DIGITS: usize = 16;
/// What the e-mail address has where it differs by account.
pub const EMAIL_PLACEHOLDER: &str = "{account}";

/// A customer's account at a provider, which gets a systems account.
#[derive(Clone, Debug)]
pub struct AccountRequest {
    pub provider: String,
    pub account_id: AccountId,
    pub account_name: String,
    pub customer_id: String,
    pub customer_name: String,
    /// The Regions in which instances register.
    pub regions: Vec<String>,
    /// Set where the account is an AWS account, which is its own systems account.
    pub existing: Option<ExistingAccount>,
}

/// An AWS account that exists, and the role through which it is set up.
#[derive(Clone, Debug)]
pub struct ExistingAccount {
    pub systems_account: String,
    pub role_arn: String,
    pub external_id: Option<String>,
}

/// How systems accounts are created and who reads them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Creation {
    /// The ARN of the harvester, which the harvest role trusts.
    pub harvester: String,
    /// The e-mail address of new accounts, with `{account}` where they differ: `aws+{account}@example.com`.
    pub email: String,
    /// The role that AWS Organizations creates in new accounts.
    #[serde(default = "admin_role")]
    pub admin_role: String,
}

fn admin_role() -> String {
    "OrganizationAccountAccessRole".to_owned()
}

impl AccountRequest {
    /// The key of the account in a ledger.
    pub fn key(&self) -> String {
        format!("{}/{}", self.provider, self.account_id)
    }

    fn digest(&self) -> String {
        let digest = hex::encode(Sha256::digest(self.key()));
        digest.chars().take(DIGEST_DIGITS).collect()
    }

    /// The name of the systems account.
    pub fn systems_account_name(&self, prefix: &str) -> String {
        let name = format!("{prefix}-{}-{}", self.provider, self.account_id);
        if name.chars().count() <= ACCOUNT_NAME_CHARS_MAX && name.is_ascii() {
            return name;
        }
        let short: String = prefix.chars().take(ACCOUNT_NAME_CHARS_MAX - DIGEST_DIGITS - 1).collect();
        format!("{short}-{}", self.digest())
    }

    /// The e-mail address of the systems account, which no other account may have. It has a digest, because accounts of
    /// providers have characters that addresses do not have.
    pub fn email(&self, creation: &Creation) -> String {
        creation.email.replace(EMAIL_PLACEHOLDER, &self.digest())
    }

    /// The tags by which the harvester finds the systems account and its owner.
    pub fn tags(&self, external_id: &str) -> Vec<(&'static str, String)> {
        vec![
            ("muster:provider", self.provider.clone()),
            ("muster:account-id", self.account_id.to_string()),
            ("muster:account-name", self.account_name.clone()),
            ("muster:customer-id", self.customer_id.clone()),
            ("muster:customer-name", self.customer_name.clone()),
            ("muster:external-id", external_id.to_owned()),
            ("muster:regions", self.regions.join(" ")),
        ]
    }
}
