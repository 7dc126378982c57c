//! The pages of a list, as links.

use crate::{
    model::page::Window,
    ui::{
        format::{count, ordinal_rows},
        links::pager,
    },
};
use leptos::prelude::*;

/// Row numbers that a reader can choose between.
const PER_PAGE: [u32; 3] = [50, 100, 500];

/// `href` builds the address of another part of the same list.
pub fn pager_nav(total: u64, shown: usize, window: Window, href: impl Fn(Window) -> String) -> AnyView {
    let pages = pager(total, window);
    let to = |page: u64| href(Window { offset: (page - 1) * u64::from(window.limit), limit: window.limit });
    let step = |page: Option<u64>, label: &'static str, rel: &'static str| match page {
        Some(page) => view! { <li><a class="step" href=to(page) rel=rel>{label}</a></li> }.into_any(),
        None => view! { <li><span class="step off">{label}</span></li> }.into_any(),
    };
    let numbers = pages.steps.iter().map(|entry| match entry {
        Some(page) => {
            let current = (*page == pages.page).then_some("page");
            view! {
                <li>
                    <a class="step" href=to(*page) aria-current=current aria-label=format!("Page {page}")>
                        {count(*page)}
                    </a>
                </li>
            }
            .into_any()
        }
        None => view! { <li><span class="gap" aria-hidden="true">"…"</span></li> }.into_any(),
    });
    let sizes = PER_PAGE.iter().map(|rows| {
        let current = (*rows == window.limit).then_some("true");
        let href = href(Window { offset: 0, limit: *rows });
        view! { <li><a class="step" href=href aria-current=current aria-label=format!("{rows} rows on a page")>{*rows}</a></li> }
    });
    let many = total > u64::from(PER_PAGE[0]);
    let numbers = (pages.pages > 1 || pages.page > 1).then(|| {
        view! {
            <ul class="steps">
                {step(pages.previous(), "Previous", "prev")} {numbers.collect_view()}
                {step(pages.next(), "Next", "next")}
            </ul>
        }
    });
    let sizes = many.then(
        || view! { <ul class="steps sizes"><li class="soft" aria-hidden="true">"Rows"</li>{sizes.collect_view()}</ul> },
    );
    view! {
        <nav class="pager" aria-label="Pages of the list">
            <p class="soft">{ordinal_rows(window.offset, shown as u64, total)}</p>
            {numbers}
            {sizes}
        </nav>
    }
    .into_any()
}
