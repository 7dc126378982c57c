//! `muster harvest`: harvests every account once. Stores what could be read, and exits with 1 when something could not.

use super::{backup_socket, cli::HarvestArguments, setup};
use muster_audit::Audit;
use muster_harvest::{
    progress::for_output,
    round::{Harvester, RoundOptions},
};
use muster_store::connection::Store;

pub async fn run(arguments: &HarvestArguments) -> anyhow::Result<()> {
    let config = setup::config(&arguments.config)?;
    let store = Store::open_on_one_thread(&config.store)?;
    let _backups = backup_socket::listen(&store);
    let audit = Audit::open(&config.audit_dir(), setup::system_clock())?;
    let harvester = Harvester { audit: Some(audit), ..setup::harvester(&config, store).await? };
    if let Some(account) = &arguments.account {
        setup::find(&harvester.all_accounts().await?, account)?;
    }
    let options = RoundOptions { account: arguments.account.clone(), full: arguments.full };
    let round = harvester.round(&options, for_output().as_ref()).await?;
    anyhow::ensure!(
        round.failed + round.partial == 0,
        "of {} harvests, {} failed and {} are incomplete; everything else is stored",
        round.harvests,
        round.failed,
        round.partial
    );
    Ok(())
}
