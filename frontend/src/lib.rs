//! WASM entry point: hydrates the page that the server rendered.
#![recursion_limit = "512"]

use app::app::{App, Hydrated};
use leptos::{mount::hydrate_from, prelude::provide_context, tachys::dom};

/// Padding for the WASM splitter. It moves constants into the split parts only if the file does not grow by that;
/// each part's constants begin at an aligned address, and this gives the splitter the room. Never read.
#[used]
static ROOM: [u8; 4096] = [1; 4096];

/// Hydrates the page. A panic, also later, shows the page's failure notice.
#[wasm_bindgen::prelude::wasm_bindgen]
pub async fn hydrate() {
    std::panic::set_hook(Box::new(|panic| {
        console_error_panic_hook::hook(panic);
        // Also reached when a split part cannot be loaded, usually because the server was updated.
        app::browser::dom::mark_failed();
    }));
    app::browser::letter_case::provide();
    app::browser::unsaved_guard::listen_before_router();
    let live = Hydrated::default();
    let of_page = live.clone();
    let page = move || {
        provide_context(of_page);
        App()
    };
    // At one go. Hydration that waits for parts has each view compiled for it once more, a twentieth of the WASM, which
    // `frontend/bin/stubs.mjs` leaves out.
    let path = dom::window().location().pathname().unwrap_or_default();
    app::pages::lazy_pages::preload(&path).await;
    hydrate_from(dom::body(), page).forget();
    live.begin();
}
