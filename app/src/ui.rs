//! What people see: the shell around every page, the routes, the pages and the parts they are made of.
//!
//! Pages arrange; anything that can be wrong (a link, a page number, a date) is a plain function with tests in
//! [`format`] and [`links`]. Pages are rendered on the server only; what comes alive in the browser are two
//! islands, `ThemeButton` and `LiveForms`. That keeps the browser's half a tenth of what hydrating whole pages costs,
//! and no page is sent twice, as markup and as data.

mod app;
mod format;
mod links;
mod load;
mod pages;
mod parts;
mod routes;
mod shell;
mod viewer;

pub use app::App;
pub use links::{AsOf, KeptSince};
pub use pages::{AUDIT_LINK, AUDITORS, LearnMore, LinkMade, SIGN_IN};
#[cfg(feature = "ssr")]
pub use shell::shell;
pub use shell::{STYLESHEETS, respond_with};
pub use viewer::InFrame;
