//! What a parameter of a list can be: text, a day, a code, a flag, several states, an order or a window.

use super::{Input, OFFSET_MAX, Parameter, SEARCH_MAX_CHARS};
use crate::{
    AccountId, CveId, Exact, InstanceId, PAGE_ROWS_DEFAULT, PAGE_ROWS_MAX, TrendFigure, UpdateState, Window,
    column::{ColumnValue, Value},
    query_string::{Params, QueryError, QueryWriter, day},
};
use jiff::civil::Date;

/// A type that one parameter can have.
pub trait ParameterValue: ColumnValue {
    const INPUT: Input = Input::Text;

    /// The codes that it takes, with their labels; none where it takes any text.
    fn options() -> Vec<(&'static str, &'static str)> {
        Vec::new()
    }

    /// What is expected, for the error of another value.
    fn expected() -> String {
        let codes: Vec<_> = Self::options().iter().map(|(code, _)| format!("`{code}`")).collect();
        codes.join(", ")
    }

    /// Reads a value of a query string. Blanks around it do not count where no value has them.
    fn parse(text: &str) -> Option<Self> {
        Self::from_value(Value::Text(text.trim().into()))
    }

    /// The value in a query string.
    fn written(&self) -> String {
        self.to_value().text().into_owned()
    }
}

/// A field of a filter: most are one parameter, and some are several.
pub trait FilterField: Sized {
    /// Adds its parameters. `parameter` is what the field itself declares.
    fn describe(parameter: Parameter, all: &mut Vec<Parameter>);
    fn take(params: &mut Params, key: &'static str) -> Result<Self, QueryError>;
    fn write(&self, key: &'static str, writer: QueryWriter) -> QueryWriter;
    /// Adds its value, if it chooses rows and is set.
    fn value<'a>(&'a self, key: &'static str, all: &mut Vec<(&'static str, Value<'a>)>);
}

impl Parameter {
    /// A parameter without a form control.
    pub fn plain(key: &'static str, help: &'static str) -> Self {
        Self {
            key,
            help,
            label: "",
            any: "",
            is_folded: false,
            is_search: false,
            column: None,
            options: Vec::new(),
            choices: None,
            input: Input::Text,
        }
    }
}

impl<T: ParameterValue> FilterField for Option<T> {
    fn describe(parameter: Parameter, all: &mut Vec<Parameter>) {
        let options = if parameter.options.is_empty() { T::options() } else { parameter.options };
        all.push(Parameter { options, input: T::INPUT, ..parameter });
    }

    fn take(params: &mut Params, key: &'static str) -> Result<Self, QueryError> {
        params.value(key, T::expected, T::parse)
    }

    fn write(&self, key: &'static str, writer: QueryWriter) -> QueryWriter {
        writer.text(key, self.as_ref().map(T::written).as_deref())
    }

    fn value<'a>(&'a self, key: &'static str, all: &mut Vec<(&'static str, Value<'a>)>) {
        all.extend(self.as_ref().map(|value| (key, value.to_value())));
    }
}

/// The default figure needs no name.
impl FilterField for TrendFigure {
    fn describe(parameter: Parameter, all: &mut Vec<Parameter>) {
        Option::<Self>::describe(parameter, all);
    }

    fn take(params: &mut Params, key: &'static str) -> Result<Self, QueryError> {
        Ok(<Option<Self> as FilterField>::take(params, key)?.unwrap_or_default())
    }

    fn write(&self, key: &'static str, writer: QueryWriter) -> QueryWriter {
        Some(*self).filter(|figure| *figure != Self::default()).write(key, writer)
    }

    fn value<'a>(&'a self, key: &'static str, all: &mut Vec<(&'static str, Value<'a>)>) {
        all.extend((*self != Self::default()).then(|| (key, self.to_value())));
    }
}

impl FilterField for Vec<UpdateState> {
    fn describe(parameter: Parameter, all: &mut Vec<Parameter>) {
        // The two that are pending together first, as everything else counts them.
        let pending = ("Missing,Failed", "Pending (missing or failed)");
        let options = std::iter::once(pending).chain(UpdateState::KNOWN.map(|(code, label, _)| (code, label)));
        all.push(Parameter { options: options.collect(), input: Input::Choices, ..parameter });
    }

    /// Takes the states of all values, so that the key can be repeated.
    fn take(params: &mut Params, key: &'static str) -> Result<Self, QueryError> {
        let mut states = Vec::new();
        for value in params.texts(key) {
            for state in value.split(',').map(|text| UpdateState::parse(text.trim())) {
                if matches!(state, UpdateState::Other(_)) {
                    let expected = "states such as `Missing,Failed`, separated by commas";
                    return Err(QueryError::value(key, value, expected));
                }
                if !states.contains(&state) {
                    states.push(state);
                }
            }
        }
        Ok(states)
    }

