//! Draws one figure over a range of days, with gaps on days without a record.

use super::{
    panel::{Axis, Panel, WIDTH, days_between, draw_ends, long},
    svg::{Ink, PENDING, TEXT, UP_TO_DATE, draw, finish, ink_of},
};
use muster_model::{
    chart::Chart,
    patch_status::PatchStatus,
    trend::{TrendDay, TrendFigure},
};

const HEIGHT: u32 = 260;

pub fn chart(figure: TrendFigure, axis: Axis, days: &[TrendDay]) -> Chart {
    let figures: Vec<_> = days.iter().filter_map(|day| Some((day.day, figure.of(day)?))).collect();
    let summary = summary(figure, axis, days.len(), &figures.iter().map(|(_, value)| *value).collect::<Vec<_>>());
    let ceiling = if figure == TrendFigure::RunSuccess { 100 } else { 0 };
    let panel = Panel { label: figure.label(), ink: ink(figure), top: 28, bottom: 232, ceiling, figures };
    let drawing = draw((WIDTH, HEIGHT), |area| {
        panel.draw(area, axis)?;
        draw_ends(area, HEIGHT as i32, axis)
    });
    let value = |day: &TrendDay| figure.of(day).map_or("–".to_owned(), |value| value.to_string());
    Chart {
        svg: finish(&drawing, &format!("{}, by day", figure.label()), &summary),
        summary,
        columns: vec!["Day".to_owned(), figure.label().to_owned()],
        rows: days.iter().rev().map(|day| vec![day.day.to_string(), value(day)]).collect(),
    }
}

fn ink(figure: TrendFigure) -> Ink {
    match figure {
        TrendFigure::Severity(band) => ink_of(band),
        TrendFigure::OnlineInstances | TrendFigure::RunSuccess | TrendFigure::Status(PatchStatus::UpToDate) => {
            UP_TO_DATE
        }
        TrendFigure::Instances => TEXT,
        _ => PENDING,
    }
}

/// Describes what the chart shows and which days it lacks.
fn summary(figure: TrendFigure, (from, to): Axis, recorded: usize, values: &[f64]) -> String {
    let range = i64::from(days_between(from, to)) + 1;
    let gaps = range - recorded as i64;
    let span = format!("{}, {} to {}", figure.label(), long(from), long(to));
    let values_text = match (values.first(), values.last()) {
        (Some(first), Some(last)) => {
            let most = values.iter().copied().fold(f64::MIN, f64::max);
            let least = values.iter().copied().fold(f64::MAX, f64::min);
            format!("from {first} to {last}, at least {least} and at most {most}")
        }
        _ => "no value".to_owned(),
    };
    let of_days = |days: i64| format!("{days} of {range} {}", if range == 1 { "day" } else { "days" });
    let missing = if gaps > 0 { format!(". {} without a record are gaps", of_days(gaps)) } else { String::new() };
    let without = recorded as i64 - values.len() as i64;
    let without =
        if without > 0 { format!(". {} have a record without this figure", of_days(without)) } else { String::new() };
    format!("{span}: {values_text}{missing}{without}. Vertical lines are Patch Tuesdays")
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use jiff::civil::{Date, date};
    use muster_model::severity::SeverityBand;

    fn day(day: Date, pending_os_updates: u64) -> TrendDay {
        TrendDay {
            day,
            instances: 20,
            online_instances: 18,
            pending_os_updates,
            instances_pending_os_updates: 5,
            pending_agent_updates: 1,
            run_success_percent: Some(93.3),
            runs_succeeded: Some(14),
            runs_total: Some(15),
            no_data: 0,
            stale: 0,
            failed: 0,
            pending: 5,
            pending_reboot: 0,
            up_to_date: 15,
            pending_critical: None,
            pending_important: None,
            pending_moderate: None,
            pending_low: None,
            pending_unrated: None,
            details_missing: None,
            non_compliant: None,
            unsupported: None,
        }
    }

    /// Returns the first fourteen days of a November.
    pub fn days() -> Vec<TrendDay> {
        (1..=14).map(|n| day(date(2025, 11, n), 40 + 10 * u64::from(n.unsigned_abs()))).collect()
    }

    #[test]
    fn days_without_a_record_are_gaps_and_are_counted() {
        let mut days = days();
        days.drain(3..8);
        let chart = chart(TrendFigure::PendingOsUpdates, (date(2025, 10, 31), date(2025, 11, 14)), &days);
        insta::assert_snapshot!(chart.svg);
        assert!(chart.summary.contains("6 of 15 days without a record are gaps"), "{}", chart.summary);
        assert_eq!(chart.rows.len(), 9);
        assert_eq!(chart.rows[0], ["2025-11-14", "180"]);
    }

    #[test]
    fn draws_no_zero_for_a_figure_that_was_not_recorded() {
        let critical = TrendFigure::Severity(SeverityBand::Critical);
        let chart = chart(critical, (date(2025, 11, 1), date(2025, 11, 14)), &days());
        assert!(
            chart.summary.contains("no value. 14 of 14 days have a record without this figure"),
            "{}",
            chart.summary
        );
        assert!(chart.rows.iter().all(|row| row[1] == "–"));
    }

    #[test]
    fn draws_any_range() {
        for axis in [(date(2025, 11, 1), date(2025, 11, 1)), (date(1, 1, 1), date(9999, 12, 31))] {
            let chart = chart(TrendFigure::RunSuccess, axis, &days()[..1]);
            assert!(chart.svg.contains("from 93.3 to 93.3"), "{}", chart.summary);
        }
    }
}
