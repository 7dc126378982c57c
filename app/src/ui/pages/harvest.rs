//! `/harvest`: how current the data of every account and Region is, and what to do about failures.

mod calls;
mod nodes;
mod notices;
mod problems;
mod table;

use crate::{
    model::{HarvestFilter, HarvestPage},
    ui::prelude::*,
};

pub fn harvest_page() -> AnyView {
    filtered_page("/harvest", rpc::harvest, show)
}

fn show(page: Filtered<HarvestFilter>, data: HarvestPage) -> AnyView {
    let (rows, now) = (data.rows.len() as u64, data.freshness.now);
    let schedule = schedule_text(&data);
    let problems = problems::problems_card(&data.rows, now);
    let content = match rows {
        0 => no_matches("harvests", "/harvest"),
        _ => table::harvest_table(&data.rows, now),
    };
    view! {
        <Title text="Harvest" />
        <div class="page-header">
            <h1>"Harvest"</h1>
            <p class="muted">{schedule}</p>
            {freshness_line(&data.freshness, &AccountLinks::default())}
        </div>
        {data.schedule.broken_off.map(|round| notices::aborted_round(round, now))}
        {data.schedule.verification.map(|verification| notices::verification(verification, now))}
        {data.lost_log.map(|lost| notices::lost_log(lost, now))}
        {data.schedule.events.map(|events| notices::events(events, now))}
        {data.organization.map(|listing| notices::organization(listing, now))}
        {page.form()}
        {problems}
        {Card::new("harvests", "Accounts and Regions").note(plural(rows, "harvest", "harvests")).content(content)}
        {nodes::nodes_card(data.nodes, now)}
        {calls::calls_card(data.operations)}
    }
    .into_any()
}

fn schedule_text(page: &HarvestPage) -> String {
    match (page.schedule.round_running, page.schedule.next_round_at) {
        (true, _) => "A round is running.".to_owned(),
        (false, Some(at)) => {
            format!("The next round starts {} ({}).", format::age(page.freshness.now, at), format::date_time(at))
        }
        (false, None) => "Scheduled harvests are off.".to_owned(),
    }
}
