//! Helpers for views that are written as HTML text: long lists, the matrix and the print views. As reactive elements they
//! would be slow, and large in the WASM.

/// Like `write!` into a `String`, which cannot fail. Values are not escaped.
macro_rules! put {
    ($out:expr, $($arg:tt)*) => {{
        use std::fmt::Write as _;
        let _ = write!($out, $($arg)*);
    }};
}
pub(crate) use put;

/// Writes an icon of the sprite by its name. It is hidden from screen readers.
pub fn write_icon(html: &mut String, name: &str) {
    put!(
        html,
        r##"<svg class="glyph" aria-hidden="true" data-size="s"><use href="#{name}"></use></svg>"##
    );
}

/// A count with its noun: "1 customer", "12 customers". Only for nouns with a plural in "s".
pub fn pluralize(n: usize, one: &str) -> String {
    if n == 1 {
        format!("1 {one}")
    } else {
        format!("{n} {one}s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_is_singular() {
        assert_eq!(pluralize(1, "customer"), "1 customer");
        assert_eq!(pluralize(0, "customer"), "0 customers");
    }
}
