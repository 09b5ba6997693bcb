//! The dialogs of a release: activate, add customers, clone, delete. They are loaded when one of them is first asked for.
use super::aside::{Aside, aside};
use crate::{
    api::{
        customers::list_customers,
        releases::{
            activate_release, add_customers, clone_release, delete_draft, preview_customers,
        },
    },
    components::{
        customer_picker::CustomerPicker,
        ui::{dialog::Dialog, field::TextField, icon::Icon, notice::Failure},
    },
    domain::{
        customer::CustomerSummary,
        id::{CustomerId, ReleaseId},
        refusal::Field,
        release::{Release, ReleaseStatus},
        summary::DryRun,
    },
    pages::{Sending, goes_to, stays_true},
    paths,
};
use leptos::prelude::*;
use std::collections::HashSet;

/// Which dialogs are open.
#[derive(Clone, Copy)]
pub struct Asked {
    /// Activation, or adding customers.
    pub choosing: RwSignal<bool>,
    pub cloning: RwSignal<bool>,
    pub deleting: RwSignal<bool>,
}

impl Default for Asked {
    fn default() -> Self {
        let closed = || RwSignal::new(false);
        Self {
            choosing: closed(),
            cloning: closed(),
            deleting: closed(),
        }
    }
}

impl Asked {
    fn any(self) -> bool {
        self.choosing.get() || self.cloning.get() || self.deleting.get()
    }
}

#[component]
pub fn ReleaseDialogs(
    asked: Asked,
    release: Release,
    members: Vec<CustomerId>,
    on_done: Callback<()>,
) -> impl IntoView {
    // Once loaded they stay.
    let wanted = stays_true(move || asked.any());
    move || {
        wanted.get().then(|| {
            let dialogs = Aside::Dialogs {
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
    asked: Asked,
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
    let sending = Sending::new();
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
    let sending = Sending::new();
    let go = goes_to();
    let id = release.id;
    let name = RwSignal::new(format!("{} (copy)", release.name));
    let submit = StoredValue::new(move || {
        let go = go.clone();
        sending.run(clone_release(id, name.get_untracked()), move |it| {
            open.set(false);
            go(&paths::release(it.row.id));
        });
    });
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
                        error=Signal::derive(move || sending.error.get().and_then(|it| it.at(Field::Name)))
                    />
                </div>
                <div class="dialog__foot">
                    <button class="button push" type="button" on:click=move |_| open.set(false)>"Cancel"</button>
                    <button class="button" data-kind="ink" type="submit">"Clone"</button>
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
    let members = StoredValue::new(members);
    view! {
        <Dialog open=open title=title wide=true>
            <ChooseCustomers open=open id=id is_draft=is_draft members=members.get_value() on_done=on_done/>
        </Dialog>
    }
}

#[component]
fn ChooseCustomers(
    open: RwSignal<bool>,
    id: ReleaseId,
    is_draft: bool,
    members: Vec<CustomerId>,
    on_done: Callback<()>,
) -> impl IntoView {
    let sending = Sending::new();
    let chosen = RwSignal::new(HashSet::<CustomerId>::new());
    let offered = RwSignal::new(None::<Vec<CustomerSummary>>);
    let dry_run = RwSignal::new(None::<DryRun>);
    // The dialog is drawn only once the page is live, so what it needs is fetched here and now.
    let fetching = Sending::new();
    fetching.run(list_customers(false), move |all| {
        offered.set(Some(
            all.into_iter()
                .filter(|it| !members.contains(&it.id))
                .collect(),
        ));
    });
    let asked = StoredValue::new(0_u32);
    Effect::new(move |_| {
        let customers: Vec<CustomerId> = chosen.get().into_iter().collect();
        asked.update_value(|it| *it += 1);
        let number = asked.get_value();
        if customers.is_empty() {
            dry_run.set(None);
            return;
        }
        leptos::task::spawn_local(async move {
            let answer = preview_customers(id, customers).await;
            // Only the answer to the last question counts.
            if asked.try_get_value() == Some(number) {
                dry_run.set(answer.ok());
            }
        });
    });
    let n_offered = move || offered.with(|it| it.as_ref().map_or(0, Vec::len));
    let is_none = move || chosen.with(HashSet::is_empty);
    let submit = move |_| {
        if is_none() {
            return;
        }
        let customers: Vec<CustomerId> = chosen.get_untracked().into_iter().collect();
        let done = move || {
            open.set(false);
            on_done.run(());
        };
        if is_draft {
            sending.run(activate_release(id, customers), move |_| done());
        } else {
            sending.run(add_customers(id, customers), move |_| done());
        }
    };
    let missing = move || {
        dry_run.get().map(|it| it.unresolved).filter(|it| !it.is_empty()).map(|unresolved| {
            let names = offered.get().unwrap_or_default();
            let n_values = unresolved.len();
            let n_cells: usize = unresolved.iter().map(|it| it.step_names.len()).sum();
            let rows = unresolved
                .into_iter()
                .map(|it| {
                    let name = names.iter().find(|customer| customer.id == it.customer_id).map(|it| it.name.clone());
                    view! {
                        <tr>
                            <td class="mono">{it.variable}</td>
                            <td>
                                <a class="link" href=paths::edit_customer(it.customer_id)>{name}</a>
                            </td>
                            <td class="quiet">{it.step_names.join(", ")}</td>
                        </tr>
                    }
                })
                .collect_view();
            view! {
                <div class="alert">
                    <Icon name="i-warn"/>
                    <span>
                        <b>{format!("{n_values} {} still missing. ", if n_values == 1 { "value is" } else { "values are" })}</b>
                        {format!("You can go on; the {n_cells} cells that use them stay locked until they are filled.")}
                    </span>
                </div>
                <table class="table">
                    <caption class="sr">"Unresolved variables"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"Variable"</th>
                            <th scope="col">"Customer"</th>
                            <th scope="col">"Steps"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            }
        })
    };
    view! {
        <div class="dialog__cols">
            {move || match offered.get() {
                Some(customers) if customers.is_empty() => {
                    view! {
                        <div class="dialog__pick">
                            <div class="empty">
                                <p>"There is no customer to choose."</p>
                            </div>
                        </div>
                    }
                        .into_any()
                }
                Some(customers) => view! { <CustomerPicker customers=customers chosen=chosen/> }.into_any(),
                None => view! { <div class="dialog__pick" aria-busy="true"></div> }.into_any(),
            }}
            <div class="dialog__run">
                <Failure error=fetching.error/>
                <h3>"Dry run"</h3>
                <dl class="figures">
                    <div>
                        <dt>"Customers"</dt>
                        <dd>{move || dry_run.get().map_or(0, |it| it.customers)}</dd>
                    </div>
                    <div>
                        <dt>"Cells to create"</dt>
                        <dd>{move || dry_run.get().map_or(0, |it| it.cells)}</dd>
                    </div>
                </dl>
                {missing}
            </div>
        </div>
        <Failure error=sending.error/>
        <div class="dialog__foot">
            <span aria-live="polite">
                <b class="label">
                    {move || format!("Selected {} of {} customers", chosen.with(HashSet::len), n_offered())}
                </b>
            </span>
            <span class="quiet small push" id="choose-first">
                {move || is_none().then_some("Choose at least one customer")}
            </span>
            <button class="button" on:click=move |_| open.set(false)>"Cancel"</button>
            <button
                class="button"
                data-kind="ink"
                aria-disabled=move || is_none().then_some("true")
                aria-describedby="choose-first"
                on:click=submit
            >
                {if is_draft { "Activate" } else { "Add" }}
            </button>
        </div>
    }
}
