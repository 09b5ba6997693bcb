//! Tests of the import of many customers: tables in which clusters are columns put no customer into the wrong one.
use super::{
    tests::{plan, rows, says},
    *,
};

/// Whether nothing of a text is written without a tick.
fn is_untaken(text: &str) -> bool {
    let request = ImportRequest {
        update: true,
        ..ImportRequest::default()
    };
    let (report, actions) = plan(text).choose(&request);
    let mut rows = report.rows.iter();
    actions.is_empty() && rows.all(|it| it.state != ImportState::New && it.reason.is_some())
}

#[test]
fn below_heads_that_are_clusters_no_row_is_taken_for_a_customer() {
    for text in [
        "prod-eu;prod-us\nacme-1;globex-1\nacme-3;globex-3",
        "| prod-eu | prod-us |\n|---|---|\n| acme-1 | globex-1 |\n| acme-3 | globex-3 |",
        " prod-eu | prod-us \n---------+---------\n acme-1  | globex-1\n acme-3  | globex-3\n(2 rows)",
        "prod-eu   prod-us\nacme-1    globex-1\nacme-3    globex-3",
        "PROD-EU;PROD-US\nacme-1;globex-1",
        "Cluster prod-eu;Cluster prod-us\nacme-1;globex-1",
        "EU;AP\nacme-1;globex-1\nacme-3;globex-3",
        "Production;Staging\nacme;acme-staging\nglobex;globex-staging",
        "prod-de;prod-fr\nacme-1;globex-1\nacme-3;globex-3",
        "prod-de;prod-fr;prod-it\nacme-1;globex-1;\nacme-3;globex-3",
        ";prod-de;prod-fr\nAcme;acme-1;\nB;b;",
        "old;prod-eu\nacme;acme-x",
        "arn:aws:eks:us;prod-eu\nacme;acme-x",
        "# of Ana\nprod-eu;prod-us\nacme-1;globex-1",
        "Orion Site;Vega Site\nacme-1;globex-1\nacme-3;globex-3",
        "Customer;prod-us\nAcme;acme\nGlobex;globex",
        "Kundschaft;prod-eu;prod-us\nAcme;acme;\nGlobex;globex;",
        "customer,env-2\nacme,prod\nbeta,stage",
    ] {
        assert!(is_untaken(text), "{text}: {:?}", says(text));
    }
    assert_eq!(
        rows("prod-eu;prod-us\nacme-1;globex-1")[1]
            .reason
            .as_deref(),
        Some("The columns may be clusters: prod-eu, prod-us")
    );
    assert_eq!(
        rows("Orion Site;Vega Site\nacme-1;globex-1")[1]
            .reason
            .as_deref(),
        Some("The first row may be a header: check what the columns are")
    );
}

#[test]
fn a_first_row_that_is_wrong_or_named_after_a_stage_costs_the_others_nothing() {
    for text in [
        "Wrong, Not One\nAcme, acme\nB, b",
        "Acme Foods, Acme_Foods\nGlobex, gx\nB, b",
        "Demo, demo-eu\nAcme, acme\nB, b",
        "Staging, staging\nAcme, acme-1\nB, gx",
        "acme-sw;acme\nglobex-sw;globex",
        "Acme, acme\nDemo, test\nB, b",
        "Cluster, prod-eu\nA, a\nB, b",
        "X, x, HOST\nglobex, gx\nb, b",
    ] {
        let rows = rows(text);
        let mut below = rows[1..].iter();
        assert!(
            below.all(|it| it.state == ImportState::New && it.reason.is_none()),
            "{text}: {:?}",
            says(text)
        );
    }
}

#[test]
fn a_row_is_taken_into_the_chosen_cluster_only_if_its_column_says_so() {
    let doubts = |text: &str| -> Vec<String> {
        let rows = rows(text).into_iter();
        rows.map(|it| format!("{}: {}", it.state, it.reason.unwrap_or_default()))
            .collect()
    };
    let other =
        "doubtful: prod-us names the cluster prod-us, which is not the chosen one".to_owned();
    let not = "doubtful: The cell in the column of the chosen cluster is empty or says no";
    let new = "new: ".to_owned();
    assert_eq!(
        doubts("Customer;Namespace;prod-eu;prod-us\nWest;west;x;\nEast;east;;x\nNone;none;;"),
        [new.clone(), other.clone(), not.to_owned()]
    );
    assert_eq!(
        doubts("name;namespace;prod-us\nAcme;acme-7;yes\nB;b;"),
        [other.clone(), new.clone()]
    );
    assert_eq!(
        doubts("name;namespace;prod-eu\nAcme;acme-7;yes\nB;b;\nC;c;No\nD;d;–"),
        [new.clone(), not.to_owned(), not.to_owned(), not.to_owned()]
    );
    let json = r#"[{"name":"B","namespace":"b","prod-eu":false},
{"name":"C","namespace":"c","prod-eu":true}]"#;
    assert_eq!(doubts(json), [not.to_owned(), new.clone()]);
    for text in [
        "name;namespace;PROD-US\nB;b;x",
        "name;namespace;in prod-us\nB;b;x",
        "name;namespace;old\nB;b;x",
        "name;namespace;arn:aws:eks:us\nB;b;x",
        "B, b, prod-us=x",
        r#"{"name":"B","namespace":"b","prod-us":true}"#,
        r#"{"name":"B","namespace":"b","in":{"prod-us":"yes"}}"#,
        "namespace;prod-eu;prod-us\nb;yes;no",
    ] {
        let found = doubts(text);
        assert_eq!(found.len(), 1, "{text}");
        let doubt = &found[0];
        assert!(
            doubt.starts_with("doubtful: ") && doubt.contains("is not the chosen one"),
            "{text}: {doubt}"
        );
    }
    for text in [
        "name;namespace;old_host;us\nB;b;x;y",
        "name;namespace;prod;eu\nB;b;x;y",
        "name;namespace;cluster;prod-us\nB;b;prod-eu;x",
    ] {
        assert_eq!(doubts(text), ["new: "], "{text}");
    }
}
