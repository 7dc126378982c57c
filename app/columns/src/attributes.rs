//! Reads `#[column(…)]`, `#[filter(…)]` and doc comments.

use proc_macro2::TokenStream;
use quote::quote;
use std::collections::BTreeMap;
use syn::{Attribute, Error, Expr, ExprLit, Ident, Lit, Meta, Path, Token};

/// The words of one attribute: `word` alone, `word = "text"` or `word = name`.
#[derive(Default)]
pub struct Words(BTreeMap<String, Word>);

enum Word {
    Alone,
    Text(String),
    Path(Path),
}

impl Words {
    /// Reads every attribute called `name`; a word that is not in `known` is an error.
    pub fn read(attributes: &[Attribute], name: &str, known: &[&str]) -> Result<Self, Error> {
        let mut words = BTreeMap::new();
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident(name)) {
            attribute.parse_nested_meta(|meta| {
                let word = meta.path.get_ident().map(Ident::to_string).unwrap_or_default();
                if !known.contains(&word.as_str()) {
                    return Err(meta.error(format!("expected one of: {}", known.join(", "))));
                }
                let value = if !meta.input.peek(Token![=]) {
                    Word::Alone
                } else if meta.value()?.peek(syn::LitStr) {
                    Word::Text(meta.input.parse::<syn::LitStr>()?.value())
                } else {
                    Word::Path(meta.input.parse()?)
                };
                words.insert(word, value);
                Ok(())
            })?;
        }
        Ok(Self(words))
    }

    pub fn has(&self, word: &str) -> bool {
        self.0.contains_key(word)
    }

    pub fn text(&self, word: &str) -> Option<&str> {
        match self.0.get(word) {
            Some(Word::Text(text)) => Some(text),
            _ => None,
        }
    }

    pub fn path(&self, word: &str) -> Option<&Path> {
        match self.0.get(word) {
            Some(Word::Path(path)) => Some(path),
            _ => None,
        }
    }

    /// An `Option` of the word's text.
    pub fn option(&self, word: &str) -> TokenStream {
        match self.text(word) {
            Some(text) => quote!(::core::option::Option::Some(#text)),
            None => quote!(::core::option::Option::None),
        }
    }
}

/// The doc comment as one line.
pub fn doc(attributes: &[Attribute]) -> String {
    let line = |attribute: &Attribute| match &attribute.meta {
        Meta::NameValue(meta) if meta.path.is_ident("doc") => match &meta.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value().trim().to_owned()),
            _ => None,
        },
        _ => None,
    };
    attributes.iter().filter_map(line).collect::<Vec<_>>().join(" ")
}
