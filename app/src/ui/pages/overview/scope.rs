//! Whose machines the page counts, how fresh the figures are, and what to say when there are none.

use crate::{
    model::{filter::AccountFilter, freshness::Freshness, overview::Choices},
    ui::{
        format,
        links::{self, shown_day},
        parts::{freshness_line, short_filter_form},
        viewer::sees_harvest,
    },
};
use leptos::prelude::*;
use leptos_meta::Title;

/// Where customers read what VM Management is; the server hands it to each page.
#[derive(Clone)]
pub struct LearnMore(pub String);

pub fn scope_bar(filter: &AccountFilter, query: &str, choices: Choices, freshness: &Freshness) -> AnyView {
    let keys = (filter, ["customer", "provider"].as_slice());
    let form = short_filter_form("scope", "/", query, keys, &choices);
    view! { <div class="scope">{form} {freshness_line(freshness)}</div> }.into_any()
}

/// The page of somebody who has no machine yet, or whose first harvest has not ended.
pub fn without_machines(freshness: &Freshness) -> AnyView {
    if let Some(day) = shown_day() {
        return view! {
            <Title text="Overview" />
            <section class="card welcome">
                <h1>"Nothing is known of that day."</h1>
                <p class="soft">{format!("No machine had been harvested by the end of {}.", format::date(day))}</p>
            </section>
        }
        .into_any();
    }
    let waiting = freshness.accounts > 0 && freshness.newest_harvest_at.is_none();
    if waiting {
        return view! {
            <Title text="Overview" />
            <section class="card welcome">
                <h1>"The first harvest has not finished yet."</h1>
                <p class="soft">
                    "Your accounts are known; their machines appear here as soon as they were harvested once."
                </p>
                {sees_harvest().then(|| {
                    view! {
                        <p class="ways">
                            <a class="button primary" href=links::harvest(None)>"See how the harvest goes"</a>
                        </p>
                    }
                })}
            </section>
        }
        .into_any();
    }
    let learn_more = use_context::<LearnMore>().map(|LearnMore(address)| address);
    view! {
        <Title text="Overview" />
        <section class="card welcome">
            <h1>"There are no VMs on your account with VM Management."</h1>
            <p class="soft">
                "Enroll your virtual machines to see, in one place, which updates they have and which they need."
            </p>
            <p class="ways">
                <a class="button primary" href=learn_more target="_blank" rel="external noopener noreferrer">
                    "Learn More About VM Management"
                </a>
            </p>
        </section>
    }
    .into_any()
}
