//! Light, dark, or as the system says: an island. Shown once it is alive, because it does nothing before.

use leptos::{prelude::*, wasm_bindgen::JsValue, web_sys::js_sys::Reflect};

const KEY: &str = "muster-theme";

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

impl Theme {
    fn code(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    fn of(code: Option<&str>) -> Self {
        match code {
            Some("light") => Self::Light,
            Some("dark") => Self::Dark,
            _ => Self::System,
        }
    }

    fn next(self) -> Self {
        match self {
            Self::System => Self::Light,
            Self::Light => Self::Dark,
            Self::Dark => Self::System,
        }
    }
}

/// The browser's store for this site; none where the browser forbids it, as some do inside a frame.
fn storage() -> Option<JsValue> {
    let storage = Reflect::get(&window(), &JsValue::from_str("localStorage")).ok()?;
    storage.is_object().then_some(storage)
}

fn remembered() -> Theme {
    let code =
        storage().and_then(|storage| Reflect::get(&storage, &JsValue::from_str(KEY)).ok()).and_then(|v| v.as_string());
    Theme::of(code.as_deref())
}

/// A theme that can't be remembered holds for this visit, which is no reason to complain.
fn remember(theme: Theme) {
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
        let remembered = remembered();
        apply(remembered);
        theme.set(Some(remembered));
    });
    let turn = move |now: Theme| {
        let next = now.next();
        apply(next);
        remember(next);
        theme.set(Some(next));
    };
    let button = move || {
        theme.get().map(|now| {
            view! {
                <button class="button theme" type="button" on:click=move |_| turn(now)>
                    <span class=format!("moon {}", now.code()) aria-hidden="true"></span>
                    {format!("Theme: {}", now.code())}
                </button>
            }
        })
    };
    view! { <div class="theme-place">{button}</div> }
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
