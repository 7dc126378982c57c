//! Which account is to be provisioned, and how accounts are created.

use crate::{error::ProvisionError, tag_text};
use muster_model::ids::AccountId;
use serde::Deserialize;
use sha2::{Digest, Sha256};

/// AWS's limit for the name of an account.
const ACCOUNT_NAME_CHARS_MAX: usize = 50;
/// AWS's limit for the e-mail address of an account.
const EMAIL_CHARS_MAX: usize = 64;
/// The digits of the number of an AWS account.
const SYSTEMS_ACCOUNT_DIGITS: usize = 12;
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
    pub setup_role_arn: String,
    /// Of this role, and of the harvest role. Required: without it, another customer could name the same roles.
    pub external_id: String,
    /// Whether our baselines become the account's default ones. Its owner may have others.
    pub sets_default_baselines: bool,
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

impl Creation {
    /// Reads a file. An error names the line, and the key or value that is wrong.
    pub fn parse(text: &str) -> Result<Self, ProvisionError> {
        let creation: Self = toml::from_str(text).map_err(|error| ProvisionError::Settings(error.to_string()))?;
        creation.check()?;
        Ok(creation)
    }

    /// Refuses principals and addresses that AWS would misunderstand.
    pub fn check(&self) -> Result<(), ProvisionError> {
        let refuse = |problem: String| Err(ProvisionError::Settings(problem));
        let Self { harvester, email, .. } = self;
        // `:root` would let each identity of that account in.
        let is_identity = harvester.contains(":role/") || harvester.contains(":user/");
        if !harvester.starts_with("arn:") || !harvester.contains(":iam::") || harvester.contains('*') || !is_identity {
            return refuse(format!(
                "harvester: `{harvester}` is not the ARN of a role or user, such as arn:aws:iam::111122223333:role/muster"
            ));
        }
        let length = email.replace(EMAIL_PLACEHOLDER, &"0".repeat(DIGEST_DIGITS)).chars().count();
        if !email.contains(EMAIL_PLACEHOLDER) || !email.contains('@') || length > EMAIL_CHARS_MAX {
            return refuse(format!(
                "email: `{email}` is not an address of at most {EMAIL_CHARS_MAX} characters with {EMAIL_PLACEHOLDER}, such as \
                 aws+{EMAIL_PLACEHOLDER}@example.com"
            ));
        }
        Ok(())
    }
}

impl AccountRequest {
    /// The key of the account in a ledger.
    pub fn key(&self) -> String {
        format!("{}/{}", self.provider, self.account_id)
    }

