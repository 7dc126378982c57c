//! The questions with their answers, which add up to the current instances.

use crate::{
    model::{ExceptionDraft, Exposure, ExposureFilter, ExposureItem, Question, QuestionText},
    ui::{pages::except_link, prelude::*},
};

/// `outdated` says which feeds are too old to know what was found lately.
pub fn items_card(items: &[ExposureItem], filter: &ExposureFilter, outdated: Option<String>) -> AnyView {
    let columns = [
        Column::wide("Question"),
        Column::numeric("Affected"),
        Column::numeric("Unknown"),
        Column::numeric("Fixed"),
        Column::numeric("Not affected"),
        Column::numeric("Instances"),
    ];
    let rows = items.iter().map(|item| {
        let of = |n: u64, answer: Exposure, what: &str| {
            let question = Some(QuestionText::new(item.question.to_string()));
            let of_item =
                ExposureFilter { question, answer: Some(answer), window: Default::default(), ..filter.clone() };
            figure(n, links::exposure(&of_item), format!("instances, {what}: {}", item.question))
        };
        let total = item.affected + item.unknown + item.fixed + item.not_affected;
        cells![
            question(item, filter),
            of(item.affected, Exposure::Affected, "affected"),
            of(item.unknown, Exposure::Unknown, "unknown"),
            of(item.fixed, Exposure::Fixed, "fixed"),
            of(item.not_affected, Exposure::NotAffected, "not affected"),
            count(total),
        ]
    });
    Card::new("items", plural(items.len() as u64, "question", "questions"))
        .note("The answers add up to the current instances")
        .content(view! {
            {data_table("Questions", &columns, rows)}
            {outdated.map(|text| view! { <p class="card-footer warning">{text}</p> })}
        })
}

/// The question, whether it is exploited, who says what fixes it, and why some answers are unknown.
fn question(item: &ExposureItem, filter: &ExposureFilter) -> AnyView {
    let exploited = item.exploited.map(|(since, due)| {
        let due = due.map(|due| format!(", to be fixed by {}", format::date(due))).unwrap_or_default();
        badge("failed", Icon::Warning, format!("Exploited, listed by CISA since {}{due}", format::date(since)))
    });
    let sources = match item.sources.is_empty() {
        true => String::new(),
        false => format!("By {}. ", item.sources.join(", ")),
    };
    let unknown = item.unknown_reasons.iter().map(|(reason, n)| format!("{}: {}", reason.label(), count(*n)));
    let unknown = unknown.collect::<Vec<_>>().join(", ");
    let unknown = if unknown.is_empty() { unknown } else { format!("Unknown: {unknown}.") };
    let except = match &item.question {
        Question::Cve(cve) => {
            let (cve, account) = (cve.parse().ok(), filter.account.clone());
            except_link("Accept or defer", &ExceptionDraft { cve, account, ..ExceptionDraft::default() })
        }
        _ => None,
    };
    view! {
        <b><bdi>{item.question.to_string()}</bdi></b>" "{exploited}
        <span class="secondary">{sources}{unknown}</span>
        {except}
    }
    .into_any()
}
