//! Draws pending OS updates and instances up to date by day, one panel above the other.

use super::{
    panel::{Panel, WIDTH, draw_ends, short},
    svg::{PENDING, UP_TO_DATE, draw, finish},
};
use muster_model::{chart::Chart, trend::TrendDay};

const HEIGHT: u32 = 330;
const TITLE: &str = "Pending OS updates and instances up to date, by day";

pub fn chart(days: &[TrendDay]) -> Chart {
    let summary = summary(days);
    let figures = |of: fn(&TrendDay) -> u64| days.iter().map(|day| (day.day, of(day) as f64)).collect();
    let panels = [
        Panel {
            label: "Pending OS updates",
            ink: PENDING,
            top: 28,
            bottom: 186,
            ceiling: 0,
            figures: figures(|day| day.pending_os_updates),
        },
        Panel {
            label: "Instances up to date",
            ink: UP_TO_DATE,
            top: 228,
            bottom: 302,
            ceiling: 0,
            figures: figures(|day| day.up_to_date),
        },
    ];
    let drawing = draw((WIDTH, HEIGHT), |area| {
        let (Some(first), Some(last)) = (days.first(), days.last()) else { return Ok(()) };
        let axis = (first.day, last.day);
        for panel in &panels {
            panel.draw(area, axis)?;
        }
        draw_ends(area, HEIGHT as i32, axis)
    });
    let rows = days.iter().rev().map(|day| {
        vec![
            day.day.to_string(),
            day.pending_os_updates.to_string(),
            day.up_to_date.to_string(),
            day.instances.to_string(),
        ]
    });
    Chart {
        svg: finish(&drawing, TITLE, &summary),
        summary,
        columns: ["Day", "Pending OS updates", "Up to date", "Instances"].map(str::to_owned).to_vec(),
        rows: rows.collect(),
    }
}

fn summary(days: &[TrendDay]) -> String {
    let (Some(first), Some(last)) = (days.first(), days.last()) else {
        return "No day has been recorded yet".to_owned();
    };
    format!(
        "From {} to {}: pending OS updates went from {} to {}, instances up to date from {} of {} to {} of {}. \
         Vertical lines are Patch Tuesdays",
        short(first.day),
        short(last.day),
        first.pending_os_updates,
        last.pending_os_updates,
        first.up_to_date,
        first.instances,
        last.up_to_date,
        last.instances
    )
}

#[cfg(test)]
mod tests {
    use super::super::one_figure::tests::days;
    use super::*;

    #[test]
    fn the_picture_is_the_same_every_time() {
        insta::assert_snapshot!(chart(&days()).svg);
    }

    #[test]
    fn says_if_no_day_was_recorded() {
        let chart = chart(&[]);
        assert!(chart.svg.contains("No day has been recorded yet"));
        assert!(chart.rows.is_empty());
    }
}
