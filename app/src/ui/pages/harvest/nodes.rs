//! AWS's own counts of managed nodes beside ours: a second witness that nothing is left out.

use crate::{
    model::{NodeCountRow, NodeListingRow},
    ui::prelude::*,
};

const COLUMNS: [Column; 6] = [
    Column::text("Account"),
    Column::mono("Region"),
    Column::text("Resource type"),
    Column::numeric("AWS counts"),
    Column::numeric("Instances"),
    Column::text("Result"),
];

/// Nothing where AWS counts no nodes, because its unified console is off.
pub fn nodes_card(listings: Vec<NodeListingRow>, now: Timestamp) -> AnyView {
    if listings.is_empty() {
        return ().into_any();
    }
    let problems: Vec<AnyView> = listings.iter().flat_map(|listing| problems_of(listing, now)).collect();
    let rows: Vec<_> =
        listings.iter().flat_map(|listing| listing.counts.iter().map(|one| row(listing, one, now))).collect();
    let read = listings.iter().filter(|listing| is_counted(listing)).count() as u64;
    let table = (!rows.is_empty()).then(|| data_table("Managed nodes by account and Region", &COLUMNS, rows));
    let problems = (!problems.is_empty()).then(|| view! { <ul class="problem-list">{problems}</ul> });
    let rule = "AWS's list may lag behind, and it may leave out stopped instances: the counts agree if AWS's is between the \
        instances that are not stopped and all, and they differ if they do so in two readings in a row.";
    Card::new("nodes", "Managed nodes that AWS counts")
        .note(plural(read, "account", "accounts"))
        .content(view! { {problems} {table} <p class="card-footer muted">{rule}</p> })
}

/// Whether AWS said how many nodes it counts; it may still have refused to list the unmanaged ones.
fn is_counted(listing: &NodeListingRow) -> bool {
    listing.denied.is_empty() || !listing.counts.is_empty()
}

fn row(listing: &NodeListingRow, count_row: &NodeCountRow, now: Timestamp) -> Vec<AnyView> {
    let result = match (count_row.differs_since, count_row.is_confirmed) {
        (None, _) => badge("up_to_date", Icon::Success, "Agree"),
        (Some(_), false) => badge("stale", Icon::Clock, "Differ once"),
        (Some(_), true) => badge("failed", Icon::Failure, "Differ"),
    };
    let read = view! { <span class="secondary">"read "{age_of(now, listing.read_at)}</span> };
    cells![
        account_cell(
            &listing.account_id,
            listing.account_name.clone(),
            &listing.provider,
            listing.customer_name.clone(),
        ),
        view! { <bdi>{count_row.region.clone()}</bdi> },
        view! { <bdi>{count_row.resource_type.clone()}</bdi> },
        count(count_row.nodes),
        count(count_row.instances),
        (result, read),
    ]
}

/// What an operator should do something about, in words.
fn problems_of(listing: &NodeListingRow, now: Timestamp) -> Vec<AnyView> {
    let item = |place: String, label: &'static str, text: AnyView, advice: String| {
        view! {
            <li>
                <p class="item-title">
                    <a class="name" href=links::account(&listing.account_id)><bdi>{listing.account_name.clone()}</bdi></a>
                    <span class="mono muted"><bdi>{place}</bdi></span>
                    {badge("failed", Icon::Failure, label)}
                </p>
                <p>{text}</p>
                <p class="advice">{advice}</p>
            </li>
        }
        .into_any()
    };
    let denied = (!listing.denied.is_empty()).then(|| {
        let what = match is_counted(listing) {
            true => "AWS does not list unmanaged instances: ",
            false => "AWS does not say how many nodes it counts: ",
        };
        let text = view! { {what}<bdi>{listing.denied.clone()}</bdi> }.into_any();
        let advice =
            "Attach the policy that `muster policy` prints to the role. Everything else is harvested.".to_owned();
        item(String::new(), "Not allowed", text, advice)
    });
    let confirmed = listing.counts.iter().filter(|one| one.is_confirmed);
    let items = confirmed.filter_map(|one| {
        let since = age_of(now, one.differs_since?);
        let (aws, ours) = (count(one.nodes), count(one.instances));
        let kind = one.resource_type.clone();
        let text = view! {
            "AWS counts "{aws}" of "<bdi>{kind}</bdi>", and the harvest has "{ours}" (since "{since}", last read "
            {age_of(now, listing.read_at)}")."
        };
        Some(item(one.region.clone(), "Counts differ", text.into_any(), advice(one)))
    });
    denied.into_iter().chain(items).collect()
}

fn advice(row: &NodeCountRow) -> String {
    let region = &row.region;
    if !row.is_harvested {
        return format!(
            "{region} is not among the account's `regions`, so none of these instances is shown. Add it to the roster."
        );
    }
    match row.nodes > row.instances {
        true => format!(
            "Instances of {region} are missing here. If the last harvest of {region} failed, repair that first; if they were \
             registered since, the next harvest finds them; otherwise harvest the account with `--full`."
        ),
        false => format!(
            "AWS's list of {region} lacks instances that Systems Manager does list, or they were deregistered since. Compare the \
             list of instances with the one in the console."
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_to_do_about_a_region_that_nobody_harvests() {
        let row = |nodes, is_harvested| NodeCountRow {
            account_id: "1".parse().expect("an id"),
            region: "eu-west-1".to_owned(),
            resource_type: "EC2Instance".to_owned(),
            nodes,
            instances: 2,
            unlisted_instances: 0,
            is_harvested,
            differs_since: None,
            is_confirmed: true,
        };
        assert!(advice(&row(3, false)).contains("Add it to the roster"));
        assert!(advice(&row(3, true)).contains("missing here"));
        assert!(advice(&row(1, true)).contains("lacks instances"));
    }
}
