//! `/auditors`: links that show one customer's accounts as of one day to people who cannot sign in, and addresses of calendars.

use crate::{
    model::{
        AuditorCustomer, AuditorLinkRow, AuditorLinksPage, LINK_DAYS_MAX, LINK_DAYS_MIN,
        auditor_link::CALENDAR_DAYS_MAX,
    },
    ui::prelude::*,
};

/// The page's path; its forms go to paths below it.
pub const AUDITORS: &str = "/auditors";

/// The result of the form; the server provides it when the page answers a submitted form.
#[derive(Clone, Debug)]
pub enum NewLink {
    /// The whole link, shown only once.
    Created(String),
    /// The reason why no link was created.
    Rejected(String),
}

/// The days for which a link is valid unless another number is entered.
const LINK_DAYS_SUGGESTED: u16 = 14;

const COLUMNS: [Column; 6] = [
    Column::text("Customer"),
    Column::text("Shows"),
    Column::text("Created by"),
    Column::numeric("Created (UTC)"),
    Column::numeric("Expires (UTC)"),
    Column::text("Status"),
];

pub fn auditors_page() -> AnyView {
    page(AUDITORS, load, show)
}

async fn load(_: Address) -> Result<AuditorLinksPage, RpcError> {
    rpc::auditor_links().await
}

fn show(_: Address, data: AuditorLinksPage) -> AnyView {
    let now = data.now;
    let empty = ("No links yet", "Links appear here once they are created, including expired and revoked ones.");
    let links = data_table_or(empty, "Auditor links", &COLUMNS, data.rows.into_iter().map(|row| link_row(row, now)));
    view! {
        <Title text="Auditors" />
        <div class="page-header">
            <h1>"Auditors"</h1>
            <p class="muted">
                "Anyone with a link can view one customer's pages as of the end of one day, without signing in. The address of a calendar shows calendar programs when this customer's instances are patched, and nothing else."
            </p>
        </div>
        {use_context::<NewLink>().map(result_notice)}
        {auditor_form(&data.customers, format::date_input(now))}
        {calendar_form(&data.customers)}
        {Card::new("links", "Links").content(links)}
    }
    .into_any()
}

fn result_notice(result: NewLink) -> AnyView {
    match result {
        NewLink::Created(link) => view! {
            <section class="notice tone-up_to_date" role="status">
                <p>
                    "Link created. Copy it now; it will not be shown again. " <code class="secret-link">{link}</code>
                </p>
            </section>
        }
        .into_any(),
        NewLink::Rejected(reason) => {
            respond_with(400);
            view! {
                <section class="notice tone-failed" role="alert"><p>"The link was not created: " <bdi>{reason}</bdi></p></section>
            }
            .into_any()
        }
    }
}

/// A form that creates a link for a customer. `id` keeps its labels apart from those of another one; `own` are its own fields;
/// the days are those at most and those that it suggests.
fn link_form(
    id: &'static str,
    [customer, days, create]: [&'static str; 3],
    own: AnyView,
    (days_max, suggested): (u16, u16),
    customers: &[AuditorCustomer],
) -> AnyView {
    let [customer_id, days_id] = ["customer", "days"].map(|name| format!("{id}-{name}"));
    let options = customers.iter().cloned().map(|customer| {
        view! { <option value=customer.customer_id>{customer.customer_name}</option> }
    });
    view! {
        <form class="filters" method="post" action="/auditors/make">
            <div class="fields">
                <span class="field">
                    <label for=customer_id.clone()>{customer}</label>
                    <select id=customer_id name="customer" required>{options.collect_view()}</select>
                </span>
                {own}
                <span class="field">
                    <label for=days_id.clone()>{days}</label>
                    <input
                        id=days_id
                        type="number"
                        name="days"
                        min=LINK_DAYS_MIN.to_string()
                        max=days_max.to_string()
                        value=suggested.to_string()
                        required
                    />
                </span>
                <span class="actions"><button class="button" type="submit">{create}</button></span>
            </div>
        </form>
    }
    .into_any()
}

fn auditor_form(customers: &[AuditorCustomer], today: String) -> AnyView {
    let day = view! {
        <span class="field">
            <label for="link-day">"As of the end of"</label>
            <input id="link-day" type="date" name="day" max=today required />
        </span>
    };
    let labels = ["Customer", "Valid for (days)", "Create link"];
    link_form("link", labels, day.into_any(), (LINK_DAYS_MAX, LINK_DAYS_SUGGESTED), customers)
}

fn calendar_form(customers: &[AuditorCustomer]) -> AnyView {
    let kind = view! { <input type="hidden" name="kind" value="calendar" /> };
    let labels = ["Customer of the calendar", "Address valid for (days)", "Create calendar address"];
    link_form("calendar", labels, kind.into_any(), (CALENDAR_DAYS_MAX, CALENDAR_DAYS_MAX), customers)
}

fn link_row(row: AuditorLinkRow, now: Timestamp) -> Vec<AnyView> {
    let state = match (row.revoked_at, row.opens(now)) {
        (Some(_), _) => view! { "Revoked" }.into_any(),
        (None, false) => view! { "Expired" }.into_any(),
        (None, true) => view! {
            <form method="post" action="/auditors/revoke">
                <input type="hidden" name="link" value=row.link_id.clone() />
                <button class="button" type="submit" aria-label=format!("Revoke link {}", row.link_id)>
                    "Revoke"
                </button>
            </form>
        }
        .into_any(),
    };
    cells![
        view! { <bdi>{row.customer_name}</bdi><span class="secondary mono">{row.link_id}</span> },
        match row.day {
            Some(day) => view! { "As of "<time datetime=day.to_string()>{format::date(day)}</time> }.into_any(),
            None => "Calendar".into_any(),
        },
        view! { <bdi>{row.made_by}</bdi> },
        short_time(Some(row.made_at), ""),
        short_time(Some(row.expires_at), ""),
        state,
    ]
}
