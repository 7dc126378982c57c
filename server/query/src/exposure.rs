//! "Are we exposed?": for each question, what is known of every current instance, and by what.
//!
//! What fixes a CVE is known from feeds and from the updates of Systems Manager that name it. Versions are compared here, by
//! the rule of each system, and only once for each installed version; one statement then answers for all instances.

mod evidence;
mod fixes;

use crate::{
    builder::{Context, QueryBuilder, order_by},
    listing::Listing,
};
use evidence::Evidence;
use jiff::civil::Date;
use muster_model::{
    column::Columns,
    exposure::{Exposure, ExposureCount, ExposureItem, ExposureRow, FeedRow, Question, questions},
    filter::{ExposureFilter, QuestionText},
};
use muster_store::error::StoreError;
use std::collections::BTreeMap;

/// Prepares the answers that match the filter.
pub fn listing<'a>(context: Context<'a>, filter: &ExposureFilter) -> Result<Listing<'a, ExposureRow>, StoreError> {
    let evidence = evidence(context, filter)?;
    Ok(rows(context, filter, &evidence))
}

/// The evidence for the questions of a filter.
pub fn evidence(context: Context<'_>, filter: &ExposureFilter) -> Result<Evidence, StoreError> {
    Evidence::read(context, filter.into(), questions(filter.text()).0)
}

/// Prepares the answers that match the filter, by evidence that was read already.
pub fn rows<'a>(context: Context<'a>, filter: &ExposureFilter, evidence: &Evidence) -> Listing<'a, ExposureRow> {
    let mut query = evidence.query(context, filter.into());
    query.filter_by_option("f.answer = {}", filter.answer.map(Exposure::code));
    query.filter_by_option("f.question = {}", filter.question.as_ref().map(QuestionText::as_str));
    let exceptions = [("answer", RANK), ("question", "f.number"), ("package", "lower(package)")];
    let order = format!(
        "{}, f.number, lower(f.account_name), lower(f.name), f.instance_id, f.instance_key",
        order_by(&filter.order, &exceptions)
    );
    Listing::from_query(query, "the exposure", include_str!("exposure/list.sql"), order)
}

/// The order of answers: what needs work first.
const RANK: &str = "list_position(['affected', 'unknown', 'fixed', 'not_affected'], f.answer)";

/// Counts the answers to each question, also of those that the filter does not choose.
pub fn items(
    context: Context<'_>,
    filter: &ExposureFilter,
    evidence: &Evidence,
) -> Result<Vec<ExposureItem>, StoreError> {
    let query = evidence.query(context, filter.into());
    let counts: Vec<ExposureCount> = query.read("the exposure", include_str!("exposure/counts.sql"))?;
    let exploited = exploited(context, &evidence.questions)?;
    let item = |(number, question): (usize, &Question)| {
        let mut item = ExposureItem {
            question: question.clone(),
            affected: 0,
            unknown: 0,
            fixed: 0,
            not_affected: 0,
            unknown_reasons: Vec::new(),
            sources: evidence.sources(number),
            exploited: exploited.get(&question.to_string()).copied(),
        };
        for count in counts.iter().filter(|count| count.number == number as u64) {
            match count.answer {
                Exposure::Affected => item.affected += count.instances,
                Exposure::Fixed => item.fixed += count.instances,
                Exposure::NotAffected => item.not_affected += count.instances,
                Exposure::Unknown => {
                    item.unknown += count.instances;
                    item.unknown_reasons.push((count.reason, count.instances));
                }
            }
        }
        item
    };
    Ok(evidence.questions.iter().enumerate().map(item).collect())
}

/// Reads the feeds that were imported.
pub fn feeds(context: Context<'_>) -> Result<Vec<FeedRow>, StoreError> {
    QueryBuilder::for_regions(context).read("the feeds", include_str!("exposure/feeds.sql"))
}

#[derive(Columns)]
struct Exploited {
    cve: String,
    added_on: Date,
    due_on: Option<Date>,
}

/// Reads since when each CVE is known to be exploited, and until when it is to be fixed.
fn exploited(
    context: Context<'_>,
    questions: &[Question],
) -> Result<BTreeMap<String, (Date, Option<Date>)>, StoreError> {
    let cves = questions.iter().filter_map(|question| match question {
        Question::Cve(cve) => Some(cve.clone()),
        _ => None,
    });
    let mut query = QueryBuilder::for_regions(context);
    query.filter_in("x.cve", cves);
    let rows: Vec<Exploited> = query.read("exploited CVEs", include_str!("exposure/exploited.sql"))?;
    Ok(rows.into_iter().map(|row| (row.cve, (row.added_on, row.due_on))).collect())
}
