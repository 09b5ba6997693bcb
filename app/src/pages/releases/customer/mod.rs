//! `/releases/:id/customer/:customerId`: one customer's steps, worked through one after the other; or on paper.
pub mod keys;
pub mod paper;
pub mod parts;
pub mod work;

use crate::{
    api::releases::{read_checklist, read_customer_work},
    components::{step_panel::desk::StepMemory, ui::toast::Toasts, wish::Unmet},
    domain::{
        id::{CustomerId, ReleaseId},
        step::StepAction,
    },
    pages::{fetch::Fetch, loaded, param},
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use paper::Paper;
use work::Work;

/// What outlives the drawing of the list: it is drawn anew when steps come or go.
#[derive(Clone, Copy)]
pub struct Kept {
    pub memory: StepMemory,
    pub refused: RwSignal<Option<Unmet>>,
    /// An action whose reason is asked for.
    pub asking: RwSignal<Option<StepAction>>,
    /// Raised to copy by the key.
    pub copying: RwSignal<u32>,
}

type Ids = Option<(ReleaseId, CustomerId)>;

/// Nobody has id 0.
fn known(ids: Ids) -> (ReleaseId, CustomerId) {
    ids.unwrap_or((ReleaseId(0), CustomerId(0)))
}

#[component]
pub fn CustomerStepsPage() -> impl IntoView {
    let release = param::<ReleaseId>("id");
    let customer = param::<CustomerId>("customer_id");
    let ids = Signal::derive(move || release().zip(customer()));
    let query = use_query_map();
    let is_paper = Memo::new(move |_| query.with(|it| it.get_str("view") == Some("print")));
    move || {
        if is_paper.get() {
            view! { <PaperPage ids=ids/> }.into_any()
        } else {
            view! { <ListPage ids=ids/> }.into_any()
        }
    }
}

#[component]
fn PaperPage(ids: Signal<Ids>) -> impl IntoView {
    let checklist = Fetch::new(
        move || ids.get(),
        |ids| async move {
            let (release, customer) = known(ids);
            read_checklist(release, customer).await
        },
    );
    loaded(checklist, |it| view! { <Paper checklist=it/> })
}

#[component]
fn ListPage(ids: Signal<Ids>) -> impl IntoView {
    let work = Fetch::new(
        move || ids.get(),
        |ids| async move {
            let (release, customer) = known(ids);
            read_customer_work(release, customer).await
        },
    );
    let kept = Kept {
        memory: StepMemory::default(),
        refused: RwSignal::new(None),
        asking: RwSignal::new(None),
        copying: RwSignal::new(0),
    };
    let reload = Callback::new(move |()| work.refetch());
    // Undone from the toast, the place and what is typed stay.
    Toasts::here().renewed_by(reload);
    loaded(
        work,
        move |it| view! { <Work list=it kept=kept reload=reload/> },
    )
}
