//! What kubectl, oc and helm print, and JSON.
use super::{parse, read};

#[test]
fn what_kubectl_prints_is_read() {
    let plain = "$ kubectl get ns\nNAME        STATUS        AGE\nacme        Active        12d\ndefault     Active        2y\nbye         Terminating   1d\n\nana@ops:~$ ";
    let rows = [
        "3: -, acme",
        "4: -, default",
        "5: left out: bye is being deleted",
    ];
    assert_eq!(read(plain), rows);
    assert_eq!(read(&plain.replace("   ", " ")), rows);
    assert_eq!(
        read("acme     Active   12d\nglobex   Active   3d"),
        ["1: -, acme", "2: -, globex"]
    );
    assert_eq!(
        read("namespace/acme\nnamespace/kube-system"),
        ["1: -, acme", "2: -, kube-system"]
    );
    assert_eq!(
        read(
            "NAME   STATUS   AGE   LABELS\nacme   Active   1d    kubernetes.io/metadata.name=acme,team=a\nb      Active   1d    <none>"
        ),
        ["2: -, acme", "3: -, b"]
    );
    assert_eq!(
        read(
            "NAME   STATUS   AGE   TEAM   COST-CENTER\nacme   Active   1d    pay    \nb      Active   1d           77"
        ),
        ["2: -, acme, TEAM=pay", "3: -, b, COST-CENTER=77"]
    );
    assert_eq!(
        read(
            "W1231 warning\nNAME   STATUS   AGE\nacme   Active   1d\nError from server (Forbidden)"
        ),
        [
            "1: left out: Not a line of this list",
            "3: -, acme",
            "4: left out: Not a line of kubectl get ns"
        ]
    );
    let columns = "$ kubectl get ns -o custom-columns=NAME:.a,OWNER:.b,TIER:.c\nNAME     OWNER    TIER\nacme     ana      gold\nglobex   <none>   silver";
    assert_eq!(
        read(columns),
        [
            "3: -, acme, OWNER=ana, TIER=gold",
            "4: -, globex, TIER=silver"
        ]
    );
    // Without the command it may be a table of anything.
    let (_, table) = columns.split_once('\n').unwrap();
    assert!(
        read(table)
            .iter()
            .all(|it| it.contains("doubt: No column has the namespace"))
    );
    assert_eq!(
        read(
            "NAMESPACE   NAME   READY   AGE\nacme        web    1/1     1d\nacme        db     1/1     1d"
        ),
        ["2: -, acme"]
    );
}

#[test]
fn what_helm_prints_is_a_customer_per_namespace() {
    let rows = ["2: -, acme-prod", "4: -, globex"];
    let text = "NAME  \tNAMESPACE\tREVISION\tUPDATED                                \tSTATUS  \tCHART   \tAPP VERSION\nweb   \tacme-prod\t3       \t2026-01-02 10:11:12.123456789 +0000 UTC\tdeployed\tweb-1.2.3\t1.16.0     \nredis \tacme-prod\t1       \t2026-01-02 10:11:12.123456789 +0000 UTC\tdeployed\tredis-1  \t7.2\nglobex\tglobex   \t1       \t2026-01-02 10:11:12.123456789 +0000 UTC\tfailed  \tweb-1.2.3\t           ";
    assert_eq!(read(text), rows);
    assert_eq!(read(&text.replace('\t', " ")), rows);
    let (_, body) = text.split_once('\n').unwrap();
    assert_eq!(read(body), ["1: -, acme-prod", "3: -, globex"]);
    let helm_2 = "NAME\tREVISION\tUPDATED                 \tSTATUS  \tCHART\tAPP VERSION\tNAMESPACE\nweb \t3       \tMon Jan  6 10:00:00 2020\tDEPLOYED\tweb-1\t1.16.0     \tacme     \ndb  \t3       \tMon Jan  6 10:00:00 2020\tDEPLOYED\tdb-1 \t1.16.0     \tacme     ";
    assert_eq!(read(helm_2), ["2: -, acme"]);
    let json = "[{\"name\":\"web\",\"namespace\":\"acme\",\"revision\":\"3\",\"updated\":\"\",\"status\":\"deployed\",\"chart\":\"web-1\",\"app_version\":\"1\"},\n{\"name\":\"db\",\"namespace\":\"acme\",\"revision\":\"3\",\"chart\":\"db-1\",\"app_version\":\"1\"},\n{\"name\":\"db\",\"namespace\":\"b\",\"revision\":\"3\",\"chart\":\"db-1\",\"app_version\":\"1\"}]";
    assert_eq!(read(json), ["1: -, acme", "3: -, b"]);
    // Of several clusters, if somebody has put them together.
    assert_eq!(
        read(
            "CLUSTER,NAME,NAMESPACE,REVISION,UPDATED,CHART\neu,web,acme,1,x,c\nus,web,acme,1,x,c\nus,db,acme,1,x,c"
        ),
        ["2: -, acme, in eu", "3: -, acme, in us"]
    );
    let clusters = "[{\"cluster\":\"eu\",\"namespace\":\"acme\",\"revision\":1,\"chart\":\"c\"},\n{\"cluster\":\"us\",\"namespace\":\"acme\",\"revision\":1,\"chart\":\"c\"}]";
    assert_eq!(read(clusters), ["1: -, acme, in eu", "2: -, acme, in us"]);
}

