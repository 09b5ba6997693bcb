//! Selection of the customers that activate a draft or join an active release, with a dry run of what would be created.
use crate::{
    api::{
        customers::list_customers,
        releases::{activate_release, add_customers, list_members, preview_customers},
    },
    browser::{
        dom, form,
        form_focus::{self, FocusPlace},
    },
    components::{
        customer_picker::CustomerPicker,
        ui::{icon::Icon, notice::sentence},
        value_field::ValueDrafts,
        values_grid::{ValuesGrid, edits_of},
        warning_list::warning_list,
    },
    domain::{
        customer::CustomerSummary,
        digit_groups::grouped,
        id::{ClusterId, CustomerId, ReleaseId},
        plural::pluralize,
        summary::{DryRun, Unresolved},
        value_edit::{MissingTable, ValueEdit},
        vocabulary::Field,
    },
    error::AppError,
    pages::{SerialRequest, latest_read::LatestRead, value_requests::send_values},
    paths,
};
use leptos::prelude::*;
use std::collections::{HashMap, HashSet};

/// The form with the values that are missing.
const VALUES_FORM: &str = "dialog[open] .values-grid";

/// The dialog body in which customers are chosen, with its dry run.
#[component]
pub fn CustomerSelection(
    open: RwSignal<bool>,
    id: ReleaseId,
    /// The name of the release.
    name: StoredValue<String>,
    is_draft: bool,
    /// The customers that are chosen. Those of an activation outlive the dialog, as the values do.
    selected: RwSignal<HashSet<CustomerId>>,
    /// Values that are typed where they are missing; they outlive the dialog.
    values: StoredValue<ValueDrafts>,
    on_done: Callback<()>,
) -> impl IntoView {
    let request = SerialRequest::new();
    if !is_draft {
        selected.update(HashSet::clear);
    }
    let offered = RwSignal::new(None::<Vec<CustomerSummary>>);
    // A plain request, not a `Fetch`: the server never renders this dialog, so there is nothing to hydrate.
    let fetching = SerialRequest::new();
    let fetch = Callback::new(move |()| {
        let request = async move {
            let mut others = list_customers(false).await?;
            // Those that are in the release by now are not offered.
            if !is_draft {
                let members = list_members(id).await?;
                let members: HashSet<CustomerId> = members.iter().map(|it| it.id).collect();
                others.retain(|it| !members.contains(&it.id));
            }
            Ok(others)
        };
        fetching.run(request, move |others| {
            // Of those that were chosen before some may be gone.
            let ids: HashSet<CustomerId> = others.iter().map(|it| it.id).collect();
            selected.update(|it| it.retain(|id| ids.contains(id)));
            offered.set(Some(others));
        });
    });
    fetch.run(());
    let (is_fetching, is_requesting) = (fetching.is_busy(), request.is_busy());
    let preview = DryRunPreview::new(id, selected, offered, values);
    let n_offered = move || offered.with(|it| it.as_ref().map_or(0, Vec::len));
    let is_none = move || selected.with(HashSet::is_empty);
    let activate = move || {
        let customers: Vec<CustomerId> = selected.get_untracked().into_iter().collect();
        if is_draft {
            request.run(activate_release(id, customers), move |_| {
                open.set(false);
                on_done.run(());
            });
        } else {
            request.run(add_customers(id, customers), move |_| {
                open.set(false);
                on_done.run(());
            });
        }
    };
    // What is typed is saved first: nothing is activated if it cannot be.
    let submit = move || {
        if untrack(is_none) {
            return;
        }
        let typed = preview.typed(name);
        if typed.is_empty() {
            activate();
        } else {
            preview.save(typed, Some(Callback::new(move |()| activate())));
        }
    };
    view! {
        <p class="dialog__lead muted">"The steps will be created for each selected customer."</p>
        <div
            class="dialog__cols"
            on:keydown=move |event| {
                if form::is_submit_shortcut(&event) {
                    event.prevent_default();
                    submit();
                }
            }
        >
            {move || match offered.get() {
                Some(customers) if customers.is_empty() => no_customers(is_draft).into_any(),
                Some(customers) => {
                    view! { <CustomerPicker customers=customers chosen=selected takes_focus=true/> }.into_any()
                }
                None => {
                    view! {
                        <div class="dialog__pick" aria-busy=move || is_fetching.get().then_some("true")>
                            <SelectionError error=fetching.error/>
                            {move || {
                                fetching
                                    .error
                                    .get()
                                    .map(|_| {
                                        view! {
                                            <div class="empty">
                                                <button class="button" type="button" on:click=move |_| fetch.run(())>
                                                    "Retry"
                                                </button>
                                            </div>
                                        }
                                    })
                            }}
                        </div>
                    }
                        .into_any()
                }
            }}
            <DryRunPane name=name preview=preview offered=offered/>
        </div>
        <SelectionError error=request.error/>
        <div class="dialog__foot">
            <span aria-live="polite">
                <b class="label">
                    {move || format!("Selected {} of {} customers", grouped(selected.with(HashSet::len)), grouped(n_offered()))}
                </b>
                " "
                <span class="quiet">{move || in_clusters(selected, offered)}</span>
            </span>
            <span class="quiet small push" id="choose-first">
                {move || is_none().then_some("Choose at least one customer")}
            </span>
            <button class="button" type="button" on:click=move |_| open.set(false)>"Cancel"</button>
            <button
                class="button"
                type="button"
                data-kind="ink"
                aria-disabled=move || is_none().then_some("true")
                aria-describedby="choose-first"
                aria-busy=move || is_requesting.get().then_some("true")
                aria-keyshortcuts="Control+Enter"
                on:click=move |_| submit()
            >
                {if is_draft { "Activate" } else { "Add" }}
            </button>
        </div>
    }
}

