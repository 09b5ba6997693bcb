//! Tables, lines and bare names.
use super::read;

#[test]
fn a_head_may_be_any_known_word_in_any_column() {
    assert_eq!(read("company,namespace\nAcme,acme"), ["2: Acme, acme"]);
    assert_eq!(
        read("APP VERSION;Customer name;NS\n1.2.3;Acme, Inc.;acme"),
        ["2: Acme, Inc., acme, APP_VERSION=1.2.3"]
    );
    assert_eq!(
        read(
            "Region\tK8s Namespace\tTenant\tCluster\tDescription\nEU\tacme\tAcme\tprod-us\tBig one"
        ),
        ["2: Acme, acme, in prod-us, about Big one, Region=EU"]
    );
    assert_eq!(read("company,ns\nAcme,acme"), ["2: Acme, acme"]);
    assert_eq!(
        read("Client;Cluster\nacme;prod-us"),
        ["2: -, acme, in prod-us"]
    );
    assert_eq!(read("#,Company,Namespace\n1,Acme,acme"), ["2: Acme, acme"]);
    assert_eq!(read("# name, namespace\nAcme, acme"), ["2: Acme, acme"]);
    assert_eq!(
        read("namespace\nacme\nglobex"),
        ["2: -, acme", "3: -, globex"]
    );
}

#[test]
fn a_customer_may_be_called_like_a_head() {
    assert_eq!(
        read("Billing, account\nPortal, client"),
        ["1: Billing, account", "2: Portal, client"]
    );
    assert_eq!(
        read("client\nacme"),
        [
            "1: -, client, doubt: Looks like the header of a column",
            "2: -, acme"
        ]
    );
}

#[test]
fn a_head_with_one_known_word_is_no_customer() {
    let guessed = "doubt: No column has the namespace, so the name is taken for it";
    let rows = [
        format!("2: -, acme, env=prod, {guessed}"),
        format!("3: -, beta, env=stage, {guessed}"),
    ];
    assert_eq!(read("customer,env\nacme,prod\nbeta,stage"), rows);
    assert_eq!(read("env;customer\nprod;acme\nstage;beta"), rows);
    assert_eq!(
        read("Customers 2026\nCustomer,env\nacme,prod"),
        [
            "1: left out: Above the header row".to_owned(),
            format!("3: -, acme, env=prod, {guessed}")
        ]
    );
    assert_eq!(
        read("ns,stage\nacme-eu,prod"),
        ["2: -, acme-eu, stage=prod"]
    );
    for text in [
        "customer,host\nAcme Corp,h",
        "company;region\nAcme;eu",
        "account\tregion\nAcme\teu-west",
        "tenant,env\nAcme,prod\nBeta,prod",
        "client|tier\nAcme|gold",
        "organization,owner\nAcme,ana\nAcme Two,ana",
        "region,company\neu,Acme Corp",
        "customer   tier\nAcme Corp  gold\nBeta Inc   silver",
        "company,host-name\nAcme,web-one",
    ] {
        let found = read(text);
        assert!(
            found
                .iter()
                .all(|it| it.ends_with("Add a namespace column")),
            "{text}: {found:?}"
        );
    }
}

#[test]
fn a_title_that_is_a_known_word_hides_no_row() {
    for title in ["# customers", "Customers", "Customer", "# Kunden", "Kunden"] {
        for row in ["Acme, acme", "Acme;acme", "Acme|acme", "Acme\tacme"] {
            let found = read(&format!("{title}\n{row}"));
            assert_eq!(found.last().unwrap(), "2: Acme, acme", "{title} {row}");
        }
    }
}

