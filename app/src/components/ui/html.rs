//! What lists that are written as text have in common.

/// Writes into a string, which cannot fail.
macro_rules! put {
    ($out:expr, $($arg:tt)*) => {{
        use std::fmt::Write as _;
        let _ = write!($out, $($arg)*);
    }};
}
pub(crate) use put;

/// A drawing from the sprite.
pub fn icon(html: &mut String, name: &str) {
    put!(
        html,
        r##"<svg class="glyph" aria-hidden="true" data-size="s"><use href="#{name}"></use></svg>"##
    );
}

/// "1 customer", "12 customers".
pub fn count(n: usize, one: &str) -> String {
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
    fn one_is_no_plural() {
        assert_eq!(count(1, "customer"), "1 customer");
        assert_eq!(count(0, "customer"), "0 customers");
    }
}
