//! `/exceptions/new`: the form that accepts or defers an update or a CVE.

use super::EXCEPTIONS;
use crate::{
    model::{
        EXCEPTION_DAYS_MAX, Exact, ExceptionAbout, ExceptionDraft, ExceptionDraftPage, ExceptionKind, REASON_CHARS_MAX,
        UpdateFilter, UpdateState,
    },
    ui::prelude::*,
};
use jiff::{Span, tz::TimeZone};

/// The page's path.
pub const NEW_EXCEPTION: &str = "/exceptions/new";

/// Why the submitted form made no exception; the server provides it when the page answers the form.
#[derive(Clone, Debug)]
pub struct RejectedException(pub String);

pub fn new_exception_page() -> AnyView {
    page(EXCEPTIONS, load, show)
}

async fn load(at: Address) -> Result<ExceptionDraftPage, RpcError> {
    rpc::exception_draft(at.query).await
}

fn show(at: Address, data: ExceptionDraftPage) -> AnyView {
    let draft = ExceptionDraft::from_query(&at.query).unwrap_or_default();
    let rejected = use_context::<RejectedException>().map(|RejectedException(reason)| {
        respond_with(400);
        view! {
            <section class="notice tone-failed" role="alert">
                <p>"No exception was created. " <bdi>{reason}</bdi></p>
            </section>
        }
    });
    view! {
        <Title text="New exception" />
        {breadcrumbs(vec![("Exceptions".to_owned(), with_query(EXCEPTIONS, ""))], "New exception".to_owned())}
        <div class="page-header">
            <h1>"New exception"</h1>
            <p class="muted">
                "Excepted updates stay pending. The exception ends automatically after its last day, or once one of its CVEs becomes \
                 known to be exploited; newer versions and instances that appear later are not part of it."
            </p>
        </div>
        {rejected}
        {form(&draft, data)}
    }
    .into_any()
}

fn form(draft: &ExceptionDraft, data: ExceptionDraftPage) -> AnyView {
    let today = TimeZone::UTC.to_datetime(data.now).date();
    let last = today.saturating_add(Span::new().days(EXCEPTION_DAYS_MAX));
    let kinds = ExceptionKind::ALL.map(|kind| {
        view! { <option value=kind.code() selected=draft.kind == Some(kind)>{kind.label()}</option> }
    });
    view! {
        <form class="card draft" method="post" action="/exceptions/make">
            {subject(draft)}
            {target(draft, &data)}
            {data.about.as_ref().map(|about| what(draft, about))}
            <span class="field">
                <label for="kind">"Decision"</label>
                <select id="kind" name="kind" required>
                    <option value="">"Choose a decision"</option>
                    {kinds.collect_view()}
                </select>
            </span>
            <span class="field">
                <label for="until">"Last day (UTC)"</label>
                <input
                    id="until"
                    type="date"
                    name="until"
                    min=today.to_string()
                    max=last.to_string()
                    value=draft.until.map(|day| day.to_string())
                    required
                />
            </span>
            <span class="field">
                <label for="reason">"Reason, shown to all who see the account"</label>
                {text_area("reason", "reason", REASON_CHARS_MAX, "", draft.reason.as_deref().unwrap_or_default())}
            </span>
            <span class="actions"><button class="button" type="submit">"Create exception"</button></span>
        </form>
    }
    .into_any()
}

/// The CVE or patch: given by the page that led here, or asked for.
fn subject(draft: &ExceptionDraft) -> AnyView {
    if let (Some(name), Some(title)) = (&draft.name, &draft.title) {
        let shown = if title.as_str().is_empty() { name } else { title };
        return view! {
            <p>"Update: "<b><bdi>{shown.as_str().to_owned()}</bdi></b></p>
            <input type="hidden" name="name" value=name.written() />
            <input type="hidden" name="title" value=title.written() />
        }
        .into_any();
    }
    view! {
        <span class="field">
            <label for="cve">"CVE (to except an update, begin on its page)"</label>
            <input
                id="cve"
                name="cve"
                value=draft.cve.as_ref().map(ToString::to_string)
                placeholder="CVE-2025-40778"
                required
            />
        </span>
    }
    .into_any()
}

/// The account, and of it the group or the instance.
fn target(draft: &ExceptionDraft, data: &ExceptionDraftPage) -> AnyView {
    let given = draft.account.as_ref().or(data.about.as_ref().map(|about| &about.account));
    let options = data.accounts.iter().map(|choice| {
        let is_chosen = given.is_some_and(|account| account.as_str() == choice.code);
        let label = format!("{} ({})", choice.label, choice.code);
        view! { <option value=choice.code.clone() selected=is_chosen>{label}</option> }
    });
    let groups = data.patch_groups.iter().filter_map(|choice| Exact::read(&choice.code));
    let groups = groups.filter(|group| !group.as_str().is_empty());
    let groups = groups.map(|group| view! { <option value=group.as_str().to_owned()></option> });
    let within = match &draft.instance {
        Some(instance) => {
            let name = if data.instance_name.is_empty() { instance.to_string() } else { data.instance_name.clone() };
            view! {
                <p>"Only on: "<b><bdi>{name}</bdi></b></p>
                <input type="hidden" name="instance" value=instance.to_string() />
            }
            .into_any()
        }
        None => view! {
            <span class="field">
                <label for="patch-group">"Patch group; empty for the whole account"</label>
                <input id="patch-group" name="patch_group" list="patch-groups" value=draft.patch_group.clone() />
                <datalist id="patch-groups">{groups.collect_view()}</datalist>
            </span>
        }
        .into_any(),
    };
    view! {
        <span class="field">
            <label for="account">"Account"</label>
            <select id="account" name="account" required>
                <option value="">"Choose an account"</option>
                {options.collect_view()}
            </select>
        </span>
        {within}
    }
    .into_any()
}

/// What it would be about at present, where that is clear already.
fn what(draft: &ExceptionDraft, about: &ExceptionAbout) -> AnyView {
    let list = UpdateFilter {
        name: draft.name.clone(),
        title: draft.title.clone(),
        account: Some(about.account.clone()),
        instance: draft.instance.clone(),
        states: UpdateState::PENDING.to_vec(),
        ..UpdateFilter::default()
    };
    let text = plural(about.pending_updates, "pending update", "pending updates");
    // Lists are not limited to a patch group or to one CVE.
    let text = match draft.patch_group.is_none() && draft.cve.is_none() {
        true => view! { <a href=links::updates(&list)>{text}</a> }.into_any(),
        false => text.into_any(),
    };
    let instances = plural(about.instances, "instance", "instances");
    let exploited = about
        .exploited_on
        .map(|day| badge("failed", Icon::Warning, format!("Known to be exploited since {}", format::date(day))));
    view! { <p class="muted">"At present: "{text}", on "{instances}" that it includes. "{exploited}</p> }.into_any()
}
