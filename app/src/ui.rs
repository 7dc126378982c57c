//! The user interface: the HTML document, the routes, the pages and their parts.
//!
//! Pages only arrange parts; logic that can be wrong (a link, a page number, a date) is a plain function with tests in
//! [`format`] and [`links`]. Pages are rendered on the server only; the browser hydrates two islands, `ThemeButton` and
//! `LiveForms`. The WASM is a tenth of what hydrating whole pages takes, and no data is sent twice.

mod app;
mod format;
mod links;
mod load;
mod pages;
mod parts;
mod prelude;
mod routes;
mod shell;
mod viewer;

pub use app::App;
pub use links::{AsOf, KeptSince, LastLook};
pub use pages::{
    AUDIT_LINK, AUDITORS, ENROLLMENT, ENROLLMENT_QUEUE, EXCEPTIONS, LearnMore, NEW_EXCEPTION, NewLink, RejectedAction,
    RejectedException, SIGN_IN,
};
#[cfg(feature = "ssr")]
pub use shell::shell;
pub use shell::{STYLESHEETS, respond_with};
pub use viewer::{EnrollsInstances, InFrame};
