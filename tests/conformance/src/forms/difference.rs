//! Where two JSON values differ.

use serde_json::Value;

/// Path and both values of the first place where the two differ; `null` stands for what is missing.
#[must_use]
pub fn first_difference(recorded: &Value, computed: &Value) -> Option<(String, Value, Value)> {
    walk(String::new(), recorded, computed)
}

fn walk(path: String, recorded: &Value, computed: &Value) -> Option<(String, Value, Value)> {
    match (recorded, computed) {
        (Value::Object(left), Value::Object(right)) => {
            let keys = left.keys().chain(right.keys().filter(|key| !left.contains_key(*key)));
            keys.into_iter().find_map(|key| {
                let value = |map: &serde_json::Map<String, Value>| map.get(key).cloned().unwrap_or(Value::Null);
                walk(format!("{path}/{key}"), &value(left), &value(right))
            })
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => left
            .iter()
            .zip(right)
            .enumerate()
            .find_map(|(index, (left, right))| walk(format!("{path}/{index}"), left, right)),
        _ if recorded == computed => None,
        _ => Some((path, recorded.clone(), computed.clone())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_path_to_the_first_difference_is_named() {
        let left = json!({"a": [1, {"b": 2}], "c": 3});
        assert_eq!(first_difference(&left, &left), None);
        let right = json!({"a": [1, {"b": 5}], "c": 3});
        assert_eq!(
            first_difference(&left, &right),
            Some(("/a/1/b".to_owned(), json!(2), json!(5)))
        );
        let missing = json!({"a": [1, {"b": 2}]});
        assert_eq!(
            first_difference(&left, &missing),
            Some(("/c".to_owned(), json!(3), Value::Null))
        );
        assert_eq!(
            first_difference(&missing, &left),
            Some(("/c".to_owned(), Value::Null, json!(3)))
        );
    }
}
