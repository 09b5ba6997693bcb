//! The dashboard's table of missing values, by release and variable, with a field for each (R103).
use super::{
    rights::OwnRights,
    text_change::change_text,
    ui::time::Clock,
    value_field::{ValueDrafts, ValueField, ValueProblem},
};
use crate::{
    domain::{
        digit_groups::grouped_count,
        id::ReleaseId,
        permission::Permission,
        plural::pluralize,
        summary::MissingValue,
        value_edit::{ValueEdit, ValuePlace, settable_at},
        variables::Source,
    },
    paths,
};
use leptos::prelude::*;

/// The records that have a missing value or could have it, each with its name: the customers and clusters that are named, and the
/// release. If more customers lack it than one, the release comes first, which is for all of them.
fn places(it: &MissingValue) -> Vec<(ValuePlace, String)> {
    let mut places = Vec::new();
    for source in settable_at(&it.variable) {
        match source {
            Source::Customer => {
                let named = it.customers.iter().cloned();
                places.extend(named.map(|(id, name)| (ValuePlace::Customer(id), name)));
            }
            Source::Cluster => {
                let named = it.clusters.iter().cloned();
                places.extend(named.map(|(id, name)| (ValuePlace::Cluster(id), name)));
            }
            Source::Release => {
                let release = (ValuePlace::Release(it.release_id), it.release.clone());
                let at = if it.n_customers > 1 { 0 } else { places.len() };
                places.insert(at, release);
            }
        }
    }
    places
}

/// The form of the record that a value is set at.
fn path_of(place: ValuePlace) -> String {
    match place {
        ValuePlace::Customer(id) => paths::edit_customer(id),
        ValuePlace::Cluster(id) => paths::edit_cluster(id),
        ValuePlace::Release(id) => paths::edit_release(id),
    }
}

/// Who lacks a value: links to the forms that have it; names alone if no form does, or the person may not edit.
fn who_lacks(it: &MissingValue, may_edit: bool) -> impl IntoView + use<> {
    let first = settable_at(&it.variable).first().copied();
    let named: Vec<(String, Option<ValuePlace>)> = match first {
        Some(Source::Cluster) => {
            let clusters = it.clusters.iter();
            clusters
                .map(|(id, name)| (name.clone(), Some(ValuePlace::Cluster(*id))))
                .collect()
        }
        Some(Source::Release) => {
            let place = ValuePlace::Release(it.release_id);
            vec![(it.release.clone(), Some(place))]
        }
        Some(Source::Customer) | None => {
            let customers = it.customers.iter();
            let place = |id| first.map(|_| ValuePlace::Customer(id));
            customers
                .map(|(id, name)| (name.clone(), place(*id)))
                .collect()
        }
    };
    let n_named = u32::try_from(it.customers.len()).unwrap_or(u32::MAX);
    let n_others = if first == Some(Source::Release) {
        0
    } else {
        it.n_customers.saturating_sub(n_named)
    };
    let names = named
        .into_iter()
        .enumerate()
        .map(|(index, (name, place))| {
            let comma = (index > 0).then_some(", ");
            let name = match place.filter(|_| may_edit) {
                Some(place) => view! { <a class="link" href=path_of(place)>{name}</a> }.into_any(),
                None => name.into_any(),
            };
            view! { {comma} {name} }
        })
        .collect_view();
    let unknown = first.is_none();
    view! {
        {names}
        {(n_others > 0).then(|| view! { <span class="quiet">{format!(" and {n_others} more")}</span> })}
        {unknown.then(|| view! { <span class="quiet small">" Unknown variable"</span> })}
    }
}

