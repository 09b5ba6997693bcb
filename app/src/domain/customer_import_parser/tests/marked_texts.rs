//! Tables as people mark them: comments, lists, Markdown, boxes, sums below them; and texts that are none.
use super::read;

#[test]
fn a_header_between_rows_is_no_customer() {
    for again in ["Kunde;Namespace", "kunde;namespace", "KUNDE ; Namespace"] {
        let text = format!("Kunde;Namespace\nA;a\n{again}\nB;b");
        assert_eq!(read(&text), ["2: A, a", "4: B, b"], "{again}");
    }
    assert_eq!(
        read("A,a\nname,namespace\nB,b"),
        [
            "1: A, a",
            "2: name, namespace, doubt: Looks like a header row",
            "3: B, b"
        ]
    );
}

#[test]
fn a_sum_below_the_rows_is_doubtful() {
    for name in [
        "Total",
        "Summe",
        "Grand total",
        "Count",
        "Average",
        "Anzahl",
        "Gesamt:",
    ] {
        let doubt = format!("doubt: {name} may be a sum of the rows above");
        assert_eq!(
            read(&format!("A,a\n{name},2")),
            ["1: A, a".to_owned(), format!("2: {name}, 2, {doubt}")]
        );
        let table = format!("Name,Namespace\nA,a\n{name},2");
        assert_eq!(read(&table)[1], format!("3: {name}, 2, {doubt}"));
    }
    assert_eq!(read("Total Energies, total"), ["1: Total Energies, total"]);
}

#[test]
fn comments_of_other_files_are_doubtful() {
    for (mark, line) in [
        ("//", "// B,b"),
        ("--", "-- B,b"),
        (";", "; B,b"),
        ("#", "#B,b"),
        ("#", "# B,b"),
    ] {
        let found = read(&format!("name,namespace\nA,a\n{line}"));
        assert_eq!(found[0], "2: A, a", "{line}");
        assert!(
            found[1].ends_with(&format!("b, doubt: Starts with {mark}, as a comment does")),
            "{found:?}"
        );
    }
    assert_eq!(read("// all of them\nA,a"), ["2: A, a"]);
}

#[test]
fn the_signs_of_a_list_are_not_taken() {
    assert_eq!(
        read("- acme\n- beta\n* gamma\n• delta"),
        ["1: -, acme", "2: -, beta", "3: -, gamma", "4: -, delta"]
    );
    assert_eq!(read("- A, a\n- B, b"), ["1: A, a", "2: B, b"]);
    assert_eq!(
        read("1. A, a\n2) B, b"),
        [
            "1: 1. A, a, doubt: Starts with a number, as a list does",
            "2: 2) B, b, doubt: Starts with a number, as a list does"
        ]
    );
}

#[test]
fn the_marks_of_markdown_are_not_taken() {
    assert_eq!(
        read(
            "| Customer | Namespace | CMD |\n|---|---|---|\n| **B** | `b` | `ls` |\n| [C](https://c.example) | c | |\n| ~~D~~ | d | |"
        ),
        [
            "3: B, b, CMD=`ls`",
            "4: C, c",
            "5: D, d, doubt: Crossed out"
        ]
    );
    assert_eq!(read("`acme`\n`beta`"), ["1: -, acme", "2: -, beta"]);
    assert_eq!(read("\"**A**\", a"), ["1: **A**, a"]);
}

#[test]
fn drawn_tables_are_read_and_other_languages_say_what_to_paste() {
    let boxes = "┌──────┬───────────┐\n│ name │ namespace │\n├──────┼───────────┤\n│ A    │ a         │\n└──────┴───────────┘";
    assert_eq!(read(boxes), ["4: A, a"]);
    assert_eq!(
        read("||Customer||Namespace||\n|A|a|\n|B|b|"),
        ["2: A, a", "3: B, b"]
    );
    for (text, language) in [
        (
            "- name: A\n  namespace: a",
            "YAML can't be read here. Paste a table or JSON instead",
        ),
        (
            "<table><tr><td>A</td><td>a</td></tr></table>",
            "HTML and XML can't be read here. Paste the table as text instead",
        ),
    ] {
        assert_eq!(read(text), [format!("1: left out: {language}")]);
    }
}

#[test]
fn more_heads_are_known() {
    for line in [
        "Nom du client;Espace de nommage",
        "Cliente;Spazio dei nomi",
        "Cliente;Espacio",
        "Kudne;Namesapce",
        "Auftraggeber;Namespace",
    ] {
        assert_eq!(read(&format!("{line}\nA;a")), ["2: A, a"], "{line}");
    }
}