    /// Refuses what AWS would refuse, and roles that are not in the account that they set up.
    pub fn check(&self) -> Result<(), ProvisionError> {
        let refuse = |problem: String| Err(ProvisionError::Request { account: self.key(), problem });
        let regions = self.regions.join(" ");
        for (what, id) in [
            ("the provider", self.provider.as_str()),
            ("the account id", self.account_id.as_str()),
            ("the customer id", &self.customer_id),
            ("the list of Regions", &regions),
        ] {
            if let Some(problem) = tag_text::problem_of_id(what, id) {
                return refuse(problem);
            }
        }
        let Some(existing) = &self.existing else { return Ok(()) };
        let account = &existing.systems_account;
        if account.len() != SYSTEMS_ACCOUNT_DIGITS || !account.bytes().all(|byte| byte.is_ascii_digit()) {
            return refuse(format!("the AWS account {account:?} is not {SYSTEMS_ACCOUNT_DIGITS} digits"));
        }
        let parts: Vec<&str> = existing.setup_role_arn.splitn(6, ':').collect();
        let is_ours =
            matches!(parts.as_slice(), ["arn", _, "iam", "", of, role] if of == account && role.starts_with("role/"));
        if !is_ours {
            return refuse(format!("{:?} is not the ARN of a role in account {account}", existing.setup_role_arn));
        }
        if existing.external_id.is_empty() {
            return refuse("the role of a customer's account needs an ExternalId".to_owned());
        }
        Ok(())
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
            ("muster:account-name", tag_text::from_name(&self.account_name)),
            ("muster:customer-id", self.customer_id.clone()),
            ("muster:customer-name", tag_text::from_name(&self.customer_name)),
            ("muster:external-id", external_id.to_owned()),
            ("muster:regions", self.regions.join(" ")),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HARVESTER: &str = "harvester = \"arn:aws:iam::111122223333:role/muster\"\n";

    #[test]
    fn refuses_addresses_and_principals_that_aws_would_misunderstand() {
        let creation = Creation::parse(&format!("{HARVESTER}email = \"aws+{{account}}@example.com\"")).unwrap();
        assert_eq!(creation.admin_role, "OrganizationAccountAccessRole");
        for (text, problem) in [
            (format!("{HARVESTER}email = \"aws@example.com\""), "email"),
            (format!("{HARVESTER}email = \"aws+{{account}}\""), "email"),
            (format!("{HARVESTER}email = \"{}{{account}}@example.com\"", "x".repeat(40)), "email"),
            (
                "harvester = \"arn:aws:iam::111122223333:root\"\nemail = \"aws+{account}@example.com\"".to_owned(),
                "harvester",
            ),
            ("harvester = \"*\"\nemail = \"aws+{account}@example.com\"".to_owned(), "harvester"),
            (format!("{HARVESTER}mail = \"x\""), "line 2"),
        ] {
            let error = Creation::parse(&text).unwrap_err().to_string();
            assert!(error.contains(problem), "{error}");
        }
    }

    #[test]
    fn names_and_addresses_fit_and_differ() {
        let creation = Creation::parse(&format!("{HARVESTER}email = \"aws+{{account}}@example.com\"")).unwrap();
        let request = |id: &str| AccountRequest {
            provider: "gcp".to_owned(),
            account_id: id.parse().unwrap(),
            account_name: String::new(),
            customer_id: String::new(),
            customer_name: String::new(),
            regions: Vec::new(),
            existing: None,
        };
        let (one, other) = (request(&"x".repeat(100)), request(&"x".repeat(101)));
        assert_eq!(request("halloran-web").systems_account_name("muster"), "muster-gcp-halloran-web");
        for account in [&one, &other] {
            assert!(account.systems_account_name(&"p".repeat(60)).len() <= ACCOUNT_NAME_CHARS_MAX);
        }
        assert_ne!(one.systems_account_name("muster"), other.systems_account_name("muster"));
        assert_ne!(one.email(&creation), other.email(&creation));
    }

    #[test]
    fn refuses_ids_that_tags_cannot_have_and_roles_of_other_accounts() {
        let valid = AccountRequest {
            provider: "aws".to_owned(),
            account_id: "644160712188".parse().unwrap(),
            account_name: "A & B".to_owned(),
            customer_id: "c-1001".to_owned(),
            customer_name: "A & B".to_owned(),
            regions: vec!["us-east-1".to_owned()],
            existing: Some(ExistingAccount {
                systems_account: "644160712188".to_owned(),
                setup_role_arn: "arn:aws:iam::644160712188:role/path/setup".to_owned(),
                external_id: "k3Jx0vVq8n2Lw5Ty".to_owned(),
                sets_default_baselines: false,
            }),
        };
        valid.check().unwrap();
        let with = |change: fn(&mut AccountRequest, &mut ExistingAccount)| {
            let (mut request, mut existing) = (valid.clone(), valid.existing.clone().unwrap());
            change(&mut request, &mut existing);
            AccountRequest { existing: Some(existing), ..request }.check().unwrap_err().to_string()
        };
        for (error, problem) in [
            (with(|request, _| request.customer_id = "a&b".to_owned()), "customer id"),
            (with(|request, _| request.provider = String::new()), "provider"),
            (with(|request, _| request.regions = vec!["us-east-1".to_owned(); 40]), "Regions"),
            (with(|_, existing| existing.external_id = String::new()), "ExternalId"),
            (with(|_, existing| existing.systems_account = "64416071218".to_owned()), "12 digits"),
            (
                with(|_, existing| existing.setup_role_arn = "arn:aws:iam::111122223333:role/setup".to_owned()),
                "644160712188",
            ),
            (with(|_, existing| existing.setup_role_arn = "arn:aws:iam::644160712188:root".to_owned()), "644160712188"),
        ] {
            assert!(error.contains(problem), "{error}");
        }
    }
}
