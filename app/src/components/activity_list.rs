//! Short history, as on the dashboard: who did what, where and when, one line per batch.
use super::{
    event_text::{
        and_others, event_icon, is_of_several_customers, line_phrase, line_subject,
        resulting_status,
    },
    ui::{icon::Icon, time::Time},
};
use crate::domain::{event::Entity, summary::NamedEvent, vocabulary::StepStatus};
use leptos::prelude::*;

fn item(it: NamedEvent) -> impl IntoView {
    let phrase = line_phrase(&it, it.in_batch);
    let subject = line_subject(&it, it.in_batch);
    // Their number is in the subject.
    let is_several = is_of_several_customers(&it);
    let NamedEvent {
        entry: event,
        customers,
        customer,
        release,
        ..
    } = it;
    let state = resulting_status(event.action).map(StepStatus::as_str);
    let is_customer = event.entity == Entity::Customer;
    let customer = customer.filter(|_| !is_customer && !is_several);
    let customer = customer.map(|it| it + &and_others(customers));
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
                {phrase}
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