#[test]
fn groups_of_customers_in_json_are_read() {
    let doubt = |group: &str| format!("doubt: Listed under {group}: check the cluster");
    assert_eq!(
        read("{\"prod-eu\":[\"a\"],\"prod-us\":[{\"name\":\"B\",\"namespace\":\"b\"}]}"),
        [
            format!("1: -, a, {}", doubt("prod-eu")),
            format!("2: B, b, {}", doubt("prod-us"))
        ]
    );
    assert_eq!(
        read(
            "{\"clusters\":[{\"name\":\"prod-us\",\"customers\":[{\"name\":\"A\",\"namespace\":\"a\"}]},\n{\"name\":\"prod-eu\",\"customers\":[]}]}"
        ),
        ["1: A, a, in prod-us"]
    );
    assert_eq!(
        read("{\"clusters\":[{\"name\":\"prod-us\"}]}"),
        ["1: -, prod-us, doubt: clusters lists clusters, not customers"]
    );
    assert_eq!(
        read("{\"name\":\"prod-us\",\"namespaces\":[\"a\"]}"),
        [format!("1: -, a, {}", doubt("prod-us"))]
    );
}

#[test]
fn a_commented_row_of_a_table_is_left_out_with_the_reason() {
    assert_eq!(
        read(
            "name,namespace\nAcme,acme\n# Plumbing Co,Plumbing\n-- Delta GmbH,Delta\n// Gamma,Gamma Corp\n# that is all"
        ),
        [
            "2: Acme, acme",
            "3: left out: Starts with #, as a comment does",
            "4: left out: Starts with --, as a comment does",
            "5: left out: Starts with //, as a comment does"
        ]
    );
    assert_eq!(
        read("Acme, acme\n# Plumbing Co, Plumbing\n# see the wiki, please do"),
        [
            "1: Acme, acme",
            "2: left out: Starts with #, as a comment does"
        ]
    );
    assert_eq!(
        read("# of Ana, 2026\nname;namespace;HOST\n# B;B;\nAcme;acme;h"),
        [
            "3: left out: Starts with #, as a comment does",
            "4: Acme, acme, HOST=h"
        ]
    );
}

#[test]
fn the_header_of_one_column_is_doubtful() {
    for head in [
        "host",
        "id",
        "project",
        "projects",
        "env",
        "environments",
        "team",
        "instances",
        "sites",
        "workspace",
        "stack",
        "apps",
        "application",
        "service",
        "deployment",
        "user",
        "region",
        "title",
        "label",
        "key",
        "value",
        "code",
        "slug",
        "identifier",
        "domain",
        "hostname",
        "url",
        "tenant-id",
        "tenant-ids",
        "project-name",
        "releases",
        "items",
        "list",
        "names",
        "client",
    ] {
        assert_eq!(
            read(&format!("# all\n{head}\nacme\nbeta")),
            [
                format!("2: -, {head}, doubt: Looks like the header of a column"),
                "3: -, acme".to_owned(),
                "4: -, beta".to_owned()
            ]
        );
    }
    for name in ["acme", "user-service", "app-two", "web"] {
        assert_eq!(read(name), [format!("1: -, {name}")]);
    }
    assert_eq!(read("acme\nteam"), ["1: -, acme", "2: -, team"]);
}

#[test]
fn a_row_that_splits_otherwise_is_doubtful() {
    let doubt = "doubt: May be split at commas, where other rows are split at semicolons";
    assert_eq!(
        read("name;namespace;note\nAcme;acme;a,b\nBeta,beta,c;d"),
        [
            "2: Acme, acme, note=a,b".to_owned(),
            format!("3: Beta,beta,c, d, {doubt}")
        ]
    );
    assert_eq!(
        read("Acme;acme;A=1\nB;b;A=1\nBeta,beta,X=c;d"),
        [
            "1: Acme, acme, A=1".to_owned(),
            "2: B, b, A=1".to_owned(),
            format!("3: Beta,beta,X=c, d, {doubt}")
        ]
    );
    assert_eq!(
        read("name;namespace;note\nAcme, Inc, GmbH;acme;\n\"Beta,beta,c\";d;\nC, D;c;x"),
        [
            "2: Acme, Inc, GmbH, acme",
            "3: Beta,beta,c, d",
            "4: C, D, c, note=x"
        ]
    );
}
