//! The scope filters, how current the data is, and the page for a scope without instances.

use crate::{
    model::{AccountFilter, Choices, Freshness},
    ui::{links::as_of_day, pages::ENROLLMENT, prelude::*, viewer::enrolls_instances},
};

/// The address of the product information for customers; the server provides it to each page.
#[derive(Clone)]
pub struct LearnMore(pub String);

pub fn scope_bar(filter: &AccountFilter, query: &str, choices: Choices, freshness: &Freshness) -> AnyView {
    let keys = (filter, ["customer", "provider"].as_slice());
    let form = short_filter_form("scope", "/", query, keys, &choices);
    view! { <div class="scope-bar">{form} {freshness_line(freshness, &AccountLinks::of(filter))}</div> }.into_any()
}

/// The page of a scope without instances, or before the first harvest has finished.
pub fn no_instances(freshness: &Freshness) -> AnyView {
    let welcome = |title: &'static str, text: String, action: Option<AnyView>| {
        view! {
            <Title text="Overview" />
            <section class="card welcome">
                <h1>{title}</h1>
                <p class="muted">{text}</p>
                {action.map(|action| view! { <p class="actions">{action}</p> })}
            </section>
        }
        .into_any()
    };
    if let Some(day) = as_of_day() {
        let text = format!("No instance had been harvested by the end of {}.", format::date(day));
        return welcome("No data for that day", text, None);
    }
    if freshness.accounts_never > 0 {
        let action = sees_harvest()
            .then(|| view! { <a class="button primary" href=links::harvest(None)>"View harvest"</a> }.into_any());
        let text = "The instances of your accounts appear here after the first harvest.".to_owned();
        return welcome("The first harvest is not finished", text, action);
    }
    const LABEL: &str = "Learn More About VM Management";
    let action = if enrolls_instances() {
        view! { <a class="button primary" href=with_query(ENROLLMENT, "")>{LABEL}</a> }.into_any()
    } else {
        let learn_more = use_context::<LearnMore>().map(|LearnMore(address)| address);
        view! { <a class="button primary" href=learn_more target="_blank" rel="external noopener noreferrer">{LABEL}</a> }
            .into_any()
    };
    welcome(
        "There are no VMs on your account with VM Management.",
        "Enroll your virtual machines to see which updates they have and which they need.".to_owned(),
        Some(action),
    )
}
