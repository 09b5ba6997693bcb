//! Restores what was archived or deactivated, for the button of a toast and for the release's menu. Loaded lazily.
use crate::{
    api::{clusters::restore_cluster, customers::restore_customer, releases::restore_release},
    browser::{self, own_counts},
    components::ui::{
        notice::sentence,
        toast::{Restorable, Toasts},
    },
};

/// Sends the request. Then the page is read again, and a toast says what was done.
pub fn restore(what: Restorable, toasts: Toasts) {
    leptos::task::spawn_local(async move {
        let restored = match what {
            Restorable::Release(id) => restore_release(id).await.map(|it| it.row.name),
            Restorable::Customer(id) => restore_customer(id).await.map(|it| it.row.name),
            Restorable::Cluster(id) => restore_cluster(id).await.map(|it| it.row.name),
        };
        match restored {
            Ok(name) if toasts.reload_page() => {
                own_counts::tell();
                toasts.show(format!("Restored {name}"), None);
            }
            Ok(_) => browser::dom::reload(),
            Err(error) => toasts.show(sentence(&error.to_string()), None),
        }
    });
}
