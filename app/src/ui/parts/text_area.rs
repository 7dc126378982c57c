//! A text of several lines in a form.

use leptos::prelude::*;

/// A field with a text. Leptos writes the content of a `<textarea>` unescaped, so a text could end it: this is the only place
/// with one.
pub fn text_area(
    id: &'static str,
    name: &'static str,
    chars_max: usize,
    placeholder: &'static str,
    text: &str,
) -> AnyView {
    view! {
        <textarea id=id name=name rows="3" maxlength=chars_max.to_string() placeholder=placeholder>
            {escaped(text)}
        </textarea>
    }
    .into_any()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn no_text_ends_its_field() {
        assert_eq!(escaped("</textarea><b>&lt;"), "&lt;/textarea>&lt;b>&amp;lt;");
    }
}
