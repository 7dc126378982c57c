//! The derives that make a list of one declaration: [`macro@Columns`] for its row, [`macro@Filter`] for its parameters.
//!
//! The traits that they implement, and what each attribute means, are in `muster_model::column` and `muster_model::filter`.

mod attributes;
mod columns;
mod filter;

use proc_macro::TokenStream;
use syn::{Data, DeriveInput, Error, Field, Fields, parse_macro_input};

/// Implements `muster_model::column::Columns` for a row type: a column for each field.
///
/// The field's name is the column's name in SQL, JSON, CSV and `sort=`; its doc comment is the help text of the heading.
///
/// - `heading = "…"`: shown in tables, under this heading. `class = "…"`: the CSS class of its cells, `hidden`: not shown
///   unless a page asks for it, `unit = "…"`: the unit of its numbers.
///   `absent = "…"`: what a cell without a value says.
/// - `sort` or `sort = desc`: lists can be sorted by it, in this direction unless the query string names another.
///   `key = "…"`: its name in `sort=`, where that is not the column's. `default`: the order of an empty query string.
/// - `name = "…"`: the column's name, where it is not the field's. `no_csv`: not in files.
/// - `flatten`: the columns of a field that has several. `skip`: no column; the field is left at its default when read.
#[proc_macro_derive(Columns, attributes(column))]
pub fn derive_columns(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    fields(&input)
        .and_then(|fields| columns::expand(&input.ident, &fields))
        .unwrap_or_else(Error::into_compile_error)
        .into()
}

/// Implements `muster_model::filter::Filter` for the parameters of a list: one for each field.
///
/// The field's name is the parameter's key; its doc comment is the description in the API.
///
/// - `label = "…"`: the form has a control for it. `any = "…"`: what it says when nothing is chosen. `folded`: it is under
///   "More filters". `choices = customers`: it offers these of the caller's own values. `yes = "…", no = "…"`: the labels
///   of a boolean.
/// - `column = "…"`: only rows whose column of this name equals the value. Other conditions are made by the list's query.
/// - `key = "…"`: the parameter's key, where it is not the field's name. `search`: text of limited length.
///
/// On the struct, `check = path` names a function that has the last word on what was read.
#[proc_macro_derive(Filter, attributes(filter))]
pub fn derive_filter(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    fields(&input).and_then(|fields| filter::expand(&input, &fields)).unwrap_or_else(Error::into_compile_error).into()
}

fn fields(input: &DeriveInput) -> Result<Vec<&Field>, Error> {
    match &input.data {
        Data::Struct(data) if matches!(data.fields, Fields::Named(_)) => Ok(data.fields.iter().collect()),
        _ => Err(Error::new_spanned(&input.ident, "only a struct with named fields has columns or parameters")),
    }
}
