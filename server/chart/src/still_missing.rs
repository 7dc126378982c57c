//! Draws the share of instances that still lack a patch, by day.

use super::{
    panel::{Panel, WIDTH, draw_ends, long},
    svg::{PENDING, draw, finish},
};
use jiff::civil::Date;
use muster_model::{chart::Chart, customer::percent_of};

const HEIGHT: u32 = 260;
const TITLE: &str = "Instances that still lack the update, by day";

/// The days that are drawn at most: an agent can report any time.
const DAYS_MAX: i64 = 730;

/// The instances on which a patch first became pending on a day, and those on which it stopped being so for good.
pub type PatchDay = (Date, u64, u64);

/// Draws the share from the first of `days`, which are in order, to `today`. Of an instance that is gone, it is no longer
/// pending.
pub fn chart(days: &[PatchDay], today: Date) -> Chart {
    let shares = shares(days, today);
    let figures: Vec<_> = shares.iter().filter_map(|(day, lack, of)| Some((*day, percent_of(*lack, *of)?))).collect();
    let summary = summary(&shares);
    let panel = Panel {
        label: "Instances that still lack it, in % of those that ever did",
        ink: PENDING,
        top: 28,
        bottom: 232,
        ceiling: 100,
        figures,
    };
    let drawing = draw((WIDTH, HEIGHT), |area| {
        let (Some((first, ..)), Some((last, ..))) = (shares.first(), shares.last()) else { return Ok(()) };
        panel.draw(area, (*first, *last))?;
        draw_ends(area, HEIGHT as i32, (*first, *last))
    });
    let rows = shares.iter().rev().map(|(day, lack, of)| {
        let share = percent_of(*lack, *of).map_or_else(String::new, |share| share.to_string());
        vec![day.to_string(), lack.to_string(), of.to_string(), share]
    });
    Chart {
        svg: finish(&drawing, TITLE, &summary),
        summary,
        columns: ["Day", "Lack it", "Ever lacked it", "%"].map(str::to_owned).to_vec(),
        rows: rows.collect(),
    }
}

/// Returns each day with the number of instances that lack the patch, and of those that ever did until then.
fn shares(days: &[PatchDay], today: Date) -> Vec<(Date, u64, u64)> {
    let (mut started, mut ended) = (0, 0);
    let mut events = days.iter().peekable();
    let earliest = today.saturating_sub(jiff::Span::new().days(DAYS_MAX));
    let first = days.first().map_or(today, |(day, ..)| (*day).max(earliest));
    let all = first.series(jiff::Span::new().days(1)).take_while(|day| *day <= today);
    let share = |day: Date| {
        while let Some((_, more, fewer)) = events.next_if(|(at, ..)| *at <= day) {
            started += more;
            ended += fewer;
        }
        (day, started.saturating_sub(ended), started)
    };
    if days.is_empty() { Vec::new() } else { all.map(share).collect() }
}

fn summary(shares: &[(Date, u64, u64)]) -> String {
    let (Some((first, ..)), Some((last, lack, of))) = (shares.first(), shares.last()) else {
        return "No instance lacked it so far".to_owned();
    };
    format!(
        "From {} to {}: {lack} of {of} instances still lack it. Vertical lines are Patch Tuesdays",
        long(*first),
        long(*last)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn counts_each_day_until_today() {
        let day = |day| date(2025, 11, day);
        let days = [(day(1), 4, 0), (day(3), 1, 2), (day(4), 0, 3)];
        assert_eq!(
            shares(&days, day(5)),
            [(day(1), 4, 4), (day(2), 4, 4), (day(3), 3, 5), (day(4), 0, 5), (day(5), 0, 5)]
        );
        let chart = chart(&days, day(5));
        assert!(chart.summary.contains("0 of 5 instances still lack it"), "{}", chart.summary);
        assert_eq!(chart.rows[2], ["2025-11-03", "3", "5", "60"]);
    }

    #[test]
    fn days_long_ago_are_counted_and_not_drawn() {
        let today = date(2025, 11, 5);
        let shares = shares(&[(date(1, 1, 1), 2, 3)], today);
        assert_eq!((shares.len(), shares[0].1, shares[0].2), (731, 0, 2));
    }

    #[test]
    fn says_if_nothing_was_ever_pending() {
        let chart = chart(&[], date(2025, 11, 5));
        assert_eq!((chart.summary.as_str(), chart.rows.len()), ("No instance lacked it so far", 0));
    }
}
