//! `/auditors`: links that show one customer's accounts as of one day to somebody without an account here.

use crate::{
    model::auditor_link::{AuditorCustomer, AuditorLinkRow, AuditorLinksPage, LINK_DAYS_MAX, LINK_DAYS_MIN},
    rpc::{self, RpcError},
    ui::{
        format,
        load::{Address, page},
        parts::{nothing_here, plain_heading, short_time, table_region},
        shell::respond_with,
    },
};
use leptos::prelude::*;
use leptos_meta::Title;

/// The page's path; its forms go to paths below it.
pub const AUDITORS: &str = "/auditors";

/// What became of the form, where the page is the answer to it.
#[derive(Clone, Debug)]
pub enum LinkMade {
    /// The whole link. It is shown this once.
    Made(String),
    Refused(String),
}

pub fn auditors_page() -> AnyView {
    page(AUDITORS, load, show)
}

async fn load(_: Address) -> Result<AuditorLinksPage, RpcError> {
    rpc::auditor_links().await
}

fn show(_: Address, data: AuditorLinksPage) -> AnyView {
    let now = data.now;
    let links = match data.rows.is_empty() {
        true => nothing_here("No links yet", "Make one above; it is listed here for as long as it counts, and after."),
        false => {
            let rows = data.rows.into_iter().map(|row| link_row(row, now)).collect_view();
            table_region("Links for auditors", table(rows.into_any()))
        }
    };
    view! {
        <Title text="Auditors" />
        <div class="page-head">
            <h1>"Auditors"</h1>
            <p class="soft">
                "A link shows one customer's pages as they were at the end of one day, and nothing else, to whoever "
                "has it."
            </p>
        </div>
        {use_context::<LinkMade>().map(made)}
        {form(data.customers, format::date_input(now))}
        <section class="card" aria-labelledby="links">
            <div class="card-head"><h2 id="links">"Links"</h2></div>
            {links}
        </section>
    }
    .into_any()
}

fn made(made: LinkMade) -> AnyView {
    match made {
        LinkMade::Made(link) => view! {
            <section class="notice tone-up_to_date" role="status">
                <p>
                    "This is the link. Copy it now: it is not shown again. " <code class="secret-link">{link}</code>
                </p>
            </section>
        }
        .into_any(),
        LinkMade::Refused(why) => {
            respond_with(400);
            view! {
                <section class="notice tone-failed" role="alert"><p>"No link was made: " <bdi>{why}</bdi></p></section>
            }
            .into_any()
        }
    }
}

fn form(customers: Vec<AuditorCustomer>, today: String) -> AnyView {
    let options = customers.into_iter().map(|customer| {
        view! { <option value=customer.customer_id>{customer.customer_name}</option> }
    });
    view! {
        <form class="filters" method="post" action="/auditors/make">
            <div class="fields">
                <span class="field">
                    <label for="link-customer">"Customer"</label>
                    <select id="link-customer" name="customer" required>{options.collect_view()}</select>
                </span>
                <span class="field">
                    <label for="link-day">"As of the end of"</label>
                    <input id="link-day" type="date" name="day" max=today required />
                </span>
                <span class="field">
                    <label for="link-days">"Can be opened for (days)"</label>
                    <input
                        id="link-days"
                        type="number"
                        name="days"
                        min=LINK_DAYS_MIN.to_string()
                        max=LINK_DAYS_MAX.to_string()
                        value="14"
                        required
                    />
                </span>
                <span class="ways"><button class="button" type="submit">"Make a link"</button></span>
            </div>
        </form>
    }
    .into_any()
}

fn table(rows: AnyView) -> AnyView {
    view! {
        <table class="stack">
            <caption class="unseen">"Links for auditors"</caption>
            <thead>
                <tr>
                    {plain_heading("Customer", "")} {plain_heading("As of", "")} {plain_heading("Made by", "")}
                    {plain_heading("Made (UTC)", "n")} {plain_heading("Expires (UTC)", "n")}
                    {plain_heading("State", "")}
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

fn link_row(row: AuditorLinkRow, now: jiff::Timestamp) -> AnyView {
    let state = match (row.revoked_at, row.opens(now)) {
        (Some(_), _) => view! { "revoked" }.into_any(),
        (None, false) => view! { "expired" }.into_any(),
        (None, true) => view! {
            <form method="post" action="/auditors/revoke">
                <input type="hidden" name="link" value=row.link_id.clone() />
                <button class="button" type="submit" aria-label=format!("Revoke the link {}", row.link_id)>
                    "Revoke"
                </button>
            </form>
        }
        .into_any(),
    };
    view! {
        <tr>
            <th scope="row">
                <bdi>{row.customer_name}</bdi><span class="sub mono">{row.link_id}</span>
            </th>
            <td data-label="As of"><time datetime=row.day.to_string()>{format::date(row.day)}</time></td>
            <td data-label="Made by"><bdi>{row.made_by}</bdi></td>
            <td class="n" data-label="Made (UTC)">{short_time(Some(row.made_at), "")}</td>
            <td class="n" data-label="Expires (UTC)">{short_time(Some(row.expires_at), "")}</td>
            <td data-label="State">{state}</td>
        </tr>
    }
    .into_any()
}
