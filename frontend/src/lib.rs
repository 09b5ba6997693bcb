//! The browser's entry: hydrates the page that the server has drawn.
#![recursion_limit = "512"]

use app::app::{App, Hydrated};
use leptos::{mount::hydrate_from_async, prelude::provide_context};

/// Room that nothing uses. The WASM is split into parts, and so are its constants; each part's begin at a round address,
/// and the splitter keeps all of them in the first part if that makes the whole longer than it was.
#[used]
static ROOM: [u8; 4096] = [1; 4096];

#[wasm_bindgen::prelude::wasm_bindgen]
pub async fn hydrate() {
    std::panic::set_hook(Box::new(|panic| {
        console_error_panic_hook::hook(panic);
        // A part that cannot be loaded, mostly because the server was updated, ends here too.
        app::browser::dom::mark_failed();
    }));
    app::browser::unsaved_guard::listen_first();
    let live = Hydrated::default();
    let of_page = live.clone();
    let page = move || {
        provide_context(of_page);
        App()
    };
    hydrate_from_async(leptos::tachys::dom::body(), page)
        .await
        .forget();
    live.begin();
}
