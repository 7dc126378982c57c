//! An island that renders nothing: forms apply a selected value immediately and keep empty fields out of the URL, and
//! Escape closes the menus of the header, and `/` leads to its search box. Without it, forms work by their Apply button, and
//! menus by their own.

use leptos::{
    ev::{Custom, Event, KeyboardEvent, change, keydown},
    prelude::*,
    wasm_bindgen::{JsCast, JsValue},
    web_sys::{FormData, HtmlElement, HtmlSelectElement, UrlSearchParams, js_sys::Reflect},
};

#[island]
pub fn LiveForms() -> impl IntoView {
    Effect::new(|_| {
        window_event_listener(change, apply);
        window_event_listener(keydown, close_menu);
        window_event_listener(keydown, focus_search);
        window_event_listener(Custom::<Event>::new("formdata"), remove_empty_fields);
    });
}

/// Closes an open menu of the header with Escape, and returns the focus to its button.
fn close_menu(event: KeyboardEvent) {
    if event.key() != "Escape" {
        return;
    }
    let Some(menu) = document().query_selector("details.menu[open]").ok().flatten() else { return };
    // Neither fails on an element that was just found.
    let _ = menu.remove_attribute("open");
    let button = menu.query_selector("summary").ok().flatten().and_then(|button| button.dyn_into::<HtmlElement>().ok());
    if let Some(button) = button {
        let _ = button.focus();
    }
}

/// Moves the focus to the search box with `/`, unless something is being written.
fn focus_search(event: KeyboardEvent) {
    let is_writing = document()
        .active_element()
        .is_some_and(|element| ["INPUT", "TEXTAREA", "SELECT"].contains(&element.tag_name().as_str()));
    if event.key() != "/" || is_writing || event.ctrl_key() || event.meta_key() || event.alt_key() {
        return;
    }
    let search = document().get_element_by_id("search").and_then(|search| search.dyn_into::<HtmlElement>().ok());
    if let Some(search) = search {
        event.prevent_default();
        let _ = search.focus();
    }
}

/// Submits a form with `data-live` as soon as a value is selected.
fn apply(event: Event) {
    let select = event.target().and_then(|target| target.dyn_into::<HtmlSelectElement>().ok());
    let form = select.and_then(|select| select.form());
    if let Some(form) = form.filter(|form| form.has_attribute("data-live")) {
        // A browser that does not support this still has the Apply button.
        let _ = form.request_submit();
    }
}

/// Removes the fields without a value from a form that is about to be submitted.
fn remove_empty_fields(event: Event) {
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
