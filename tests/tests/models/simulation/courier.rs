//! The courier: the real pull and push, with a stick in its hand.

use std::fs;
use std::path::Path;

use bisik_courier::config::Config;
use bisik_courier::server::Server;
use bisik_courier::stick::Stick;
use bisik_courier::{pull, push};
use bisik_formats::access::AccessToken;
use bisik_formats::routes::Routes;
use bisik_term::testing::Screen;
use bisik_term::{CommandError, Language, Messages};
use rand::RngExt;
use rand::rngs::StdRng;

use crate::wire::Wire;

use super::weather::Way;

/// One errand of the courier: to the server with a stick. Returns what became of it.
pub(super) fn go(stick: &Path, way: Way, token: AccessToken, bring: bool) -> String {
    let wire = Wire::new(way);
    let agent = wire.agent();
    let config = Config::new(Routes::new("http://127.0.0.1:1/contoh"), token);
    let server = Server::over(config, Language::English, agent).unwrap();
    let messages = Messages::new(Language::English, bisik_courier::messages());
    let screen = Screen::with_options(messages, "", true, true);
    let stick = Stick::open(stick).map_err(CommandError::from);
    let result = stick.and_then(|stick| match bring {
        true => push::run(&server, &stick, screen.ui()),
        false => pull::run(&server, &stick, screen.ui()),
    });
    let said = screen.out().trim().replace('\n', " ");
    match result {
        Ok(()) => said,
        Err(error) => format!("{} {said}", error.id()),
    }
}

/// Damages one file on a stick, as a stick pulled too early does; returns which.
pub(super) fn damage(stick: &Path, rng: &mut StdRng) -> String {
    let mut files = Vec::new();
    let mut folders = vec![stick.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    if files.is_empty() {
        return "nothing to damage".to_owned();
    }
    let path = &files[rng.random_range(0..files.len())];
    let mut bytes = fs::read(path).unwrap();
    let at = rng.random_range(0..bytes.len().max(1)).min(bytes.len());
    match rng.random_range(0..3) {
        0 => fs::remove_file(path).unwrap(),
        1 => {
            bytes.truncate(at);
            fs::write(path, bytes).unwrap();
        }
        _ => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 0x10;
            }
            fs::write(path, bytes).unwrap();
        }
    }
    format!("damaged {}", path.strip_prefix(stick).unwrap().display())
}
