//! Fuzz tests of the parsers that read pasted texts: one round in an ordinary run, `FUZZ_SECONDS` each in `./dev soak`.
//! `PROPTEST_CASES` is the number of texts in a round.
mod paste;
mod runbook;
mod transfer;
mod vars;

use crate::harness::number;
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use std::time::{Duration, Instant};

/// Runs rounds of texts until the time is up, at least one. proptest shortens a text that fails, and it is printed.
fn fuzz<S: Strategy>(
    parser: &str,
    texts: &S,
    holds: impl Fn(S::Value) -> Result<(), TestCaseError>,
) {
    let time = Duration::from_secs(number("FUZZ_SECONDS", 0));
    let began = Instant::now();
    let mut n_tried = 0_u64;
    loop {
        // Failures are not stored in a file: each becomes a test beside the parser.
        let config = Config {
            failure_persistence: None,
            ..Config::default()
        };
        n_tried += u64::from(config.cases);
        if let Err(failure) = TestRunner::new(config).run(texts, &holds) {
            panic!("{parser}: {failure}");
        }
        if began.elapsed() >= time {
            break;
        }
    }
    eprintln!(
        "soak: {parser}: {n_tried} texts in {:.0?}, each was read or refused as it should be",
        began.elapsed()
    );
}

/// Texts of words that the parser looks for, printable characters, and any characters.
fn texts(words: &'static [&'static str]) -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        5 => prop::sample::select(words).prop_map(str::to_owned),
        2 => "[ -~\n\t]{0,12}",
        1 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|it| it.concat())
}
