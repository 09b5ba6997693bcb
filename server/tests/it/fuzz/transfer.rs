//! Fuzz tests of the import of an export: a valid one with random damage, and random bytes.
use super::fuzz;
use crate::world::World;
use app::{
    domain::{
        transfer::{ImportErrors, Transfer, TransferPart, row_checker::RowChecker},
        vocabulary::StepAction,
    },
    store::steps::transitions::TransitionOptions,
};
use proptest::{prelude::*, sample::Index};

/// What is inserted: signs of JSON, and values that a field may not have.
const FRAGMENTS: &[&str] = &[
    "",
    "",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    "\\u0000",
    "\n",
    "null",
    "true",
    "-1",
    "0",
    "1e999",
    "9223372036854775808",
    "\"\"",
    "\"id\":1,",
    "\"x\":1,",
    "{}",
    "[[[[",
    "é",
    "\u{feff}",
    "2026-13-45",
    "\"deploy\"",
    "\"draft\"",
    "\"active\"",
    "\"steps\":[],",
];

/// An export of the fixtures with some history.
async fn export() -> String {
    let world = World::active().await;
    let store = &world.app.store;
    let id = world.id(&world.acme, "Announce").await;
    let done = store.act_on_step(
        id,
        StepAction::Done,
        TransitionOptions::default(),
        world.app.ana(),
    );
    done.await.unwrap();
    let mut export = store.export(None).await.unwrap();
    let mut text = String::new();
    while let Some(piece) = export.next_chunk().await.unwrap() {
        text.push_str(&piece);
    }
    text
}

/// All checks of an import that need no database.
fn faults(bytes: Vec<u8>) -> Result<(), ImportErrors> {
    let file = Transfer::read(bytes)?;
    let mut check = RowChecker::default();
    for part in TransferPart::ALL {
        for row in file.rows(*part) {
            match part {
                TransferPart::Clusters => drop(check.cluster(&row)),
                TransferPart::Customers => drop(check.customer(&row)),
                TransferPart::Releases => drop(check.release(&row)),
                TransferPart::Templates => drop(check.template(&row)),
                TransferPart::Members => drop(check.member(&row)),
                TransferPart::Steps => drop(check.step(&row)),
                TransferPart::Users => drop(check.user(&row)),
                TransferPart::Runs => drop(check.run(&row)),
                TransferPart::Evidence => drop(check.evidence(&row)),
                TransferPart::Output => drop(check.output(&row)),
                TransferPart::Events => drop(check.event(&row)),
            }
        }
        let _ = check.last_id(&file, *part);
    }
    let faults = check.finish();
    if faults.is_empty() {
        Ok(())
    } else {
        Err(faults)
    }
}

#[tokio::test]
async fn a_damaged_export_is_refused_with_its_line_and_never_breaks_the_reader() {
    let whole = Box::pin(export()).await;
    assert_eq!(faults(whole.clone().into_bytes()), Ok(()));
    let fragment = prop::sample::select(FRAGMENTS);
    let damage = prop::collection::vec((any::<Index>(), 0_usize..60, fragment), 1..5);
    fuzz("an export as JSON", &damage, |damage| {
        let mut bytes = whole.clone().into_bytes();
        for (place, n_gone, fragment) in damage {
            let from = place.index(bytes.len());
            let to = (from + n_gone).min(bytes.len());
            drop(bytes.splice(from..to, fragment.bytes()));
        }
        let n_lines = bytes.split(|it| *it == b'\n').count();
        if let Err(faults) = faults(bytes) {
            prop_assert!(!faults.errors.is_empty() && faults.errors.len() <= 100);
            for fault in &faults.errors {
                prop_assert!((1..=n_lines).contains(&fault.line), "{fault}");
                prop_assert!(!fault.problem.is_empty());
            }
        }
        Ok(())
    });
}

#[test]
fn bytes_that_are_no_export_are_refused() {
    let bytes = prop::collection::vec(any::<u8>(), 0..400);
    fuzz("any bytes as an export", &bytes, |bytes| {
        prop_assert!(Transfer::read(bytes).is_err());
        Ok(())
    });
}
