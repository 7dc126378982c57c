//! The building blocks of pages: plain functions that return a view. None of them requests data.

mod as_of_picker;
mod badge;
mod breadcrumbs;
mod card;
mod chart_figure;
mod data_table;
mod due;
mod empty_state;
mod error_panel;
mod export_links;
mod figure;
mod filter_form;
mod footer;
mod freshness;
mod header;
mod icon;
mod link;
mod list_table;
mod live_forms;
mod local_zone;
mod pagination;
mod patch_policy;
mod sort_heading;
mod status_bar;
mod theme_button;
mod timestamp;
mod unknown;

pub use as_of_picker::as_of_picker;
pub use badge::{
    attention_badge, badge, harvest_badge, instance_state_badge, patch_badge, severity_label, update_badge, update_look,
};
pub use breadcrumbs::breadcrumbs;
pub use card::Card;
pub use chart_figure::chart_figure;
pub(crate) use data_table::cells;
pub use data_table::{Column, data_table, data_table_or, table_region};
pub use due::due_cell;
pub use empty_state::{empty_state, no_matches, notice};
pub use error_panel::error_panel;
pub use export_links::export_links;
pub use figure::{figure, figure_or_plain};
pub use filter_form::{filter_form, short_filter_form};
pub use footer::footer;
pub use freshness::{as_of_line, freshness_line, staleness};
pub use header::header;
pub use icon::{Icon, icon};
pub use link::{account_cell, harvest_link, trend_link};
pub use list_table::{columns_from, columns_named, list_table, plain_table};
pub use live_forms::LiveForms;
pub use local_zone::LocalZone;
pub use pagination::{after_the_end, paged, pagination};
pub use patch_policy::{POLICY_RULE, policies_table};
pub use sort_heading::{headings, sort_headings};
pub use status_bar::status_bar;
pub use timestamp::{age_of, short_time, time_or};
pub use unknown::{never_harvested, no_rows, unknown_accounts, unknown_figure};
