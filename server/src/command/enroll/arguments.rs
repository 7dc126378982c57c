//! The arguments of `muster enroll`, `muster plan`, `muster apply` and `muster enrollment-token`.

use crate::command::simulate_metadata::label;
use clap::Subcommand;
use muster_attest::identity::Provider;
use muster_audit::chain::LineHash;
use std::path::PathBuf;

#[derive(Clone, Debug, clap::Args)]
pub struct EnrollConfigArguments {
    /// The configuration file.
    #[arg(long, value_name = "FILE", default_value = "enroll.toml")]
    pub config: PathBuf,
}

#[derive(Debug, clap::Args)]
pub struct EnrollArguments {
    #[command(flatten)]
    pub config: EnrollConfigArguments,
    /// Accept a ledger that was restored, by the hash of its last line. Identities that enrolled since are accepted again.
    #[arg(long, value_name = "HASH")]
    pub accept_ledger: Option<LineHash>,
}

/// A cloud account of the roster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloudAccount {
    pub provider: Provider,
    pub id: String,
}

impl CloudAccount {
    fn parse(text: &str) -> Result<Self, String> {
        let (provider, id) =
            text.split_once('/').ok_or("a provider and an account, such as gcp/acme-prod, is expected")?;
        let provider = Provider::ALL.into_iter().find(|one| one.name() == provider);
        let provider = provider.ok_or_else(|| {
            let names = Provider::ALL.map(Provider::name).join(", ");
            format!("the provider is one of {names}")
        })?;
        Ok(Self { provider, id: id.to_owned() })
    }
}

#[derive(Debug, clap::Args)]
pub struct PlanArguments {
    #[command(flatten)]
    pub config: EnrollConfigArguments,
    /// The account, as in the roster.
    #[arg(long, value_name = "PROVIDER/ACCOUNT", value_parser = CloudAccount::parse, required_unless_present = "template")]
    pub account: Option<CloudAccount>,
    /// Print the settings as a template for a CloudFormation StackSet instead.
    #[arg(long, conflicts_with = "account")]
    pub template: bool,
}

#[derive(Debug, clap::Args)]
pub struct ApplyArguments {
    #[command(flatten)]
    pub config: EnrollConfigArguments,
    /// The account, as in the roster.
    #[arg(long, value_name = "PROVIDER/ACCOUNT", value_parser = CloudAccount::parse)]
    pub account: CloudAccount,
    /// Request the systems account again, although AWS Organizations could not create it before.
    #[arg(long)]
    pub retry: bool,
}

#[derive(Debug, Subcommand)]
pub enum EnrollmentTokenCommand {
    /// Write a new private key, and print its public key for the roster.
    NewKey(NewKeyArguments),
    /// Print a token for one instance.
    Sign(SignTokenArguments),
}

#[derive(Debug, clap::Args)]
pub struct NewKeyArguments {
    /// The file for the private key. It must not exist.
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// The id of the key.
    #[arg(long, value_name = "ID")]
    pub key_id: String,
}

#[derive(Debug, clap::Args)]
pub struct SignTokenArguments {
    /// The private key: PKCS#8 in PEM, EC P-256 or Ed25519, that only its owner can read.
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// The id of the key in the roster.
    #[arg(long, value_name = "ID")]
    pub key_id: String,
    /// The issuer's name in the roster.
    #[arg(long, value_name = "NAME")]
    pub issuer: String,
    /// The audience: the address of the enrollment server and `/enroll/v1`.
    #[arg(long, value_name = "URL")]
    pub audience: String,
    /// The account in the roster.
    #[arg(long, value_name = "ID")]
    pub account: String,
    /// The customer of the account.
    #[arg(long, value_name = "ID")]
    pub customer: String,
    /// The UUID of the instance; for VMware its instanceUuid.
    #[arg(long, value_name = "UUID")]
    pub instance: String,
    /// The UUID of the hardware. VMware needs it.
    #[arg(long, value_name = "UUID")]
    pub bios_uuid: Option<String>,
    /// The managed object reference. VMware needs it.
    #[arg(long, value_name = "REFERENCE")]
    pub moref: Option<String>,
    /// The patching label or the patch group label, with its value.
    #[arg(long, value_name = "NAME=VALUE", value_parser = label)]
    pub label: Vec<(String, String)>,
    /// The hours for which the token is valid.
    #[arg(long, value_name = "HOURS", default_value_t = 24, value_parser = clap::value_parser!(u8).range(1..=24))]
    pub hours: u8,
}
