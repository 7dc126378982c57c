//! Notices about the harvest as a whole: an aborted round, a damaged log, the verification, events, and the AWS organization.

use super::problems::{error_entry, error_entry_with};
use crate::{
    model::{BrokenRound, EventsStatus, LostLog, Mismatch, OrganizationListing, Verification},
    ui::prelude::*,
};

pub fn aborted_round(round: BrokenRound, now: Timestamp) -> AnyView {
    let text = view! { <p>"The last round was aborted "{age_of(now, round.at)}": "<bdi>{round.message}</bdi></p> };
    notice("failed", "Last round", Icon::Failure, text)
}

/// The result of the last verification of the figures against the stored rows.
pub fn verification(verification: Verification, now: Timestamp) -> AnyView {
    let at = verification.at;
    let figures = plural(verification.figures, "figure", "figures");
    let (tone, mark, text) = match (verification.error, verification.mismatches) {
        (Some(error), _) => {
            let text = view! { "The figures could not be verified "{age_of(now, at)}": "<bdi>{error}</bdi> };
            ("failed", Icon::Failure, text.into_any())
        }
        (None, 0) => {
            let text = view! { "Figures verified "{age_of(now, at)}": "{format!("{figures}, no mismatches.")} };
            ("up_to_date", Icon::Success, text.into_any())
        }
        (None, mismatches) => {
            let mismatches = plural(mismatches, "mismatch", "mismatches");
            let text = view! {
                "Figures verified "{age_of(now, at)}": "{format!("{figures}, {mismatches}. ")}<code>"muster verify"</code>
                " lists all of them."
            };
            ("failed", Icon::Failure, text.into_any())
        }
    };
    let unchecked = (verification.pages_left_out > 0).then(|| {
        let pages = plural(verification.pages_left_out, "instance page", "instance pages");
        format!(" {pages} will be checked on other nights.")
    });
    let first = (!verification.first.is_empty())
        .then(|| view! { <ul>{verification.first.into_iter().map(one_mismatch).collect_view()}</ul> });
    let text = view! { <div><p>{text}{unchecked}</p>{first}</div> };
    notice(tone, "Verification of the figures", mark, text)
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
    let text = view! {
        <p>
            "The store's write-ahead log was found damaged "{age_of(now, lost.found_at)}
            ". Harvests that existed only in the log are lost. The damaged log was saved next to the store as "
            <bdi>{lost.kept_as}</bdi>". All accounts are being harvested in full: "{lost.unread}" of "{regions}
            " remaining."
        </p>
    };
    notice("failed", "Store", Icon::Failure, text)
}

/// How the queue of events is read.
pub fn events(events: EventsStatus, now: Timestamp) -> AnyView {
    let read = match events.read_at {
        Some(at) => view! { "Last read "{age_of(now, at)} }.into_any(),
        None => "Not read since the start".into_any(),
    };
    let used = plural(events.used, "event", "events");
    let dropped = plural(events.dropped, "other message", "other messages");
    let error = events.error.map(|error| error_entry_with(&error, EventsStatus::advice(&error), now));
    let content = view! {
        <ul class="problem-list">
            <li>
                <p>{used}" since the start made accounts due early, "{dropped}" dropped."</p>
                {error}
            </li>
        </ul>
    };
    Card::new("events", "Events").note(read).content(content)
}

pub fn organization(listing: OrganizationListing, now: Timestamp) -> AnyView {
    let listed = match listing.last_good_at {
        Some(at) => view! { "Last listed "{age_of(now, at)} }.into_any(),
        None => "Never listed".into_any(),
    };
    let members = plural(listing.active_members, "active account", "active accounts");
    let unassigned = (listing.unassigned_members > 0).then(|| {
        let accounts = plural(listing.unassigned_members, "account", "accounts");
        format!("{accounts} not harvested: the tags for the customer or the role are missing or invalid.")
    });
    let error = listing.error.map(|error| error_entry(&error, now));
    let content = view! {
        <ul class="problem-list">
            <li>
                <p>{members}", "{listing.harvested_members}" of them harvested."</p>
                {unassigned.map(|text| view! { <p class="advice">{text}</p> })}
                {error}
            </li>
        </ul>
    };
    Card::new("organization", "AWS organization").note(listed).content(content)
}
