//! Page of one customer in a release, `/releases/:id/customer/:customerId`: the list of the customer's steps with the
//! open step beside it, or, with `?view=print`, the printable checklist.

pub mod absent;
pub mod add_step;
pub mod address;
pub mod checklist_page;
pub mod foreign_changes;
pub mod keys;
pub mod next_steps;
pub mod overview;
pub mod page_dialogs;
pub mod page_state;
pub mod shown_list;
pub mod step_navigation;
pub mod work;
pub mod work_controller;

use crate::{
    api::releases::{read_checklist, read_customer_work},
    components::{run_copy::CopyStarts, ui::toast::Toasts},
    domain::{
        customer_work::InRelease,
        id::{CustomerId, ReleaseId},
    },
    pages::{
        fetch::Fetch,
        loaded, param,
        releases::{left_notes::guard_typed_text, undo_stack::UndoStack},
    },
};
use absent::AbsentCustomerPage;
use address::WorkAddress;
use checklist_page::ChecklistPage;
use leptos::prelude::*;
use page_dialogs::CustomerPageDialogs;
use page_state::{CustomerPageState, PendingChanges};
use shown_list::ShownList;
use work::CustomerWork;

/// The ids in the URL; none if one of them is not a number.
type PageIds = Option<(ReleaseId, CustomerId)>;

/// Ids to request. Id 0 belongs to no row, so that a malformed URL gets the same 404 as an unknown id.
fn ids_or_zero(ids: PageIds) -> (ReleaseId, CustomerId) {
    ids.unwrap_or((ReleaseId(0), CustomerId(0)))
}

/// The page: chooses between the work list and the printable checklist.
#[component]
pub fn CustomerStepsPage(dialogs: CustomerPageDialogs) -> impl IntoView {
    let release = param::<ReleaseId>("id");
    let customer = param::<CustomerId>("customer_id");
    let ids = Signal::derive(move || release().zip(customer()));
    let address = WorkAddress::from_context();
    // While another page is being loaded it stays as it is.
    let is_print = Memo::new(move |before: Option<&bool>| {
        let ids = ids.try_get().flatten();
        let of_these = ids.filter(|it| address.is_of(*it));
        of_these.map_or(before == Some(&true), |_| address.is_print())
    });
    move || {
        if is_print.get() {
            view! { <PrintPage ids=ids/> }.into_any()
        } else {
            view! { <WorkListPage ids=ids dialogs=dialogs/> }.into_any()
        }
    }
}

/// Fetches and shows the checklist.
#[component]
fn PrintPage(ids: Signal<PageIds>) -> impl IntoView {
    let checklist = Fetch::new(
        move || ids.try_get().flatten(),
        |ids| async move {
            let (release, customer) = ids_or_zero(ids);
            read_checklist(release, customer).await
        },
    );
    let reload = checklist.refetch_callback();
    loaded(checklist, move |it| match it {
        InRelease::Member(it) => view! { <ChecklistPage checklist=it/> }.into_any(),
        InRelease::Absent(it) => {
            view! { <AbsentCustomerPage absent=it was_shown=false reload=reload/> }.into_any()
        }
    })
}

/// Fetches and shows the work list.
#[component]
fn WorkListPage(ids: Signal<PageIds>, dialogs: CustomerPageDialogs) -> impl IntoView {
    let work = Fetch::new(
        move || ids.try_get().flatten(),
        |ids| async move {
            let (release, customer) = ids_or_zero(ids);
            read_customer_work(release, customer).await
        },
    );
    let shown = ShownList::default();
    let render = work.refetch_callback();
    let reload = Callback::new(move |()| shown.renew(ids, render));
    let release = move || ids.try_get().flatten().map(|it| it.0);
    let undo = UndoStack::new(PendingChanges::new(reload), release);
    let page = CustomerPageState::new(undo);
    guard_typed_text(page.memory);
    provide_context(CopyStarts::remembered());
    // After an undo from a toast the list is fetched again; the open step and what is typed stay.
    Toasts::from_context().refresh_with(reload);
    let was_shown = StoredValue::new(false);
    loaded(work, move |it| match it {
        InRelease::Member(it) => {
            // The page may be gone by now.
            let _ = was_shown.try_set_value(true);
            view! { <CustomerWork list=it shown=shown page=page reload=reload dialogs=dialogs/> }
                .into_any()
        }
        InRelease::Absent(it) => {
            let was_shown = was_shown.try_get_value() == Some(true);
            view! { <AbsentCustomerPage absent=it was_shown=was_shown reload=reload/> }.into_any()
        }
    })
}