/// The section; nothing if no value is missing.
#[component]
pub fn MissingValues(
    missing: Vec<MissingValue>,
    /// What is typed, kept by the page: the table is rendered again whenever something changes.
    drafts: ValueDrafts,
    on_save: Callback<Vec<ValueEdit>>,
    /// Opens the table of all customers of a release by its variables.
    on_open: Callback<ReleaseId>,
) -> impl IntoView {
    let n = missing.len();
    let may_edit = OwnRights::from_context().may(Permission::Customers);
    let clock = Clock::from_context();
    let row = |it: MissingValue| {
        let (places, who) = (places(&it), who_lacks(&it, may_edit));
        let id = it.release_id;
        let field = (may_edit && !places.is_empty()).then(|| {
            let key = format!("{id} {}", it.variable);
            let (drafts, variable) = (drafts.clone(), it.variable.clone());
            view! { <ValueField drafts=drafts field=key variable=variable places=places on_save=on_save/> }
        });
        let all = (may_edit && it.n_customers > 1 && field.is_some()).then(|| {
            let label = format!("Set for {}…", pluralize(it.n_customers, "customer"));
            view! {
                <button class="link small live-only" type="button" on:click=move |_| on_open.run(id)>
                    {label}
                </button>
            }
        });
        let removed = it.removed;
        view! {
            <tr>
                <td class="mono">{it.variable}</td>
                <td>
                    {who}
                    {removed
                        .map(|it| view! { <p class="quiet small">{move || change_text(&it, &clock.time(it.at))}</p> })}
                </td>
                <td>{field} {all}</td>
                <td>
                    <a class="link" href=paths::release(id)>{it.release}</a>
                </td>
                <td class="num">{grouped_count(it.cells)}</td>
            </tr>
        }
    };
    let rows = missing.into_iter().map(row).collect_view();
    (n > 0).then(|| {
        view! {
            <section aria-labelledby="missing">
                <div class="section__head">
                    <h2 id="missing" tabindex="-1">"Missing values"</h2>
                    <span class="count">{n}</span>
                    <span class="quiet small">"Steps blocked until a value is set"</span>
                </div>
                <ValueProblem drafts=drafts on_save=on_save/>
                <div class="card scroll-x">
                    <table class="table gaps">
                        <thead>
                            <tr>
                                <th scope="col">"Variable"</th>
                                <th scope="col">"Not set for"</th>
                                <th scope="col">"Value"</th>
                                <th scope="col">"Release"</th>
                                <th scope="col" class="num">"Open cells"</th>
                            </tr>
                        </thead>
                        <tbody>{rows}</tbody>
                    </table>
                </div>
            </section>
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::{ClusterId, CustomerId};

    fn missing(variable: &str, n_customers: u32) -> MissingValue {
        MissingValue {
            release_id: ReleaseId(5),
            release: "June".into(),
            variable: variable.into(),
            customers: vec![(CustomerId(7), "Acme".into())],
            n_customers,
            clusters: vec![(ClusterId(3), "eu".into())],
            cells: 1,
            removed: None,
        }
    }

    #[test]
    fn a_value_that_many_lack_is_set_for_all_of_the_release_unless_another_is_chosen() {
        let (june, eu) = (
            ValuePlace::Release(ReleaseId(5)),
            ValuePlace::Cluster(ClusterId(3)),
        );
        let acme = ValuePlace::Customer(CustomerId(7));
        let of = |variable: &str, n| -> Vec<ValuePlace> {
            let places = places(&missing(variable, n)).into_iter();
            places.map(|it| it.0).collect()
        };
        assert_eq!(of("var.HOST", 1), [acme, eu, june]);
        assert_eq!(of("var.HOST", 2), [june, acme, eu]);
        assert_eq!(of("cluster.kubeconfig", 2), [eu]);
        assert_eq!(of("release.version", 2), [june]);
        assert!(of("customer.shoe", 1).is_empty());
    }

    #[test]
    fn each_record_has_its_form() {
        assert_eq!(
            path_of(ValuePlace::Customer(CustomerId(7))),
            "/customers/7/edit"
        );
        assert_eq!(
            path_of(ValuePlace::Cluster(ClusterId(3))),
            "/clusters/3/edit"
        );
        assert_eq!(
            path_of(ValuePlace::Release(ReleaseId(5))),
            "/releases/5/edit"
        );
    }
}
