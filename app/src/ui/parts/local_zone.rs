//! An island with a link that shows the page in the browser's time zone. It appears once it is hydrated, where that differs.

use leptos::{
    prelude::*,
    wasm_bindgen::JsValue,
    web_sys::js_sys::{Array, Intl::DateTimeFormat, Object, Reflect},
};

/// The IANA name of the browser's time zone.
fn browser_zone() -> Option<String> {
    let options = DateTimeFormat::new(&Array::new(), &Object::new()).resolved_options();
    Reflect::get(&options, &JsValue::from_str("timeZone")).ok()?.as_string()
}

/// `address` is the page without a zone, `shown` the zone that it shows.
#[island]
pub fn LocalZone(address: String, shown: String) -> impl IntoView {
    let zone = RwSignal::new(None::<String>);
    Effect::new(move |_| zone.set(browser_zone()));
    let link = move || {
        let zone = zone.get().filter(|zone| *zone != shown)?;
        let mark = if address.contains('?') { '&' } else { '?' };
        let value: String = form_urlencoded::byte_serialize(zone.as_bytes()).collect();
        Some(view! {
            <a class="button subtle" href=format!("{address}{mark}zone={value}")>{format!("Show in {zone}")}</a>
        })
    };
    view! { <span class="local-zone">{link}</span> }
}
