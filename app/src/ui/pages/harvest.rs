//! `/harvest`: for every account and Region, how fresh its figures are, and what to do where they are not.

mod calls;
mod notices;
mod problems;
mod table;

use crate::{
    model::{filter::HarvestFilter, harvest::HarvestPage, overview::Choices},
    rpc::{self, RpcError},
    ui::{
        format::{self, plural},
        load::{Address, page},
        parts::{filter_form, freshness_line, nothing_left},
    },
};
use leptos::prelude::*;
use leptos_meta::Title;

pub fn harvest_page() -> AnyView {
    page("/harvest", load, show)
}

async fn load(at: Address) -> Result<(HarvestPage, Choices), RpcError> {
    Ok((rpc::harvest(at.query).await?, rpc::choices().await?))
}

fn show(at: Address, (data, choices): (HarvestPage, Choices)) -> AnyView {
    let filter = HarvestFilter::from_query(&at.query).unwrap_or_default();
    let (rows, now) = (data.rows.len() as u64, data.freshness.now);
    let round = round_in_words(&data);
    let problems = problems::problems_card(&data.rows, now);
    let content = match rows {
        0 => nothing_left("harvests", "/harvest".to_owned()),
        _ => table::harvest_table(&data.rows, now),
    };
    view! {
        <Title text="Harvest" />
        <div class="page-head">
            <h1>"Harvest"</h1>
            <p class="soft">{round}</p>
            {freshness_line(&data.freshness)}
        </div>
        {data.schedule.broken_off.map(|round| notices::broken_round(round, now))}
        {data.schedule.verification.map(|verification| notices::verification(verification, now))}
        {data.lost_log.map(|lost| notices::lost_log(lost, now))}
        {data.organization.map(|listing| notices::organization(listing, now))}
        {filter_form("harvest", "/harvest", &at.query, &filter, &choices)}
        {problems}
        <section class="card" aria-labelledby="harvests">
            <div class="card-head">
                <h2 id="harvests">"Accounts and Regions"</h2>
                <span class="soft">{plural(rows, "harvest", "harvests")}</span>
            </div>
            {content}
        </section>
        {calls::calls_card(data.operations)}
    }
    .into_any()
}

fn round_in_words(page: &HarvestPage) -> String {
    match (page.schedule.round_running, page.schedule.next_round_at) {
        (true, _) => "A round is running now.".to_owned(),
        (false, Some(at)) => {
            format!("The next round is due {} ({}).", format::age(page.freshness.now, at), format::stamp(at))
        }
        (false, None) => "The schedule is off: no next round is planned.".to_owned(),
    }
}
