//! An island without a face: with it, forms apply a picked value at once and keep empty fields out of the URL.
//! Without it they work all the same, by their Apply button.

use leptos::{
    ev::{Custom, Event, change},
    prelude::*,
    wasm_bindgen::{JsCast, JsValue},
    web_sys::{FormData, HtmlSelectElement, UrlSearchParams, js_sys::Reflect},
};

#[island]
pub fn LiveForms() -> impl IntoView {
    Effect::new(|_| {
        window_event_listener(change, apply);
        window_event_listener(Custom::<Event>::new("formdata"), leave_out_empty);
    });
}

/// A picked value is applied at once where a form says so.
fn apply(event: Event) {
    let select = event.target().and_then(|target| target.dyn_into::<HtmlSelectElement>().ok());
    let form = select.and_then(|select| select.form());
    if let Some(form) = form.filter(|form| form.has_attribute("data-live")) {
        // A browser that can't do this still has the Apply button.
        let _ = form.request_submit();
    }
}

/// The browser is about to send a form: fields without a value say nothing, so they need not be in the address.
fn leave_out_empty(event: Event) {
    let data =
        Reflect::get(&event, &JsValue::from_str("formData")).ok().and_then(|data| data.dyn_into::<FormData>().ok());
    let Some(data) = data else { return };
    let Ok(params) = UrlSearchParams::new_with_str_sequence_sequence(&data) else { return };
    for (name, value) in form_urlencoded::parse(String::from(params.to_string()).as_bytes()) {
        if value.is_empty() {
            data.delete(&name);
        }
    }
}
