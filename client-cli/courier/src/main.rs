//! The courier's program: carries sealed reports to a stick and a desk's outbox back to the server.

use std::process::ExitCode;

fn main() -> ExitCode {
    bisik_courier::main()
}
