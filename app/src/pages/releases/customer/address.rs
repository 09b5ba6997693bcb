//! The address of a customer's page: which step is open, and navigation to another one. The plain address opens the next step to be
//! worked on, and then names it, so that the page stays at this step whatever others do.
use crate::{
    browser::dom, components::ui::follow_effect::follow, domain::customer_work::WorkRow,
    domain::customer_work::next_to_do, domain::id::CustomerId, domain::id::ReleaseId,
    domain::id::StepId, pages::releases::text_questions, paths,
};
use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate},
    params::ParamsMap,
};

/// The address of one customer's page.
#[derive(Clone, Copy)]
pub struct WorkAddress {
    release: ReleaseId,
    customer: CustomerId,
    path: Memo<String>,
    query: Memo<ParamsMap>,
    /// Navigates to a step, or to the list without an open step. The history gets no new entry, and the scroll position stays.
    pub open: Callback<Option<StepId>>,
}

impl WorkAddress {
    /// Reads the address of the browser, or of the request.
    pub fn new(release: ReleaseId, customer: CustomerId) -> Self {
        let (location, navigate) = (use_location(), use_navigate());
        let open = Callback::new(move |step: Option<StepId>| {
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
        });
        Self {
            release,
            customer,
            path: location.pathname,
            query: location.query,
            open,
        }
    }

    /// Whether the path is this customer's. It is another's while that page is being loaded. Tracked.
    fn is_own_path(self) -> bool {
        let own = paths::customer_steps(self.release, self.customer);
        text_questions::is_at(self.path, &own)
    }

    /// Whether the address is that of this customer's steps, though the list may have been rendered again. Beside another's
    /// steps, or on paper, nothing is asked. Tracked.
    pub fn is_here(self) -> bool {
        self.is_own_path() && self.query.with(|it| it.get_str("view") != Some("print"))
    }

    /// Whether the address leaves the step to the page. Tracked.
    fn is_plain(self) -> bool {
        let is_unset =
            |it: &ParamsMap| it.get_str("step").is_none() && it.get_str("view").is_none();
        self.is_own_path() && self.query.with(is_unset)
    }

    /// The open step, if it is in the list. Tracked; at the plain address what others do to the steps makes no difference.
    pub fn open_step(self, rows: RwSignal<Vec<WorkRow>>) -> Option<StepId> {
        if self.is_plain() {
            return rows.with_untracked(|rows| next_to_do(rows, None));
        }
        let asked = self.query.with(|it| it.get("step"))?;
        let asked = asked.parse::<StepId>().ok()?;
        let is_listed = rows.with(|rows| rows.iter().any(|it| it.id == asked));
        (is_listed && self.is_own_path()).then_some(asked)
    }

    /// Has the address name the step that the plain one has opened.
    pub fn name_step(self, open_step: Memo<Option<StepId>>) {
        follow(move |_| {
            if self.is_plain() {
                // The router itself writes the address of a page that was just opened a moment later.
                dom::after(0, move || {
                    // The page may be gone by now.
                    let step = open_step.try_get_untracked();
                    if let Some(step) = step.filter(|_| untrack(|| self.is_plain())) {
                        let _ = self.open.try_run(step);
                    }
                });
            }
        });
    }
}