#[test]
fn a_first_row_that_may_be_a_head_is_doubtful() {
    let doubt = "doubt: Looks like a header row";
    for (text, first) in [
        (
            "customer,slug\nAcme,acme\nBeta Corp,beta-corp",
            "customer, slug",
        ),
        ("customer,host\nAcme,acme,X=1", "customer, host"),
        ("tenant,env", "tenant, env"),
        (
            "Client;acme\nThe Globex Company;globex-prod",
            "Client, acme",
        ),
        ("account, account\nGlobex, globex", "account, account"),
        ("client,client-prod\nglobex,gx", "client, client-prod"),
        ("tenant, prod\nacme, prod", "tenant, prod"),
        ("org\tteam-1\nAcme\tacme", "org, team-1"),
        ("slug, company\nacme, acme", "slug, company"),
        (
            "acme;globex\nInitech;initech\nUmbrella Corp;umbrella",
            "acme, globex",
        ),
        (
            "kuerzel,bereich\nAcme,acme,X=1\nGlobex,globex",
            "kuerzel, bereich",
        ),
    ] {
        let found = read(text);
        assert_eq!(found[0], format!("1: {first}, {doubt}"), "{text}");
        assert!(
            found[1..].iter().all(|it| !it.contains("doubt")),
            "{found:?}"
        );
    }
    for text in [
        "Acme, client\nGlobex, globex",
        "Billing, account",
        "Client 24, client-24\nGlobex, globex",
        "Tenant AG, tenant",
        "acme, gx\nbeta, beta\ncorp, corp",
        "acme, gx\nBeta, beta",
        "Acme, gx\nBeta, beta\nCorp, corp",
        "acme, acme-1\nBeta, beta\nCorp, corp",
        "acme, gx\nBeta, beta\nCorp, other",
    ] {
        let found = read(text);
        assert!(
            !found[0].contains("doubt") && found[0].starts_with("1: "),
            "{found:?}"
        );
    }
}

#[test]
fn the_separator_is_the_one_that_explains_every_row() {
    assert_eq!(read("Acme;acme;NOTE=a,b"), ["1: Acme, acme, NOTE=a,b"]);
    assert_eq!(read("Acme;ACME;NOTE=a,b"), ["1: Acme, ACME, NOTE=a,b"]);
    assert_eq!(read("name;namespace;note, x"), [""; 0]);
    assert_eq!(
        read("name;namespace;note, x\nAcme;acme;a, b"),
        ["2: Acme, acme, note_x=a, b"]
    );
    assert_eq!(read("Acme, acme, NOTE=a;b"), ["1: Acme, acme, NOTE=a;b"]);
    assert_eq!(
        read("Acme, acme, NOTE=a;b;c"),
        ["1: Acme, acme, NOTE=a;b;c"]
    );
    assert_eq!(read("Acme, Inc.;acme"), ["1: Acme, Inc., acme"]);
    assert_eq!(
        read("Smith, Jones, and Co;smith\nAcme;acme"),
        ["1: Smith, Jones, and Co, smith", "2: Acme, acme"]
    );
    assert_eq!(
        read("Acme, Inc.|acme|HOSTS=a;b\nGlobex|globex"),
        ["1: Acme, Inc., acme, HOSTS=a;b", "2: Globex, globex"]
    );
    assert_eq!(
        read("Acme; Sons, acme\nA | B, ab"),
        ["1: Acme; Sons, acme", "2: A | B, ab"]
    );
    assert_eq!(
        read("name\tnamespace\tA\tB\nAcme\tacme\tx  =\t"),
        ["2: Acme, acme, A=x  ="]
    );
    assert_eq!(
        read("name  |  namespace  |  A\nAcme  |  acme  |\nB  |  b  |  x  y"),
        ["2: Acme, acme", "3: B, b, A=x  y"]
    );
    assert_eq!(
        read("Acme, Inc.\tacme\tNOTE=x; y, z\nGlobex\tglobex\t"),
        ["1: Acme, Inc., acme, NOTE=x; y, z", "2: Globex, globex"]
    );
    assert_eq!(
        read("Acme Foods   acme    HOST=a, b\nGlobex       globex"),
        ["1: Acme Foods, acme, HOST=a, b", "2: Globex, globex"]
    );
    assert_eq!(
        read(
            "HOST   NAMESPACE   CUSTOMER NAME\na.io   acme        Acme Foods\n       globex      Globex"
        ),
        ["2: Acme Foods, acme, HOST=a.io", "3: Globex, globex"]
    );
}

