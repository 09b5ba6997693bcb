//! Content of the dialog that chooses customers for a release and shows a dry run of what will be created: the
//! activation of a draft, or adding customers to an active release.
use crate::{
    api::{
        customers::list_customers,
        releases::{activate_release, add_customers, preview_customers},
    },
    components::{
        customer_picker::CustomerPicker,
        ui::{
            html::{count, put},
            icon::Icon,
            notice::sentence,
            text_area::escape,
        },
    },
    domain::{
        cluster::hue,
        customer::CustomerSummary,
        id::{ClusterId, CustomerId, ReleaseId},
        rule_violation::Field,
        summary::{DryRun, Unresolved},
    },
    error::AppError,
    pages::SerialRequest,
    paths,
};
use leptos::prelude::*;
use std::collections::{HashMap, HashSet};

/// How many missing values are listed; the others are counted.
const UNRESOLVED_SHOWN_MAX: usize = 200;

/// The picker, the dry run beside it, and the button that activates or adds.
#[component]
pub fn ChooseCustomers(
    open: RwSignal<bool>,
    id: ReleaseId,
    is_draft: bool,
    /// Members of the release; they are not offered.
    members: RwSignal<HashSet<CustomerId>>,
    /// Called after the release has changed.
    on_done: Callback<()>,
) -> impl IntoView {
    let sending = SerialRequest::new();
    let chosen = RwSignal::new(HashSet::<CustomerId>::new());
    let offered = RwSignal::new(None::<Vec<CustomerSummary>>);
    // The dialog renders only in the browser, so it fetches directly and not through a resource of the page.
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
    let (is_fetching, is_sending) = (fetching.is_busy(), sending.is_busy());
    let dry_run = DryRunPreview::new(id, chosen, offered);
    let n_offered = move || offered.with(|it| it.as_ref().map_or(0, Vec::len));
    let is_none = move || chosen.with(HashSet::is_empty);
    let submit = move |_| {
        if untrack(is_none) {
            return;
        }
        let customers: Vec<CustomerId> = chosen.get_untracked().into_iter().collect();
        if is_draft {
            sending.run(activate_release(id, customers), move |_| {
                open.set(false);
                on_done.run(());
            });
        } else {
            sending.run(add_customers(id, customers), move |added| {
                members.update(|it| it.extend(added.row));
                open.set(false);
                on_done.run(());
            });
        }
    };
    view! {
        <p class="dialog__lead muted">"Every chosen customer gets its own copy of the release's steps."</p>
        <div class="dialog__cols">
            {move || match offered.get() {
                Some(customers) if customers.is_empty() => nothing_to_choose(is_draft).into_any(),
                Some(customers) => view! { <CustomerPicker customers=customers chosen=chosen/> }.into_any(),
                None => {
                    view! {
                        <div class="dialog__pick" aria-busy=move || is_fetching.get().then_some("true")>
                            <ErrorAlert error=fetching.error/>
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
            <DryRunPane id=id dry_run=dry_run offered=offered/>
        </div>
        <ErrorAlert error=sending.error/>
        <div class="dialog__foot">
            <span aria-live="polite">
                <b class="label">
                    {move || format!("Selected {} of {} customers", chosen.with(HashSet::len), n_offered())}
                </b>
                " "
                <span class="quiet">{move || in_n_clusters(chosen, offered)}</span>
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
                aria-busy=move || is_sending.get().then_some("true")
                on:click=submit
            >
                {if is_draft { "Activate" } else { "Add" }}
            </button>
        </div>
    }
}

/// An error in full: the choice of customers has no form field below which it could be shown.
#[component]
fn ErrorAlert(error: RwSignal<Option<AppError>>) -> impl IntoView {
    move || {
        error.get().map(|error| {
            let at_field = error.at(Field::Customers);
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

/// Shown if no customer can be chosen.
fn nothing_to_choose(is_draft: bool) -> impl IntoView {
    let (text, path, label) = if is_draft {
        (
            "There is no active customer yet.",
            paths::NEW_CUSTOMER,
            "Add customer",
        )
    } else {
        (
            "Every active customer is in this release already.",
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

/// "in 2 clusters", or nothing while no customer is chosen.
fn in_n_clusters(
    chosen: RwSignal<HashSet<CustomerId>>,
    offered: RwSignal<Option<Vec<CustomerSummary>>>,
) -> String {
    let n = chosen.with(|chosen| {
        offered.with(|offered| {
            let all = offered.iter().flatten();
            let of_chosen = all.filter(|it| chosen.contains(&it.id));
            let clusters: HashSet<ClusterId> = of_chosen.map(|it| it.cluster_id).collect();
            clusters.len()
        })
    });
    if n == 0 {
        String::new()
    } else {
        format!("in {}", count(n, "cluster"))
    }
}

/// Dry run of the activation or addition, requested after each change of the choice. Answers to older choices are
/// dropped.
#[derive(Clone, Copy)]
struct DryRunPreview {
    id: ReleaseId,
    chosen: RwSignal<HashSet<CustomerId>>,
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
        chosen: RwSignal<HashSet<CustomerId>>,
        offered: RwSignal<Option<Vec<CustomerSummary>>>,
    ) -> Self {
        let this = Self {
            id,
            chosen,
            offered,
            answer: RwSignal::new(None),
            error: RwSignal::new(None),
            is_busy: RwSignal::new(false),
            number: StoredValue::new(0),
        };
        Effect::new(move |_| {
            chosen.track();
            this.request();
        });
        this
    }

    /// The chosen customers in the order in which they are offered; missing values come back in this order.
    fn chosen_in_order(self) -> Vec<CustomerId> {
        self.chosen.with_untracked(|chosen| {
            self.offered.with_untracked(|all| {
                let ids = all.iter().flatten().map(|it| it.id);
                ids.filter(|it| chosen.contains(it)).collect()
            })
        })
    }

    /// Requests the dry run.
    fn request(self) {
        let customers = self.chosen_in_order();
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

/// The figures and missing values of the dry run.
#[component]
fn DryRunPane(
    id: ReleaseId,
    dry_run: DryRunPreview,
    offered: RwSignal<Option<Vec<CustomerSummary>>>,
) -> impl IntoView {
    let figure = move |of: fn(&DryRun) -> u32| dry_run.answer.with(|it| it.as_ref().map_or(0, of));
    let missing = move || {
        let unresolved = dry_run.answer.with(|it| {
            let found = it.as_ref().map(|it| it.unresolved.clone());
            found.filter(|it| !it.is_empty())
        })?;
        let n_values = unresolved.len();
        let n_cells: usize = unresolved.iter().map(|it| it.step_names.len()).sum();
        let html = offered.with(|offered| {
            let names = offered.iter().flatten().map(|it| (it.id, it)).collect();
            unresolved_html(id, &unresolved, &names)
        });
        let are = if n_values == 1 {
            "value is"
        } else {
            "values are"
        };
        let cells = if n_cells == 1 {
            "the cell that uses it stays".to_owned()
        } else {
            format!("the {n_cells} cells that use them stay")
        };
        Some(view! {
            <div class="alert">
                <Icon name="i-warn"/>
                <span class="grow">
                    <b>{format!("{n_values} {are} still missing. ")}</b>
                    {format!("You can go on; {cells} locked until they are filled.")}
                </span>
                <button class="button" type="button" data-size="s" on:click=move |_| dry_run.request()>
                    "Check again"
                </button>
            </div>
            <div inner_html=html></div>
        })
    };
    view! {
        <div class="dialog__run" aria-busy=move || dry_run.is_busy.get().then_some("true")>
            <h3>"Dry run"</h3>
            <dl class="figures">
                <div>
                    <dt>"Customers"</dt>
                    <dd>{move || figure(|it| it.customers)}</dd>
                </div>
                <div>
                    <dt>"Steps"</dt>
                    <dd>{move || figure(|it| it.cells.checked_div(it.customers).unwrap_or_default())}</dd>
                </div>
                <div>
                    <dt>"Cells to create"</dt>
                    <dd>{move || figure(|it| it.cells)}</dd>
                </div>
            </dl>
            <ErrorAlert error=dry_run.error/>
            {missing}
        </div>
    }
}

/// The form in which a variable's value is entered.
fn edit_path(variable: &str, release: ReleaseId, customer: &CustomerSummary) -> String {
    match variable.split('.').next() {
        Some("cluster") => paths::edit_cluster(customer.cluster_id),
        Some("release") => paths::edit_release(release),
        _ => paths::edit_customer(customer.id),
    }
}

/// The missing values as an HTML table. Their links open in a new tab, so that the choice stays.
fn unresolved_html(
    release: ReleaseId,
    unresolved: &[Unresolved],
    names: &HashMap<CustomerId, &CustomerSummary>,
) -> String {
    let mut html = String::from(
        r#"<table class="table"><caption class="sr">Unresolved variables</caption><thead><tr><th scope="col">Variable</th><th scope="col">Customer</th><th scope="col">Steps</th></tr></thead><tbody>"#,
    );
    for it in unresolved.iter().take(UNRESOLVED_SHOWN_MAX) {
        let Some(customer) = names.get(&it.customer_id) else {
            continue;
        };
        let (variable, name) = (escape(&it.variable), escape(&customer.name));
        let (hue, cluster) = (hue(customer.cluster_id), escape(&customer.cluster));
        let steps = escape(&it.step_names.join(", "));
        let path = edit_path(&it.variable, release, customer);
        put!(
            html,
            r#"<tr><td class="mono">{variable}</td><td><a class="link" href="{path}" target="_blank" rel="noopener">{name}<span class="sr">, fill in {variable} in a new tab</span></a> <span class="place small" data-cluster="{hue}">{cluster}</span></td><td class="quiet">{steps}</td></tr>"#
        );
    }
    html.push_str("</tbody></table>");
    if unresolved.len() > UNRESOLVED_SHOWN_MAX {
        let more = unresolved.len() - UNRESOLVED_SHOWN_MAX;
        put!(html, r#"<p class="quiet small">and {more} more</p>"#);
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_value_links_to_the_form_in_which_it_is_entered() {
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
        };
        let all = [
            missing("var.HOST"),
            missing("cluster.kubeconfig"),
            missing("release.version"),
        ];
        let names = [(acme.id, &acme)].into();
        let html = unresolved_html(ReleaseId(5), &all, &names);
        for path in ["/customers/7/edit", "/clusters/3/edit", "/releases/5/edit"] {
            assert!(html.contains(path), "{path}");
        }
        assert!(html.contains("&lt;Acme&gt;") && html.contains("Upgrade, Check"));
    }
}
