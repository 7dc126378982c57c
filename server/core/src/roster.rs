//! The roster: the accounts, their customers, and the role and Regions of each one's systems account.
//!
//! A TOML file with `[[account]]` tables or a CSV file with the same names as columns, Regions separated by spaces.

mod entry;
mod file;
mod line;
pub mod regions;
mod unique;

pub use entry::check as check_entry;
pub use unique::Unique;

use muster_model::{ids::AccountId, provider::Provider};
use serde::{Deserialize, Serialize};
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

/// An account as the file has it, before it is checked. An empty provider is derived from the account's instances.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    pub provider: String,
    pub account_id: String,
    pub account_name: String,
    pub customer_id: String,
    pub customer_name: String,
    pub systems_account: String,
    pub role_arn: String,
    pub external_id: String,
    #[serde(deserialize_with = "regions")]
    pub regions: Vec<String>,
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
            let account = entry::check(entry).map_err(invalid)?;
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
    fn names_a_misspelt_key() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("roster.toml");
        std::fs::write(&path, "[[account]]\nprovidr = \"aws\"\n").expect("written");
        let message = read(&path).expect_err("misspelt").to_string();
        assert!(message.contains("providr"), "{message}");
    }
}
