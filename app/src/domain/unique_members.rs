//! Parsing of JSON that finds duplicate members of objects. Parsers differ in which of two equal names they take: in the history
//! (R89) one value could be hashed and shown here, and the other be read elsewhere. `from_str` and `deserialize` fail on a
//! duplicate; `MarkedValue` marks it, for errors that name its place.
use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Number, Value, map::Entry};
use std::fmt;

/// The key that marks an object with a duplicate member. Its value is the name of the duplicate.
pub const TWICE: &str = "\u{0}twice";

/// Removes all marks from a value and everything in it. Returns the name of the first duplicate member.
pub fn take_twice(value: &mut Value) -> Option<String> {
    match value {
        Value::Array(items) => {
            let found: Vec<String> = items.iter_mut().filter_map(take_twice).collect();
            found.into_iter().next()
        }
        Value::Object(members) => {
            let own = members.remove(TWICE);
            let own = own.and_then(|it| it.as_str().map(str::to_owned));
            let found: Vec<String> = members.values_mut().filter_map(take_twice).collect();
            own.or_else(|| found.into_iter().next())
        }
        _ => None,
    }
}

/// A value that was checked for duplicate members: with `MARKS` an object with one has the first of them and a mark, else it is
/// an error.
pub struct ReadMembers<const MARKS: bool>(pub Value);

/// A value in which objects with a duplicate member are marked by `TWICE`.
pub type MarkedValue = ReadMembers<true>;

impl<'de, const MARKS: bool> Deserialize<'de> for ReadMembers<MARKS> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(MembersVisitor::<MARKS>).map(Self)
    }
}

struct MembersVisitor<const MARKS: bool>;

impl<'de, const MARKS: bool> Visitor<'de> for MembersVisitor<MARKS> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value of JSON")
    }

    fn visit_bool<E: Error>(self, is: bool) -> Result<Value, E> {
        Ok(Value::Bool(is))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
        Ok(Number::from_f64(number).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Value, E> {
        Ok(Value::String(text))
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = from.next_element::<ReadMembers<MARKS>>()? {
            items.push(item.0);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        let mut twice = None;
        while let Some((name, value)) = from.next_entry::<String, ReadMembers<MARKS>>()? {
            match members.entry(name) {
                Entry::Vacant(place) => {
                    place.insert(value.0);
                }
                Entry::Occupied(first) if MARKS => {
                    twice.get_or_insert_with(|| first.key().clone());
                }
                Entry::Occupied(first) => {
                    let problem = format!("the member {:?} is there twice", first.key());
                    return Err(A::Error::custom(problem));
                }
            }
        }
        if let Some(name) = twice {
            members.insert(TWICE.to_owned(), Value::String(name));
        }
        Ok(Value::Object(members))
    }
}

/// Parses a text. Errors: no JSON, or an object with a member twice.
pub fn from_str(text: &str) -> Result<Value, serde_json::Error> {
    let value: ReadMembers<false> = serde_json::from_str(text)?;
    Ok(value.0)
}

/// For serde: a value, or none in place of null.
pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Value>, D::Error> {
    let value = Option::<ReadMembers<false>>::deserialize(from)?;
    Ok(value.map(|it| it.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_without_doubles_is_read_as_serde_json_reads_it() {
        for text in [
            "null",
            "[]",
            "{}",
            " [1, -1, 18446744073709551615, 0.1, 1e300, -0.0, true, false, null, \"a\\u00fc\\n\"] ",
            "{\"a\": {\"a\": [{\"a\": 1}, {\"a\": 2}]}, \"\": \"\"}",
        ] {
            let expected: Value = serde_json::from_str(text).unwrap();
            assert_eq!(from_str(text).unwrap(), expected, "{text}");
        }
        for wrong in ["", "{", "1 2", "{\"a\":1,}"] {
            assert!(from_str(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_member_that_is_there_twice_is_an_error_at_whatever_depth() {
        for text in [
            "{\"a\":1,\"a\":1}",
            "{\"a\":1,\"\\u0061\":2}",
            "{\"b\":[{\"a\":null,\"c\":1,\"a\":null}]}",
        ] {
            let error = from_str(text).unwrap_err().to_string();
            assert!(error.contains("the member \"a\" is there twice"), "{error}");
        }
    }
    #[test]
    fn a_member_that_is_there_twice_is_marked_where_that_is_no_error() {
        let read = |text: &str| -> (Value, Option<String>) {
            let mut value = serde_json::from_str::<MarkedValue>(text).unwrap().0;
            let twice = take_twice(&mut value);
            (value, twice)
        };
        for (text, value) in [
            ("{\"a\":1,\"a\":2}", "{\"a\":1}"),
            (
                "[1,{\"b\":[{\"a\":1,\"\\u0061\":2}]}]",
                "[1,{\"b\":[{\"a\":1}]}]",
            ),
        ] {
            let expected: Value = serde_json::from_str(value).unwrap();
            assert_eq!(read(text), (expected, Some("a".to_owned())), "{text}");
            assert_eq!(read(value).1, None, "{text}");
        }
    }
}
