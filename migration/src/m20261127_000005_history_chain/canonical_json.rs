//! JSON in its canonical form (RFC 8785), as it was when the history was chained: a copy of the domain's, which is tested
//! there. That both are the same is held by a check of what this migration has chained.
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
