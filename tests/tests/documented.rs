//! Every command that the documentation shows is one that the programs understand.

#![allow(clippy::unwrap_used, reason = "a gate fails by panicking")]

use std::fs;

use bisik_tests::run::{Home, workspace};

/// Returns the lines of shell examples that call one of our programs.
fn commands_in(text: &str) -> Vec<String> {
    let mut commands = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        if line.starts_with("```") {
            inside = line == "```sh";
        } else if inside && line.starts_with("bisik") {
            commands.push(line.to_owned());
        }
    }
    commands
}

/// Parts a line at spaces outside of double quotes.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            c => words.last_mut().unwrap().push(c),
        }
    }
    words
}

#[test]
fn every_documented_command_is_understood() {
    let home = Home::new();
    let text = fs::read_to_string(workspace().join("docs/operating.md")).unwrap();
    let commands = commands_in(&text);
    assert!(commands.len() >= 20, "{}", commands.len());
    for line in commands {
        let mut words = words(&line);
        let program = words.remove(0);
        // The help comes only if everything before it is known.
        words.push("--help".to_owned());
        home.run(&program, &words, "").success();
        words.pop();
        words.push("--kesalahan".to_owned());
        assert_eq!(home.run(&program, &words, "").code, Some(2), "{line}");
    }
}
