//! `/coverage`: every instance ever seen by how it is covered, those that need work first.

use crate::{
    model::{Coverage, CoverageCount, CoverageFilter, CoveragePage, CoverageRow, PatchStatus, column},
    ui::prelude::*,
};

const COLUMNS: [&str; 7] =
    ["instance_name", "coverage", "since", "account_name", "platform_name", "patch_group", "last_scan_at"];

pub fn coverage_page() -> AnyView {
    filtered_page("/coverage", rpc::coverage, show)
}

fn show(page: Filtered<CoverageFilter>, data: CoveragePage) -> AnyView {
    let filter = &page.filter;
    let links = AccountLinks::of(filter);
    let freshness = data.freshness.clone();
    page.show("Coverage", &freshness, &links, || content(filter, data))
}

fn content(filter: &CoverageFilter, data: CoveragePage) -> AnyView {
    let CoveragePage { counts, unmanaged_instances, rows, .. } = data;
    let href = |window| links::coverage(&CoverageFilter { window, ..filter.clone() });
    let content = paged(&rows, filter.window, href, no_matches("instances", "/coverage"), |rows| {
        let columns = columns_named::<CoverageRow>(&COLUMNS);
        let headings = sort_headings("/coverage", filter, &columns);
        list_table(("Coverage", "responsive-table dense"), headings, &columns, "instance_name", rows, &cell)
    });
    view! {
        {classes_card(&counts, unmanaged_instances, filter)}
        {Card::new("list", plural(rows.total, "instance", "instances"))
            .note(filter.coverage.map_or("What needs work first", Coverage::rule))
            .actions(export_links("coverage", |excel| export("coverage", filter, excel)))
            .content(content)}
    }
    .into_any()
}

/// Each class with its rule, and in words what the share counts.
fn classes_card(counts: &[CoverageCount], unmanaged: Option<u64>, filter: &CoverageFilter) -> AnyView {
    let sum = |chosen: fn(Coverage) -> bool| -> u64 {
        counts.iter().filter(|count| chosen(count.coverage)).map(|count| count.instances).sum()
    };
    let (all, current) = (sum(|_| true), sum(Coverage::is_current));
    let covered = sum(|coverage| coverage == Coverage::OnSchedule);
    let share = format!(
        "{} of {} patched on schedule ({} %); {} ever seen, {} of them gone or duplicates",
        count(covered),
        plural(current, "current instance", "current instances"),
        format::percent(covered, current),
        count(all),
        count(sum(|coverage| !coverage.is_current())),
    );
    let rows = counts.iter().map(|CoverageCount { coverage, instances }| {
        let of_class = CoverageFilter {
            coverage: Some(*coverage),
            customer: filter.customer.clone(),
            provider: filter.provider.clone(),
            account: filter.account.clone(),
            ..CoverageFilter::default()
        };
        cells![
            coverage_badge(*coverage),
            figure(*instances, links::coverage(&of_class), format!("instances: {}", coverage.label())),
            view! { <span class="muted">{coverage.rule()}</span> },
        ]
    });
    let columns = [Column::text("Coverage"), Column::numeric("Instances"), Column::wide("Rule")];
    let unmanaged = match unmanaged {
        Some(instances) => format!(
            "In addition, Systems Manager does not manage {} that AWS lists. The pages of the accounts name them.",
            plural(instances, "EC2 instance", "EC2 instances")
        ),
        None => "How many EC2 instances Systems Manager does not manage is unknown: AWS does not list them for these accounts."
            .to_owned(),
    };
    Card::new("classes", "Each instance ever seen counts once").note(share).content(view! {
        {data_table("Coverage by class", &columns, rows)}
        <p class="card-footer muted">{unmanaged}</p>
    })
}

fn coverage_badge(coverage: Coverage) -> AnyView {
    let of_status = |status: PatchStatus| (status.code(), Icon::of_status(status));
    let (tone, shape) = match coverage {
        Coverage::OnSchedule => of_status(PatchStatus::UpToDate),
        Coverage::NeverScanned => of_status(PatchStatus::NoData),
        Coverage::NotScannedLately => of_status(PatchStatus::Stale),
        Coverage::Unsupported | Coverage::EndOfLife => of_status(PatchStatus::Unsupported),
        Coverage::NoWindow | Coverage::NotPatchedLately => ("pending", Icon::Warning),
        Coverage::AccountUnread => ("failed", Icon::Warning),
        Coverage::AgentLost => ("stale", Icon::Unknown),
        Coverage::Stopped | Coverage::Duplicate | Coverage::Gone => ("no_data", Icon::Dot),
    };
    badge(tone, shape, coverage.label())
}

fn cell(row: &CoverageRow, column: &column::Column) -> Option<AnyView> {
    let cell = match column.name {
        "instance_name" => {
            let id = row.instance_id.to_string();
            view! {
                <a class="name" href=links::instance(&row.instance_id)><bdi>{row.instance_name.clone()}</bdi></a>
                <span class="secondary mono">{(id != row.instance_name).then_some(id)}</span>
            }
            .into_any()
        }
        "coverage" => coverage_badge(row.coverage),
        "account_name" => {
            account_cell(&row.account_id, row.account_name.clone(), &row.provider, row.customer_name.clone())
        }
        "platform_name" => view! {
            <bdi>{row.platform_name.clone()}</bdi><span class="secondary"><bdi>{row.platform_version.clone()}</bdi></span>
        }
        .into_any(),
        _ => return None,
    };
    Some(cell)
}