/// An error in full. The selection is no text field, so an error of it has no other place to be shown.
#[component]
fn SelectionError(error: RwSignal<Option<AppError>>) -> impl IntoView {
    move || {
        error.get().map(|error| {
            let at_field = error.message_for(Field::Customers);
            let text = at_field.unwrap_or_else(|| error.to_string());
            view! {
                <div class="alert" data-tone="danger" role="alert">
                    <Icon name="i-warn"/>
                    <span>{sentence(&text)}</span>
                </div>
            }
        })
    }
}

/// Shown when no customer can be selected.
fn no_customers(is_draft: bool) -> impl IntoView {
    let (text, path, label) = if is_draft {
        (
            "There is no active customer yet.",
            paths::NEW_CUSTOMER,
            "Add customer",
        )
    } else {
        (
            "All active customers are in this release.",
            paths::CUSTOMERS,
            "Customers",
        )
    };
    view! {
        <div class="dialog__pick">
            <div class="empty">
                <p>{text}</p>
                <a class="button" href=path>{label}</a>
            </div>
        </div>
    }
}

/// "in 2 clusters"
fn in_clusters(
    selected: RwSignal<HashSet<CustomerId>>,
    offered: RwSignal<Option<Vec<CustomerSummary>>>,
) -> String {
    let n = selected.with(|selected| {
        offered.with(|offered| {
            let all = offered.iter().flatten();
            let of_chosen = all.filter(|it| selected.contains(&it.id));
            let clusters: HashSet<ClusterId> = of_chosen.map(|it| it.cluster_id).collect();
            clusters.len()
        })
    });
    if n == 0 {
        String::new()
    } else {
        format!("in {}", pluralize(n, "cluster"))
    }
}

/// The dry run of the present selection, requested again with every change of it. Only the answer to the last request is
/// shown.
#[derive(Clone, Copy)]
struct DryRunPreview {
    id: ReleaseId,
    selected: RwSignal<HashSet<CustomerId>>,
    offered: RwSignal<Option<Vec<CustomerSummary>>>,
    answer: RwSignal<Option<DryRun>>,
    error: RwSignal<Option<AppError>>,
    is_busy: RwSignal<bool>,
    /// Values that are typed where they are missing.
    drafts: StoredValue<ValueDrafts>,
    reads: LatestRead,
}

