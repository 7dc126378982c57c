//! The command line.

use super::{
    enroll::arguments::{ApplyArguments, EnrollArguments, EnrollmentTokenCommand, PlanArguments},
    export::list_name,
    simulate_metadata::SimulateMetadataArguments,
};
use clap::{Parser, Subcommand, ValueEnum};
use muster_audit::verify::LineHash;
use muster_core::queue_url::QueueUrl;
use muster_model::ids::{AccountId, InstanceId};
use std::{net::SocketAddr, path::PathBuf};

/// The version, with the commit where it is known.
const VERSION: &str = env!("MUSTER_VERSION");

/// VM Management: the patch state of every instance at every provider, harvested through AWS Systems Manager.
#[derive(Debug, Parser)]
#[command(name = "muster", version = VERSION, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write a configuration to start from: muster.toml, access.toml and roster.toml.
    Init(InitArguments),
    /// Show the portal with a simulated AWS. Needs no configuration, network or AWS account.
    Demo(DemoArguments),
    /// Run the portal and harvest on a schedule.
    Serve(ConfigArguments),
    /// Harvest every account once.
    Harvest(HarvestArguments),
    /// Check accounts before they are harvested: trust policy, permissions, Regions.
    #[command(subcommand)]
    Accounts(AccountsCommand),
    /// Read from AWS what an instance printed in a run. Secrets are redacted.
    RunOutput(RunOutputArguments),
    /// The former name of `run-output`.
    #[command(hide = true)]
    Output(RunOutputArguments),
    /// Run a simulated AWS for any SSM client.
    Simulate(SimulateArguments),
    /// Run the simulated metadata service of one instance, for tests of enrollment.
    #[command(hide = true)]
    SimulateMetadata(SimulateMetadataArguments),
    /// Recompute every published figure from the stored rows and print mismatches.
    Verify(VerifyArguments),
    /// Check the audit log.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Write a list as CSV to standard output.
    Export(ExportArguments),
    /// Write every table as Parquet into a new folder.
    ExportStore(ExportStoreArguments),
    /// Copy the store, also while another `muster` has it open.
    Backup(BackupArguments),
    /// Replace the store with a backup. The old store is moved aside.
    Restore(RestoreArguments),
    /// Let instances of any provider enroll: verify what they are, and register them in their systems account.
    Enroll(EnrollArguments),
    /// Print what a systems account lacks and what differs in it, or the same as a CloudFormation template. Changes nothing.
    Plan(PlanArguments),
    /// Create and set up a systems account, as the first enrollment does.
    Apply(ApplyArguments),
    /// Tokens with which instances of VMware, OpenStack and dedicated servers enroll.
    #[command(subcommand)]
    EnrollmentToken(EnrollmentTokenCommand),
    /// Print the IAM policies that a systems account needs.
    Policy(PolicyArguments),
    /// Events of Systems Manager that make an account due before the next round.
    #[command(subcommand)]
    Events(EventsCommand),
    /// Feeds about vulnerabilities.
    #[command(subcommand)]
    Feeds(FeedsCommand),
    /// Hash a password from standard input for the access file.
    PasswordHash,
    /// Migrate the store to this version's schema. `serve` and `harvest` do so when they open it.
    Migrate(ConfigArguments),
}

#[derive(Clone, Debug, clap::Args)]
pub struct ConfigArguments {
    /// The configuration file. Default: `muster.toml` in the current folder, if there is one.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub struct InitArguments {
    /// The folder for the files. It is created if needed.
    #[arg(default_value = ".")]
    pub folder: PathBuf,
    /// Create no operator with a password. Sign-in must then be configured before `muster serve` starts.
    #[arg(long)]
    pub no_password: bool,
}

#[derive(Debug, clap::Args)]
pub struct VerifyArguments {
    #[command(flatten)]
    pub config: ConfigArguments,
    /// Check every instance page, not only some hundred. May take hours on large fleets.
    #[arg(long)]
    pub every_page: bool,
}

