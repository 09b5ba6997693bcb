//! Slugs: names as a command line and an address write them (R61).
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// A name in compatibility decomposition without its diacritics, in lower case, and each run of anything but a-z and 0-9 as
/// one `-`, which is neither first nor last. Empty for a name of another script.
pub fn slug(name: &str) -> String {
    let mut slug = String::new();
    let mut is_gap = false;
    for letter in name.nfkd().filter(|it| !is_combining_mark(*it)) {
        if letter.is_ascii_alphanumeric() {
            if is_gap && !slug.is_empty() {
                slug.push('-');
            }
            is_gap = false;
            slug.push(letter.to_ascii_lowercase());
        } else {
            is_gap = true;
        }
    }
    slug
}

/// Whether somebody who wrote this means that name: they are the same, or have the same slug.
pub fn is_name_of(written: &str, name: &str) -> bool {
    let wanted = slug(written);
    written == name || (!wanted.is_empty() && wanted == slug(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_has_small_letters_digits_and_single_hyphens() {
        for (name, expected) in [
            ("Acme", "acme"),
            ("2026.11 Invoicing", "2026-11-invoicing"),
            ("  Smith & Sons!  ", "smith-sons"),
            ("Müller", "muller"),
            ("Ｆｕｌｌ ① width", "full-1-width"),
            ("a_b--c", "a-b-c"),
            ("Заказчик", ""),
            ("", ""),
        ] {
            assert_eq!(slug(name), expected, "{name}");
        }
    }

    #[test]
    fn a_name_is_meant_by_itself_and_by_its_slug() {
        assert!(is_name_of("smith-sons", "Smith & Sons"));
        assert!(is_name_of("SMITH sons", "Smith & Sons"));
        assert!(is_name_of("Заказчик", "Заказчик"));
        assert!(!is_name_of("Заказчик", "Другой"));
        assert!(!is_name_of("smith", "Smith & Sons"));
    }
}
