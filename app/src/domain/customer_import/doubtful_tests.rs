//! Tests of the import of many customers: rows whose cluster or namespace cannot be told for certain are never ticked, and rows
//! that contradict themselves are left out.
use super::{
    tests::{context, plan, rows, says},
    *,
};
use crate::domain::customer_import_parser::parse;

/// The state of the only row, and the reason for it.
fn verdict(text: &str) -> String {
    let mut rows = rows(text);
    assert_eq!(rows.len(), 1, "{text}: {rows:?}");
    let row = rows.remove(0);
    format!("{}: {}", row.state, row.reason.unwrap_or_default())
}

#[test]
fn a_row_that_names_two_clusters_is_left_out() {
    for text in [
        "name,namespace,cluster_id,cluster\nB,b,1,prod-us",
        "name,namespace,cluster,target cluster\nB,b,prod-us,prod-eu",
        "name,namespace,target cluster,cluster\nB,b,prod-us,prod-eu",
        "name,namespace,cluster_id,cluster\nB,b,prod-eu,prod-us",
        r#"{"name":"B","namespace":"b","clusterId":1,"cluster":{"name":"prod-us"}}"#,
        r#"{"name":"B","namespace":"b","cluster":{"id":1,"name":"prod-us"}}"#,
        r#"{"name":"B","namespace":"b","cluster":{"id":1},"clusterId":2}"#,
        r#"{"name":"B","namespace":"b","cluster":"prod-us","clusterName":"prod-eu"}"#,
        r#"{"clusters":[{"id":1,"name":"prod-us"}],"customers":[{"clusterId":1,"cluster":"prod-eu","name":"B","namespace":"b"}]}"#,
    ] {
        let verdict = verdict(text);
        assert!(
            verdict.starts_with("left-out: Names ") || verdict.starts_with("left-out: Has two ids"),
            "{text}: {verdict}"
        );
    }
}

