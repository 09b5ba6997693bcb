//! Texts with a field on each line, and those in other languages that are refused as a whole.
use super::read;

#[test]
fn records_of_a_database_are_read_field_by_field() {
    assert_eq!(
        read(
            "Expanded display is on.\n-[ RECORD 1 ]------\nid        | 1\nname      | Acme\nnamespace | acme-x\nnote      | one +\n          | two\n-[ RECORD 2 ]------\nid        | 2\nname      | B\nnamespace | b\nnote      | \n"
        ),
        ["2: Acme, acme-x, id=1, note=one\ntwo", "8: B, b, id=2"]
    );
    let stars = "***************************";
    assert_eq!(
        read(&format!(
            "{stars} 1. row {stars}\n     name: Acme\nnamespace: acme-x\n      url: https://a.example\n{stars} 2. row {stars}\n     name: B\nnamespace: b\n      url: NULL\n2 rows in set (0.00 sec)\n"
        )),
        [
            "1: Acme, acme-x, url=https://a.example",
            "5: B, b, url=NULL, doubt: url is NULL, which is no value"
        ]
    );
}

#[test]
fn blocks_with_a_field_on_each_line_are_read() {
    let both = ["1: Acme, acme-t", "3: Globex, globex-t"];
    for separator in [",", ";", "\t", " | ", "   "] {
        let text = "customer,Acme\nnamespace,acme-t\ncustomer,Globex\nnamespace,globex-t"
            .replace(',', separator);
        assert_eq!(read(&text), both, "{separator}");
    }
    assert_eq!(
        read("key,value\nname,acme\nnamespace,acme-kv"),
        ["2: acme, acme-kv"]
    );
    assert_eq!(
        read("| Field | Value |\n|---|---|\n| Name | Acme |\n| Namespace | acme |\n| Host | h |"),
        ["3: Acme, acme, Host=h"]
    );
    assert_eq!(
        read("id,1\nname,A\nnamespace,a\ndb_port,5\n\nid,2\nname,B\nnamespace,b\ndb_port,6"),
        ["1: A, a, db_port=5, id=1", "6: B, b, db_port=6, id=2"]
    );
    // It may be something else.
    for text in [
        "customer,acme\nnamespace,acme-t\nOrchard,orchard",
        "customer,acme\nnamespace,acme-t\ncustomer,globex",
    ] {
        assert_eq!(
            read(text),
            [
                "1: left out: A field on each line can't be read here. Paste a table with a row per customer instead"
            ]
        );
    }
}

#[test]
fn a_row_that_is_named_like_a_head_is_doubtful() {
    for name in ["namespace", "host", "id", "Customer name", "Kunde"] {
        assert_eq!(
            read(&format!("Acme,acme\n{name},x-1")),
            [
                "1: Acme, acme".to_owned(),
                format!("2: {name}, x-1, doubt: {name} may be a header, not a name")
            ]
        );
    }
    for row in ["Stack, stack", "Portal, client", "Project Zero, zero"] {
        assert_eq!(
            read(&format!("Acme, acme\n{row}"))[1],
            format!("2: {row}"),
            "{row}"
        );
    }
    // What tools list is named like this often, and only its namespace is taken.
    assert_eq!(
        read("NAME     NAMESPACE   READY\nserver   acme        1/1"),
        ["2: -, acme"]
    );
}

