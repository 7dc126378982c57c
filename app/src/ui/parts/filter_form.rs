//! The filters above a list: a GET form that works by itself. `LiveForms` makes it apply a picked value at once.

use crate::ui::links::{hidden_pairs, with_query};
use jiff::civil::Date;
use leptos::prelude::*;

/// One value that a filter can take.
pub struct Pick {
    pub code: String,
    pub label: String,
}

impl Pick {
    pub fn new(code: impl Into<String>, label: impl Into<String>) -> Self {
        Self { code: code.into(), label: label.into() }
    }
}

/// One filter: a text to search for, a day, or a value to pick.
pub enum Field {
    Text { name: &'static str, label: &'static str, value: Option<String> },
    Day { name: &'static str, label: &'static str, value: Option<Date> },
    Pick { name: &'static str, label: &'static str, any: &'static str, value: Option<String>, picks: Vec<Pick> },
}

impl Field {
    fn name(&self) -> &'static str {
        match self {
            Self::Text { name, .. } | Self::Day { name, .. } | Self::Pick { name, .. } => name,
        }
    }

    fn is_set(&self) -> bool {
        match self {
            Self::Text { value, .. } | Self::Pick { value, .. } => value.is_some(),
            Self::Day { value, .. } => value.is_some(),
        }
    }
}

/// `id` keeps the labels of two forms on one page apart; `query` is the page's own, of which the form keeps what it
/// has no field for. The fields of `more` are folded away until one of them is set.
pub fn filter_form(id: &'static str, path: String, query: &str, fields: Vec<Field>, more: Vec<Field>) -> AnyView {
    let names: Vec<_> = fields.iter().chain(&more).map(Field::name).collect();
    let rest = hidden_pairs(query, &names);
    let set = fields.iter().chain(&more).any(Field::is_set);
    let clear = set.then(|| {
        let rest = form_urlencoded::Serializer::new(String::new()).extend_pairs(&rest).finish();
        view! { <a class="button subtle" href=with_query(&path, &rest)>"Clear"</a> }
    });
    let hidden = rest.into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value /> });
    let hidden = hidden.collect_view();
    let more = (!more.is_empty()).then(|| {
        let open = more.iter().any(Field::is_set);
        let more = more.into_iter().map(|field| field_view(id, field)).collect_view();
        view! { <details class="more-filters" open=open><summary>"More filters"</summary><div class="fields">{more}</div></details> }
    });
    let fields = fields.into_iter().map(|field| field_view(id, field)).collect_view();
    view! {
        <form class="filters" method="get" data-live="" action=path.clone()>
            {hidden} <div class="fields">
                {fields}<span class="actions"><button class="button" type="submit">"Apply"</button>{clear}</span>
            </div> {more}
        </form>
    }
    .into_any()
}

fn field_view(form: &'static str, field: Field) -> AnyView {
    match field {
        Field::Text { name, label, value } => {
            let id = format!("{form}-{name}");
            let value = value.unwrap_or_default();
            view! {
                <span class="field wide">
                    <label for=id.clone()>{label}</label>
                    <input id=id type="search" name=name value=value maxlength="200" />
                </span>
            }
            .into_any()
        }
        Field::Day { name, label, value } => {
            let id = format!("{form}-{name}");
            let value = value.map(|day| day.to_string());
            view! {
                <span class="field">
                    <label for=id.clone()>{label}</label>
                    <input id=id type="date" name=name value=value />
                </span>
            }
            .into_any()
        }
        Field::Pick { name, label, any, value, picks } => {
            let id = format!("{form}-{name}");
            let known = value.as_ref().is_none_or(|value| picks.iter().any(|pick| pick.code == *value));
            let other = value.clone().filter(|_| !known).map(|value| Pick::new(value.clone(), value));
            let options = picks.into_iter().chain(other).map(|pick| {
                let chosen = value.as_deref() == Some(pick.code.as_str());
                view! { <option value=pick.code selected=chosen>{pick.label}</option> }
            });
            view! {
                <span class="field">
                    <label for=id.clone()>{label}</label>
                    <select id=id name=name>
                        <option value="">{any}</option>
                        {options.collect_view()}
                    </select>
                </span>
            }
            .into_any()
        }
    }
}
