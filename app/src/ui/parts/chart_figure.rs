//! A chart that the server drew, with its summary and the same figures as a table.

use crate::model::chart::Chart;
use leptos::prelude::*;

pub fn chart_figure(chart: Chart, caption: &'static str) -> AnyView {
    let heads = chart.columns.into_iter().map(|name| view! { <th scope="col">{name}</th> }).collect_view();
    let rows = chart.rows.into_iter().map(|cells| {
        let cells = cells.into_iter().enumerate().map(|(place, cell)| match place {
            0 => view! { <th scope="row">{cell}</th> }.into_any(),
            _ => view! { <td class="n">{cell}</td> }.into_any(),
        });
        view! { <tr>{cells.collect_view()}</tr> }
    });
    // The only markup that is taken as it comes: the server made it from figures and constant words.
    view! {
        <figure class="chart">
            <div class="drawing" inner_html=chart.svg></div>
            <figcaption>{chart.summary}</figcaption>
            <details>
                <summary>"As table"</summary>
                <div class="scroll tall" role="region" tabindex="0" aria-label=caption>
                    <table class="plain">
                        <caption class="unseen">{caption}</caption>
                        <thead><tr>{heads}</tr></thead>
                        <tbody>{rows.collect_view()}</tbody>
                    </table>
                </div>
            </details>
        </figure>
    }
    .into_any()
}
