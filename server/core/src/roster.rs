//! The roster: the accounts, their customers, and the role and Regions of each one's systems account.
//!
//! A TOML file with `[[account]]` tables or a CSV file with the same names as columns, Regions separated by spaces. A TOML file also
//! has what `muster enroll` reads of it: which accounts may enroll instances, and how many a customer may have.

mod entry;
mod file;
mod line;
pub mod regions;
mod unique;

pub use entry::check as check_entry;
pub use file::{Customer, RosterFile};
pub use unique::Unique;

use muster_model::{ids::AccountId, provider::Provider};
use serde::{Deserialize, Serialize, de::IgnoredAny};
use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

/// One account and its systems account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// None when it is derived from the account's instances.
    pub provider: Option<Provider>,
    pub account_id: AccountId,
    pub account_name: String,
    pub customer_id: String,
    pub customer_name: String,
    /// The AWS account that holds the SSM resources, twelve digits.
    pub systems_account: String,
    pub role_arn: String,
    pub external_id: String,
    pub regions: Vec<String>,
}

/// A roster that cannot be used. Each message names the file, and the account or key.
#[derive(Debug, thiserror::Error)]
pub enum RosterError {
    #[error("cannot read the roster `{}`", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("the roster `{}` is not valid {format}: {message}", path.display())]
    Invalid { path: PathBuf, format: &'static str, message: String },
    #[error("the roster `{}` is not UTF-8 text; save it as `CSV UTF-8`", path.display())]
    Encoding { path: PathBuf },
    #[error("the roster `{}` must end in .toml or .csv", path.display())]
    Format { path: PathBuf },
    #[error("account `{account}` in the roster: {problem}")]
    Account { account: String, problem: String },
}

/// An account as the file has it, before it is checked. An empty provider is derived from the account's instances, and names that
/// are missing are the ids.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Entry<E = IgnoredAny> {
    pub provider: String,
    pub account_id: String,
    #[serde(default)]
    pub account_name: String,
    pub customer_id: String,
    #[serde(default)]
    pub customer_name: String,
    /// Empty, like the next three, where `muster enroll` creates the systems account, which is then found in the organization.
    #[serde(default)]
    pub systems_account: String,
    #[serde(default)]
    pub role_arn: String,
    #[serde(default)]
    pub external_id: String,
    #[serde(default, deserialize_with = "regions")]
    pub regions: Vec<String>,
    /// How the instances of the account enroll, if they may. Only `muster enroll` reads it.
    #[serde(skip_serializing)]
    pub enrollment: Option<E>,
}

impl<E> Entry<E> {
    /// Whether the systems account is one that `muster enroll` creates.
    pub fn is_created_by_enrollment(&self) -> bool {
        let is_empty =
            [&self.systems_account, &self.role_arn, &self.external_id].iter().all(|key| key.trim().is_empty());
        self.enrollment.is_some() && is_empty && self.regions.is_empty()
    }
}

/// Deserialises a list in TOML, or words separated by spaces in CSV.
fn regions<'de, D: serde::Deserializer<'de>>(input: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Regions {
        List(Vec<String>),
        Words(String),
    }
    Ok(match Regions::deserialize(input)? {
        Regions::List(list) => list,
        Regions::Words(words) => words.split_whitespace().map(str::to_owned).collect(),
    })
}

/// Reads and checks a roster file.
pub fn read(path: &Path) -> Result<Vec<Account>, RosterError> {
    check(file::entries(path)?).map_err(|error| line::add(error, path))
}

/// Checks all entries. The error names the account and its problem.
pub fn check(entries: Vec<Entry>) -> Result<Vec<Account>, RosterError> {
    let mut unique = Unique::default();
    entries
        .into_iter()
        .map(|entry| {
            let name = entry.account_id.trim().to_owned();
            let invalid = |problem: String| RosterError::Account { account: name.clone(), problem };
            let account = entry::check(&entry).map_err(invalid)?;
            unique.add(&account).map_err(invalid)?;
            Ok(account)
        })
        .collect()
}

