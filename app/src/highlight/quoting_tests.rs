//! Tests of the warnings about values in bash texts.
use super::BashValues;

/// What is said about each variable of a text, if all have this value.
fn said(text: &str, value: &str) -> Vec<String> {
    let values = BashValues::of(text);
    let acting = values.acting(|_| Some(value.to_owned()));
    acting.map(|it| it.1).collect()
}

#[test]
fn a_value_that_the_shell_would_act_on_is_named_with_the_reason() {
    assert_eq!(
        said("echo {{customer.name}}", "Smith & Sons"),
        ["contains &: | quote?"]
    );
    assert_eq!(
        said("echo {{var.A}}", "$(id); `x`"),
        ["contains $ ( ) ; `: | quote?"]
    );
    assert_eq!(said("a={{var.A}} b", "x y"), ["contains a blank: | quote?"]);
    assert_eq!(said("x={{var.A}}", "~"), ["contains ~: | quote?"]);
    assert_eq!(
        said("kubectl create ns {{customer.name}}", "Acme Corp"),
        ["contains a blank: | quote?"]
    );
    assert_eq!(
        said("rm /srv/{{var.A}}", "a b"),
        ["contains a blank: | quote?"]
    );
    assert_eq!(
        said("echo {{var.A}}", "a\nb"),
        ["contains a line break: | quote?"]
    );
    assert_eq!(said("cd {{var.A}}", "~x"), ["contains ~: | quote?"]);
    assert_eq!(
        said("echo {{var.A}}", "Yahoo!Japan"),
        ["contains !: | quote?"]
    );
}

#[test]
fn a_plain_value_and_a_quoted_one_are_no_trouble() {
    for value in [
        "acme",
        "Acme Corp",
        "C#",
        "a~b",
        "Yahoo!",
        "a=b%",
        "it: 5-6_7.8,9@x+/",
        "{}",
        "[",
        "Müller",
    ] {
        assert!(said("echo {{var.A}}", value).is_empty(), "{value}");
    }
    for text in [
        "echo {{var.A | quote}}",
        "x={{var.A | quote}}/b",
        "echo '{{var.A}}'",
        "echo \"a\" '{{var.A}}' b",
        "# {{var.A}} isn't quoted\nls",
        "cat <<'EOF'\n{{var.A}}\nEOF",
        "echo $(echo \"'\" '{{var.A}}')",
        "echo \"$(echo '{{var.A}}')\"",
    ] {
        assert!(
            said(text, "Smith & $(id) \"Sons\" \\ *").is_empty(),
            "{text}"
        );
    }
    for text in [
        "for i in {{var.A}}; do ls; done",
        "helm {{var.A}}",
        "(echo {{var.A}})",
    ] {
        assert!(said(text, "a b --c").is_empty(), "{text}");
    }
}

#[test]
fn quotes_that_the_value_itself_ends_are_no_protection() {
    let hint = "contains ': | quote instead of the quotes around it?";
    assert_eq!(said("echo '{{var.A}}'", "Bon app'"), [hint]);
    assert_eq!(
        said("echo \"{{var.A}}\"", "a\" & $(id)"),
        ["contains \" $: | quote instead of the quotes around it?"]
    );
    assert!(said("echo \"{{var.A}}\"", "Smith & Sons; C:\\dir").is_empty());
    assert_eq!(said("echo \"{{var.A}}\"", "dir\\").len(), 1);
    assert_eq!(said("echo $'{{var.A}}'", "a\\b").len(), 1);
    assert_eq!(
        said("cat <<EOF\n{{var.A}}\nEOF", "$x & y"),
        ["contains $: quotes around the heredoc's word?"]
    );
    assert!(said("cat <<-'EOF'\n{{var.A}}\n\tEOF\n", "$x `y` \\$").is_empty());
    assert_eq!(said("# {{var.A}}", "a\nb").len(), 1);
    assert_eq!(said("echo ${x:-{{var.A}}}", "a}b").len(), 1);
}

#[test]
fn quoting_within_quotes_is_no_protection_either() {
    let hint = "take away the quotes around it?";
    assert_eq!(
        said("echo '{{var.A | quote}}'", "A & B"),
        [format!("contains a blank &: {hint}")]
    );
    assert_eq!(
        said("echo \"{{var.A | quote}}\"", "A$B"),
        [format!("contains $: {hint}")]
    );
    assert!(said("echo \"{{var.A | quote}}\"", "A & B").is_empty());
}

#[test]
fn literals_of_sql_need_quotes_of_the_shell() {
    assert!(said("psql -c \"SELECT {{var.A | quote_ansi}}\"", "O'Hara & Sons").is_empty());
    assert_eq!(
        said("psql -c 'SELECT {{var.A | quote_ansi}}'", "a").len(),
        1
    );
    assert_eq!(said("psql -c {{var.A | quote_ansi}}", "a").len(), 1);
    assert!(
        said(
            "psql <<'EOF'\nSELECT {{var.A | quote_mysql}};\nEOF",
            "a\\'$"
        )
        .is_empty()
    );
}

