//! `/exposure`: "are we exposed?" for pasted CVEs, KBs, advisories and versions of packages.

mod feeds;
mod items;

use crate::{
    model::{
        Exposure, ExposureFilter, ExposurePage, ExposureReason, ExposureRow, QUESTION_CHARS_MAX, UpdateState,
        column::Column, past::AS_OF,
    },
    ui::{
        links::{as_of_day, hidden_pairs},
        prelude::*,
    },
};

const COLUMNS: [&str; 7] = ["instance_name", "answer", "question", "package", "since", "account_name", "platform_name"];

pub fn exposure_page() -> AnyView {
    filtered_page("/exposure", rpc::exposure, show)
}

fn show(page: Filtered<ExposureFilter>, data: ExposurePage) -> AnyView {
    let filter = &page.filter;
    let links = AccountLinks::of(filter);
    let (freshness, words) = (data.freshness.clone(), data.words.clone());
    let is_asked = !data.items.is_empty();
    let form = is_asked.then(|| page.form());
    let content = match is_asked {
        true => unknown_accounts(&freshness, "/exposure").unwrap_or_else(|| content(filter, data)),
        false => view! { {nothing_asked(filter)} {feeds::feeds_card(data.feeds, data.freshness.now)} }.into_any(),
    };
    view! {
        <Title text="Exposure" />
        <div class="page-header"><h1>"Exposure"</h1>{freshness_line(&freshness, &links)}</div>
        {question_form(filter)}
        {ignored_words(&words, is_asked)}
        {form}
        {content}
    }
    .into_any()
}

/// The text of questions, which the other filters survive.
fn question_form(filter: &ExposureFilter) -> AnyView {
    let kept =
        hidden_pairs(&filter.to_query(), &["q", "question", "answer"]).into_iter().filter(|(key, _)| key != AS_OF);
    let kept = kept.map(|(name, value)| view! { <input type="hidden" name=name value=value /> }).collect_view();
    let day = as_of_day().map(|day| view! { <input type="hidden" name=AS_OF value=day.to_string() /> });
    let example = "CVE-2025-40778, KB5068791, openssl < 3.0.14";
    view! {
        <form class="question card" method="get" action="/exposure">
            {kept} {day}
            <label for="questions">"CVEs, KBs, advisories, or versions of packages; any text around them is ignored"</label>
            {text_area("questions", "q", QUESTION_CHARS_MAX, example, filter.text())}
            <button class="button" type="submit">"Check"</button>
        </form>
    }
    .into_any()
}

fn nothing_asked(filter: &ExposureFilter) -> AnyView {
    match filter.text().trim().is_empty() {
        true => empty_state(
            "Nothing asked yet",
            "Paste ids from a bulletin, or ask for a version, such as openssl < 3.0.14. The answer counts every current instance.",
        ),
        false => empty_state(
            "No question found",
            "The text has no CVE, KB or advisory id, and no version in a relation, such as openssl < 3.0.14.",
        ),
    }
}

/// Where other words may lead: to the instances that have them.
fn ignored_words(words: &[String], is_asked: bool) -> Option<AnyView> {
    // Of a pasted text, only what looks like a name.
    let is_name = |word: &&String| !is_asked || word.contains(|c: char| c.is_ascii_digit()) && word.len() > 2;
    let names: Vec<String> = words.iter().filter(is_name).take(5).cloned().collect();
    (!names.is_empty()).then(|| {
        let links = names.into_iter().map(|name| {
            let query: String = form_urlencoded::byte_serialize(name.as_bytes()).collect();
            view! { " "<a href=with_query("/instances", &format!("q={query}"))><bdi>{name}</bdi></a> }
        });
        view! { <p class="muted">"Instances with these words:"{links.collect_view()}</p> }.into_any()
    })
}

fn content(filter: &ExposureFilter, data: ExposurePage) -> AnyView {
    let ExposurePage { freshness, items, feeds, rows, .. } = data;
    let outdated = feeds::outdated(&feeds, freshness.now);
    let href = |window| links::exposure(&ExposureFilter { window, ..filter.clone() });
    let answer = filter.listed_answer();
    let empty = empty_state("None", "No instance has this answer to the listed questions.");
    let content = paged(&rows, filter.window, href, empty, |rows| {
        let columns = columns_named::<ExposureRow>(&COLUMNS);
        let headings = sort_headings("/exposure", filter, &columns);
        list_table(("Answers", "responsive-table dense"), headings, &columns, "instance_name", rows, &cell)
    });
    view! {
        {items::items_card(&items, filter, outdated)}
        {Card::new("list", format!("{}: {}", answer.label(), count(rows.total)))
            .note("One row for each question and instance")
            .actions(export_links("exposure", |excel| export("exposure", filter, excel)))
            .content(content)}
        {feeds::feeds_card(feeds, freshness.now)}
    }
    .into_any()
}

fn answer_badge(answer: Exposure) -> AnyView {
    let (tone, shape) = match answer {
        Exposure::Affected => ("failed", Icon::Failure),
        Exposure::Unknown => ("stale", Icon::Unknown),
        Exposure::Fixed => ("up_to_date", Icon::Success),
        Exposure::NotAffected => ("no_data", Icon::Dot),
    };
    badge(tone, shape, answer.label())
}

fn cell(row: &ExposureRow, column: &Column) -> Option<AnyView> {
    let cell = match column.name {
        "instance_name" => {
            let id = row.instance_id.to_string();
            view! {
                <a class="name" href=links::instance(&row.instance_id)><bdi>{row.instance_name.clone()}</bdi></a>
                <span class="secondary mono">{(id != row.instance_name).then_some(id)}</span>
            }
            .into_any()
        }
        "answer" => view! {
            {answer_badge(row.answer)}
            <span class="secondary" title=row.reason.explanation()>{reason(row)}</span>
        }
        .into_any(),
        "account_name" => {
            account_cell(&row.account_id, row.account_name.clone(), &row.provider, row.customer_name.clone())
        }
        "package" => evidence(row),
        "since" if row.exposed_from.is_some() => view! {
            {short_time(row.since, column.absent)} <span class="secondary">"exposed from "{short_time(row.exposed_from, "")}</span>
        }
        .into_any(),
        "platform_name" => view! {
            <bdi>{row.platform_name.clone()}</bdi><span class="secondary"><bdi>{row.platform_version.clone()}</bdi></span>
        }
        .into_any(),
        _ => return None,
    };
    Some(cell)
}

/// The package or update with the installed and the needed version, as far as there are any.
fn evidence(row: &ExposureRow) -> AnyView {
    let versions = [("has", &row.installed_version), ("needs", &row.needed_version)];
    let versions = versions.into_iter().filter(|(_, version)| !version.is_empty());
    let versions = versions.map(|(word, version)| {
        view! { <span class="secondary">{word}" "<bdi class="mono">{version.clone()}</bdi></span> }
    });
    let package = if row.package.is_empty() { "\u{2014}".to_owned() } else { row.package.clone() };
    view! { <bdi>{package}</bdi> {versions.collect_view()} }.into_any()
}

/// The reason, with the state of the update or with who says what is needed.
fn reason(row: &ExposureRow) -> String {
    match row.reason {
        ExposureReason::Update => format!("Update: {}", UpdateState::parse(&row.update_state).label()),
        reason if row.source.is_empty() => reason.label().to_owned(),
        reason => format!("{}, {}", reason.label(), row.source),
    }
}
