//! The tabs of the instance page, with the number of rows in each.

use super::tab::Tab;
use crate::{model::instance::InstancePage, ui::format::count};
use leptos::prelude::*;

pub fn tabs(page: &InstancePage, current: Tab) -> AnyView {
    let tabs = Tab::ALL.map(|(_, tab)| {
        let rows = match tab {
            Tab::Updates => page.states.iter().map(|count| count.updates).sum(),
            Tab::History => page.transitions,
            Tab::Software => page.software,
            Tab::Runs => page.runs,
        };
        let current = (tab == current).then_some("page");
        view! {
            <li>
                <a href=tab.href(&page.instance.instance_id) aria-current=current>
                    {tab.label()}" "<span class="muted">{count(rows)}</span>
                </a>
            </li>
        }
    });
    view! { <nav class="tabs" aria-label="Instance details"><ul>{tabs.collect_view()}</ul></nav> }.into_any()
}
