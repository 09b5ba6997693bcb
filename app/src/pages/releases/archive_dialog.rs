//! Dialog that asks before a release is archived, with what is still open in it (R107).
use crate::{
    api::releases::{archive_release, list_members},
    browser,
    components::ui::{
        dialog::Dialog,
        follow_effect::follow,
        notice::Failure,
        toast::{Restorable, Toasts},
    },
    domain::{progress::Counts, release::Release},
    pages::SerialRequest,
};
use leptos::prelude::*;

/// The dialog. The toast that follows brings the release back.
#[component]
pub fn ArchiveDialog(open: RwSignal<bool>, release: Release) -> impl IntoView {
    let request = SerialRequest::new();
    let toasts = Toasts::from_context();
    let id = release.id;
    let counts = RwSignal::new(None::<Counts>);
    follow(move |_| {
        if !open.get() {
            return;
        }
        counts.set(None);
        leptos::task::spawn_local(async move {
            // Without the counts the release can be archived all the same.
            if let Ok(members) = list_members(id).await {
                let mut all = Counts::default();
                members
                    .iter()
                    .for_each(|it| all.add_all(it.progress.counts));
                let _ = counts.try_set(Some(all));
            }
        });
    });
    let is_busy = request.is_busy();
    let archive = move |_| {
        request.run(archive_release(id), move |it| {
            open.set(false);
            let text = format!("Archived {}", it.row.name);
            toasts.show_restorable(text, Restorable::Release(id));
            if !toasts.reload_page() {
                browser::dom::reload();
            }
        });
    };
    view! {
        <Dialog open=open title=format!("Archive {}", release.name)>
            <div class="dialog__body stack">
                <Failure error=request.error/>
                <p>{move || counts.get().map(Counts::open_text)}</p>
                <p class="muted">"An archived release is read-only. You can restore it."</p>
            </div>
            <div class="dialog__foot">
                <button class="button push" type="button" data-first="" on:click=move |_| open.set(false)>
                    "Cancel"
                </button>
                <button
                    class="button"
                    data-kind="ink"
                    type="button"
                    aria-busy=move || is_busy.get().then_some("true")
                    on:click=archive
                >
                    "Archive"
                </button>
            </div>
        </Dialog>
    }
}
