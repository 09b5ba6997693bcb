//! Which rows a name means that is written on a command line (R61) or reported by CI (R63): by itself, or as a slug.
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

/// The rows that a text names: those of exactly this name; if there is none, those of this namespace; if there is none, those
/// whose name or namespace has its slug. All of the first kind that has one.
pub fn find_named<'a, T>(
    written: &str,
    rows: &'a [T],
    name: impl Fn(&T) -> &str,
    namespace: impl Fn(&T) -> Option<&str>,
) -> Vec<&'a T> {
    let of_name: Vec<&'a T> = rows.iter().filter(|it| name(it) == written).collect();
    if !of_name.is_empty() {
        return of_name;
    }
    let is_of_namespace = |it: &&T| namespace(it) == Some(written);
    let of_namespace: Vec<&'a T> = rows.iter().filter(is_of_namespace).collect();
    if !of_namespace.is_empty() {
        return of_namespace;
    }
    let is_meant = |it: &&T| {
        has_slug_of(written, name(it)) || namespace(it).is_some_and(|it| has_slug_of(written, it))
    };
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
            !find_named(written, &rows, |it| it.as_str(), |_| None).is_empty()
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
    fn an_exact_name_comes_before_a_namespace_and_that_before_a_slug() {
        let rows = [
            ("Acme", "acme-prod"),
            ("ACME!", "acme"),
            ("acme-prod", "other"),
            ("Acme", "third"),
        ];
        let found = |written: &str| -> Vec<&str> {
            let rows = find_named(written, &rows, |it| it.0, |it| Some(it.1));
            rows.iter().map(|it| it.1).collect()
        };
        assert_eq!(found("ACME!"), ["acme"]);
        assert_eq!(found("acme-prod"), ["other"]);
        assert_eq!(found("acme"), ["acme"]);
        assert_eq!(found("Acme"), ["acme-prod", "third"]);
        assert_eq!(found("aCME"), ["acme-prod", "acme", "third"]);
        assert_eq!(found("nobody"), [""; 0]);
    }
}
