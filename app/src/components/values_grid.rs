//! Table of missing values, customers by variables (R103): a field for each, and above them fields that set the value for a whole
//! cluster or for the release.
use super::{
    text_change::change_text,
    ui::time::Clock,
    value_field::{ValueDrafts, ValueProblem},
};
use crate::{
    browser::form::to_nfc,
    domain::{
        cluster::hue,
        id::ClusterId,
        text_change::TextChange,
        value_edit::{MissingTable, ValueEdit, ValuePlace, settable_at},
        variables::Source,
    },
    paths,
};
use leptos::prelude::*;

/// A row: the record that its fields set values at.
struct ValueRow {
    place: ValuePlace,
    name: String,
    /// The cluster of a customer, or that of the row itself.
    cluster: Option<(ClusterId, String)>,
    /// What is missing, if the row is a customer's.
    missing: Option<Vec<(String, Option<TextChange>)>>,
}

/// The rows of a table: the release and the clusters, where they can have a value that is missing, then the customers.
fn rows(table: &MissingTable) -> Vec<ValueRow> {
    let is_settable_there = |source: Source| {
        let mut names = table.variables.iter();
        names.any(|it| settable_at(&it.0).contains(&source))
    };
    let shared = |place, name: &str, cluster| ValueRow {
        place,
        name: name.to_owned(),
        cluster,
        missing: None,
    };
    let mut rows = Vec::new();
    if is_settable_there(Source::Release) {
        let (id, name) = &table.release;
        rows.push(shared(ValuePlace::Release(*id), name, None));
    }
    if is_settable_there(Source::Cluster) {
        for cluster in table.clusters() {
            let place = ValuePlace::Cluster(cluster.0);
            let name = cluster.1.clone();
            rows.push(shared(place, &name, Some(cluster)));
        }
    }
    rows.extend(table.customers.iter().map(|it| ValueRow {
        place: ValuePlace::Customer(it.customer.0),
        name: it.customer.1.clone(),
        cluster: Some(it.cluster.clone()),
        missing: Some(it.missing.clone()),
    }));
    rows
}

/// Whether a variable has a field in a row.
fn has_field(row: &ValueRow, variable: &str) -> bool {
    let source = match row.place {
        ValuePlace::Customer(_) => Source::Customer,
        ValuePlace::Cluster(_) => Source::Cluster,
        ValuePlace::Release(_) => Source::Release,
    };
    let is_missing = row
        .missing
        .as_ref()
        .is_none_or(|all| all.iter().any(|it| it.0 == variable));
    is_missing && settable_at(variable).contains(&source)
}

/// Where a field of a row tells itself from others.
fn field_key(place: ValuePlace, variable: &str) -> String {
    match place {
        ValuePlace::Customer(id) => format!("customer {id} {variable}"),
        ValuePlace::Cluster(id) => format!("cluster {id} {variable}"),
        ValuePlace::Release(id) => format!("release {id} {variable}"),
    }
}

/// The values that are typed in the fields of this table: those of records that are not in it any more stay where they are.
pub fn edits_of(table: &MissingTable, drafts: &ValueDrafts) -> Vec<ValueEdit> {
    let rows = rows(table);
    let is_here = |it: &ValueEdit| {
        let mut rows = rows.iter();
        rows.any(|row| row.place == it.place && has_field(row, &it.variable))
    };
    drafts.edits().into_iter().filter(is_here).collect()
}

/// One field.
fn input(
    drafts: ValueDrafts,
    place: ValuePlace,
    variable: String,
    whom: &str,
) -> impl IntoView + use<> {
    let label = format!("{variable} for {whom}");
    let own = StoredValue::new((drafts, field_key(place, &variable), variable));
    let text = move || {
        let typed = own.with_value(|it| it.0.edit(&it.1));
        typed.map(|it| it.value).unwrap_or_default()
    };
    view! {
        <input
            class="input mono"
            data-size="s"
            aria-label=label
            placeholder="not set"
            autocomplete="off"
            spellcheck="false"
            prop:value=text
            on:input=move |event| {
                let value = to_nfc(event_target_value(&event));
                own.with_value(|(drafts, key, variable)| {
                    let variable = variable.clone();
                    drafts.put(key, ValueEdit { place, variable, value, replaces: false });
                });
            }
        />
    }
}

