//! Which headings start the verify category ("2. Verify", "✅ Verify", "Step 3: Verify rollout", "Validation",
//! "Smoke test", "Post-deployment checks") and which start the deploy category again ("Deploy", "Deployment").

use super::heading::{HEADING_MAX, without_number};
use crate::domain::{fold::lowercase, vocabulary::Category};

/// What a heading does to the steps under it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeadingRole {
    /// The category stays as it is.
    Plain,
    /// The heading names a category and nothing else: "Verify", "Deployment", "Smoke tests".
    Section(Category),
    /// The heading starts the verify category and has a name beside: "Verify rollout".
    Verify,
}

impl HeadingRole {
    /// The category that the heading starts.
    pub fn category(self) -> Option<Category> {
        match self {
            Self::Plain => None,
            Self::Section(category) => Some(category),
            Self::Verify => Some(Category::Verify),
        }
    }
}

/// Words for "verify" in English, and as German, French and Spanish runbooks spell them.
const VERIFY: &str = " verify verifying verification verifications validate validating validation validations vérification \
vérifications vérifier validierung validieren verifikation verifizierung verifizieren überprüfung überprüfen prüfung prüfungen prüfen nachprüfung \
funktionsprüfung abschlussprüfung prüfschritt prüfschritte prüfpunkt prüfpunkte abnahme endabnahme abnahmeprüfung \
abnahmetest abnahmetests kontrolle erfolgskontrolle endkontrolle nachkontrolle schlusskontrolle kontrollieren kontrollschritte \
funktionstest funktionstests rauchtest rauchtests valider verificación verificaciones verificar validación validaciones \
validar comprobación comprobaciones comprobar verificação verificações validação verifica verifiche collaudo verificatie \
verifiëren weryfikacja verifiering ";
/// Words for checks that name the category only where nothing else is said: "Checks", but not "Check the pods".
const CHECKS_ALONE: &str = " check checks tests testing acceptance healthcheck healthchecks kontrollen testen testfälle testschritte contrôle \
contrôles recette pruebas controllo controlli controle controles controleren testes ";
/// Small words between them.
const BETWEEN: &str = " and und et y e of de du des la le les the ";
/// Behind "checks": "Checks after the deployment".
const AFTER: &str = " after following nach après después dopo depois ";
/// Tests of a release, before "test" or "checks": "Integration tests".
const KINDS: &str = " smoke sanity acceptance integration regression functional e2e ";
/// Words that say how, before the words that count.
const FILLERS: &str = " run perform execute do carry out how to final finally the a an quick basic manual automated please ";
/// What is verified, before "verification": "Database verification".
const SUBJECTS: &str = " acceptance api application cluster data database deploy deployment functional health \
installation migration production release rollout schema service system upgrade ";
/// What is verified in German, before the verb: "Ergebnis prüfen".
const SUBJECTS_BEFORE_VERB: &str = " bereitstellung deployment ergebnis ergebnisse erreichbarkeit funktion installation migration release \
rollout upgrade verfügbarkeit version ";
/// The verb.
const VERBS_LAST: &str = " kontrollieren prüfen testen überprüfen validieren verifizieren ";
/// What may follow and leaves the heading a mere name of the category.
const SUFFIXES: &str = " step steps check checks checklist phase test tests testing ";
const CHECKS: &str = " check checks checklist test tests testing verification validation ";
/// What comes before the deployment is no part of the verify category.
const BEFORE: &str = " before beforehand avant antes pre prereq prereqs prerequisite prerequisites preflight precheck prechecks precondition preconditions \
vorab vorher vorprüfung ";
/// Headings with these are about switching a test or a validation on or off, not about verifying.
const CHANGES: &str =
    " add configure deploy disable enable fix ignore install remove skip update write ";

fn is_in(list: &str, word: &str) -> bool {
    !word.is_empty() && list.contains(&format!(" {word} "))
}

