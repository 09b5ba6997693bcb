//! The HTML document around the application. The script and style tags are written here, from the names of the
//! embedded files: leptos's own function expects a manifest file beside the executable.
use crate::{
    app::App,
    components::ui::icon::SPRITE,
    domain::id::UserId,
    pages::{lazy_pages::LazyPage, page_routes::page_at},
    paths,
};
use leptos::{nonce::use_nonce, prelude::*};
use leptos_meta::MetaTags;
use std::iter;

/// What the document needs of the built site: file names below `/pkg/`, and the texts of its own scripts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SiteAssets {
    pub script: String,
    /// Loads the split parts of the WASM.
    pub splitter: String,
    pub wasm: String,
    pub style: String,
    /// The split parts of the WASM: each by the name of its entry function, with its files.
    pub parts: Vec<(String, Vec<String>)>,
    /// All the WASM that a page needs as one file, which is a tenth smaller than the files one by one: by the names of its parts. And
    /// all the small files, by the beginning of their names.
    pub bundles: Vec<(String, String)>,
    /// The scripts of the document, minified: by their names in `public/document`.
    pub scripts: Vec<(String, String)>,
}

/// The scripts that are part of the document, by their names in `public/document`, as they are written there.
const SCRIPTS: [(&str, &str); 10] = [
    ("bundle", include_str!("../../public/document/bundle.js")),
    ("copies", include_str!("../../public/document/copies.js")),
    (
        "cut_texts",
        include_str!("../../public/document/cut_texts.js"),
    ),
    (
        "held_keys",
        include_str!("../../public/document/held_keys.js"),
    ),
    ("keys", include_str!("../../public/document/keys.js")),
    ("menus", include_str!("../../public/document/menus.js")),
    ("name", include_str!("../../public/document/name.js")),
    ("places", include_str!("../../public/document/places.js")),
    ("sign_in", include_str!("../../public/document/sign_in.js")),
    ("writes", include_str!("../../public/document/writes.js")),
];

/// A script of the document: minified, if there is a built site.
fn document_script(site: Option<&SiteAssets>, name: &str) -> String {
    let minified = site.and_then(|it| it.scripts.iter().find(|it| it.0 == name));
    let written = || SCRIPTS.iter().find(|it| it.0 == name).map(|it| it.1);
    let text = minified.map(|it| it.1.as_str()).or_else(written);
    format!("{}\n", text.unwrap_or_default())
}

/// How the names of the entry functions of the parts begin that a page needs.
fn parts_of(path: &str, query: &str) -> Vec<&'static str> {
    let page = page_at(path);
    let has_panel = page == Some(LazyPage::Release) && query.contains("step=");
    let part = page.map(|it| it.part().entry_name());
    let panel = has_panel.then_some("step_panel_");
    part.into_iter().chain(panel).collect()
}

impl SiteAssets {
    /// The file of many with this name.
    fn bundle(&self, name: &str) -> Option<&str> {
        let found = self.bundles.iter().find(|it| it.0 == name);
        found.map(|it| it.1.as_str())
    }

    /// The files with all the WASM of a matrix, and of a draft, which has the same address.
    pub fn bundles_of_release(&self) -> Option<(&str, &str)> {
        let [matrix, draft] = ["matrix_", "matrix_draft_"].map(|it| self.bundle(it));
        matrix.zip(draft)
    }

    /// The file with all the WASM that a page needs.
    fn bundle_of(&self, path: &str, query: &str) -> Option<&str> {
        self.bundle(&parts_of(path, query).concat())
    }

    /// The parts that a page needs, so that they are preloaded in parallel with the main WASM file.
    fn files_of(&self, path: &str, query: &str) -> Vec<String> {
        let wanted = parts_of(path, query);
        let mut files: Vec<String> = self
            .parts
            .iter()
            .filter(|(name, _)| wanted.iter().any(|it| name.starts_with(it)))
            .flat_map(|(_, files)| files.clone())
            .collect();
        files.sort();
        files.dedup();
        files
    }
}

/// The script of the keys, with what loads the rest from a build. Pages that do without the application have it too.
pub fn keys_script(site: Option<&SiteAssets>) -> String {
    let (keys, build) = (
        document_script(site, "keys"),
        site.map_or("", |it| it.wasm.as_str()),
    );
    format!(
        "{keys}const palette = (what) => import(\"/palette.js?{build}\").then(it => it[what](go)).catch(() => {{}});\
        const evidence = (button) => import(\"/evidence.js?{build}\").then(it => it.change(button)).catch(() => {{}});\
        const runs = (does, what) => import(\"/runs.js?{build}\").then(it => it[does](what)).catch(() => {{}});"
    )
}

