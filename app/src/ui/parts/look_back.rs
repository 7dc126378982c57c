//! The time machine's control: which day the page shows, and the way to another one or back to the present.

use crate::{
    model::past::AS_OF,
    ui::{
        format,
        links::{self, first_day, hidden_pairs, shown_day},
    },
};
use jiff::civil::Date;
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// Above every page. The form keeps the rest of the address, so it shows the same list on another day.
pub fn look_back() -> AnyView {
    let location = use_location();
    let (path, query) = (location.pathname.get_untracked(), location.search.get_untracked());
    let query = query.strip_prefix('?').unwrap_or(&query).to_owned();
    let Some(day) = shown_day() else {
        return view! {
            <details class="look-back">
                <summary>"Look back"</summary>
                {form(&path, &query, None)}
            </details>
        }
        .into_any();
    };
    let to = |day: Option<Date>| links::on_day(&path, &query, day);
    let before = day.yesterday().ok().filter(|before| first_day().is_none_or(|first| *before >= first));
    let before = before.map(|day| view! { <a href=to(Some(day)) rel="prev">"Day before"</a> });
    let after = day.tomorrow().ok().map(|day| view! { <a href=to(Some(day)) rel="next">"Day after"</a> });
    view! {
        <aside class="look-back past" aria-label="Time machine">
            <p>
                "As it was at the end of " <strong><time datetime=day.to_string()>{format::date(day)}</time></strong>", UTC."
            </p>
            <p class="ways">{before} {after} <a href=to(None)>"Back to the present"</a></p>
            {form(&path, &query, Some(day))}
        </aside>
    }
    .into_any()
}

fn form(path: &str, query: &str, day: Option<Date>) -> AnyView {
    let hidden = hidden_pairs(query, &[AS_OF]).into_iter();
    let hidden = hidden.map(|(name, value)| view! { <input type="hidden" name=name value=value /> }).collect_view();
    let day = day.map(|day| day.to_string());
    let first = first_day().map(|first| first.to_string());
    view! {
        <form class="day" method="get" action=path.to_owned()>
            {hidden} <label for="as-of">"Day"</label>
            <input id="as-of" type="date" name=AS_OF min=first value=day required />
            <button class="button" type="submit">"Show"</button>
        </form>
    }
    .into_any()
}