/// A heading without what decorates it: numbers, emoji, check boxes, "Phase 2:", "B)", and signs at the end.
pub fn plain(text: &str) -> &str {
    let mut text = text.trim();
    loop {
        let before = text;
        text = without_code_at_end(text);
        text = text
            .trim_start_matches(|it: char| !it.is_alphanumeric() && !matches!(it, '(' | ':' | '['))
            .trim_end_matches(|it: char| !it.is_alphanumeric() && it != ')');
        text = without_sign(text);
        text = without_number(text, true).unwrap_or(text);
        text = text.trim();
        if text == before {
            return text;
        }
    }
}

/// Whether a text between two colons is the code of an emoji: `white_check_mark`.
fn is_emoji_code(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|it| it.is_ascii_alphanumeric() || matches!(it, '_' | '+' | '-'))
}

/// `Verify` of `Verify :white_check_mark:`.
fn without_code_at_end(text: &str) -> &str {
    let split = text.trim_end().strip_suffix(':');
    let split = split.and_then(|it| it.rsplit_once(':'));
    match split {
        Some((head, code)) if is_emoji_code(code) && head.ends_with(char::is_whitespace) => {
            head.trim_end()
        }
        _ => text,
    }
}

/// Without a leading `[x]`, `:tada:`, "Phase 2:" or "B)".
fn without_sign(text: &str) -> &str {
    if let Some((mark, rest)) = text.strip_prefix('[').and_then(|it| it.split_once(']'))
        && mark.chars().count() <= 1
    {
        return rest;
    }
    if let Some((code, rest)) = text.strip_prefix(':').and_then(|it| it.split_once(':')) {
        return if is_emoji_code(code) {
            rest
        } else {
            &text[1..]
        };
    }
    let (first, rest) = text.split_once(' ').unwrap_or((text, ""));
    let is_letter = first.len() == 2
        && first.starts_with(|it: char| it.is_ascii_alphabetic())
        && first.ends_with([')', '.', ':']);
    if is_letter && !rest.is_empty() {
        return rest;
    }
    if is_in(" phase part stage section teil partie ", &lowercase(first)) {
        let label = rest.trim_start();
        let end = label.find([':', '-', '–', '—', '.', ')', ' ']);
        let is_label = |it: &str| it.chars().count() <= 3 && it.chars().all(char::is_alphanumeric);
        if let Some(end) = end
            && is_label(&label[..end])
            && let Some(behind) =
                label[end..].get(label[end..].chars().next().map_or(0, char::len_utf8)..)
        {
            return behind;
        }
    }
    text.strip_prefix(['(', '['])
        .filter(|it| !it.contains([')', ']']))
        .unwrap_or(text)
}

/// The words of a heading in lower case. A hyphen separates words, too.
fn words(text: &str) -> Vec<String> {
    text.split(|it: char| it.is_whitespace() || matches!(it, '-' | '‑' | '/'))
        .map(|it| lowercase(it.trim_matches(|it: char| !it.is_alphanumeric())))
        .filter(|it| !it.is_empty())
        .collect()
}

/// How many words at the start name the verify category: "verify" is one, "smoke test" two.
fn n_verify_words(words: &[String]) -> usize {
    let at = |index: usize| words.get(index).map_or("", String::as_str);
    match at(0) {
        "smoketest" | "smoketests" => 1,
        kind if is_in(KINDS, kind) && is_in(CHECKS, at(1)) => 2,
        "health" if is_in(" check checks ", at(1)) && words.len() == 2 => 2,
        "test" | "tests" if at(1) == "de" && matches!(at(2), "fumée" | "fumee") => 3,
        first if is_in(VERIFY, first) => 1,
        _ => 0,
    }
}

/// "Post-deployment checks", "Postchecks", "Post-upgrade verification".
fn is_after(words: &[String]) -> bool {
    let (Some(first), Some(last)) = (words.first(), words.last()) else {
        return false;
    };
    let is_glued = first
        .strip_prefix("post")
        .is_some_and(|it| is_in(CHECKS, it));
    is_glued && words.len() == 1
        || first.starts_with("post") && words.len() >= 2 && words.len() <= 4 && is_in(CHECKS, last)
}

/// Whether words say nothing but that something is checked.
fn are_checks(words: &[String]) -> bool {
    words.iter().all(|it| {
        [VERIFY, CHECKS_ALONE, SUFFIXES, BETWEEN]
            .iter()
            .any(|list| is_in(list, it))
    })
}

