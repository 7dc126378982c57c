//! `#[derive(Filter)]`

use crate::attributes::{Words, doc};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{DeriveInput, Error, Field, ext::IdentExt};

const WORDS: [&str; 9] = ["label", "any", "folded", "choices", "yes", "no", "column", "key", "search"];

pub fn expand(input: &DeriveInput, fields: &[&Field]) -> Result<TokenStream, Error> {
    let filter = &input.ident;
    let check = match Words::read(&input.attrs, "filter", &["check"])?.path("check") {
        Some(check) => quote! {
            fn check(self) -> ::core::result::Result<Self, ::muster_model::query_string::QueryError> {
                #check(self)
            }
        },
        None => quote!(),
    };
    let mut window = quote!();
    let (mut describe, mut take, mut write, mut values) = (quote!(), quote!(), quote!(), quote!());
    for field in fields {
        let words = Words::read(&field.attrs, "filter", &WORDS)?;
        let (name, kind) = (&field.ident, &field.ty);
        let own = name.as_ref().map(|name| name.unraw().to_string()).unwrap_or_default();
        let key = words.text("key").unwrap_or(&own);
        if own == "window" {
            window = quote! {
                fn window(&self) -> ::muster_model::page::Window {
                    self.window
                }
            };
        }
        let parameter = parameter(key, &doc(&field.attrs), &words);
        describe.extend(quote! {
            <#kind as ::muster_model::filter::FilterField>::describe(#parameter, &mut all);
        });
        take.extend(match words.has("search") {
            true => quote!(#name: ::muster_model::filter::search(params, #key)?,),
            false => quote!(#name: ::muster_model::filter::FilterField::take(params, #key)?,),
        });
        write.extend(quote! {
            let writer = ::muster_model::filter::FilterField::write(&self.#name, #key, writer);
        });
        values.extend(quote! {
            ::muster_model::filter::FilterField::value(&self.#name, #key, &mut all);
        });
    }
    Ok(quote! {
        impl ::muster_model::filter::Filter for #filter {
            fn parameters() -> ::std::vec::Vec<::muster_model::filter::Parameter> {
                let mut all = ::std::vec::Vec::new();
                #describe
                all
            }

            fn take(
                params: &mut ::muster_model::query_string::Params,
            ) -> ::core::result::Result<Self, ::muster_model::query_string::QueryError> {
                ::core::result::Result::Ok(Self { #take })
            }

            #check
            #window

            fn write(
                &self,
                writer: ::muster_model::query_string::QueryWriter,
            ) -> ::muster_model::query_string::QueryWriter {
                #write
                writer
            }

            fn values(&self) -> ::std::vec::Vec<(&'static str, ::muster_model::column::Value<'_>)> {
                let mut all = ::std::vec::Vec::new();
                #values
                all
            }
        }

        impl #filter {
            /// Reads a query string; a key that is none of the parameters is an error.
            pub fn from_query(query: &str) -> ::core::result::Result<Self, ::muster_model::query_string::QueryError> {
                ::muster_model::filter::Filter::from_query(query)
            }

            /// The query string that gives this filter, without a question mark.
            pub fn to_query(&self) -> ::std::string::String {
                ::muster_model::filter::Filter::to_query(self)
            }
        }
    })
}

fn parameter(key: &str, help: &str, words: &Words) -> TokenStream {
    let (label, any) = (words.text("label").unwrap_or_default(), words.text("any").unwrap_or_default());
    let (folded, search, column) = (words.has("folded"), words.has("search"), words.option("column"));
    let options = match (words.text("yes"), words.text("no")) {
        (Some(yes), Some(no)) => quote!(::std::vec![("true", #yes), ("false", #no)]),
        _ => quote!(::std::vec::Vec::new()),
    };
    let choices = match words.path("choices").and_then(|path| path.get_ident()) {
        Some(list) => {
            let list = format_ident!("{list}");
            quote!(::core::option::Option::Some(|choices| &choices.#list))
        }
        None => quote!(::core::option::Option::None),
    };
    quote! {
        ::muster_model::filter::Parameter {
            key: #key,
            help: #help,
            label: #label,
            any: #any,
            is_folded: #folded,
            is_search: #search,
            column: #column,
            options: #options,
            choices: #choices,
            input: ::muster_model::filter::Input::Text,
        }
    }
}