#[test]
fn what_may_be_the_name_of_another_cluster_leaves_its_row_unticked() {
    for text in [
        "name,namespace,Umgebung/Cluster\nB,b,prod-us",
        "name,namespace,Umgebung/Cluster\nB,b,prod-uk",
        "name,namespace,clusterRef\nB,b,x",
        "name,namespace,kube context\nB,b,x",
        "name,namespace,env\nB,b,prod-us",
        "name,namespace,env\nB,b,PROD-US",
        "name,namespace,env\nB,b,old",
        "name,namespace,where\nB,b,arn:aws:eks:us",
        "B, b, TARGET=prod-us",
        "B, b, CLUSTER=prod-uk",
        r#"{"name":"B","namespace":"b","clusterInfo":{"name":"prod-us"}}"#,
        r#"{"name":"B","namespace":"b","metadata":{"env":"prod-us"}}"#,
        "$ kubectl --context arn:aws:eks:us get ns\nNAME STATUS AGE\nb Active 1d",
        "$ kubectl --context=prod-us get ns -o json\n{\"metadata\":{\"name\":\"b\"}}",
        "$ kubectl --context=prod-us get ns -o json\n{\"items\":[{\"metadata\":{\"name\":\"b\"}}]}",
        "# prod-us\nB, b",
        "# prod-us.example.com\nB, b",
        "B, b, HOST=prod-us.example.com",
        "Customer,Namespace,Kubeconfig\nB,b,/etc/rollcall/prod-us.yaml",
        "Customer,Namespace,Server\nB,b,https://api.prod-us.example",
        "B (prod-us), b",
        "(prod-us) $ kubectl get ns\nNAME STATUS AGE\nb Active 1d",
        "me@host (⎈|prod-us:default) ~ $ kubectl get ns\nNAME STATUS AGE\nb Active 1d",
        "tm@prod-us:~$ kubectl get ns\nNAME STATUS AGE\nb Active 1d",
        "tm@prod-eu:~$ kubectl --cluster prod-us get ns\nNAME STATUS AGE\nb Active 1d",
        "$ kubectl --kubeconfig /etc/rollcall/prod-us.yaml get ns\nNAME STATUS AGE\nb Active 1d",
        "$ KUBECONFIG=~/.kube/prod-us kubectl get ns\nNAME STATUS AGE\nb Active 1d",
        "$ export KUBECONFIG=/etc/us.yaml\n$ kubectl get ns\nNAME STATUS AGE\nb Active 1d",
        "$ kubectl config use-context prod-us\n$ kubectl get ns\nNAME STATUS AGE\nb Active 1d",
        "Switched to context \"prod-us\".\nNAME STATUS AGE\nb Active 1d",
        "$ kubectx prod-us\nNAME STATUS AGE\nb Active 1d",
        "$ oc login https://api.prod-us.example:6443\nNAME STATUS AGE\nb Active 1d",
        "$ kubectl --context gke_proj_us-east1_prod-us get ns\nNAME STATUS AGE\nb Active 1d",
        "NAME STATUS AGE LABELS\nb Active 1d cluster=prod-us,team=a",
        "NAME STATUS AGE LABELS\nb Active 1d example.com/cluster=elsewhere",
        r#"{"kind":"Namespace","metadata":{"name":"b","labels":{"cluster":"prod-us"}}}"#,
        r#"{"name":"B","namespace":"b","spec":{"cluster":"prod-us"}}"#,
        r#"{"name":"B","namespace":"b","spec":{"cluster":"elsewhere"}}"#,
        r#"{"name":"B","namespace":"b","deployment":{"cluster":{"name":"prod-us"}}}"#,
        r#"{"name":"B","namespace":"b","tags":["prod-us"]}"#,
        r#"{"environment":"prod-us","customers":[{"name":"B","namespace":"b"}]}"#,
        "Switched to context \"prod-us\".\n[{\"name\":\"B\",\"namespace\":\"b\"}]",
        "# Customers of prod-us (new):\nname,namespace\nB,b",
        r#"{"prod-us":[{"name":"B","namespace":"b"}]}"#,
        r#"{"clusterInfo":"x","customers":[{"name":"B","namespace":"b"}]}"#,
    ] {
        let verdict = verdict(text);
        assert!(
            verdict.starts_with("doubtful: ") && verdict.contains("cluster"),
            "{text}: {verdict}"
        );
    }
    for text in [
        "name,namespace,env\nB,b,prod-eu",
        "name,namespace,env,cluster\nB,b,prod-us,prod-eu",
        "name,namespace,cluster size,cluster\nB,b,3,prod-eu",
        "name,namespace,cluster size\nB,b,",
        "$ kubectl --context prod-eu get ns\nNAME STATUS AGE\nb Active 1d",
        "# prod-eu, as prod-us\nB, b",
        r#"{"cluster":"prod-eu","customers":[{"name":"B","namespace":"b","env":"prod-us"}]}"#,
        "$ kubectl --context elsewhere get ns\nNAME STATUS AGE\nb Active 1d",
        "tm@prod-us:~$ kubectl --context prod-eu get ns\nNAME STATUS AGE\nb Active 1d",
        "NAME STATUS AGE LABELS\nb Active 1d cluster=prod-eu,team=a",
        r#"{"name":"B","namespace":"b","spec":{"cluster":"prod-eu"}}"#,
        r#"{"kind":"Namespace","metadata":{"name":"b","labels":{"kubernetes.io/metadata.name":"b"}}}"#,
        "B, acme-prod-us",
    ] {
        assert_eq!(verdict(text), "new: ", "{text}");
    }
}