#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Check the hash chain and name the first line that was changed.
    Verify(AuditVerifyArguments),
}

#[derive(Debug, Subcommand)]
pub enum FeedsCommand {
    /// Check files or folders of vendors, and copy them into the folder of feeds. The next round imports them.
    Import(FeedsImportArguments),
    /// Download feeds over https, check them, and replace those of their names in the folder of feeds.
    Fetch(FeedsFetchArguments),
}

#[derive(Debug, clap::Args)]
pub struct FeedsFetchArguments {
    #[command(flatten)]
    pub config: ConfigArguments,
    /// The name of each feed and its address. `{month}` in an address stands for the present month and the one before, as in
    /// 2026-Nov; each is a feed.
    #[arg(required = true, value_name = "NAME=URL", value_parser = FeedAddress::parse)]
    pub feeds: Vec<FeedAddress>,
}

/// The name of a feed, and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedAddress {
    pub name: String,
    pub url: String,
}

impl FeedAddress {
    fn parse(text: &str) -> Result<Self, String> {
        let (name, url) = text.split_once('=').ok_or("a name and an address, such as kev=https://…, is expected")?;
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if name.is_empty() || !name.chars().all(is_plain) {
            return Err("the name of a feed has letters, digits, `-` and `_` only".to_owned());
        }
        Ok(Self { name: name.to_owned(), url: url.to_owned() })
    }
}

