//! The registry: which cloud accounts may enroll, for which customer, into which systems account, and how many.
//!
//! It is read from the roster, a TOML file that the portal reads too. The file is read again when it changes. One with an error is
//! reported, and the last valid one stays in use.
//!
//! ```toml
//! [enrollment]                        # may be missing: these are the defaults
//! patching_label = "rackspace-addon-patching"
//! patch_group_label = "rackspace-addon-patching-patchgroup"
//!
//! [[customer]]
//! id = "acme"
//! name = "Acme Corporation"           # the id unless given
//! instances_max = 500
//! systems_accounts_max = 3
//!
//! [[account]]
//! provider = "gcp"
//! account_id = "acme-prod"
//! account_name = "Acme production"    # the id unless given
//! customer_id = "acme"
//! # An AWS account that exists is the systems account. Without these keys one is created.
//! systems_account = "111122223333"
//! role_arn = "arn:aws:iam::111122223333:role/MusterHarvester"
//! external_id = "k3Jx0vVq8n2Lw5Ty"
//! regions = ["eu-west-1"]
//! [account.enrollment]                # without it the account is harvested only
//! region = "eu-west-1"
//! project_number = 198285616681       # gcp only
//! approval = "systems_account"        # the default; or "none", "instance"
//! # The next two are for an AWS account that exists.
//! setup_role_arn = "arn:aws:iam::111122223333:role/muster-setup"
//! sets_default_baselines = false      # the default
//!
//! [[issuer]]                          # of the tokens of vmware, openstack and dedicated
//! name = "urn:muster:vcenter:5f1c9f8e"
//! provider = "vmware"
//! accounts = ["vc-1:acme"]            # listed above too
//! jwks = '{"keys": [{"kty": "EC", "crv": "P-256", "kid": "v1", "x": "…", "y": "…"}]}'
//! ```

mod file;

use muster_access::{
    error::AccessError,
    reloadable_file::{FileFormat, ReloadableFile},
};
use muster_attest::{azure::Cloud, identity::Provider, signed_token};
use muster_model::ids::AccountId;
use serde::Deserialize;
use std::{collections::BTreeMap, path::Path, sync::Arc};

/// The longest file, in bytes. A hundred thousand accounts take 20 MB.
pub const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// When an operator must approve.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Approval {
    /// Never.
    None,
    /// Before a systems account is requested for the cloud account: once for its first instance.
    #[default]
    SystemsAccount,
    /// For each instance.
    Instance,
}

/// How much a customer may enroll. Both count what was requested, whether it succeeded or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quotas {
    /// Instances, without those that were reset.
    pub instances_max: u32,
    /// Systems accounts that the service may ever request.
    pub systems_accounts_max: u32,
}

/// An AWS account that exists, and the role through which it is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Existing {
    /// 12 digits.
    pub systems_account: String,
    /// A role of this account.
    pub setup_role_arn: String,
    /// Of this role and of the harvest role. Never empty: without it, another customer could name the same role.
    pub external_id: String,
    /// Whether our patch baselines become the account's default ones. Its owner may have others.
    pub sets_default_baselines: bool,
}

/// A cloud account that may enroll.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub provider: Provider,
    /// The provider's own id.
    pub id: AccountId,
    /// The name on pages and in tags: the id unless the file has another.
    pub name: String,
    /// The customer's id.
    pub customer: String,
    /// The customer's id unless the file has another.
    pub customer_name: String,
    pub quotas: Quotas,
    /// Google Cloud only, and required there: project ids can be used again by others, numbers cannot.
    pub project_number: Option<u64>,
    /// Azure only: in which of its clouds the subscription is.
    pub cloud: Cloud,
    /// The systems account, if it is one that exists. Otherwise one is created.
    pub existing: Option<Existing>,
    /// The Region in which instances register.
    pub region: String,
    pub approval: Approval,
}

/// The names of the two labels.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LabelNames {
    #[serde(rename = "patching_label")]
    pub patching: String,
    #[serde(rename = "patch_group_label")]
    pub patch_group: String,
}

impl Default for LabelNames {
    fn default() -> Self {
        let patching = "rackspace-addon-patching".to_owned();
        Self { patch_group: format!("{patching}-patchgroup"), patching }
    }
}

impl LabelNames {
    /// Whether each of the labels is one of the two.
    pub fn has_all(&self, labels: &BTreeMap<String, String>) -> bool {
        labels.keys().all(|name| [&self.patching, &self.patch_group].contains(&name))
    }
}

/// The content of a valid file.
pub struct Registry {
    pub labels: LabelNames,
    accounts: BTreeMap<(Provider, String), Account>,
    pub issuers: Arc<signed_token::Attestor>,
}

impl Registry {
    /// Reads the content of a file.
    ///
    /// # Errors
    ///
    /// The message names the first key, account or issuer that is wrong, and says why.
    pub fn parse(toml: &str) -> Result<Self, String> {
        file::parse(toml)
    }

    /// A cloud account by its provider's own id.
    pub fn account(&self, provider: Provider, account: &str) -> Option<&Account> {
        self.accounts.get(&(provider, account.to_owned()))
    }

    /// All cloud accounts, by provider and id.
    pub fn accounts(&self) -> impl Iterator<Item = &Account> {
        self.accounts.values()
    }
}

/// The roster, as the service reads it.
pub struct RegistryFile(ReloadableFile<Arc<Registry>>);

impl RegistryFile {
    /// Opens a file that must be valid when the service starts.
    ///
    /// # Errors
    ///
    /// If it cannot be read or is not valid.
    pub fn open(path: &Path) -> Result<Self, AccessError> {
        let parse = |text: &str| Registry::parse(text).map(Arc::new);
        let format = FileFormat { name: "roster", bytes_max: FILE_BYTES_MAX, parse };
        Ok(Self(ReloadableFile::open(path, format)?.keep_valid()))
    }

    /// The last valid content. Reads the file first if it has changed.
    pub fn current(&self) -> Option<Arc<Registry>> {
        self.0.find(|registry| Some(registry.clone()))
    }

    /// Reads the file again at once.
    ///
    /// # Errors
    ///
    /// If it cannot be read or is not valid. The last valid content stays.
    pub fn reload(&self) -> Result<(), AccessError> {
        self.0.reload()
    }

    /// Why the file cannot be used at the moment, if it cannot.
    pub fn failure(&self) -> Option<String> {
        self.0.failure()
    }
}
