//! Chooses customers, shows what will be made, and does it: activation of a draft, or adding to an active release.
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
        summary::{DryRun, Unresolved},
        vocabulary::Field,
    },
    error::AppError,
    pages::SerialRequest,
    paths,
};
use leptos::prelude::*;
use std::collections::{HashMap, HashSet};

/// So many missing values are listed; the others are counted.
const LISTED: usize = 200;

#[component]
pub fn ChooseCustomers(
    open: RwSignal<bool>,
    id: ReleaseId,
    is_draft: bool,
    /// Who is in already, and not offered again.
    members: RwSignal<HashSet<CustomerId>>,
    on_done: Callback<()>,
) -> impl IntoView {
    let sending = SerialRequest::new();
    let chosen = RwSignal::new(HashSet::<CustomerId>::new());
    let offered = RwSignal::new(None::<Vec<CustomerSummary>>);
    // The dialog is drawn only once the page is live, so what it needs is fetched here and now.
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
    let trial = DryRunPreview::new(id, chosen, offered);
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
                Some(customers) if customers.is_empty() => nobody(is_draft).into_any(),
                Some(customers) => view! { <CustomerPicker customers=customers chosen=chosen/> }.into_any(),
                None => {
                    view! {
                        <div class="dialog__pick" aria-busy=move || is_fetching.get().then_some("true")>
                            <Refused error=fetching.error/>
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
            <DryRunPane id=id trial=trial offered=offered/>
        </div>
        <Refused error=sending.error/>
        <div class="dialog__foot">
            <span aria-live="polite">
                <b class="label">
                    {move || format!("Selected {} of {} customers", chosen.with(HashSet::len), n_offered())}
                </b>
                " "
                <span class="quiet">{move || in_clusters(chosen, offered)}</span>
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

/// A refusal in full: who is chosen has no field of its own where it could stand.
#[component]
fn Refused(error: RwSignal<Option<AppError>>) -> impl IntoView {
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

/// Nobody is left to be chosen.
fn nobody(is_draft: bool) -> impl IntoView {
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

/// "in 2 clusters"
fn in_clusters(
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

/// What activating or adding would do; asked with every choice. Only the answer to the last question counts.
#[derive(Clone, Copy)]
struct DryRunPreview {
    id: ReleaseId,
    chosen: RwSignal<HashSet<CustomerId>>,
    offered: RwSignal<Option<Vec<CustomerSummary>>>,
    answer: RwSignal<Option<DryRun>>,
    error: RwSignal<Option<AppError>>,
    is_busy: RwSignal<bool>,
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
            this.ask();
        });
        this
    }

    /// In the order in which they are offered: that of the missing values.
    fn wanted(self) -> Vec<CustomerId> {
        self.chosen.with_untracked(|chosen| {
            self.offered.with_untracked(|all| {
                let ids = all.iter().flatten().map(|it| it.id);
                ids.filter(|it| chosen.contains(it)).collect()
            })
        })
    }

    fn ask(self) {
        let customers = self.wanted();
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
    trial: DryRunPreview,
    offered: RwSignal<Option<Vec<CustomerSummary>>>,
) -> impl IntoView {
    let figure = move |of: fn(&DryRun) -> u32| trial.answer.with(|it| it.as_ref().map_or(0, of));
    let missing = move || {
        let unresolved = trial.answer.with(|it| {
            let found = it.as_ref().map(|it| it.unresolved.clone());
            found.filter(|it| !it.is_empty())
        })?;
        let n_values = unresolved.len();
        let n_cells: usize = unresolved.iter().map(|it| it.step_names.len()).sum();
        let html = offered.with(|offered| {
            let names = offered.iter().flatten().map(|it| (it.id, it)).collect();
            table(id, &unresolved, &names)
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
                <button class="button" type="button" data-size="s" on:click=move |_| trial.ask()>
                    "Check again"
                </button>
            </div>
            <div inner_html=html></div>
        })
    };
    view! {
        <div class="dialog__run" aria-busy=move || trial.is_busy.get().then_some("true")>
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
            <Refused error=trial.error/>
            {missing}
        </div>
    }
}

/// Where a variable is filled in.
fn filled_at(variable: &str, release: ReleaseId, customer: &CustomerSummary) -> String {
    match variable.split('.').next() {
        Some("cluster") => paths::edit_cluster(customer.cluster_id),
        Some("release") => paths::edit_release(release),
        _ => paths::edit_customer(customer.id),
    }
}

/// The missing values as a table, as text. Their links open beside this page, so that the choice stays.
fn table(
    release: ReleaseId,
    unresolved: &[Unresolved],
    names: &HashMap<CustomerId, &CustomerSummary>,
) -> String {
    let mut html = String::from(
        r#"<table class="table"><caption class="sr">Unresolved variables</caption><thead><tr><th scope="col">Variable</th><th scope="col">Customer</th><th scope="col">Steps</th></tr></thead><tbody>"#,
    );
    for it in unresolved.iter().take(LISTED) {
        let Some(customer) = names.get(&it.customer_id) else {
            continue;
        };
        let (variable, name) = (escape(&it.variable), escape(&customer.name));
        let (hue, cluster) = (hue(customer.cluster_id), escape(&customer.cluster));
        let steps = escape(&it.step_names.join(", "));
        let path = filled_at(&it.variable, release, customer);
        put!(
            html,
            r#"<tr><td class="mono">{variable}</td><td><a class="link" href="{path}" target="_blank" rel="noopener">{name}<span class="sr">, fill in {variable} in a new tab</span></a> <span class="place small" data-cluster="{hue}">{cluster}</span></td><td class="quiet">{steps}</td></tr>"#
        );
    }
    html.push_str("</tbody></table>");
    if unresolved.len() > LISTED {
        let more = unresolved.len() - LISTED;
        put!(html, r#"<p class="quiet small">and {more} more</p>"#);
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_value_leads_to_where_it_is_filled_in() {
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
        let html = table(ReleaseId(5), &all, &names);
        for path in ["/customers/7/edit", "/clusters/3/edit", "/releases/5/edit"] {
            assert!(html.contains(path), "{path}");
        }
        assert!(html.contains("&lt;Acme&gt;") && html.contains("Upgrade, Check"));
    }
}
