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
    signal::unix::{SignalKind, signal},
};

/// Listens on an address.
pub async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!(
            "cannot listen on {address}; check that no other process uses it and that it is an address of this machine"
        )
    })
}

/// Resolves at the first SIGINT or SIGTERM after this call, which no longer end the process.
pub fn shutdown_signal() -> anyhow::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot receive SIGINT")?;
    let mut terminate = signal(SignalKind::terminate()).context("cannot receive SIGTERM")?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Serves until `shutdown` resolves, then waits for running requests.
pub async fn serve(listener: TcpListener, state: ServerState, shutdown: impl Future<Output = ()>) {
    let (sign_in, refusals, audit) = (state.sign_in.clone(), state.refusals.clone(), state.audit.clone());
    tokio::spawn(async move { expiry::record_periodically(&sign_in, &refusals, &audit).await });
    connections::serve(listener, router(state), ConnectionLimits::default(), shutdown).await;
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
