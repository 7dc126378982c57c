//! The header of every page: product name, main menu, search, theme, user menu. A framed page has no name and no user menu.

use crate::{
    model::{QUESTION_CHARS_MAX, Viewer, ViewerRole, past::AS_OF},
    ui::{
        links::{as_of_day, hidden_pairs},
        pages::{AUDITORS, ENROLLMENT, ENROLLMENT_QUEUE},
        parts::theme_button::ThemeButton,
        prelude::*,
        viewer::{enrolls_instances, in_frame, viewer},
    },
};
use leptos_router::hooks::use_location;

/// The main menu, in order. An object's page highlights the list that contains it.
const PAGES: [(&str, &str); 7] = [
    (CUSTOMERS, "Customers"),
    ("/", "Overview"),
    ("/instances", "Instances"),
    ("/updates", "Updates"),
    ("/runs", "Runs"),
    ("/calendar", "Calendar"),
    ("/coverage", "Coverage"),
];

/// The pages behind "More".
const MORE: [(&str, &str); 10] = [
    ("/exposure", "Exposure"),
    ("/software", "Software"),
    ("/exceptions", "Exceptions"),
    ("/changes", "Changes"),
    ("/trends", "Trends"),
    ("/service-level", "Service level"),
    (ENROLLMENT, "Enroll"),
    (ENROLLMENT_QUEUE, "Enrollments"),
    (HARVEST, "Harvest"),
    (AUDITORS, "Auditors"),
];

/// For those who see several customers.
const CUSTOMERS: &str = "/customers";
/// For operators only.
const HARVEST: &str = "/harvest";

/// The `aria-current` of a menu entry: `page` on the page itself, `true` below it.
fn current(page: &str, path: &str) -> Option<&'static str> {
    let below = |page: &str| path.strip_prefix(page).is_some_and(|rest| rest.starts_with('/'));
    match page {
        "/" if path == "/" => Some("page"),
        "/" => path.starts_with("/accounts/").then_some("true"),
        page if path == page => Some("page"),
        // Enrollments are below both, and are in the queue.
        ENROLLMENT => None,
        ENROLLMENT_QUEUE => below(ENROLLMENT).then_some("true"),
        page => below(page).then_some("true"),
    }
}

/// Whether a page is in the role's menu.
fn is_for(page: &str, role: ViewerRole) -> bool {
    match page {
        CUSTOMERS => role.sees_customers(),
        HARVEST => role.sees_harvest(),
        ENROLLMENT => enrolls_instances(),
        ENROLLMENT_QUEUE => enrolls_instances() && role.sees_harvest(),
        AUDITORS => role.lets_auditors_in(),
        _ => true,
    }
}

/// The pages that cannot be limited to a customer.
const OF_NO_CUSTOMER: [&str; 2] = [HARVEST, AUDITORS];

