//! Runs the portal until it is told to stop.

use super::{
    connections::{self, ConnectionLimits},
    router::router,
    sign_in::ends,
    state::ServerState,
};
use anyhow::Context;
use std::{net::SocketAddr, path::PathBuf};
use tokio::net::TcpListener;

/// Opens the port, or says which one could not be had.
pub async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen on {address}: is another process there, or the address not this machine's?")
    })
}

/// Serves until Ctrl-C or a termination signal; requests under way are finished.
pub async fn serve(listener: TcpListener, state: ServerState) -> anyhow::Result<()> {
    let (sign_in, refusals, audit) = (state.sign_in.clone(), state.refusals.clone(), state.audit.clone());
    tokio::spawn(async move { ends::watch(&sign_in, &refusals, &audit).await });
    connections::answer(listener, router(state), ConnectionLimits::default(), asked_to_stop()).await;
    Ok(())
}

/// The folder of the browser's half: as configured, or `site` beside the binary.
pub fn site_dir(configured: Option<PathBuf>) -> anyhow::Result<PathBuf> {
    let dir = match configured {
        Some(dir) => dir,
        None => std::env::current_exe().context("cannot tell where this binary is")?.with_file_name("site"),
    };
    let script = dir.join("pkg/app.js");
    anyhow::ensure!(
        script.is_file(),
        "the browser's half of the portal is not at `{}`: build it with `make site`, or name its folder by \
         MUSTER_SITE_DIR",
        script.display()
    );
    Ok(dir)
}

async fn asked_to_stop() {
    let interrupt = tokio::signal::ctrl_c();
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = interrupt => {}
        () = terminate => {}
    }
}
