//! The part of an instance's page that the enrollment server knows: who attested it, when, and with which activation it registered.

use super::{enrollment_href, outage_words, state_badge};
use crate::{
    model::{Enrollment, EnrollmentOutage},
    ui::prelude::*,
};

const COLUMNS: [Column; 5] = [
    Column::text("Enrollment"),
    Column::wide("Attested"),
    Column::numeric("Requested (UTC)"),
    Column::numeric("Enrolled (UTC)"),
    Column::text("Activation"),
];

/// Nothing for an instance that was not enrolled.
pub fn trail_card(answer: Option<Result<Vec<Enrollment>, EnrollmentOutage>>) -> Option<AnyView> {
    let card = Card::new("enrollment", "Enrollment");
    match answer? {
        Ok(trail) if trail.is_empty() => None,
        Ok(trail) => {
            let table = data_table("Enrollments of this instance", &COLUMNS, trail.into_iter().map(row));
            Some(card.note("Latest first").content(table))
        }
        Err(outage) => Some(card.content(view! { <div class="card-body">{outage_words(outage)}</div> })),
    }
}

fn row(of: Enrollment) -> Vec<AnyView> {
    let id = match sees_harvest() {
        true => view! { <a class="mono" href=enrollment_href(&of.id)><bdi>{of.id.clone()}</bdi></a> }.into_any(),
        false => view! { <bdi class="mono">{of.id.clone()}</bdi> }.into_any(),
    };
    let earlier = (!of.earlier.is_empty())
        .then(|| view! { <span class="secondary">{plural(of.earlier.len() as u64, "earlier enrollment", "earlier enrollments")}</span> });
    let activation = match of.activation_id {
        Some(id) => {
            view! { <bdi class="mono">{id}</bdi><span class="secondary"><bdi>{of.region}</bdi></span> }.into_any()
        }
        None => view! { <span class="muted">"None yet"</span> }.into_any(),
    };
    cells![
        view! { {id}{state_badge(of.state)}{earlier} },
        view! {
            <bdi>{of.evidence}</bdi>
            <span class="secondary">{of.provider.label().to_owned()}" "<bdi>{of.account_id}</bdi>", instance "<bdi>{of.instance}</bdi></span>
        },
        short_time(Some(of.requested_at), ""),
        short_time(of.activated_at, "Not yet"),
        activation,
    ]
}
