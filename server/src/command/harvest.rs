//! `muster harvest`: every account once. Exits with 1 when something could not be read, after storing what could.

use super::{backup_socket, cli::HarvestArguments, setup};
use muster_audit::Audit;
use muster_harvest::{
    progress::for_output,
    round::{Harvester, RoundOptions},
};
use muster_store::connection::Store;

pub async fn run(arguments: &HarvestArguments) -> anyhow::Result<()> {
    let config = setup::config(&arguments.config)?;
    setup::log(config.log_format);
    let store = Store::open_on_one_thread(&config.store)?;
    let _backups = backup_socket::answer(&store);
    let audit = Audit::open(&config.audit_dir(), setup::system_clock())?;
    let harvester = Harvester { audit: Some(audit), ..setup::harvester(&config, store).await? };
    if let Some(account) = &arguments.account {
        let known = harvester.all_accounts().await?.iter().any(|other| other.account_id == *account);
        anyhow::ensure!(known, "account {account} is neither in the roster nor found in the organization");
    }
    let options = RoundOptions { account: arguments.account.clone(), full: arguments.full };
    let round = harvester.round(&options, for_output().as_ref()).await?;
    anyhow::ensure!(
        round.failed + round.partial == 0,
        "of {} harvests {} failed and {} left something out; everything else is stored",
        round.harvests,
        round.failed,
        round.partial
    );
    Ok(())
}
