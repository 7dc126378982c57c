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
    Ok(listing_by(context, filter, &evidence(context, filter)?))
}

/// The same with evidence that was read already. First it is found which answers are on a page, and then what decides these alone.
pub fn listing_by<'a>(context: Context<'a>, filter: &ExposureFilter, evidence: &Evidence) -> Listing<'a, ExposureRow> {
    let query = matching(context, filter, evidence);
    Listing::from_query(query, "the exposure", LIST, order(filter)).row_key(KEY).found_in(ANSWERS)
}

/// The evidence for the questions of a filter.
pub fn evidence(context: Context<'_>, filter: &ExposureFilter) -> Result<Evidence, StoreError> {
    Evidence::read(context, filter.into(), questions(filter.text()).0)
}

const LIST: &str = include_str!("exposure/list.sql");
/// The answers without what decides them.
const ANSWERS: &str = "\nFROM exposure f WHERE true {filters}\n{order}";
/// What identifies an answer.
const KEY: &str = "f.instance_key, f.number";

fn order(filter: &ExposureFilter) -> String {
    let exceptions = [("question", "f.number"), ("instance_name", "lower(f.name)")];
    let order = order_by(&filter.order, &exceptions);
    format!("{order}, f.number, lower(f.account_name), lower(f.name), f.instance_id, f.instance_key")
}

fn matching<'a>(context: Context<'a>, filter: &ExposureFilter, evidence: &Evidence) -> QueryBuilder<'a> {
    let mut query = evidence.query(context, filter.into());
    let answer = filter.listed_answer();
    let source = match answer {
        Exposure::Affected | Exposure::Fixed => WITH_EVIDENCE,
        Exposure::Unknown | Exposure::NotAffected => EVERY_INSTANCE,
    };
    query
        .define(&decided("exposure", source))
        .filter_by("f.answer = {}", answer.code().to_owned())
        .filter_by_option("f.question = {}", filter.question.as_ref().map(QuestionText::as_str));
    query
}

/// Every question with every instance.
const EVERY_INSTANCE: &str = "current f CROSS JOIN question q
    LEFT JOIN evidence e ON e.number = q.number AND e.instance_key = f.instance_key";
/// The questions with the instances that have evidence, such as all that are affected.
const WITH_EVIDENCE: &str =
    "evidence e JOIN current f ON f.instance_key = e.instance_key JOIN question q ON q.number = e.number";
/// Every question with every operating system and how many instances it has, as if they had no evidence.
const BY_SYSTEM: &str = "(
        SELECT platform_name, platform_version, is_inventoried, is_scanned, count(*) AS instances FROM current GROUP BY ALL
    ) f CROSS JOIN question q LEFT JOIN evidence e ON false";

/// Returns the answers to these questions and instances as an expression of this name.
fn decided(name: &str, source: &str) -> String {
    include_str!("exposure/decided.sql").replace("{name}", name).replace("{source}", source)
}

/// Counts the answers to each question, also of those that the filter does not choose.
pub fn items(
    context: Context<'_>,
    filter: &ExposureFilter,
    evidence: &Evidence,
) -> Result<Vec<ExposureItem>, StoreError> {
    let mut query = evidence.query(context, filter.into());
    query.define(&decided("exposure", WITH_EVIDENCE)).define(&decided("by_system", BY_SYSTEM));
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
