//! What docs/ says of tests, held: every test that a document names exists, and every rule has one.
use super::root;
use std::fs;

/// What a line `- Held by: …` or `- In the browser: …` names between `quote`s, and the place behind them.
fn named<'a>(line: &'a str, head: &str, quote: char) -> Option<(Vec<&'a str>, &'a str)> {
    let rest = line.strip_prefix(head)?;
    let (names, place) = rest.rsplit_once(" (")?;
    let place = place.strip_suffix(')')?;
    let inner = names.strip_prefix(quote)?.strip_suffix(quote)?;
    let between = format!("{quote}, {quote}");
    Some((inner.split(between.as_str()).collect(), place))
}

/// `it/store/steps` is `server/tests/it/store/steps.rs`.
fn source_of(place: &str) -> String {
    let (first, rest) = place.split_once('/').unwrap();
    let folder = match first {
        "app" => "app/src",
        "server" => "server/src",
        "it" => "server/tests/it",
        _ => panic!("{place} is not below app, server or it"),
    };
    fs::read_to_string(root().join(folder).join(format!("{rest}.rs"))).unwrap_or_default()
}

/// Whether there is a function of this name with the attribute of a test.
fn has_test(source: &str, name: &str) -> bool {
    let Some((before, _)) = source.split_once(&format!("fn {name}(")) else {
        return false;
    };
    let before = before.trim_end();
    let before = before.strip_suffix("async").unwrap_or(before).trim_end();
    let attribute = before.rsplit("#[").next().unwrap_or_default();
    before.ends_with(']') && (attribute.starts_with("test") || attribute.starts_with("tokio::test"))
}

/// Checks the lines that name tests; answers each heading with how many Rust tests it has.
fn checked(document: &str) -> Vec<(String, usize)> {
    let text = fs::read_to_string(root().join("docs").join(document)).unwrap();
    let mut headings: Vec<(String, usize)> = Vec::new();
    for line in text.lines() {
        if let Some(heading) = line.trim_start_matches('#').strip_prefix(' ')
            && line.starts_with('#')
        {
            headings.push((heading.to_owned(), 0));
        } else if line.starts_with("- Held by: ") {
            let (tests, place) = named(line, "- Held by: ", '`').expect(line);
            let source = source_of(place);
            assert!(!source.is_empty(), "{document}: there is no {place}");
            for test in &tests {
                assert!(
                    has_test(&source, test),
                    "{document}: no `{test}` in {place}"
                );
            }
            headings.last_mut().expect(line).1 += tests.len();
        } else if line.starts_with("- In the browser: ") {
            let (titles, file) = named(line, "- In the browser: ", '"').expect(line);
            let source = fs::read_to_string(root().join("end2end/tests").join(file));
            let source = source.unwrap_or_default();
            for title in titles {
                let start = format!("test('{}'", title.replace('\'', "\\'"));
                assert!(
                    source.contains(&start),
                    "{document}: no \"{title}\" in {file}"
                );
            }
        } else {
            let line = line.to_ascii_lowercase();
            let odd = line.starts_with("- held by")
                || (line.starts_with("- in the browser") && line.contains(".spec.ts"));
            assert!(!odd, "{document}: not in the fixed form: {line}");
        }
    }
    headings
}

#[test]
fn every_test_that_a_document_names_exists_and_every_rule_has_one() {
    checked("errors.md");
    let (mut rules, mut last) = (0, 0);
    for (heading, tests) in checked("rules.md") {
        let number = heading
            .strip_prefix('R')
            .and_then(|it| it.split(' ').next());
        let Some(Ok(number)) = number.map(str::parse::<u32>) else {
            continue;
        };
        assert!(number > last, "{heading} comes after R{last}");
        assert!(tests > 0, "{heading} has no test");
        (rules, last) = (rules + 1, number);
    }
    assert!(rules >= 20, "{rules} rules were found");
}
