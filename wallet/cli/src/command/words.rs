//! A line of text as words: separated by white space, kept together by quotation marks.

use super::CommandError;

/// Splits a line. `"…"` and `'…'` keep what is between them together, also as a part of a word; inside double quotation marks
/// a backslash takes away the meaning of a quotation mark or backslash behind it.
///
/// # Errors
/// [`CommandError::OpenQuotation`].
pub fn split(line: &str) -> Result<Vec<String>, CommandError> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quotation = None;
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        match (quotation, character) {
            (Some(mark), _) if character == mark => quotation = None,
            (Some('"'), '\\') if matches!(characters.peek(), Some('"' | '\\')) => {
                word.get_or_insert_default().extend(characters.next());
            }
            (None, '"' | '\'') => {
                quotation = Some(character);
                word.get_or_insert_default();
            }
            (None, _) if character.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(character),
        }
    }
    if quotation.is_some() {
        return Err(CommandError::OpenQuotation);
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        split(line).unwrap()
    }

    #[test]
    fn white_space_separates_and_quotation_marks_keep_together() {
        assert_eq!(words("  transfer\tL1  2 "), ["transfer", "L1", "2"]);
        assert_eq!(
            words(r#"set_tx_note ab "two words" 'it "is"'"#),
            ["set_tx_note", "ab", "two words", r#"it "is""#]
        );
        assert_eq!(words(r#"a "" b"#), ["a", "", "b"]);
        assert_eq!(words(r#"out="my file.csv""#), ["out=my file.csv"]);
        assert!(words("   ").is_empty());
    }

    #[test]
    fn a_backslash_is_a_backslash_but_before_a_mark_inside_double_marks() {
        assert_eq!(words(r"c:\folder\file"), [r"c:\folder\file"]);
        assert_eq!(words(r#""a \"b\" \\ \n""#), [r#"a "b" \ \n"#]);
        assert_eq!(words(r"'a\'"), [r"a\"]);
    }

    proptest::proptest! {
        #[test]
        fn quoted_words_come_back_whatever_they_are(list in proptest::collection::vec(".*", 0..6)) {
            let quote = |word: &String| format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\""));
            let line = list.iter().map(quote).collect::<Vec<_>>().join(" ");
            proptest::prop_assert_eq!(split(&line).unwrap(), list);
        }

        #[test]
        fn any_line_is_words_or_refused(line in ".*") {
            let _ = split(&line);
        }
    }

    #[test]
    fn an_open_quotation_is_refused() {
        assert!(matches!(split("say \"hello"), Err(CommandError::OpenQuotation)));
        assert!(matches!(split("it's"), Err(CommandError::OpenQuotation)));
    }
}
