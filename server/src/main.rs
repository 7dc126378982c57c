//! The binary: parses the command line and runs the command.

use clap::Parser;
use muster_server::command::{
    accounts, audit,
    cli::{AccountsCommand, AuditCommand, Cli, Command, EventsCommand, FeedsCommand},
    demo, enroll, events, export, feeds, harvest, init, password_hash, policy, run_output, serve, setup, simulate,
    simulate_metadata, store, verify,
};
use rustix::{fs::Mode, process::umask};
use std::{io::Write, process::ExitCode};

/// What commands create is their own user's alone: stores, backups and exports hold every customer's data.
const UMASK: Mode = Mode::RWXG.union(Mode::RWXO);

#[tokio::main]
async fn main() -> ExitCode {
    umask(UMASK);
    let result = match Cli::parse().command {
        Command::Init(arguments) => init::run(&arguments),
        Command::Demo(arguments) => demo::run(&arguments).await,
        Command::Serve(arguments) => serve::run(&arguments).await,
        Command::Harvest(arguments) => harvest::run(&arguments).await,
        Command::Accounts(AccountsCommand::Check(arguments)) => accounts::check(&arguments).await,
        Command::RunOutput(arguments) => run_output::run(&arguments).await,
        Command::Output(arguments) => {
            setup::warn("`muster output` is deprecated: use `muster run-output`");
            run_output::run(&arguments).await
        }
        Command::Simulate(arguments) => simulate::run(&arguments).await,
        Command::SimulateMetadata(arguments) => simulate_metadata::run(&arguments).await,
        Command::Verify(arguments) => verify::run(&arguments).await,
        Command::Audit(AuditCommand::Verify(arguments)) => audit::verify(&arguments),
        Command::Export(arguments) => export::run(&arguments).await,
        Command::ExportStore(arguments) => store::run_export(&arguments),
        Command::Backup(arguments) => store::run_backup(&arguments),
        Command::Restore(arguments) => store::run_restore(&arguments),
        Command::Policy(arguments) => policy::run(&arguments),
        Command::Enroll(arguments) => enroll::run(&arguments).await,
        Command::Plan(arguments) => enroll::provision::plan(&arguments).await,
        Command::Apply(arguments) => enroll::provision::apply(&arguments).await,
        Command::EnrollmentToken(command) => enroll::token::run(&command),
        Command::Events(EventsCommand::Template(arguments)) => events::run(&arguments),
        Command::Feeds(FeedsCommand::Import(arguments)) => feeds::import(&arguments),
        Command::Feeds(FeedsCommand::Fetch(arguments)) => feeds::fetch(&arguments).await,
        Command::PasswordHash => password_hash::run(),
        Command::Migrate(arguments) => store::run_migrate(&arguments),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // One line for the error, and one for each cause.
            let _ = writeln!(std::io::stderr(), "muster: {error}");
            // DuckDB's error number says less than its message, which is printed already.
            for cause in error.chain().skip(1).filter(|cause| !cause.is::<duckdb::ffi::Error>()) {
                let _ = writeln!(std::io::stderr(), "  because: {cause}");
            }
            ExitCode::FAILURE
        }
    }
}
