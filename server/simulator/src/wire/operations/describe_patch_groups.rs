//! DescribePatchGroups: which baseline a patch group uses, per operating system.

use serde::{Deserialize, Serialize};

use super::{
    super::{
        context::Context,
        error::ApiError,
        page::{Limits, Request, page},
    },
    shared::{Filter, check_plain_filters},
};
use crate::estate::baseline::{Baseline, Group};

const LIMITS: Limits = Limits::new(1, 100, 50);
const FILTER_KEYS: &[&str] = &["NAME_PREFIX", "OPERATING_SYSTEM"];

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
    mappings: Vec<Mapping<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Mapping<'a> {
    patch_group: &'static str,
    baseline_identity: Identity<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Identity<'a> {
    baseline_id: &'a str,
    baseline_name: &'a str,
    operating_system: &'static str,
    default_baseline: bool,
}

pub(super) fn answer(context: &Context<'_>) -> Result<Vec<u8>, ApiError> {
    let input: Input = context.input()?;
    check_plain_filters(&input.filters, FILTER_KEYS)?;
    let all = context.site.map_or(&[][..], |site| site.baselines.as_slice());
    let mapped: Vec<(Group, &Baseline)> = all
        .iter()
        .filter_map(|baseline| Some((baseline.group?, baseline)))
        .filter(|(group, baseline)| input.filters.iter().all(|filter| matches(*group, baseline, filter)))
        .collect();
    let request = Request {
        limits: LIMITS,
        max_results: input.max_results,
        next_token: input.next_token.as_deref(),
        subject: "",
    };
    let page = page(context, &request, mapped.len())?;
    let mappings = mapped[page.range].iter().map(|(group, baseline)| mapping(*group, baseline)).collect();
    context.answer(&Output { mappings, next_token: page.next_token })
}

fn matches(group: Group, baseline: &Baseline, filter: &Filter) -> bool {
    match filter.key.as_str() {
        "NAME_PREFIX" => filter.values.iter().any(|prefix| group.name().starts_with(prefix.as_str())),
        _ => filter.has(baseline.operating_system),
    }
}

fn mapping<'a>(group: Group, baseline: &'a Baseline) -> Mapping<'a> {
    Mapping {
        patch_group: group.name(),
        baseline_identity: Identity {
            baseline_id: &baseline.id,
            baseline_name: &baseline.name,
            operating_system: baseline.operating_system,
            default_baseline: false,
        },
    }
}
