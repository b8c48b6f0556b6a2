//! A story in a real browser: a script in Node moves the page, and asks here for what officers and couriers do.
//!
//! The script gets the address of the box and the folder of the world. It writes one JSON object a line, each with `do`,
//! and gets one line back: `{"ok": ...}`, or `{"failed": "..."}` when a program refused. Its last line is
//! `{"do": "done"}`. What it writes to standard error is shown when the test fails.

use std::io::{BufRead, BufReader, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Child, ChildStdin, Command, Stdio};

use serde_json::{Value, json};

use crate::run::workspace;
use crate::world::World;

/// Plays `client-web/e2e/<script>` in a browser, `chromium` or `firefox`.
///
/// # Panics
/// Panics if the script fails.
pub fn play(world: &mut World, script: &str, browser: &str) {
    play_with(world, script, &["--browser", browser]);
}

/// As [`play`], with these arguments.
///
/// # Panics
/// Panics if the script fails.
pub fn play_with(world: &mut World, script: &str, args: &[&str]) {
    let url = world.server.public().to_owned();
    play_at(world, &url, script, args);
}

/// As [`play_with`], with another address of the box.
///
/// # Panics
/// Panics if the script fails.
pub fn play_at(world: &mut World, url: &str, script: &str, args: &[&str]) {
    play_telling(world, url, script, args, &mut |asked| panic!("unknown: {asked}"));
}

/// As [`play_at`]; `tell` gets what nobody here knows how to do.
///
/// # Panics
/// Panics if the script fails.
pub fn play_telling(
    world: &mut World,
    url: &str,
    script: &str,
    args: &[&str],
    tell: &mut dyn FnMut(&Value) -> Value,
) {
    let mut command = Command::new("node");
    command.current_dir(workspace().join("client-web")).arg(format!("e2e/{script}")).args(args);
    command.args(["--url", url, "--fingerprint", &world.fingerprint]);
    command.arg("--home").arg(world.home.path(""));
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut script = Script { answers: child.stdin.take().unwrap(), child };
    let asked = BufReader::new(script.child.stdout.take().unwrap()).lines();
    for line in asked {
        let line = line.unwrap();
        let asked: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("no JSON: {line}"));
        if asked["do"] == "done" {
            assert!(script.child.wait().unwrap().success());
            return;
        }
        // The script knows better what it was about when a program refuses.
        let done = catch_unwind(AssertUnwindSafe(|| perform(world, &asked, tell)));
        let answer = done.map_or_else(|_| json!({"failed": line}), |value| json!({"ok": value}));
        writeln!(script.answers, "{answer}").unwrap();
    }
    panic!("the script ended early: {:?}", script.child.wait());
}

/// A script that ends with the test.
struct Script {
    answers: ChildStdin,
    child: Child,
}

impl Drop for Script {
    fn drop(&mut self) {
        // Its own handler of the signal closes the browser. One that has ended has no process any more.
        if self.child.try_wait().is_ok_and(|ended| ended.is_none()) {
            Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().ok();
            self.child.wait().ok();
        }
    }
}

/// Does what the script asks.
fn perform(world: &mut World, asked: &Value, tell: &mut dyn FnMut(&Value) -> Value) -> Value {
    let text = |name: &str| asked[name].as_str().unwrap_or_default().to_owned();
    let args: Vec<String> = serde_json::from_value(asked["args"].clone()).unwrap_or_default();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match asked["do"].as_str() {
        Some("deliver") => world.deliver(&text("desk")),
        Some("answer") => {
            world.answer(&text("desk"));
            Value::Null
        }
        Some("desk") => printed(&world.desk(&text("desk"), &args, &text("input")).success().out),
        Some("courier") => printed(&world.courier(&args).success().out),
        Some("reporter") => {
            let server = text("server");
            let agency = ["--server", &server, "--agency", &world.fingerprint, "--direct", "--json"];
            let all = [args.as_slice(), &agency].concat();
            printed(&world.home.run("bisik", &all, &text("input")).success().out)
        }
        Some("push") => {
            world.push().success();
            Value::Null
        }
        Some("sign-card") => {
            world.sign_card(&text("file"), &world.desks);
            Value::Null
        }
        Some("restart") => {
            world.server.kill();
            world.server.up();
            json!(world.server.public())
        }
        _ => tell(asked),
    }
}

/// Returns the last line that a program printed, as JSON if it is.
fn printed(out: &str) -> Value {
    let line = out.lines().last().unwrap_or_default();
    serde_json::from_str(line).unwrap_or_else(|_| line.into())
}