#[test]
fn a_first_line_may_declare_the_separator() {
    assert_eq!(
        read("sep=;\r\nname;namespace\r\nAcme, Inc.;acme"),
        ["3: Acme, Inc., acme"]
    );
    assert_eq!(read("\u{feff}\"sep=,\"\nA;B, ab"), ["2: A;B, ab"]);
    assert_eq!(
        read("SEP=\t\nname\tnamespace\nAcme\tacme"),
        ["3: Acme, acme"]
    );
    assert_eq!(read("sep=^\nname^namespace\nAcme^acme"), ["3: Acme, acme"]);
}

#[test]
fn a_number_sign_begins_a_comment_only_before_a_blank() {
    assert_eq!(read("#1 Plumbing, plumbing"), ["1: #1 Plumbing, plumbing"]);
    assert_eq!(
        read("# customers\n#hashtag\n#1 Plumbing;plumbing\nC# Corp;csharp"),
        ["3: #1 Plumbing, plumbing", "4: C# Corp, csharp"]
    );
    assert_eq!(
        read("name,namespace\n#1 Plumbing,plumbing\n# that is all"),
        ["2: #1 Plumbing, plumbing"]
    );
    assert_eq!(
        read("Globex, globex\n# Acme, acme"),
        [
            "1: Globex, globex",
            "2: # Acme, acme, doubt: Starts with #, as a comment does"
        ]
    );
}

#[test]
fn a_quoted_cell_may_hold_line_breaks_and_quotes() {
    assert_eq!(
        read("name,namespace,NOTE\r\nAcme,acme,\"one\r\ntwo, \"\"three\"\"\"\r\nGlobex,globex,x"),
        [
            "2: Acme, acme, NOTE=one\ntwo, \"three\"",
            "4: Globex, globex, NOTE=x"
        ]
    );
    assert_eq!(
        read("\"Acme\nInc.\";acme\nGlobex;globex"),
        ["1: Acme\nInc., acme", "3: Globex, globex"]
    );
    assert_eq!(
        read("\"Acme, Inc. \"\"EU\"\"\",acme,\"NOTE=a, b\""),
        ["1: Acme, Inc. \"EU\", acme, NOTE=a, b"]
    );
}

#[test]
fn a_quote_left_open_costs_one_row_at_most() {
    assert_eq!(
        read("\"Acme, acme\nGlobex, globex\n\"Initech, Inc.\", initech"),
        [
            "1: left out: Missing closing quote",
            "2: Globex, globex",
            "3: Initech, Inc., initech"
        ]
    );
    assert_eq!(
        read("name,namespace\n\"Acme, acme\nGlobex, globex\nInitech\", initech"),
        [
            "2: Acme, acme\nGlobex, globex\nInitech, initech, doubt: The quoted name goes on to line 4. Check the quotes"
        ]
    );
}

#[test]
fn variables_of_a_row_are_keys_and_values() {
    assert_eq!(
        read(
            "Acme, acme, HOST = a=b , , \"NOTE= x \"\nB, b, HOST\nC, c, 1A=2\nD, d, A=1, A=2\nE, e, =x"
        ),
        [
            "1: Acme, acme, HOST=a=b, NOTE= x ",
            "2: left out: HOST isn't KEY=value",
            "3: left out: 1A isn't a valid variable name",
            "4: left out: A is listed twice",
            "5: left out: =x isn't KEY=value"
        ]
    );
    assert_eq!(
        read("name,namespace\nAcme,acme,HOST=h,PORT=1\nB,b,h\nC,c,,,\n,,,"),
        [
            "2: Acme, acme, HOST=h, PORT=1",
            "3: left out: Has 3 cells, but the header has 2",
            "4: C, c"
        ]
    );
    // An unquoted separator in a value.
    assert_eq!(
        read("name;namespace;URL\nAcme;acme;https://a/?x=1;y=2"),
        ["2: left out: Has 4 cells, but the header has 3"]
    );
    assert_eq!(
        read(",name,namespace,,HOST\n0,Acme,acme,,h\n1,B,b,x,h"),
        [
            "2: Acme, acme, HOST=h",
            "3: left out: Column 4 has no header"
        ]
    );
    assert_eq!(
        read("Acme, acme, \"one\ntwo\""),
        ["1: left out: one two isn't KEY=value"]
    );
    assert_eq!(
        read("name,namespace,HOST,host,HOST\nA,a,1,2,\nB,b,1,2,3"),
        [
            "2: A, a, HOST=1, host=2",
            "3: left out: HOST is listed twice"
        ]
    );
}

