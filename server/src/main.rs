//! The binary: parses the command line and runs the command.

use clap::Parser;
use muster_server::command::{
    accounts, audit, backup,
    cli::{Cli, Command},
    demo, export, export_store, harvest, migrate, password_hash, policy, run_output, serve, setup, simulate, verify,
};
use std::{io::Write, process::ExitCode};

#[tokio::main]
async fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Demo(arguments) => demo::run(&arguments).await,
        Command::Serve(arguments) => serve::run(&arguments).await,
        Command::Harvest(arguments) => harvest::run(&arguments).await,
        Command::Accounts(arguments) => accounts::run(&arguments).await,
        Command::RunOutput(arguments) => run_output::run(&arguments).await,
        Command::Output(arguments) => {
            setup::warn("`muster output` is deprecated: use `muster run-output`");
            run_output::run(&arguments).await
        }
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
