//! `/exceptions`: the updates that somebody accepts or defers, those that need work first.

mod draft;

pub use draft::{NEW_EXCEPTION, RejectedException, new_exception_page};

use crate::{
    model::{ExceptionDraft, ExceptionFilter, ExceptionRow, ExceptionState, Page, UpdateFilter, column::Column},
    ui::{prelude::*, viewer::makes_exceptions},
};

/// The page's path; its forms go to paths below it.
pub const EXCEPTIONS: &str = "/exceptions";

const COLUMNS: [&str; 7] =
    ["title", "state", "account_name", "until_day", "pending_updates", "excepted_updates", "made_by"];

pub fn exceptions_page() -> AnyView {
    filtered_page(EXCEPTIONS, rpc::exceptions, show)
}

fn show(page: Filtered<ExceptionFilter>, data: Page<ExceptionRow>) -> AnyView {
    let filter = &page.filter;
    let href = |window| links::exceptions(&ExceptionFilter { window, ..filter.clone() });
    let empty = match filter.to_query().is_empty() {
        true => empty_state(
            "No exceptions",
            "Accept or defer an update on its own page, or a CVE on the page of exposure. Nothing is excepted until then.",
        ),
        false => no_rows(&data, "exceptions", EXCEPTIONS),
    };
    let content = paged(&data, filter.window, href, empty, |rows| {
        let columns = columns_named::<ExceptionRow>(&COLUMNS);
        let headings = sort_headings(EXCEPTIONS, filter, &columns);
        list_table(("Exceptions", "responsive-table dense"), headings, &columns, "title", rows, &cell)
    });
    let make = makes_exceptions().then(|| {
        view! { <a class="button" href=with_query(NEW_EXCEPTION, "")>"New exception"</a> }
    });
    view! {
        <Title text="Exceptions" />
        <div class="page-header"><h1>"Exceptions"</h1>{as_of_line(data.as_of)} {make}</div>
        {page.form()}
        {Card::new("list", plural(data.total, "exception", "exceptions"))
            .note("Excepted updates stay pending and are counted as such; the service level says how many of the overdue ones they are")
            .actions(export_links("exceptions", |excel| export("exceptions", filter, excel)))
            .content(content)}
    }
    .into_any()
}

fn state_badge(state: ExceptionState) -> AnyView {
    let (tone, shape) = match state {
        ExceptionState::Reopened => ("failed", Icon::Warning),
        ExceptionState::Active => ("available", Icon::Clock),
        ExceptionState::Expired => ("stale", Icon::Clock),
        ExceptionState::Revoked => ("no_data", Icon::Dot),
    };
    badge(tone, shape, state.label())
}

fn cell(row: &ExceptionRow, column: &Column) -> Option<AnyView> {
    let updates =
        |exception: &str| links::updates(&UpdateFilter { exception: Some(exception.to_owned()), ..Default::default() });
    let of = |what: &str| format!("{what} of the exception of {}", subject(row));
    let cell = match column.name {
        "title" => view! {
            <bdi>{subject(row)}</bdi>
            <span class="secondary mono"><bdi>{row.name.clone()}</bdi></span>
            <span class="secondary"><bdi>{row.reason.clone()}</bdi></span>
        }
        .into_any(),
        "state" => view! {
            {state_badge(row.state)}
            <span class="secondary">{row.kind.label()}</span>
            {row.exploited_on.map(|day| {
                view! { <span class="secondary">{format!("exploited since {}", format::date(day))}</span> }
            })}
            {revocation(row)}
        }
        .into_any(),
        "account_name" => view! {
            {account_cell(&row.account_id, row.account_name.clone(), &row.provider, row.customer_name.clone())}
            {target(row)}
        }
        .into_any(),
        "pending_updates" => figure(row.pending_updates, updates(&row.exception_id), of("pending updates")),
        // What it is about and is excepted has no list of its own unless it is all of it.
        "excepted_updates" if row.excepted_updates == row.pending_updates => {
            figure(row.excepted_updates, updates(&row.exception_id), of("excepted updates"))
        }
        "made_by" => view! {
            <bdi>{row.made_by.clone()}</bdi><span class="secondary">{short_time(Some(row.made_at), "")}</span>
        }
        .into_any(),
        _ => return None,
    };
    Some(cell)
}

/// The CVE, or the title of the patch, or its name where it has no title.
fn subject(row: &ExceptionRow) -> String {
    [&row.cve, &row.title, &row.name].into_iter().find(|text| !text.is_empty()).cloned().unwrap_or_default()
}

/// The part of the account that it includes.
fn target(row: &ExceptionRow) -> AnyView {
    let name = if row.instance_name.is_empty() { &row.instance_id } else { &row.instance_name };
    match (row.instance_id.parse(), row.patch_group.as_str()) {
        (Ok(id), _) => view! {
            <span class="secondary">"Only "<a href=links::instance(&id)><bdi>{name.clone()}</bdi></a></span>
        }
        .into_any(),
        (Err(_), "") => view! { <span class="secondary">"All its instances"</span> }.into_any(),
        (Err(_), group) => {
            view! { <span class="secondary">"Patch group "<bdi>{group.to_owned()}</bdi></span> }.into_any()
        }
    }
}

/// Who revoked it, or the button that does.
fn revocation(row: &ExceptionRow) -> Option<AnyView> {
    if let Some(at) = row.revoked_at {
        let by = row.revoked_by.clone();
        return Some(
            view! { <span class="secondary">"by "<bdi>{by}</bdi>", "{short_time(Some(at), "")}</span> }.into_any(),
        );
    }
    (row.state.is_revocable() && makes_exceptions()).then(|| {
        let label = format!("Revoke the exception of {}", subject(row));
        view! {
            <form method="post" action="/exceptions/revoke">
                <input type="hidden" name="exception" value=row.exception_id.clone() />
                <button class="button" type="submit" aria-label=label>"Revoke"</button>
            </form>
        }
        .into_any()
    })
}

/// The link to the form of a new exception with these values, for those who may make one here.
pub fn except_link(label: &'static str, draft: &ExceptionDraft) -> Option<AnyView> {
    makes_exceptions()
        .then(|| view! { <a class="except" href=with_query(NEW_EXCEPTION, &draft.to_query())>{label}</a> }.into_any())
}