#[derive(Debug, clap::Args)]
pub struct FeedsImportArguments {
    #[command(flatten)]
    pub config: ConfigArguments,
    /// Files in OSV, CSAF, CVRF (JSON) or CISA's format, or folders of them. Each is one feed and replaces one of its name.
    #[arg(required = true, value_name = "FILES")]
    pub files: Vec<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub struct AuditVerifyArguments {
    #[command(flatten)]
    pub config: ConfigArguments,
    /// Check this folder instead of the configured one.
    #[arg(long, value_name = "FOLDER")]
    pub dir: Option<PathBuf>,
    /// A head that an earlier check printed. Its line must still exist.
    #[arg(long, value_name = "HASH")]
    pub expect_head: Option<LineHash>,
    /// The head of older files that are stored elsewhere. The first line must follow it.
    #[arg(long, value_name = "HASH")]
    pub after: Option<LineHash>,
}

#[derive(Debug, clap::Args)]
pub struct HarvestArguments {
    #[command(flatten)]
    pub config: ConfigArguments,
    /// Harvest only this account.
    #[arg(long, value_name = "ID")]
    pub account: Option<AccountId>,
    /// Read everything again, changed or not.
    #[arg(long)]
    pub full: bool,
}

#[derive(Debug, Subcommand)]
pub enum AccountsCommand {
    /// Check every account, or one. Exits with 1 when something must be fixed.
    Check(CheckArguments),
}

#[derive(Debug, clap::Args)]
pub struct CheckArguments {
    #[command(flatten)]
    pub config: ConfigArguments,
    /// Check only this account.
    #[arg(long, value_name = "ID")]
    pub account: Option<AccountId>,
}

#[derive(Debug, clap::Args)]
pub struct RunOutputArguments {
    #[command(flatten)]
    pub config: ConfigArguments,
    /// The account of the instance.
    #[arg(long, value_name = "ID")]
    pub account: AccountId,
    /// The run's command id, from the runs of the instance.
    pub command_id: String,
    /// The instance.
    pub instance_id: InstanceId,
}

#[derive(Debug, clap::Args)]
pub struct DemoArguments {
    /// The address on which the portal listens.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    #[command(flatten)]
    pub estate: EstateArguments,
    /// The address on which the simulated AWS listens.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    pub simulator_listen: SocketAddr,
    /// The address on which the example of an embedding portal listens.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    pub manage_listen: SocketAddr,
    /// Keep the store in this file and continue from it next time. Default: a temporary file.
    #[arg(long, value_name = "FILE")]
    pub store: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub struct EstateArguments {
    /// The estate: `demo`, `small` or `empty`. `simulate` also has `large`, with 100,000 instances.
    #[arg(long, value_name = "NAME", default_value = "demo")]
    pub estate: String,
    /// The random seed of the estate.
    #[arg(long, value_name = "NUMBER")]
    pub seed: Option<u64>,
}

#[derive(Debug, clap::Args)]
pub struct SimulateArguments {
    /// The address on which the simulated AWS listens.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4566")]
    pub listen: SocketAddr,
    #[command(flatten)]
    pub estate: EstateArguments,
    /// Write the estate's roster to this file.
    #[arg(long, value_name = "FILE")]
    pub roster: Option<PathBuf>,
    /// Serve Google's keys of this folder, as `simulate-metadata` signs with them. It gets keys if it is empty.
    #[arg(long, value_name = "FOLDER")]
    pub keys: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub struct ExportArguments {
    /// The list, by the name of its file in the portal.
    #[arg(value_parser = list_name)]
    pub list: String,
    #[command(flatten)]
    pub config: ConfigArguments,
    /// The query string of the list's page, such as `account=402155771038&state=Missing,Failed`.
    #[arg(long, value_name = "QUERY", default_value = "")]
    pub query: String,
}

#[derive(Debug, clap::Args)]
pub struct ExportStoreArguments {
    #[command(flatten)]
    pub config: ConfigArguments,
    /// Export this file instead of the configured store, such as a backup while the store is in use.
    #[arg(long, value_name = "FILE")]
    pub store: Option<PathBuf>,
    /// The new folder. It must not exist.
    pub folder: PathBuf,
}

#[derive(Debug, clap::Args)]
pub struct BackupArguments {
    #[command(flatten)]
    pub config: ConfigArguments,
    /// Copy this store instead of the configured one, such as the demo's.
    #[arg(long, value_name = "FILE")]
    pub store: Option<PathBuf>,
    /// A new file, or a folder in which the copy is named after the time.
    #[arg(value_name = "FOLDER OR FILE")]
    pub target: PathBuf,
}

#[derive(Debug, clap::Args)]
pub struct RestoreArguments {
    #[command(flatten)]
    pub config: ConfigArguments,
    /// The backup.
    pub file: PathBuf,
}

/// What the trust policy names until the role of the harvester is known.
pub const HARVESTER_PLACEHOLDER: &str = "arn:aws:iam::HUB_ACCOUNT:role/muster";

#[derive(Debug, clap::Args)]
pub struct PolicyArguments {
    /// The role or user that harvests. The trust policy allows it.
    #[arg(long, value_name = "ARN", default_value = HARVESTER_PLACEHOLDER)]
    pub harvester: String,
    /// The account's ExternalId from the roster.
    #[arg(long, value_name = "ID", default_value = "EXTERNAL_ID")]
    pub external_id: String,
    /// The queue of events, as in `events_queue_url`.
    #[arg(long, value_name = "URL", value_parser = queue_url)]
    pub events_queue_url: Option<QueueUrl>,
    /// Print the policies of `muster enroll` instead, by its configuration.
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "enroll.toml")]
    pub enroll: Option<PathBuf>,
}

fn queue_url(text: &str) -> Result<QueueUrl, String> {
    text.to_owned().try_into()
}

#[derive(Debug, Subcommand)]
pub enum EventsCommand {
    /// Print a CloudFormation template.
    Template(TemplateArguments),
}

#[derive(Debug, clap::Args)]
pub struct TemplateArguments {
    /// `hub`: the queue and the event bus, once. `account`: the rule, in each systems account and Region.
    #[arg(value_enum)]
    pub template: EventsTemplate,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum EventsTemplate {
    Hub,
    Account,
}
