//! A bar of counts: what is finished from the left, then what needs attention; what is left is the ground.
use super::html::put;
use crate::domain::{progress::Counts, vocabulary::StepStatus};
use leptos::prelude::*;

const ORDER: [StepStatus; 5] = [
    StepStatus::Done,
    StepStatus::Skipped,
    StepStatus::InProgress,
    StepStatus::Reverted,
    StepStatus::Failed,
];

/// The parts of a bar: state, start and width, in hundredths of a percent.
pub fn parts(counts: Counts) -> Vec<(StepStatus, u32, u32)> {
    let total = u64::from(counts.total().max(1));
    let mut from = 0;
    ORDER
        .into_iter()
        .filter(|it| counts.of(*it) > 0)
        .map(|status| {
            let width = u32::try_from(u64::from(counts.of(status)) * 10_000 / total)
                .unwrap_or_default()
                .max(1);
            let part = (status, from, width);
            from += width;
            part
        })
        .collect()
}

/// A bar as text, for lists that are written as text.
pub fn html(out: &mut String, counts: Counts) {
    out.push_str(
        r#"<svg class="bar" viewBox="0 0 10000 4" preserveAspectRatio="none" aria-hidden="true">"#,
    );
    for (status, x, width) in parts(counts) {
        put!(
            out,
            r#"<rect data-state="{status}" x="{x}" width="{width}" height="4"></rect>"#
        );
    }
    out.push_str("</svg>");
}

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
                parts(counts.get())
                    .into_iter()
                    .map(|(status, x, width)| {
                        view! { <rect data-state=status.as_str() x=x width=width height="4"></rect> }
                    })
                    .collect_view()
            }}
        </svg>
    }
}
