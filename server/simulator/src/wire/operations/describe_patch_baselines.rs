//! DescribePatchBaselines: the account's own baselines and those that AWS owns.

use serde::{Deserialize, Serialize};

use super::{
    super::{
        context::Context,
        error::ApiError,
        page::{Limits, Request, page},
    },
    shared::{Filter, check_plain_filters},
};
use crate::estate::baseline::Baseline;

const LIMITS: Limits = Limits::new(1, 100, 50);
const FILTER_KEYS: &[&str] = &["NAME_PREFIX", "OPERATING_SYSTEM", "OWNER"];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    #[serde(default)]
    filters: Vec<Filter>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Output<'a> {
    baseline_identities: Vec<Identity<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Identity<'a> {
    baseline_id: &'a str,
    baseline_name: &'a str,
    operating_system: &'static str,
    baseline_description: String,
    default_baseline: bool,
}

pub(super) fn answer(context: &Context<'_>) -> Result<Vec<u8>, ApiError> {
    let input: Input = context.input()?;
    check_plain_filters(&input.filters, FILTER_KEYS)?;
    let all = context.site.map_or(&[][..], |site| site.baselines.as_slice());
    let fits = |baseline: &&Baseline| input.filters.iter().all(|filter| matches(baseline, filter));
    let found: Vec<&Baseline> = all.iter().filter(fits).collect();
    let request = Request {
        limits: LIMITS,
        max_results: input.max_results,
        next_token: input.next_token.as_deref(),
        subject: "",
    };
    let page = page(context, &request, found.len())?;
    let identities = found[page.range].iter().map(|baseline| identity(baseline)).collect();
    context.answer(&Output { baseline_identities: identities, next_token: page.next_token })
}

fn matches(baseline: &Baseline, filter: &Filter) -> bool {
    match filter.key.as_str() {
        "NAME_PREFIX" => filter.values.iter().any(|prefix| baseline.name.starts_with(prefix)),
        "OWNER" => filter.has(if baseline.is_aws_owned() { "AWS" } else { "Self" }),
        _ => filter.has(baseline.operating_system),
    }
}

fn identity(baseline: &Baseline) -> Identity<'_> {
    Identity {
        baseline_id: &baseline.id,
        baseline_name: &baseline.name,
        operating_system: baseline.operating_system,
        baseline_description: description(baseline),
        default_baseline: baseline.is_aws_owned(),
    }
}

pub(super) fn description(baseline: &Baseline) -> String {
    match baseline.group {
        None => format!("Default Patch Baseline for {} Provided by AWS.", baseline.operating_system),
        Some(group) => format!("{} for patch group {}", baseline.operating_system, group.name()),
    }
}
