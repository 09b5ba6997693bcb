//! What kubectl, oc and helm print, and JSON.
use super::read;

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
