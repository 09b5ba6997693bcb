//! The dialogs of a release: activate, add customers, clone, delete. They are loaded when one of them is first asked for.
use super::{
    customer_selection::ChooseCustomers,
    lazy_parts::{LazyPart, aside},
};
use crate::{
    api::releases::{clone_release, delete_draft},
    components::ui::{dialog::Dialog, field::TextField, notice::Failure, toast::Toasts},
    domain::{
        id::CustomerId,
        release::Release,
        vocabulary::{Field, ReleaseStatus},
    },
    pages::{SerialRequest, goes_to, stays_true},
    paths,
};
use leptos::prelude::*;
use std::collections::HashSet;

/// Which dialogs are open.
#[derive(Clone, Copy)]
pub struct OpenDialogs {
    /// Activation, or adding customers.
    pub choosing: RwSignal<bool>,
    pub cloning: RwSignal<bool>,
    pub deleting: RwSignal<bool>,
}

impl Default for OpenDialogs {
    fn default() -> Self {
        let closed = || RwSignal::new(false);
        Self {
            choosing: closed(),
            cloning: closed(),
            deleting: closed(),
        }
    }
}

impl OpenDialogs {
    fn any(self) -> bool {
        self.choosing.get() || self.cloning.get() || self.deleting.get()
    }
}

#[component]
pub fn ReleaseDialogs(
    asked: OpenDialogs,
    release: Release,
    members: Vec<CustomerId>,
    on_done: Callback<()>,
) -> impl IntoView {
    // Once loaded they stay.
    let wanted = stays_true(move || asked.any());
    move || {
        wanted.get().then(|| {
            let dialogs = LazyPart::Dialogs {
                asked,
                release: Box::new(release.clone()),
                members: members.clone(),
                on_done,
            };
            Suspend::new(aside(dialogs)).into_any()
        })
    }
}

#[component]
pub fn AllDialogs(
    asked: OpenDialogs,
    release: Release,
    members: Vec<CustomerId>,
    on_done: Callback<()>,
) -> impl IntoView {
    view! {
        <ActivateDialog open=asked.choosing release=release.clone() members=members on_done=on_done/>
        <CloneDialog open=asked.cloning release=release.clone()/>
        <DeleteDialog open=asked.deleting release=release/>
    }
}

#[component]
fn DeleteDialog(open: RwSignal<bool>, release: Release) -> impl IntoView {
    let sending = SerialRequest::new();
    let go = goes_to();
    let id = release.id;
    let delete = StoredValue::new(move || {
        let go = go.clone();
        sending.run(delete_draft(id), move |_| go(paths::RELEASES));
    });
    view! {
        <Dialog open=open title=format!("Delete {}", release.name)>
            <div class="dialog__body stack">
                <Failure error=sending.error/>
                <p>"The draft and its steps go for good. Customers are not touched."</p>
            </div>
            <div class="dialog__foot">
                <button class="button push" on:click=move |_| open.set(false)>"Cancel"</button>
                <button class="button" data-kind="danger" on:click=move |_| delete.with_value(|it| it())>"Delete draft"</button>
            </div>
        </Dialog>
    }
}

/// A new draft with the same details and steps.
#[component]
fn CloneDialog(open: RwSignal<bool>, release: Release) -> impl IntoView {
    let sending = SerialRequest::new();
    let (go, toasts) = (goes_to(), Toasts::here());
    let id = release.id;
    let name = RwSignal::new(format!("{} (copy)", release.name));
    let number = RwSignal::new(release.version_number.unwrap_or_default());
    let submit = StoredValue::new(move || {
        let go = go.clone();
        let (name, number) = (name.get_untracked(), number.get_untracked());
        sending.run(clone_release(id, name, Some(number)), move |it| {
            open.set(false);
            toasts.say(format!("Created {}", it.row.name), None);
            go(&paths::release(it.row.id));
        });
    });
    let is_busy = sending.is_busy();
    let at = move |field| {
        Signal::derive(move || sending.error.get().and_then(|it| it.message_for(field)))
    };
    view! {
        <Dialog open=open title=format!("Clone {}", release.name)>
            <form on:submit=move |event| {
                event.prevent_default();
                submit.with_value(|it| it());
            }>
                <div class="dialog__body stack">
                    <Failure error=sending.error/>
                    <TextField
                        label="Name"
                        id="clone-name"
                        value=name
                        hint="Details and steps come along, customers do not."
                        error=at(Field::Name)
                    />
                    <TextField
                        label="Version number"
                        id="clone-number"
                        value=number
                        error=at(Field::VersionNumber)
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

/// Chooses customers, shows what will be made, and does it: activation of a draft, or adding to an active release.
#[component]
fn ActivateDialog(
    open: RwSignal<bool>,
    release: Release,
    /// Who is in already, and not offered again.
    members: Vec<CustomerId>,
    on_done: Callback<()>,
) -> impl IntoView {
    let is_draft = release.status == ReleaseStatus::Draft;
    let title = if is_draft {
        format!("Activate {}", release.name)
    } else {
        format!("Add customers to {}", release.name)
    };
    let id = release.id;
    let members = RwSignal::new(members.into_iter().collect::<HashSet<_>>());
    view! {
        <Dialog open=open title=title wide=true>
            <ChooseCustomers open=open id=id is_draft=is_draft members=members on_done=on_done/>
        </Dialog>
    }
}
