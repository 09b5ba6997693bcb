//! Finds rows by a name that is written on a command line (R61) or reported by CI (R63): by the exact name, else by its slug.
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// A name in compatibility decomposition (NFKD), in lower case, and each run of anything but a-z and 0-9 as one `-`, which is
/// neither first nor last. Empty for a name of another script. `has_marks` says whether diacritics are such a run too: "Müller" is
/// `mu-ller` with them, and `muller` without.
fn slug(name: &str, has_marks: bool) -> String {
    let mut slug = String::new();
    let mut is_gap = false;
    for letter in name
        .nfkd()
        .filter(|it| has_marks || !is_combining_mark(*it))
    {
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

/// Whether both have the same slug, with diacritics or without.
fn has_slug_of(written: &str, name: &str) -> bool {
    [true, false].into_iter().any(|has_marks| {
        let wanted = slug(written, has_marks);
        !wanted.is_empty() && wanted == slug(name, has_marks)
    })
}

/// The rows that a text may mean: those of this name, of this namespace or of this number (or id), and those whose name or namespace has
/// its slug. They are found in every way together, because whoever writes `acme` or `2` knows of one of them: several are
/// for the caller to refuse. Only slugs of others do not count beside a row of exactly this name.
pub fn find_named<'a, T>(
    written: &str,
    rows: &'a [T],
    name: impl Fn(&T) -> &str,
    namespace: impl Fn(&T) -> Option<&str>,
    number: impl Fn(&T) -> Option<i64>,
) -> Vec<&'a T> {
    let is_named = rows.iter().any(|it| name(it) == written);
    let is_exact = |it: &T| {
        name(it) == written
            || namespace(it) == Some(written)
            || number(it).is_some_and(|it| it.to_string() == written)
    };
    let has_its_slug = |it: &T| {
        has_slug_of(written, name(it)) || namespace(it).is_some_and(|it| has_slug_of(written, it))
    };
    let is_meant = |it: &&T| is_exact(it) || (!is_named && has_its_slug(it));
    rows.iter().filter(is_meant).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_has_small_letters_digits_and_single_hyphens() {
        for (name, with_marks, without) in [
            ("Acme", "acme", "acme"),
            (
                "2026.11 Invoicing",
                "2026-11-invoicing",
                "2026-11-invoicing",
            ),
            ("  Smith & Sons!  ", "smith-sons", "smith-sons"),
            ("Müller & Söhne", "mu-ller-so-hne", "muller-sohne"),
            ("Zoë One", "zoe-one", "zoe-one"),
            ("Ｆｕｌｌ ① width", "full-1-width", "full-1-width"),
            ("a_b--c", "a-b-c", "a-b-c"),
            ("Заказчик", "", ""),
            ("", "", ""),
        ] {
            assert_eq!(slug(name, true), with_marks, "{name}");
            assert_eq!(slug(name, false), without, "{name}");
        }
    }

    #[test]
    fn a_name_is_meant_by_itself_and_by_its_slug() {
        let found = |written: &str, name: &str| {
            let rows = [name.to_owned()];
            !find_named(written, &rows, |it| it.as_str(), |_| None, |_| None).is_empty()
        };
        for written in ["smith-sons", "SMITH sons", "Smith & Sons"] {
            assert!(found(written, "Smith & Sons"), "{written}");
        }
        for written in ["muller", "mu-ller", "MU-LLER", "Muller", "müller"] {
            assert!(found(written, "Müller"), "{written}");
        }
        assert!(found("Заказчик", "Заказчик"));
        assert!(!found("Заказчик", "Другой"));
        assert!(!found("smith", "Smith & Sons"));
    }

    #[test]
    fn all_rows_that_a_text_may_mean_are_found_and_an_exact_name_comes_before_slugs() {
        let rows = [
            ("Acme", "acme-prod", 7),
            ("ACME!", "acme", 8),
            ("acme-prod", "other", 9),
            ("Acme", "third", 10),
            ("7", "seven", 11),
        ];
        let found = |written: &str| -> Vec<i64> {
            let rows = find_named(written, &rows, |it| it.0, |it| Some(it.1), |it| Some(it.2));
            rows.iter().map(|it| it.2).collect()
        };
        assert_eq!(found("ACME!"), [8]);
        assert_eq!(found("Acme"), [7, 10]);
        // The name of one is the namespace of another.
        assert_eq!(found("acme-prod"), [7, 9]);
        // The namespace of one is the slug of others.
        assert_eq!(found("acme"), [7, 8, 10]);
        assert_eq!(found("aCME"), [7, 8, 10]);
        // The id of one is the name of another.
        assert_eq!(found("7"), [7, 11]);
        assert_eq!(found("9"), [9]);
        assert_eq!(found("nobody"), [0; 0]);
    }
}
