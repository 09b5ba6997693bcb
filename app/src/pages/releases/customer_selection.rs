//! Selection of customers for a release, with a dry run that shows what would be created. It activates a draft, or adds the
//! customers to an active release.
use crate::{
    api::{
        customers::list_customers,
        releases::{activate_release, add_customers, preview_customers},
    },
    components::{
        customer_picker::CustomerPicker,
        text_change::change_text,
        ui::{icon::Icon, notice::sentence, time::Clock},
        warning_list::warning_list,
    },
    domain::{
        cluster::hue,
        customer::CustomerSummary,
        digit_groups::grouped,
        id::{ClusterId, CustomerId, ReleaseId},
        plural::pluralize,
        summary::{DryRun, Unresolved},
        variables::{Source, filled_at},
        vocabulary::Field,
    },
    error::AppError,
    pages::SerialRequest,
    paths,
};
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use maud::html;
use std::collections::{HashMap, HashSet};

/// More missing values than these are counted, not listed.
const LISTED_VALUES_MAX: usize = 200;

/// The dialog body in which customers are chosen, with its dry run.
#[component]
pub fn CustomerSelection(
    open: RwSignal<bool>,
    id: ReleaseId,
    is_draft: bool,
    /// Customers that are in the release already; they are not offered.
    members: RwSignal<HashSet<CustomerId>>,
    on_done: Callback<()>,
) -> impl IntoView {
    let request = SerialRequest::new();
    let selected = RwSignal::new(HashSet::<CustomerId>::new());
    let offered = RwSignal::new(None::<Vec<CustomerSummary>>);
    // A plain request, not a `Fetch`: the server never renders this dialog, so there is nothing to hydrate.
    let fetching = SerialRequest::new();
    let fetch = Callback::new(move |()| {
        fetching.run(list_customers(false), move |all| {
            let all = all.into_iter();
            let others: Vec<CustomerSummary> = members
                .with_untracked(|members| all.filter(|it| !members.contains(&it.id)).collect());
            offered.set(Some(others));
        });
    });
    fetch.run(());
    let (is_fetching, is_requesting) = (fetching.is_busy(), request.is_busy());
    let preview = DryRunPreview::new(id, selected, offered);
    let n_offered = move || offered.with(|it| it.as_ref().map_or(0, Vec::len));
    let is_none = move || selected.with(HashSet::is_empty);
    let submit = move |_| {
        if untrack(is_none) {
            return;
        }
        let customers: Vec<CustomerId> = selected.get_untracked().into_iter().collect();
        if is_draft {
            request.run(activate_release(id, customers), move |_| {
                open.set(false);
                on_done.run(());
            });
        } else {
            request.run(add_customers(id, customers), move |added| {
                members.update(|it| it.extend(added.row));
                open.set(false);
                on_done.run(());
            });
        }
    };
    view! {
        <p class="dialog__lead muted">"The steps will be created for each selected customer."</p>
        <div class="dialog__cols">
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
            <DryRunPane id=id preview=preview offered=offered/>
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
                on:click=submit
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
    /// The number of the last request.
    number: StoredValue<u32>,
}

impl DryRunPreview {
    fn new(
        id: ReleaseId,
        selected: RwSignal<HashSet<CustomerId>>,
        offered: RwSignal<Option<Vec<CustomerSummary>>>,
    ) -> Self {
        let this = Self {
            id,
            selected,
            offered,
            answer: RwSignal::new(None),
            error: RwSignal::new(None),
            is_busy: RwSignal::new(false),
            number: StoredValue::new(0),
        };
        Effect::new(move |_| {
            selected.track();
            this.request();
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

    fn request(self) {
        let customers = self.selected();
        self.number.update_value(|it| *it += 1);
        let number = self.number.get_value();
        if customers.is_empty() {
            self.answer.set(None);
            self.error.set(None);
            self.is_busy.set(false);
            return;
        }
        self.is_busy.set(true);
        leptos::task::spawn_local(async move {
            let answer = preview_customers(self.id, customers).await;
            if self.number.try_get_value() != Some(number) {
                return;
            }
            self.is_busy.set(false);
            match answer {
                Ok(answer) => {
                    self.error.set(None);
                    self.answer.set(Some(answer));
                }
                Err(error) => {
                    self.answer.set(None);
                    self.error.set(Some(error));
                }
            }
        });
    }
}

#[component]
fn DryRunPane(
    id: ReleaseId,
    preview: DryRunPreview,
    offered: RwSignal<Option<Vec<CustomerSummary>>>,
) -> impl IntoView {
    let figure = move |of: fn(&DryRun) -> u32| preview.answer.with(|it| it.as_ref().map_or(0, of));
    let clock = Clock::from_context();
    let missing_values = move || {
        let unresolved = preview.answer.with(|it| {
            let found = it.as_ref().map(|it| it.unresolved.clone());
            found.filter(|it| !it.is_empty())
        })?;
        let n_values = unresolved.len();
        let n_cells: usize = unresolved.iter().map(|it| it.step_names.len()).sum();
        let html = offered.with(|offered| {
            let names = offered.iter().flatten().map(|it| (it.id, it)).collect();
            missing_values_html(id, &unresolved, &names, &|at| clock.time(at))
        });
        let are = if n_values == 1 {
            "value is"
        } else {
            "values are"
        };
        let steps = if n_cells == 1 {
            "1 step stays".to_owned()
        } else {
            format!("{n_cells} steps stay")
        };
        Some(view! {
            <div class="alert">
                <Icon name="i-warn"/>
                <span class="grow">
                    <b>{format!("{n_values} {are} still missing. ")}</b>
                    {format!("You can activate now; {steps} blocked until set.")}
                </span>
                <button class="button" type="button" data-size="s" on:click=move |_| preview.request()>
                    "Refresh"
                </button>
            </div>
            <div inner_html=html></div>
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

/// The page on which a variable gets its value; none for one that no form has.
fn variable_path(variable: &str, release: ReleaseId, customer: &CustomerSummary) -> Option<String> {
    Some(match filled_at(variable)? {
        Source::Cluster => paths::edit_cluster(customer.cluster_id),
        Source::Release => paths::edit_release(release),
        Source::Customer => paths::edit_customer(customer.id),
    })
}

/// The missing values as an HTML table. Links open in a new tab, so that the selection stays.
fn missing_values_html(
    release: ReleaseId,
    unresolved: &[Unresolved],
    names: &HashMap<CustomerId, &CustomerSummary>,
    time: &dyn Fn(DateTime<Utc>) -> String,
) -> String {
    let n_more = unresolved.len().saturating_sub(LISTED_VALUES_MAX);
    let listed = unresolved.iter().take(LISTED_VALUES_MAX);
    let rows = listed.filter_map(|it| names.get(&it.customer_id).map(|customer| (it, customer)));
    let html = html! {
        table class="table" {
            caption class="sr" { "Unresolved variables" }
            thead {
                tr {
                    th scope="col" { "Variable" }
                    th scope="col" { "Customer" }
                    th scope="col" { "Steps" }
                }
            }
            tbody {
                @for (it, customer) in rows {
                    @let path = variable_path(&it.variable, release, customer);
                    @let removed = it.removed.as_ref();
                    tr {
                        td class="mono" { (it.variable) }
                        td {
                            @if let Some(path) = path {
                                a class="link" href=(path) target="_blank" rel="noopener" {
                                    (customer.name)
                                    span class="sr" { ", set " (it.variable) }
                                }
                            } @else {
                                (customer.name)
                                " "
                                span class="quiet small" { "Unknown variable" }
                            }
                            " "
                            span class="place small" data-cluster=(hue(customer.cluster_id)) { (customer.cluster) }
                            @if let Some(change) = removed {
                                p class="quiet small" { (change_text(change, &time(change.at))) }
                            }
                        }
                        td class="quiet" { (it.step_names.join(", ")) }
                    }
                }
            }
        }
        @if n_more > 0 {
            p class="quiet small" { "and " (n_more) " more" }
        }
    };
    html.into_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::ui::html::tests::{HOSTILE, assert_escaped};
    use crate::domain::text_change::{TextChange, TextChangeKind};

    #[test]
    fn a_missing_value_leads_to_where_it_is_filled_in_if_there_is_such_a_place() {
        let acme = CustomerSummary {
            id: CustomerId(7),
            name: "<Acme>".into(),
            namespace: "acme".into(),
            cluster_id: ClusterId(3),
            cluster: "eu".into(),
            is_active: true,
            variables: 0,
            active_releases: 0,
        };
        let missing = |variable: &str| Unresolved {
            customer_id: CustomerId(7),
            variable: variable.into(),
            step_names: vec!["Upgrade".into(), "Check".into()],
            removed: (variable == "var.HOST").then(|| TextChange {
                kind: TextChangeKind::Variable,
                name: variable.into(),
                by: "Ana".into(),
                at: DateTime::UNIX_EPOCH,
                from: Some("<old>".into()),
                to: None,
            }),
        };
        let all = [
            missing("var.HOST"),
            missing("cluster.kubeconfig"),
            missing("release.version"),
        ];
        let names = [(acme.id, &acme)].into();
        let html = missing_values_html(ReleaseId(5), &all, &names, &|_| "14:02".into());
        for path in ["/customers/7/edit", "/clusters/3/edit", "/releases/5/edit"] {
            assert!(html.contains(path), "{path}");
        }
        assert!(html.contains("&lt;Acme&gt;") && html.contains("Upgrade, Check"));
        assert!(
            html.contains("HOST changed 14:02 by Ana: &lt;old&gt; -&gt; not set"),
            "{html}"
        );
        // No form has these.
        for variable in [
            "customer.shoe",
            "cluster.zone",
            "release.mood",
            "var.A | upper",
        ] {
            let html = missing_values_html(ReleaseId(5), &[missing(variable)], &names, &|_| {
                String::new()
            });
            assert!(!html.contains("<a"), "{variable}");
            assert!(html.contains("Unknown variable"), "{variable}");
        }
        let hostile = CustomerSummary {
            name: HOSTILE.into(),
            cluster: HOSTILE.into(),
            ..acme.clone()
        };
        let hostile_value = Unresolved {
            variable: HOSTILE.into(),
            step_names: vec![HOSTILE.into()],
            ..missing("var.HOST")
        };
        let names = [(hostile.id, &hostile)].into();
        assert_escaped(
            &missing_values_html(ReleaseId(5), &[hostile_value], &names, &|_| String::new()),
            4,
        );
    }
}
