//! Muster's view: the pages, the server functions behind them, and the plain types that they show.
//!
//! - [`model`]: the portal's vocabulary as plain data; no other module defines it.
//! - [`ports`]: the reports that pages may request.
//! - [`rpc`]: server functions, one for each question that a page asks; the browser calls the same ones over HTTP.
//! - [`ui`]: the shell, the routes, the pages and their parts.
//!
//! This crate knows nothing of AWS, SQL or drawing charts. It compiles twice: with `ssr` for the server and with
//! `hydrate` for the browser. Enabling both would silently drop event handlers, so it is a compile error.

#![recursion_limit = "256"]

#[cfg(all(feature = "ssr", feature = "hydrate"))]
compile_error!(
    "`ssr` and `hydrate` exclude each other: build the server with `ssr` and the browser's half with `hydrate`"
);

pub mod rpc;
pub mod ui;

pub use muster_model as model;
pub use muster_model::ports;

/// The entry point of the browser's half: hydrates the islands in the server's HTML. The rest of a page needs no script:
/// it is links and forms.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_islands();
}
