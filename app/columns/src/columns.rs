//! `#[derive(Columns)]`

use crate::attributes::{Words, doc};
use proc_macro2::TokenStream;
use quote::quote;
use syn::{Error, Field, Ident, ext::IdentExt};

const WORDS: [&str; 12] =
    ["heading", "absent", "class", "hidden", "unit", "sort", "key", "default", "name", "no_csv", "flatten", "skip"];

/// What one field adds to the three functions.
#[derive(Default)]
struct Parts {
    columns: TokenStream,
    values: TokenStream,
    read: TokenStream,
}

pub fn expand(row: &Ident, fields: &[&Field]) -> Result<TokenStream, Error> {
    let mut all = Parts::default();
    for field in fields {
        let Parts { columns, values, read } = parts(field)?;
        all.columns.extend(columns);
        all.values.extend(values);
        all.read.extend(read);
    }
    let Parts { columns, values, read } = all;
    Ok(quote! {
        impl ::muster_model::column::Columns for #row {
            fn columns() -> ::std::vec::Vec<::muster_model::column::Column> {
                let mut all = ::std::vec::Vec::new();
                #columns
                all
            }

            fn values(&self) -> ::std::vec::Vec<::muster_model::column::Value<'_>> {
                let mut all = ::std::vec::Vec::new();
                #values
                all
            }

            fn read<S: ::muster_model::column::ColumnSource>(
                source: &mut S,
            ) -> ::core::result::Result<Self, S::Error> {
                ::core::result::Result::Ok(Self { #read })
            }
        }
    })
}

fn parts(field: &Field) -> Result<Parts, Error> {
    let words = Words::read(&field.attrs, "column", &WORDS)?;
    let (name, kind) = (&field.ident, &field.ty);
    if words.has("skip") {
        return Ok(Parts { read: quote!(#name: ::core::default::Default::default(),), ..Parts::default() });
    }
    let exported = !words.has("no_csv");
    if words.has("flatten") {
        return Ok(Parts {
            columns: quote! {
                all.extend(<#kind as ::muster_model::column::Columns>::columns().into_iter().map(|column| {
                    ::muster_model::column::Column { exported: column.exported && #exported, ..column }
                }));
            },
            values: quote!(all.extend(::muster_model::column::Columns::values(&self.#name));),
            read: quote!(#name: ::muster_model::column::Columns::read(source)?,),
        });
    }
    let own = name.as_ref().map(|name| name.unraw().to_string()).unwrap_or_default();
    let column = words.text("name").unwrap_or(&own).to_owned();
    let heading = words.text("heading").unwrap_or_default();
    let absent = words.text("absent").unwrap_or_default();
    let (help, class, unit) = (doc(&field.attrs), words.option("class"), words.option("unit"));
    let (shown, is_default) = (!words.has("hidden"), words.has("default"));
    let key = words.text("key").unwrap_or(&column);
    let sort = match (words.has("sort"), words.path("sort").is_some_and(|path| path.is_ident("desc"))) {
        (false, _) => quote!(::core::option::Option::None),
        (true, false) => quote!(::core::option::Option::Some(::muster_model::filter::Direction::Ascending)),
        (true, true) => quote!(::core::option::Option::Some(::muster_model::filter::Direction::Descending)),
    };
    Ok(Parts {
        columns: quote! {
            all.push(::muster_model::column::Column {
                name: #column,
                heading: #heading,
                help: #help,
                kind: <#kind as ::muster_model::column::ColumnValue>::KIND,
                absent: #absent,
                class: #class,
                unit: #unit,
                sort: #sort,
                key: #key,
                is_default: #is_default,
                shown: #shown,
                exported: #exported,
            });
        },
        values: quote!(all.push(::muster_model::column::ColumnValue::to_value(&self.#name));),
        read: quote!(#name: ::muster_model::column::ColumnSource::next(source)?,),
    })
}