fn role_of_words(words: &[String]) -> HeadingRole {
    if words.iter().any(|it| is_in(BEFORE, it)) {
        return HeadingRole::Plain;
    }
    let n_fillers = words.iter().take_while(|it| is_in(FILLERS, it)).count();
    let words = &words[n_fillers..];
    let section = HeadingRole::Section(Category::Verify);
    let n_words = n_verify_words(words);
    if n_words > 0 {
        let rest = &words[n_words..];
        let is_bare = are_checks(rest)
            || (rest.len() >= 2
                && rest[0] == "and"
                && n_verify_words(&rest[1..]) == rest.len() - 1);
        return if is_bare {
            section
        } else {
            HeadingRole::Verify
        };
    }
    let begins_with_checks = words.first().is_some_and(|it| is_in(CHECKS_ALONE, it));
    if is_after(words) || begins_with_checks && are_checks(&words[1..]) {
        return section;
    }
    if begins_with_checks && words.get(1).is_some_and(|it| is_in(AFTER, it)) {
        return HeadingRole::Verify;
    }
    let is_deploy = matches!(
        words.first().map(String::as_str),
        Some("deploy" | "deployment")
    ) && words[1..].iter().all(|it| is_in(" step steps phase ", it));
    if is_deploy {
        return HeadingRole::Section(Category::Deploy);
    }
    let is_subject = words.len() == 2
        && is_in(SUBJECTS, &words[0])
        && is_in(" verification validation ", &words[1]);
    let is_smoke = (3..=4).contains(&words.len())
        && words[words.len() - 2] != "health"
        && n_verify_words(&words[words.len() - 2..]) == 2
        && !is_in(CHANGES, &words[0]);
    let is_verb_last =
        words.len() == 2 && is_in(SUBJECTS_BEFORE_VERB, &words[0]) && is_in(VERBS_LAST, &words[1]);
    // "Confirm it works", "Check that everything is working".
    let is_working = words.len() >= 2
        && is_in(" check confirm ensure see test ", &words[0])
        && is_in(" work works working ", &words[words.len() - 1]);
    if is_subject || is_smoke || is_verb_last || is_working {
        HeadingRole::Verify
    } else {
        HeadingRole::Plain
    }
}

