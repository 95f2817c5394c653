//! A program at the other end, or a test: commands and answers are lines, in the order in which they are asked for.

use super::{OutputFormat, PromptError, Terminal};
use std::io::{BufRead, Write};
use zeroize::Zeroizing;

/// Longest line that is read.
const MAX_LINE_BYTES: u64 = 1 << 20;

/// Reads lines, writes lines.
#[derive(Debug)]
pub struct Pipe<R, W, E> {
    input: R,
    output: W,
    errors: E,
    format: OutputFormat,
}

impl<R: BufRead, W: Write, E: Write> Pipe<R, W, E> {
    /// Reads from `input`; results go to `output`, warnings to `errors`.
    pub const fn new(input: R, output: W, errors: E, format: OutputFormat) -> Self {
        Self {
            input,
            output,
            errors,
            format,
        }
    }

    fn read_line(&mut self) -> Result<Zeroizing<String>, PromptError> {
        let mut line = Zeroizing::new(String::new());
        let mut limited = std::io::Read::take(&mut self.input, MAX_LINE_BYTES);
        let length = limited
            .read_line(&mut line)
            .map_err(|error| PromptError::Failed(error.to_string()))?;
        if length == 0 {
            return Err(PromptError::Ended);
        }
        let end = line.trim_end_matches(['\r', '\n']).len();
        line.truncate(end);
        Ok(line)
    }
}

/// Writes a line; a reader that has gone away is no reason to stop in the middle of something.
fn write_line(to: &mut impl Write, text: &str) {
    let _ = writeln!(to, "{text}");
    let _ = to.flush();
}

impl<R: BufRead + Send, W: Write + Send, E: Write + Send> Terminal for Pipe<R, W, E> {
    fn say(&mut self, text: &str) {
        match self.format {
            OutputFormat::Text => write_line(&mut self.output, text),
            OutputFormat::Json => write_line(&mut self.errors, text),
        }
    }

    fn result(&mut self, text: &str) {
        write_line(&mut self.output, text);
    }

    fn warn(&mut self, text: &str) {
        write_line(&mut self.errors, text);
    }

    fn ask(&mut self, question: &str) -> Result<String, PromptError> {
        self.say(question);
        self.read_line().map(|line| line.to_string())
    }

    fn ask_secret(&mut self, question: &str) -> Result<Zeroizing<String>, PromptError> {
        self.say(question);
        self.read_line()
    }

    fn read_command(&mut self, _prompt: &str) -> Result<String, PromptError> {
        self.read_line().map(|line| line.to_string())
    }

    fn is_person(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_answer_questions_in_order() {
        let (mut output, mut errors) = (Vec::new(), Vec::new());
        let mut pipe = Pipe::new(b"one\r\ntwo\n".as_slice(), &mut output, &mut errors, OutputFormat::Text);
        assert_eq!(pipe.ask("First?").unwrap(), "one");
        assert_eq!(pipe.ask_secret("Second?").unwrap().as_str(), "two");
        assert!(matches!(pipe.ask("Third?"), Err(PromptError::Ended)));
        pipe.warn("careful");
        assert_eq!(String::from_utf8(output).unwrap(), "First?\nSecond?\nThird?\n");
        assert_eq!(errors, b"careful\n");
    }

    #[test]
    fn with_json_only_results_are_on_standard_output() {
        let (mut output, mut errors) = (Vec::new(), Vec::new());
        let mut pipe = Pipe::new(b"yes\n".as_slice(), &mut output, &mut errors, OutputFormat::Json);
        pipe.say("hello");
        pipe.ask("Well?").unwrap();
        pipe.result("{}");
        assert_eq!(
            (output.as_slice(), errors.as_slice()),
            (b"{}\n".as_slice(), b"hello\nWell?\n".as_slice())
        );
    }
}
