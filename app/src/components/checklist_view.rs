//! Printable checklist of one customer's steps: a box to tick, the text with values filled in, the notes, and what
//! proves how it went.
use crate::{
    domain::customer_checklist::Checklist, domain::customer_checklist::ChecklistStep,
    domain::vocabulary::Category,
};
use leptos::prelude::*;

fn checklist_item(it: ChecklistStep, number: usize) -> impl IntoView {
    let is_finished = !it.status.is_open();
    let state = it.state();
    let unresolved = it.unresolved.join(", ");
    view! {
        <li class="checklist__step">
            <h3>
                <span
                    class="checklist__box"
                    role="img"
                    aria-label=if is_finished { "Finished" } else { "To do" }
                    data-ticked=is_finished.then_some("")
                ></span>
                {format!("{number}. {}", it.name)}
            </h3>
            <p class="quiet">{state}</p>
            {(!unresolved.is_empty()).then(|| view! { <p><b>{format!("Not set: {unresolved}")}</b></p> })}
            {it.kept.map(|kept| view! { <p class="quiet">{kept.text()}</p> })}
            <pre>{it.text}</pre>
            {it.notes.map(|notes| view! { <p class="notes">{notes}</p> })}
            {it.proofs.map(|proofs| view! { <p class="quiet notes">{proofs}</p> })}
        </li>
    }
}

/// The checklist, its steps numbered through both categories.
#[component]
pub fn ChecklistView(checklist: Checklist) -> impl IntoView {
    let Checklist {
        release,
        customer,
        cluster,
        steps,
    } = checklist;
    let numbered: Vec<(usize, ChecklistStep)> = (1..).zip(steps).collect();
    let sections = Category::ALL
        .iter()
        .map(|category| {
            let steps: Vec<_> = numbered
                .iter()
                .filter(|it| it.1.category == *category)
                .cloned()
                .collect();
            (!steps.is_empty()).then(|| {
                let steps = steps
                    .into_iter()
                    .map(|(number, it)| checklist_item(it, number))
                    .collect_view();
                view! {
                    <section>
                        <h2>{category.label()}</h2>
                        <ol>{steps}</ol>
                    </section>
                }
            })
        })
        .collect_view();
    view! {
        <dl class="facts">
            <div>
                <dt>"Cluster"</dt>
                <dd>{cluster.name}</dd>
            </div>
            <div>
                <dt>"Namespace"</dt>
                <dd class="mono">{customer.namespace}</dd>
            </div>
            <div>
                <dt>"Release"</dt>
                <dd>{format!("{} {}", release.name, release.version_number.unwrap_or_default())}</dd>
            </div>
        </dl>
        {sections}
    }
}
