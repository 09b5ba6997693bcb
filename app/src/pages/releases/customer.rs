//! `/releases/:id/customer/:customerId`: one customer's steps, in order.
use crate::{
    api::releases::read_customer_work,
    components::{
        layout::page_head::PageHead,
        step_state::{State, type_icon},
        ui::{bar::Bar, icon::Icon, time::Time},
    },
    domain::{
        id::{CustomerId, ReleaseId},
        step::CustomerStep,
        summary::CustomerWork,
        template::Category,
    },
    pages::{dashboard::percent, fetch::Fetch, loaded, param},
    paths,
};
use leptos::prelude::*;

#[component]
pub fn CustomerStepsPage() -> impl IntoView {
    let release = param::<ReleaseId>("id");
    let customer = param::<CustomerId>("customer_id");
    let work = Fetch::new(
        move || release().zip(customer()),
        |ids| async move {
            let (release, customer) = ids.unwrap_or((ReleaseId(0), CustomerId(0)));
            read_customer_work(release, customer).await
        },
    );
    loaded(work, show)
}

fn show(it: CustomerWork) -> impl IntoView {
    let CustomerWork {
        release,
        customer,
        cluster,
        progress,
        steps,
    } = it;
    let crumbs = vec![
        ("Releases".into(), paths::RELEASES.into()),
        (release.name.clone(), paths::release(release.id)),
    ];
    let hue = cluster.hue();
    let (cluster_name, namespace) = (cluster.name.clone(), customer.namespace.clone());
    let is_inactive = !customer.is_active;
    let beside = move || {
        view! {
            <span class="place" data-cluster=hue>{cluster_name.clone()}</span>
            <span class="mono muted">{namespace.clone()}</span>
            {is_inactive.then(|| view! { <span class="badge">"Inactive"</span> })}
        }
    };
    let mut number = 0;
    let sections = Category::ALL
        .iter()
        .map(|category| {
            let rows = steps
                .iter()
                .filter(|it| it.category == *category)
                .cloned()
                .map(|step| {
                    number += 1;
                    row(step, number)
                })
                .collect_view();
            let n_steps = steps.iter().filter(|it| it.category == *category).count();
            let finished = steps
                .iter()
                .filter(|it| it.category == *category && !it.status.is_open())
                .count();
            let heading = format!("list-{category}");
            let labelled = heading.clone();
            (n_steps > 0).then(|| {
                view! {
                    <section aria-labelledby=labelled>
                        <div class="section__head">
                            <h2 id=heading>{category.label()}</h2>
                            <span class="count">{format!("{finished} of {n_steps}")}</span>
                        </div>
                        <div class="card">
                            <table class="table">
                                <thead class="sr">
                                    <tr>
                                        <th scope="col">"No."</th>
                                        <th scope="col">"Step"</th>
                                        <th scope="col">"State"</th>
                                        <th scope="col">"Who and when"</th>
                                    </tr>
                                </thead>
                                <tbody>{rows}</tbody>
                            </table>
                        </div>
                    </section>
                }
            })
        })
        .collect_view();
    view! {
        <PageHead title=customer.name.clone() crumbs=crumbs beside=beside>
            <span class="meterline wide">
                <span class="meterline__bar">
                    <Bar counts=progress.counts large=true/>
                </span>
                <b>{percent(&progress)}</b>
            </span>
            <a class="button" href=paths::release(release.id)>"Matrix"</a>
        </PageHead>
        <div class="page__body stack">{sections}</div>
    }
}

fn row(step: CustomerStep, number: usize) -> impl IntoView {
    let reason = step.reason().map(str::to_owned);
    view! {
        <tr>
            <td class="num quiet">{number}</td>
            <td>
                <span class="row">
                    <Icon name=type_icon(step.kind)/>
                    <a href=paths::step(step.release_id, step.id)>
                        <b class="label">{step.name}</b>
                    </a>
                    {step.is_overridden.then(|| view! { <span class="badge"><Icon name="m-override"/>"Overridden"</span> })}
                    {step.is_custom.then(|| view! { <span class="badge"><Icon name="m-custom"/>"Custom"</span> })}
                </span>
            </td>
            <td>
                <State status=step.status/>
            </td>
            <td class="muted small">
                {step.state_by}
                " "
                {step.state_at.map(|at| view! { <Time at=at/> })}
                {reason.map(|it| view! { <span class="quiet">" "{it}</span> })}
            </td>
        </tr>
    }
}
