//! Warnings about a step's text and its values (R83, R84), as an HTML list. They are read, and block nothing.
use super::ui::html::{escape, put, write_icon};
use crate::domain::warning::Warning;

/// Empty without warnings.
pub fn warning_list(warnings: &[Warning]) -> String {
    let mut html = String::new();
    if warnings.is_empty() {
        return html;
    }
    html.push_str("<ul class=\"stack stack-s\" aria-label=\"Warnings\">");
    for warning in warnings {
        html.push_str("<li class=\"alert\">");
        write_icon(&mut html, "i-warn");
        let text = escape(&warning.text());
        put!(html, "<span>{text}</span></li>");
    }
    html.push_str("</ul>");
    html
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::warning::WarningKind;

    #[test]
    fn a_warning_names_the_variable_and_hostile_text_stays_text() {
        let message = "contains < &: | quote?";
        let warning = Warning::new(WarningKind::Unquoted, "customer.name", message);
        let html = warning_list(&[warning]);
        assert!(html.contains("<span>customer.name contains &lt; &amp;: | quote?</span>"));
        assert_eq!(warning_list(&[]), "");
    }
}
