//! The dialogs of a release: activate, add and remove customers, clone, archive, share, delete. `ReleaseDialogs` is loaded lazily
//! when the first of them is opened; `ReleaseDialogsHost` waits for that.
use super::{
    archive_dialog::ArchiveDialog, customer_selection::CustomerSelection,
    remove_customers_dialog::RemoveCustomersDialog, share_dialog::ShareDialog,
};
use crate::{
    api::releases::{clone_release, delete_draft},
    browser::unsaved_guard,
    components::{
        ui::{dialog::Dialog, field::TextField, notice::Failure, toast::Toasts},
        value_field::ValueDrafts,
    },
    domain::{
        id::CustomerId,
        release::Release,
        vocabulary::{Field, ReleaseStatus},
    },
    pages::{SerialRequest, latched, navigator},
    paths,
};
use leptos::prelude::*;
use std::collections::HashSet;

/// Which dialogs are open.
#[derive(Clone, Copy)]
pub struct OpenDialogs {
    /// For the activation of a draft, or to add customers to an active release.
    pub select_customers: RwSignal<bool>,
    pub clone_release: RwSignal<bool>,
    pub delete_draft: RwSignal<bool>,
    pub archive: RwSignal<bool>,
    pub remove_customers: RwSignal<bool>,
    pub share: RwSignal<bool>,
}

impl Default for OpenDialogs {
    fn default() -> Self {
        let closed = || RwSignal::new(false);
        Self {
            select_customers: closed(),
            clone_release: closed(),
            delete_draft: closed(),
            archive: closed(),
            remove_customers: closed(),
            share: closed(),
        }
    }
}

impl OpenDialogs {
    fn is_any_open(self) -> bool {
        let Self {
            select_customers,
            clone_release,
            delete_draft,
            archive,
            remove_customers,
            share,
        } = self;
        let all = [
            select_customers,
            clone_release,
            delete_draft,
            archive,
            remove_customers,
            share,
        ];
        all.iter().any(Get::get)
    }
}

/// Loads the code of `ReleaseDialogs` and renders them. The page passes it down, so that this file imports no page.
pub type LoadDialogs = fn(ReleaseDialogsProps) -> AnyView;

/// Renders nothing until a dialog is opened.
#[component]
pub fn ReleaseDialogsHost(
    open: OpenDialogs,
    release: Release,
    on_done: Callback<()>,
    load: LoadDialogs,
) -> impl IntoView {
    let is_needed = latched(move || open.is_any_open());
    move || {
        is_needed.get().then(|| {
            load(ReleaseDialogsProps {
                open,
                release: release.clone(),
                on_done,
            })
        })
    }
}

/// The dialogs of a release, each rendered once it has been opened.
#[component]
pub fn ReleaseDialogs(open: OpenDialogs, release: Release, on_done: Callback<()>) -> impl IntoView {
    view! {
        <ActivateDialog
            open=open.select_customers
            release=release.clone()
            on_done=on_done
        />
        <CloneDialog open=open.clone_release release=release.clone()/>
        <ArchiveDialog open=open.archive release=release.clone()/>
        <RemoveCustomersDialog open=open.remove_customers release=release.clone() on_done=on_done/>
        <ShareDialog open=open.share release=release.clone()/>
        <DeleteDialog open=open.delete_draft release=release/>
    }
}

#[component]
fn DeleteDialog(open: RwSignal<bool>, release: Release) -> impl IntoView {
    let request = SerialRequest::new();
    let go = navigator();
    let id = release.id;
    let delete = StoredValue::new(move || {
        let go = go.clone();
        request.run(delete_draft(id), move |_| go(paths::RELEASES));
    });
    view! {
        <Dialog open=open title=format!("Delete {}", release.name)>
            <div class="dialog__body stack">
                <Failure error=request.error/>
                <p>"This permanently deletes the draft and its steps. Customers are not touched."</p>
            </div>
            <div class="dialog__foot">
                <button class="button push" on:click=move |_| open.set(false)>"Cancel"</button>
                <button class="button" data-kind="danger" on:click=move |_| delete.with_value(|it| it())>"Delete draft"</button>
            </div>
        </Dialog>
    }
}

/// Makes a new draft with the same details and steps.
#[component]
fn CloneDialog(open: RwSignal<bool>, release: Release) -> impl IntoView {
    let request = SerialRequest::new();
    let (go, toasts) = (navigator(), Toasts::from_context());
    let id = release.id;
    let name = RwSignal::new(format!("{} (copy)", release.name));
    let number = RwSignal::new(release.version_number.unwrap_or_default());
    let submit = StoredValue::new(move || {
        let go = go.clone();
        let (name, number) = (name.get_untracked(), number.get_untracked());
        request.run(clone_release(id, name, Some(number)), move |it| {
            open.set(false);
            toasts.show(format!("Created {}", it.row.name), None);
            go(&paths::release(it.row.id));
        });
    });
    let is_busy = request.is_busy();
    let error_at = move |field| {
        Signal::derive(move || request.error.get().and_then(|it| it.message_for(field)))
    };
    view! {
        <Dialog open=open title=format!("Clone {}", release.name)>
            <form on:submit=move |event| {
                event.prevent_default();
                submit.with_value(|it| it());
            }>
                <div class="dialog__body stack">
                    <Failure error=request.error/>
                    <TextField
                        label="Name"
                        id="clone-name"
                        value=name
                        hint="Copies details and steps, not customers."
                        error=error_at(Field::Name)
                    />
                    <TextField
                        label="Version number"
                        id="clone-number"
                        value=number
                        error=error_at(Field::VersionNumber)
                    />
                </div>
                <div class="dialog__foot">
                    <button class="button push" type="button" on:click=move |_| open.set(false)>"Cancel"</button>
                    <button
                        class="button"
                        data-kind="ink"
                        type="submit"
                        aria-busy=move || is_busy.get().then_some("true")
                    >
                        "Clone"
                    </button>
                </div>
            </form>
        </Dialog>
    }
}

/// Activates a draft for the customers that are selected, or adds them to an active release.
#[component]
fn ActivateDialog(open: RwSignal<bool>, release: Release, on_done: Callback<()>) -> impl IntoView {
    let is_draft = release.status == ReleaseStatus::Draft;
    let title = if is_draft {
        format!("Activate {}", release.name)
    } else {
        format!("Add customers to {}", release.name)
    };
    let id = release.id;
    let name = StoredValue::new(release.name);
    let drafts = ValueDrafts::default();
    let values = StoredValue::new(drafts.clone());
    let chosen = RwSignal::new(HashSet::<CustomerId>::new());
    unsaved_guard::guard(Signal::derive(move || drafts.is_dirty()));
    view! {
        <Dialog open=open title=title wide=true>
            <CustomerSelection
                open=open
                id=id
                name=name
                is_draft=is_draft
                selected=chosen
                values=values
                on_done=on_done
            />
        </Dialog>
    }
}
