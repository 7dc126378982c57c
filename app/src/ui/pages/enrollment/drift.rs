//! The part of an account's page that the enrollment server knows: how its systems account differs from the settings.

use super::outage_words;
use crate::{
    model::{EnrollmentAccount, EnrollmentDrift, EnrollmentOutage},
    ui::prelude::*,
};

const COLUMNS: [Column; 4] =
    [Column::text("Resource"), Column::text("Property"), Column::wide("Wanted"), Column::wide("Found")];

/// Nothing for an account that may not enroll, or whose drift is not for the viewer.
pub fn drift_card(answer: Option<Result<EnrollmentAccount, EnrollmentOutage>>, now: Timestamp) -> Option<AnyView> {
    let card = Card::new("drift", "Settings of the systems account");
    let account = match answer? {
        Ok(account) => account,
        Err(outage) => return Some(card.content(view! { <div class="card-body">{outage_words(outage)}</div> })),
    };
    let Some(compared_at) = account.compared_at else {
        let reason = "The enrollment server has not compared this systems account with its settings yet.";
        return Some(card.content(empty_state("Not compared yet", reason)));
    };
    let missing = account.missing.into_iter().map(|one| view! { <li><bdi>{one}</bdi></li> }).collect_view();
    let missing = (!missing.is_empty()).then(|| {
        view! { <div class="card-body"><p><strong>"Missing"</strong></p><ul>{missing}</ul></div> }
    });
    let is_as_wanted = missing.is_none() && account.drift.is_empty();
    let content = match is_as_wanted {
        true => empty_state("As the settings say", "Nothing is missing, and nothing differs."),
        false if account.drift.is_empty() => ().into_any(),
        false => data_table("Differences from the settings", &COLUMNS, account.drift.into_iter().map(row)),
    };
    let note = view! { "Compared "{age_of(now, compared_at)}". Differences are reported, never rewritten" };
    Some(card.note(note).content((missing, content)))
}

fn row(drift: EnrollmentDrift) -> Vec<AnyView> {
    let region = drift.region.unwrap_or_else(|| "all Regions".to_owned());
    cells![
        view! { <bdi>{drift.resource}</bdi><span class="secondary"><bdi>{region}</bdi></span> },
        view! { <bdi>{drift.property}</bdi> },
        view! { <bdi>{drift.wanted}</bdi> },
        view! { <bdi>{drift.found}</bdi> },
    ]
}
