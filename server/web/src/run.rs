//! Runs the portal until it receives a signal.

use super::{
    connections::{self, ConnectionLimits},
    router::router,
    sign_in::expiry,
    state::ServerState,
};
use anyhow::Context;
use std::{net::SocketAddr, path::PathBuf};
use tokio::{
    net::TcpListener,
    signal::{
        ctrl_c,
        unix::{SignalKind, signal},
    },
};

/// Listens on an address.
pub async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!(
            "cannot listen on {address}; check that no other process uses it and that it is an address of this machine"
        )
    })
}

/// Serves until SIGINT or SIGTERM, then waits for running requests.
pub async fn serve(listener: TcpListener, state: ServerState) -> anyhow::Result<()> {
    let (sign_in, refusals, audit) = (state.sign_in.clone(), state.refusals.clone(), state.audit.clone());
    tokio::spawn(async move { expiry::record_periodically(&sign_in, &refusals, &audit).await });
    let mut terminate = signal(SignalKind::terminate()).context("cannot receive SIGTERM")?;
    let shutdown = async {
        tokio::select! {
            _ = ctrl_c() => {}
            _ = terminate.recv() => {}
        }
    };
    connections::serve(listener, router(state), ConnectionLimits::default(), shutdown).await;
    Ok(())
}

/// The folder of scripts, WASM and styles: as configured, or `site` beside the binary.
pub fn site_dir(configured: Option<PathBuf>) -> anyhow::Result<PathBuf> {
    let dir = match configured {
        Some(dir) => dir,
        None => std::env::current_exe().context("cannot find the path of this binary")?.with_file_name("site"),
    };
    let script = dir.join("pkg/app.js");
    anyhow::ensure!(
        script.is_file(),
        "the portal's scripts and styles are missing: no file `{}`. Build them with `make site`, or set MUSTER_SITE_DIR to \
         their folder",
        script.display()
    );
    Ok(dir)
}