#[test]
fn bare_names_are_namespaces() {
    assert_eq!(
        read("acme\n\n  globex \nBig Corp\nHooli\n"),
        [
            "1: -, acme",
            "3: -, globex",
            "4: left out: Enter a name and a namespace, such as Acme, acme-prod",
            "5: -, Hooli"
        ]
    );
    assert_eq!(
        read("Acme, acme\nglobex"),
        [
            "1: Acme, acme",
            "2: left out: Enter a name and a namespace, such as Acme, acme-prod"
        ]
    );
    assert_eq!(read("\"acme\"\n\"globex\""), ["1: -, acme", "2: -, globex"]);
    assert_eq!(
        read("name,host\nacme,a.io\nBig Corp,b.io"),
        [
            "2: -, acme, host=a.io, doubt: No column has the namespace, so the name is taken for it",
            "3: left out: Add a namespace column"
        ]
    );
}

#[test]
fn what_a_database_says_below_a_table_is_no_row() {
    let table = "+------+-----------+\n| name | namespace |\n+------+-----------+\n| Acme | acme      |\n+------+-----------+\n";
    for count in [
        "1 row in set (0.00 sec)",
        "3 rows in set, 1 warning (0.01 sec)",
        "3 rows in set. Elapsed: 0.004 sec.",
        "(1 row)",
        "(3 rows)",
        "(3 Zeilen)",
        "(1 ligne)",
        "(2 rows affected)",
        "2 rows selected.",
        "(5)",
    ] {
        assert_eq!(
            read(&format!("{table}{count}\n")),
            ["4: Acme, acme"],
            "{count}"
        );
    }
    assert_eq!(
        read("3 rows, rows\n24 in, in-24"),
        ["1: 3 rows, rows", "2: 24 in, in-24"]
    );
}

#[test]
fn an_escaped_pipe_of_a_markdown_table_is_in_its_cell() {
    assert_eq!(
        read("| name | namespace | NOTE |\n|---|---|---|\n| A \\| B | ab | x \\| y |\n| C | c | |"),
        ["3: A | B, ab, NOTE=x | y", "4: C, c"]
    );
    assert_eq!(
        read("name|namespace|DIR\nAcme|acme|C:\\"),
        ["2: Acme, acme, DIR=C:\\"]
    );
    assert_eq!(
        read("name,namespace # of prod\nAcme,acme"),
        ["2: Acme, acme"]
    );
}

#[test]
fn tables_may_be_drawn_and_have_a_title() {
    assert_eq!(
        read(
            "| Name | Namespace | Host |\n|:-----|:---------:|-----:|\n| Acme | acme | |\n| B    | b    | h |"
        ),
        ["3: Acme, acme", "4: B, b, Host=h"]
    );
    assert_eq!(
        read(" name | namespace \n------+-----------\n Acme | acme\n(1 row)\n"),
        ["3: Acme, acme"]
    );
    assert_eq!(
        read(
            "+------+-----------+\n| name | namespace |\n+------+-----------+\n| Acme | acme      |\n+------+-----------+"
        ),
        ["4: Acme, acme"]
    );
    assert_eq!(
        read("Name   Namespace\n----   ---------\nAcme   acme"),
        ["3: Acme, acme"]
    );
    assert_eq!(
        read("Customers by namespace\nAcme, acme\nB, b"),
        [
            "1: left out: Enter a name and a namespace, such as Acme, acme-prod",
            "2: Acme, acme",
            "3: B, b"
        ]
    );
    assert_eq!(
        read(
            "Customers 2026;;\n;;\nCustomer;Namespace;Host\nAcme;acme;h\nCustomer;Namespace;Host\nB;b;"
        ),
        [
            "1: left out: Above the header row",
            "4: Acme, acme, Host=h",
            "6: B, b"
        ]
    );
}

#[test]
fn pipes_within_the_cells_of_a_file_with_commas_are_no_table_of_a_wiki() {
    assert_eq!(
        read("Customer name,Namespace,A,Second value\n||,a,,||"),
        ["2: ||, a, Second_value=||"]
    );
}
