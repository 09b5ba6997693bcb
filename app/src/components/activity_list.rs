//! Short history, as on the dashboard: who did what, where and when, one line per batch.
use super::{
    event_text::{event_icon, event_phrase, resulting_status},
    ui::{icon::Icon, time::Time},
};
use crate::domain::{
    event::Entity, plural::pluralize, summary::NamedEvent, vocabulary::StepStatus,
};
use leptos::prelude::*;

fn item(it: NamedEvent) -> impl IntoView {
    let NamedEvent {
        entry: event,
        in_batch,
        subject,
        customer,
        release,
        ..
    } = it;
    let state = resulting_status(event.action).map(StepStatus::as_str);
    let is_customer = event.entity == Entity::Customer;
    let customer = if is_customer { None } else { customer };
    let customer = if in_batch > 1 {
        customer.map(|it| format!("{it} and {}", pluralize(in_batch - 1, "other")))
    } else {
        customer
    };
    let release = if event.entity == Entity::Release {
        None
    } else {
        release
    };
    let place: Vec<String> = [subject, customer, release].into_iter().flatten().collect();
    let reason = event.reason.clone();
    view! {
        <li data-state=state>
            <Icon name=event_icon(&event)/>
            <span>
                <b>{event.actor.clone()}</b>
                " "
                {event_phrase(&event, in_batch)}
            </span>
            <Time at=event.at/>
            <p>{place.join(", ")}</p>
            {reason.map(|it| view! { <p>{it}</p> })}
        </li>
    }
}

/// The events as a list, one line per batch.
#[component]
pub fn ActivityList(lines: Vec<NamedEvent>) -> impl IntoView {
    view! { <ol class="timeline">{lines.into_iter().map(item).collect_view()}</ol> }
}