impl DryRunPreview {
    fn new(
        id: ReleaseId,
        selected: RwSignal<HashSet<CustomerId>>,
        offered: RwSignal<Option<Vec<CustomerSummary>>>,
        drafts: StoredValue<ValueDrafts>,
    ) -> Self {
        let this = Self {
            id,
            selected,
            offered,
            answer: RwSignal::new(None),
            error: RwSignal::new(None),
            is_busy: RwSignal::new(false),
            drafts,
            reads: LatestRead::default(),
        };
        Effect::new(move |_| {
            selected.track();
            this.request(None);
        });
        this
    }

    /// The selected customers in the order in which they are offered: missing values are listed in it.
    fn selected(self) -> Vec<CustomerId> {
        self.selected.with_untracked(|selected| {
            self.offered.with_untracked(|all| {
                let ids = all.iter().flatten().map(|it| it.id);
                ids.filter(|it| selected.contains(it)).collect()
            })
        })
    }

    /// What is typed for the values that are missing now.
    fn typed(self, name: StoredValue<String>) -> Vec<ValueEdit> {
        let unresolved = self.answer.with_untracked(|it| {
            let found = it.as_ref().map(|it| it.unresolved.clone());
            found.unwrap_or_default()
        });
        let table = self.offered.with_untracked(|offered| {
            let offered = offered.as_deref().unwrap_or_default();
            missing_table((self.id, name.get_value().as_str()), &unresolved, offered)
        });
        self.drafts
            .with_value(|drafts| untrack(|| edits_of(&table, drafts)))
    }

    /// Saves values, and does what follows; else the dry run is requested again, which says what is missing still.
    fn save(self, edits: Vec<ValueEdit>, then: Option<Callback<()>>) {
        let place = form_focus::place_in(VALUES_FORM);
        send_values(self.drafts.get_value(), edits, move |saved| {
            // The dialog may be closed by now.
            if self.answer.is_disposed() {
                return;
            }
            match then.filter(|_| saved.is_some()) {
                Some(then) => then.run(()),
                None => self.request(place),
            }
        });
    }

    /// Requests the dry run. `place` is where the keyboard was among the values: its field may be gone with its value.
    fn request(self, place: Option<FocusPlace>) {
        let customers = self.selected();
        if customers.is_empty() {
            self.reads.drop_pending();
            self.answer.set(None);
            self.error.set(None);
            self.is_busy.set(false);
            return;
        }
        self.is_busy.set(true);
        let request = move || preview_customers(self.id, customers.clone());
        self.reads.run(request, move |answer| {
            self.is_busy.set(false);
            self.error.set(answer.as_ref().err().cloned());
            self.answer.set(answer.ok());
            let place = place.clone();
            // The focus never moves to Activate: the next Enter in a field would activate the release.
            dom::after_paint(move || {
                form_focus::put_back(VALUES_FORM, place.as_ref(), "dialog[open] .dialog__run h3");
            });
        });
    }
}

