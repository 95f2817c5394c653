//! What commands there are.

use super::{Console, ConsoleError, all_commands, command::Command, command::Words, find, layout};

pub(super) const COMMANDS: &[Command] =
    &[Command::new("help", "Lists the commands, or says what one takes and does.", help).takes("[COMMAND]")];

fn help(console: &mut Console<'_>, words: &Words) -> Result<(), ConsoleError> {
    if let Some(name) = words.optional::<String>(0, "command")? {
        let command = find(&name)?;
        let mut text = format!("{}\n  {}", command.usage(), command.summary);
        if !command.aliases.is_empty() {
            text.push_str(&format!("\n  Also: {}", command.aliases.join(", ")));
        }
        return console.screen.say(&text);
    }
    let rows: Vec<Vec<String>> = all_commands()
        .map(|command| vec![format!("  {}", command.usage()), command.summary.to_owned()])
        .collect();
    console.screen.say(&format!(
        "`oxend COMMAND` asks the running node and ends; every command takes +json and then prints what the node answered.\n\n{}",
        layout::table(&rows)
    ))
}