/// An account of the AWS organization. Its tags are those of Muster, without their prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    pub systems_account: String,
    pub name: String,
    /// The partition of the account's own ARN, such as `aws` or `aws-cn`.
    pub partition: String,
    /// False when the account is suspended or being closed.
    pub active: bool,
    pub tags: HashMap<String, String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        Entry {
            provider: "vmware".into(),
            account_id: "org-chi-01".into(),
            account_name: "Chicago private cloud".into(),
            customer_id: "c1".into(),
            customer_name: "Customer".into(),
            systems_account: "111122223333".into(),
            role_arn: "arn:aws:iam::111122223333:role/muster-harvest".into(),
            external_id: "x-1".into(),
            regions: vec!["us-east-2".into(), "us-east-1".into(), "us-east-2".into()],
            enrollment: None,
        }
    }

    #[test]
    fn sorts_and_deduplicates_regions() {
        let accounts = check(vec![entry()]).expect("a valid entry");
        assert_eq!(accounts[0].regions, ["us-east-1", "us-east-2"]);
    }

    #[test]
    fn rejects_a_role_of_another_account() {
        let message = check(vec![Entry { systems_account: "999988887777".into(), ..entry() }])
            .expect_err("swapped ARN")
            .to_string();
        assert!(message.contains("org-chi-01") && message.contains("111122223333"), "{message}");
    }

    #[test]
    fn rejects_the_same_account_twice() {
        let message = check(vec![entry(), entry()]).expect_err("twice").to_string();
        assert_eq!(message, "account `org-chi-01` in the roster: its account_id is not unique");
    }

    #[test]
    fn rejects_a_systems_account_of_another_account() {
        let copied = Entry { account_id: "another".into(), customer_id: "another".into(), ..entry() };
        let message = check(vec![entry(), copied]).expect_err("copied").to_string();
        assert!(message.contains("another") && message.contains("systems_account"), "{message}");
    }

    #[test]
    fn both_formats_give_the_same_accounts() {
        let dir = tempfile::tempdir().expect("a folder");
        let toml_path = dir.path().join("roster.toml");
        let csv_path = dir.path().join("roster.csv");
        std::fs::write(
            &toml_path,
            r#"[[account]]
provider = "vmware"
account_id = "org-chi-01"
account_name = "Chicago private cloud"
customer_id = "c1"
customer_name = "Customer"
systems_account = "111122223333"
role_arn = "arn:aws:iam::111122223333:role/muster-harvest"
external_id = "x-1"
regions = ["us-east-1", "us-east-2"]
"#,
        )
        .expect("written");
        std::fs::write(
            &csv_path,
            "provider,account_id,account_name,customer_id,customer_name,systems_account,role_arn,external_id,regions\n\
             vmware,org-chi-01,Chicago private cloud,c1,Customer,111122223333,\
             arn:aws:iam::111122223333:role/muster-harvest,x-1,us-east-1 us-east-2\n",
        )
        .expect("written");
        assert_eq!(read(&toml_path).expect("toml"), read(&csv_path).expect("csv"));
    }

    #[test]
    fn leaves_out_what_is_for_enrollment_only() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("roster.toml");
        let created = r#"[enrollment]
patching_label = "patching"
[[customer]]
id = "c1"
name = "Customer"
instances_max = 5
systems_accounts_max = 1
[[account]]
provider = "gcp"
account_id = "web"
customer_id = "c1"
enrollment = { region = "us-east-1", project_number = 198285616681 }
[[issuer]]
name = "urn:muster:vcenter:1"
"#;
        let existing = r#"[[account]]
provider = "vmware"
account_id = "org-chi-01"
customer_id = "c1"
systems_account = "111122223333"
role_arn = "arn:aws:iam::111122223333:role/muster-harvest"
external_id = "x-1"
regions = ["us-east-1"]
enrollment = { region = "us-east-1" }
"#;
        std::fs::write(&path, format!("{created}{existing}")).expect("written");
        let accounts = read(&path).expect("valid");
        let names = accounts.iter().map(|one| (one.account_name.as_str(), one.customer_name.as_str()));
        assert_eq!(names.collect::<Vec<_>>(), [("org-chi-01", "Customer")]);
        // Half of the keys of a systems account is a slip.
        std::fs::write(&path, format!("{created}{}", existing.replace("role_arn", "# role_arn"))).expect("written");
        let message = read(&path).expect_err("no role").to_string();
        assert!(message.contains("org-chi-01") && message.contains("role_arn"), "{message}");
    }

    #[test]
    fn names_a_misspelt_key() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("roster.toml");
        std::fs::write(&path, "[[account]]\nprovidr = \"aws\"\n").expect("written");
        let message = read(&path).expect_err("misspelt").to_string();
        assert!(message.contains("providr"), "{message}");
    }
}
