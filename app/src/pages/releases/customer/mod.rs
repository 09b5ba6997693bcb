//! `/releases/:id/customer/:customerId`: one customer's steps, worked through one after the other; or on paper.
pub mod checklist_page;
pub mod keys;
pub mod overview;
pub mod work;

use crate::{
    api::releases::{read_checklist, read_customer_work},
    components::{
        pending_actions::FailedAction, step_panel::step_detail::StepMemory, ui::toast::Toasts,
    },
    domain::{
        id::{CustomerId, ReleaseId},
        vocabulary::StepAction,
    },
    pages::{fetch::Fetch, loaded, param},
};
use checklist_page::Paper;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use work::Work;

/// What outlives the drawing of the list: it is drawn anew when steps come or go.
#[derive(Clone, Copy)]
pub struct CustomerPageState {
    pub memory: StepMemory,
    pub refused: RwSignal<Option<FailedAction>>,
    /// An action whose reason is asked for.
    pub asking: RwSignal<Option<StepAction>>,
    /// Raised to copy by the key.
    pub copying: RwSignal<u32>,
}

type PageIds = Option<(ReleaseId, CustomerId)>;

/// Nobody has id 0.
fn known(ids: PageIds) -> (ReleaseId, CustomerId) {
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
fn PaperPage(ids: Signal<PageIds>) -> impl IntoView {
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
fn ListPage(ids: Signal<PageIds>) -> impl IntoView {
    let work = Fetch::new(
        move || ids.get(),
        |ids| async move {
            let (release, customer) = known(ids);
            read_customer_work(release, customer).await
        },
    );
    let kept = CustomerPageState {
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