/// The table with the button that saves all that is typed in it.
#[component]
pub fn ValuesGrid(
    table: MissingTable,
    drafts: ValueDrafts,
    on_save: Callback<Vec<ValueEdit>>,
) -> impl IntoView {
    let clock = Clock::from_context();
    let names: Vec<String> = table.variables.iter().map(|it| it.0.clone()).collect();
    let heads = table.variables.iter();
    let heads = heads
        .map(|(name, steps)| {
            view! {
                <th scope="col">
                    <span class="mono">{name.clone()}</span>
                    " "
                    <span class="quiet small">{steps.join(", ")}</span>
                </th>
            }
        })
        .collect_view();
    let cell = |row: &ValueRow, variable: &String| {
        let (is_known, has_field) = (!settable_at(variable).is_empty(), has_field(row, variable));
        let missing = row.missing.as_ref();
        let missing = missing.and_then(|all| all.iter().find(|it| it.0 == *variable));
        let removed = missing.and_then(|it| it.1.clone());
        let field =
            has_field.then(|| input(drafts.clone(), row.place, variable.clone(), &row.name));
        let unknown = (!is_known && missing.is_some()).then_some("Unknown variable");
        view! {
            <td>
                {field}
                <span class="quiet small">{unknown}</span>
                {removed
                    .map(|it| view! { <p class="quiet small">{move || change_text(&it, &clock.time(it.at))}</p> })}
            </td>
        }
    };
    let body = rows(&table)
        .iter()
        .map(|row| {
            let cells = names.iter().map(|it| cell(row, it)).collect_view();
            let path = match row.place {
                ValuePlace::Customer(id) => paths::edit_customer(id),
                ValuePlace::Cluster(id) => paths::edit_cluster(id),
                ValuePlace::Release(id) => paths::edit_release(id),
            };
            let kind = match row.place {
                ValuePlace::Customer(_) => "",
                ValuePlace::Cluster(_) => " all of this cluster",
                ValuePlace::Release(_) => " all of this release",
            };
            let cluster = row.cluster.clone().filter(|_| row.missing.is_some());
            // What is missing of an unknown name can be set nowhere: a link would lead to a form without it.
            let is_settable = names.iter().any(|it| has_field(row, it));
            let name = if is_settable {
                view! { <a class="link" href=path target="_blank" rel="noopener">{row.name.clone()}</a> }.into_any()
            } else {
                row.name.clone().into_any()
            };
            view! {
                <tr data-shared=row.missing.is_none().then_some("")>
                    <th scope="row">
                        {name}
                        <span class="quiet small">{kind}</span>
                        {cluster
                            .map(|(id, name)| {
                                view! {
                                    " "
                                    <span class="place small" data-cluster=hue(id)>{name}</span>
                                }
                            })}
                    </th>
                    {cells}
                </tr>
            }
        })
        .collect_view();
    let n_more = table.n_more;
    let own = StoredValue::new((table, drafts.clone()));
    let edits = move || own.with_value(|(table, drafts)| edits_of(table, drafts));
    let is_empty = Memo::new(move |_| edits().is_empty());
    view! {
        <form
            class="values-grid stack stack-s"
            on:submit=move |event| {
                event.prevent_default();
                on_save.run(untrack(edits));
            }
        >
            <ValueProblem drafts=drafts on_save=on_save/>
            <div class="scroll-x">
                <table class="table">
                    <caption class="sr">"Unresolved variables"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"Set for"</th>
                            {heads}
                        </tr>
                    </thead>
                    <tbody>{body}</tbody>
                </table>
            </div>
            {(n_more > 0).then(|| view! { <p class="quiet small">{format!("and {n_more} more")}</p> })}
            <div class="row">
                <button
                    class="button"
                    data-size="s"
                    type="submit"
                    aria-disabled=move || is_empty.get().then_some("true")
                >
                    "Save values"
                </button>
                <span class="quiet small">"A customer's own value comes before its cluster's and the release's"</span>
            </div>
        </form>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::{CustomerId, ReleaseId};

    fn table(n: i64, variables: &[&str]) -> MissingTable {
        let mut table = MissingTable::new(ReleaseId(5), "June");
        for id in 1..=n {
            for name in variables {
                table.add((CustomerId(id), "C"), (ClusterId(3), "eu"), name, &[], None);
            }
        }
        table
    }

    fn places(table: &MissingTable) -> Vec<ValuePlace> {
        rows(table).iter().map(|it| it.place).collect()
    }

    #[test]
    fn a_release_and_its_clusters_have_a_row_where_they_can_have_the_value_also_for_one_customer() {
        use ValuePlace as P;
        let (june, eu) = (P::Release(ReleaseId(5)), P::Cluster(ClusterId(3)));
        let customer = |id| P::Customer(CustomerId(id));
        let one = [june, eu, customer(1)];
        assert_eq!(places(&table(1, &["var.HOST"])), one);
        let all = [june, eu, customer(1), customer(2)];
        assert_eq!(places(&table(2, &["var.HOST"])), all);
        let path = table(1, &["cluster.kubeconfig"]);
        assert_eq!(places(&path), [eu, customer(1)]);
        let version = table(2, &["release.version"]);
        assert_eq!(places(&version), [june, customer(1), customer(2)]);
        let unknown = table(1, &["customer.shoe"]);
        assert_eq!(places(&unknown), [customer(1)]);
        let rows = rows(&path);
        assert!(has_field(&rows[0], "cluster.kubeconfig"));
        assert!(!has_field(&rows[1], "cluster.kubeconfig"));
    }

    #[test]
    fn what_is_typed_for_a_customer_that_is_not_in_the_table_is_not_sent_with_it() {
        let drafts = ValueDrafts::default();
        for id in [1, 2] {
            let edit = ValueEdit {
                place: ValuePlace::Customer(CustomerId(id)),
                variable: "var.HOST".into(),
                value: "x".into(),
                replaces: false,
            };
            drafts.put(&field_key(edit.place, "var.HOST"), edit);
        }
        assert_eq!(edits_of(&table(1, &["var.HOST"]), &drafts).len(), 1);
        assert_eq!(edits_of(&table(1, &["var.ZONE"]), &drafts).len(), 0);
        assert_eq!(edits_of(&table(2, &["var.HOST"]), &drafts).len(), 2);
    }
}
