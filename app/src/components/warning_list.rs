//! Warnings about a step's text and its values (R83, R84), as an HTML list. They are read, and block nothing.
use super::ui::html::icon_html;
use crate::domain::warning::Warning;
use maud::{Markup, html};

/// Warnings that are shown at once; the others are folded.
const SHOWN_MAX: usize = 3;

/// One notice with all warnings. Empty without any.
pub fn warning_list(warnings: &[Warning]) -> String {
    let (shown, folded) = warnings.split_at(warnings.len().min(SHOWN_MAX));
    let html = html! {
        @if !warnings.is_empty() {
            div class="alert" {
                (icon_html("i-warn"))
                div {
                    (items(shown, "Warnings"))
                    @if !folded.is_empty() {
                        details {
                            summary { (folded.len()) " more" }
                            (items(folded, "More warnings"))
                        }
                    }
                }
            }
        }
    };
    html.into_string()
}

fn items(warnings: &[Warning], name: &str) -> Markup {
    html! {
        ul class="stack stack-s" aria-label=(name) {
            @for warning in warnings {
                li { (warning.text()) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::ui::html::tests::{HOSTILE, assert_escaped};
    use crate::domain::warning::WarningKind;

    #[test]
    fn a_warning_names_the_variable_and_hostile_text_stays_text() {
        let message = "contains < &: | quote?";
        let warning = Warning::new(WarningKind::Unquoted, "customer.name", message);
        let html = warning_list(&[warning]);
        assert!(html.contains("<li>customer.name contains &lt; &amp;: | quote?</li>"));
        assert_eq!(warning_list(&[]), "");
        let warning = Warning::new(WarningKind::Unquoted, "customer.name", HOSTILE);
        assert_escaped(&warning_list(&[warning]), 1);
    }

    #[test]
    fn all_warnings_are_one_notice_and_what_is_beyond_three_is_folded() {
        let warning =
            |n: usize| Warning::new(WarningKind::Unquoted, format!("var.V{n}"), "contains x");
        let warnings: Vec<Warning> = (1..=11).map(warning).collect();
        let html = warning_list(&warnings);
        assert_eq!(html.matches("class=\"alert\"").count(), 1);
        assert_eq!(html.matches("<li>").count(), 11);
        let (shown, folded) = html.split_once("<summary>8 more</summary>").unwrap();
        assert!(shown.contains("var.V3 contains") && folded.contains("var.V4 contains"));
        assert!(!warning_list(&warnings[..3]).contains("<details>"));
    }
}
