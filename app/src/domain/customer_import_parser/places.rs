//! The words that clusters are called by: stages, regions, clouds. Cells of nothing else are hardly customers.
use crate::domain::fold::lowercase;

/// Words of stages and regions in cluster names, in lower case. Countries and continents as abbreviated there.
const WORDS: [&str; 101] = [
    "aks",
    "amer",
    "america",
    "americas",
    "ap",
    "apac",
    "apne",
    "apse",
    "asia",
    "at",
    "au",
    "australia",
    "aws",
    "azure",
    "be",
    "blue",
    "br",
    "ca",
    "canada",
    "central",
    "ch",
    "cluster",
    "clusters",
    "cn",
    "cz",
    "de",
    "dev",
    "development",
    "dk",
    "dr",
    "east",
    "eks",
    "emea",
    "es",
    "eu",
    "europe",
    "fi",
    "fr",
    "frankfurt",
    "gcp",
    "gke",
    "global",
    "green",
    "ie",
    "in",
    "int",
    "integration",
    "ireland",
    "it",
    "jp",
    "k8s",
    "kube",
    "kubernetes",
    "latam",
    "live",
    "london",
    "na",
    "nl",
    "no",
    "nonprod",
    "north",
    "northeast",
    "northwest",
    "oceania",
    "onprem",
    "openshift",
    "paris",
    "pl",
    "preprod",
    "prd",
    "preview",
    "prod",
    "production",
    "produktion",
    "pt",
    "qa",
    "region",
    "sa",
    "sandbox",
    "se",
    "sg",
    "singapore",
    "south",
    "southeast",
    "southwest",
    "stage",
    "staging",
    "stg",
    "sydney",
    "test",
    "testing",
    "tokyo",
    "uat",
    "uk",
    "us",
    "usa",
    "virginia",
    "west",
    "zone",
    "zrh",
    "zurich",
];

/// Whether several different texts are all made of such words and of numbers: `prod-eu`, `EU 2`.
pub fn are_places(texts: &[&str]) -> bool {
    let first = texts.first().map(|it| lowercase(it));
    texts.len() > 1
        && texts.iter().all(|it| is_place(it))
        && texts[1..].iter().any(|it| Some(lowercase(it)) != first)
}

fn is_place(text: &str) -> bool {
    let text = lowercase(text);
    let is_number = |it: &str| it.bytes().all(|it| it.is_ascii_digit());
    let words = || text.split(|it: char| !it.is_alphanumeric());
    let is_known = |it: &str| {
        let bare = it.trim_end_matches(|it: char| it.is_ascii_digit());
        WORDS.contains(&it) || WORDS.contains(&bare)
    };
    words().any(is_known) && words().all(|it| is_number(it) || is_known(it))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_clusters_are_called_is_told_from_customers() {
        for texts in [
            ["prod-eu", "prod-ap"],
            ["EU", "AP"],
            ["Production", "Staging"],
            ["Cluster prod-eu", "Cluster prod-ap"],
            ["eu-west-1", "us-east-2"],
            ["eu1", "eu2"],
            ["EU (prod)", "EU (test)"],
        ] {
            assert!(are_places(&texts), "{texts:?}");
        }
        for texts in [
            ["prod-eu", "prod-eu"],
            ["Acme", "acme-prod"],
            ["acme-prod", "globex-prod"],
            ["1", "2"],
            ["", ""],
            ["prod", ""],
            ["East Foods", "east"],
        ] {
            assert!(!are_places(&texts), "{texts:?}");
        }
        assert!(!are_places(&["prod"]) && !are_places(&[]));
    }
}