#[test]
fn one_value_says_nothing_about_the_next() {
    let text = "echo {{var.A}} '{{var.B}}' {{var.C | quote}} \\{{var.D}} \\\\{{var.E}}";
    let values = BashValues::of(text);
    let value = |name: &str| Some(if name == "var.A" { "'\"" } else { "a&b" }.to_owned());
    let names: Vec<_> = values.acting(value).map(|it| it.0).collect();
    assert_eq!(names, ["var.A", "var.E"]);
    assert_eq!(values.acting(|_| None).count(), 0);
}

#[test]
fn a_value_that_ends_its_heredoc_is_named() {
    let hint = "contains the end of the heredoc, the line EOF: another word behind <<?";
    for text in [
        "cat <<'EOF'\n{{var.A}}\nEOF",
        "cat <<EOF\n{{var.A}}\nEOF",
        "cat <<\"EOF\" | sh\na\n {{var.B}} {{var.A}}\nEOF\nls",
        "cat <<A <<\\EOF\nA\n{{var.A}}\nEOF\n",
        "x=$(cat <<'EOF'\n{{var.A}}\nEOF\n)",
        "cat <<'EOF'\n{{var.A | quote}}\nEOF",
    ] {
        assert_eq!(said(text, "x\nEOF\ntouch /tmp/PWN"), [hint], "{text}");
        assert_eq!(said(text, "x\r\nEOF\r\n"), [hint], "{text}");
        for harmless in ["x\n EOF\nEOF x\n\tEOF", "EOFEOF", "E\nOF"] {
            assert!(said(text, harmless).is_empty(), "{text} {harmless}");
        }
    }
    // With the text around it on its line.
    let text = "cat <<'EOF'\nE{{var.A}}F\nEOF";
    assert_eq!(said(text, "O"), [hint]);
    assert!(said(text, "x").is_empty());
    assert_eq!(said("cat <<'EOF'\n{{var.A}}OF\nEOF", "a\nE"), [hint]);
    assert_eq!(said("cat <<-'EOF'\n{{var.A}}\n\tEOF", "a\n\tEOF"), [hint]);
    assert!(said("cat <<'EOF'\n{{var.A}}\nEOF", "a\n\tEOF").is_empty());
    // Behind the heredoc, and in none.
    assert!(said("cat <<'EOF'\na\nEOF\necho {{var.A}}", "EOF").is_empty());
    assert!(said("cat <<<'{{var.A}}'", "a\nEOF").is_empty());
}

#[test]
fn a_variable_may_be_the_end_word_of_a_heredoc() {
    let said = |text: &str, a: &'static str| -> Vec<String> {
        let values = BashValues::of(text);
        let value = |name: &str| match name {
            "var.END" => Some("EOF".to_owned()),
            "var.A" => Some(a.to_owned()),
            _ => None,
        };
        let acting = values.acting(value);
        acting.map(|it| format!("{} {}", it.0, it.1)).collect()
    };
    let hint = "var.A contains the end of the heredoc, the line EOF: another word behind <<?";
    for text in [
        "cat <<{{var.END}}\n{{var.A}}\n{{var.END}}",
        "cat <<'{{var.END}}'\n{{var.A}}\n{{var.END}}",
        "cat <<-\"{{var.END}}\"\n{{var.A}}\n\t{{var.END}}\n",
        "cat << {{var.END | quote}}\nE\n{{var.A}}\n{{var.END}}",
        "cat <<E{{var.B}} <<{{var.END}}\nE{{var.B}}\n{{var.A}}\n{{var.END}}",
    ] {
        assert_eq!(said(text, "x\nEOF\nid"), [hint], "{text}");
        assert!(said(text, "x & y").is_empty(), "{text}");
    }
    // A line with another variable, or with the quotes of this one, is not the end.
    for line in ["{{var.A}}", "{{var.END | quote}}"] {
        let text = format!("cat <<'{{{{var.END}}}}'\n{line}\n{{{{var.A}}}}\n{{{{var.END}}}}");
        assert!(said(&text, "$HOME; id").is_empty(), "{text}");
    }
    let text = "cat <<{{var.END | quote}}\n{{var.A}}\n{{var.END}}\necho {{var.A}}";
    assert_eq!(said(text, "$x"), ["var.A contains $: | quote?"]);
    let text = "cat <<{{var.END}}\n{{var.A}}\n{{var.END}}";
    assert_eq!(
        said(text, "$x"),
        ["var.A contains $: quotes around the heredoc's word?"]
    );
    // Words without values end nothing.
    assert!(said("cat <<{{var.B}}\n{{var.C}}\n{{var.B}}", "x").is_empty());
}

