//! An island that switches between the light, dark and system themes. It appears once it is hydrated.

use leptos::{prelude::*, wasm_bindgen::JsValue, web_sys::js_sys::Reflect};
use strum::{EnumString, IntoStaticStr};

const KEY: &str = "muster-theme";

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, EnumString, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

impl Theme {
    fn code(self) -> &'static str {
        self.into()
    }

    fn of(code: Option<&str>) -> Self {
        code.and_then(|code| code.parse().ok()).unwrap_or_default()
    }

    fn next(self) -> Self {
        match self {
            Self::System => Self::Light,
            Self::Light => Self::Dark,
            Self::Dark => Self::System,
        }
    }
}

/// The site's `localStorage`; none where the browser forbids it, as some do inside a frame.
fn storage() -> Option<JsValue> {
    let storage = Reflect::get(&window(), &JsValue::from_str("localStorage")).ok()?;
    storage.is_object().then_some(storage)
}

fn stored_theme() -> Theme {
    let code =
        storage().and_then(|storage| Reflect::get(&storage, &JsValue::from_str(KEY)).ok()).and_then(|v| v.as_string());
    Theme::of(code.as_deref())
}

/// A theme that cannot be stored applies until the page is left.
fn store_theme(theme: Theme) {
    if let Some(storage) = storage() {
        let _ = Reflect::set(&storage, &JsValue::from_str(KEY), &JsValue::from_str(theme.code()));
    }
}

fn apply(theme: Theme) {
    let Some(root) = document().document_element() else { return };
    let _ = match theme {
        Theme::System => root.remove_attribute("data-theme"),
        theme => root.set_attribute("data-theme", theme.code()),
    };
}

#[island]
pub fn ThemeButton() -> impl IntoView {
    let theme = RwSignal::new(None::<Theme>);
    Effect::new(move |_| {
        let stored = stored_theme();
        apply(stored);
        theme.set(Some(stored));
    });
    let switch = move |now: Theme| {
        let next = now.next();
        apply(next);
        store_theme(next);
        theme.set(Some(next));
    };
    let button = move || {
        theme.get().map(|now| {
            view! {
                <button class="button theme-button" type="button" on:click=move |_| switch(now)>
                    <span class=format!("theme-icon {}", now.code()) aria-hidden="true"></span>
                    {format!("Theme: {}", now.code())}
                </button>
            }
        })
    };
    view! { <div class="theme-toggle">{button}</div> }
}

#[cfg(test)]
mod tests {
    use super::Theme;

    #[test]
    fn three_presses_come_back() {
        let start = Theme::of(Some("dark"));
        assert_eq!(start.next().next().next(), start);
        assert_eq!(Theme::of(Some("sepia")), Theme::System);
        assert_eq!(Theme::of(Some(start.code())), start);
    }
}
