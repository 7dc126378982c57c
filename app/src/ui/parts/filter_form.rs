//! The filters above a list: a GET form that works without scripts. `LiveForms` applies a picked value at once.

use crate::{
    model::{
        Choices, Filter,
        filter::{Input, Parameter},
    },
    ui::{
        links::hidden_pairs,
        parts::{CUSTOMER, has_picker},
        prelude::*,
    },
};

/// The parameters that choose no rows: clearing the filters keeps them.
const KEPT: [&str; 6] = ["sort", "dir", "per_page", "as_of", "tab", CUSTOMER];

/// One control: a parameter with its present value and the values to pick from, as codes and labels.
struct Control {
    parameter: Parameter,
    value: Option<String>,
    picks: Vec<(String, String)>,
}

/// A control for each parameter with a label. `id` keeps the labels of two forms on one page apart; `query` is the page's
/// own, of which the form keeps what it has no control for.
pub fn filter_form<F: Filter>(id: &'static str, path: &str, query: &str, filter: &F, choices: &Choices) -> AnyView {
    form(id, path, query, controls(filter, choices))
}

/// The same with these parameters only, none of them folded away. Nothing if there is nothing to pick from.
pub fn short_filter_form<F: Filter>(
    id: &'static str,
    path: &str,
    query: &str,
    (filter, keys): (&F, &[&str]),
    choices: &Choices,
) -> Option<AnyView> {
    let mut controls = controls(filter, choices);
    controls.retain(|control| keys.contains(&control.parameter.key));
    controls.iter_mut().for_each(|control| control.parameter.is_folded = false);
    (!controls.is_empty()).then(|| form(id, path, query, controls))
}

fn controls<F: Filter>(filter: &F, choices: &Choices) -> Vec<Control> {
    let query = filter.to_query();
    let value_of = |key: &str| {
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        pairs.find(|(name, _)| name == key).map(|(_, value)| value.into_owned())
    };
    let parameters = F::parameters().into_iter().filter(|parameter| !parameter.label.is_empty());
    let has_picker = has_picker();
    let parameters = parameters.filter(move |parameter| !(has_picker && parameter.key == CUSTOMER));
    let control = |parameter: Parameter| {
        let value = value_of(parameter.key);
        let options = parameter.options.iter().filter(|(_, label)| *label != parameter.any);
        let mut picks: Vec<_> = options.map(|(code, label)| ((*code).to_owned(), (*label).to_owned())).collect();
        if let Some(list) = parameter.choices {
            let label = |label: &str, instances| format!("{label} ({})", count(instances));
            picks.extend(list(choices).iter().map(|one| (one.code.clone(), label(&one.label, one.instances))));
            // Worth asking only where there is a choice.
            if picks.len() < 2 && value.is_none() {
                return None;
            }
        }
        Some(Control { parameter, value, picks })
    };
    parameters.filter_map(control).collect()
}

fn form(id: &'static str, path: &str, query: &str, controls: Vec<Control>) -> AnyView {
    let keys: Vec<_> = controls.iter().map(|control| control.parameter.key).collect();
    let rest = hidden_pairs(query, &keys);
    let is_filtered = controls.iter().any(|control| control.value.is_some())
        || rest.iter().any(|(key, _)| !KEPT.contains(&key.as_str()));
    let clear = is_filtered.then(|| {
        let kept = rest.iter().filter(|(key, _)| KEPT.contains(&key.as_str()));
        let rest = form_urlencoded::Serializer::new(String::new()).extend_pairs(kept).finish();
        view! { <a class="button subtle" href=with_query(path, &rest)>"Clear"</a> }
    });
    let hidden = rest.into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value /> });
    let hidden = hidden.collect_view();
    let (folded, fields): (Vec<_>, Vec<_>) = controls.into_iter().partition(|control| control.parameter.is_folded);
    let more = (!folded.is_empty()).then(|| {
        let open = folded.iter().any(|control| control.value.is_some());
        let more = folded.into_iter().map(|control| field(id, control)).collect_view();
        view! { <details class="more-filters" open=open><summary>"More filters"</summary><div class="fields">{more}</div></details> }
    });
    let fields = fields.into_iter().map(|control| field(id, control)).collect_view();
    view! {
        <form class="filters" method="get" data-live="" action=path.to_owned()>
            {hidden} <div class="fields">
                {fields}<span class="actions"><button class="button" type="submit">"Apply"</button>{clear}</span>
            </div> {more}
        </form>
    }
    .into_any()
}

fn field(form: &'static str, Control { parameter, value, picks }: Control) -> AnyView {
    let Parameter { key: name, label, any, input, .. } = parameter;
    let id = format!("{form}-{name}");
    let (class, control) = match input {
        Input::Day => ("field", view! { <input id=id.clone() type="date" name=name value=value /> }.into_any()),
        _ if picks.is_empty() => {
            let value = value.unwrap_or_default();
            let text = view! { <input id=id.clone() type="search" name=name value=value maxlength="200" /> };
            ("field wide", text.into_any())
        }
        _ => {
            let is_same = |one: &str, other: &str| match input {
                Input::Choices => same_codes(one, other),
                _ => one == other,
            };
            let is_chosen = |code: &str| value.as_deref().is_some_and(|value| is_same(value, code));
            let known = value.is_none() || picks.iter().any(|(code, _)| is_chosen(code));
            let other = value.clone().filter(|_| !known).map(|value| (value.clone(), value));
            let options = picks.iter().cloned().chain(other).map(|(code, label)| {
                let chosen = is_chosen(&code);
                view! { <option value=code selected=chosen>{label}</option> }
            });
            let select = view! {
                <select id=id.clone() name=name>
                    <option value="">{any}</option>
                    {options.collect_view()}
                </select>
            };
            ("field", select.into_any())
        }
    };
    view! { <span class=class><label for=id>{label}</label>{control}</span> }.into_any()
}

/// Whether two values name the same codes, in whatever order.
fn same_codes(one: &str, other: &str) -> bool {
    let sorted = |codes: &str| {
        let mut codes: Vec<String> = codes.split(',').map(str::to_owned).collect();
        codes.sort();
        codes
    };
    sorted(one) == sorted(other)
}
