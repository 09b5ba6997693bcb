//! Progress bar of status counts: finished steps from the left, then those that need attention. Pending steps are the
//! background. An SVG, because the content security policy forbids widths in inline styles.
use crate::{domain::progress::Counts, domain::vocabulary::StepStatus};
use leptos::prelude::*;
use maud::{Markup, html};

/// The statuses that have a segment, from left to right.
const STATUS_ORDER: [StepStatus; 5] = [
    StepStatus::Done,
    StepStatus::Skipped,
    StepStatus::InProgress,
    StepStatus::Reverted,
    StepStatus::Failed,
];

/// The segments of a bar: status, start and width, in hundredths of a percent.
pub fn segments(counts: Counts) -> Vec<(StepStatus, u32, u32)> {
    let total = u64::from(counts.total().max(1));
    let mut x = 0;
    STATUS_ORDER
        .into_iter()
        .filter(|it| counts.of(*it) > 0)
        .map(|status| {
            let width = u32::try_from(u64::from(counts.of(status)) * 10_000 / total)
                .unwrap_or_default()
                .max(1);
            let segment = (status, x, width);
            x += width;
            segment
        })
        .collect()
}

/// A bar as HTML, for lists that are written as text.
pub fn bar_html(counts: Counts) -> Markup {
    html! {
        svg class="bar" viewBox="0 0 10000 4" preserveAspectRatio="none" aria-hidden="true" {
            @for (status, x, width) in segments(counts) {
                rect data-state=(status.as_str()) x=(x) width=(width) height="4" {}
            }
        }
    }
}

/// A progress bar. It is hidden from screen readers: the counts beside it say the same.
#[component]
pub fn Bar(#[prop(into)] counts: Signal<Counts>, #[prop(optional)] large: bool) -> impl IntoView {
    view! {
        <svg
            class="bar"
            viewBox="0 0 10000 4"
            preserveAspectRatio="none"
            aria-hidden="true"
            data-size=large.then_some("l")
        >
            {move || {
                segments(counts.get())
                    .into_iter()
                    .map(|(status, x, width)| {
                        view! { <rect data-state=status.as_str() x=x width=width height="4"></rect> }
                    })
                    .collect_view()
            }}
        </svg>
    }
}
