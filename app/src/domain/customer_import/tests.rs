//! Tests of the import of many customers: what becomes of each row, and what is written of those that were chosen.
use super::*;
use crate::domain::{customer::CustomerDraft, customer_import_parser::parse};
use serde_json::json;

const EU: ClusterId = ClusterId(1);
const US: ClusterId = ClusterId(2);

/// Three clusters, and customers in the first of them.
pub fn context() -> ImportContext {
    let known = |id, is_active, name: &str, metadata: &str| KnownCustomer {
        id: CustomerId(id),
        is_active,
        version: 4,
        name: name.to_owned(),
        description: None,
        metadata: serde_json::from_str(metadata).unwrap(),
    };
    let orchard = known(
        7,
        true,
        "Orchard Foods",
        r#"{"HOST":"old.example","PORT":5432}"#,
    );
    ImportContext {
        clusters: [
            ("prod-eu".to_owned(), (EU, true)),
            ("prod-us".to_owned(), (US, true)),
            ("old".to_owned(), (ClusterId(3), false)),
        ]
        .into(),
        customers: [
            ((EU, "orchard".to_owned()), orchard),
            ((EU, "gone".to_owned()), known(8, false, "Gone", "{}")),
            ((EU, "default".to_owned()), known(9, true, "House", "{}")),
        ]
        .into(),
        contexts: vec![
            (US, "arn:aws:eks:us".to_owned()),
            (US, "/etc/us.yaml".to_owned()),
        ],
    }
}

/// What becomes of the rows of a text, with prod-eu chosen.
pub fn plan(text: &str) -> ImportPlan {
    ImportPlan::of(parse(text).unwrap(), Some(EU), &context())
}

/// The rows of a text.
pub fn rows(text: &str) -> Vec<ImportRow> {
    plan(text).0.into_iter().map(|it| it.row).collect()
}

/// `line state name namespace: reason` of each row.
pub fn says(text: &str) -> Vec<String> {
    let says = rows(text).into_iter().map(|row| {
        let start = format!("{} {} {} {}", row.line, row.state, row.name, row.namespace);
        match row.reason {
            Some(reason) => format!("{start}: {reason}"),
            None => start,
        }
    });
    says.collect()
}

#[test]
fn bad_rows_are_left_out_and_the_others_are_made() {
    let text = "Acme, acme\nInitech\nWrong, Not One\n, n\nAgain, acme\nX, x, HOST\nB, b, A=1";
    assert_eq!(
        says(text),
        [
            "1 new Acme acme",
            "2 left-out Initech : Enter a name and a namespace, such as Acme, acme-prod",
            "3 left-out Wrong Not One: Not One isn't a namespace. Use lowercase letters, digits and hyphens, such as acme-prod",
            "4 left-out  n: Enter a name",
            "5 left-out Again acme: Same namespace as line 1",
            "6 left-out X x: HOST isn't KEY=value",
            "7 new B b",
        ]
    );
    let (report, actions) = plan(text).choose(&ImportRequest::default());
    assert_eq!((report.created, report.updated, actions.len()), (2, 0, 2));
    let ImportAction::Create(fields) = &actions[1] else {
        panic!()
    };
    assert_eq!(
        (fields.name.as_str(), fields.metadata.lines().as_str()),
        ("B", "A=1\n")
    );
}