/// What the document depends on beside its address.
#[derive(Clone, Debug, Default)]
pub struct DocumentOf {
    /// `light` or `dark`; none means the system's.
    pub theme: Option<String>,
    /// The user whose session the request came with.
    pub session_user: Option<UserId>,
    /// The name of the provider to sign in at, if there is one.
    pub provider: Option<String>,
    /// The last event that the page is sure to show.
    pub last_event: Option<i64>,
    /// Whether the person has no name yet, and is asked for it before the first change.
    pub asks_for_name: bool,
    /// Whether the settings name a Rancher; what is for it alone is hidden otherwise.
    pub has_rancher: bool,
    /// Whether the settings name a Jenkins; forms say so otherwise.
    pub has_jenkins: bool,
}

/// The mark, as `public/favicon.svg` has it. Within the document it takes half of what a request for it would.
const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24'%3E%3Cstyle%3E:root{color:%2314161f;--cut:%23fff}@media(prefers-color-scheme:dark){:root{color:%23f1f1f3;--cut:%2314161f}}%3C/style%3E%3Crect x='1' y='1' width='22' height='22' rx='6' fill='currentColor'/%3E%3Cpath d='M5.5 7.5h2.5M5.5 12h2.5M5.5 16.5h2.5' stroke='var(--cut)' stroke-width='2' stroke-linecap='round'/%3E%3Cpath d='m11 12.25 2.5 2.75 5-6' fill='none' stroke='var(--cut)' stroke-width='2.25' stroke-linecap='round' stroke-linejoin='round'/%3E%3C/svg%3E";

/// The dialog of `public/document/sign_in.js`. In a template it is no part of the page, so that nothing finds its fields beside those of the page.
fn sign_in_dialog(user: UserId, provider: Option<String>) -> impl IntoView {
    let by_provider = provider.map(|name| {
        let path = paths::provider_login(paths::ACCOUNT);
        view! { <a class="button" href=path target="_blank">{format!("Continue with {name}")}</a> }
    });
    view! {
        <template id="sign-in" data-user=user.to_string()>
            <dialog class="dialog" data-size="s" aria-labelledby="sign-in-title">
                <div class="dialog__head">
                    <h2 class="grow" id="sign-in-title">"Sign in to go on"</h2>
                </div>
                <form>
                    <div class="dialog__body stack">
                        <p class="muted">"Your session ended. What you typed is still here."</p>
                        <p class="alert" data-tone="danger" role="alert" hidden></p>
                        <div class="field">
                            <label for="again-login">"Login"</label>
                            <input class="input" id="again-login" name="login" autocomplete="username" autocapitalize="none" required/>
                        </div>
                        <div class="field">
                            <label for="again-password">"Password"</label>
                            <input
                                class="input"
                                id="again-password"
                                name="password"
                                type="password"
                                autocomplete="current-password"
                                required
                            />
                        </div>
                    </div>
                    <div class="dialog__foot">
                        {by_provider}
                        <button class="button push" type="button" data-cancel="">"Cancel"</button>
                        <button class="button" data-kind="ink" type="submit">"Sign in"</button>
                    </div>
                </form>
            </dialog>
        </template>
    }
}

