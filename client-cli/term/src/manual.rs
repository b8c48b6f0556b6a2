//! Manual pages, in the language of the user.

use std::fs;
use std::io;
use std::path::Path;

use clap::Command;
use clap_mangen::Man;

use crate::error::{CommandError, ErrorKind};
use crate::messages::Messages;
use crate::ui::Ui;

/// Headings that the generator writes in English, and the messages that stand for them.
const HEADINGS: [(&str, &str); 6] = [
    ("NAME", "man-name"),
    ("SYNOPSIS", "man-synopsis"),
    ("DESCRIPTION", "man-description"),
    ("OPTIONS", "man-options"),
    ("SUBCOMMANDS", "man-subcommands"),
    ("VERSION", "man-version"),
];

/// Writes the manual page of the program to standard output, or the pages of all its commands into a folder.
pub(crate) fn write(command: Command, folder: Option<&Path>, ui: &Ui) -> Result<(), CommandError> {
    let messages = ui.messages();
    match folder {
        Some(folder) => write_all(&command, folder, &messages).map_err(failed),
        None => ui.bytes(page(Man::new(command), &messages).map_err(failed)?.as_bytes()),
    }
}

fn write_all(command: &Command, folder: &Path, messages: &Messages) -> io::Result<()> {
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
        write_all(sub, folder, messages)?;
    }
    let man = Man::new(command.clone());
    let path = folder.join(man.get_filename());
    fs::write(path, page(man, messages)?)
}

fn page(man: Man, messages: &Messages) -> io::Result<String> {
    let mut page = Vec::new();
    man.render(&mut page)?;
    let page = String::from_utf8(page).map_err(io::Error::other)?;
    let lines = page.lines().map(|line| match line.strip_prefix(".SH ").and_then(heading) {
        Some(id) => format!(".SH {}\n", messages.text(id, &[])),
        None => format!("{line}\n"),
    });
    Ok(lines.collect())
}

fn heading(name: &str) -> Option<&'static str> {
    HEADINGS.iter().find(|(heading, _)| *heading == name).map(|(_, id)| *id)
}

fn failed(error: io::Error) -> CommandError {
    CommandError::new(ErrorKind::Io, "err-output").with("detail", error.to_string())
}