#[test]
fn other_languages_are_refused_in_one_line() {
    let yaml = "YAML can't be read here. Paste a table or JSON instead";
    let settings =
        "Settings (TOML, INI, properties) can't be read here. Paste a table or JSON instead";
    let sql = "SQL can't be read here. Paste the rows as a table instead";
    let fields = "A field on each line can't be read here. Paste a table or JSON instead";
    for (text, reason) in [
        (
            "[customers.acme]\nname = \"Acme Corp\"\nnamespace = \"acme\"",
            settings,
        ),
        (
            "[[customer]]\nname = \"Acme\"\n\n[[customer]]\nname = \"B\"",
            settings,
        ),
        ("acme = { name = \"Acme\", namespace = \"acme\" }", settings),
        ("\"Acme Corp\" = { namespace = \"acme\" }", settings),
        (
            "; ours\n[acme]\nnamespace=acme-i\n[b]\nnamespace=b",
            settings,
        ),
        ("# ours\nacme.name=Acme\nacme.namespace=acme-p", settings),
        ("customer=acme\nnamespace=acme-t", settings),
        ("acme:\n  namespace: acme-y\nb:\n  namespace: b", yaml),
        ("customers:\n  acme:\n    namespace: acme-y", yaml),
        ("- id: 1\n  namespace: acme-y", yaml),
        (
            "$ helm list -A -o yaml\n- app_version: 1.0\n  chart: web-1\n  name: web",
            "YAML can't be read here. Use -o json instead",
        ),
        ("Name: Acme\nNamespace: acme-v", fields),
        (
            "Name:         acme\nLabels:       team=a\nAnnotations:  <none>\nStatus:       Active",
            fields,
        ),
        (
            "INSERT INTO customers (name, namespace, host) VALUES ('Acme', 'acme', 'h');\nINSERT INTO customers (name, namespace, host) VALUES ('B', 'b', 'h');",
            sql,
        ),
        (
            "-- ours\ninsert into customers (name, namespace)\nvalues ('Acme', 'acme')",
            sql,
        ),
        (
            "COPY public.customers (name, namespace) FROM stdin;\nAcme\tacme\n\\.",
            sql,
        ),
    ] {
        let found = read(text);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert!(
            found[0].ends_with(&format!(": left out: {reason}")),
            "{text}: {found:?}"
        );
    }
    for text in [
        "[prod-eu]\nA, a, HOST=h\nB, b",
        "Customers:\nA, a\nB, b",
        "Cluster: prod-eu\nA, a\nB, b",
        "sep=;\nA;a\nB;b",
        "A   a   HOST=h\nB   b   HOST=h",
        "Note: of Ana\nname,namespace\nA,a\nB,b",
        "Copy Shop, copy\nB, b",
        "name,namespace,ENV\nB,b,\"A=1\nB=2\nC=3\nD=4\nE=5\nF=6\nG=7\"",
        "name,namespace,ENV\nB,b,\"a:\n  name: x\"",
    ] {
        let found = read(text);
        assert!(
            found.last().unwrap().contains(": B, b"),
            "{text}: {found:?}"
        );
    }
}

#[test]
fn a_release_that_is_uninstalled_is_doubtful_unless_another_is_there() {
    let head = "NAME\tNAMESPACE\tREVISION\tUPDATED\tSTATUS\tCHART\tAPP VERSION";
    let row = |name: &str, namespace: &str, status: &str| {
        format!(
            "\n{name}\t{namespace}\t1\t2026-01-02 10:11:12.1 +0000 UTC\t{status}\t{name}-1\t1.0"
        )
    };
    let body = row("web", "acme", "uninstalled")
        + &row("db", "acme", "deployed")
        + &row("web", "gone", "uninstalling")
        + &row("web", "b", "failed");
    let rows = [
        "2: -, acme",
        "4: -, gone, doubt: The release is uninstalled",
        "5: -, b",
    ];
    let text = head.to_owned() + &body;
    assert_eq!(read(&text), rows);
    assert_eq!(read(&text.replace('\t', "  ")), rows);
    assert_eq!(
        read(&text.replace('\t', ",").replace("NAME,", "Name,")),
        rows
    );
    let json = |namespace: &str, status: &str| {
        format!(
            "{{\"name\":\"w\",\"namespace\":\"{namespace}\",\"revision\":\"1\",\"status\":\"{status}\",\"chart\":\"c\"}}"
        )
    };
    assert_eq!(
        read(&format!(
            "[{},\n{},\n{}]",
            json("acme", "uninstalled"),
            json("acme", "deployed"),
            json("gone", "uninstalled")
        )),
        [
            "2: -, acme",
            "3: -, gone, doubt: The release is uninstalled"
        ]
    );
}