/// The HTML document. Without `site` (in tests) no script is loaded, and the page stays as the server rendered it.
pub fn shell(
    site: Option<&'static SiteAssets>,
    page: DocumentOf,
    path: &str,
    query: &str,
) -> impl IntoView + use<> {
    let nonce = use_nonce();
    let DocumentOf {
        theme,
        session_user,
        provider,
        last_event,
        asks_for_name,
        has_rancher,
        has_jenkins,
    } = page;
    let tags = site.map(|site| {
        let script = format!("/pkg/{}", site.script);
        let wasm = format!("/pkg/{}", site.wasm);
        // The connection that tells what others change comes last, once the page is interactive and idle. Its name stays the same, so
        // that of the build goes with it.
        let build = &site.wasm;
        let after = last_event.map_or_else(|| "undefined".to_owned(), |it| it.to_string());
        let version = env!("CARGO_PKG_VERSION");
        let live = format!(
            "import(\"/missing_parts.js?{build}\").catch(() => {{}}).then(() => import(\"/live.js?{build}\"))\
            .then(it => it.start({after}, \"{version}\")).catch(() => {{}})"
        );
        let keys = keys_script(Some(site));
        let bundle = site.bundle_of(path, query).map(|it| format!("/pkg/{it}"));
        let small = site.bundle("small_").unwrap_or_default();
        let bundled = bundle.as_ref().map_or_else(String::new, |it| {
            let read = document_script(Some(site), "bundle");
            format!("const bundle = \"{it}\", small = \"/pkg/{small}\";\n{read}")
        });
        let mut names = vec!["menus", "held_keys", "cut_texts", "places", "copies"];
        names.extend(session_user.is_some().then_some("sign_in"));
        names.extend(asks_for_name.then_some("name"));
        // Last, so that a request that the two before send once more has no answer until then.
        names.push("writes");
        let names = names.into_iter();
        let scripts: String = names.map(|it| document_script(Some(site), it)).collect();
        let start = format!(
            "{bundled}{scripts}{keys}import(\"{script}\").then(it => it.default({{module_or_path: \"{wasm}\"}}).then(() => it.hydrate()))\
            .then(() => (window.requestIdleCallback ?? setTimeout)(() => {live}));"
        );
        let files = bundle.map_or_else(
            || {
                let parts = site.files_of(path, query).into_iter().map(|it| format!("/pkg/{it}"));
                iter::once(wasm.clone()).chain(parts).collect()
            },
            |it| vec![it],
        );
        let preloads = files.into_iter().map(|file| {
            view! { <link rel="preload" href=file r#as="fetch" crossorigin="anonymous"/> }
        });
        view! {
            <link rel="stylesheet" href=format!("/pkg/{}", site.style)/>
            <link rel="modulepreload" href=script.clone() nonce=nonce.clone()/>
            <link rel="modulepreload" href=format!("/pkg/{}", site.splitter) nonce=nonce.clone()/>
            {preloads.collect_view()}
            <script type="module" nonce=nonce>{start}</script>
        }
    });
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme data-rancher=has_rancher.then_some("") data-jenkins=has_jenkins.then_some("")>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <link rel="icon" href=ICON type="image/svg+xml"/>
                {tags}
                <MetaTags/>
            </head>
            <body>
                <App/>
                <div hidden inner_html=SPRITE></div>
                {session_user.map(|user| sign_in_dialog(user, provider))}
                <div class="failed" role="alert">
                    <p>"Rollcall was updated, or this page failed. What you saved is safe."</p>
                    <a class="button" data-kind="ink" href="">"Reload"</a>
                </div>
            </body>
        </html>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_preloads_its_own_part_and_lists_none_with_an_editor() {
        let part = |name: &str| (name.to_owned(), vec![format!("{name}.wasm")]);
        let names = [
            "matrix_1",
            "overview_2",
            "records_3",
            "forms_4",
            "people_5",
            "machines_6",
            "new_release_7",
            "template_8",
            "customer_steps_9",
            "step_panel_10",
        ];
        let site = SiteAssets {
            parts: names.map(part).into(),
            ..SiteAssets::default()
        };
        for (path, part) in [
            ("/", "overview_2.wasm"),
            ("/activity", "overview_2.wasm"),
            ("/customers/", "records_3.wasm"),
            ("/clusters/7", "records_3.wasm"),
            ("/customers/7/edit", "forms_4.wasm"),
            ("/users", "people_5.wasm"),
            ("/webhooks", "machines_6.wasm"),
            ("/releases/new", "new_release_7.wasm"),
            ("/releases/7/steps", "template_8.wasm"),
        ] {
            assert_eq!(site.files_of(path, "step=1"), [part], "{path}");
        }
        assert_eq!(site.files_of("/releases/7", ""), ["matrix_1.wasm"]);
        let steps = site.files_of("/releases/7/customer/3", "step=1");
        assert_eq!(steps, ["customer_steps_9.wasm"]);
        let with_panel = ["matrix_1.wasm", "step_panel_10.wasm"];
        assert_eq!(site.files_of("/releases/7", "step=3"), with_panel);
        assert!(site.files_of("/nowhere", "").is_empty());
    }

    #[test]
    fn a_page_has_all_its_wasm_in_one_file_if_there_is_one() {
        let bundle = |key: &str| (key.to_owned(), format!("bundle_{key}.x.bin"));
        let site = SiteAssets {
            bundles: ["matrix_", "matrix_step_panel_"].map(bundle).into(),
            ..SiteAssets::default()
        };
        let of = |query| site.bundle_of("/releases/7", query);
        assert_eq!(of(""), Some("bundle_matrix_.x.bin"));
        assert_eq!(of("step=3"), Some("bundle_matrix_step_panel_.x.bin"));
        assert_eq!(site.bundle_of("/customers", ""), None);
        assert_eq!(site.bundle_of("/nowhere", ""), None);
    }
}
