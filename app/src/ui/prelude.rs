//! What nearly every page needs: Leptos, how a page loads its data, and the portal's parts, links and formats.

pub(super) use super::{
    format::{self, count, percent, plural},
    links::{self, AccountLinks, InstanceLinks, export, with_query},
    load::{Address, Filtered, filtered_page, page},
    parts::{
        Card, Column, Icon, POLICY_RULE, account_cell, after_the_end, age_of, as_of_line, attention_badge, badge,
        breadcrumbs, cells, chart_figure, collapsed, columns_from, columns_named, data_table, data_table_or, due_cell,
        empty_state, export_links, figure, figure_or_plain, freshness_line, harvest_badge, harvest_link, headings,
        icon, instance_state_badge, list_table, never_harvested, no_matches, no_rows, notice, paged, pagination,
        patch_badge, plain_table, policies_table, severity_label, short_filter_form, short_time, sort_headings,
        staleness, status_bar, table_region, text_area, time_or, trend_link, unknown_accounts, unknown_figure,
        update_badge, update_look,
    },
    shell::respond_with,
    viewer::sees_harvest,
};
pub(super) use crate::rpc::{self, RpcError};
pub(super) use jiff::Timestamp;
pub(super) use leptos::prelude::*;
pub(super) use leptos_meta::Title;
