//! Drawings from the sprite that the shell holds.
use leptos::prelude::*;

/// The whole sprite, for the shell.
pub const SPRITE: &str = include_str!("glyphs.svg");

/// A drawing by its name in the sprite. It says nothing by itself: the text beside it does.
#[component]
pub fn Icon(
    #[prop(into)] name: Signal<&'static str>,
    #[prop(optional)] small: bool,
    /// `right`, `down` or `left`, for an arrow that points up.
    #[prop(optional, into)]
    turn: Option<&'static str>,
) -> impl IntoView {
    view! {
        <svg class="glyph" aria-hidden="true" data-size=small.then_some("s") data-turn=turn>
            <use href=move || format!("#{}", name.get())></use>
        </svg>
    }
}