#[test]
fn of_two_values_that_end_a_heredoc_together_one_is_named() {
    let values = BashValues::of("cat <<'EOF'\n{{var.A}}{{var.B}}{{var.C}}\nEOF");
    let named = |a: &'static str, b: &'static str| -> Vec<String> {
        let value = |name: &str| match name {
            "var.A" => Some(a.to_owned()),
            "var.B" => Some(b.to_owned()),
            _ => Some(String::new()),
        };
        let acting = values.acting(value);
        acting.map(|it| it.0.to_owned()).collect()
    };
    assert_eq!(named("E", "OF"), ["var.A"]);
    assert_eq!(named("a", "x\nEOF"), ["var.B"]);
    assert!(named("a", "EOF").is_empty());
    let unknown = values.acting(|name| (name == "var.A").then(|| "EOF".to_owned()));
    assert_eq!(unknown.count(), 0);
}

#[test]
fn what_the_shell_expands_in_braces_is_named_where_it_does() {
    for (text, value) in [
        ("echo ${X:-{{var.A}}}", "*"),
        ("echo ${X-{{var.A}}}", "a?"),
        ("echo ${X:-{{var.A}}}", "[a]"),
        ("echo ${X:-{{var.A}}}", "~"),
        ("echo ${X:-/srv/{{var.A}}}", "a b"),
        ("echo ${X:-{{customer.name}}}", "a b"),
        ("echo > ${X:-{{var.A}}}", "a b"),
        ("echo \"${X%{{var.A}}}\"", "*"),
        ("echo \"${X/{{var.A}}/b}\"", "*"),
        ("echo \"${X/b/{{var.A}}}\"", "&"),
        ("echo ${X:-${Y:-{{var.A}}}}", "*"),
        ("x=${X:-{{var.A}}}", "~"),
        ("echo ${X:-{{var.A}}}", "<(id)"),
    ] {
        assert_eq!(said(text, value).len(), 1, "{text} {value}");
    }
    for (text, value) in [
        ("echo \"${X:-{{var.A}}}\"", "* ~ [a]?"),
        ("echo ${X:-\"{{var.A}}\"}", "* ~ [a] ?"),
        ("echo ${X:-'{{var.A}}'}", "* ~ $x \""),
        ("echo ${X:-{{var.A | quote}}}", "* ~ $x } '"),
        ("for i in ${X:-{{var.A}}}; do ls; done", "a b\nc"),
        ("x=${X:-{{customer.name}}}", "a * b"),
        (": ${X:={{customer.name}}}", "a * b"),
        ("export X=${X:-{{var.A}}}", "*"),
        ("cat <<< ${X:-{{customer.name}}}", "a * b"),
        ("[[ ${X:-{{customer.name}}} == x ]]", "a * b"),
        ("echo \"${X/b/{{var.A}}}\"", "*"),
        ("echo ${X:?{{var.A}}}", "a *"),
        ("echo ${X:-a{{var.A}}}", "~"),
    ] {
        assert!(said(text, value).is_empty(), "{text} {value}");
    }
}

#[test]
fn a_blank_is_no_list_where_the_shell_takes_one_word() {
    let blank = ["contains a blank: | quote?"];
    for text in [
        "echo x > {{var.A}}",
        "echo x >>{{var.A}}",
        "cat < {{var.A}} | wc",
        "make &> {{var.A}}",
        "cat <<< {{var.A}}",
        "cat <<<{{var.A}}",
        "[[ {{var.A}} == x ]]",
        "if [[ -n $x && a != {{var.A}} ]]; then ls; fi",
        "while ! [[ \"$(cat x)\" == {{var.A}} ]]; do ls; done",
        "case {{var.A}} in x) ls;; esac",
    ] {
        assert_eq!(said(text, "a b"), blank, "{text}");
        assert!(said(text, "a").is_empty(), "{text}");
    }
    for text in [
        "[[ a == b ]] && echo {{var.A}}",
        "[[ $(ls {{var.A}}) == b ]]",
        "echo '>' {{var.A}}",
        "echo \\> {{var.A}}",
        "echo x >a {{var.A}}",
        "echo x 2>&1 {{var.A}}",
        "(( 3 > {{var.A}} ))",
        "echo [[ {{var.A}} ]]",
        "cat <(ls {{var.A}})",
    ] {
        assert!(said(text, "1 2").is_empty(), "{text}");
    }
    // There `*` is no pattern, or is one.
    for text in ["cat <<< {{var.A}}", "[[ {{var.A}} == x ]]", "x={{var.A}}"] {
        assert!(said(text, "a*[b]?{c,d}").is_empty(), "{text}");
    }
    for text in [
        "[[ x == {{var.A}} ]]",
        "echo > {{var.A}}",
        "env x={{var.A}} ls",
    ] {
        assert_eq!(said(text, "a*").len(), 1, "{text}");
    }
}
