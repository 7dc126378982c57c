//! The binary: reads the command line and does what it says.

use clap::Parser;
use muster_server::command::{
    accounts, audit, backup,
    cli::{Cli, Command},
    demo, export, export_store, harvest, migrate, output, password_hash, policy, serve, simulate, verify,
};
use std::{io::Write, process::ExitCode};

#[tokio::main]
async fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Demo(arguments) => demo::run(&arguments).await,
        Command::Serve(arguments) => serve::run(&arguments).await,
        Command::Harvest(arguments) => harvest::run(&arguments).await,
        Command::Accounts(arguments) => accounts::run(&arguments).await,
        Command::Output(arguments) => output::run(&arguments).await,
        Command::Simulate(arguments) => simulate::run(&arguments).await,
        Command::Verify(arguments) => verify::run(&arguments).await,
        Command::Audit(arguments) => audit::run(&arguments),
        Command::Export(arguments) => export::run(&arguments).await,
        Command::ExportStore(arguments) => export_store::run(&arguments),
        Command::Backup(arguments) => backup::run(&arguments),
        Command::Restore(arguments) => backup::run_restore(&arguments),
        Command::Policy(arguments) => policy::run(&arguments),
        Command::PasswordHash => password_hash::run(),
        Command::Migrate(arguments) => migrate::run(&arguments),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // One line for the failure, one for each cause that adds to it.
            let _ = writeln!(std::io::stderr(), "muster: {error}");
            // DuckDB's number of an error says less than its words, which come before.
            for cause in error.chain().skip(1).filter(|cause| !cause.is::<duckdb::ffi::Error>()) {
                let _ = writeln!(std::io::stderr(), "  because: {cause}");
            }
            ExitCode::FAILURE
        }
    }
}
