//! Warnings about a step's text and its values (R83, R84), as an HTML list. They are read, and block nothing.
use super::ui::html::icon_html;
use crate::domain::warning::Warning;
use maud::html;

/// Empty without warnings.
pub fn warning_list(warnings: &[Warning]) -> String {
    let html = html! {
        @if !warnings.is_empty() {
            ul class="stack stack-s" aria-label="Warnings" {
                @for warning in warnings {
                    li class="alert" {
                        (icon_html("i-warn"))
                        span { (warning.text()) }
                    }
                }
            }
        }
    };
    html.into_string()
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
        assert!(html.contains("<span>customer.name contains &lt; &amp;: | quote?</span>"));
        assert_eq!(warning_list(&[]), "");
        let warning = Warning::new(WarningKind::Unquoted, "customer.name", HOSTILE);
        assert_escaped(&warning_list(&[warning]), 1);
    }
}
