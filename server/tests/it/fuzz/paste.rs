//! Fuzz test of the customer import: lines, tables of a spreadsheet, output of `kubectl get ns`.
use super::{fuzz, texts};
use app::domain::{
    customer::CustomerDraft,
    customer_import::{ExistingRecords, LineOutcome, plan},
    id::{ClusterId, CustomerId},
};
use std::collections::HashSet;

use proptest::prelude::*;

const WORDS: &[&str] = &[
    "Acme, acme",
    "Acme;acme",
    "Acme\tacme",
    "name,namespace,cluster,HOST\n",
    "namespace\tname\n",
    "NAME STATUS AGE\n",
    "acme   Active   12d\n",
    "bye Terminating 1d\n",
    "namespace/acme\n",
    "kube-system Active 1d\n",
    "prod-eu",
    "old",
    "gone",
    "known",
    "HOST=a=b",
    "1A=2",
    "=cmd|' /C calc'!A0",
    "\"",
    "\"\"",
    ",",
    ",",
    ";",
    "\t",
    "=",
    "#",
    "\n",
    "\n",
    "\r\n",
    "\r",
    "\u{feff}",
];

fn known() -> ExistingRecords {
    let cluster = |name: &str, id, is_active| (name.to_owned(), (ClusterId(id), is_active));
    let customer = |name: &str, id, is_active| {
        let key = (ClusterId(1), name.to_owned());
        (key, (CustomerId(id), is_active))
    };
    ExistingRecords {
        clusters: [cluster("prod-eu", 1, true), cluster("old", 2, false)].into(),
        customers: [customer("known", 7, true), customer("gone", 8, false)].into(),
    }
}

#[test]
fn any_pasted_customers_are_judged_line_by_line_and_only_good_ones_are_new() {
    let known = known();
    fuzz("pasted customers", &texts(WORDS), |text| {
        let n_lines = text
            .replace("\r\n", "\n")
            .replace('\r', "\n")
            .split('\n')
            .count();
        let mut seen = HashSet::new();
        let mut last = 0;
        for planned in plan(&text, Some(ClusterId(1)), &known) {
            let (line, is_new) = (&planned.line, planned.line.outcome == LineOutcome::New);
            prop_assert!(
                line.number > last && line.number as usize <= n_lines,
                "{line:?}"
            );
            last = line.number;
            prop_assert_eq!(is_new, planned.fields.is_some(), "{:?}", line);
            let Some(fields) = planned.fields else {
                continue;
            };
            let key = (fields.cluster_id, fields.namespace.as_str().to_owned());
            prop_assert!(
                !known.customers.contains_key(&key),
                "{line:?} is there already"
            );
            prop_assert!(seen.insert(key), "{line:?} stands twice");
            // What was parsed is valid in the form too, and does not change there.
            let draft = CustomerDraft {
                name: fields.name.as_str().to_owned(),
                cluster_id: Some(fields.cluster_id),
                namespace: fields.namespace.as_str().to_owned(),
                description: String::new(),
                metadata: fields.metadata.clone(),
            };
            let again = draft.parse();
            prop_assert!(again.is_ok_and(|it| it.name == fields.name), "{line:?}");
        }
        Ok(())
    });
}
