//! The customer picker of the header: which customer all pages are limited to. Links of the menu keep it.

use crate::{
    rpc,
    ui::{links::hidden_pairs, prelude::*, viewer::viewer},
};
use leptos_router::hooks::use_location;

/// The parameter that pages and links keep.
pub const CUSTOMER: &str = "customer";

/// The pages that can be limited to a customer. From others, the picker leads to the overview.
const LIMITED: &[&str] = &[
    "/",
    "/calendar",
    "/changes",
    "/coverage",
    "/enrollment",
    "/enrollment/queue",
    "/exceptions",
    "/customers",
    "/exposure",
    "/instances",
    "/runs",
    "/runs/results",
    "/service-level",
    "/software",
    "/software/list",
    "/trends",
    "/updates",
];

/// The pages that are about no customer.
const WITHOUT: [&str; 4] = ["/audit-link", "/auditors", "/harvest", "/sign-in"];

/// Whether the viewer has the picker: where there is one, the forms above lists need no control for customers.
pub fn has_picker() -> bool {
    viewer().is_some_and(|viewer| viewer.role.sees_customers())
}

/// The picker, once the customers are known; nothing for those who see one customer.
pub fn customer_picker() -> Option<AnyView> {
    let location = use_location();
    let (path, query) = (location.pathname.get_untracked(), location.search.get_untracked());
    let is_without = WITHOUT.contains(&path.as_str());
    let query = query.trim_start_matches('?').to_owned();
    let content = Suspend::new(async move {
        let customers = rpc::choices().await.map(|choices| choices.customers).unwrap_or_default();
        let chosen = form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == CUSTOMER);
        let chosen = chosen.map(|(_, value)| value.into_owned()).unwrap_or_default();
        if customers.len() < 2 && chosen.is_empty() {
            return ().into_any();
        }
        let is_limited = LIMITED.contains(&path.as_str()) || path == links::UPDATE_LIST;
        let kept = if is_limited { hidden_pairs(&query, &[CUSTOMER, "account"]) } else { hidden_pairs(&query, &[]) };
        let kept = kept.into_iter().filter(|(key, _)| is_limited || key == crate::model::past::AS_OF);
        let kept = kept.map(|(name, value)| view! { <input type="hidden" name=name value=value /> }).collect_view();
        let options = customers.into_iter().map(|customer| {
            let is_chosen = customer.code == chosen;
            let label = format!("{} ({})", customer.label, count(customer.instances));
            view! { <option value=customer.code selected=is_chosen>{label}</option> }
        });
        view! {
            <form class="customer-picker" method="get" data-live="" action=if is_limited { path.clone() } else { "/".to_owned() }>
                {kept} <label for="customer-picker">"Customer"</label>
                <select id="customer-picker" name=CUSTOMER>
                    <option value="">"All customers"</option>
                    {options.collect_view()}
                </select>
                <noscript><button class="button" type="submit">"Select"</button></noscript>
            </form>
        }
        .into_any()
    });
    (has_picker() && !is_without).then(|| view! { <Suspense fallback=|| ()>{content}</Suspense> }.into_any())
}
