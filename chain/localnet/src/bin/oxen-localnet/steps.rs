//! Progress over the steps until the network is up.

use indicatif::{ProgressBar, ProgressStyle};
use std::time::{Duration, Instant};

/// Says what is being done, and how long it took since the command was given.
pub(crate) struct Steps {
    bar: ProgressBar,
    count: u64,
    began: Instant,
}

impl Steps {
    /// So many steps.
    pub(crate) fn new(count: u64) -> Self {
        let bar = ProgressBar::new(count).with_style(style("{spinner} {msg}"));
        bar.enable_steady_tick(Duration::from_millis(120));
        Self {
            bar,
            count,
            began: Instant::now(),
        }
    }

    /// Ends the step before and starts the next.
    pub(crate) fn next(&self, what: &str) {
        let number = self.bar.position() + 1;
        self.bar.inc(1);
        self.say(&format!("[{number}/{}] {:>4.1} s  {what}", self.count, self.seconds()));
        self.bar.set_message("...");
    }

    /// Says something within a step.
    pub(crate) fn note(&self, what: &str) {
        self.say(&format!("      {:>4.1} s  {what}", self.seconds()));
    }

    /// Everything is done.
    pub(crate) fn done(&self) {
        self.bar.finish_and_clear();
    }

    fn seconds(&self) -> f32 {
        self.began.elapsed().as_secs_f32()
    }

    fn say(&self, text: &str) {
        if self.bar.is_hidden() {
            println!("{text}");
        } else {
            self.bar.println(text);
        }
    }
}

/// A style from a template.
pub(crate) fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}
