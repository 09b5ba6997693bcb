//! JSON in its canonical form (RFC 8785): one text for one value, so that anybody can compute its SHA-256 anew. Members
//! are sorted by the UTF-16 code units of their names, there is no white space, and numbers are written as ECMAScript
//! writes them. The history's chain of hashes rests on it: it never changes.
use serde_json::{Number, Value};

/// Whole numbers up to this are the same in every reader of JSON.
const WHOLE_MAX: u64 = 1 << 53;

/// Appends the canonical text of a value. `text` writes each text member: it may write something else in its place. A
/// number beyond the range of a double is written as the nearest double.
pub fn write(out: &mut String, value: &Value, text: &impl Fn(&mut String, &str, &str)) {
    write_named(out, "", value, text);
}

fn write_named(
    out: &mut String,
    name: &str,
    value: &Value,
    text: &impl Fn(&mut String, &str, &str),
) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(is) => out.push_str(if *is { "true" } else { "false" }),
        Value::Number(number) => match number.as_i64() {
            Some(whole) if whole.unsigned_abs() <= WHOLE_MAX => out.push_str(&whole.to_string()),
            _ => out.push_str(&double(number.as_f64().unwrap_or_default())),
        },
        Value::String(it) => text(out, name, it),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_named(out, "", item, text);
            }
            out.push(']');
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by(|a, b| a.0.encode_utf16().cmp(b.0.encode_utf16()));
            out.push('{');
            for (index, (name, member)) in members.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_text(out, name);
                out.push(':');
                write_named(out, name, member, text);
            }
            out.push('}');
        }
    }
}

/// A text between quotes: control characters, quotes and backslashes are escaped, everything else stays.
pub fn write_text(out: &mut String, text: &str) {
    out.push('"');
    let mut rest = text;
    while let Some(at) = rest.find(|it| matches!(it, '"' | '\\' | '\0'..='\u{1f}')) {
        out.push_str(&rest[..at]);
        match rest.as_bytes()[at] {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            0x08 => out.push_str("\\b"),
            0x0c => out.push_str("\\f"),
            other => {
                const HEX: &[u8; 16] = b"0123456789abcdef";
                out.push_str("\\u00");
                out.push(char::from(HEX[usize::from(other >> 4)]));
                out.push(char::from(HEX[usize::from(other & 15)]));
            }
        }
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
    out.push('"');
}

/// A double as ECMAScript's `Number.prototype.toString` writes it.
fn double(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    // `serde_json` finds the same digits (the shortest that read back as this number, and of those the nearest, and of two
    // that are as near the even one; Rust's own formatting takes the upper), but puts the point elsewhere.
    let text = Number::from_f64(value).map_or_else(|| "0".to_owned(), |it| it.to_string());
    let (sign, text) = match text.strip_prefix('-') {
        Some(text) => ("-", text),
        None => ("", text.as_str()),
    };
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = format!("{whole}{part}");
    let digits = all.trim_start_matches('0');
    let n_zeros = small(all.len() - digits.len());
    // How many digits stand before the decimal point.
    let point = small(whole.len()) + exponent - n_zeros;
    let digits = digits.trim_end_matches('0');
    let n_digits = small(digits.len());
    let zeros = |n: i32| "0".repeat(usize::try_from(n).unwrap_or_default());
    let body = if n_digits <= point && point <= 21 {
        format!("{digits}{}", zeros(point - n_digits))
    } else if 0 < point && point <= 21 {
        let (whole, rest) = digits.split_at(usize::try_from(point).unwrap_or_default());
        format!("{whole}.{rest}")
    } else if -6 < point && point <= 0 {
        format!("0.{}{digits}", zeros(-point))
    } else {
        let exponent = point - 1;
        let sign = if exponent < 0 { '-' } else { '+' };
        let (first, rest) = digits.split_at(1);
        let dot = if rest.is_empty() { "" } else { "." };
        format!("{first}{dot}{rest}e{sign}{}", exponent.unsigned_abs())
    };
    format!("{sign}{body}")
}

fn small(n: usize) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn canonical(value: &Value) -> String {
        let mut out = String::new();
        write(&mut out, value, &|out, _, text| write_text(out, text));
        out
    }

    #[test]
    fn the_example_of_rfc_8785_is_written_as_it_says() {
        let value: Value = serde_json::from_str(
            r#"{"numbers":[333333333.3333333,1E30,4.50,2e-3,0.000000000000000000000000001],
                "string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}"#,
        )
        .unwrap();
        assert_eq!(
            canonical(&value),
            r#"{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}"#
        );
    }

    #[test]
    fn members_are_sorted_by_utf_16_code_units() {
        let value = json!({ "\u{20ac}": 1, "\r": 2, "\u{fb33}": 3, "1": 4, "\u{1f600}": 5, "\u{80}": 6, "\u{f6}": 7 });
        let text = canonical(&value);
        let order = [
            "\\r",
            "\"1\"",
            "\u{80}",
            "\u{f6}",
            "\u{20ac}",
            "\u{1f600}",
            "\u{fb33}",
        ];
        assert!(
            order.iter().map(|it| text.find(it).unwrap()).is_sorted(),
            "{text}"
        );
    }

    #[test]
    fn texts_are_escaped_as_serde_json_escapes_them() {
        for code in 0..0x300 {
            let text = format!("a{}b", char::from_u32(code).unwrap());
            let mut out = String::new();
            write_text(&mut out, &text);
            assert_eq!(out, serde_json::to_string(&text).unwrap());
        }
    }

    #[test]
    fn doubles_are_written_as_ecmascript_writes_them() {
        for (value, text) in [
            (-0.0, "0"),
            (1.0, "1"),
            (-1.5, "-1.5"),
            (1e20, "100000000000000000000"),
            (1e21, "1e+21"),
            (1.234e21, "1.234e+21"),
            (123_456_789_012_345_680_000.0, "123456789012345680000"),
            (1e-6, "0.000001"),
            (1e-7, "1e-7"),
            (1.25e-7, "1.25e-7"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
            (0.1, "0.1"),
            (2_023_347_301_156_851.2, "2023347301156851.2"),
            (9_007_199_254_740_994.0, "9007199254740994"),
        ] {
            assert_eq!(double(value), text);
        }
        assert_eq!(canonical(&json!(u64::MAX)), "18446744073709552000");
        assert_eq!(canonical(&json!(i64::MIN)), "-9223372036854776000");
        assert_eq!(
            canonical(&json!([0, -7, 9_007_199_254_740_991_i64])),
            "[0,-7,9007199254740991]"
        );
    }
}
