//! The pages of a list, as links.

use crate::{
    model::{Page, Window},
    ui::{format::row_range, links::pager, prelude::*},
};

/// The selectable numbers of rows on a page.
const PER_PAGE: [u32; 3] = [50, 100, 500];

/// A page of a list: its rows, or `empty` if it has none, and links to the other pages.
pub fn paged<T>(
    page: &Page<T>,
    window: Window,
    href: impl Fn(Window) -> String,
    empty: AnyView,
    table: impl FnOnce(&[T]) -> AnyView,
) -> AnyView {
    let content = match page.rows.is_empty() {
        true if page.total > 0 => after_the_end(page.total, window, &href),
        true => empty,
        false => table(&page.rows),
    };
    (content, pagination(page.total, page.rows.len(), window, href)).into_any()
}

/// In place of the rows of a page after the last one, which says nothing about what matches.
pub fn after_the_end(total: u64, window: Window, href: impl Fn(Window) -> String) -> AnyView {
    let last = pager(total, window).pages;
    let window = Window { offset: (last - 1) * u64::from(window.limit), limit: window.limit };
    view! {
        <div class="empty-state">
            <p><strong>{format!("The list ends on page {}.", count(last))}</strong></p>
            <p><a class="button" href=href(window)>"Show the last page"</a></p>
        </div>
    }
    .into_any()
}

/// `href` builds the address of another page of the same list.
pub fn pagination(total: u64, shown: usize, window: Window, href: impl Fn(Window) -> String) -> AnyView {
    let pages = pager(total, window);
    let to = |page: u64| href(Window { offset: (page - 1) * u64::from(window.limit), limit: window.limit });
    let step = |page: Option<u64>, label: &'static str, rel: &'static str| match page {
        Some(page) => view! { <li><a class="page-link" href=to(page) rel=rel>{label}</a></li> }.into_any(),
        None => view! { <li><span class="page-link disabled">{label}</span></li> }.into_any(),
    };
    let numbers = pages.steps.iter().map(|entry| match entry {
        Some(page) => {
            let current = (*page == pages.page).then_some("page");
            view! {
                <li>
                    <a class="page-link" href=to(*page) aria-current=current aria-label=format!("Page {page}")>
                        {count(*page)}
                    </a>
                </li>
            }
            .into_any()
        }
        None => view! { <li><span aria-hidden="true">"…"</span></li> }.into_any(),
    });
    let sizes = PER_PAGE.iter().map(|rows| {
        let current = (*rows == window.limit).then_some("true");
        let href = href(Window { offset: 0, limit: *rows });
        view! { <li><a class="page-link" href=href aria-current=current aria-label=format!("{rows} rows per page")>{*rows}</a></li> }
    });
    let many = total > u64::from(PER_PAGE[0]);
    let numbers = (pages.pages > 1 || pages.page > 1).then(|| {
        view! {
            <ul class="page-links">
                {step(pages.previous(), "Previous", "prev")} {numbers.collect_view()}
                {step(pages.next(), "Next", "next")}
            </ul>
        }
    });
    let sizes = many.then(
        || view! { <ul class="page-links page-sizes"><li class="muted" aria-hidden="true">"Rows"</li>{sizes.collect_view()}</ul> },
    );
    view! {
        <nav class="pagination" aria-label="Pagination">
            <p class="muted">{row_range(window.offset, shown as u64, total)}</p>
            {numbers}
            {sizes}
        </nav>
    }
    .into_any()
}
