//! Fuzz test of the customer import: tables, lines, JSON, output of kubectl, oc and helm.
use super::{fuzz, texts};
use app::domain::{
    customer::CustomerDraft,
    customer_import::{
        ImportAction, ImportContext, ImportPlan, ImportRequest, ImportState, KnownCustomer,
    },
    customer_import_parser::parse,
    id::{ClusterId, CustomerId},
    metadata::Metadata,
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
    "NAME DISPLAY NAME STATUS\n",
    "NAME NAMESPACE REVISION UPDATED\n",
    "$ kubectl get ns\n",
    "$ kubectl get pods -A\n",
    "NAMESPACE   NAME   READY\n",
    "acme   api   1/1\n",
    "DELETED acme Active 1d\n",
    "# Acme, Acme\n",
    "NULL",
    "sep=;\n",
    "{\"items\": [",
    "{\"metadata\": {\"name\": \"acme\"}}",
    "]",
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

fn context() -> ImportContext {
    let cluster = |name: &str, id, is_active| (name.to_owned(), (ClusterId(id), is_active));
    let customer = |namespace: &str, id, is_active| {
        let known = KnownCustomer {
            id: CustomerId(id),
            is_active,
            version: 1,
            name: "Known".to_owned(),
            description: None,
            metadata: Metadata::default(),
        };
        ((ClusterId(1), namespace.to_owned()), known)
    };
    ImportContext {
        clusters: [cluster("prod-eu", 1, true), cluster("old", 2, false)].into(),
        customers: [customer("known", 7, true), customer("gone", 8, false)].into(),
        contexts: vec![(ClusterId(2), "old-context".to_owned())],
    }
}

#[test]
fn any_pasted_customers_are_judged_row_by_row_and_only_good_ones_are_written() {
    let context = context();
    fuzz("pasted customers", &texts(WORDS), |text| {
        let rows = parse(&text).unwrap();
        let all = ImportRequest {
            update: true,
            ..ImportRequest::default()
        };
        let plan = ImportPlan::of(rows, Some(ClusterId(1)), &context);
        let (report, actions) = plan.choose(&all);
        let mut last = 0;
        for row in &report.rows {
            prop_assert!(row.line > last, "{row:?}");
            last = row.line;
            let says_why = row.reason.is_some();
            let must_say = matches!(row.state, ImportState::LeftOut | ImportState::Doubtful);
            prop_assert!(says_why || !must_say, "{row:?}");
        }
        let mut seen = HashSet::new();
        for action in actions {
            let is_update = matches!(action, ImportAction::Update(..));
            let (ImportAction::Create(fields) | ImportAction::Update(_, fields)) = action;
            let key = (fields.cluster_id, fields.namespace.as_str().to_owned());
            let known = context.customers.get(&key);
            prop_assert_eq!(known.is_some(), is_update, "{:?}", fields);
            prop_assert!(known.is_none_or(|it| it.is_active), "{fields:?}");
            prop_assert!(seen.insert(key), "{fields:?} is written twice");
            // What was parsed is valid in the form too, and does not change there.
            let draft = CustomerDraft {
                name: fields.name.as_str().to_owned(),
                cluster_id: Some(fields.cluster_id),
                namespace: fields.namespace.as_str().to_owned(),
                description: String::new(),
                metadata: fields.metadata.clone(),
            };
            let again = draft.parse();
            prop_assert!(again.is_ok_and(|it| it.name == fields.name), "{fields:?}");
        }
        Ok(())
    });
}
