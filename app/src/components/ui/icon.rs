//! Icons, from an SVG sprite that the shell puts into each page once.
use leptos::prelude::*;

/// The sprite, an SVG with one symbol per icon. It travels with each page, so it has no comments.
///
/// States (`g-`) are told apart by shape and by weight: the darker in grayscale, the more attention is due. They, types and icons are
/// drawn on 16 x 16, corner marks on 8 x 8 (unresolved on 12 x 8), with edges on whole pixels at 16 px. All is painted with
/// `currentColor`; the cut-out of a filled shape with the custom property `glyph-cut` (the surface below).
pub const SPRITE: &str = include_str!("glyphs.svg");

/// An icon by its name in the sprite. It is hidden from screen readers: the text beside it, or a label, has to say the same.
#[component]
pub fn Icon(
    #[prop(into)] name: Signal<&'static str>,
    #[prop(optional)] small: bool,
    /// Turns an arrow that points up: `right`, `down` or `left`.
    #[prop(optional, into)]
    turn: Option<&'static str>,
) -> impl IntoView {
    // As HTML text, because each kind of element is code in the WASM. Names come from code, never from data.
    let html = move || format!("<use href=\"#{}\"></use>", name.get());
    view! { <svg class="glyph" aria-hidden="true" data-size=small.then_some("s") data-turn=turn inner_html=html></svg> }
}