#[test]
fn a_row_has_the_shape_that_clients_rely_on() {
    let (report, _) = plan("Acme, acme, HOST=h\nOrchard, orchard, HOST=h").choose(&ImportRequest {
        update: true,
        ..ImportRequest::default()
    });
    let expected = json!({
        "rows": [
            {
                "line": 1, "state": "new", "name": "Acme", "namespace": "acme", "variables": {"HOST": "h"},
                "changes": [], "reason": null, "clusterId": 1, "cluster": "prod-eu", "customerId": null, "version": null,
            },
            {
                "line": 2, "state": "known", "name": "Orchard", "namespace": "orchard", "variables": {"HOST": "h"},
                "changes": [
                    {"kind": "name", "name": "name", "from": "Orchard Foods", "to": "Orchard"},
                    {"kind": "variable", "name": "HOST", "from": "old.example", "to": "h"},
                ],
                "reason": null, "clusterId": 1, "cluster": "prod-eu", "customerId": 7, "version": 4,
            },
        ],
        "created": 1,
        "updated": 1,
        "warnings": [],
    });
    assert_eq!(serde_json::to_value(report).unwrap(), expected);
    let request: ImportRequest = serde_json::from_str(r#"{"text": "a", "dryRun": true}"#).unwrap();
    assert!(request.dry_run && !request.update && request.ticked.is_none());
}

#[test]
fn a_known_customer_tells_what_would_change_and_keeps_the_rest() {
    let changes = |text: &str| {
        let row = rows(text).remove(0);
        assert_eq!(row.state, ImportState::Known);
        let changes = row.changes.into_iter();
        let changes = changes.map(|it| format!("{} {:?} {}", it.name, it.from, it.to));
        changes.collect::<Vec<_>>().join("; ")
    };
    let same = "Orchard Foods, orchard, HOST=old.example, PORT=5432";
    assert_eq!(changes(same), "");
    // What names no customer renames none.
    assert_eq!(changes("namespace/orchard"), "");
    assert_eq!(changes("orchard   Active   1d"), "");
    assert_eq!(changes("namespace,name,HOST\norchard,,"), "");
    assert_eq!(
        changes("name,namespace,description,PORT,ZONE\nOrchard Foods,orchard,Fruit,5433,a"),
        "description None Fruit; PORT Some(\"5432\") 5433; ZONE None a"
    );
    let request = ImportRequest {
        update: true,
        ..ImportRequest::default()
    };
    let (report, actions) = plan("Orchard, orchard, ZONE=a").choose(&request);
    let [ImportAction::Update(id, fields)] = actions.as_slice() else {
        panic!()
    };
    assert_eq!((report.updated, *id), (1, CustomerId(7)));
    assert_eq!(fields.name.as_str(), "Orchard");
    let metadata = serde_json::to_string(&fields.metadata).unwrap();
    assert_eq!(metadata, r#"{"HOST":"old.example","PORT":5432,"ZONE":"a"}"#);
    assert!(plan(same).choose(&request).1.is_empty());
    let (_, untold) = plan("Orchard, orchard, ZONE=a").choose(&ImportRequest::default());
    assert!(untold.is_empty());
    let long = format!("Orchard, orchard, A={}", "x".repeat(16 * 1024 - 30));
    assert!(says(&long)[0].starts_with("1 left-out Orchard orchard: Variables: At most"));
}

#[test]
fn an_inactive_customer_is_known_and_never_written() {
    let text = "Gone again, gone, A=1";
    assert_eq!(
        says(text),
        ["1 known Gone again gone: Inactive. Restore it to use it again"]
    );
    let request = ImportRequest {
        update: true,
        ..ImportRequest::default()
    };
    assert!(plan(text).choose(&request).1.is_empty());
    assert!(!rows(text)[0].may_be_ticked());
}

#[test]
fn namespaces_of_the_system_are_not_ticked() {
    let text = "NAME   STATUS   AGE\nacme   Active   1d\nkube-system   Active   1d\nistio-system   Active   1d\ndefault   Active   1d";
    assert_eq!(
        says(text),
        [
            "2 new acme acme",
            "3 doubtful kube-system kube-system: kube-system is a system namespace",
            "4 doubtful istio-system istio-system: istio-system is a system namespace",
            // Somebody made it a customer, so it is one.
            "5 known House default",
        ]
    );
    let ticked = TickedRows {
        create: vec![3],
        update: vec![],
    };
    let request = ImportRequest {
        ticked: Some(ticked),
        ..ImportRequest::default()
    };
    let (report, actions) = plan(text).choose(&request);
    assert_eq!((report.created, actions.len()), (1, 1));
}

#[test]
fn a_row_that_became_known_after_it_was_ticked_as_new_is_not_written() {
    let ticked = TickedRows {
        create: vec![1, 2],
        update: vec![],
    };
    let request = ImportRequest {
        ticked: Some(ticked),
        update: true,
        ..ImportRequest::default()
    };
    let (report, _) = plan("Orchard, orchard, A=1\nAcme, acme").choose(&request);
    assert_eq!((report.created, report.updated), (1, 0));
}

#[test]
fn a_known_customer_that_changed_after_it_was_ticked_is_not_written() {
    let updated = |version| {
        let request = ImportRequest {
            ticked: Some(TickedRows {
                create: vec![],
                update: vec![TickedUpdate { line: 1, version }],
            }),
            ..ImportRequest::default()
        };
        plan("Orchard, orchard, A=1").choose(&request).0.updated
    };
    assert_eq!((updated(4), updated(3)), (1, 0));
}

#[test]
fn a_row_may_name_its_cluster() {
    assert_eq!(
        says(
            "name,namespace,cluster\nAcme,acme,prod-us\nB,orchard,prod-us\nC,c,nowhere\nD,d,old\nE,e,\nF,acme,prod-eu"
        ),
        [
            "2 new Acme acme",
            "3 new B orchard",
            "4 left-out C c: There's no cluster named nowhere. Add it first",
            "5 left-out D d: Cluster old is inactive. Restore it first",
            "6 doubtful E e: The cluster cell is empty; the row above says old",
            "7 new F acme",
        ]
    );
    let of = |chosen| {
        let rows = parse("Acme, acme").unwrap();
        ImportPlan::of(rows, chosen, &context()).0.remove(0).row
    };
    assert_eq!(of(None).reason.as_deref(), Some("Choose a cluster"));
    assert_eq!(
        of(Some(ClusterId(99))).reason.as_deref(),
        Some("Choose a cluster")
    );
    assert_eq!(of(Some(US)).cluster, "prod-us");
}

#[test]
fn a_row_s_own_cluster_is_never_taken_for_the_chosen_one() {
    let cluster = |text: &str| {
        let row = rows(text).remove(0);
        match row.reason {
            Some(reason) => format!("{}: {reason}", row.state),
            None => format!("{}: {}", row.state, row.cluster),
        }
    };
    let object = |members: &str| {
        let text = format!("[{{\"name\":\"B\",\"namespace\":\"b\"{members}}}]");
        cluster(&text)
    };
    for members in [
        r#","cluster":"prod-us""#,
        r#","cluster":{"name":"prod-us","isActive":true}"#,
        r#","cluster":{"id":2,"name":"prod-us"}"#,
        r#","cluster":{"id":2}"#,
        r#","clusterId":2"#,
        r#","clusterId":"2""#,
        r#","cluster_id":2"#,
        r#","clusterName":"prod-us""#,
        r#","clusterId":2,"cluster":{"name":"prod-us"},"version":3"#,
        // An id that no cluster has here is of another program.
        r#","clusterId":99,"cluster":{"name":"prod-us"}"#,
        r#","cluster":{"id":"c-m-x1","name":"prod-us"}"#,
        r#","cluster":"prod-us","clusterName":"prod-us""#,
        r#","clusterId":2,"cluster":null"#,
    ] {
        assert_eq!(object(members), "new: prod-us", "{members}");
    }
    for members in [
        "",
        r#","cluster":null"#,
        r#","cluster":"""#,
        r#","clusterId":null"#,
    ] {
        assert_eq!(object(members), "new: prod-eu", "{members}");
    }
    let unknown = "left-out: There's no cluster with the id";
    assert_eq!(object(r#","clusterId":9"#), format!("{unknown} 9"));
    assert_eq!(
        object(r#","cluster":{"id":"c-m-x1"}"#),
        format!("{unknown} c-m-x1")
    );
    assert_eq!(object(r#","clusterId":-1.5"#), format!("{unknown} -1.5"));
    assert_eq!(
        object(r#","cluster":7"#),
        "left-out: There's no cluster named 7. Add it first"
    );
    assert_eq!(
        object(r#","cluster":{"name":"x"}"#),
        "left-out: There's no cluster named x. Add it first"
    );
    assert_eq!(
        object(r#","clusterId":3"#),
        "left-out: Cluster old is inactive. Restore it first"
    );
    for members in [
        r#","cluster":{}"#,
        r#","cluster":{"uid":"a"}"#,
        r#","cluster":["prod-us"]"#,
        r#","cluster":true"#,
        r#","clusterId":[2]"#,
    ] {
        assert_eq!(
            object(members),
            "left-out: Cluster: enter its name or id",
            "{members}"
        );
    }
    for table in [
        "name,namespace,cluster id\nB,b,2",
        "clusterId;name;namespace\n2;B;b",
        "name,namespace,target cluster\nB,b,prod-us",
        "name,namespace,cluster_id,cluster\nB,b,2,prod-us",
        "name,namespace,cluster_id,cluster\nB,b,2,",
        "name,namespace,clusters\nB,b,prod-us",
        "name,namespace,Grappe\nB,b,prod-us",
        "name,namespace,Clutser\nB,b,prod-us",
        "name,namespace,cluster,target cluster\nB,b,,prod-us",
        "name,namespace,cluster\nB,b,PROD-US",
        "name,namespace,Cluster ID\nB,b,prod-us",
    ] {
        assert_eq!(cluster(table), "new: prod-us", "{table}");
    }
    assert_eq!(
        cluster("name,namespace,cluster id\nB,b,c-x"),
        format!("{unknown} c-x")
    );
    assert_eq!(cluster("name,namespace,cluster id\nB,b,"), "new: prod-eu");
    // A whole export of another program: its ids are not ours.
    let export = r#"{"rollcall":1,"clusters":[{"id":1,"name":"prod-us"}],"customers":[{"id":4,"clusterId":1,"name":"B","namespace":"b"}]}"#;
    assert_eq!(cluster(export), "new: prod-us");
}

#[test]
fn where_no_column_has_the_name_every_new_row_says_so() {
    for text in [
        "Kundschaft;Namespace\nMüller;mueller",
        "namespace,HOST\nmueller,h.example",
        "[{\"kundschaft\":\"Müller\",\"namespace\":\"mueller\"}]",
    ] {
        let row = rows(text).remove(0);
        assert_eq!(
            (row.state, row.name.as_str()),
            (ImportState::New, "mueller"),
            "{text}"
        );
        let reason = "No column has the name, so it's named after its namespace";
        assert_eq!(row.reason.as_deref(), Some(reason), "{text}");
        assert!(row.is_ticked());
    }
    for text in [
        "Kunde;Namespace\nMüller;mueller",
        "namespace,cluster\nmueller,prod-eu",
        "mueller\nglobex",
        "[{\"namespace\":\"mueller\"}]",
    ] {
        assert_eq!(rows(text)[0].reason, None, "{text}");
    }
    assert_eq!(rows("namespace,HOST\norchard,h")[0].reason, None);
}

#[test]
fn a_row_that_cannot_be_read_tells_its_cluster_too() {
    let row = rows("Initech").remove(0);
    assert_eq!(
        (row.state, row.cluster.as_str()),
        (ImportState::LeftOut, "prod-eu")
    );
    assert_eq!(row.cluster_id, Some(EU));
}

#[test]
fn names_are_on_one_line_and_hidden_characters_are_named() {
    assert_eq!(
        says("\"Acme\n\n Inc.\";acme\nB;b\u{200b}c"),
        [
            "1 new Acme Inc. acme",
            "4 left-out B b\u{200b}c: Namespace: Remove the invisible character (U+200B)"
        ]
    );
    assert_eq!(says("\u{a0}Acme\u{200b}, acme\u{a0}"), ["1 new Acme acme"]);
    assert_eq!(
        says("#1 Plumbing, plumbing"),
        ["1 new #1 Plumbing plumbing"]
    );
}

#[test]
fn a_comment_never_takes_a_customers_place() {
    assert_eq!(
        says("# Acme, acme\nAcme, acme\n# B, b"),
        [
            "1 left-out # Acme acme: Same namespace as line 2",
            "2 new Acme acme",
            "3 doubtful # B b: Starts with #, as a comment does"
        ]
    );
}

proptest::proptest! {
    #[test]
    fn only_good_rows_are_written_and_no_namespace_twice(
        text in "(Acme|acme|orchard|gone|kube-system|[a-c]|, |;|\t|\"|\n|\n|#|=|A=1|name,namespace\n|cluster|prod-us|Active|   ){0,40}"
    ) {
        let all = ImportPlan::of(parse(&text).unwrap(), Some(EU), &context());
        let lines: Vec<u32> = all.0.iter().map(|it| it.row.line).collect();
        let ticked = TickedRows {
            create: lines.clone(),
            update: lines.into_iter().map(|line| TickedUpdate { line, version: 4 }).collect(),
        };
        let (report, actions) = all.choose(&ImportRequest { ticked: Some(ticked), ..ImportRequest::default() });
        proptest::prop_assert_eq!(report.created as usize + report.updated as usize, actions.len());
        let mut places = std::collections::HashSet::new();
        for action in actions {
            let (ImportAction::Create(fields) | ImportAction::Update(_, fields)) = action.clone();
            let place = (fields.cluster_id, fields.namespace.as_str().to_owned());
            proptest::prop_assert_eq!(context().customers.contains_key(&place), matches!(action, ImportAction::Update(..)));
            proptest::prop_assert!(places.insert(place));
            // A form would take the same.
            let draft = CustomerDraft {
                name: fields.name.as_str().to_owned(),
                cluster_id: Some(fields.cluster_id),
                namespace: fields.namespace.as_str().to_owned(),
                description: fields.description.clone().map(String::from).unwrap_or_default(),
                metadata: fields.metadata.clone(),
            };
            proptest::prop_assert_eq!(draft.parse().unwrap(), fields);
        }
        for row in report.rows {
            let must_say_why = matches!(row.state, ImportState::LeftOut | ImportState::Doubtful);
            proptest::prop_assert!(!must_say_why || row.reason.is_some());
        }
    }
}