#[test]
fn a_title_or_a_list_may_name_the_cluster_of_its_rows() {
    let clusters = |text: &str| -> Vec<String> {
        let rows = rows(text).into_iter();
        rows.map(|it| format!("{} {} {}", it.state, it.name, it.cluster))
            .collect()
    };
    assert_eq!(
        clusters("prod-us:\nA, a\n# prod-eu\nB, b\n# prod-us\nC, c"),
        [
            "left-out prod-us: prod-eu",
            "doubtful A prod-eu",
            "new B prod-eu",
            "doubtful C prod-eu"
        ]
    );
    assert_eq!(
        clusters("Customers in prod-us\nname,namespace\nA,a"),
        [
            "left-out Customers in prod-us prod-eu",
            "doubtful A prod-eu"
        ]
    );
    assert_eq!(
        clusters(
            r#"{"cluster":"prod-us","customers":[{"name":"A","namespace":"a"},{"name":"B","namespace":"b","cluster":"prod-eu"}]}"#
        ),
        ["new A prod-us", "new B prod-eu"]
    );
    let cut_off = r#"{"cluster":"prod-us","customers":[{"name":"A","namespace":"a"},"#;
    assert_eq!(clusters(cut_off)[0], "doubtful A prod-eu");
    assert_eq!(
        clusters(r#"{"cluster":{"uid":7},"items":[{"name":"A","namespace":"a"}]}"#),
        ["left-out A prod-eu"]
    );
}

#[test]
fn the_nearest_line_above_that_names_a_cluster_counts() {
    let listing =
        |above: &str, namespace: &str| format!("{above}\nNAME STATUS AGE\n{namespace} Active 3d\n");
    let json = |above: &str, namespace: &str| {
        format!("{above}\n{{\"items\":[{{\"metadata\":{{\"name\":\"{namespace}\"}}}}]}}\n")
    };
    let lists: [fn(&str, &str) -> String; 2] = [listing, json];
    let (eu, us) = (
        "$ kubectl --context prod-eu get ns",
        "$ kubectl --context prod-us get ns",
    );
    let says_us = "The text above says prod-us, which is a cluster, but not the chosen one";
    let states = |text: &str| -> Vec<String> {
        let rows = rows(text).into_iter();
        rows.filter(|it| it.state != ImportState::LeftOut)
            .map(|it| {
                format!(
                    "{} {}: {}",
                    it.state,
                    it.namespace,
                    it.reason.unwrap_or_default()
                )
            })
            .collect()
    };
    for list in lists {
        assert_eq!(
            states(&(list(eu, "a") + &list(us, "b"))),
            ["new a: ".to_owned(), format!("doubtful b: {says_us}")]
        );
        assert_eq!(
            states(&(list(us, "b") + &list(eu, "a"))),
            [format!("doubtful b: {says_us}"), "new a: ".to_owned()]
        );
        let switched = list(
            "$ kubectl config use-context prod-us\n$ kubectl get ns",
            "b",
        );
        assert_eq!(
            states(&(list(eu, "a") + &switched)),
            ["new a: ".to_owned(), format!("doubtful b: {says_us}")]
        );
    }
    let in_a_loop =
        "$ for c in prod-eu prod-us; do echo == $c; kubectl --context $c get ns; done\n";
    let text = in_a_loop.to_owned() + &listing("== prod-eu", "a") + &listing("== prod-us", "b");
    assert_eq!(
        states(&text),
        ["new a: ".to_owned(), format!("doubtful b: {says_us}")]
    );
    // Neither is the chosen one: the reason names the one that the rows are of.
    let text = listing(eu, "a") + &listing(us, "b");
    let mut three = context();
    let staging = ClusterId(4);
    three.clusters.insert("staging".to_owned(), (staging, true));
    let plan = ImportPlan::of(parse(&text).unwrap(), Some(staging), &three);
    let reasons: Vec<String> = plan.0.into_iter().filter_map(|it| it.row.reason).collect();
    assert_eq!(reasons, [says_us.replace("-us", "-eu"), says_us.to_owned()]);
}

#[test]
fn a_row_with_an_empty_cluster_cell_is_not_taken_for_the_chosen_one() {
    let doubt = "doubtful: The cluster cell is empty; the row above says prod-us";
    for text in [
        "Cluster;Customer;Namespace\nprod-us;A;a\n;B;b\n;C;c",
        "Cluster\tCustomer\tNamespace\nprod-us\tA\ta\n\tB\tb\n\tC\tc",
        "Customer,Namespace,Cluster\nA,a,prod-us\nB,b,<none>\nC,c",
        "| Customer | Namespace | Cluster |\n|---|---|---|\n| A | a | prod-us |\n| B | b | |\n| C | c | |",
        "Cluster;Customer;Namespace\nprod-us;;\n;B;b\n;C;c",
    ] {
        let verdicts: Vec<String> = rows(text)[1..]
            .iter()
            .map(|it| format!("{}: {}", it.state, it.reason.clone().unwrap_or_default()))
            .collect();
        assert_eq!(verdicts, [doubt, doubt], "{text}");
    }
    let of_id = rows("Cluster ID;Customer;Namespace\n2;A;a\n;B;b");
    assert_eq!(
        of_id[1].reason.as_deref(),
        Some("The cluster cell is empty; the row above says 2")
    );
    // It is the chosen one, or there is none above.
    for text in [
        "Cluster;Customer;Namespace\nprod-eu;A;a\n;B;b",
        "Cluster;Customer;Namespace\n;A;a\nprod-us;B;b",
    ] {
        assert!(
            rows(text).iter().all(|it| it.state == ImportState::New),
            "{text}"
        );
    }
}

#[test]
fn a_row_between_others_may_be_the_title_of_a_cluster() {
    for text in [
        "Customer,Namespace\nprod-eu,\nA,a\nprod-us,\nB,b",
        "Customer;Namespace\nprod-eu;;\nA;a\nprod-us;;\nB;b",
        "Customer\tNamespace\nCluster prod-eu\t\nA\ta\nCluster prod-us\t\nB\tb",
        "| Customer | Namespace |\n|---|---|\n| **prod-eu** | |\n| A | a |\n| **prod-us** | |\n| B | b |",
        "prod-eu\nname,namespace\nA,a\n\nprod-us\nname,namespace\nB,b",
        "prod-eu\nA,a\n\nprod-us\nB,b",
        "Customer,Namespace\nCluster,prod-eu\nA,a\nCluster,prod-us\nB,b",
        "prod-eu\na\n\nprod-us\nb",
        "[prod-eu]\nA, a\n[prod-us]\nB, b",
        "=== prod-eu ===\nA, a\n=== prod-us ===\nB, b",
    ] {
        let of = |namespace: &str| rows(text).into_iter().find(|it| it.namespace == namespace);
        let (a, b) = (of("a").unwrap(), of("b").unwrap());
        assert_eq!(a.state, ImportState::New, "{text}");
        assert_eq!(b.state, ImportState::Doubtful, "{text}");
        assert!(b.reason.unwrap().contains("prod-us"), "{text}");
        let mut titles = rows(text)
            .into_iter()
            .filter(|it| it.name.contains("prod-"));
        assert!(titles.all(|it| it.state != ImportState::New), "{text}");
    }
}

#[test]
fn a_long_title_is_not_kept_at_every_row() {
    let long = "x".repeat(100_000);
    for text in [
        format!("# {long}\nA, a"),
        format!("kubectl --context {long} get ns\nNAME STATUS AGE\na Active 1d"),
        format!("{{\"{long}\":[{{\"name\":\"A\",\"namespace\":\"a\"}}]}}"),
        format!("{{\"cluster\":\"{long}\",\"items\":[{{\"name\":\"A\",\"namespace\":\"a\"}}]}}"),
    ] {
        let row = parse(&text).unwrap().remove(0);
        assert!(row.above.len() + row.cluster.len() < 500, "{}", &text[..20]);
    }
}

#[test]
fn a_customer_that_is_inactive_elsewhere_or_has_no_text_for_a_name_is_doubtful() {
    for (text, reason) in [
        (
            r#"{"id":4,"clusterId":1,"name":"B","namespace":"b","isActive":false}"#,
            "doubtful: Inactive where it comes from",
        ),
        (
            r#"{"name":{"first":"B"},"namespace":"b"}"#,
            "doubtful: The name isn't a text, so it's named after its namespace",
        ),
    ] {
        assert_eq!(verdict(text), reason, "{text}");
    }
    assert_eq!(rows(r#"{"name":42,"namespace":"b"}"#)[0].name, "42");
}

#[test]
fn where_the_namespace_is_a_guess_no_row_is_ticked() {
    let guessed = "doubtful: No column has the namespace, so the name is taken for it";
    for text in [
        "Name,Bereich\nacme,acme-prod",
        "customer,env\nacme,prod",
        "NAME   OWNER\nacme   ana",
        "name;display name;slug\nacme;Acme;acme-prod",
        r#"{"name":"acme","slug":"acme-prod"}"#,
    ] {
        assert_eq!(verdict(text), guessed, "{text}");
    }
    for text in [
        "Old namespace,New namespace,Name\na,b,B",
        "Namespace,NS,Name\na,b,B",
        r#"{"name":"B","namespace":"b","ns":"a"}"#,
    ] {
        let verdict = verdict(text);
        assert!(
            verdict.starts_with("doubtful: Has two namespaces: "),
            "{text}: {verdict}"
        );
    }
    for text in [
        "Name,Namepsace\nacme,acme-prod",
        "Namepsace,Costumer\nacme-prod,Acme",
        "Namespace,NS,Name\na,a,B",
        "name\nacme",
        "name,cluster\nacme,prod-eu",
        "$ kubectl get ns -o custom-columns=NAME:.metadata.name,OWNER:.metadata.labels.owner\nNAME   OWNER\nacme   ana",
        r#"{"name":"acme","namepsace":"acme-prod"}"#,
        r#"{"name":"acme","metadata":{"HOST":"h"}}"#,
    ] {
        assert_eq!(verdict(text), "new: ", "{text}");
    }
    assert_eq!(
        rows("Name,Namepsace\nacme,acme-prod")[0].namespace,
        "acme-prod"
    );
}

#[test]
fn a_doubtful_row_changes_a_known_customer_only_if_it_is_ticked() {
    let update = ImportRequest {
        update: true,
        ..ImportRequest::default()
    };
    for text in ["name,slug\norchard,x", "Orchard, orchard, ENV=prod-us"] {
        let row = rows(text).remove(0);
        assert!(
            row.state == ImportState::Known && row.reason.is_some(),
            "{row:?}"
        );
        assert!(plan(text).choose(&update).1.is_empty(), "{text}");
        let ticked = TickedRows {
            create: vec![],
            update: vec![TickedUpdate {
                line: row.line,
                version: 4,
            }],
        };
        let ticked = ImportRequest {
            ticked: Some(ticked),
            ..ImportRequest::default()
        };
        assert_eq!(plan(text).choose(&ticked).0.updated, 1, "{text}");
    }
}

#[test]
fn json_with_a_member_twice_is_left_out_whichever_it_is() {
    for (members, name) in [
        (r#""name":"B","name":"C","namespace":"b""#, "name"),
        (r#""name":"B","namespace":"b","namespace":"c""#, "namespace"),
        (r#""name":"B","namespace":"b","HOST":1,"HOST":1"#, "HOST"),
        (
            r#""name":"B","namespace":"b","metadata":{"A":1,"A":2}"#,
            "A",
        ),
        (r#""metadata":{"name":"b","name":"c"}"#, "name"),
        (r#""name":"B","namespace":"b","x":[{"y":1,"y":2}]"#, "y"),
    ] {
        let expected = format!("left-out: {name} is listed twice");
        assert_eq!(verdict(&format!("{{{members}}}")), expected, "{members}");
        let list = format!("[{{{members}}},\n{{\"name\":\"D\",\"namespace\":\"d\"}}]");
        let states: Vec<String> = says(&list);
        assert!(states[0].contains(&expected[10..]), "{states:?}");
        assert_eq!(states[1], "2 new D d");
    }
    let lists = r#"{"items":[{"namespace":"a"}],"items":[{"namespace":"b"}]}"#;
    assert_eq!(
        says(lists),
        [
            "1 left-out  : items is listed twice",
            "2 doubtful a a: items is listed twice: check the whole list"
        ]
    );
}

#[test]
fn a_row_with_an_empty_name_cell_is_not_named_after_its_namespace_unsaid() {
    for text in [
        "Customer,Namespace,HOST\nAcme,acme-prod,a\n,acme-test,x",
        "Customer\tNamespace\tHOST\nAcme\tacme-prod\ta\n<none>\tacme-test\tx",
        "| Customer | Namespace |\n|---|---|\n| Acme | acme-prod |\n| | acme-test |",
    ] {
        let row = rows(text).remove(1);
        assert_eq!(
            (row.state, row.reason.as_deref()),
            (
                ImportState::Doubtful,
                Some("The name cell is empty; the row above says Acme")
            ),
            "{text}"
        );
    }
    for text in [
        "Customer,Namespace\n,acme",
        r#"{"name":"","namespace":"acme"}"#,
        r#"{"name":null,"namespace":"acme"}"#,
    ] {
        assert_eq!(
            verdict(text),
            "new: The name is empty, so it's named after its namespace"
        );
    }
    assert_eq!(
        verdict("Customer,Namespace\nNULL,acme"),
        "doubtful: The name is NULL, which is no value"
    );
    // A known customer keeps its name, and a row with a name takes the namespace before one without.
    let known = rows("Customer,Namespace,ZONE\nAcme,acme,a\n,orchard,b").remove(1);
    assert_eq!((known.name.as_str(), known.reason), ("Orchard Foods", None));
    assert_eq!(
        says("Customer,Namespace\nAcme,acme\n,b\nB,b"),
        [
            "2 new Acme acme",
            "3 left-out b b: Same namespace as line 4",
            "4 new B b"
        ]
    );
}

#[test]
fn what_a_tool_lists_never_renames_a_known_customer() {
    let update = ImportRequest {
        update: true,
        ..ImportRequest::default()
    };
    for text in [
        "$ kubectl get deploy -A -o custom-columns=NAME:.metadata.name,NAMESPACE:.metadata.namespace\nNAME   NAMESPACE\napi    orchard\nweb    orchard",
        "NAMESPACE   NAME   READY\norchard     api    1/1",
        "$ helm list -q\norchard",
        "name,namespace,HOST\nOrchard Foods,orchard,#REF!",
    ] {
        let (report, actions) = plan(text).choose(&update);
        assert!(actions.is_empty(), "{text}: {report:?}");
        assert_eq!(report.rows[0].state, ImportState::Known, "{text}");
    }
}
