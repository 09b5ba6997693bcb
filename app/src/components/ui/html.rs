//! Helpers for views that are written as HTML text: long lists, the matrix and the print views. As reactive elements they
//! would be slow, and large in the WASM. New ones are written with `maud::html!`, which escapes whatever is not `Markup`.
use maud::{Markup, html};

/// Like `write!` into a `String`, which cannot fail. Values are not escaped: it is for the cells and heads of the grid, of
/// which a thousand are written at once.
macro_rules! put {
    ($out:expr, $($arg:tt)*) => {{
        use std::fmt::Write as _;
        let _ = write!($out, $($arg)*);
    }};
}
pub(crate) use put;

/// An icon of the sprite by its name. It is hidden from screen readers.
pub fn icon_html(name: &str) -> Markup {
    html! {
        svg class="glyph" aria-hidden="true" data-size="s" { use href={ "#" (name) } {} }
    }
}

/// The options of a select field as HTML text: with a thousand customers that renders faster than elements.
pub fn options_html<'a>(
    all: &str,
    choices: impl Iterator<Item = (String, &'a str)>,
    chosen: &str,
) -> String {
    let html = html! {
        option value="" { (all) }
        @for (key, label) in choices {
            option value=(key) selected[key == chosen] { (label) }
        }
    };
    html.into_string()
}

/// The options of a `datalist`: the known names, which a field offers while one is typed.
pub fn names_html<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let html = html! {
        @for name in names {
            option value=(name) {}
        }
    };
    html.into_string()
}

/// Like `icon_html`, but appends to a string.
pub fn write_icon(html: &mut String, name: &str) {
    html.push_str(&icon_html(name).0);
}

/// Escapes a text for the content of an element or a quoted attribute.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    escape_into(&mut escaped, text);
    escaped
}

/// Like `escape`, but appends to a string.
pub fn escape_into(out: &mut String, text: &str) {
    let mut rest = text;
    // Most texts contain nothing to escape and are copied at once.
    while let Some(at) = rest.find(['&', '<', '>', '"', '\'']) {
        out.push_str(&rest[..at]);
        out.push_str(match rest.as_bytes()[at] {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            _ => "&#39;",
        });
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A name that would leave its element or its attribute if it were not escaped.
    pub const HOSTILE: &str = "<b>\"'&";

    /// Panics unless the hostile name is in the HTML `n` times, and only as text. An apostrophe needs no escape, because
    /// attributes are between double quotes.
    pub fn assert_escaped(html: &str, n: usize) {
        let escaped = "&lt;b&gt;&quot;'&amp;";
        assert_eq!(html.matches(escaped).count(), n, "{html}");
        assert!(!html.contains("<b>\"") && !html.contains("'&\""), "{html}");
    }

    #[test]
    fn an_icon_s_name_cannot_leave_its_attribute() {
        assert_escaped(&icon_html(HOSTILE).0, 1);
    }

    #[test]
    fn escaped_text_cannot_leave_an_element_or_an_attribute() {
        assert_eq!(
            escape(r#"</textarea><script>alert("1")</script>'&"#),
            "&lt;/textarea&gt;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&amp;"
        );
    }
}
