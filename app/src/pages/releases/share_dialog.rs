//! Dialog with the forms in which a release leaves the program (R107): on paper, as a file, and as a summary of its state for a
//! chat or a mail.
use crate::{
    api::releases::read_status_summary,
    browser,
    components::ui::{dialog::Dialog, follow_effect::follow, notice::Failure, toast::Toasts},
    domain::release::Release,
    pages::SerialRequest,
    paths,
};
use leptos::prelude::*;

/// The element that shows the summary.
const SUMMARY: &str = "#status-summary";

/// The dialog. The summary is read when it opens, so that it can be copied at once.
#[component]
pub fn ShareDialog(open: RwSignal<bool>, release: Release) -> impl IntoView {
    let request = SerialRequest::new();
    let toasts = Toasts::from_context();
    let id = release.id;
    let summary = RwSignal::new(String::new());
    let is_refused = RwSignal::new(false);
    follow(move |_| {
        if !open.get() {
            return;
        }
        is_refused.set(false);
        request.run(read_status_summary(id), move |text| {
            let address = browser::dom::current_url();
            let address = address.split(['?', '#']).next().unwrap_or_default();
            summary.set(format!("{text}\n{address}"));
        });
    });
    let copy = move |_| {
        let text = summary.get_untracked();
        leptos::task::spawn_local(async move {
            if browser::clipboard::copy(&text).await {
                open.set(false);
                toasts.show("Copied the status summary", None);
            } else {
                is_refused.set(true);
                browser::dom::select_content(SUMMARY);
            }
        });
    };
    view! {
        <Dialog open=open title=format!("Share {}", release.name)>
            <div class="dialog__body stack">
                <Failure error=request.error/>
                <div class="row share__files">
                    <a
                        class="button"
                        rel="external"
                        target="_blank"
                        href=paths::matrix_view(id, &[("view", "print".to_owned())])
                    >
                        "Print"
                    </a>
                    <a class="button" rel="external" download="" href=paths::release_export(id, "md")>"Markdown report"</a>
                    <a class="button" rel="external" download="" href=paths::release_export(id, "csv")>"CSV"</a>
                    <a class="button" rel="external" download="" href=paths::release_export(id, "json")>"JSON"</a>
                </div>
                <section aria-labelledby="share-summary">
                    <h3 id="share-summary">"Status summary"</h3>
                    <pre class="share__text" id="status-summary" tabindex="0">{move || summary.get()}</pre>
                    <p class="quiet small" role="status">
                        {move || is_refused.get().then_some("Couldn't copy. Text selected, press Ctrl+C")}
                    </p>
                </section>
            </div>
            <div class="dialog__foot">
                <button class="button push" type="button" on:click=move |_| open.set(false)>"Close"</button>
                <button class="button" data-kind="ink" type="button" data-first="" on:click=copy>"Copy status summary"</button>
            </div>
        </Dialog>
    }
}
