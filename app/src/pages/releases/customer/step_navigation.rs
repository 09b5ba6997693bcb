//! Navigation between the steps of one customer: the open step is part of the URL.
use crate::{
    domain::id::{CustomerId, ReleaseId, StepId},
    paths,
};
use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};

/// Navigates to a step's URL, or to the list without an open step. The history gets no new entry, and the scroll
/// position stays.
pub fn navigation(release: ReleaseId, customer: CustomerId) -> Callback<Option<StepId>> {
    let navigate = use_navigate();
    Callback::new(move |step: Option<StepId>| {
        let path = step.map_or_else(
            || paths::customer_step_list(release, customer),
            |step| paths::customer_step(release, customer, step),
        );
        let options = NavigateOptions {
            replace: true,
            scroll: false,
            ..NavigateOptions::default()
        };
        navigate(&path, options);
    })
}
