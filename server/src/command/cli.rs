//! The command line.

use clap::{Parser, Subcommand, ValueEnum};
use muster_audit::verify::LineHash;
use muster_model::ids::{AccountId, InstanceId};
use std::{net::SocketAddr, path::PathBuf};

/// VM Management: patch state of every machine at every provider, harvested through AWS Systems Manager.
#[derive(Debug, Parser)]
#[command(name = "muster", version, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show the portal on a simulated estate: no configuration, no network, no AWS account.
    Demo(DemoArguments),
    /// Run the portal and harvest on a schedule.
    Serve(ConfigArguments),
    /// Harvest every account once.
    Harvest(HarvestArguments),
    /// Test the way into accounts: trust, permissions, Regions; says what to fix.
    Accounts(AccountsArguments),
    /// Show what an instance printed in a run, asked of AWS now, without its secrets.
    Output(OutputArguments),
    /// Run a simulated AWS that any SSM client can talk to.
    Simulate(SimulateArguments),
    /// Recompute every published figure from the raw rows by a second way and print what does not match.
    Verify(VerifyArguments),
    /// Look at the audit: who did what.
    Audit(AuditArguments),
    /// Write a list as CSV to standard output, with the query string of its page.
    Export(ExportArguments),
    /// Write every table as Parquet into a new folder, for other engines.
    ExportStore(ExportStoreArguments),
    /// Copy the store into a folder or a file, also while another `muster` has it open.
    Backup(BackupArguments),
    /// Put a copy of a backup in the place of the store, which is moved aside.
    Restore(RestoreArguments),
    /// Print the IAM policies that a systems account needs.
    Policy(PolicyArguments),
    /// Hash a password, read from standard input, for the access file.
    PasswordHash,
    /// Bring the store to this version's schema; `serve` and `harvest` do it by themselves.
    Migrate(ConfigArguments),
}

#[derive(Clone, Debug, clap::Args)]
pub struct ConfigArguments {
    /// The configuration; without it everything comes from the environment and defaults.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub struct VerifyArguments {
    #[command(flatten)]
    pub config: ConfigArguments,
    /// The own pages of all instances too, not of some hundred a day: hours for an estate of many thousands.
    #[arg(long)]
    pub every_page: bool,
}

#[derive(Debug, clap::Args)]
pub struct AuditArguments {
    #[command(subcommand)]
    pub command: AuditCommand,
}

#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Walk all its lines; says where the first one is that is not as it was written.
    Verify(AuditVerifyArguments),
}

#[derive(Debug, clap::Args)]
pub struct AuditVerifyArguments {
    #[command(flatten)]
    pub config: ConfigArguments,
    /// Of this folder instead of the configured one.
    #[arg(long, value_name = "FOLDER")]
    pub dir: Option<PathBuf>,
    /// A head that an earlier call printed: its line must still be there.
    #[arg(long, value_name = "HASH")]
    pub expect_head: Option<LineHash>,
    /// The head of the older files, which are kept elsewhere: the first line here must follow it.
    #[arg(long, value_name = "HASH")]
    pub after: Option<LineHash>,
}

#[derive(Debug, clap::Args)]
pub struct HarvestArguments {
    #[command(flatten)]
    pub config: ConfigArguments,
    /// Only this account.
    #[arg(long, value_name = "ID")]
    pub account: Option<AccountId>,
    /// Read everything again, changed or not.
    #[arg(long)]
    pub full: bool,
}

#[derive(Debug, clap::Args)]
pub struct AccountsArguments {
    #[command(subcommand)]
    pub command: AccountsCommand,
}

#[derive(Debug, Subcommand)]
pub enum AccountsCommand {
    /// The onboarding test of every account, or of one.
    Check(CheckArguments),
}

#[derive(Debug, clap::Args)]
pub struct CheckArguments {
    #[command(flatten)]
    pub config: ConfigArguments,
    /// Only this account.
    #[arg(long, value_name = "ID")]
    pub account: Option<AccountId>,
}

#[derive(Debug, clap::Args)]
pub struct OutputArguments {
    #[command(flatten)]
    pub config: ConfigArguments,
    /// The account of the instance.
    #[arg(long, value_name = "ID")]
    pub account: AccountId,
    /// The run, as the runs of the instance name it.
    pub command_id: String,
    pub instance_id: InstanceId,
}

#[derive(Debug, clap::Args)]
pub struct DemoArguments {
    /// Where the portal listens.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    #[command(flatten)]
    pub estate: EstateArguments,
    /// Where the simulated AWS listens.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    pub simulator_listen: SocketAddr,
    /// Where the stand-in for a hoster's own portal listens, which frames this one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    pub manage_listen: SocketAddr,
    /// Keep the harvested store in this file and go on from it next time, instead of a temporary one.
    #[arg(long, value_name = "FILE")]
    pub store: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub struct EstateArguments {
    /// The estate: `demo`, `small` or `empty`; `simulate` also knows `large`, with 100,000 machines.
    #[arg(long, value_name = "NAME", default_value = "demo")]
    pub estate: String,
    /// The number that the estate is made from; the same number gives the same estate.
    #[arg(long, value_name = "NUMBER")]
    pub seed: Option<u64>,
}

#[derive(Debug, clap::Args)]
pub struct SimulateArguments {
    /// Where the simulated AWS listens.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4566")]
    pub listen: SocketAddr,
    #[command(flatten)]
    pub estate: EstateArguments,
    /// Write the estate's roster to this file.
    #[arg(long, value_name = "FILE")]
    pub roster: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub struct ExportArguments {
    /// The list.
    #[arg(value_enum)]
    pub list: ExportList,
    #[command(flatten)]
    pub config: ConfigArguments,
    /// The query string of the list's page, such as `account=402155771038&state=Missing,Failed`.
    #[arg(long, value_name = "QUERY", default_value = "")]
    pub query: String,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum ExportList {
    Accounts,
    Instances,
    Updates,
    History,
    Runs,
    Changes,
    Trend,
    ServiceLevel,
}

#[derive(Debug, clap::Args)]
pub struct ExportStoreArguments {
    #[command(flatten)]
    pub config: ConfigArguments,
    /// Of this file instead of the configured store: a backup, while the store is in use.
    #[arg(long, value_name = "FILE")]
    pub store: Option<PathBuf>,
    /// A folder that is not there.
    pub folder: PathBuf,
}

#[derive(Debug, clap::Args)]
pub struct BackupArguments {
    #[command(flatten)]
    pub config: ConfigArguments,
    /// A file that is not there, or a folder, where the copy is named after the time.
    #[arg(value_name = "FOLDER OR FILE")]
    pub target: PathBuf,
}

#[derive(Debug, clap::Args)]
pub struct RestoreArguments {
    #[command(flatten)]
    pub config: ConfigArguments,
    /// What `muster backup` made.
    pub file: PathBuf,
}

#[derive(Debug, clap::Args)]
pub struct PolicyArguments {
    /// The role or user that harvests; the trust policy names it.
    #[arg(long, value_name = "ARN", default_value = "arn:aws:iam::HUB_ACCOUNT:role/muster")]
    pub harvester: String,
    /// The account's ExternalId from the roster.
    #[arg(long, value_name = "ID", default_value = "EXTERNAL_ID")]
    pub external_id: String,
}
