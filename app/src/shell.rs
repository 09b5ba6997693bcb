//! The HTML document. It writes the script and style tags itself, from the names that the server has embedded: leptos's
//! own look for a file beside the program.
use crate::{app::App, components::ui::icon::SPRITE};
use leptos::{nonce::use_nonce, prelude::*};
use leptos_meta::MetaTags;

/// The names of the built site, below `/pkg/`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Site {
    pub script: String,
    pub wasm: String,
    pub style: String,
}

/// `site` is none where none was built (tests): the page is complete, but stays as the server drew it.
pub fn shell(site: Option<Site>, theme: Option<String>) -> impl IntoView {
    let nonce = use_nonce();
    let tags = site.map(|site| {
        let script = format!("/pkg/{}", site.script);
        let wasm = format!("/pkg/{}", site.wasm);
        let start = format!(
            "import(\"{script}\").then(it => it.default({{module_or_path: \"{wasm}\"}}).then(() => it.hydrate()));"
        );
        view! {
            <link rel="stylesheet" href=format!("/pkg/{}", site.style)/>
            <link rel="modulepreload" href=script.clone() nonce=nonce.clone()/>
            <link rel="preload" href=wasm.clone() r#as="fetch" r#type="application/wasm" crossorigin="anonymous"/>
            <script type="module" nonce=nonce>{start}</script>
        }
    });
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                {tags}
                <MetaTags/>
            </head>
            <body>
                <App/>
                <div hidden inner_html=SPRITE></div>
            </body>
        </html>
    }
}
