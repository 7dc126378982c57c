//! `muster harvest`: harvests every account once. Stores what could be read, and exits with 1 when something could not, when the
//! organization could not be listed, and when there is no account to harvest.

use super::{backup_socket, cli::HarvestArguments, setup};
use muster_audit::Audit;
use muster_harvest::{
    progress::for_output,
    round::{Harvester, RoundOptions},
};
use muster_store::connection::Store;
use muster_web::run::shutdown_signal;

pub async fn run(arguments: &HarvestArguments) -> anyhow::Result<()> {
    let config = setup::config(&arguments.config)?;
    let shutdown = shutdown_signal()?;
    let store = Store::open_on_one_thread(&config.store)?;
    let _backups = backup_socket::listen(&store);
    let audit = Audit::open(&config.audit_dir(), setup::system_clock())?;
    let harvester = Harvester { audit: Some(audit), ..setup::harvester(&config, store).await? };
    if let Some(account) = &arguments.account {
        setup::find(&harvester.all_accounts().await?, account)?;
    }
    let options = RoundOptions { account: arguments.account.clone(), full: arguments.full, ..RoundOptions::default() };
    let progress = for_output();
    let round = tokio::select! {
        round = harvester.round(&options, progress.as_ref()) => round?,
        // Ends here and not in the signal's default action, so that the backup socket is removed.
        () = shutdown => anyhow::bail!("stopped by a signal; what was read completely is stored"),
    };
    setup::ensure_listed(&config, &harvester, round.harvests + round.skipped).await?;
    anyhow::ensure!(
        round.skipped == 0,
        "{} harvests were not started before the round's timeout; the next round starts with them",
        round.skipped
    );
    anyhow::ensure!(
        round.failed + round.partial == 0,
        "of {} harvests, {} failed and {} are incomplete; everything else is stored",
        round.harvests,
        round.failed,
        round.partial
    );
    Ok(())
}
