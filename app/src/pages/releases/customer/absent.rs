//! In place of a customer's steps in a release that the customer is not in, or not in any more: says so and who removed it, and
//! leads to the release. The steps are there again once somebody adds the customer.
use crate::{
    browser::dom,
    components::{
        layout::page_head::PageHead,
        ui::{follow_effect::follow, time::Clock},
    },
    domain::customer_work::AbsentCustomer,
    pages::refresh_on_change::refresh_on_change,
    paths,
};
use leptos::prelude::*;

/// The page.
#[component]
pub fn AbsentCustomerPage(
    absent: AbsentCustomer,
    /// Whether the customer's steps were shown here before: the focus may have gone with them.
    was_shown: bool,
    /// Reads the customer's steps again.
    reload: Callback<()>,
) -> impl IntoView {
    let (release, customer) = (absent.release, absent.customer);
    refresh_on_change(reload, move |it| it.may_touch_release(release));
    follow(move |_| {
        if was_shown {
            dom::after_paint(|| {
                if dom::nothing_is_focused() {
                    dom::focus_heading();
                }
            });
        }
    });
    let clock = Clock::from_context();
    let title = absent.title();
    let crumbs = vec![
        ("Releases".into(), paths::RELEASES.into()),
        (absent.release_name.clone(), paths::release(release)),
    ];
    let reason = move || absent.reason(|at| clock.time(at));
    view! {
        <PageHead title=title crumbs=crumbs/>
        <div class="page__body">
            <div class="empty" role="alert">
                <p>{reason}</p>
                <div class="row">
                    <a class="button" href=paths::release(release)>"Back to release"</a>
                    <a class="button" href=paths::customer(customer)>"View customer"</a>
                </div>
            </div>
        </div>
    }
}
