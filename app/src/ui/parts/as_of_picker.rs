//! The as-of picker: the day that the page shows, with links to other days and to current data.

use crate::{
    model::{ViewerRole, past::AS_OF},
    ui::{
        links::{as_of_day, hidden_pairs, kept_since},
        pages::ENROLLMENT,
        prelude::*,
        viewer::viewer,
    },
};
use jiff::civil::Date;
use leptos_router::hooks::use_location;

/// Stands above every page. The form keeps the rest of the query string, so another day shows the same list.
pub fn as_of_picker() -> AnyView {
    let location = use_location();
    let (path, query) = (location.pathname.get_untracked(), location.search.get_untracked());
    let query = query.strip_prefix('?').unwrap_or(&query).to_owned();
    let Some(day) = as_of_day() else {
        // Enrollment has only a present.
        if path.starts_with(ENROLLMENT) {
            return ().into_any();
        }
        return view! {
            <details class="as-of-picker">
                <summary>"View a past day"</summary>
                {form(&path, &query, None)}
            </details>
        }
        .into_any();
    };
    let shown = view! {
        <p>
            "Showing data as of the end of " <strong><time datetime=day.to_string()>{format::date(day)}</time></strong>" (UTC)."
        </p>
    };
    if viewer().is_some_and(|viewer| viewer.role == ViewerRole::Auditor) {
        return view! {
            <aside class="as-of-picker past-day" aria-label="Past day">{shown} <p class="muted">"Your link shows this day only."</p></aside>
        }
        .into_any();
    }
    let href = |day: Option<Date>| links::with_as_of(&path, &query, day);
    let before = day.yesterday().ok().filter(|before| kept_since().is_none_or(|first| *before >= first));
    let before = before.map(|day| view! { <a href=href(Some(day)) rel="prev">"Previous day"</a> });
    let after = day.tomorrow().ok().map(|day| view! { <a href=href(Some(day)) rel="next">"Next day"</a> });
    view! {
        <aside class="as-of-picker past-day" aria-label="Past day">
            {shown}
            <p class="actions">{before} {after} <a href=href(None)>"Show current data"</a></p>
            {form(&path, &query, Some(day))}
        </aside>
    }
    .into_any()
}

fn form(path: &str, query: &str, day: Option<Date>) -> AnyView {
    let hidden = hidden_pairs(query, &[AS_OF]).into_iter();
    let hidden = hidden.map(|(name, value)| view! { <input type="hidden" name=name value=value /> }).collect_view();
    let day = day.map(|day| day.to_string());
    let first = kept_since().map(|first| first.to_string());
    view! {
        <form class="as-of-form" method="get" action=path.to_owned()>
            {hidden} <label for="as-of">"Day"</label>
            <input id="as-of" type="date" name=AS_OF min=first value=day required />
            <button class="button" type="submit">"Show"</button>
        </form>
    }
    .into_any()
}
