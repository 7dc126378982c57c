//! A chart drawn by the server, with a summary and its data as a table.

use crate::{model::Chart, ui::prelude::*};

pub fn chart_figure(chart: Chart, caption: &'static str) -> AnyView {
    let heads = chart.columns.into_iter().map(|name| view! { <th scope="col">{name}</th> }).collect_view();
    let rows = chart.rows.into_iter().map(|cells| {
        let cells = cells.into_iter().enumerate().map(|(index, cell)| match index {
            0 => view! { <th scope="row">{cell}</th> }.into_any(),
            _ => view! { <td class="numeric">{cell}</td> }.into_any(),
        });
        view! { <tr>{cells.collect_view()}</tr> }
    });
    // The only unescaped markup: the server draws it from figures and constant labels.
    view! {
        <figure class="chart">
            <div class="chart-svg" inner_html=chart.svg></div>
            <figcaption>{chart.summary}</figcaption>
            <details>
                <summary>"View as table"</summary>
                <div class="table-scroll chart-table-scroll" role="region" tabindex="0" aria-label=caption>
                    <table class="chart-table">
                        <caption class="visually-hidden">{caption}</caption>
                        <thead><tr>{heads}</tr></thead>
                        <tbody>{rows.collect_view()}</tbody>
                    </table>
                </div>
            </details>
        </figure>
    }
    .into_any()
}