#[test]
fn what_oc_prints_has_display_names() {
    let text = "NAME      DISPLAY NAME     STATUS\nacme      Acme Active Co   Active\nglobex                     Active\nold       Old One          Terminating";
    let rows = [
        "2: Acme Active Co, acme",
        "3: -, globex",
        "4: left out: old is being deleted",
    ];
    assert_eq!(read(text), rows);
    let collapsed: Vec<String> = text
        .lines()
        .map(|it| it.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(read(&collapsed.join("\n")), rows);
    assert_eq!(
        read("acme      Acme, Inc.       Active\nglobex                     Active"),
        ["1: Acme, Inc., acme", "2: -, globex"]
    );
    assert_eq!(read("project.project.openshift.io/acme"), ["1: -, acme"]);
}

#[test]
fn json_of_kubernetes_and_plain_objects_is_read() {
    let list = "$ kubectl get ns -o json\n{\n  \"apiVersion\": \"v1\",\n  \"items\": [\n    {\n      \"kind\": \"Namespace\",\n      \"metadata\": {\"name\": \"acme\", \"labels\": {\"team\": \"a\"}},\n      \"status\": {\"phase\": \"Active\"}\n    },\n    {\"kind\": \"Namespace\", \"metadata\": {\"name\": \"bye\"}, \"status\": {\"phase\": \"Terminating\"}},\n    {\"kind\": \"Project\", \"metadata\": {\"name\": \"c\", \"annotations\": {\"openshift.io/display-name\": \"Big C\"}}},\n    {\"kind\": \"Node\", \"metadata\": {\"name\": \"n1\"}}\n  ],\n  \"kind\": \"List\"\n}\n";
    assert_eq!(
        read(list),
        [
            "5: -, acme",
            "10: left out: bye is being deleted",
            "11: Big C, c",
            "12: left out: n1 is a Node, not a namespace"
        ]
    );
    assert_eq!(
        read("{\"kind\":\"Namespace\",\"metadata\":{\"name\":\"acme\"}}"),
        ["1: -, acme"]
    );
    assert_eq!(
        read(
            "[{\"customer\":\"Acme\",\"namespace\":\"acme\",\"PORT\":5432,\"tls\":true,\"x\":null,\"tags\":[1]}]"
        ),
        ["1: Acme, acme, PORT=5432, tls=true"]
    );
    assert_eq!(
        read(
            "{\"items\":[{\"id\":1,\"clusterId\":1,\"name\":\"Acme\",\"namespace\":\"acme\",\"isActive\":true,\"metadata\":{\"name\":\"n\",\"HOST\":\"h\"},\"version\":3}]}"
        ),
        ["1: Acme, acme, in no. 1, HOST=h, name=n"]
    );
    assert_eq!(
        read("{\"a\": 1}"),
        ["1: left out: No namespace in this object"]
    );
    assert_eq!(
        read("apiVersion: v1\nitems:\n- apiVersion: v1"),
        ["1: left out: YAML can't be read here. Use -o json instead"]
    );
}

#[test]
fn members_of_json_that_are_no_values_are_told() {
    let not_taken = |text: &str| parse(text).unwrap().remove(0).not_taken;
    for (members, told) in [
        (r#""tags":[1],"HOST":"h""#, vec!["tags"]),
        (
            r#""owner":{"mail":"a@b.example"},"tags":["x"]"#,
            vec!["owner", "tags"],
        ),
        (r#""metadata":{"HOST":"h","ports":[1,2]}"#, vec!["ports"]),
        (r#""metadata":[{"key":"HOST"}]"#, vec!["metadata"]),
        (r#""description":{"en":"x"}"#, vec!["description"]),
        (r#""tags":[],"owner":{},"x":null,"y":"","PORT":1"#, vec![]),
        (r#""cluster":{"name":"prod-us","region":"us"}"#, vec![]),
        (
            r#""cluster":{"name":"us"},"clusterName":{"name":"us"}"#,
            vec![],
        ),
    ] {
        let text = format!("[{{\"name\":\"Acme\",\"namespace\":\"acme\",{members}}}]");
        assert_eq!(not_taken(&text), told, "{members}");
    }
    // What a tool prints beside the namespace is never meant.
    let pod = r#"{"kind":"Pod","metadata":{"name":"a","namespace":"acme","labels":{"x":"y"}}}"#;
    assert!(not_taken(pod).is_empty());
    let described = r#"{"name":"Acme","namespace":"acme","description":42}"#;
    assert_eq!(read(described), ["1: Acme, acme, about 42"]);
}

#[test]
fn what_is_no_namespace_is_never_ticked_as_one() {
    for (text, kind) in [
        (
            "$ kubectl get pods -o custom-columns=NAME:.metadata.name\nNAME\napi-7b6\nweb-5d",
            "pods",
        ),
        (
            "$ kubectl get pods --no-headers -o custom-columns=:metadata.name\napi-7b6\nweb-5d",
            "pods",
        ),
        ("$ helm list -A -q\napi\nweb", "releases"),
        ("$ helm ls -A --short\napi\nweb", "releases"),
        (
            "$ kubectl get pv\nNAME    STATUS   AGE\nvol-a   Active   3d\nvol-b   Active   3d",
            "pv",
        ),
        (
            "$ kubectl get kafkatopics\nNAME     STATUS   AGE\ntopic    Active   3d",
            "kafkatopics",
        ),
        ("$ kubectl get x\nvol-a Active 3d\nvol-b Active 3d", "x"),
        (
            "$ kubectl get deploy -A --no-headers -o custom-columns=NS:.a,NAME:.b\nacme   api\nb      web",
            "deploy",
        ),
        (
            "$ kubectl get pods -o json | jq [.items[].metadata.name]\n[\"api\",\n\"web\"]",
            "pods",
        ),
        (
            "$ kubectl get po -o json | jq .items[].metadata\n{\"name\":\"api\"}\n{\"name\":\"web\"}",
            "po",
        ),
    ] {
        let doubt = format!(" doubt: Lists {kind}, not namespaces");
        let found = read(text);
        assert!(!found.is_empty(), "{text}");
        assert!(found.iter().all(|it| it.ends_with(&doubt)), "{found:?}");
    }
    // Each list is judged by the command above it.
    assert_eq!(
        read(
            "$ kubectl get ns -o custom-columns=NAME:.a\nNAME\nacme\n$ kubectl get pods -o custom-columns=NAME:.a\nNAME\napi"
        ),
        [
            "3: -, acme",
            "4: left out: Add a namespace column",
            "6: -, api, doubt: Lists pods, not namespaces"
        ]
    );
    assert_eq!(
        read(
            "$ kubectl get ns\nNAME STATUS AGE\nacme Active 3d\n$ kubectl get pv\nNAME STATUS AGE\nvol Active 3d\n$ kubectl get ns -o name\nnamespace/b"
        ),
        [
            "3: -, acme",
            "6: -, vol, doubt: Lists pv, not namespaces",
            "8: -, b"
        ]
    );
}

#[test]
fn what_is_in_namespaces_is_a_customer_per_namespace() {
    for text in [
        "NAMESPACE   NAME   READY\nacme        api    1/1\nacme        web    1/1\nb           api    1/1",
        "NAMESPACE\tNAME\tREADY\nacme\tapi\t1/1\nacme\tweb\t1/1\nb\tapi\t1/1",
        "NAME   NAMESPACE   STATUS\napi    acme        Running\nweb    acme        Running\napi    b           Running",
        "ID        NAME   NAMESPACE   STATE\nc-x:api   api    acme        active\nc-x:web   web    acme        active\nc-x:b     api    b           active",
        "NAMESPACE  \tNAME\tREVISION\tSUSPENDED\tREADY\nacme  \tapps/api\tmain\tFalse\tTrue\nacme  \tapps/web\tmain\tFalse\tTrue\nb  \tapps\tmain\tFalse\tTrue",
        "$ kubectl get deploy -A -o custom-columns=APP:.a,NS:.b\nAPP   NS\nApi   acme\nweb   acme\napi   b",
    ] {
        let found = read(text);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].ends_with(": -, acme"), "{found:?}");
        assert!(found[1].ends_with(": -, b"), "{found:?}");
    }
    let json = "$ helm list -A -o json | jq -c '.[]|{name,namespace}'\n{\"name\":\"api\",\"namespace\":\"acme\"}\n{\"name\":\"web\",\"namespace\":\"acme\"}\n{\"name\":\"api\",\"namespace\":\"b\"}";
    assert_eq!(read(json), ["2: -, acme", "4: -, b"]);
    let contexts = "CURRENT   NAME      CLUSTER   AUTHINFO   NAMESPACE\n*         prod-eu   eu        admin      acme\n          prod-us   us        admin      acme";
    assert_eq!(
        read(contexts),
        [
            "2: -, acme, in eu, doubt: Lists contexts, not namespaces",
            "3: -, acme, in us, doubt: Lists contexts, not namespaces"
        ]
    );
    // Names that no object has are those of customers.
    assert_eq!(
        read(
            "NAMESPACE   NAME         TIER\nacme        Acme Foods   gold\nb           bb           silver"
        ),
        ["2: Acme Foods, acme, TIER=gold", "3: bb, b, TIER=silver"]
    );
    let doubt = "doubt: NAME may be the name of something in the namespace, not the customer's";
    assert_eq!(
        read("NAME,NAMESPACE,HOST\nacme-corp,acme,h"),
        [format!("2: acme-corp, acme, HOST=h, {doubt}")]
    );
}

#[test]
fn a_later_line_of_a_watched_list_leaves_the_earlier_one_out() {
    let rows = [
        "3: -, acme",
        "4: left out: Line 5 says that it's being deleted",
        "5: left out: beta is being deleted",
    ];
    assert_eq!(
        read(
            "$ kubectl get ns -w\nNAME   STATUS        AGE\nacme   Active        3d\nbeta   Active        3d\nbeta   Terminating   3d"
        ),
        rows
    );
    assert_eq!(
        read(
            "$ kubectl get ns -w --output-watch-events\nEVENT     NAME   STATUS   AGE\nADDED     acme   Active   3d\nADDED     beta   Active   3d\nDELETED   beta   Active   3d"
        ),
        rows
    );
    assert_eq!(
        read("beta Active 3d\nbeta Terminating 3d\nbeta Active 0s"),
        [
            "1: left out: Line 2 says that it's being deleted",
            "2: left out: beta is being deleted",
            "3: -, beta"
        ]
    );
    assert_eq!(
        read(
            "{\"kind\":\"Namespace\",\"metadata\":{\"name\":\"beta\"}}\n{\"kind\":\"Namespace\",\"metadata\":{\"name\":\"beta\"},\"status\":{\"phase\":\"Terminating\"}}"
        ),
        [
            "1: left out: Line 2 says that it's being deleted",
            "2: left out: beta is being deleted"
        ]
    );
    // Another list may be of another cluster.
    assert_eq!(
        read(
            "$ kubectl --context eu get ns\nNAME STATUS AGE\nbeta Active 3d\n$ kubectl --context us get ns\nNAME STATUS AGE\nbeta Terminating 3d"
        )[0],
        "3: -, beta"
    );
}