/// The customer that a page is limited to, as a query string, which the menu keeps.
fn customer_of(query: &str) -> String {
    let pairs = hidden_pairs(query.trim_start_matches('?'), &[]).into_iter().filter(|(key, _)| key == "customer");
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

pub fn header() -> AnyView {
    let location = use_location();
    let path = location.pathname.get_untracked();
    let customer = customer_of(&location.search.get_untracked());
    let viewer = viewer();
    let role = viewer.as_ref().map(|viewer| viewer.role);
    let entries = |pages: &'static [(&str, &str)]| {
        let pages = pages.iter().filter(|(page, _)| role.is_some_and(|role| is_for(page, role)));
        let entry = |(page, name): &(&'static str, &'static str)| {
            let current = current(page, &path);
            let query = if OF_NO_CUSTOMER.contains(page) { "" } else { customer.as_str() };
            view! { <li><a href=links::with_query(page, query) aria-current=current>{*name}</a></li> }
        };
        pages.map(entry).collect_view()
    };
    let here = MORE.iter().find(|(page, _)| current(page, &path).is_some()).map(|(_, name)| format!(": {name}"));
    let is_here = here.is_some();
    let more = view! {
        <li>
            <details class="menu more-nav">
                <summary class:current=is_here>"More"{here}</summary>
                <ul class="card">{entries(&MORE)}</ul>
            </details>
        </li>
    };
    // Nobody has a menu before signing in.
    let navigation = viewer.is_some().then(|| {
        view! {
            <nav class="main-nav" aria-label="Main"><ul>{entries(&PAGES)} {more}</ul></nav>
            {search_box(&customer)}
        }
    });
    let brand = (!in_frame()).then(|| {
        view! {
            <a class="brand" href=links::with_query("/", "")>
                <svg class="logo" viewBox="0 0 24 24" width="22" height="22" aria-hidden="true" focusable="false">
                    <rect x="2" y="2" width="5" height="5" rx="1.5" />
                    <rect x="9.5" y="2" width="5" height="5" rx="1.5" />
                    <rect x="17" y="2" width="5" height="5" rx="1.5" />
                    <rect x="2" y="9.5" width="5" height="5" rx="1.5" />
                    <rect x="9.5" y="9.5" width="5" height="5" rx="1.5" class="logo-accent" />
                    <rect x="17" y="9.5" width="5" height="5" rx="1.5" />
                    <rect x="2" y="17" width="5" height="5" rx="1.5" />
                    <rect x="9.5" y="17" width="5" height="5" rx="1.5" />
                    <rect x="17" y="17" width="5" height="5" rx="1.5" />
                </svg>
                <span>"VM Management"</span>
                <small>"Muster"</small>
            </a>
        }
    });
    let menu = viewer.filter(|_| !in_frame()).map(user_menu);
    view! {
        <header class="site-header">
            {brand} {navigation} <ThemeButton /> {menu}
        </header>
    }
    .into_any()
}

/// A form that searches the instances, and answers questions about vulnerabilities and versions.
fn search_box(customer: &str) -> AnyView {
    let customer = form_urlencoded::parse(customer.as_bytes()).next().map(|(name, value)| {
        view! { <input type="hidden" name=name.into_owned() value=value.into_owned() /> }
    });
    view! {
        <form class="search" role="search" method="get" action="/search">
            <label class="visually-hidden" for="search">
                "Search instances by name, ID or address, or check CVEs, KBs and versions"
            </label>
            <input
                id="search"
                type="search"
                name="q"
                placeholder="Name, CVE, KB\u{2026}"
                autocomplete="off"
                maxlength=QUESTION_CHARS_MAX.to_string()
            />
            {customer}
            {as_of_day().map(|day| view! { <input type="hidden" name=AS_OF value=day.to_string() /> })}
            <button class="button" type="submit">"Search"</button>
        </form>
    }
    .into_any()
}

/// The name and role of the signed-in person, and signing out.
fn user_menu(viewer: Viewer) -> AnyView {
    view! {
        <details class="menu user-menu">
            <summary><bdi>{viewer.name}</bdi></summary>
            <div class="card">
                <p>{viewer.role.name()}</p>
                <form method="post" action="/sign-out">
                    <button class="button" type="submit">"Sign out"</button>
                    <button class="button" type="submit" name="everywhere" value="1">"Sign out everywhere"</button>
                </form>
            </div>
        </details>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::{ENROLLMENT, ENROLLMENT_QUEUE, current};

    #[test]
    fn the_menu_keeps_the_customer() {
        assert_eq!(super::customer_of("?status=failed&customer=c%26d&page=2"), "customer=c%26d");
        assert_eq!(super::customer_of("?q=customer"), "");
    }

    #[test]
    fn exactly_one_menu_entry_is_current() {
        for (path, page) in [
            ("/", "/"),
            ("/accounts/a", "/"),
            ("/instances", "/instances"),
            ("/instances/i-01234567", "/instances"),
            (ENROLLMENT, ENROLLMENT),
            (ENROLLMENT_QUEUE, ENROLLMENT_QUEUE),
            ("/enrollment/enr-1", ENROLLMENT_QUEUE),
        ] {
            let current_pages: Vec<_> = super::PAGES
                .iter()
                .chain(&super::MORE)
                .filter(|(page, _)| current(page, path).is_some())
                .map(|(page, _)| *page)
                .collect();
            assert_eq!(current_pages, [page], "{path}");
        }
        assert_eq!(current("/instances", "/instances/i-01234567"), Some("true"));
        assert_eq!(current("/instances", "/instances"), Some("page"));
    }
}
