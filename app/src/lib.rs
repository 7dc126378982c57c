//! Muster's view: the pages, the server functions behind them, and the plain types that they show.
//!
//! - [`model`]: the words of the portal as data; nothing else is allowed to define them.
//! - [`ports`]: what a page may ask.
//! - [`rpc`]: server functions, one for each question a page asks; the browser calls the same over HTTP.
//! - [`ui`]: the shell, the routes, the pages and their parts.
//!
//! This crate knows nothing of AWS, SQL or charts' drawing. It compiles twice: with `ssr` for the server and with
//! `hydrate` for the browser. Both at once would drop event handlers in silence, so that is an error here.

#![recursion_limit = "256"]

#[cfg(all(feature = "ssr", feature = "hydrate"))]
compile_error!(
    "`ssr` and `hydrate` exclude each other: build the server with one and the browser's half with the other"
);

pub mod rpc;
pub mod ui;

pub use muster_model as model;
pub use muster_model::ports;

/// Where the browser's half starts: brings the islands in the server's HTML to life. The rest of a page stays as the
/// server sent it: links and forms need no help.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_islands();
}