    fn write(&self, key: &'static str, writer: QueryWriter) -> QueryWriter {
        let states = self.iter().map(UpdateState::code).collect::<Vec<_>>().join(",");
        writer.text(key, Some(states.as_str()).filter(|states| !states.is_empty()))
    }

    fn value<'a>(&'a self, key: &'static str, all: &mut Vec<(&'static str, Value<'a>)>) {
        if !self.is_empty() {
            all.push((key, Value::Text(self.iter().map(UpdateState::code).collect::<Vec<_>>().join(",").into())));
        }
    }
}

impl FilterField for Window {
    fn describe(_: Parameter, all: &mut Vec<Parameter>) {
        let page = Input::Number { min: 1, max: None, default: None };
        let rows = Input::Number { min: 1, max: Some(PAGE_ROWS_MAX), default: Some(PAGE_ROWS_DEFAULT) };
        all.extend([
            Parameter { input: page, ..Parameter::plain("page", "The page number, from 1.") },
            Parameter { input: rows, ..Parameter::plain("per_page", "The rows of one answer.") },
            Parameter::plain("cursor", "What `next` of the answer before gave; takes the place of `page`."),
        ]);
    }

    fn take(params: &mut Params, _: &'static str) -> Result<Self, QueryError> {
        window(params)
    }

    fn write(&self, _: &'static str, writer: QueryWriter) -> QueryWriter {
        write_window(writer, *self)
    }

    fn value<'a>(&'a self, _: &'static str, _: &mut Vec<(&'static str, Value<'a>)>) {}
}

impl ParameterValue for String {
    fn parse(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
}

impl ParameterValue for Exact {
    fn expected() -> String {
        "a text, `\\none` for the empty one; a backslash at its start is written twice".to_owned()
    }

    fn parse(text: &str) -> Option<Self> {
        Self::read(text)
    }

    fn written(&self) -> String {
        Self::written(self)
    }
}

impl ParameterValue for AccountId {
    fn expected() -> String {
        "an account id".to_owned()
    }
}

impl ParameterValue for InstanceId {
    fn expected() -> String {
        "an instance id".to_owned()
    }
}

impl ParameterValue for CveId {
    fn expected() -> String {
        "a CVE such as `CVE-2025-40778`".to_owned()
    }

    fn parse(text: &str) -> Option<Self> {
        text.trim().to_ascii_uppercase().parse().ok()
    }
}

impl ParameterValue for Date {
    const INPUT: Input = Input::Day;

    fn expected() -> String {
        "a day such as `2025-11-23`".to_owned()
    }

    fn parse(text: &str) -> Option<Self> {
        day(text.trim())
    }
}

impl ParameterValue for bool {
    const INPUT: Input = Input::Flag;

    fn options() -> Vec<(&'static str, &'static str)> {
        vec![("true", "Yes"), ("false", "No")]
    }

    fn parse(text: &str) -> Option<Self> {
        text.trim().parse().ok()
    }
}

/// Takes the text of a search box. Blanks around it do not count: what is searched for can be anywhere in a text.
pub fn search(params: &mut Params, key: &'static str) -> Result<Option<String>, QueryError> {
    params
        .value(
            key,
            || format!("text of at most {SEARCH_MAX_CHARS} characters"),
            |text| (text.chars().count() <= SEARCH_MAX_CHARS).then(|| text.trim().to_owned()),
        )
        .map(|text| text.filter(|text| !text.is_empty()))
}

/// Takes `page` (from 1) or `cursor` (what `next` gave), and `per_page`.
pub fn window(params: &mut Params) -> Result<Window, QueryError> {
    let limit = params
        .value(
            "per_page",
            || format!("a number from 1 to {PAGE_ROWS_MAX}"),
            |text| text.trim().parse().ok().filter(|rows| (1..=PAGE_ROWS_MAX).contains(rows)),
        )?
        .unwrap_or(PAGE_ROWS_DEFAULT);
    let page = params.value(
        "page",
        || "a page number from 1".to_owned(),
        |text| text.trim().parse::<u64>().ok().filter(|page| *page >= 1),
    )?;
    let cursor = params.value(
        "cursor",
        || "what `next` of the answer before gave, without `page`".to_owned(),
        |text| text.trim().parse::<u64>().ok().filter(|_| page.is_none()),
    )?;
    let offset = cursor.unwrap_or_else(|| (page.unwrap_or(1) - 1).saturating_mul(u64::from(limit)));
    Ok(Window { offset: offset.min(OFFSET_MAX), limit })
}

pub fn write_window(writer: QueryWriter, window: Window) -> QueryWriter {
    let page = (window.offset > 0).then(|| window.page_number().to_string());
    let per_page = (window.limit != PAGE_ROWS_DEFAULT).then(|| window.limit.to_string());
    writer.text("page", page.as_deref()).text("per_page", per_page.as_deref())
}
