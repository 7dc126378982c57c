//! What concerns the harvest as a whole: a round that the store ended, a log that it lost, whether the figures are
//! right, and where accounts come from.

use super::problems::one_error;
use crate::{
    model::{
        harvest::{BrokenRound, LostLog, OrganizationListing},
        verification::{Mismatch, Verification},
    },
    ui::{
        format::plural,
        parts::{Glyph, age_of, glyph},
    },
};
use jiff::Timestamp;
use leptos::prelude::*;

pub fn broken_round(round: BrokenRound, now: Timestamp) -> AnyView {
    view! {
        <section class="notice tone-failed" aria-label="The last round">
            {glyph(Glyph::Wrong)}
            <p>"The last round was broken off "{age_of(now, round.at)}": "<bdi>{round.message}</bdi></p>
        </section>
    }
    .into_any()
}

/// Whether the last verification found every figure to be what the stored rows say.
pub fn verification(verification: Verification, now: Timestamp) -> AnyView {
    let at = verification.at;
    let figures = plural(verification.figures, "figure", "figures");
    let (tone, mark, words) = match (verification.error, verification.mismatches) {
        (Some(error), _) => {
            let words = view! { "The figures could not be verified "{age_of(now, at)}": "<bdi>{error}</bdi> };
            ("failed", Glyph::Wrong, words.into_any())
        }
        (None, 0) => {
            let words = view! { "Figures verified "{age_of(now, at)}": "{format!("{figures}, no mismatch.")} };
            ("up_to_date", Glyph::Done, words.into_any())
        }
        (None, mismatches) => {
            let mismatches = plural(mismatches, "mismatch", "mismatches");
            let words = view! {
                "Figures verified "{age_of(now, at)}": "{format!("{figures}, {mismatches}. ")}<code>"muster verify"</code>
                " names them all."
            };
            ("failed", Glyph::Wrong, words.into_any())
        }
    };
    let left_out = (verification.pages_left_out > 0).then(|| {
        let pages = plural(verification.pages_left_out, "page of an instance", "pages of instances");
        format!(" {pages} left for other nights.")
    });
    let first = (!verification.first.is_empty())
        .then(|| view! { <ul>{verification.first.into_iter().map(one_mismatch).collect_view()}</ul> });
    view! {
        <section class=format!("notice tone-{tone}") aria-label="Verification of the figures">
            {glyph(mark)}
            <div><p>{words}{left_out}</p>{first}</div>
        </section>
    }
    .into_any()
}

fn one_mismatch(mismatch: Mismatch) -> AnyView {
    view! {
        <li>
            <bdi>{mismatch.what}</bdi>" of "<bdi>{mismatch.place}</bdi>": published "
            <b><bdi>{mismatch.published}</bdi></b>", recomputed "<b><bdi>{mismatch.recomputed}</bdi></b>
        </li>
    }
    .into_any()
}

pub fn lost_log(lost: LostLog, now: Timestamp) -> AnyView {
    let regions = plural(lost.regions, "account and Region", "accounts and Regions");
    view! {
        <section class="notice tone-failed" aria-label="The store">
            {glyph(Glyph::Wrong)}
            <p>
                "The store's write-ahead log was found damaged "{age_of(now, lost.found_at)}
                ". Harvests that were only in it are lost; the log is kept beside the store as "
                <bdi>{lost.kept_as}</bdi>". Everything is read again: of "{regions}", "{lost.unread}
                " still to be."
            </p>
        </section>
    }
    .into_any()
}

pub fn organization(listing: OrganizationListing, now: Timestamp) -> AnyView {
    let listed = match listing.last_good_at {
        Some(at) => view! { "last listed "{age_of(now, at)} }.into_any(),
        None => "never listed".into_any(),
    };
    let members = plural(listing.active_members, "active account", "active accounts");
    let unassigned = (listing.unassigned_members > 0).then(|| {
        let accounts = plural(listing.unassigned_members, "account", "accounts");
        format!("{accounts} not harvested: the tags that say whose they are and how to get in are missing or wrong.")
    });
    let error = listing.error.map(|error| one_error(&error, now));
    view! {
        <section class="card" aria-labelledby="organization">
            <div class="card-head">
                <h2 id="organization">"AWS organization"</h2>
                <span class="soft">{listed}</span>
            </div>
            <ul class="problems">
                <li>
                    <p>{members}", "{listing.harvested_members}" of them harvested."</p>
                    {unassigned.map(|words| view! { <p class="advice">{words}</p> })}
                    {error}
                </li>
            </ul>
        </section>
    }
    .into_any()
}
