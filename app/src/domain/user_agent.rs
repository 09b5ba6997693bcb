//! The browser of a session in words, such as "Firefox on Linux", by the `User-Agent` header that it began with. For people to
//! know their sessions by; nothing is decided by it.

/// Characters of a header that names no known browser.
const UNKNOWN_MAX_CHARS: usize = 40;

/// Parts of a header and the browser that has them. The first that is found counts, since most browsers name others too.
const BROWSERS: [(&str, &str); 11] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Vivaldi/", "Vivaldi"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
];

/// Operating systems by a part of the header, as for browsers above.
const SYSTEMS: [(&str, &str); 8] = [
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Macintosh", "macOS"),
    ("CrOS", "ChromeOS"),
    ("FreeBSD", "FreeBSD"),
    ("Linux", "Linux"),
];

fn find(agent: &str, known: &[(&'static str, &'static str)]) -> Option<&'static str> {
    let found = known.iter().find(|(part, _)| agent.contains(part));
    found.map(|(_, name)| *name)
}

/// The browser and its system in words; of an unknown browser the beginning of its header.
pub fn browser_name(agent: &str) -> String {
    match (find(agent, &BROWSERS), find(agent, &SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.to_owned(),
        (None, _) if agent.chars().count() <= UNKNOWN_MAX_CHARS => agent.to_owned(),
        (None, _) => {
            let start: String = agent.chars().take(UNKNOWN_MAX_CHARS).collect();
            format!("{}…", start.trim_end())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_named_with_its_system() {
        let webkit = "AppleWebKit/537.36 (KHTML, like Gecko)";
        for (agent, name) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0".to_owned(),
                "Firefox on Linux",
            ),
            (
                format!("Mozilla/5.0 (Windows NT 10.0; Win64; x64) {webkit} Chrome/142.0.0.0 Safari/537.36"),
                "Chrome on Windows",
            ),
            (
                format!("Mozilla/5.0 (Windows NT 10.0; Win64; x64) {webkit} Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0"),
                "Edge on Windows",
            ),
            (
                format!("Mozilla/5.0 (Linux; Android 10; K) {webkit} Chrome/142.0.0.0 Mobile Safari/537.36"),
                "Chrome on Android",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15".to_owned(),
                "Safari on macOS",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/140.0 Mobile/15E148 Safari/605.1.15".to_owned(),
                "Firefox on iPhone",
            ),
            ("curl/8.14.1".to_owned(), "curl"),
        ] {
            assert_eq!(browser_name(&agent), name, "{agent}");
        }
    }

    #[test]
    fn an_unknown_browser_is_named_by_the_beginning_of_its_header() {
        assert_eq!(browser_name("lynx"), "lynx");
        assert_eq!(
            browser_name(&"é".repeat(200)),
            format!("{}…", "é".repeat(40))
        );
        assert_eq!(browser_name(""), "");
    }
}