/// What a heading of this text does.
pub fn role(text: &str) -> HeadingRole {
    if text.len() > HEADING_MAX {
        return HeadingRole::Plain;
    }
    let text = plain(text);
    // "Verify (5 minutes)" is "Verify"; "Überprüfung (Verification)" is told by its brackets.
    let (outside, inside) = text
        .strip_suffix(')')
        .and_then(|it| it.rsplit_once('('))
        .unwrap_or((text, ""));
    let role = role_of_words(&words(outside));
    if role != HeadingRole::Plain {
        return role;
    }
    let is_verify =
        |text: &str| role_of_words(&words(plain(text))) == HeadingRole::Section(Category::Verify);
    // "Database: verify" and "API – smoke test".
    let last = [": ", " - ", " – ", " — ", " | "]
        .iter()
        .filter_map(|it| outside.rsplit_once(it))
        .map(|it| it.1)
        .min_by_key(|it| it.len());
    if is_verify(inside) || last.is_some_and(is_verify) {
        HeadingRole::Verify
    } else {
        HeadingRole::Plain
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verify_heads_are_known_whatever_decorates_them() {
        for text in [
            "Verify",
            "verify:",
            "VERIFICATION",
            "2. Verify",
            "2) Verify",
            "2 - Verify",
            "✅ Verify",
            "✅ 2. Verify",
            "2. ✅ Verify",
            "Verify ✅",
            "[ ] Verify",
            "[x] Verify",
            ":white_check_mark: Verify",
            "Phase 2: Verify",
            "PHASE 2 — VERIFY",
            "B) Verify",
            "Step 3: Verify",
            "Step 3 - Verification",
            "3️⃣ Verify",
            "Verify (5 minutes)",
            "Validation",
            "Validate",
            "Smoke test",
            "Smoke-test",
            "Smoke tests",
            "Smoketests",
            "Run smoke tests",
            "Sanity checks",
            "Final verification",
            "Verification steps",
            "Validation & verification",
            "Post-deployment checks",
            "Post-deploy verification",
            "Post checks",
            "Postchecks",
            "Post-upgrade validation",
            "Health check",
            "Schritt 3: Überprüfung",
            "Étape 3 : Vérification",
            "Prüfung",
            "Schritt 2: Prüfung",
            "Prüfen",
            "Abnahme",
            "3. Abnahme",
            "✅ Abnahmetest",
            "Funktionsprüfung",
            "Kontrolle",
            "Kontrollen",
            "Endkontrolle",
            "Prüfschritte",
            "4. Prüfschritte:",
            "Funktionstests",
            "4. Verify & validate",
            "Tests",
            "TESTS",
            "Checks",
            "✅ Checks",
            "Check",
            "Testing",
            "Tests & checks",
            "Prüfung und Abnahme",
            "Run the tests",
            "Final checks",
            "Check steps",
            "How to verify",
            "Health checks",
            "Healthcheck",
            "Integration tests",
            "Regression tests",
            "Contrôles",
            "Tests de validation",
            "Recette",
            "Vérifications",
            "Comprobaciones",
            "Pruebas",
            "Verificaciones",
            "Verificação",
            "Controles",
            "Verify :white_check_mark:",
            "Erfolgskontrolle",
            "Test de fumée",
            "Acceptance",
        ] {
            assert_eq!(role(text), HeadingRole::Section(Category::Verify), "{text}");
        }
        for text in [
            "Verify rollout",
            "Step 3: Verify rollout",
            "Step 3 – Verify the rollout",
            "Verify that pods are ready",
            "Validate the new certificate",
            "Smoke test the API",
            "Verify Datenbank",
            "Schritt 4: Verify Datenbank",
            "Überprüfung (Verification)",
            "Database verification",
            "Database: verify",
            "API – Smoke test",
            "Production smoke tests",
            "Vérifier le déploiement",
            "Prüfen der Pods",
            "Prüfung der Datenbank",
            "Abnahme durch Ana",
            "Checks after deployment",
            "Tests nach dem Rollout",
            "Prüfschritte nach dem Rollout",
            "Database: checks",
            "Ergebnis prüfen",
            "Confirm it works",
        ] {
            assert_eq!(role(text).category(), Some(Category::Verify), "{text}");
        }
    }

    #[test]
    fn the_code_of_an_emoji_goes_as_a_whole() {
        assert_eq!(plain("Verify :white_check_mark:"), "Verify");
        assert_eq!(plain(":tada: Verify the pods :+1:"), "Verify the pods");
        assert_eq!(plain("Verify: a:b:"), "Verify: a:b");
    }

    #[test]
    fn deploy_heads_start_the_first_category_again() {
        for text in [
            "Deploy",
            "1. Deployment:",
            "🚀 Deploy",
            "Deploy steps",
            "Phase 1: Deploy",
        ] {
            assert_eq!(role(text), HeadingRole::Section(Category::Deploy), "{text}");
        }
    }

    #[test]
    fn other_heads_start_nothing() {
        for text in [
            "",
            "3.",
            "API",
            "Rollback",
            "Deploy the API",
            "Check the pods",
            "Deploy and verify",
            "Pre-deployment validation",
            "Verify prerequisites",
            "Verify backup before upgrade",
            "Acceptance criteria",
            "Confirm the window",
            "Prüfung vorab",
            "Voraussetzungen prüfen",
            "Vorprüfung",
            "Pre-flight verification",
            "Backup verification",
            "Dependency health check",
            "Disable email verification",
            "Skip smoke tests",
            "Testing locally",
            "Postgres checks and more of them all",
            "Very important",
            "Verified boot",
            "Postgres",
            "Smoke",
            "Test",
            "Test data",
            "Test environment",
            "Check disk space",
            "Check the backup",
            "Checks before deployment",
            "Pre-checks",
            "Prechecks",
            "Checklist",
            "Verantwortliche",
        ] {
            assert_eq!(role(text), HeadingRole::Plain, "{text}");
        }
    }
}
