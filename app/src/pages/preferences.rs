//! Storing the name and the theme that a person chose. Few visits do, so this is in a lazy part.
use super::SerialRequest;
use crate::{
    api::{
        activity::read_activity_choices,
        preferences::{set_actor, set_theme},
    },
    components::name_dialog::NameDialog,
};
use leptos::prelude::*;

/// The dialog that asks for the name, and stores it. It offers the names of those who have changed something before.
pub fn name_dialog(open: RwSignal<bool>, actor: RwSignal<String>) -> impl IntoView {
    let naming = SerialRequest::new();
    let names = RwSignal::new(Vec::new());
    leptos::task::spawn_local(async move {
        if let Ok(choices) = read_activity_choices().await {
            let _ = names.try_set(choices.people);
        }
    });
    let on_name = Callback::new(move |name: String| {
        naming.run(set_actor(name), move |name| {
            actor.set(name);
            open.set(false);
        });
    });
    view! { <NameDialog open=open actor=actor names=names error=naming.error on_name=on_name/> }
}

/// Stores a theme; none follows the system.
pub fn store_theme(theme: Option<&'static str>) {
    leptos::task::spawn_local(async move {
        let _ = set_theme(theme.unwrap_or_default().to_owned()).await;
    });
}