#[component]
fn DryRunPane(
    /// The name of the release.
    name: StoredValue<String>,
    preview: DryRunPreview,
    offered: RwSignal<Option<Vec<CustomerSummary>>>,
) -> impl IntoView {
    let figure = move |of: fn(&DryRun) -> u32| preview.answer.with(|it| it.as_ref().map_or(0, of));
    let missing_values = move || {
        let unresolved = preview.answer.with(|it| {
            let found = it.as_ref().map(|it| it.unresolved.clone());
            found.filter(|it| !it.is_empty())
        })?;
        let n_values = unresolved.len();
        let n_cells = Unresolved::n_steps(&unresolved);
        let table = offered.with(|offered| {
            let offered = offered.as_deref().unwrap_or_default();
            missing_table(
                (preview.id, name.get_value().as_str()),
                &unresolved,
                offered,
            )
        });
        let drafts = preview.drafts.get_value();
        let on_save = Callback::new(move |edits| preview.save(edits, None));
        let are = if n_values == 1 {
            "value is"
        } else {
            "values are"
        };
        let steps = if n_cells == 1 {
            "1 step stays".to_owned()
        } else {
            format!("{} stay", pluralize(n_cells, "step"))
        };
        Some(view! {
            <div class="alert">
                <Icon name="i-warn"/>
                <span class="grow">
                    <b>{format!("{n_values} {are} still missing. ")}</b>
                    {format!("You can activate now; {steps} blocked until set.")}
                </span>
                <button class="button" type="button" data-size="s" on:click=move |_| preview.request(None)>
                    "Refresh"
                </button>
            </div>
            <ValuesGrid table=table drafts=drafts on_save=on_save/>
        })
    };
    let warnings = move || {
        preview.answer.with(|it| {
            let warnings = it.as_ref().map(|it| warning_list(&it.warnings));
            warnings.unwrap_or_default()
        })
    };
    view! {
        <div class="dialog__run" aria-busy=move || preview.is_busy.get().then_some("true")>
            <h3>"Preview"</h3>
            <dl class="figures">
                <div>
                    <dt>"Customers"</dt>
                    <dd>{move || grouped(figure(|it| it.customers) as usize)}</dd>
                </div>
                <div>
                    <dt>"Steps"</dt>
                    <dd>{move || figure(|it| it.cells.checked_div(it.customers).unwrap_or_default())}</dd>
                </div>
                <div>
                    <dt>"Cells to create"</dt>
                    <dd>{move || grouped(figure(|it| it.cells) as usize)}</dd>
                </div>
            </dl>
            <SelectionError error=preview.error/>
            {missing_values}
            <div inner_html=warnings></div>
        </div>
    }
}

/// The missing values of a dry run as a table of customers by variables. Customers that are not offered any more are left out.
fn missing_table(
    (release, name): (ReleaseId, &str),
    unresolved: &[Unresolved],
    offered: &[CustomerSummary],
) -> MissingTable {
    let by_id: HashMap<CustomerId, &CustomerSummary> =
        offered.iter().map(|it| (it.id, it)).collect();
    let mut table = MissingTable::new(release, name);
    for it in unresolved {
        if let Some(customer) = by_id.get(&it.customer_id) {
            table.add(
                (customer.id, customer.name.as_str()),
                (customer.cluster_id, customer.cluster.as_str()),
                &it.variable,
                &it.step_names,
                it.removed.clone(),
            );
        }
    }
    table.cut()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::text_change::{TextChange, TextChangeKind};
    use chrono::DateTime;

    #[test]
    fn a_missing_value_is_in_the_table_with_its_steps_and_who_removed_it() {
        let acme = CustomerSummary {
            id: CustomerId(7),
            name: "Acme".into(),
            namespace: "acme".into(),
            cluster_id: ClusterId(3),
            cluster: "eu".into(),
            is_active: true,
            variables: 0,
            active_releases: 0,
            now: None,
        };
        let removed = TextChange {
            kind: TextChangeKind::Variable,
            name: "var.HOST".into(),
            by: "Ana".into(),
            at: DateTime::UNIX_EPOCH,
            from: Some("old".into()),
            to: None,
        };
        let missing = |customer, variable: &str| Unresolved {
            customer_id: CustomerId(customer),
            variable: variable.into(),
            step_names: vec!["Upgrade".into(), "Check".into()],
            removed: (variable == "var.HOST").then(|| removed.clone()),
        };
        let all = [
            missing(7, "var.HOST"),
            missing(7, "release.version"),
            missing(8, "var.HOST"),
        ];
        let table = missing_table((ReleaseId(5), "June"), &all, &[acme]);
        assert_eq!(table.release, (ReleaseId(5), "June".to_owned()));
        let steps = vec!["Upgrade".to_owned(), "Check".to_owned()];
        let variables = ["release.version", "var.HOST"];
        let variables = variables.map(|it| (it.to_owned(), steps.clone()));
        assert_eq!(table.variables, variables);
        // The other customer is not offered.
        let [row] = table.customers.as_slice() else {
            panic!("{:?}", table.customers)
        };
        assert_eq!(row.cluster, (ClusterId(3), "eu".to_owned()));
        let names = [
            ("var.HOST".to_owned(), Some(removed)),
            ("release.version".to_owned(), None),
        ];
        assert_eq!(row.missing, names);
    }
}
